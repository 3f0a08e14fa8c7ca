/**
 * What the gateway and the Worker that makes pcapng of its ring say to each other. The events
 * themselves are in the ring; they name subjects by number, and those come here.
 *
 * @module
 */
import type { ConnectionFacts } from "../taps.ts";
import type { RingMemory } from "./ring_layout.ts";

/** A connection that was open while somebody recorded. */
export interface ConnectionSubject {
  kind: "connection";
  id: number;
  facts: ConnectionFacts;
  /** When it opened, ms of the monotonic clock. */
  opened: number;
  /**
   * The MQTT packet that it began with in each direction: CONNECT and CONNACK, as they were on the
   * wire but without secrets; absent: too long, or not there (yet).
   */
  firstIn?: Uint8Array;
  firstOut?: Uint8Array;
  /** What the other side calls itself. */
  name?: string;
}

/** A bridge node. */
export interface NodeSubject {
  kind: "node";
  id: number;
  name: string;
}

/** A topic of a room. An update's message is `{"type":"data","channel":C,"seq":N,"time":T` + head + value + node + tail + id + `"}`. */
export interface TopicSubject {
  kind: "topic";
  id: number;
  channel: string;
  topic: string;
  head: string;
  tail: string;
}

export type Subject = ConnectionSubject | NodeSubject | TopicSubject;

/** What to record; an empty list: everything. */
export interface TraceFilter {
  channels: readonly string[];
  hops: readonly Hop[];
  nodes: readonly string[];
}

export const HOPS = ["radio", "mqtt", "room", "ws", "uplink"] as const;
export type Hop = (typeof HOPS)[number];

export interface TraceRequest {
  /** `live`: what comes; `recent`: what is there, and then the end. */
  mode: "live" | "recent";
  filter: TraceFilter;
  /** `live`: ends after so long; `recent`: not older than this. */
  seconds?: number;
}

/** What is said once. */
export interface TraceSetting {
  memory: RingMemory;
  version: string;
  hostname: string;
  /** Add to the monotonic clock to get Unix ms. */
  clockOffset: number;
}

/** To the Worker. */
export type ToTraceWorker =
  | { type: "begin"; setting: TraceSetting }
  /** New, or changed. May come a little after an event that names it can be read. */
  | { type: "subjects"; subjects: Subject[] }
  /**
   * As a rule nothing in the ring names them any more; what a reader took out before may, for a while,
   * and the ring may where they took too much memory.
   */
  | { type: "forget"; ids: number[] }
  /** The system clock was set. */
  | { type: "clock"; clockOffset: number }
  | { type: "open"; reader: number; request: TraceRequest; credit: number }
  /** So many bytes more may be sent. */
  | { type: "credit"; reader: number; bytes: number }
  /** Nobody listens any more. */
  | { type: "cancel"; reader: number }
  /** Ends properly: with what is there and statistics. */
  | { type: "finish"; reader: number };

/** From the Worker. */
export type FromTraceWorker =
  | { type: "chunk"; reader: number; bytes: Uint8Array<ArrayBuffer> }
  /** The last of a reader. */
  | { type: "end"; reader: number; packets: number; lost: number; problem?: string }
  /** What a reader has had so far, now and then. */
  | { type: "progress"; reader: number; packets: number; lost: number };
