/**
 * Joins what the embedded broker remembers with the broker: whose sessions there are, who came and
 * left, and wills that are still to be published.
 *
 * @module
 */
import type { Aedes, Client, PublishPacket } from "aedes";
import type { Durable } from "./ack_gate.ts";
import { avoidIdentifiers, insidesOf, streamOf } from "./aedes_insides.ts";
import type { BrokerCounters, IncomingMessage } from "./broker.ts";
import type { Hearers } from "./hearers.ts";
import { type LeftWill, Persistence } from "./persistence.ts";
import type { DurableMap } from "./persistence_disk.ts";
import type { StoredPacket } from "./session_store.ts";

export interface RememberedOptions {
  /** Bytes that wait for one client that is away. */
  backlogBytes: number;
  counters: BrokerCounters;
  /** Where it is kept besides; `null`: nowhere. */
  disk: DurableMap | null;
  /** When it is on disk. */
  durable: Durable | null;
  log: (line: string) => void;
}

/** Clients whose whole backlog is kept while they are away. */
const KEPT_BACKLOGS = 16;
const RETAINED_BYTES = 64 << 20;
/** How often sessions are looked for whose clients stay away, milliseconds. */
const OVERDUE_MS = 3_600_000;

/** Ends with `close()`. */
export class Remembered {
  readonly persistence: Persistence;
  readonly #options: RememberedOptions;
  #aedes!: Aedes;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(options: RememberedOptions) {
    this.#options = options;
    const { backlogBytes, counters, disk, log } = options;
    this.persistence = new Persistence({
      limits: {
        clientBytes: backlogBytes,
        totalBytes: backlogBytes * KEPT_BACKLOGS,
        retainedBytes: RETAINED_BYTES,
      },
      onDropped: () => counters.droppedForSlowClients++,
      disk,
      log,
    });
  }

  /** Whether sessions outlast this process. */
  get lasts(): boolean {
    return this.#options.disk !== null;
  }

  /** Begins to follow a broker that was made with the persistence. */
  follow(aedes: Aedes, hearers: Hearers) {
    const { persistence } = this;
    this.#aedes = aedes;
    for (const { id, subscriptions } of persistence.sessions.all()) {
      for (const filter of subscriptions.keys()) hearers.keep(id, filter);
    }
    aedes.on("client", ({ id }) => {
      persistence.came(id);
      // A will and a new session wait for no acknowledgement, and would for the lazy commit.
      if (this.lasts) this.#options.durable?.();
    });
    aedes.on("clientReady", (client) => this.#caughtUp(client));
    aedes.on("clientDisconnect", ({ id }) => persistence.left(id));
    this.#timer = setInterval(() => persistence.endOverdue(), OVERDUE_MS);
    Deno.unrefTimer(this.#timer);
  }

  /**
   * Whether a message is to go behind those that waited for a client while it was away, and are being
   * sent: `aedes` sends them one by one, and what is published meanwhile would overtake them
   * [MQTT-4.6.0-6].
   */
  mustWait(client: Client, { brokerCounter, messageId }: StoredPacket): boolean {
    // One that is being sent has its packet identifier.
    return messageId === undefined && this.persistence.waits(client.id, brokerCounter as number);
  }

  /** All that waited for a client when it came has been sent: now what had to wait for that. */
  #caughtUp(client: Client) {
    const stream = streamOf(client);
    if (!stream.catchesUp) return;
    stream.catchesUp = false;
    for (const packet of this.persistence.unsent(client.id)) {
      insidesOf(client).deliverQoS(packet, () => {});
    }
  }

  /** Keeps packet identifiers of what waits for a client from being given to anything else. */
  avoidTaken(client: Client) {
    avoidIdentifiers(client, (messageId) => this.persistence.hasIdentifier(client.id, messageId));
  }

  /**
   * Publishes the wills of clients that were connected when the broker before this one was killed:
   * their sessions ended without DISCONNECT [MQTT-3.1.2-8]. To be called before anybody connects, so
   * that no will comes behind what its client says when it is back.
   *
   * @param take Takes one in.
   */
  publishLeftWills(take: (message: IncomingMessage) => void) {
    for (const will of this.persistence.takeLeftWills()) this.#publishLeft(will, take);
  }

  #publishLeft({ clientId, packet }: LeftWill, take: (message: IncomingMessage) => void) {
    const { topic, payload, qos = 0 } = packet;
    take({ topic, payload, qos, replayed: false, own: false, client: clientId, will: true });
    this.#aedes.publish(packet as PublishPacket, (error) => {
      if (error) this.#options.log(`mqtt: the will of "${clientId}": ${error.message}`);
      this.persistence.leftWillPublished(clientId);
    });
  }

  close() {
    clearInterval(this.#timer);
  }
}
