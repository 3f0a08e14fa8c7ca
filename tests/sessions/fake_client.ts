/**
 * A room and clients of it without a network: a test decides when batches go
 * out, when a client reads, and what time it is.
 *
 * @module
 */
import * as v from "valibot";
import { type Config, schema } from "../../gateway/config/schema.ts";
import type { Commands } from "../../gateway/rooms/commands.ts";
import { FlushScheduler } from "../../gateway/rooms/flush_scheduler.ts";
import { Room, type RoomMember } from "../../gateway/rooms/room.ts";
import type { Rooms } from "../../gateway/rooms/rooms.ts";
import type { ServerMessage } from "../../gateway/sessions/messages.ts";
import type { Store } from "../../gateway/store/store.ts";
import type { PlainPacer } from "../../gateway/sessions/plain_pacer.ts";
import { newSessionCounters, Session } from "../../gateway/sessions/session.ts";
import { noTaps } from "../../gateway/taps.ts";

export const EPOCH = "epoch";

export function config(): Config {
  return v.parse(schema, {}) as unknown as Config;
}

/** Time that passes when the test says so. */
export class FakeTime implements Disposable {
  #now = 1_000_000;

  constructor() {
    Object.defineProperty(performance, "now", { value: () => this.#now, configurable: true });
  }

  pass(ms: number) {
    this.#now += ms;
  }

  [Symbol.dispose]() {
    delete (performance as { now?: unknown }).now;
  }
}

/** Rooms whose batches go out when the test says so. */
export class FakeRooms implements Disposable {
  readonly #scheduler = new FlushScheduler(5);
  readonly #rooms = new Map<string, Room>();
  readonly #store: Store | null;
  #ids = 0;

  constructor(store: Store | null = null) {
    this.#store = store;
  }

  /** @param historyCount Entries that each room remembers. */
  room(name: string, historyCount = 10_000): Room {
    let room = this.#rooms.get(name);
    if (room === undefined) {
      room = new Room(name, {
        epoch: EPOCH,
        store: this.#store,
        usedSeq: 0,
        scheduler: this.#scheduler,
        limits: { count: historyCount, bytes: 1 << 26, ageMs: 1e9 },
        maxTopics: 1000,
        onSent: () => {},
        taps: noTaps,
      });
      // Batches go out by `flush` alone.
      room.dirty = true;
      this.#rooms.set(name, room);
    }
    return room;
  }

  publish(name: string, topic: string, value: unknown) {
    const room = this.room(name);
    room.update(room.topic(`${name}/${topic}`, {})!, JSON.stringify(value), 1, `id${this.#ids++}`);
  }

  /** What a session needs. */
  get asRooms(): Rooms {
    return {
      epoch: EPOCH,
      get: (name: string) => this.#rooms.get(name),
      descriptions: () => [],
    } as unknown as Rooms;
  }

  [Symbol.dispose]() {
    this.#scheduler.close();
  }
}

/** Another member, who makes events by coming and going. */
export class Guest implements RoomMember {
  readonly takesArrays = true;
  readonly info = { member: "guest", role: "viewer", since: 0 } as const;
  deliver() {}
  notice() {}
}

/** One client: its session, and what it has been sent and has read. */
export class FakeClient {
  readonly session: Session;
  readonly read: ServerMessage[] = [];
  closeCode: number | undefined;
  readonly counters = newSessionCounters();
  readonly #socket: {
    readyState: number;
    bufferedAmount: number;
    onmessage?: (event: { data: string }) => void;
    send(text: string): void;
    close(code: number): void;
  };
  readonly #v1: boolean;
  #unread: string[] = [];
  #bytes = 0;

  constructor(rooms: FakeRooms, v1: boolean, replayMessages = 100_000) {
    this.#v1 = v1;
    this.#socket = {
      readyState: WebSocket.OPEN,
      bufferedAmount: 0,
      send: (text) => {
        this.#unread.push(text);
        if (!v1) this.#socket.bufferedAmount += length(text);
      },
      close: (code) => this.closeCode = code,
    };
    const settings = config();
    settings.limits.messagesPerSecond = 1e9;
    settings.limits.replayMessages = replayMessages;
    this.session = new Session(
      this.#socket as unknown as WebSocket,
      { role: "admin" },
      "127.0.0.1",
      v1,
      "session",
      "me",
      {
        config: settings,
        rooms: rooms.asRooms,
        commands: {} as Commands,
        counters: this.counters,
        pacer: { allows: true, spend() {} } as unknown as PlainPacer,
        lagging: () => {},
        ended: () => {},
      },
    );
  }

  /** Sent and not read. */
  get unreadBytes(): number {
    return this.#unread.reduce((sum, text) => sum + length(text), 0);
  }

  get unreadFrames(): number {
    return this.#unread.length;
  }

  /** Reads so many frames, and says so. */
  readFrames(count = Infinity) {
    const taken = this.#unread.splice(0, count);
    for (const text of taken) {
      this.#bytes += length(text);
      if (!this.#v1) this.#socket.bufferedAmount -= length(text);
      const parsed = JSON.parse(text);
      this.read.push(...Array.isArray(parsed) ? parsed : [parsed]);
    }
    if (this.#v1 && taken.length > 0) this.say({ type: "received", bytes: this.#bytes });
  }

  say(message: unknown) {
    this.#socket.onmessage?.({ data: JSON.stringify(message) });
  }

  /** Reads and catches up until nothing more comes. */
  drain(...rooms: Room[]) {
    for (let quiet = 0; quiet < 2;) {
      for (const room of rooms) room.flush();
      this.session.catchUp();
      quiet = this.#unread.length === 0 ? quiet + 1 : 0;
      this.readFrames();
    }
  }
}

function length(text: string): number {
  return new TextEncoder().encode(text).length;
}
