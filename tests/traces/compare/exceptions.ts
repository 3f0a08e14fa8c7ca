/**
 * Where tshark 4.0.17 is wrong, or can't be compared with: each with the reason, as narrow as it can
 * be said.
 *
 * @module
 */
import type { ComparedFrame } from "./compared_file.ts";
import { firstForeign } from "./known_protocols.ts";

/** One field of one frame that is not the same. */
export interface Case {
  readonly frame: ComparedFrame;
  readonly field: string;
  readonly ours: readonly string[];
  readonly theirs: readonly string[];
}

export interface Exception {
  readonly name: string;
  /** Standard and clause that show tshark wrong, or why the comparison says nothing. */
  readonly because: string;
  readonly fields: RegExp;
  applies(found: Case): boolean;
}

/** Whether tshark hands any of the conversation to a protocol that is not decoded here. */
function carriesForeign(frame: ComparedFrame): boolean {
  return frame.conversation.some(({ layers }) => firstForeign(layers) < layers.length);
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

function has(layers: readonly string[], ...path: string[]): boolean {
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

/** Whether a foreign protocol carried TCP or UDP in a frame before. */
function carriedBefore({ file, index }: ComparedFrame, protocol: string): boolean {
  return file.frames.slice(0, index + 1).some(({ layers }) =>
    layers.indexOf(protocol, firstForeign(layers)) >= 0
  );
}

const WEBSOCKET_CONTENT =
  /^(websocket\.(payload\.|decompression\.|fragment|reassembled)|data\.|frame\.protocols$)/;

export const EXCEPTIONS: readonly Exception[] = [
  {
    name: "foreign-reassembly",
    because: "a protocol that is not decoded here asks tshark to put segments together",
    fields: /^tcp\.(segment|segment\.count|reassembled_in|reassembled\.length)$/,
    applies: ({ frame }) => carriesForeign(frame),
  },
  {
    name: "foreign-protocol-waits",
    because: "a protocol that is not decoded here took the bytes and waits for more",
    fields: /^(frame\.protocols$|data\.)/,
    applies: ({ frame }) => frame.layers.at(-1) === "tcp" && carriesForeign(frame),
  },
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
    name: "streams-inside-foreign-protocols",
    because: "tshark also numbers conversations that protocols not decoded here carry",
    fields: /^(tcp|udp)\.stream$/,
    applies: ({ frame, field, ours, theirs }) =>
      Number(theirs[0]) > Number(ours[0]) && carriedBefore(frame, field.slice(0, 3)),
  },
];
