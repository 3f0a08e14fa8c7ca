/**
 * Where tshark 4.0.17 is wrong: each with the clause of the standard that shows it, as narrow as it
 * can be said.
 *
 * @module
 */
import type { ComparedFrame } from "./compared_file.ts";

/** One field of one frame that is not the same. */
export interface Case {
  readonly frame: ComparedFrame;
  readonly field: string;
  readonly ours: readonly string[];
  readonly theirs: readonly string[];
}

export interface Exception {
  readonly name: string;
  /** Standard and clause that decide it, and what tshark does. */
  readonly because: string;
  readonly fields: RegExp;
  applies(found: Case): boolean;
}

/** Extensions that the server agreed to. */
function extensions(frame: ComparedFrame): string {
  const agreed = frame.conversation.filter((one) =>
    one.theirs("http.response.code").includes("101")
  );
  return agreed.flatMap((one) => one.theirs("http.sec_websocket_extensions")).join();
}

function malformed(frame: ComparedFrame): boolean {
  return frame.theirs("_ws.malformed.expert").length > 0;
}

export function has(layers: readonly string[], ...path: string[]): boolean {
  return `:${layers.join(":")}:`.includes(`:${path.join(":")}:`);
}

/** Whether both name the same protocols up to this one. */
function sameUpTo({ layers, ownLayers }: ComparedFrame, protocol: string): boolean {
  const end = layers.indexOf(protocol);
  return end >= 0 && layers.slice(0, end + 1).every((name, i) => ownLayers[i] === name);
}

/** Seconds and nanoseconds as one number; tshark puts a sign on each. */
function nanoseconds(text: string): bigint {
  const [, sign, seconds, fraction] = /^(-?)(\d+)\.(\d+)$/.exec(text) ?? [];
  if (seconds === undefined) return -1n;
  return BigInt(seconds) * 1_000_000_000n + BigInt(fraction!) * (sign === "-" ? -1n : 1n);
}

/** Frames of the same conversation before this one, this one included. */
function before({ conversation, index }: ComparedFrame): readonly ComparedFrame[] {
  return conversation.filter((one) => one.index <= index);
}

/** Whether bytes of the conversation are missing in the capture before this frame. */
function afterGap(frame: ComparedFrame): boolean {
  return before(frame).some((one) =>
    one.theirs("tcp.analysis.lost_segment").length > 0 ||
    one.theirs("tcp.analysis.ack_lost_segment").length > 0
  );
}

/** LL_START_ENC_REQ. */
const START_ENC = "0x05";

/** Whether encryption was started on the link before this frame. */
function afterStartOfEncryption({ file, index }: ComparedFrame): boolean {
  const link = file.frames[index]!.theirs("btle.access_address")[0];
  return file.frames.slice(0, index).some((one) =>
    one.theirs("btle.access_address")[0] === link &&
    one.theirs("btle.control_opcode").includes(START_ENC)
  );
}

const WEBSOCKET_CONTENT =
  /^(websocket\.(payload\.|decompression\.|fragment|reassembled)|data\.|frame\.protocols$)/;

/** Ports whose bytes tshark takes for HTTP whatever they are (its table of HTTP ports). */
const HTTP_PORTS = /^(80|591|2710|3128|3132|5985|8080|8088|11371|1900|2869)$/;

function onHttpPort(frame: ComparedFrame): boolean {
  return [...frame.theirs("tcp.srcport"), ...frame.theirs("tcp.dstport")]
    .some((port) => HTTP_PORTS.test(port));
}

