/** Advertising reports as the ESP32-C6 node writes them, read by our decoder. */
import assert from "node:assert/strict";
import { RadioLink } from "../../traces/sensors/radio_envelope.ts";
import { testWith } from "../support/tools.ts";
import { BluetoothRun, type Found } from "../traces/support/bluetooth_run.ts";

const FOLDER = new URL("../../firmware/esp32c6/", import.meta.url).pathname;
const SOURCES = [`${FOLDER}main/adv_report.c`, `${FOLDER}tests/adv_report_print.c`];
const FLAGS = "-std=c99 -Wall -Wextra -Wconversion -Wshadow -Wpedantic -Werror " +
  "-fsanitize=address,undefined -fno-sanitize-recover=all";

async function run(program: string, args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, { args }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

/** What the decoder finds in each event that the program prints. */
async function events(): Promise<Found[]> {
  const folder = await Deno.makeTempDir({ prefix: "edgewire-adv-" });
  try {
    const program = `${folder}/print`;
    await run("gcc", [...FLAGS.split(" "), "-o", program, ...SOURCES]);
    const lines = (await run(program, [])).trimEnd().split("\n");
    return lines.map((line) =>
      new BluetoothRun().decode(RadioLink.HciH4, Uint8Array.fromHex(line))
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

testWith(["gcc"], "the ESP32-C6 node's advertising reports are HCI events", async () => {
  const [legacy, extended, tooLong, empty, ...more] = await events();
  assert.equal(more.length, 0);
  const value = (found: Found | undefined, name: string) => found!.values.get(`bthci_evt.${name}`);
  for (const found of [legacy, extended, tooLong, empty]) {
    assert.deepEqual(found!.problems, []);
    assert.equal(value(found, "le_meta_subevent"), "0x0d");
    assert.equal(value(found, "le_num_reports"), "1");
    assert.equal(value(found, "bd_addr"), "c1:02:03:04:05:06");
  }
  assert.equal(value(legacy, "le_ext_advts_event_type"), "0x0013");
  assert.equal(value(legacy, "rssi"), "-60");
  assert.equal(value(legacy, "tx_power"), "127");
  assert.equal(legacy!.values.get("btcommon.eir_ad.entry.device_name"), "test");

  assert.equal(value(extended, "le_ext_advts_event_type"), "0x0024");
  assert.equal(value(extended, "primary_phy"), "0x03");
  assert.equal(value(extended, "secondary_phy"), "0x02");
  assert.equal(value(extended, "advertising_sid"), "0x05");
  assert.equal(value(extended, "tx_power"), "-8");
  assert.equal(value(extended, "rssi"), "127");
  assert.equal(value(extended, "periodic_advertising_interval"), "0x1234");
  assert.equal(value(extended, "direct_bd_addr"), "16:15:14:13:12:11");
  assert.equal(value(extended, "data_length"), "229");

  // What does not fit into an event is left out, and the data status says "truncated".
  assert.equal(value(tooLong, "le_ext_advts_event_type"), "0x0044");
  assert.equal(value(tooLong, "data_length"), "229");
  assert.equal(value(empty, "data_length"), "0");
});
