/**
 * All Bluetooth link types of captures: Bluetooth LE packets from the air with several radio headers,
 * HCI packets between host and controller.
 *
 * @module
 */
import { decodeData } from "../wire/data.ts";
import { radioHeader } from "../wire/btle_rf.ts";
import type { Dissection } from "../wire/dissection.ts";
import { protocol } from "../wire/field.ts";
import { monitorFrame, MonitorOpcode } from "../wire/hci_mon.ts";
import { type NordicClock, nordicHeader } from "../wire/nordic_ble.ts";
import { RadioContext } from "../wire/radio_context.ts";
import { AdvertisingReports } from "./advertising_reports.ts";
import { BleLinkLayer } from "./ble_link_layer.ts";
import type { BluetoothObserver } from "./bluetooth_observer.ts";
import { putNewest } from "./bounded_map.ts";
import { Hci, PacketType } from "./hci.ts";
import { HciDirection } from "./hci_links.ts";

export type { BluetoothObserver } from "./bluetooth_observer.ts";

const BLUETOOTH = protocol("bluetooth", "Bluetooth", "Bluetooth");

/** LINKTYPE numbers. */
const LinkType = {
  HciH4: 187,
  HciH4WithDirection: 201,
  LeLinkLayer: 251,
  LinuxMonitor: 254,
  LeLinkLayerWithRadio: 256,
  NordicBle: 272,
} as const;

/** Sniffers whose clocks are remembered. */
const MAX_SNIFFERS = 256;
/** Adapter of captures that don't number them. */
const ONLY_ADAPTER = 0;

export class Bluetooth {
  readonly #radio = new RadioContext();
  readonly #linkLayer = new BleLinkLayer();
  readonly #hci = new Hci();
  readonly #clocks = new Map<number, NordicClock>();
  readonly #observer: BluetoothObserver | undefined;
  readonly #reports: AdvertisingReports | undefined;

  constructor(observer?: BluetoothObserver) {
    this.#observer = observer;
    this.#reports = observer === undefined ? undefined : new AdvertisingReports(observer);
  }

  /**
   * Decodes the frame, which is what is left of the layer.
   *
   * @param linkType of the frame, or of what is inside PPI
   * @param flags `epb_flags` of the frame, -1 without: tells the direction of H4 packets
   * @param interfaceId interface of the capture, 0 when there is but one
   * @returns false when the link type is none of Bluetooth; nothing is read then
   */
  decode(d: Dissection, linkType: number, flags = -1, interfaceId = 0): boolean {
    switch (linkType) {
      case LinkType.LeLinkLayer:
        d.layer(BLUETOOTH);
        this.#air(d, interfaceId);
        break;
      case LinkType.LeLinkLayerWithRadio:
        d.layer(BLUETOOTH);
        this.#radio.clear();
        if (radioHeader(d, this.#radio)) {
          this.#linkLayer.decode(d, this.#radio, interfaceId, this.#observer);
        } else decodeData(d);
        break;
      case LinkType.NordicBle:
        this.#nordic(d, interfaceId);
        break;
      case LinkType.HciH4:
        d.layer(BLUETOOTH);
        this.#h4(d, flags < 0 ? HciDirection.Unknown : DIRECTIONS[flags & 3]!, interfaceId);
        break;
      case LinkType.HciH4WithDirection: {
        const received = d.u32() & 1;
        d.layer(BLUETOOTH);
        if (d.failed === 0) this.#h4(d, received, interfaceId);
        break;
      }
      case LinkType.LinuxMonitor:
        this.#monitor(d, interfaceId);
        break;
      default:
        return false;
    }
    return true;
  }

  #air(d: Dissection, interfaceId: number): void {
    this.#radio.clear();
    this.#linkLayer.decode(d, this.#radio, interfaceId, this.#observer);
  }

  #nordic(d: Dissection, interfaceId: number): void {
    let clock = this.#clocks.get(interfaceId);
    if (clock === undefined) {
      clock = { seen: false, start: 0, end: 0, duration: 0 };
      putNewest(this.#clocks, interfaceId, clock, MAX_SNIFFERS);
    }
    this.#radio.clear();
    if (nordicHeader(d, this.#radio, clock)) {
      this.#linkLayer.decode(d, this.#radio, interfaceId, this.#observer);
    }
  }

  #h4(d: Dissection, direction: number, interfaceId: number): void {
    const adapter = interfaceId * 65_536 + ONLY_ADAPTER;
    this.#reports?.begin(adapter, d.time);
    this.#hci.h4(d, direction, adapter, this.#reports);
  }

  #monitor(d: Dissection, interfaceId: number): void {
    d.layer(BLUETOOTH);
    const both = monitorFrame(d);
    if (both < 0 || d.failed !== 0) return;
    const opcode = both & 0xffff;
    const type = MONITOR_TYPES[opcode];
    if (type === undefined) return;
    const adapter = interfaceId * 65_536 + (both >>> 16);
    this.#reports?.begin(adapter, d.time);
    const direction = opcode % 2 === 1 ? HciDirection.Received : HciDirection.Sent;
    this.#hci.packet(d, type, direction, adapter, this.#reports);
  }
}

/** By the direction bits of `epb_flags`. */
const DIRECTIONS = [
  HciDirection.Unknown,
  HciDirection.Received,
  HciDirection.Sent,
  HciDirection.Unknown,
];

/** HCI packets in monitor frames. */
const MONITOR_TYPES: Readonly<Record<number, number>> = {
  [MonitorOpcode.Command]: PacketType.Command,
  [MonitorOpcode.Event]: PacketType.Event,
  [MonitorOpcode.AclSent]: PacketType.Acl,
  [MonitorOpcode.AclReceived]: PacketType.Acl,
  [MonitorOpcode.ScoSent]: PacketType.Sco,
  [MonitorOpcode.ScoReceived]: PacketType.Sco,
  [MonitorOpcode.IsoSent]: PacketType.Iso,
  [MonitorOpcode.IsoReceived]: PacketType.Iso,
};
