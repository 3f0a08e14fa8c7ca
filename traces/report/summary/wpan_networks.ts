/**
 * The IEEE 802.15.4 networks of a capture: personal area networks and who sends in them.
 *
 * @module
 */
import { eui64Text } from "../../wire/eui64.ts";
import { hexText } from "../../wire/hex_text.ts";
import { WPAN_BROADCAST, WpanAddress, type WpanFrame } from "../../wire/wpan_frame.ts";
import { Levels } from "./levels.ts";

/** Networks, and devices in all of them, told apart. */
export const MAX_NETWORKS = 10_000;
export const MAX_DEVICES = 50_000;
/** Channels kept per network; IEEE 802.15.4-2015, 10.1.2 numbers fewer on a page. */
const MAX_CHANNELS = 256;

/** Frame types by number (IEEE 802.15.4-2015, Table 7-1). */
export const FRAME_TYPES = [
  "beacon",
  "data",
  "ack",
  "command",
  "reserved",
  "multipurpose",
  "fragment",
  "extended",
] as const;

export interface WpanDevice {
  /** "0x1a2b", or "00:11:22:33:44:55:66:77". */
  readonly address: string;
  frames: number;
  readonly rss: Levels;
}

export interface WpanNetwork {
  /** PAN id; 65535 for frames without one. */
  readonly pan: number;
  frames: number;
  /** By type, see `FRAME_TYPES`. */
  readonly types: number[];
  /** Frames whose check sequence is wrong. */
  bad: number;
  /** Frames with security. */
  secured: number;
  readonly channels: Set<number>;
  readonly lqi: Levels;
  /** Who sends, by address. */
  readonly devices: Map<number, WpanDevice>;
}

export class WpanNetworks {
  readonly #networks = new Map<number, WpanNetwork>();
  #devices = 0;
  /** Frames of networks beyond the bound. */
  others = 0;

  add(frame: WpanFrame): void {
    const network = this.#network(panOf(frame));
    if (network === undefined) {
      this.others++;
      return;
    }
    network.frames++;
    network.types[frame.type]!++;
    if (!frame.fcsOk) {
      network.bad++;
      return;
    }
    if (frame.security) network.secured++;
    if (frame.channel >= 0 && network.channels.size < MAX_CHANNELS) {
      network.channels.add(frame.channel);
    }
    network.lqi.add(frame.lqi >= 0 ? frame.lqi : NaN);
    this.#sender(network, frame);
  }

  /** Most frames first. */
  sorted(): WpanNetwork[] {
    return [...this.#networks.values()].sort((a, b) => b.frames - a.frames);
  }

  #network(pan: number): WpanNetwork | undefined {
    let network = this.#networks.get(pan);
    if (network === undefined && this.#networks.size < MAX_NETWORKS) {
      network = {
        pan,
        frames: 0,
        types: FRAME_TYPES.map(() => 0),
        bad: 0,
        secured: 0,
        channels: new Set(),
        lqi: new Levels(),
        devices: new Map(),
      };
      this.#networks.set(pan, network);
    }
    return network;
  }

  #sender(network: WpanNetwork, frame: WpanFrame): void {
    const short = frame.sourceMode === WpanAddress.Short;
    if (!short && frame.sourceMode !== WpanAddress.Extended) return;
    // Extended addresses differ in their lower 50 bits; short ones get negative keys.
    const { source64Hi, source64Lo } = frame;
    const key = short
      ? -1 - frame.source16
      : (source64Hi & 0x3ffff) * 0x1_0000_0000 + (source64Lo >>> 0);
    let device = network.devices.get(key);
    if (device === undefined) {
      if (this.#devices === MAX_DEVICES) return;
      this.#devices++;
      device = { address: addressText(frame, short), frames: 0, rss: new Levels() };
      network.devices.set(key, device);
    }
    device.frames++;
    device.rss.add(frame.rss);
  }
}

function panOf(frame: WpanFrame): number {
  if (frame.destinationPanPresent && frame.destinationPan !== WPAN_BROADCAST) {
    return frame.destinationPan;
  }
  return frame.sourcePanPresent ? frame.sourcePan : WPAN_BROADCAST;
}

function addressText(frame: WpanFrame, short: boolean): string {
  return short ? hexText(frame.source16, 4) : eui64Text(frame.source64Hi, frame.source64Lo);
}
