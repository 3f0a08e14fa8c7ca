/**
 * What became of each PUBLISH and radio record: the times of its hops and the updates made of it.
 *
 * @module
 */

/** An update that was made of something. */
export interface UpdateMark {
  /** Name of the channel. */
  channel: string;
  seq: number;
  /** Ms of the monotonic clock. */
  time: number;
  /** Name of the node that the update names; "" none. */
  node: string;
}

/** One PUBLISH or one radio record. */
export class Origin {
  readonly id: string;
  /** The PUBLISH that a radio record came in. */
  readonly carrier: Origin | null;
  /** Radio records that came in a PUBLISH; `null`: it is none of a bridge node. */
  records: Origin[] | null = null;
  readonly updates: UpdateMark[] = [];
  /** Bridge node that sent it; "" none. */
  node = "";
  /** When it was on the air, ms of the monotonic clock; NaN: not known. */
  onAir = NaN;
  /** When the last byte of the PUBLISH came in; NaN: not known. */
  arrived = NaN;

  constructor(id: string, carrier: Origin | null) {
    this.id = id;
    this.carrier = carrier;
  }

  /** An update was made of it. */
  made(mark: UpdateMark) {
    if (this.updates.length < MAX_UPDATES) this.updates.push(mark);
  }

  /** When an update was made of it; NaN: not known. */
  madeAt(channel: string, seq: number): number {
    const made = this.updates.findLast((mark) => mark.seq === seq && mark.channel === channel);
    return made?.time ?? NaN;
  }

  /** When the PUBLISH came in, also that of a radio record; NaN: not known. */
  get publishArrived(): number {
    return this.carrier === null ? this.arrived : this.carrier.arrived;
  }
}

/** Updates of one origin that are remembered. */
const MAX_UPDATES = 1000;
/** Ids remembered; those of packets that are held live on with them. */
export const MAX_IDS = 20_000;

export class TraceIds {
  readonly #origins = new Map<string, Origin>();
  /** The ids of `#origins`; the oldest is at `#next` once all places are taken. */
  readonly #order: string[] = [];
  #next = 0;

  find(id: string): Origin | undefined {
    return this.#origins.get(id);
  }

  /**
   * The origin with an id, made where it is new. That of a radio record ends in `.<index>`.
   *
   * @param id "": of something that has none
   */
  get(id: string): Origin {
    if (id === "") return new Origin("", null);
    return this.#origins.get(id) ?? this.#make(id);
  }

  #make(id: string): Origin {
    const dot = id.indexOf(".");
    const carrier = dot < 0 ? null : this.get(id.slice(0, dot));
    const origin = new Origin(id, carrier);
    if (carrier !== null) (carrier.records ??= []).push(origin);
    this.#origins.set(id, origin);
    const oldest = this.#order[this.#next];
    if (oldest !== undefined) this.#origins.delete(oldest);
    this.#order[this.#next] = id;
    this.#next = (this.#next + 1) % MAX_IDS;
    return origin;
  }
}
