/**
 * The columns of a frame, with what is known when no layer said anything.
 *
 * @module
 */
import type { Dissection } from "../wire/dissection.ts";
import { fieldOf } from "../wire/field.ts";
import type { Problem } from "../wire/problem.ts";

/** The Protocol column: the topmost layer's own word, else its short name. */
export function protocolText(d: Dissection): string {
  if (d.protocolColumn !== "") return d.protocolColumn;
  if (d.layerCount === 0) return "";
  const field = fieldOf(d.layers[d.layerCount - 1]!);
  return field.short ?? field.label;
}

/** The Info column. */
export function infoText(d: Dissection): string {
  if (d.infoColumn !== "" || d.layerCount === 0) return d.infoColumn;
  return fieldOf(d.layers[d.layerCount - 1]!).label;
}

/** A problem in words: "error: client frame is not masked (RFC 6455, 5.1): length 130". */
export function problemText({ rule, detail }: Problem): string {
  const clause = rule.clause === "" ? "" : ` (${rule.clause})`;
  return `${rule.severity}: ${rule.text}${clause}${detail === undefined ? "" : `: ${detail}`}`;
}

/** The severity of the worst problem of a frame. */
export function worstSeverity(d: Dissection): Problem["rule"]["severity"] | undefined {
  let worst: Problem["rule"]["severity"] | undefined;
  for (const { rule } of d.problems) {
    if (rule.severity === "error") return "error";
    if (worst !== "warning") worst = rule.severity;
  }
  return worst;
}
