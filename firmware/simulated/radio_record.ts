/**
 * A reception as a record of the radio envelope.
 *
 * @module
 */
import {
  RadioFlag,
  RadioLink,
  type RadioRecord,
  UNKNOWN_CHANNEL,
  UNKNOWN_LQI,
} from "../../traces/sensors/radio_envelope.ts";
import type { Reception, Transmission } from "./radio_world.ts";

/** How a node writes down what it hears. */
export interface RecordForm {
  /** When it was heard, by the node's clock, microseconds. */
  time_us: number;
  /** Whether that is Unix time, not since boot. */
  unix: boolean;
  /** Whether BLE frames come as events of a controller, not as link layer packets. */
  hci: boolean;
}

/** Link quality of 802.15.4 as chips derive it from the power: 0 at -95 dBm, 254 from -35 dBm. */
function linkQuality(rssi: number): number {
  return Math.max(0, Math.min(254, Math.round((rssi + 95) * 254 / 60)));
}

/** Makes a record. CRC or FCS were checked, as radios do before they hand on a frame. */
export function radioRecord(
  { device, frame }: Transmission,
  { rssi, channel }: Reception,
  { time_us, unix, hci }: RecordForm,
): RadioRecord {
  const ble = device.radio === "ble";
  const event = ble && hci ? frame.event?.(rssi) : undefined;
  const data = event ?? frame.linkLayer();
  const linkType = !ble
    ? RadioLink.WpanWithFcs
    : event === undefined
    ? RadioLink.BleLinkLayer
    : RadioLink.HciH4;
  return {
    linkType,
    time: Math.round(time_us),
    rssi,
    // A controller does not tell on which channel it heard something.
    channel: event === undefined ? channel : UNKNOWN_CHANNEL,
    flags: RadioFlag.Checked | (unix ? RadioFlag.UnixTime : 0),
    lqi: ble ? UNKNOWN_LQI : linkQuality(rssi),
    data,
    start: 0,
    end: data.length,
  };
}
