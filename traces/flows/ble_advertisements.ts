/**
 * Advertising PDUs of Bluetooth LE, with advertising data that comes in several of them (Core 6.0,
 * Vol 6, Part B, 2.3 and 4.4.2.5).
 *
 * @module
 */
import { adStructures, ADVERTISING_DATA } from "../wire/ad_structures.ts";
import { AdvertisingPdu } from "../wire/advertising_pdu.ts";
import { addressText } from "../wire/ble_address.ts";
import { CrcState } from "../wire/btle.ts";
import {
  advertisingHeader,
  advertisingName,
  advertisingPayload,
  AdvertisingType,
} from "../wire/btle_advertising.ts";
import { type Dissection, Failure } from "../wire/dissection.ts";
import { bytes, define } from "../wire/field.ts";
import { rule } from "../wire/problem.ts";
import type { RadioContext } from "../wire/radio_context.ts";
import {
  AdvertisingChains,
  type Heard,
  tellAdvertising,
  UNKNOWN_ADDRESS,
} from "./advertising_chains.ts";
import type { BleLinks } from "./ble_links.ts";
import { crcState, fit, packetEnd } from "./ble_packet.ts";
import type { BluetoothObserver } from "./bluetooth_observer.ts";

const SCAN_DATA = define({
  "btle.scan_responce_data": bytes("Scan response data"),
})["btle.scan_responce_data"];

const LONG_CHAIN = rule(
  "btle",
  "error",
  "advertising data of the chain is longer than 1650 bytes",
  "Core 6.0, Vol 6, Part B, 2.3.4.9",
);

/** Kinds of auxiliary PDU. */
const AUX_CHAIN = 1;
const AUX_SCAN_RSP = 3;

export class BleAdvertisements {
  readonly #links: BleLinks;
  readonly #pdu = new AdvertisingPdu();
  readonly #chains = new AdvertisingChains<number>();

  constructor(links: BleLinks) {
    this.#links = links;
  }

  /**
   * Decodes an advertising PDU, from its header on.
   *
   * @param init CRC preset, -1 when it is not known
   */
  decode(
    d: Dissection,
    radio: RadioContext,
    init: number,
    interfaceId: number,
    observer: BluetoothObserver | undefined,
  ): void {
    const start = d.pos;
    const pdu = this.#pdu;
    pdu.clear();
    const length = fit(d, advertisingHeader(d, radio, pdu));
    if (d.failed !== 0) return;
    if (d.columns) d.infoColumn = advertisingName(pdu.type, radio);
    const crc = crcState(d, radio, start, d.pos + length, init);
    d.narrow(length);
    advertisingPayload(d, pdu);
    const whole = d.failed !== 0 || pdu.dataLength === 0 || this.#hostData(d, radio, interfaceId);
    d.widen();
    if (d.columns) addressColumns(d, pdu);
    packetEnd(d, crc);
    if (crc === CrcState.Wrong || d.failed !== 0) return;
    if (!whole || pdu.malformed) d.failed = Failure.Malformed;
    if (pdu.linkAddress >= 0) this.#openLink(d, interfaceId);
    if (observer === undefined || !isAdvertisement(pdu.type)) return;
    if (pdu.hasAddress) {
      observer.advertisement(
        pdu.addressHigh,
        pdu.addressLow,
        pdu.addressType,
        radio.rssi,
        radio.channel,
        d.time,
        pdu.type,
      );
    }
    this.#tellData(d, radio, interfaceId, observer);
  }

