"""A service as people write it with Paho for Python: publishes {"value": N} to
devices/foobar/label/changed once a second, N counting from 0, and prints each
message it gets on devices/foobar/slider/changed as one line of JSON.

Usage: service.py HOST PORT

Runs with paho-mqtt 1.x and 2.x.
"""

import json
import signal
import sys
import threading

import paho.mqtt.client as mqtt

LABEL = "devices/foobar/label/changed"
SLIDER = "devices/foobar/slider/changed"
PERIOD_S = 1.0

stopped = threading.Event()
subscribed = threading.Event()


def make_client():
    if hasattr(mqtt, "CallbackAPIVersion"):
        return mqtt.Client(mqtt.CallbackAPIVersion.VERSION1, client_id="foobar-service")
    return mqtt.Client(client_id="foobar-service")


def say(**fields):
    print(json.dumps(fields), flush=True)


def on_connect(client, _userdata, _flags, code):
    if code != 0:
        say(event="refused", reason=mqtt.connack_string(code))
        stopped.set()
        return
    client.subscribe(SLIDER, qos=1)


def on_subscribe(_client, _userdata, _mid, _granted):
    subscribed.set()
    say(event="subscribed", topic=SLIDER)


def on_message(_client, _userdata, message):
    say(event="message", topic=message.topic, payload=message.payload.decode())


def main():
    client = make_client()
    client.on_connect = on_connect
    client.on_subscribe = on_subscribe
    client.on_message = on_message
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    client.connect(sys.argv[1], int(sys.argv[2]), keepalive=10)
    client.loop_start()
    value = 0
    while not stopped.wait(PERIOD_S):
        if subscribed.is_set():
            client.publish(LABEL, json.dumps({"value": value}))
            say(event="published", value=value)
            value += 1
    client.disconnect()
    client.loop_stop()


main()
