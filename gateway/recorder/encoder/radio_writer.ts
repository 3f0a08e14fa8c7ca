/**
 * Radio frames: an interface for each node and link type.
 *
 * @module
 */
import { packetLinkType, radioPacket } from "../packets/radio_packets.ts";
import type { RadioEvent } from "../trace_event.ts";
import type { NodeSubject } from "../trace_messages.ts";
import { CommentLines, shortened } from "./comment_lines.ts";
import type { EncoderContext } from "./encoder_context.ts";
import type { HeldWriter } from "./held_packets.ts";
import { addRadio } from "./publish_lines.ts";
import { INBOUND, type TraceInterface } from "./trace_file.ts";
import type { Origin } from "./trace_ids.ts";

/**
 * A frame was on the air before its PUBLISH came in, by so much at least, ms. The node's clock says
 * so only up to the moment at which the PUBLISH was read.
 */
const LEAST_WAY_MS = 0.001;

const lines = new CommentLines();

/** Frames of one node. */
export class RadioWriter implements HeldWriter<RadioEvent> {
  readonly #context: EncoderContext;
  readonly #node: string;
  readonly #interfaces = new Map<number, TraceInterface>();

  constructor(context: EncoderContext, { name }: NodeSubject) {
    this.#context = context;
    this.#node = name;
  }

  /** An event was read. @returns what has to be held with it */
  read(event: RadioEvent): Origin {
    const origin = this.#context.ids.get(`${event.id}.${event.index}`);
    origin.node = this.#node;
    const { carrier } = origin;
    if (carrier !== null) {
      carrier.node = this.#node;
      if (Number.isNaN(carrier.arrived)) carrier.arrived = event.arrival;
      event.time = Math.min(event.time, carrier.arrived - LEAST_WAY_MS);
    }
    origin.onAir = event.time;
    return origin;
  }

  write(event: RadioEvent, detail: unknown) {
    const origin = detail as Origin;
    const { file, selection } = this.#context;
    if (!selection.radio(this.#node, origin)) return;
    const { data, length, note = "" } = radioPacket(event);
    addRadio(lines, origin, this.#node);
    const comment = lines.take();
    if (comment.note === "") comment.note = note;
    const from = this.#interface(packetLinkType(event.linkType));
    file.packet(from, event.time, data, INBOUND, comment, length);
  }

  #interface(linkType: number): TraceInterface {
    let known = this.#interfaces.get(linkType);
    if (known === undefined) {
      const node = shortened(this.#node);
      known = {
        name: `radio:${node}`,
        linkType,
        description: `Radio frames that node ${node} heard`,
      };
      this.#interfaces.set(linkType, known);
    }
    return known;
  }
}
