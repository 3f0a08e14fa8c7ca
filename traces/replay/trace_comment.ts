/**
 * Comments that the gateway's own traces have on their packets, as far as a replay needs them.
 *
 * @module
 */
import { HopLine, MQTT, RADIO, readHopLines } from "../files/hop_line.ts";

/** What the comments of one frame say. */
export interface TraceComment {
  /** PUBLISHes that came to the gateway in this frame, each once. */
  readonly taken: readonly string[];
  /** PUBLISHes that carried this radio frame. */
  readonly carriers: readonly string[];
  /** So much before the packet's time the radio heard it, microseconds: it waited in its node. */
  readonly late: number;
}

/** @returns undefined for a frame that the gateway did not write */
export function readTraceComment(comments: readonly string[]): TraceComment | undefined {
  const line = new HopLine();
  const taken = new Set<string>();
  const carriers = new Set<string>();
  let late = 0;
  let own = false;
  const take = () => {
    own = true;
    if (line.out || line.id === "") return;
    if (line.hop === MQTT) taken.add(publishOf(line.id));
    if (line.hop !== RADIO) return;
    carriers.add(publishOf(line.id));
    late = line.lateUs || late;
  };
  for (const comment of comments) readHopLines(comment, line, take);
  return own ? { taken: [...taken], carriers: [...carriers], late } : undefined;
}

/** The PUBLISH of a radio record's id ("Ab12Cd-1f.3" came in "Ab12Cd-1f"). */
function publishOf(id: string): string {
  const dot = id.indexOf(".");
  return dot < 0 ? id : id.slice(0, dot);
}
