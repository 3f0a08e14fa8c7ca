/**
 * Where tshark 4.0.17 is known to be wrong, or shows what no standard settles: each with the reason,
 * as narrow as it can be said.
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

/** Whether the conversation has WebSocket messages compressed under `permessage-deflate`. */
function deflates(frame: ComparedFrame): boolean {
  return frame.conversation.some((one) =>
    one.theirs("http.sec_websocket_extensions").some((text) => text.includes("deflate"))
  );
}

export const EXCEPTIONS: readonly Exception[] = [
  {
    name: "foreign-reassembly",
    because: "a protocol that is not decoded here asks tshark to put segments together",
    fields: /^tcp\.(segment|segment\.count|reassembled_in|reassembled\.length)$/,
    applies: ({ frame }) => carriesForeign(frame),
  },
  {
    name: "deflate-contexts-swapped",
    because: "RFC 7692, 7.1.1: each parameter names the side whose context it is; tshark takes " +
      "the other side's",
    fields: /^(websocket\.(payload\.text|decompression\.failed\.expert)|data\.|data-text-lines$)/,
    applies: ({ frame }) =>
      frame.conversation.some((one) =>
        one.theirs("http.sec_websocket_extensions").some((text) =>
          /(server|client)_(no_context_takeover|max_window_bits=)/.test(text)
        )
      ),
  },
  {
    name: "deflate-fragmented",
    because: "RFC 7692, 6.2: RSV1 of the first fragment is for the whole message; tshark forgets " +
      "it and shows what is compressed",
    fields:
      /^(websocket\.(payload\.text|decompression\.failed\.expert)|data(\.|$)|frame\.protocols$)/,
    applies: ({ frame }) => deflates(frame) && frame.theirs("websocket.opcode").includes("0"),
  },
];
