/**
 * Captures for tests of replays, and what is made of them.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { NodeClock } from "../../../gateway/nodes/radio/node_clock.ts";
import { PcapngWriter } from "../../../traces/files/pcapng_writer.ts";
import type { LeftOut } from "../../../traces/replay/left_out.ts";
import type { ReplayMessage } from "../../../traces/replay/replay_message.ts";
import { ReplayPlan } from "../../../traces/replay/replay_plan.ts";
import { type Survey, survey } from "../../../traces/replay/survey.ts";
import { connectPacket, encode } from "../../support/raw_mqtt.ts";
import { bytesOf, u16, u32 } from "../support/packets.ts";
import { TcpTalk } from "../support/tcp_talk.ts";

/** When captures begin, seconds since 1970. */
export const START = 1_760_000_000;
const ETHERNET = 1;
const UPPER_PDU = 252;
export const BROKER = [192, 0, 2, 1];

/** A pcapng file of several interfaces. */
export class CaptureFile {
  /** When the next packet comes, ms since the start. */
  time = 0;
  readonly #writer = new PcapngWriter();
  readonly #network: number;

  constructor() {
    this.#writer.section();
    this.#network = this.interface(ETHERNET, "lan");
  }

  interface(linkType: number, name?: string): number {
    return this.#writer.interface({ linkType, ...(name === undefined ? {} : { name }) });
  }

  /** Writes a packet 1 ms behind the last. */
  packet(data: Uint8Array, source = this.#network, comment?: string | string[]) {
    const ms = this.time++;
    const time = {
      seconds: START + Math.floor(ms / 1000),
      nanoseconds: Math.round(ms % 1000 * 1e6),
    };
    const comments = comment === undefined ? {} : { comment };
    this.#writer.packet({ interface: source, time, data, ...comments });
  }

  packets(packets: Iterable<Uint8Array>, source?: number, comment?: string | string[]) {
    for (const packet of packets) this.packet(packet, source, comment);
  }

  take(): Uint8Array {
    return this.#writer.take();
  }
}

/** An MQTT connection in a capture. */
export class Connection {
  readonly talk: TcpTalk;
  readonly #file: CaptureFile;

  /** Opens it. @param host last byte of the client's address @param connect more of its CONNECT, and what answers it */
  constructor(
    file: CaptureFile,
    host: number,
    { connack = CONNACK, ...connect }: { connack?: Uint8Array; will?: object } = {},
    server = BROKER,
  ) {
    this.#file = file;
    const client = [192, 0, 2, host];
    this.talk = new TcpTalk({ client, server, clientPort: 50_000 + host, serverPort: 1883 });
    file.packets(this.talk.open());
    file.packet(this.talk.send(0, connectPacket(`client-${host}`, connect)));
    file.packet(this.talk.send(1, connack));
  }

  /** The client publishes. */
  publish(topic: string, payload: string | Uint8Array, more: object = {}) {
    this.#file.packet(this.talk.send(0, publish(topic, payload, more)));
  }

  /** The broker hands on. */
  receive(topic: string, payload: string | Uint8Array, more: object = {}) {
    this.#file.packet(this.talk.send(1, publish(topic, payload, more)));
  }

  disconnect() {
    this.#file.packet(this.talk.send(0, encode({ cmd: "disconnect" })));
    this.#file.packets(this.talk.close(0));
  }

  /** The TCP connection ends without DISCONNECT. */
  breaks() {
    this.#file.packets(this.talk.close(0));
  }
}

const CONNACK = encode({ cmd: "connack", returnCode: 0, sessionPresent: false });
/** A CONNACK for bad credentials. */
export const REFUSED = encode({ cmd: "connack", returnCode: 4, sessionPresent: false });

/** A PUBLISH packet; QoS 0 unless `more` says otherwise. */
export function publish(topic: string, payload: string | Uint8Array, more: object = {}) {
  const bytes = typeof payload === "string" ? payload : Buffer.from(payload);
  return encode({
    cmd: "publish",
    topic,
    payload: bytes,
    qos: 0,
    retain: false,
    dup: false,
    ...more,
  });
}

/** An MQTT packet as LINKTYPE 252, of a connection as `Connection` makes them. */
export function upperPdu(packet: Uint8Array, host: number, fromClient = true): Uint8Array {
  const tag = (type: number, value: readonly number[] | Uint8Array) =>
    bytesOf(u16(type), u16(value.length), value);
  const ends = [[[192, 0, 2, host], 50_000 + host], [BROKER, 1883]] as [number[], number][];
  const [from, to] = fromClient ? ends : ends.reverse();
  return bytesOf(
    ...[tag(12, new TextEncoder().encode("mqtt")), tag(20, from![0]), tag(21, to![0])],
    ...[tag(24, u32(2)), tag(25, u32(from![1])), tag(26, u32(to![1])), tag(0, []), packet],
  );
}

export const UPPER_PDU_LINK = UPPER_PDU;

export interface PlanResult {
  messages: ReplayMessage[];
  leftOut: ReadonlyMap<LeftOut, number>;
  survey: Survey;
}

/** What is made of a capture. */
export async function planOf(
  input: Uint8Array,
  { commands = false, speed = 1, node }: { commands?: boolean; speed?: number; node?: string } = {},
): Promise<PlanResult> {
  const source = { input, commands };
  const found = await survey(source, { node });
  const followClock = (settable: boolean) => new NodeClock({ settable });
  const plan = new ReplayPlan({ source, survey: found, speed, followClock });
  const messages: ReplayMessage[] = [];
  await plan.run((message) => messages.push(message));
  return { messages, leftOut: plan.leftOut.counts, survey: found };
}

/** "topic payload" of each message, clocks left out. */
export function said(messages: readonly ReplayMessage[]): string[] {
  return messages.filter(({ kind }) => kind !== "clock")
    .map(({ topic, payload }) => `${topic} ${new TextDecoder().decode(payload)}`);
}
