/**
 * Zigbee Green Power frames without battery (Green Power specification 14-0563-16, A.1.4.1): header,
 * command identifier, integrity code.
 *
 * @module
 */
import { decodeData } from "./data.ts";
import type { Dissection } from "./dissection.ts";
import { boolean, define, hex16, hex32, hex8, none, protocol, uint32, uint8 } from "./field.ts";
import { rule } from "./problem.ts";
import { WPAN_BROADCAST, WpanAddress, type WpanFrame } from "./wpan_frame.ts";

const ZBEE_GP = protocol("zbee_nwk_gp", "ZigBee Green Power", "ZigBee Green Power Profile");

const F = define({
  "zbee_nwk_gp.fcf": hex8("Frame Control Field"),
  "zbee_nwk_gp.frame_type": hex8("Frame Type", { names: { 0: "Data", 1: "Maintenance" } }),
  "zbee_nwk_gp.proto_version": uint8("Protocol Version"),
  "zbee_nwk_gp.auto_commissioning": boolean("Auto Commissioning"),
  "zbee_nwk_gp.fc_extension": boolean("NWK Frame Extension"),
  "zbee_nwk_gp.fc_ext": hex8("Extended NWK Frame Control Field"),
  "zbee_nwk_gp.fc_ext_app_id": hex8("Application ID"),
  "zbee_nwk_gp.fc_ext_security_level": hex8("Security Level"),
  "zbee_nwk_gp.fc_ext_security_key": boolean("Security Key"),
  "zbee_nwk_gp.fc_ext_rxaftertx": boolean("Rx After Tx"),
  "zbee_nwk_gp.fc_ext_direction": hex8("Direction"),
  "zbee_nwk_gp.source_id": hex32("Src ID"),
  "zbee_nwk_gp.endpoint": uint8("Endpoint"),
  "zbee_nwk_gp.security_frame_counter": uint32("Security Frame Counter"),
  "zbee_nwk_gp.security_mic2": hex16("Security MIC"),
  "zbee_nwk_gp.security_mic4": hex32("Security MIC"),
  "zbee_nwk_gp.command_id": hex8("ZGPD Command ID"),
  "zbee_nwk_gp.no_payload": none("Payload is missing"),
});

const NO_PAYLOAD = rule(
  "zbee_nwk_gp",
  "error",
  "Green Power frame has no payload",
  "14-0563-16, A.1.4.1",
);

/** Whether the payload of a MAC data frame begins like a Green Power frame. */
export function isZigbeeGp(d: Dissection, frame: WpanFrame): boolean {
  if (frame.sourceMode === WpanAddress.Short || !d.has(1)) return false;
  const control = d.peek();
  if ((control >>> 2 & 0xf) !== 3 || (control & 3) > 1) return false;
  if (frame.destinationMode === WpanAddress.Extended) return true;
  return frame.destinationMode === WpanAddress.Short && frame.destination16 === WPAN_BROADCAST &&
    frame.destinationPan === WPAN_BROADCAST;
}

/** Reads a Green Power frame; an encrypted payload stays as it is. */
export function decodeZigbeeGp(d: Dissection): void {
  d.layer(ZBEE_GP);
  if (d.columns) d.protocolColumn = "ZigBee Green Power";
  const at = d.pos;
  const control = d.u8(F["zbee_nwk_gp.fcf"]);
  if (d.failed !== 0) return;
  d.put(F["zbee_nwk_gp.frame_type"], control & 3, at, 1);
  d.put(F["zbee_nwk_gp.proto_version"], control >>> 2 & 0xf, at, 1);
  d.putFlag(F["zbee_nwk_gp.auto_commissioning"], control, 0x40, at, 1);
  d.putFlag(F["zbee_nwk_gp.fc_extension"], control, 0x80, at, 1);
  const extended = (control & 0x80) !== 0 ? extension(d) : -1;
  const application = extended < 0 ? 0 : extended & 7;
  const level = extended < 0 ? 0 : extended >>> 3 & 3;
  const data = (control & 3) === 0;
  if (application === 0 && (data || extended >= 0 && d.peek() !== 0xe3)) {
    d.u32le(F["zbee_nwk_gp.source_id"]);
  }
  if (application === 2) d.u8(F["zbee_nwk_gp.endpoint"]);
  let mic = 0;
  if (application <= 2 && level >= 2) {
    mic = 4;
    d.u32le(F["zbee_nwk_gp.security_frame_counter"]);
  } else if (level === 1 && (application === 0 || application === 2)) {
    mic = 2;
  }
  if (d.failed !== 0) return;
  payload(d, mic, level === 3);
}

function extension(d: Dissection): number {
  const at = d.pos;
  const control = d.u8(F["zbee_nwk_gp.fc_ext"]);
  d.put(F["zbee_nwk_gp.fc_ext_app_id"], control & 7, at, 1);
  d.put(F["zbee_nwk_gp.fc_ext_security_level"], control >>> 3 & 3, at, 1);
  d.putFlag(F["zbee_nwk_gp.fc_ext_security_key"], control, 0x20, at, 1);
  d.putFlag(F["zbee_nwk_gp.fc_ext_rxaftertx"], control, 0x40, at, 1);
  d.put(F["zbee_nwk_gp.fc_ext_direction"], control >>> 7, at, 1);
  return control;
}

function payload(d: Dissection, mic: number, encrypted: boolean): void {
  const length = d.limit - d.pos - mic;
  if (length <= 0) {
    d.problem(NO_PAYLOAD, d.pos);
    d.putNone(F["zbee_nwk_gp.no_payload"]);
    return;
  }
  const at = d.pos;
  if (!encrypted) d.u8(F["zbee_nwk_gp.command_id"]);
  d.pos = at;
  d.skip(length);
  if (mic === 2) d.u16le(F["zbee_nwk_gp.security_mic2"]);
  else if (mic === 4) d.u32le(F["zbee_nwk_gp.security_mic4"]);
  if (d.failed !== 0 || !encrypted) return;
  d.pos = at;
  d.narrow(length);
  decodeData(d);
  d.widen();
}
