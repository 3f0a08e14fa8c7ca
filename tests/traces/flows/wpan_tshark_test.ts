/**
 * Every field of IEEE 802.15.4, Zigbee, 6LoWPAN and Lightweight Mesh frames made for it, against tshark.
 *
 * @module
 */
import assert from "node:assert/strict";
import { PcapngWriter } from "../../../traces/files/pcapng_writer.ts";
import { Wpan, type WpanOptions } from "../../../traces/flows/wpan.ts";
import { Style } from "../../../traces/report/text_style.ts";
import { valueText } from "../../../traces/report/value.ts";
import { Dissection } from "../../../traces/wire/dissection.ts";
import { conclude } from "../../../traces/wire/failure.ts";
import { allFields, fieldOf } from "../../../traces/wire/field.ts";
import { testWith } from "../../support/tools.ts";
import { NO_HINTS, tsharkFields } from "../compare/tshark_run.ts";
import * as corpus from "../support/wpan_corpus.ts";
import { hex, join, withFcs, withFcs32 } from "../support/wpan_frames.ts";

/** IPv6 and what is in it is decoded elsewhere; data stands for any payload. */
const FIELDS = allFields().filter(({ name, type }) =>
  type !== "protocol" && /^(wpan|zbee|zbip|6lowpan|lwm)/.test(name)
);
const NAMES = ["frame.protocols", ...FIELDS.map(({ name }) => name)];

/** Frames of one link type. */
type Batch = readonly [linkType: number, frames: readonly Uint8Array[]];

/** Frames as tshark -T fields shows them; each batch is decoded for itself. */
function ours([linkType, frames]: Batch, options: Partial<WpanOptions>) {
  const d = new Dissection(allFields().length);
  for (const { id } of FIELDS) d.want[id] = 1;
  const wpan = new Wpan({ ipv6: () => {}, ...options });
  return frames.map((bytes, i) => {
    d.begin(bytes, 0, bytes.length, bytes.length);
    d.frame = i + 1;
    wpan.decode(d, linkType);
    conclude(d);
    const values = new Map<string, string[]>();
    for (let entry = 0; entry < d.tree.count; entry++) {
      const { name } = fieldOf(d.tree.id[entry]!);
      values.set(name, [...values.get(name) ?? [], valueText(d, entry, Style.Fields)]);
    }
    const layers = [...d.layers.subarray(0, d.layerCount)].map((id) => fieldOf(id).name);
    values.set("frame.protocols", [comparable(layers.join(":"))]);
    return NAMES.map((name) => values.get(name) ?? []);
  });
}

/** Without what isn't decoded here. */
function comparable(protocols: string): string {
  return protocols.replace(/:ipv6.*$|(:zbee_zcl):.*$/, "$1").replace(
    /:_ws\.(malformed|short)/g,
    "",
  );
}

/** The batches in one capture, which takes one run of tshark. */
async function theirs(batches: readonly Batch[], preferences: string[]) {
  const writer = new PcapngWriter();
  writer.section();
  for (const [linkType, frames] of batches) {
    const id = writer.interface({ linkType });
    for (const data of frames) {
      writer.packet({ interface: id, time: { seconds: 1, nanoseconds: 0 }, data });
    }
  }
  const path = await Deno.makeTempFile({ suffix: ".pcapng" });
  try {
    await Deno.writeFile(path, writer.take());
    const { frames: found } = await tsharkFields(path, NAMES, { ...NO_HINTS, preferences });
    return found.map(([protocols, ...rest]) => [[comparable(protocols?.[0] ?? "")], ...rest]);
  } finally {
    await Deno.remove(path);
  }
}

async function compare(
  batches: readonly Batch[],
  options: Partial<WpanOptions> = {},
  preferences: string[] = [],
) {
  const expected = await theirs(batches, preferences);
  let at = 0;
  for (const [n, batch] of batches.entries()) {
    for (const [i, values] of ours(batch, options).entries()) {
      const frame = expected[at++];
      for (const [column, name] of NAMES.entries()) {
        const place = `batch ${n + 1}, frame ${i + 1}, ${name}`;
        assert.deepEqual(values[column], frame?.[column], place);
      }
    }
  }
  assert.equal(expected.length, at);
}

testWith(["tshark"], "every addressing row of every version, with each kind of FCS", async () => {
  const frames = corpus.addressingFrames();
  await compare([
    [230, frames],
    [195, frames.map(withFcs)],
    [195, frames.map((frame) => join(frame, hex("aa55")))],
  ]);
  const preferences = ["wpan.fcs_format:ITU-T CRC-32"];
  await compare([[195, frames.map(withFcs32)]], { fcs: "crc32" }, preferences);
});

testWith(["tshark"], "signal strength of TI receivers in place of the FCS", async () => {
  const frames = corpus.addressingFrames().map((frame, i) => join(frame, [i & 0xff, i * 5 & 0xff]));
  await compare([[195, frames]], { fcs: "ti" }, ["wpan.fcs_format:TI CC24xx metadata"]);
});

testWith(["tshark"], "reserved modes, commands, beacons, IEs, PHY and TAP headers", async () => {
  await compare([
    [230, corpus.unusualFrames()],
    [230, corpus.commandFrames()],
    [230, corpus.ieFrames()],
    [215, corpus.phyFrames()],
    [283, corpus.tapFrames()],
  ]);
});

const MAC_KEYS = [1, 0].map((index) => ({ key: corpus.MAC_KEY, index }));
const MAC_PREFERENCES = MAC_KEYS.map(({ key, index }) =>
  `uat:ieee802154_keys:"${key.toHex()}","${index}","No hash"`
);

testWith(["tshark"], "every security level, with keys and without", async () => {
  await compare([[230, corpus.securedFrames()]]);
  await compare(
    [[230, corpus.securedFrames()], [283, corpus.tapFrames().slice(0, 1)]],
    { keys: MAC_KEYS },
    MAC_PREFERENCES,
  );
});

testWith(
  ["tshark"],
  "Zigbee with the trust centre key and without, Green Power, mesh",
  async () => {
    await compare([[230, corpus.zigbeeFrames()], [230, corpus.otherFrames()]]);
    const zigbeeKeys = [{ key: corpus.TRUST_CENTRE_KEY, label: "given" }];
    const written = corpus.TRUST_CENTRE_KEY.toHex().match(/../g)!.join(":");
    const preferences = [`uat:zigbee_pc_keys:"${written}","Normal","given"`];
    await compare([[230, corpus.zigbeeFrames()]], { zigbeeKeys }, preferences);
  },
);

testWith(["tshark"], "6LoWPAN with contexts and without", async () => {
  await compare([[230, corpus.sixlowpanFrames()]]);
  const contexts = [1, 2].map((id) => ({
    ...{ id, length: 64, prefix: hex(`20010db8000${id}0000 0000000000000000`) },
  }));
  const preferences = [1, 2].map((id) => `6lowpan.context${id}:2001:db8:${id}::/64`);
  await compare([[230, corpus.sixlowpanFrames()]], { contexts }, preferences);
});
