/**
 * Chooses which MQTT messages of a capture are replayed: each once, those that clients sent, or, in a
 * trace of a gateway, those that it took in.
 *
 * @module
 */
import { IdSet } from "./id_set.ts";
import { type Form, KnownMessages } from "./known_messages.ts";
import { LeftOut, reasonToLeaveOut } from "./left_out.ts";
import type { CapturedPublish } from "./publish_tap.ts";

/** Clients whose packet identifiers are remembered, and identifiers of each. */
const MOST_CLIENTS = 10_000;
const MOST_IDENTIFIERS = 1024;

export class PublishFilter {
  readonly #commands: boolean;
  readonly #known = new KnownMessages();
  readonly #taken = new IdSet();
  /** By client and direction: the topic that each packet identifier had last. */
  readonly #identifiers = new Map<string, Map<number, string>>();

  /** @param commands whether commands are replayed */
  constructor(commands: boolean) {
    this.#commands = commands;
  }

  /**
   * Why a message is left out; undefined: it is replayed.
   *
   * @param time microseconds since 1970
   */
  judge(publish: CapturedPublish, form: Form, time: number): LeftOut | undefined {
    const { id, topic } = publish;
    const again = publish.packetId >= 0 && this.#isAgain(publish);
    if (id === "") return LeftOut.NotTaken;
    if (id !== undefined) {
      if (!this.#taken.add(id)) return LeftOut.Copy;
    } else {
      if (again) return LeftOut.Again;
      if (this.#known.isCopy(publish, form, time)) return LeftOut.Copy;
    }
    return reasonToLeaveOut(topic, this.#commands);
  }

  /** A PUBLISH with DUP is left out only if the one before is in the capture. */
  #isAgain({ client, fromServer, packetId, dup, topic, payload }: CapturedPublish): boolean {
    const key = `${fromServer}${client}`;
    let identifiers = this.#identifiers.get(key);
    if (identifiers === undefined) {
      if (this.#identifiers.size >= MOST_CLIENTS) dropOldest(this.#identifiers);
      this.#identifiers.set(key, identifiers = new Map());
    }
    const content = `${payload.length} ${topic}`;
    const again = dup && identifiers.get(packetId) === content;
    identifiers.delete(packetId);
    identifiers.set(packetId, content);
    if (identifiers.size > MOST_IDENTIFIERS) dropOldest(identifiers);
    return again;
  }
}

function dropOldest<T>(map: Map<T, unknown>): void {
  map.delete(map.keys().next().value!);
}
