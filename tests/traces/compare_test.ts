/**
 * What the decoder says of the samples of this project is what tshark says, but for named
 * exceptions; the soak tests take all samples, and the captures of other projects where they are
 * at hand.
 */
import assert from "node:assert/strict";
import { testWith } from "../support/tools.ts";
import { compareCaptures, fieldsToCompare } from "./compare/compare_captures.ts";
import { EXCEPTIONS } from "./compare/exceptions.ts";
import { sampleFiles } from "./support/sample_files.ts";

/** Differences shown of those there are. */
const SHOWN = 40;

/**
 * Samples that are like another one but for one layer, which the others show, too: each costs a
 * start of tshark. The soak tests take them.
 */
const VARIANTS = [
  /^ble-(nordic-v2|plain|ppi)\./,
  /^deflate-(both|none|snct|windows)-chromium\./,
  /^deflate-snct-fragments\./,
  /^edgewire-(mqttjs-mqtt311-ws|paho-ws)\./,
  /^file-(cut\.pcap|gzip|(micro|nano)seconds(-swapped)?)(\.|$)/,
  /^hci-(direction|h4|sensors)\./,
  /^link-(ipv4|loop|null|raw|raw-dlt-14|sll|vlan)\./,
  /^mosquitto-mqttjs-(mqtt31|mqtt311)-(tcp|ws)\./,
  /^mosquitto-mqttjs-mqtt5-tcp\./,
  /^mosquitto-paho-tcp\./,
  /^tls12-(aes128-ccm8|aes128-gcm|chacha20)\./,
  /^tls13-aes(128-gcm|256-gcm-wss)\./,
  /^wpan-(commands|elements|fcs|no-fcs|phy|secured|tap)\./,
];

testWith(["tshark"], "every promised field is decoded", async () => {
  const { lacking } = await fieldsToCompare();
  assert.deepEqual(lacking, []);
});

Deno.test("every exception names the clause that shows tshark wrong", () => {
  const without = EXCEPTIONS.filter(({ because }) =>
    !/^(RFC \d+, [\d.]+|MQTT [\d.]+|Bluetooth Core 6\.0, Vol|IANA, |draft-ietf-)/.test(because)
  );
  assert.deepEqual(without.map(({ name }) => name), []);
});

testWith(["tshark"], "samples are decoded as tshark does", async () => {
  const samples = sampleFiles().filter(({ name }) => !VARIANTS.some((each) => each.test(name)));
  const { fields } = await fieldsToCompare();
  const { differences } = await compareCaptures(samples.map(({ path }) => path), fields);
  assert.deepEqual(differences.slice(0, SHOWN), [], `${differences.length} differences`);
});
