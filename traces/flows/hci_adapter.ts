/**
 * What the packets of one adapter tell of devices: its own address and name, names and roles of the
 * others (Core 6.0, Vol 4, Part E, 7; names in advertising data: Core Specification Supplement,
 * Part A, 1.2). Bounded; the oldest goes first.
 *
 * @module
 */
import { addressHigh, addressLow } from "../wire/ble_address.ts";
import { EventCode } from "../wire/hci_event.ts";
import { utf8Text } from "../wire/utf8.ts";
import { putNewest } from "./bounded_map.ts";

const MAX_DEVICES = 2048;
/** Longest name of a device, in bytes (Core 6.0, Vol 4, Part E, 7.1.19 and 7.7.7). */
const MAX_NAME = 248;

/** Roles on a link, in Wireshark's numbers. */
export const Role = { Unknown: 0, Central: 1, Peripheral: 2 } as const;

/** Address of a device, in halves. */
export interface DeviceAddress {
  high: number;
  low: number;
}

export interface RemoteDevice {
  /** Empty when none was seen. */
  name: string;
  /** One of `Role`. */
  role: number;
  /** Frame that said so; 0 when none did. */
  roleFrame: number;
}

const Command = {
  CreateConnection: 0x0405,
  AcceptConnectionRequest: 0x0409,
  ReadLocalName: 0x0c14,
  WriteExtendedInquiryResponse: 0x0c52,
  ReadBdAddr: 0x1009,
} as const;

/** Commands with advertising data, and where it begins behind their opcode and length. */
const ADVERTISING_DATA: Readonly<Record<number, number>> = {
  [Command.WriteExtendedInquiryResponse]: 1,
  0x2008: 1,
  0x2009: 1,
  0x2037: 4,
  0x2038: 4,
  0x203f: 3,
};

const Subevent = { AdvertisingReport: 0x02, ExtendedAdvertisingReport: 0x0d } as const;

const ShortName = 0x08;
const CompleteName = 0x09;

export class HciAdapter {
  /** Its own address; undefined until it was seen. */
  address: DeviceAddress | undefined = undefined;
  /** Its own name; empty until it was seen. */
  name = "";
  readonly #devices = new Map<number, RemoteDevice>();

  device({ high, low }: DeviceAddress): RemoteDevice | undefined {
    return this.#devices.get(high * 2 ** 32 + low);
  }

  /**
   * Learns from the command in `data[at, end)`, which was decoded without failure.
   *
   * @param names whether names are wanted
   */
  command(data: Uint8Array, at: number, end: number, frame: number, names: boolean): void {
    if (end - at < 4) return;
    const opcode = data[at]! | data[at + 1]! << 8;
    const parameters = at + 3;
    if (opcode === Command.CreateConnection) {
      this.#role(data, parameters, end, Role.Peripheral, frame);
    } else if (opcode === Command.AcceptConnectionRequest) {
      this.#role(data, parameters, end, Role.Central, frame);
    } else if (names) {
      const start = ADVERTISING_DATA[opcode];
      if (start !== undefined) this.name = nameIn(data, parameters + start, end) ?? this.name;
    }
  }

  /** As `command`, from an event. */
  event(data: Uint8Array, at: number, end: number, frame: number, names: boolean): void {
    if (end - at < 3) return;
    const parameters = at + 2;
    const done = data[parameters] === 0;
    switch (data[at]) {
      case EventCode.RoleChange:
        if (done && end - parameters >= 8) {
          // The role is the adapter's.
          const role = data[parameters + 7] === 0
            ? Role.Peripheral
            : data[parameters + 7] === 1
            ? Role.Central
            : Role.Unknown;
          this.#role(data, parameters + 1, end, role, frame);
        }
        break;
      case EventCode.CommandComplete:
        this.#completed(data, parameters, end, names);
        break;
      case EventCode.RemoteNameRequestComplete:
        if (names && done && end - parameters >= 7) {
          this.#learn(data, parameters + 1).name = text(data, parameters + 7, end);
        }
        break;
      case EventCode.ExtendedInquiryResult:
        if (names) this.#named(data, parameters + 1, parameters + 15, end);
        break;
      case EventCode.LeMeta:
        if (names) this.#reports(data, parameters, end);
    }
  }

  #role(data: Uint8Array, at: number, end: number, role: number, frame: number): void {
    if (at + 6 > end) return;
    const device = this.#learn(data, at);
    device.role = role;
    device.roleFrame = frame;
  }

  /** Command complete: number of commands, opcode, status, what it returns. */
  #completed(data: Uint8Array, at: number, end: number, names: boolean): void {
    if (end - at < 10 || data[at + 3] !== 0) return;
    const opcode = data[at + 1]! | data[at + 2]! << 8;
    if (opcode === Command.ReadBdAddr) {
      this.address = { high: addressHigh(data, at + 4), low: addressLow(data, at + 4) };
    } else if (opcode === Command.ReadLocalName && names) this.name = text(data, at + 4, end);
  }

  /** Advertising reports; those of several parts are looked at part by part. */
  #reports(data: Uint8Array, at: number, end: number): void {
    const extended = data[at] === Subevent.ExtendedAdvertisingReport;
    if (!extended && data[at] !== Subevent.AdvertisingReport) return;
    const address = extended ? 3 : 2;
    const lengthAt = extended ? 23 : 8;
    const behind = extended ? 0 : 1;
    let report = at + 2;
    while (report + lengthAt < end) {
      const ad = report + lengthAt + 1;
      const adEnd = ad + data[report + lengthAt]!;
      this.#named(data, report + address, ad, Math.min(adEnd, end));
      report = adEnd + behind;
    }
  }

  /** The address of a device, and its advertising data. */
  #named(data: Uint8Array, address: number, at: number, end: number): void {
    const name = nameIn(data, at, end);
    if (name !== undefined) this.#learn(data, address).name = name;
  }

  /** The device whose address is at `at`. */
  #learn(data: Uint8Array, at: number): RemoteDevice {
    const key = addressHigh(data, at) * 2 ** 32 + addressLow(data, at);
    const device = this.#devices.get(key) ?? { name: "", role: Role.Unknown, roleFrame: 0 };
    putNewest(this.#devices, key, device, MAX_DEVICES);
    return device;
  }
}

/** The last name among advertising structures. */
function nameIn(data: Uint8Array, at: number, end: number): string | undefined {
  let name: string | undefined;
  while (at + 1 < end && data[at] !== 0) {
    const next = at + 1 + data[at]!;
    const type = data[at + 1];
    if ((type === ShortName || type === CompleteName) && next <= end) {
      name = text(data, at + 2, next);
    }
    at = next;
  }
  return name;
}

/** Text up to the first zero. */
function text(data: Uint8Array, at: number, end: number): string {
  const longest = Math.min(end, at + MAX_NAME);
  let to = at;
  while (to < longest && data[to] !== 0) to++;
  return utf8Text(data, at, to);
}
