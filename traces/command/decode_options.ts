/**
 * The options of `edgewire decode`.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { type DecodeAs, parseDecodeAs } from "../flows/decode_as.ts";
import type { GivenContext, WpanFcs, WpanKey } from "../flows/wpan.ts";
import { parseDeviceId } from "../sensors/device_id.ts";
import type { DeviceId } from "../sensors/sensor_decoder.ts";
import { SensorKey } from "../sensors/sensor_packet.ts";
import { ipv6Bytes } from "../wire/address_bytes.ts";

/** What the user gave cannot be used: the message says what, where and what to do. */
export class UsageError extends Error {
  override name = "UsageError";
}

const FORMATS = ["text", "fields", "json", "ndjson", "csv", "html"] as const;
export type Format = typeof FORMATS[number];

/** Formats that `--fields` chooses the contents of. */
const WITH_FIELDS: readonly Format[] = ["fields", "json", "ndjson", "csv"];
/** Formats of the summary. */
const OF_SUMMARY: readonly Format[] = ["text", "json"];

export interface DecodeOptions {
  /** Path, or "-" for standard input. */
  readonly input: string;
  readonly format: Format;
  /** Fields to show; undefined when not chosen. */
  readonly fields: readonly string[] | undefined;
  readonly filter: string | undefined;
  readonly summary: boolean;
  readonly verbose: boolean;
  /** Path to write to; standard output when undefined. */
  readonly out: string | undefined;
  readonly decodeAs: readonly DecodeAs[];
  /** Path of a TLS key log. */
  readonly keyLog: string | undefined;
  /** AES-128 keys, 16 bytes each; those of one sensor among them. */
  readonly wpanKeys: readonly (Uint8Array | WpanKey)[];
  /** Keys of Bluetooth sensors by address. */
  readonly sensorKeys: ReadonlyMap<DeviceId, SensorKey>;
  /** What frames of link type 195 end with. */
  readonly wpanFcs: WpanFcs;
  readonly sixlowpanContexts: readonly GivenContext[];
  readonly zigbeeKeys: readonly Uint8Array[];
  readonly color: "auto" | "always" | "never";
}

export const DECODE_USAGE = `edgewire decode FILE [options]

Reports every frame of a pcap or pcapng file, gzipped or not. FILE - is standard input.

  --format FORMAT      ${FORMATS.join(", ")} [text]
  --fields A,B         fields to show, by their Wireshark names, as mqtt.topic,ip.src
                       (with ${WITH_FIELDS.join(", ")}; alone: --format fields)
  --filter EXPRESSION  only frames that a Wireshark display filter lets through
  --summary            conversations, overhead, round trips, topics, devices and problems
                       instead of frames (text or json); of a trace of the gateway also delays
                       and losses from hop to hop, and who sends much or nothing
  -v, --verbose        text: the fields and bytes of each frame
  --out FILE           write to a file
  --decode-as RULE     what a port carries, as tcp.port==8080,websocket (may be repeated)
  --keylog FILE        TLS key log (SSLKEYLOGFILE)
  --wpan-key KEY       key of IEEE 802.15.4, 32 hexadecimal digits (may be repeated)
  --wpan-fcs KIND      what 802.15.4 frames of link type 195 end with: crc16, crc32, or ti,
                       for the RSSI and correlation of TI receivers [crc16]
  --6lowpan-context C  a prefix that compressed addresses refer to, as 0=2001:db8::/64
                       (may be repeated)
  --zigbee-key KEY     key of a Zigbee network or link, likewise
  --sensor-key A=KEY   key of the sensor with Bluetooth or extended 802.15.4 address A, as
                       A4:C1:38:8D:18:B2=231d39c1d7cc1ab1aee224cd096db932 (may be repeated)
  --color WHEN         auto, always or never [auto]
  --help               this text

Exit codes: 0 done; 1 failed while running; 2 wrong usage or unreadable input; 3 the input is cut
short or corrupt (what came before is reported); 130 or 143 ended by a signal, likewise.`;

const OPTIONS = {
  format: { type: "string" },
  fields: { type: "string", multiple: true },
  filter: { type: "string" },
  summary: { type: "boolean" },
  verbose: { type: "boolean", short: "v" },
  out: { type: "string" },
  "decode-as": { type: "string", multiple: true },
  keylog: { type: "string" },
  "wpan-key": { type: "string", multiple: true },
  "wpan-fcs": { type: "string" },
  "6lowpan-context": { type: "string", multiple: true },
  "zigbee-key": { type: "string", multiple: true },
  "sensor-key": { type: "string", multiple: true },
  color: { type: "string" },
} as const;

/** @throws {UsageError} when the arguments cannot be understood or contradict each other */
export function parseDecodeOptions(args: string[]): DecodeOptions {
  const { values, positionals } = parse(args);
  const [input, ...more] = positionals;
  if (input === undefined) throw new UsageError("name the capture file to decode, or - for stdin");
  if (more.length > 0) {
    throw new UsageError(`one capture at a time: "${more[0]}" is one too many`);
  }
  const fields = listOf(values.fields);
  const given = oneOf("--format", values.format, FORMATS);
  const sensors = (values["sensor-key"] ?? []).map(sensorKey);
  const options: DecodeOptions = {
    input,
    format: given ?? (fields === undefined ? "text" : "fields"),
    fields,
    filter: values.filter,
    summary: values.summary ?? false,
    verbose: values.verbose ?? false,
    out: values.out,
    decodeAs: (values["decode-as"] ?? []).map(decodeAs),
    keyLog: values.keylog,
    wpanKeys: [
      ...(values["wpan-key"] ?? []).map((key) => keyOf("--wpan-key", key)),
      ...sensors.flatMap(([id, key]) => wpanKey(id, key)),
    ],
    sensorKeys: new Map(sensors.flatMap(([id, key]) => bluetoothKey(id, key))),
    wpanFcs: oneOf("--wpan-fcs", values["wpan-fcs"], ["crc16", "crc32", "ti"] as const) ?? "crc16",
    sixlowpanContexts: (values["6lowpan-context"] ?? []).map(contextOf),
    zigbeeKeys: (values["zigbee-key"] ?? []).map((key) => keyOf("--zigbee-key", key)),
    color: oneOf("--color", values.color, ["auto", "always", "never"] as const) ?? "auto",
  };
  checkTogether(options);
  return options;
}

