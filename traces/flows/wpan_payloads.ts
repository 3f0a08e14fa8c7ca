/**
 * Which protocol the payload of an IEEE 802.15.4 data frame belongs to. Nothing in the frame says it, so
 * each is asked whether it recognises its own.
 *
 * @module
 */
import { decodeData } from "../wire/data.ts";
import type { Dissection } from "../wire/dissection.ts";
import { decodeLwm, isLwm } from "../wire/lwm.ts";
import { isSixlowpan } from "../wire/sixlowpan.ts";
import type { WpanFrame } from "../wire/wpan_frame.ts";
import { decodeZigbeeGp, isZigbeeGp } from "../wire/zigbee_gp.ts";
import { isZigbeeNwk } from "../wire/zigbee_nwk.ts";
import type { SixlowpanNetworks } from "./sixlowpan_networks.ts";
import type { ZigbeeNetworks } from "./zigbee_networks.ts";

const Upper = { GreenPower: 0, Zigbee: 1, Lwm: 2, Sixlowpan: 3 } as const;

export class WpanPayloads {
  /** The one met last comes first. */
  readonly #order: number[] = [Upper.GreenPower, Upper.Zigbee, Upper.Lwm, Upper.Sixlowpan];
  readonly #zigbee: ZigbeeNetworks;
  readonly #sixlowpan: SixlowpanNetworks;

  constructor(zigbee: ZigbeeNetworks, sixlowpan: SixlowpanNetworks) {
    this.#zigbee = zigbee;
    this.#sixlowpan = sixlowpan;
  }

  /** The first that recognises the payload takes it; if it can read it, it is asked first next time. */
  decode(d: Dissection, frame: WpanFrame): void {
    const order = this.#order;
    for (let i = 0; i < order.length; i++) {
      const upper = order[i]!;
      if (!recognises(d, frame, upper)) continue;
      this.#decodeUpper(d, frame, upper);
      if (d.failed !== 0) return;
      for (let k = i; k > 0; k--) order[k] = order[k - 1]!;
      order[0] = upper;
      return;
    }
    decodeData(d);
  }

  #decodeUpper(d: Dissection, frame: WpanFrame, upper: number): void {
    switch (upper) {
      case Upper.GreenPower:
        return decodeZigbeeGp(d);
      case Upper.Zigbee:
        return this.#zigbee.decode(d, frame);
      case Upper.Lwm:
        return decodeLwm(d);
    }
    this.#sixlowpan.decode(d, frame);
  }
}

function recognises(d: Dissection, frame: WpanFrame, upper: number): boolean {
  switch (upper) {
    case Upper.GreenPower:
      return isZigbeeGp(d, frame);
    case Upper.Zigbee:
      return isZigbeeNwk(d, frame);
    case Upper.Lwm:
      return isLwm(d);
  }
  return isSixlowpan(d);
}
