/**
 * The list of certificate authorities (RFC 8446, 4.2.4; RFC 5246, 7.4.4).
 *
 * @module
 */
import type { Dissection } from "./dissection.ts";
import { define, none, uint16 } from "./field.ts";
import { beginVector, endVector } from "./tls_vector.ts";

const F = define({
  "tls.handshake.dnames_len": uint16("Distinguished Names Length"),
  "tls.handshake.dnames": none("Distinguished Names"),
  "tls.handshake.dname_len": uint16("Distinguished Name Length"),
  "tls.handshake.dname": none("Distinguished Name"),
});

/** Reads the list; the names in it are not taken apart. */
export function decodeAuthorities(d: Dissection): void {
  if (!beginVector(d, F["tls.handshake.dnames_len"], 2)) return;
  if (d.pos < d.end) d.putNone(F["tls.handshake.dnames"], d.pos, d.end - d.pos);
  d.push();
  while (d.has(1)) {
    if (!beginVector(d, F["tls.handshake.dname_len"], 2, 1)) break;
    d.putNone(F["tls.handshake.dname"], d.pos, d.end - d.pos);
    d.widen();
  }
  d.pop();
  endVector(d);
}
