/**
 * Ruuvi Gateway's messages, as docs.ruuvi.com shows them.
 *
 * @module
 */
import assert from "node:assert/strict";
import { ruuviGateway } from "../../../gateway/nodes/dialects/ruuvi_gateway.ts";
import { inWords, mistreat, type Payload, tell, told } from "./recording_sink.ts";

const GATEWAY = "C8:25:2D:8E:9C:2C";
const NODE = `ruuvi/${GATEWAY}`;
const TAG = "F4:1F:0C:28:CB:D6";
const TOPIC = `ruuvi/${GATEWAY}/${TAG}`;
const DATA = "0201061BFF99040515AE4C6DC6D7000CFFF803F4ADB6AD697FF41F0C28CBD6";
const STAMPED = {
  gw_mac: GATEWAY,
  rssi: -26,
  aoa: [],
  gwts: "1653668029",
  ts: "1653668027",
  data: DATA,
  coords: "",
};
const COUNTED = { gw_mac: GATEWAY, rssi: -25, aoa: [], cnt: "338", data: DATA, coords: "" };

Deno.test("an advertisement is handed on as it came, its time in milliseconds", () => {
  assert.deepEqual(told(ruuviGateway(), TOPIC, STAMPED).only("advertisement"), {
    kind: "advertisement",
    node: NODE,
    address: 0xf41f0c28cbd6,
    hex: DATA.toLowerCase(),
    rssi: -26,
    time: 1_653_668_027_000,
  });
});

Deno.test("without timestamps no time is said; old gateways say numbers", () => {
  const counted = told(ruuviGateway(), TOPIC, COUNTED).only("advertisement");
  assert.equal(counted.time, NaN);
  assert.equal(counted.rssi, -25);
  const old = { gwmac: "C8252D8E9C2C", rssi: "-70", gwts: 1653668027, ts: 1653668020, data: DATA };
  const topic = "some/prefix/C8252D8E9C2C/F41F0C28CBD6";
  const said = told(ruuviGateway(), topic, old).only("advertisement");
  assert.deepEqual([said.node, said.rssi, said.time], [
    "some/prefix/C8252D8E9C2C",
    -70,
    1_653_668_020_000,
  ]);
  const relayed = told(ruuviGateway(), TOPIC, { ...STAMPED, ts: undefined });
  assert.equal(relayed.only("advertisement").time, 1_653_668_029_000);
});

Deno.test("a gateway without the time of day says none that counts", () => {
  const said = told(ruuviGateway(), TOPIC, { ...STAMPED, ts: "37", gwts: "38" });
  assert.equal(said.only("advertisement").time, NaN);
});

const DECODED = {
  ...{ gw_mac: GATEWAY, rssi: -40, aoa: [], gwts: 1653668029, ts: 1653668027, dataFormat: 5 },
  ...{ temperature: 24.3, humidity: 53.49, pressure: 100044, accelX: 0.004, accelY: -0.004 },
  ...{ accelZ: 1.036, movementCounter: 66, voltage: null, txPower: 4 },
  ...{ measurementSequenceNumber: 205, id: TAG, coords: "" },
};

Deno.test("where only decoded values come, they are taken, pressure in hPa", () => {
  const said = told(ruuviGateway(), TOPIC, DECODED).only("values");
  assert.deepEqual(inWords(said.values), [
    "temperature 24.3 °C",
    "humidity 53.49 %",
    "pressure 1000.44 hPa",
    "acceleration_x 0.004 g",
    "acceleration_y -0.004 g",
    "acceleration_z 1.036 g",
    "movement_counter 66",
    "voltage null V",
    "tx_power 4 dBm",
  ]);
  assert.deepEqual([said.device.address, said.sequence, said.sequenceModulus, said.time], [
    0xf41f0c28cbd6,
    205,
    65535,
    1_653_668_027_000,
  ]);
  const numbers: [dataFormat: unknown, number: number, sequence: number, modulus: number][] = [
    [5, 65535, -1, 0],
    [6, 255, 255, 256],
    ["E1", 70_000, 70_000, 0xffffff],
    [3, 1, -1, 0],
  ];
  for (const [dataFormat, number, sequence, modulus] of numbers) {
    const one = { ...DECODED, dataFormat, measurementSequenceNumber: number };
    const numbered = told(ruuviGateway(), TOPIC, one).only("values");
    assert.deepEqual([numbered.sequence, numbered.sequenceModulus], [sequence, modulus]);
  }
  const both = told(ruuviGateway(), TOPIC, { ...DECODED, data: DATA });
  assert.equal(both.only("advertisement").rssi, -40);
});

Deno.test("whether the gateway is there", () => {
  const topic = `ruuvi/${GATEWAY}/gw_status`;
  for (const state of ["online", "offline"]) {
    for (const payload of [{ state }, `{"state": "${state}"}`, state]) {
      const said = told(ruuviGateway(), topic, payload).only("node");
      assert.deepEqual(said, { kind: "node", node: NODE, state });
    }
  }
  assert.deepEqual(told(ruuviGateway(), topic, "").said, []);
  assert.equal(told(ruuviGateway(), topic, "what?").only("malformed").node, NODE);
  assert.deepEqual(told(ruuviGateway(), `ruuvi/${GATEWAY}/gw_cfg`, "{}").said, []);
});

Deno.test("topics that are not two addresses are somebody else's", () => {
  const topics = ["ruuvi/tag", `ruuvi/${GATEWAY}`, `${GATEWAY}`, `ruuvi/${TAG}/temperature`];
  for (const topic of [...topics, "devices/desk/temperature", "", "/", `a/${GATEWAY}/x`]) {
    assert.equal(ruuviGateway().reader(topic), null, topic);
  }
});

const MALFORMED: [Payload, RegExp][] = [
  ["online", /not JSON/],
  ["[]", /not a JSON object/],
  [new Uint8Array([0xff, 0xfe]), /UTF-8/],
  [{ ...STAMPED, data: undefined }, /advertising data/],
  [{ ...STAMPED, data: "0201G6" }, /advertising data/],
  [{ ...STAMPED, data: "020" }, /advertising data/],
  [{ ...STAMPED, data: "" }, /advertising data/],
  [{ ...STAMPED, data: 17 }, /advertising data/],
  [{ ...STAMPED, data: "00".repeat(2000) }, /advertising data/],
];

Deno.test("what cannot be read is said, and nothing else", () => {
  for (const [payload, text] of MALFORMED) {
    const said = told(ruuviGateway(), TOPIC, payload).only("malformed");
    assert.equal(said.node, NODE);
    assert.match(said.text, text);
  }
  assert.deepEqual(tell(ruuviGateway(), TOPIC, "")?.said, []);
});

Deno.test("an RSSI that is none is unknown", () => {
  for (const rssi of [127, 0, "weak", null, -500, 1e9]) {
    const said = told(ruuviGateway(), TOPIC, { ...STAMPED, rssi }).only("advertisement");
    assert.equal(said.rssi, NaN, String(rssi));
  }
});

Deno.test("every prefix and 5,000 mutations of messages do no harm", () => {
  mistreat(ruuviGateway, [
    [TOPIC, STAMPED],
    [TOPIC, COUNTED],
    [TOPIC, DECODED],
    [`ruuvi/${GATEWAY}/gw_status`, { state: "online" }],
  ], 5000);
});