  /** Tells of the advertising data, once all of it is there. */
  #tellData(
    d: Dissection,
    radio: RadioContext,
    interfaceId: number,
    observer: BluetoothObserver,
  ): void {
    const pdu = this.#pdu;
    const { dataAt, dataInfo, continued } = pdu;
    const end = dataAt + pdu.dataLength;
    const heard = heardOf(pdu, radio);
    if (pdu.type !== AdvertisingType.AdvExtInd || dataInfo < 0) {
      if (pdu.dataLength > 0) tellAdvertising(observer, d, d.data, dataAt, end, heard);
      return;
    }
    const key = interfaceId * 2 ** 16 + dataInfo;
    const begun = pdu.hasAddress ? undefined : this.#chains.find(key, d.time);
    if (begun !== undefined && radio.auxiliary > AUX_CHAIN) begun.pieces.begin();
    if (begun === undefined) {
      if (radio.auxiliary === AUX_CHAIN) return;
      if (continued) this.#chains.begin(key, d.time, heard).pieces.add(d.data, dataAt, end);
      else if (pdu.dataLength > 0) tellAdvertising(observer, d, d.data, dataAt, end, heard);
      return;
    }
    const { pieces } = begun;
    const whole = pieces.add(d.data, dataAt, end);
    if (continued && whole) return;
    this.#chains.forget(key);
    if (whole && pieces.length > 0) {
      tellAdvertising(observer, d, pieces.data, 0, pieces.length, begun.heard);
    }
  }

  /** Advertising data of the host, unless it is but a part of some. @returns false: malformed */
  #hostData(d: Dissection, radio: RadioContext, interfaceId: number): boolean {
    const pdu = this.#pdu;
    const extended = pdu.type === AdvertisingType.AdvExtInd && radio.auxiliary >= 0;
    if (extended && radio.auxiliary === AUX_SCAN_RSP) d.putBytes(SCAN_DATA, d.pos, d.left);
    if (extended && (pdu.continued || radio.auxiliary === AUX_CHAIN)) {
      return this.#chain(d, radio.auxiliary, interfaceId);
    }
    return adStructures(d);
  }

  /**
   * One PDU of a chain: structures are shown where they end, with what earlier PDUs held of them.
   *
   * @returns false when the last of the chain ends within a structure
   */
  #chain(d: Dissection, auxiliary: number, interfaceId: number): boolean {
    const { dataInfo, continued } = this.#pdu;
    const begun = auxiliary === AUX_CHAIN && dataInfo >= 0
      ? this.#links.takeChain(interfaceId, dataInfo)
      : undefined;
    if (begun === undefined || begun.length === 0) {
      const whole = adStructures(d, ADVERTISING_DATA, continued);
      if (d.failed === 0 && continued && dataInfo >= 0) {
        this.#links.keepChain(interfaceId, dataInfo, d.data, d.pos, d.limit);
      }
      d.skip(d.limit - d.pos);
      return whole;
    }
    const at = d.pos;
    d.skip(d.limit - at);
    if (d.failed !== 0) return true;
    if (!begun.add(d.data, at, d.pos)) {
      d.problem(LONG_CHAIN, at);
      return true;
    }
    if (!d.enter("Advertising data of several PDUs", begun.data, 0, begun.length)) return true;
    const whole = adStructures(d, ADVERTISING_DATA, continued);
    if (d.failed === 0 && continued) {
      this.#links.keepChain(interfaceId, dataInfo, d.data, d.pos, d.limit);
    }
    d.leave();
    return whole;
  }

  /** A connection request or a sync info tells of a link. */
  #openLink(d: Dissection, interfaceId: number): void {
    const pdu = this.#pdu;
    const known = this.#links.find(interfaceId, pdu.linkAddress);
    if (pdu.periodic && known?.crcInit === pdu.linkCrcInit) return;
    const link = this.#links.open(interfaceId, pdu.linkAddress);
    link.crcInit = pdu.linkCrcInit;
    link.periodic = pdu.periodic;
    link.parametersFrame = d.frame;
    if (pdu.hasAddress) {
      link.centralHigh = pdu.addressHigh;
      link.centralLow = pdu.addressLow;
    }
    if (pdu.hasTarget && !pdu.periodic) {
      link.peripheralHigh = pdu.targetHigh;
      link.peripheralLow = pdu.targetLow;
    }
  }
}

function heardOf(pdu: AdvertisingPdu, { rssi, channel }: RadioContext): Heard {
  const { hasAddress, type: pduType } = pdu;
  return {
    addressHigh: hasAddress ? pdu.addressHigh : 0,
    addressLow: hasAddress ? pdu.addressLow : 0,
    addressType: hasAddress ? pdu.addressType : UNKNOWN_ADDRESS,
    rssi,
    channel,
    pduType,
  };
}

function isAdvertisement(type: number): boolean {
  return type !== AdvertisingType.ScanReq && type !== AdvertisingType.ConnectInd &&
    type <= AdvertisingType.AdvExtInd;
}

function addressColumns(d: Dissection, pdu: AdvertisingPdu): void {
  if (pdu.hasAddress) d.sourceColumn = addressText(pdu.addressHigh, pdu.addressLow);
  d.destinationColumn = pdu.hasTarget ? addressText(pdu.targetHigh, pdu.targetLow) : "Broadcast";
}
