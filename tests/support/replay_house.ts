/**
 * What nodes and clients send to a gateway in some seconds, for tests of replays: sensors that two
 * nodes hear, each several times; values that repeat and that nothing numbers; a node whose frames
 * waited; two gateways of another make that decode a sensor themselves; plain MQTT messages of each
 * QoS.
 *
 * @module
 */
import { RadioFlag, type RadioRecord } from "../../traces/sensors/radio_envelope.ts";
import { serviceData } from "../traces/support/sensor_sealing.ts";
import type { GatewayProcess } from "./gateway.ts";
import { MqttPeer } from "./mqtt_peer.ts";
import { advertisingReport, RadioSource, record, RUUVI_EVENT } from "./radio.ts";

const BTHOME = 0xfcd2;
/** Where the Ruuvi event has its measurement sequence. */
const SEQUENCE_AT = 37;
const STEP_MS = 250;
const STEPS = 12;
/** The clock of the attic is wrong by so much, ms. */
const CLOCK_ERROR_MS = 3_600_000;
/** Copies on the advertising channels, and at the other node, ms. */
const COPIES_MS = [0, 2, 4];
const OTHER_NODE_MS = 8;

/** Temperatures of the sensor without numbers, in hundredths: some are said again. */
const TEMPERATURES = [2500, 2500, 2500, 2510, 2510, 2500, 2500, 2520, 2520, 2520, 2520, 2530];

function temperature(hundredths: number): Uint8Array {
  const value = [hundredths & 0xff, hundredths >> 8];
  return advertisingReport(
    "5448E68F80A5",
    serviceData(BTHOME, Uint8Array.of(0x40, 0x02, ...value)),
  );
}

function button(): Uint8Array {
  return advertisingReport("5448E68F80A6", serviceData(BTHOME, Uint8Array.of(0x44, 0x3a, 0x01)));
}

function ruuvi(sequence: number): Uint8Array {
  const event = Uint8Array.fromHex(RUUVI_EVENT);
  new DataView(event.buffer).setUint16(SEQUENCE_AT, sequence);
  return event;
}

/** The same as OpenMQTTGateway tells it of a sensor of another make. */
function decoded(step: number) {
  return { id: "A4:C1:38:8D:18:B2", rssi: -67, tempc: TEMPERATURES[step]! / 100 };
}

/** What is on the air in one step. */
function transmissions(step: number): Uint8Array[] {
  return [
    temperature(TEMPERATURES[step]!),
    ruuvi(1000 + step - step % 2),
    ...(step % 4 === 3 ? [button()] : []),
  ];
}

/** Each transmission several times, times in ms since the step. */
function receptions(step: number, time: (ms: number) => Partial<RadioRecord>): RadioRecord[] {
  return transmissions(step).flatMap((frame) => COPIES_MS.map((ms) => record(frame, time(ms))));
}

/** Sends all of it; settles when it is acknowledged. */
export async function liveInHouse({ mqttPort }: GatewayProcess): Promise<void> {
  const url = `mqtt://127.0.0.1:${mqttPort}`;
  await using attic = await MqttPeer.connect(url, { clientId: "attic" });
  await using cellar = await MqttPeer.connect(url, { clientId: "cellar" });
  await using desk = await MqttPeer.connect(url, { clientId: "desk" });
  await using watcher = await MqttPeer.connect(url, { clientId: "watcher" });
  await watcher.subscribe("devices/#");
  const nodes = { attic: new RadioSource("attic", 11), cellar: new RadioSource("cellar", 12) };
  for (const [name, peer] of [["attic", attic], ["cellar", cellar]] as const) {
    const status = { state: "online", boot: nodes[name].boot, radios: ["ble"] };
    await peer.publish(`edgewire/v1/${name}/status`, status, { retain: true });
  }
  const begun = performance.now();
  let waiting: RadioRecord[] = [];
  for (let step = 0; step < STEPS; step++) {
    const due = begun + step * STEP_MS;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
    const unix = Date.now() + CLOCK_ERROR_MS;
    const heard = receptions(step, (ms) => ({ time: Math.round((unix + ms) * 1000) }));
    const sent = [attic.publish(nodes.attic.topic, nodes.attic.envelope(...heard))];
    const uptime = step * STEP_MS + OTHER_NODE_MS;
    waiting.push(...receptions(step, (ms) => ({
      time: Math.round((uptime + ms) * 1000),
      flags: RadioFlag.Checked,
    })));
    // From the fifth to the eighth step the cellar has no network.
    if (step < 4 || step >= 8) {
      sent.push(cellar.publish(nodes.cellar.topic, nodes.cellar.envelope(...waiting)));
      waiting = [];
    }
    for (const gateway of ["OpenMQTTGateway", "Hall"]) {
      sent.push(desk.publish(`home/${gateway}/BTtoMQTT/A4C1388D18B2`, decoded(step)));
    }
    const qos = step % 3 as 0 | 1 | 2;
    sent.push(desk.publish("devices/desk/light", step - step % 2, { qos, retain: qos === 1 }));
    if (step === 6) sent.push(desk.publish("devices/lamp/power/set", "on"));
    await Promise.all(sent);
  }
}
