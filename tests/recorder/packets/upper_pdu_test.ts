import assert from "node:assert/strict";
import { upperPdu, upperPduTags } from "../../../gateway/recorder/packets/upper_pdu.ts";
import { testWith } from "../../support/tools.ts";
import { ownProblems, tsharkFields } from "./capture_check.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);
const ends = (source: string, destination: string) => ({
  source: { host: source, port: 50_000 },
  destination: { host: destination, port: 1883 },
});

Deno.test("tags, byte by byte", () => {
  assert.equal(
    upperPdu(upperPduTags("mqtt", ends("10.0.0.1", "10.0.0.2")), utf8("x")).toHex(),
    "000c0004" + "6d717474" + "001400040a000001" + "001500040a000002" + "0018000400000002" +
      "001900040000c350" + "001a00040000075b" + "00000000" + "78",
  );
  assert.equal(upperPduTags("json").toHex(), "000c00046a736f6e" + "00000000");
});

testWith(["tshark"], "tshark and our decoder hand the message to its dissector", async () => {
  const publish = Uint8Array.from([0x30, 7, 0, 3, ...utf8("a/b"), ...utf8("21")]);
  const connect = Uint8Array.from([0x10, 13, 0, 4, ...utf8("MQTT"), 4, 2, 0, 0, 0, 1, 99]);
  const hosts = [["10.0.0.1", "10.0.0.2"], ["fe80::1", "fe80::2"], ["", ""]] as const;
  const data = [
    ...hosts.flatMap(([from, to]) => {
      const tags = upperPduTags("mqtt", ends(from, to));
      return [upperPdu(tags, connect), upperPdu(tags, publish)];
    }),
    upperPdu(upperPduTags("json"), utf8('{"type":"data","value":21.5}')),
  ];
  const packets = data.map((data) => ({ linkType: 252, data }));
  const fields = [
    "_ws.malformed",
    "mqtt.clientid",
    "mqtt.topic",
    "exported_pdu.dst_port",
    "json.key",
  ];
  const found = await tsharkFields(packets, [...fields, "ip.src", "ipv6.src"]);
  assert.deepEqual(found.map((line) => line.join("|")), [
    "|c||1883||10.0.0.1|",
    "||a/b|1883||10.0.0.1|",
    "|c||1883|||fe80::1",
    "||a/b|1883|||fe80::1",
    "|c||1883||0.0.0.0|",
    "||a/b|1883||0.0.0.0|",
    "||||type,value||",
  ]);
  assert.deepEqual(await ownProblems(packets), []);
});
