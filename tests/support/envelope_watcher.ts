/**
 * Sees what nodes publish: envelopes with their records, and the status.
 *
 * @module
 */
import {
  RadioEnvelope,
  RadioFlag,
  type RadioHeader,
  type RadioRecord,
} from "../../traces/sensors/radio_envelope.ts";
import { eventually } from "./eventually.ts";
import { MqttPeer } from "./mqtt_peer.ts";

/** An envelope. */
export interface SeenEnvelope extends Omit<RadioHeader, "records"> {
  records: RadioRecord[];
}

/** What a node said. */
export interface SeenNode {
  envelopes: SeenEnvelope[];
  /** JSON. */
  statuses: Record<string, unknown>[];
}

/** Opens with {@linkcode EnvelopeWatcher.open}; `await using` ends it. */
export class EnvelopeWatcher implements AsyncDisposable {
  /** By name. */
  readonly nodes = new Map<string, SeenNode>();
  readonly #peer: MqttPeer;
  /** What is no proper envelope. */
  readonly problems: string[] = [];

  private constructor(peer: MqttPeer) {
    this.#peer = peer;
    peer.client.on("message", (topic, payload) => this.#take(topic, payload));
  }

  static async open(url: string): Promise<EnvelopeWatcher> {
    const watcher = new EnvelopeWatcher(await MqttPeer.connect(url));
    await watcher.#peer.subscribe("edgewire/v1/+/+");
    return watcher;
  }

  /** Waits until a node has said goodbye: everything else came before. */
  async goodbye(name: string): Promise<SeenNode> {
    return await eventually(`goodbye of ${name}`, () => {
      const node = this.nodes.get(name);
      return node?.statuses.at(-1)?.state === "offline" ? node : undefined;
    });
  }

  #take(topic: string, payload: Uint8Array) {
    const [, , name, what] = topic.split("/");
    let node = this.nodes.get(name!);
    if (node === undefined) this.nodes.set(name!, node = { envelopes: [], statuses: [] });
    if (what === "status") node.statuses.push(JSON.parse(new TextDecoder().decode(payload)));
    if (what === "radio") this.#envelope(node, Uint8Array.from(payload));
  }

  #envelope(node: SeenNode, payload: Uint8Array) {
    const envelope = new RadioEnvelope();
    envelope.open(payload);
    const records: RadioRecord[] = [];
    while (envelope.next()) records.push({ ...envelope.record });
    if (envelope.problem !== null) this.problems.push(envelope.problem.text);
    const { boot, batch, dropped } = envelope.header;
    node.envelopes.push({ boot, batch, dropped, records });
  }

  async [Symbol.asyncDispose]() {
    await this.#peer[Symbol.asyncDispose]();
  }
}

/** A record as text, for comparisons. */
export function recordText(record: RadioRecord): string {
  const { linkType, time, rssi, channel, lqi, flags, data, start, end } = record;
  const named = Object.entries(RadioFlag).filter(([, bit]) => (flags & bit) !== 0)
    .map(([name]) => name);
  const said = [linkType, time, rssi, channel, lqi, ...named].join(" ");
  return `${said} ${data.subarray(start, end).toHex()}`;
}
