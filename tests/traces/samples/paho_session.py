"""The session of the Paho samples: publish and subscribe at QoS 0 to 2 with MQTT 3.1.1, and QoS 1
with MQTT 5. Arguments: transport (tcp or websockets), port on 127.0.0.1; for TLS also the file of the
CA, the key log to write, the version (1.2 or 1.3), and the cipher suites of TLS 1.2."""

import os
import ssl
import sys
import threading

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

TRANSPORT, PORT = sys.argv[1], int(sys.argv[2])


def tls_context():
    if len(sys.argv) < 4:
        return None
    authority, keylog, version, suites = sys.argv[3:7]
    context = ssl.create_default_context(cafile=authority)
    context.keylog_filename = keylog
    wanted = ssl.TLSVersion.TLSv1_2 if version == "1.2" else ssl.TLSVersion.TLSv1_3
    context.minimum_version = context.maximum_version = wanted
    if suites:
        context.set_ciphers(suites)
    return context


def session(version):
    done = threading.Event()
    left = [4]

    def on_message(_client, _userdata, _message):
        left[0] -= 1
        if left[0] == 0:
            done.set()

    subscribed = threading.Event()
    client = mqtt.Client(f"sample-paho-{version}", protocol=version, transport=TRANSPORT)
    client.on_message = on_message
    client.on_subscribe = lambda *_: subscribed.set()
    context = tls_context()
    if context is not None:
        client.tls_set_context(context)
    client.connect("127.0.0.1", PORT, keepalive=20)
    client.loop_start()
    client.subscribe("devices/#", 2)
    subscribed.wait(5)
    properties = None
    if version == mqtt.MQTTv5:
        properties = Properties(PacketTypes.PUBLISH)
        properties.ContentType = "application/json"
        properties.UserProperty = ("room", "hall")
    for qos in (0, 1, 2, 1):
        client.publish("devices/sensor-8/humidity", '{"value": 51}', qos, properties=properties)
    done.wait(5)
    client.disconnect()
    client.loop_stop()


# A broker that does not know MQTT 5 is tried with MQTT 3.1.1 alone.
session(mqtt.MQTTv311)
if "PAHO_ONLY_311" not in os.environ:
    session(mqtt.MQTTv5)
