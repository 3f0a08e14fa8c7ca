/**
 * What a bridge node publishes, for tests: frames in envelopes.
 *
 * @module
 */
import {
  encodeEnvelope,
  RadioFlag,
  RadioLink,
  type RadioRecord,
} from "../../traces/sensors/radio_envelope.ts";

/** The HCI event of Ruuvi's documentation: 25.01 °C, 61.0425 %, 1004.16 hPa, sequence 10675, -68 dBm. */
export const RUUVI_EVENT =
  "043e2b02010301f27a52fad4cd1f0201061bff990405138a5f61c4f0ffe4ffdc0414c5b6ec29b3f27a52fad4cdbc";
/** Its sender. */
export const RUUVI_DEVICE = "CDD4FA527AF2";

/**
 * An LE advertising report event (Core 6.0, Vol 4, Part E, 7.7.65.2), with its H4 packet type.
 *
 * @param address as shown, hexadecimal digits
 * @param data advertising data, hexadecimal digits or bytes
 */
export function advertisingReport(
  address: string,
  data: string | Uint8Array,
  rssi = -60,
): Uint8Array {
  const bytes = typeof data === "string" ? Uint8Array.fromHex(data) : data;
  const sender = Uint8Array.fromHex(address).reverse();
  const parameters = [0x02, 1, 0x03, 0x01, ...sender, bytes.length, ...bytes, rssi & 0xff];
  return Uint8Array.from([0x04, 0x3e, parameters.length, ...parameters]);
}

/** A frame in a record: by default an HCI event, heard now. */
export function record(frame: Uint8Array, more: Partial<RadioRecord> = {}): RadioRecord {
  return {
    linkType: RadioLink.HciH4,
    time: Date.now() * 1000,
    rssi: 127,
    channel: 255,
    flags: RadioFlag.UnixTime | RadioFlag.Checked,
    lqi: 255,
    data: frame,
    start: 0,
    end: frame.length,
    ...more,
  };
}

/** A node that counts its batches. */
export class RadioSource {
  readonly name: string;
  boot: number;
  batch = 0;
  dropped = 0;

  constructor(name: string, boot = 1) {
    this.name = name;
    this.boot = boot;
  }

  get topic(): string {
    return `edgewire/v1/${this.name}/radio`;
  }

  /** The next envelope. */
  envelope(...records: RadioRecord[]): Uint8Array {
    const { boot, dropped } = this;
    return encodeEnvelope({ boot, batch: this.batch++, dropped }, records);
  }

  /** The next envelope, with HCI events. */
  events(...events: Uint8Array[]): Uint8Array {
    return this.envelope(...events.map((event) => record(event)));
  }
}
