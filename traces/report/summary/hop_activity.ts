/**
 * Who sends how much, and how long each was silent: channels, nodes and clients of a trace.
 *
 * @module
 */
import { endpointText } from "../../flows/endpoint_text.ts";
import type { Conversation } from "../../flows/conversation.ts";
import { detached } from "../../files/hop_line.ts";

/** Of each kind told apart; packets of further ones are counted together. */
export const MAX_ROWS = 50_000;

export class Activity {
  readonly name: string;
  packets = 0;
  /** Bytes on the wire of the packets. */
  bytes = 0;
  /** Frame and time (seconds since 1970) of the last packet. */
  lastFrame = 0;
  lastTime = -Infinity;
  /** Longest time between two packets, in seconds, and the frame that ended it; 0: none yet. */
  pause = 0;
  pauseEnd = 0;

  constructor(name: string) {
    this.name = name;
  }

  /** A packet names it; that it does so again says nothing new. */
  add(frame: number, bytes: number, time: number): void {
    if (frame === this.lastFrame) return;
    this.lastFrame = frame;
    this.packets++;
    this.bytes += bytes;
    if (this.packets > 1 && time - this.lastTime > this.pause) {
      this.pause = time - this.lastTime;
      this.pauseEnd = frame;
    }
    if (time > this.lastTime) this.lastTime = time;
  }

  /** Longest silence, seconds: between packets, or at the end of the file. */
  silence(end: number): number {
    return Math.max(this.pause, end - this.lastTime);
  }
}

/** Rows by name. */
export class Activities<T extends Activity> {
  readonly #rows = new Map<string, T>();
  readonly #make: (raw: string) => T;
  /** Packets that named one beyond the bound. */
  others = 0;

  /** @param make makes a row of a name as the comment has it */
  constructor(make: (raw: string) => T) {
    this.#make = make;
  }

  get(raw: string): T | undefined {
    let row = this.#rows.get(raw);
    if (row === undefined) {
      if (this.#rows.size === MAX_ROWS) {
        this.others++;
        return undefined;
      }
      row = this.#make(raw);
      this.#rows.set(detached(raw), row);
    }
    return row;
  }

  get rows(): T[] {
    return [...this.#rows.values()];
  }
}

/** One who talks MQTT or WebSocket: by client id where that is known, else by address. */
export class HopClient extends Activity {
  readonly of: Conversation | undefined;
  readonly id: string | undefined;

  constructor(kind: string, of: Conversation | undefined, id?: string) {
    super(id === undefined ? kind : `${kind} ${id}`);
    this.id = id;
    this.of = id === undefined ? of : undefined;
  }

  get label(): string {
    return this.of === undefined
      ? this.name
      : `${this.name} ${endpointText(this.of, this.of.client)}`;
  }

  /** Takes over what was counted before the name was known. */
  absorb(other: HopClient): void {
    this.packets += other.packets;
    this.bytes += other.bytes;
    if (other.pause > this.pause) {
      this.pause = other.pause;
      this.pauseEnd = other.pauseEnd;
    }
    if (other.lastTime > this.lastTime) {
      this.lastTime = other.lastTime;
      this.lastFrame = other.lastFrame;
    }
  }
}

export class HopClients {
  readonly #byConversation = new Map<Conversation, HopClient>();
  readonly #byId = new Map<string, HopClient>();
  others = 0;

  /** @param id client id, decoded; "" when this packet does not tell */
  of(kind: string, conversation: Conversation | undefined, id: string): HopClient | undefined {
    const known = conversation && this.#byConversation.get(conversation);
    if (known !== undefined && (id === "" || known.name === `${kind} ${id}`)) return known;
    if (conversation === undefined && id === "") return undefined;
    if (known === undefined && this.#byConversation.size + this.#byId.size >= 2 * MAX_ROWS) {
      this.others++;
      return undefined;
    }
    const row = id === "" ? new HopClient(kind, conversation) : this.#named(kind, conversation, id);
    if (known?.of !== undefined && row !== known) row.absorb(known);
    if (conversation !== undefined) this.#byConversation.set(conversation, row);
    return row;
  }

  #named(kind: string, conversation: Conversation | undefined, id: string): HopClient {
    const name = `${kind} ${id}`;
    let row = this.#byId.get(name);
    if (row === undefined) this.#byId.set(name, row = new HopClient(kind, conversation, id));
    return row;
  }

  /** What the client of a conversation calls itself; undefined when no packet told. */
  idOf(conversation: Conversation): string | undefined {
    return this.#byConversation.get(conversation)?.id;
  }

  get rows(): HopClient[] {
    return [...new Set([...this.#byConversation.values(), ...this.#byId.values()])];
  }
}
