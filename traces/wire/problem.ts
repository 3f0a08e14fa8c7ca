/**
 * What can be wrong with a frame or a conversation: a rule, the clause that states it, how bad it is.
 * Rules are declared once beside the decoder that checks them; a `Problem` is one case of one.
 *
 * @module
 */

/** Worst first: broken contents, a rule of a standard broken, worth knowing, mere remark. */
export type Severity = "error" | "warning" | "note";

/** A rule that bytes can break. */
export interface Rule {
  /** Layer that states it, as its protocol name ("websocket"). */
  readonly layer: string;
  readonly severity: Severity;
  /** What is wrong, as a sentence without full stop ("client frame is not masked"). */
  readonly text: string;
  /** Standard and clause ("RFC 6455, 5.1"), empty when it is a remark of ours. */
  readonly clause: string;
}

/** One case. */
export interface Problem {
  readonly rule: Rule;
  /** Frame number. */
  readonly frame: number;
  /** Offset in the bytes of `source`, in bytes. */
  readonly offset: number;
  /** Index of the frame's data source the offset counts in; 0 is the frame itself. */
  readonly source: number;
  /** What was found, for this case ("length 130"), if there is more to say. */
  readonly detail: string | undefined;
}

/** Declares a rule. */
export function rule(layer: string, severity: Severity, text: string, clause = ""): Rule {
  return { layer, severity, text, clause };
}
