/**
 * Frames as the page's Traces view gets them: one JSON object a line. Types alone, so that the page
 * can import them.
 *
 * @module
 */

/** Severity as Wireshark's expert information has it. */
export type Severity = "chat" | "note" | "warn" | "error";

/** Bytes that fields stand in: the frame itself, or what was put together from frames. */
export interface TreeSource {
  /** "Frame", "Reassembled TCP", "Unmasked data", ... */
  name: string;
  /** Lower-case hex, two digits a byte; the beginning alone where a frame has more than 1 MiB. */
  hex: string;
}

/** A layer or field of the details tree. */
export interface TreeNode {
  /** The line as Wireshark shows it. */
  label: string;
  /** Wireshark's name of the field, as `mqtt.topic`; absent for a mere heading. */
  field?: string;
  /** Value as the display filter compares it: `field == value` is a filter. */
  value?: string;
  /** Number of the source, first byte, and the one behind the last; absent: no bytes of its own. */
  at?: [source: number, start: number, end: number];
  severity?: Severity;
  children?: TreeNode[];
}

/** One frame: a row of the table and its details. */
export interface TreeFrame {
  number: number;
  /** Seconds since 1970, nine digits behind the point; empty for a frame without time. */
  time: string;
  source: string;
  destination: string;
  protocol: string;
  /** Bytes on the wire. */
  length: number;
  info: string;
  /** Worst severity in it. */
  severity?: Severity;
  /** Name of the capture's interface, as `radio:attic`, `mqtt`, `room`, `ws`; absent: it has none. */
  interface?: string;
  /** Comments, those of our own traces among them (`edgewire id=... hop=...`). */
  comments?: string[];
  sources: TreeSource[];
  tree: TreeNode[];
}

/** A line: exactly one of these. */
export type TreeLine =
  | { frame: TreeFrame }
  /** Frames that the filter let through, but that were more than the reader asked for, since the last. */
  | { skipped: number }
  | { progress: { bytes: number; total?: number; frames: number } }
  | { end: { kind: string; frames: number; bytes: number; truncated: boolean; problem?: string } };