function parse(args: string[]) {
  try {
    return parseArgs({ args, options: OPTIONS, strict: true, allowPositionals: true });
  } catch (error) {
    const { message } = error as Error;
    // What else the message says is about a file whose name begins with "-".
    const [, unknown] = /^Unknown option '(.*?)'/.exec(message) ?? [];
    throw new UsageError(unknown === undefined ? message : `unknown option ${unknown}`);
  }
}

function listOf(given: readonly string[] | undefined): string[] | undefined {
  if (given === undefined) return undefined;
  const names = given.flatMap((list) => list.split(",")).map((name) => name.trim());
  if (names.some((name) => name === "")) {
    throw new UsageError("--fields: a name is empty: write --fields mqtt.topic,ip.src");
  }
  return names;
}

function oneOf<T extends string>(
  option: string,
  given: string | undefined,
  known: readonly T[],
): T | undefined {
  if (given === undefined) return undefined;
  const found = known.find((name) => name === given);
  if (found === undefined) {
    throw new UsageError(`${option}: "${given}" is not one of ${known.join(", ")}`);
  }
  return found;
}

function decodeAs(text: string): DecodeAs {
  try {
    return parseDecodeAs(text);
  } catch (error) {
    throw new UsageError(`--decode-as: ${(error as Error).message}`);
  }
}

function keyOf(option: string, text: string): Uint8Array {
  const digits = text.replace(/^0x|[\s:-]/gi, "");
  if (!/^[0-9a-f]{32}$/i.test(digits)) {
    throw new UsageError(`${option}: a key is 32 hexadecimal digits (16 bytes), as 5A:69:67:...`);
  }
  return Uint8Array.fromHex(digits);
}

/** Digits of a key: 16 bytes, or 12 (MiBeacon v2 and v3). */
const SENSOR_KEY = /^(?:[0-9a-f]{32}|[0-9a-f]{24})$/i;

/** The message never shows the key. */
function sensorKey(text: string): readonly [DeviceId, Uint8Array] {
  const at = text.indexOf("=");
  const address = text.slice(0, Math.max(at, 0)).trim();
  const id = parseDeviceId(address);
  if (id === undefined || typeof id === "string" && !EXTENDED.test(id)) {
    const found = at < 0 ? 'there is no "="' : `"${address}" is none`;
    throw new UsageError(
      `--sensor-key: write ADDRESS=KEY, the address as A4:C1:38:8D:18:B2 (or the 8 bytes of ` +
        `an extended 802.15.4 address): ${found}`,
    );
  }
  const digits = text.slice(at + 1).replace(/^0x|[\s:-]/gi, "");
  if (!SENSOR_KEY.test(digits) || typeof id === "string" && digits.length !== 32) {
    const short = typeof id === "string" ? "" : ", or 24 for MiBeacon v2 and v3";
    throw new UsageError(
      `--sensor-key: the key of ${address} is not 32 hexadecimal digits (16 bytes)${short}`,
    );
  }
  return [id, Uint8Array.fromHex(digits)];
}

/** An extended address as a device's id. */
const EXTENDED = /^[0-9A-F]{16}$/;

function wpanKey(id: DeviceId, key: Uint8Array): WpanKey[] {
  return typeof id === "string" ? [{ key, source: BigInt(`0x${id}`) }] : [];
}

function bluetoothKey(id: DeviceId, key: Uint8Array): (readonly [DeviceId, SensorKey])[] {
  return typeof id === "number" ? [[id, new SensorKey(key)]] : [];
}

function contextOf(text: string): GivenContext {
  const [, id, address, bits] = /^(\d{1,2})=([^/]+)\/(\d{1,3})$/.exec(text) ?? [];
  const prefix = ipv6Bytes(address ?? "");
  if (prefix === undefined || Number(id) > 15 || Number(bits) > 128) {
    throw new UsageError(
      `--6lowpan-context: "${text}" is not of the form 0=2001:db8::/64 (number 0 to 15)`,
    );
  }
  return { id: Number(id), prefix, length: Number(bits) };
}

function checkTogether({ format, fields, summary, verbose }: DecodeOptions): void {
  if (format === "fields" && fields === undefined) {
    throw new UsageError("--format fields needs --fields, as --fields frame.number,mqtt.topic");
  }
  if (fields !== undefined && !WITH_FIELDS.includes(format)) {
    throw new UsageError(`--fields goes with --format ${WITH_FIELDS.join(", ")}, not ${format}`);
  }
  if (verbose && format !== "text") {
    throw new UsageError(`-v goes with --format text: ${format} shows all there is`);
  }
  if (!summary) return;
  if (!OF_SUMMARY.includes(format) || fields !== undefined) {
    throw new UsageError("--summary is text or json: leave out --fields and other formats");
  }
  if (verbose) throw new UsageError("--summary shows no frames: leave out -v");
}