export const EXCEPTIONS: readonly Exception[] = [
  {
    name: "fraction-beyond-a-second",
    because: "draft-ietf-opsawg-pcap, 5: the fraction is below one second; tshark shows a larger " +
      "one as it is, or what 32 bits leave of it",
    fields: /^(frame\.time_epoch|tcp\.analysis\.(ack|initial)_rtt)$/,
    applies: ({ ours, theirs }) => {
      const [own, other] = [ours[0] ?? "", theirs[0] ?? ""];
      return (nanoseconds(own) - nanoseconds(other)) % (1n << 32n) === 0n;
    },
  },
  {
    name: "length-above-31-bits",
    because: "draft-ietf-opsawg-pcap, 5: the original length is a 32-bit unsigned number; tshark " +
      "stops at 2^31 - 1",
    fields: /^frame\.len$/,
    applies: ({ ours, theirs }) => theirs[0] === "2147483647" && Number(ours[0]) > 2 ** 31,
  },
  {
    name: "interface-name-of-first-section",
    because:
      "draft-ietf-opsawg-pcapng, 4.2: interfaces are numbered within their section; tshark " +
      "names the one of the first section",
    fields: /^frame\.interface_name$/,
    applies: ({ frame }) => Number(frame.theirs("frame.section_number")[0]) > 1,
  },
  {
    name: "deflate-contexts-swapped",
    because: "RFC 7692, 7.1.1: each parameter names the side whose context it is; tshark takes " +
      "the other side's",
    fields: WEBSOCKET_CONTENT,
    applies: ({ frame }) =>
      /(server|client)_(no_context_takeover|max_window_bits=)/.test(extensions(frame)) &&
      frame.conversation.some((one) =>
        one.theirs("websocket.decompression.failed.expert").length > 0
      ),
  },
  {
    name: "deflate-fragmented",
    because: "RFC 7692, 6.2: RSV1 of the first fragment is for the whole message; tshark forgets " +
      "it, shows what is compressed and loses the context for what follows",
    fields: WEBSOCKET_CONTENT,
    applies: ({ frame }) =>
      extensions(frame).includes("deflate") &&
      frame.conversation.some((one) => one.theirs("websocket.opcode").includes("0")),
  },
  {
    name: "empty-last-fragment",
    because: "RFC 6455, 5.4: a final continuation frame may be empty; tshark passes over it and " +
      "glues the next message to this one",
    fields: WEBSOCKET_CONTENT,
    applies: ({ frame }) =>
      frame.conversation.some((one) =>
        one.theirs("websocket.opcode").some((opcode, i) =>
          opcode === "0" && one.theirs("websocket.fin")[i] === "1" &&
          one.theirs("websocket.payload_length")[i] === "0"
        )
      ),
  },
  {
    name: "websocket-message-is-no-packet",
    because: "MQTT 3.1.1 and 5.0, 6.0 (MQTT-6.0.0-2): packets need not be aligned with WebSocket " +
      "frames; tshark takes each message for whole packets",
    fields: /^(mqtt\.|data\.|frame\.protocols$)/,
    applies: ({ frame }) =>
      sameUpTo(frame, "websocket") &&
      frame.conversation.some((one) => has(one.layers, "websocket", "mqtt") && malformed(one)),
  },
  {
    name: "frames-behind-a-malformed-packet",
    because:
      "RFC 6455, 5.2: a frame's length says where the next begins; tshark leaves the segment " +
      "when MQTT in one of them fails",
    fields: /^websocket\./,
    applies: ({ frame, ours, theirs }) =>
      malformed(frame) && has(frame.layers, "websocket", "mqtt") &&
      theirs.every((value, i) => ours[i] === value),
  },
  {
    name: "waits-for-what-was-acknowledged",
    because:
      "RFC 9293, 3.4: what was acknowledged is not sent again; where the capture lacks it, " +
      "tshark (tcp.reassemble_out_of_order) shows nothing of what follows",
    fields:
      /^(frame\.protocols$|tcp\.(segment|segment\.count|reassembled\.length)$|mqtt\.|http\.|websocket\.|data\.)/,
    applies: ({ frame }) => frame.layers.at(-1) === "tcp" && afterGap(frame),
  },
  {
    name: "mqtt-version-inferred",
    because:
      "MQTT 5.0, 2.1.4 and 3.4.2: a PUBACK of more than two bytes is of version 5, CONNACK " +
      "without properties of 3.1.1; tshark knows the version from CONNECT alone",
    fields:
      /^mqtt\.((conack|sub|suback|unsuback|puback|pubrec|pubrel|pubcomp)\.|connack\.|prop|subscription_)/,
    applies: ({ frame }) =>
      frame.theirs("mqtt.unknown_version").length > 0 &&
      !before(frame).some((one) => one.theirs("mqtt.msgtype").includes("1")),
  },
  {
    name: "http-by-port",
    because: "RFC 9112, 2.1 and 3: a message begins with a request line or a status line that " +
      "names the version; tshark takes whatever is on an HTTP port for HTTP",
    fields: /^(frame\.protocols$|data\.)/,
    applies: ({ frame }) =>
      onHttpPort(frame) && frame.ownLayers.at(-1) === "data" &&
      (frame.layers.at(-1) === "tcp" || has(frame.layers, "tcp", "http")) &&
      frame.theirs("http.request.version").length === 0,
  },
  {
    name: "mqtt-property-length",
    because: "MQTT 5.0, 1.5.5 and 2.2.2.1: the property length is a variable byte integer; from " +
      "128 up tshark shows its bytes as they are",
    fields: /^mqtt\.property_len$/,
    applies: ({ ours, theirs }) => Number(ours[0]) >= 128 && Number(theirs[0]) > Number(ours[0]),
  },
  {
    name: "ipv6-next-header-62",
    because: "IANA, protocol numbers: 62 is CFTP, 135 is the mobility header (RFC 6275, 6.1.1); " +
      "tshark takes 62, the number of an old draft, for it",
    fields: /^(frame\.protocols$|data\.)/,
    applies: ({ frame }) => frame.layers.at(-1) === "mipv6" && frame.theirs("ipv6.nxt")[0] === "62",
  },
  {
    name: "ble-crc-preset",
    because: "Bluetooth Core 6.0, Vol 6, Part B, 3.1.1: the CRC of data packets begins with the " +
      "CRCInit of CONNECT_IND; tshark does not use it and leaves the CRC open",
    fields: /^btle\.crc\.(indeterminate|incorrect)$/,
    applies: ({ frame }) => frame.theirs("btle.crc.indeterminate").length > 0,
  },
  {
    name: "ble-encrypted-payload",
    because: "Bluetooth Core 6.0, Vol 6, Part E, 2: after LL_START_ENC the payload is encrypted; " +
      "tshark reads ciphertext as control or L2CAP",
    fields: /^(btle\.(control_opcode|crc)|frame\.protocols)$/,
    applies: ({ frame }) => afterStartOfEncryption(frame),
  },
  {
    name: "ble-structure-beyond-the-data",
    because: "Bluetooth Core 6.0, Vol 3, Part C, 11: an AD structure longer than the data is " +
      "wrong; tshark stops, and shows neither it nor the CRC behind it",
    fields: /^(btcommon\.|btle\.crc|frame\.protocols$)/,
    applies: ({ frame, field, theirs }) =>
      has(frame.layers, "btle", "btcommon") && theirs.length <= frame.ours(field).length &&
      frame.theirs("btle.crc").length === 0,
  },
  {
    name: "plaintext-of-a-wrong-code",
    because:
      "RFC 3610, 2.5 (and IEEE 802.15.4-2015, 9.2.4): where the integrity code is wrong the " +
      "decrypted text must not be shown; tshark shows it",
    fields: /^data\.data$/,
    applies: ({ frame, ours, theirs }) =>
      frame.ours("wpan.decrypt_error").length > 0 &&
      frame.theirs("wpan.decrypt_error").length > 0 &&
      ours[0]?.length === theirs[0]?.length,
  },
];
