/**
 * Messages of OpenMQTTGateway and Theengs Gateway, as their documentation shows them.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Dialects } from "../../../gateway/nodes/dialects/dialects.ts";
import {
  openMqttGateway,
  theengsGateway,
} from "../../../gateway/nodes/dialects/openmqttgateway.ts";
import { inWords, mistreat, type Payload, tell, told } from "./recording_sink.ts";

const TOPIC = "home/OpenMQTTGateway/BTtoMQTT/A4C1388D18B2";
const ADDRESS = 0xa4c1388d18b2;

const THERMOMETER = {
  id: "A4:C1:38:8D:18:B2",
  mac_type: 0,
  name: "ATC_8D18B2",
  rssi: -67,
  distance: 2.3,
  brand: "Xiaomi",
  model: "TH Sensor",
  model_id: "LYWSD03MMC/MJWSD05MMC_PVVX",
  type: "THB",
  tempc: 21.42,
  tempf: 70.556,
  hum: 48.3,
  batt: 87,
  volt: 2.98,
};
const STRINGS = { hum: "52.6", tempc: "19.2", tempf: "66.56" };
const UNDECODED = {
  id: "45:e1:74:12:6e:00",
  rssi: -89,
  distance: 21.51847,
  servicedata: "fe0000000000000000000000000000000000000000",
};
const IBEACON = {
  id: "60:87:57:4C:9B:C2",
  mac_type: 1,
  rssi: -78,
  distance: 7.85288,
  brand: "GENERIC",
  model: "iBeacon",
  model_id: "IBEACON",
  mfid: "4c00",
  uuid: "1de4a5e0b5c04b3f9c0e0f3b1f0e6a11",
  major: 1,
  minor: 513,
  txpower: -66,
};
const BLUE_MAESTRO = {
  name: "F35285",
  id: "F3:52:85:01:02:03",
  rssi: -82,
  brand: "BlueMaestro",
  model: "TempoDisc",
  model_id: "BM_V23",
  tempc: 24.1,
  tempf: 75.38,
  hum: 104.7,
  dp: 24.8,
  volt: 2.56,
  mfr: "Blue Maestro Limited",
};
const RUUVI_DATA = "9904" + "0512FC5394C37C0004FFFC040CAC364200CDCBB8334C884F".toLowerCase();
const RUUVI = {
  id: "CB:B8:33:4C:88:4F",
  rssi: -55,
  brand: "Ruuvi",
  model: "RuuviTag",
  model_id: "RuuviTag_RAWv2",
  type: "ACEL",
  tempc: 24.3,
  hum: 53.49,
  pres: 1000.44,
  accx: 0.0039,
  accy: -0.0039,
  accz: 1.016,
  volt: 2.977,
  tx: 4,
  mov: 66,
  seq: 205,
};
const MI_FLORA = {
  id: "C4:7C:8D:6A:00:01",
  name: "Flower care",
  rssi: -71,
  brand: "Xiaomi/VegTrug/hhcc",
  model: "Flora/Flower care",
  model_id: "HHCCJCY01HHCC",
  tempc: 22.1,
  moi: 31,
  lux: 1290,
  fer: 214,
  batt: 99,
};
const DOOR = {
  id: "54:EF:44:E5:1B:01",
  rssi: -60,
  model_id: "MCCGQ02HL",
  open: true,
  light: false,
};
const SYSTEM = {
  uptime: 60405,
  version: "v1.6.0",
  discovery: false,
  env: "esp32dev-ble",
  freemem: "115572",
  mqttport: "1883",
  mqttsecure: true,
  mqttserver: "192.168.1.4",
  mqtt_user: "hidden user",
  mqtt_pass: "hidden password",
  tempc: 57.7,
  rssi: -39,
  SSID: "hidden network",
  BSSID: "A0:B1:C2:D3:E4:F5",
  ip: "192.168.1.77",
  mac: "24:0A:C4:00:00:01",
  wifi_pass: "hidden password",
  modules: ["WebUI", "BT"],
};

const SAMPLES: [string, Payload][] = [
  [TOPIC, THERMOMETER],
  [TOPIC, STRINGS],
  ["home/OpenMQTTGateway/BTtoMQTT/45E174126E00", UNDECODED],
  ["home/OpenMQTTGateway/BTtoMQTT/6087574C9BC2", IBEACON],
  ["home/TheengsGateway/BTtoMQTT/F35285010203", BLUE_MAESTRO],
  ["home/OpenMQTTGateway/BTtoMQTT/CBB8334C884F", RUUVI],
  ["home/OpenMQTTGateway/BTtoMQTT/undecoded", { ...RUUVI, manufacturerdata: RUUVI_DATA }],
  ["home/OpenMQTTGateway/BTtoMQTT/C47C8D6A0001", MI_FLORA],
  ["home/OpenMQTTGateway/BTtoMQTT/54EF44E51B01", DOOR],
  ["home/OpenMQTTGateway/SYStoMQTT", SYSTEM],
  ["home/OpenMQTTGateway/LWT", "online"],
  ["home/OpenMQTTGateway/version", "v1.7.0"],
  ["home/presence/OpenMQTTGateway", { id: "A4:C1:38:8D:18:B2", distance: 1.5, rssi: -60 }],
];

function one(payload: Payload, topic = TOPIC) {
  return told(openMqttGateway(), topic, payload).only("values");
}

Deno.test("decoded values get the names and units of our own decoders", () => {
  const said = one(THERMOMETER);
  assert.equal(said.node, "home/OpenMQTTGateway");
  assert.deepEqual(said.device, {
    address: ADDRESS,
    name: "",
    model: "Xiaomi TH Sensor",
    localName: "ATC_8D18B2",
  });
  assert.deepEqual(inWords(said.values), [
    "temperature 21.42 °C",
    "humidity 48.3 %",
    "battery 87 %",
    "voltage 2.98 V",
  ]);
  assert.equal(said.values[0]!.quantity, "temperature");
  assert.deepEqual([said.rssi, said.time, said.sequence], [-67, NaN, -1]);
});

Deno.test("numbers that come as text are numbers; the topic says who", () => {
  const said = one(STRINGS);
  assert.equal(said.device.address, ADDRESS);
  assert.deepEqual(inWords(said.values), ["humidity 52.6 %", "temperature 19.2 °C"]);
  assert.ok(said.values.every(({ value }) => typeof value === "number"));
});

Deno.test("the address in three spellings", () => {
  for (const id of ["A4:C1:38:8D:18:B2", "a4-c1-38-8d-18-b2", "a4c1388D18b2"]) {
    const topic = "home/OpenMQTTGateway/BTtoMQTT/undecoded";
    assert.equal(one({ id, tempc: 1 }, topic).device.address, ADDRESS, id);
  }
});

Deno.test("plants, doors and unknown things", () => {
  assert.deepEqual(inWords(one(MI_FLORA).values), [
    "temperature 22.1 °C",
    "moisture 31 %",
    "illuminance 1290 lx",
    "conductivity 214 µS/cm",
    "battery 99 %",
  ]);
  assert.deepEqual(inWords(one(DOOR).values), ["opening true", "light false"]);
  const others = one({
    id: THERMOMETER.id,
    "Fill Level": 12,
    state: "idle",
    "": 1,
    list: [1],
    nested: { a: 1 },
    lowbatt: "true",
    unlocked: 1,
    motion: "off",
    mic: "1234",
  });
  assert.deepEqual(inWords(others.values), [
    "fill_level 12",
    "state idle",
    "battery_low true",
    "lock true",
    "motion false",
  ]);
});

Deno.test("what does not apply is null, what is no number of the table stays what it is", () => {
  assert.deepEqual(one({ tempc: null, hum: "n/a", batt: 5 }).values, [
    { name: "temperature", value: null, unit: "°C", quantity: "temperature" },
    { name: "hum", value: "n/a", unit: "" },
    { name: "battery", value: 5, unit: "%", quantity: "battery" },
  ]);
});

Deno.test("Fahrenheit counts only where Celsius is missing, and becomes Celsius", () => {
  assert.deepEqual(inWords(one({ tempf: 75.38 }).values), ["temperature 24.1 °C"]);
  assert.deepEqual(inWords(one({ tempf: "66.56", tempc: "19.2" }).values), ["temperature 19.2 °C"]);
  assert.deepEqual(inWords(one({ tempf2: -40 }).values), ["temperature_2 -40 °C"]);
});

Deno.test("two keys that mean the same are one value", () => {
  assert.deepEqual(inWords(one({ tempc: 20, temperature: 68, tempc2: 3, tempc2_dp: 4 }).values), [
    "temperature 20 °C",
    "temperature_2 3 °C",
  ]);
});

Deno.test("units that the message itself says: scales and tyres", () => {
  assert.deepEqual(inWords(one({ weight: 150.2, unit: "lb" }).values), ["mass 150.2 lb"]);
  assert.deepEqual(inWords(one({ weight: 68.1 }).values), ["mass 68.1 kg"]);
  assert.deepEqual(inWords(one({ type: "TIRE", pres: 2.4 }).values), ["pressure 2.4 bar"]);
});

Deno.test("raw data is handed on where nothing was decoded", () => {
  const topic = "home/OpenMQTTGateway/BTtoMQTT/undecoded";
  const id = "A4:C1:38:8D:18:B2";
  const cases: [object, string][] = [
    [{ servicedatauuid: "0xfcd2", servicedata: "4002ca0903bf13" }, "0a16d2fc4002ca0903bf13"],
    [{ servicedatauuid: "fcd2", servicedata: "4002CA09" }, "0716d2fc4002ca09"],
    [
      { servicedatauuid: "0000fcd2-0000-1000-8000-00805f9b34fb", servicedata: "4002ca09" },
      "0716d2fc4002ca09",
    ],
    [
      {
        servicedatauuid: "cba20d00-224d-11e6-9fb8-0002a5d5c51b",
        servicedata: "48",
        name: "Bot",
      },
      "12211bc5d5a50200b89fe6114d22000da2cb480409426f74",
    ],
    [{ manufacturerdata: RUUVI_DATA }, "1bff" + RUUVI_DATA],
    [
      { manufacturerdata: "4c001005", servicedatauuid: "0xfeaa", servicedata: "00" },
      "0416aafe0005ff4c001005",
    ],
  ];
  for (const [raw, hex] of cases) {
    const message = { id, rssi: -70, mac_type: 1, adv_type: 0, ...raw };
    const said = told(openMqttGateway(), topic, message).only("advertisement");
    assert.deepEqual([said.address, said.hex, said.rssi], [ADDRESS, hex, -70]);
  }
});

Deno.test("an iBeacon is made an advertisement again", () => {
  const topic = "home/OpenMQTTGateway/BTtoMQTT/1de4a5e0b5c04b3f9c0e0f3b1f0e6a11";
  const said = told(openMqttGateway(), topic, IBEACON).only("advertisement");
  assert.equal(said.address, 0x6087574c9bc2);
  assert.equal(said.hex, `1aff4c000215${IBEACON.uuid}00010201be`);
});

Deno.test("a device that was heard and not understood was heard", () => {
  const said = told(openMqttGateway(), TOPIC, UNDECODED).only("values");
  assert.equal(said.device.address, 0x45e174126e00);
  assert.deepEqual(said.values, []);
  assert.equal(said.rssi, -89);
});

Deno.test("RuuviTags: our own decoder where the raw data is there", () => {
  const raw = told(openMqttGateway(), TOPIC, { ...RUUVI, manufacturerdata: RUUVI_DATA });
  assert.equal(raw.only("advertisement").hex, "1bff" + RUUVI_DATA);
  const bthome = { ...THERMOMETER, servicedatauuid: "fcd2", servicedata: "4002ca09" };
  assert.match(told(openMqttGateway(), TOPIC, bthome).only("advertisement").hex, /^0716d2fc/);
  // Encrypted: the node has the key, we may not.
  const sealed = { ...bthome, servicedata: "41a47266c95f730011223378237214" };
  assert.equal(told(openMqttGateway(), TOPIC, sealed).only("values").values.length, 4);
});

Deno.test("RuuviTags decoded by Theengs: codes for nothing are nothing, a tenth of g is left out", () => {
  const decoded = one(RUUVI);
  assert.equal(decoded.sequence, 205);
  assert.deepEqual(inWords(decoded.values), [
    "temperature 24.3 °C",
    "humidity 53.49 %",
    "pressure 1000.44 hPa",
    "voltage 2.977 V",
    "tx_power 4 dBm",
    "movement_counter 66",
  ]);
  const right = one({ ...RUUVI, accx: 0.0392, accy: -0.0392, accz: 10.1597 });
  const axes = right.values.filter(({ name }) => name.startsWith("acceleration"));
  assert.deepEqual(inWords(axes), [
    "acceleration_x 0.004 g",
    "acceleration_y -0.004 g",
    "acceleration_z 1.036 g",
  ]);
  const none = one({
    ...RUUVI,
    tempc: -163.84,
    hum: 163.8375,
    pres: 1155.35,
    volt: 3.647,
    tx: 22,
    mov: 255,
    seq: 65535,
  });
  assert.ok(none.values.every(({ value }) => value === null), JSON.stringify(none.values));
  assert.equal(none.sequence, -1);
});

Deno.test("times: seconds, milliseconds, ISO with and without zone; a clock never set says nothing", () => {
  const cases: [object, number][] = [
    [{ unixtime: 1678871472 }, 1_678_871_472_000],
    [{ unixtime: "1678871472" }, 1_678_871_472_000],
    [{ unixtime: 1678871472123 }, 1_678_871_472_123],
    [{ UTCtime: "2023-03-15T09:11:12Z" }, 1_678_871_472_000],
    [{ UTCtime: "2023-03-15T09:11:12" }, 1_678_871_472_000],
    [{ UTCtime: "2023-03-15 09:11:12" }, 1_678_871_472_000],
    [{ UTCtime: "2023-03-15T10:11:12+01:00" }, 1_678_871_472_000],
    [{ unixtime: 188 }, NaN],
    [{ UTCtime: "1970-01-01T00:03:08Z" }, NaN],
    [{ UTCtime: "yesterday" }, NaN],
    [{ unixtime: "soon" }, NaN],
  ];
  for (const [members, time] of cases) {
    assert.equal(one({ tempc: 1, ...members }).time, time, JSON.stringify(members));
  }
});

Deno.test("packet and sequence numbers; a count is a value", () => {
  const numbers = (
    { sequence, sequenceModulus }: ReturnType<typeof one>,
  ) => [sequence, sequenceModulus];
  assert.deepEqual(numbers(one({ tempc: 1, packet: 167 })), [167, 256]);
  assert.deepEqual(numbers(one({ tempc: 1, seq: "42" })), [42, 65535]);
  assert.deepEqual(numbers(one({ tempc: 1, seq: 65535 })), [-1, 0]);
  assert.deepEqual(numbers(one({ tempc: 1, packet: 256 })), [-1, 0]);
  const counter = one({ count: 7 });
  assert.equal(counter.sequence, -1);
  assert.deepEqual(inWords(counter.values), ["count 7"]);
});

Deno.test("ids beyond 2^53 keep their digits", () => {
  const said = one('{"tempc":20.5,"serial":12345678901234567890,"huge":1e999,"big":1.5e300}');
  assert.deepEqual(inWords(said.values), [
    "temperature 20.5 °C",
    "serial 12345678901234567890",
    "huge 1e999",
    "big 1.5e+300",
  ]);
});

Deno.test("whether a gateway is there, under any base", () => {
  for (const path of ["home/OpenMQTTGateway", "home/bt_kitchen", "a/b/c/OMG_BLE"]) {
    for (const state of ["online", "offline"]) {
      const said = told(openMqttGateway(), `${path}/LWT`, state).only("node");
      assert.deepEqual(said, { kind: "node", node: path, state });
    }
  }
  assert.equal(told(openMqttGateway(), "home/x/LWT", "Maybe").only("malformed").node, "home/x");
  assert.deepEqual(told(openMqttGateway(), "home/x/LWT", "").said, []);
});

Deno.test("words that others use are theirs until the gateway is known", () => {
  const dialect = openMqttGateway();
  let changes = 0;
  dialect.onChange = () => changes++;
  const aside = ["garage/bt/LWT", "garage/bt/version", "garage/bt/presence", "garage/presence/bt"];
  for (const topic of [...aside, "tele/plug/LWT", "home/anna/presence", "home/presence/anna"]) {
    assert.equal(dialect.reader(topic), null, topic);
  }
  told(dialect, "garage/bt/BTtoMQTT/A4C1388D18B2", THERMOMETER);
  assert.equal(changes, 1);
  for (const topic of aside) assert.notEqual(dialect.reader(topic), null, topic);
  assert.equal(dialect.reader("tele/plug/LWT"), null);
  for (const topic of ["devices/desk/temperature", "home/OpenMQTTGateway/433toMQTT", "", "/"]) {
    assert.equal(dialect.reader(topic), null, topic);
  }
});

Deno.test("what a gateway says of itself, and nothing that is secret", () => {
  const said = told(openMqttGateway(), "home/OpenMQTTGateway/SYStoMQTT", SYSTEM).only("node");
  assert.equal(said.version, "v1.6.0");
  assert.deepEqual(said.details, {
    uptime: 60405,
    env: "esp32dev-ble",
    modules: "WebUI, BT",
    freemem: 115572,
    rssi: -39,
    tempc: 57.7,
    discovery: false,
  });
  assert.doesNotMatch(JSON.stringify(said), /hidden|192\.168|A0:B1|24:0A/);
  const version = told(openMqttGateway(), "home/OpenMQTTGateway/version", "v1.7.0").only("node");
  assert.equal(version.version, "v1.7.0");
});

Deno.test("settings are nobody's words, wherever they stand", () => {
  const topics = [
    "home/OMG/commands/MQTTtoSYS/BTtoMQTT/A4C1388D18B2",
    "home/OMG/BTtoMQTT/MQTTtoSYS/config",
    "home/OMG/commands/MQTTtoSYS/OMG/LWT",
    "home/OMG/MQTTtoBT/SYStoMQTT",
    "home/OMG/SYStoMQTT/more",
    "z/bridge/info/BTtoMQTT/A4C1388D18B2",
  ];
  for (const topic of topics) assert.equal(openMqttGateway().reader(topic), null, topic);
});

Deno.test("Theengs Gateway is its own dialect", () => {
  const topic = "home/TheengsGateway/BTtoMQTT/F35285010203";
  const dialects = new Dialects([openMqttGateway(), theengsGateway()]);
  assert.equal(dialects.reader(topic)?.dialect, "theengs");
  assert.equal(dialects.reader(TOPIC)?.dialect, "openmqttgateway");
  assert.equal(dialects.reader("home/TheengsGateway/LWT")?.dialect, "theengs");
  const said = told(theengsGateway(), topic, BLUE_MAESTRO).only("values");
  assert.deepEqual(inWords(said.values), [
    "temperature 24.1 °C",
    "humidity 104.7 %",
    "dew_point 24.8 °C",
    "voltage 2.56 V",
  ]);
  assert.equal(said.device.model, "BlueMaestro TempoDisc");
});

Deno.test("presence: how far, and who went away", () => {
  const home = told(openMqttGateway(), "home/presence/OpenMQTTGateway", {
    id: "A4:C1:38:8D:18:B2",
    distance: 1.5,
    rssi: -60,
  }).only("values");
  assert.deepEqual(inWords(home.values), ["distance 1.5 m"]);
  assert.equal(home.node, "home/OpenMQTTGateway");
  const gone = told(theengsGateway(), "home/TheengsGateway/BTtoMQTT/A4C1388D18B2", {
    id: "A4:C1:38:8D:18:B2",
    presence: "absent",
    unixtime: 1678871472,
  }).only("values");
  assert.deepEqual(inWords(gone.values), ["presence false"]);
  const old = tell(openMqttGateway(), "home/home_presence/OpenMQTTGateway", { id: "x" });
  assert.equal(old?.only("values").device.name, "x");
});

Deno.test("answers to commands are not values", () => {
  const reply = {
    id: "AA:BB:CC:DD:EE:FF",
    service: "cba20d00-224d-11e6-9fb8-0002a5d5c51b",
    characteristic: "cba20002-224d-11e6-9fb8-0002a5d5c51b",
    write: "570100",
    success: true,
  };
  assert.deepEqual(told(openMqttGateway(), TOPIC, reply).said, []);
});

Deno.test("what cannot be read is said, and nothing else", () => {
  const deep = `{"a":${"[".repeat(5000)}${"]".repeat(5000)}}`;
  for (const payload of ["online", "[1,2]", "17", '{"a":', deep, new Uint8Array([0x7b, 0xff])]) {
    const { node } = told(openMqttGateway(), TOPIC, payload).only("malformed");
    assert.equal(node, "home/OpenMQTTGateway");
  }
  const nobody = told(openMqttGateway(), "home/OpenMQTTGateway/BTtoMQTT/undecoded", { tempc: 1 });
  assert.match(nobody.only("malformed").text, /device/);
});

Deno.test("every prefix and 5,000 mutations of messages do no harm", () => {
  mistreat(openMqttGateway, SAMPLES, 5000);
  mistreat(theengsGateway, [["home/TheengsGateway/BTtoMQTT/F35285010203", BLUE_MAESTRO]], 500);
});
