/**
 * What a packet of the gateway's traces stands for. Such a trace has packets that nobody sent: what
 * the gateway's host did with TCP, it does not see, and connections that were open before begin anew
 * in it. Their times tell nothing.
 *
 * @module
 */
import type { CaptureFrame } from "../../files/capture_frame.ts";
import { HopLine, readHopLines } from "../../files/hop_line.ts";

/** Interfaces whose packets hold the same MQTT: those of the second are copies. */
const MQTT_WEBSOCKET = "mqtt-websocket";
const MQTT_COPIES = "mqtt-pdu";

export const Origin = {
  /** Not of such a trace, as far as it tells. */
  Elsewhere: 0,
  /** The gateway had it to do with. */
  Gateway: 1,
  /** Made up. */
  Made: 2,
  /** A second time what another packet holds. */
  Copy: 3,
} as const;

export class PacketOrigin {
  readonly #line = new HopLine();
  #origin: number = Origin.Elsewhere;
  #copies = false;
  readonly #take = () => {
    const { synthetic, before } = this.#line;
    if (synthetic || before) this.#origin = Origin.Made;
    else if (this.#origin === Origin.Elsewhere) this.#origin = Origin.Gateway;
  };

  /** One of `Origin`. */
  of(frame: CaptureFrame): number {
    const { comments } = frame;
    this.#origin = Origin.Elsewhere;
    for (let i = 0; i < comments.length; i++) readHopLines(comments[i]!, this.#line, this.#take);
    if (this.#copies && this.#origin !== Origin.Elsewhere && isOn(frame, MQTT_COPIES)) {
      return Origin.Copy;
    }
    return this.#origin;
  }

  /** A frame counts: what is a copy of it will not. */
  counted(frame: CaptureFrame, origin: number): void {
    if (!this.#copies && origin !== Origin.Elsewhere) this.#copies = isOn(frame, MQTT_WEBSOCKET);
  }
}

function isOn(frame: CaptureFrame, name: string): boolean {
  return frame.interface?.name === name;
}
