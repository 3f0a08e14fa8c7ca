/**
 * Problems as fields, so that filters find the frames that have one: `_ws.expert`, with Wireshark's
 * numbers of severities. Which problems there are, and their words, are ours.
 *
 * @module
 */
import type { Dissection } from "./dissection.ts";
import { define, protocol, string, uint32 } from "./field.ts";
import type { Severity } from "./problem.ts";

/** Wireshark's PI_ERROR, PI_WARN and PI_NOTE. */
const SEVERITIES: Readonly<Record<Severity, number>> = {
  error: 0x800000,
  warning: 0x600000,
  note: 0x400000,
};

const EXPERT = protocol("_ws.expert", "Expert", "Problems");
const F = define({
  "_ws.expert.message": string("Message"),
  "_ws.expert.severity": uint32("Severity level", {
    names: { 0x800000: "Error", 0x600000: "Warning", 0x400000: "Note" },
  }),
});

/** Whether somebody wants problems as fields. */
export function expertsWanted(d: Dissection): boolean {
  return d.wants(EXPERT);
}

/** Writes the problems of the frame, when a field of theirs is wanted. */
export function putExperts(d: Dissection): void {
  const { problems } = d;
  if (problems.length === 0 || !d.wants(EXPERT)) return;
  for (const { rule } of problems) {
    d.depth = 0;
    d.putNone(EXPERT, d.pos);
    d.depth = 1;
    d.putObject(F["_ws.expert.message"], rule.text);
    d.put(F["_ws.expert.severity"], SEVERITIES[rule.severity]);
  }
}
