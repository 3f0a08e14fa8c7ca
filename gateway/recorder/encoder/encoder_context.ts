/**
 * What the parts of one encoder share.
 *
 * @module
 */
import type { ConnectionSubject } from "../trace_messages.ts";
import type { TraceInterfaces } from "./interfaces.ts";
import type { PortPairs } from "./port_pairs.ts";
import type { PublishBook } from "./publish_book.ts";
import type { SessionTexts } from "./session_text.ts";
import type { TraceFile } from "./trace_file.ts";
import type { Selection } from "./trace_filter.ts";
import type { TraceIds } from "./trace_ids.ts";

export interface EncoderContext {
  file: TraceFile;
  ids: TraceIds;
  book: PublishBook;
  texts: SessionTexts;
  selection: Selection;
  interfaces: TraceInterfaces;
  ports: PortPairs;
  /** What is known of a connection now, if it is more than before. */
  newest: (subject: ConnectionSubject) => ConnectionSubject;
  /** Says in the file what a connection's other side is called. */
  nameEnds: (subject: ConnectionSubject) => void;
}

/** Said of conversations from which a filter leaves packets out. */
export const FILTERED = "only what fits the filter, as if nothing else had been sent";
