/**
 * IEEE 802.2 Logical Link Control with the SNAP extension (IEEE 802-2014, 9.5).
 *
 * @module
 */
import type { Dissection } from "./dissection.ts";
import { EtherType } from "./ethertype.ts";
import { define, hex16, hex8, protocol, uint24 } from "./field.ts";

const LLC = protocol("llc", "LLC", "Logical-Link Control");
const F = define({
  "llc.dsap": hex8("DSAP"),
  "llc.ssap": hex8("SSAP"),
  "llc.control": hex16("Control"),
  "llc.oui": uint24("Organization code"),
  "llc.type": hex16("Type"),
  "llc.pid": hex16("Protocol identifier"),
});

const SNAP = 0xaa;
/** Access point of IP itself (IEEE 802.2, assigned numbers). */
const SAP_IP = 0x06;
/** Organizations whose protocol identifier is an EtherType: IEEE 802, Cisco. */
const OUI_ETHERNET = 0;
const OUI_CISCO = 0xf8;

/** Reads the header. @returns the `EtherType` of what follows, -1 when there is nothing */
export function decodeLlc(d: Dissection): number {
  const start = d.pos;
  const entry = d.layer(LLC);
  if (d.columns) {
    d.protocolColumn = "LLC";
    d.infoColumn = "";
  }
  const dsap = d.u8(F["llc.dsap"]);
  const ssap = d.u8(F["llc.ssap"]);
  const unnumbered = (d.peek() & 3) === 3;
  const at = d.pos;
  const control = unnumbered ? d.u8() : d.u16le();
  d.put(F["llc.control"], control, at, d.pos - at);
  if (d.failed !== 0) return -1;
  const information = (control & 1) === 0 || (control & 0xef) === 0x03;
  let next: number = EtherType.Data;
  if (dsap === SNAP && ssap === SNAP) {
    const organization = d.u24(F["llc.oui"]);
    const typed = (organization === OUI_ETHERNET || organization === OUI_CISCO) && information;
    const type = d.u16(typed ? F["llc.type"] : F["llc.pid"]);
    if (typed) next = type;
  } else if (dsap === SAP_IP && information) {
    next = EtherType.Ipv4;
  }
  d.lengthOf(entry, d.pos - start);
  return d.failed === 0 ? next : -1;
}
