/**
 * What bridge nodes for radios share: frames go out in envelopes on `edgewire/v1/<name>/radio`,
 * settings come in on `.../set` and are answered on `.../set/result`.
 *
 * A setting message is a JSON object with an `id` (text or number), which the answer repeats, and any
 * of `scan` (true: it listens) and, with an 802.15.4 radio, `channel` (11 to 26). The answer has
 * `ok`, all settings as they now are, and where `ok` is false a `reason`; then nothing was changed.
 *
 * @module
 */
import type { RadioRecord } from "../../traces/sensors/radio_envelope.ts";
import { type BatchOptions, EnvelopeBatcher } from "./envelope_batcher.ts";
import { NodeClient, type NodeOptions } from "./node_client.ts";
import type { Radio } from "./radio_world.ts";

/** What a kind of radio node decides. */
export interface RadioNodeOptions extends NodeOptions {
  radio: Radio;
  /** Its channel at start; only 802.15.4. */
  channel?: number;
  batch?: BatchOptions;
}

/** Settings of a radio node. */
export interface RadioSettings {
  /** Whether it listens. */
  scan: boolean;
  /** 802.15.4 channel, 11 to 26. */
  channel?: number;
}

const STATUS_PERIOD_S = 10;
/** Envelopes that the broker has not acknowledged yet; more wait in the node, where they are bounded. */
const MOST_UNACKNOWLEDGED = 8;

/** JSON, or undefined. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A running node. Whoever made it closes it. */
export class RadioNode implements AsyncDisposable {
  readonly settings: RadioSettings;
  readonly #topic: string;
  readonly #client: NodeClient;
  readonly #batcher: EnvelopeBatcher;
  #unacknowledged = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  /** Starts to connect. */
  constructor(options: RadioNodeOptions) {
    const { radio, channel, batch, ...rest } = options;
    this.#topic = `edgewire/v1/${options.name}`;
    this.settings = { scan: true, ...(channel === undefined ? {} : { channel }) };
    this.#client = new NodeClient({
      ...rest,
      radios: [radio],
      statusPeriod_s: STATUS_PERIOD_S,
      commands: { [`${this.#topic}/set`]: (payload) => this.#onSet(payload) },
      announce: () => {},
      tick: () => {},
      onChange: (change, detail) => {
        options.onChange?.(change, detail);
        if (change === "online") this.#flush();
      },
    });
    this.#batcher = new EnvelopeBatcher(this.#client.boot, batch);
  }

  /** See {@linkcode NodeClient.ready}. */
  get ready(): Promise<void> {
    return this.#client.ready;
  }

  /** Frames dropped because too many waited. */
  get dropped(): number {
    return this.#batcher.dropped;
  }

  /** Hands on a frame: soon, or as soon as there is a broker again. */
  hear(record: RadioRecord): void {
    if (this.#closed) return;
    this.#batcher.add(record, performance.now());
    this.#flush();
  }

  /** Says "offline" and disconnects; what waits is lost. */
  close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    return this.#client.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #flush() {
    const batcher = this.#batcher;
    while (this.#client.online && this.#unacknowledged < MOST_UNACKNOWLEDGED) {
      if (!batcher.full && batcher.due_ms > performance.now()) break;
      const batch = batcher.take();
      if (batch === undefined) break;
      this.#unacknowledged++;
      this.#client.publish(`${this.#topic}/radio`, batch.payload, {
        qos: 1,
        done: () => {
          this.#unacknowledged--;
          this.#flush();
        },
      });
    }
    this.#wait();
  }

  /** For what is due by age. While nothing can go, an acknowledgement or being online again tries anew. */
  #wait() {
    clearTimeout(this.#timer);
    if (this.#closed) return;
    const wait_ms = this.#batcher.due_ms - performance.now();
    if (wait_ms === Infinity || wait_ms <= 0) return;
    this.#timer = setTimeout(() => this.#flush(), Math.ceil(wait_ms));
  }

  #onSet(payload: string) {
    const message = parsed(payload);
    const id = (message as { id?: unknown } | null | undefined)?.id;
    const named = typeof id === "string" || typeof id === "number";
    const reason = named ? this.#change(message as object) : "not a JSON object with an id";
    const answer = reason === undefined
      ? { id, ok: true, ...this.settings }
      : { id: named ? id : null, ok: false, reason, ...this.settings };
    this.#client.publish(`${this.#topic}/set/result`, JSON.stringify(answer), { qos: 1 });
  }

  /** Changes settings. @returns why not */
  #change(wishes: object): string | undefined {
    const changed: RadioSettings = { ...this.settings };
    for (const [name, value] of Object.entries(wishes)) {
      if (name === "id") continue;
      if (name === "scan" && typeof value === "boolean") changed.scan = value;
      else if (name === "channel" && changed.channel !== undefined && isChannel(value)) {
        changed.channel = value;
      } else return `${name}: no such setting, or not with this value`;
    }
    Object.assign(this.settings, changed);
    return undefined;
  }
}

function isChannel(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 11 && (value as number) <= 26;
}
