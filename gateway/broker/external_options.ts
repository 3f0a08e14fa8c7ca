/**
 * What the connection to an external broker is made with.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { IClientOptions } from "mqtt";
import type { Policy } from "../access/policy.ts";
import type { TokenBook } from "../access/tokens.ts";
import { brokerAddresses } from "../config/broker_addresses.ts";
import { noTaps, type Taps } from "../taps.ts";
import type { Durable } from "./ack_gate.ts";
import type { BrokerCounters, MessageSink, Readiness } from "./broker.ts";
import type { SocketLimits } from "./socket_stream.ts";

/** What the broker publishes for us when our connection breaks off. */
export interface Will {
  topic: string;
  text: string;
  retain: boolean;
}

export interface ExternalOptions {
  /** One address, or several of one cluster, separated by commas; the first that answers is used. */
  url: string;
  username?: string;
  password?: string;
  /** Certificate authority, PEM text. */
  ca?: string;
  clientId: string;
  subscribe: string[];
  /** Filters of which we hear our own messages too. @default none */
  echo?: string[];
  /** Begins topics on which it is tried out what the broker can. @default nothing is tried */
  tryTopic?: string;
  will?: Will;
  policy: Policy;
  tokens: TokenBook;
  limits: SocketLimits;
  counters: BrokerCounters;
  sink: MessageSink;
  /** @default every message can be taken in at once */
  ready?: Readiness;
  /** What the sink took in is acknowledged only when it is durable. @default at once */
  durable?: Durable | null;
  /** Called when the broker came or went. */
  onState: () => void;
  /** Hears of the connections to the broker. @default noTaps */
  taps?: Taps;
  log: (line: string) => void;
}

/** One address with the credentials that go there. */
export interface BrokerAddress {
  /** Without credentials. */
  url: string;
  username?: string;
  password?: string;
}

const CONNECT_TIMEOUT_MS = 10_000;
const KEEPALIVE_SECONDS = 30;
/** With another node to go to, one that says nothing is given up earlier. */
const NODE_TIMEOUT_MS = 3000;
const NODE_KEEPALIVE_SECONDS = 2;
/** How long the broker keeps our session while we are away, seconds. */
const SESSION_EXPIRY_SECONDS = 86_400;
/** Messages that may wait for our acknowledgement, so that the broker need not wait for a disk. */
const RECEIVE_MAXIMUM = 65_535;

/** User and password may stand in each address; settings of their own win. */
export function addressesOf({ url: text, username, password }: ExternalOptions): BrokerAddress[] {
  return brokerAddresses(text).map((address) => {
    const url = new URL(address);
    const user = username ?? decodeURIComponent(url.username);
    const pass = password ?? decodeURIComponent(url.password);
    url.username = url.password = "";
    return {
      url: url.href,
      ...(user === "" ? {} : { username: user }),
      ...(pass === "" ? {} : { password: pass }),
    };
  });
}

export function withTaps(options: ExternalOptions): ExternalOptions & { taps: Taps } {
  return { taps: noTaps, ...options };
}

/**
 * What `mqtt` is to do.
 *
 * @param nodes How many addresses there are.
 */
export function clientOptions(
  { clientId, will }: ExternalOptions,
  { username, password }: BrokerAddress,
  version: 4 | 5,
  nodes: number,
): IClientOptions {
  return {
    protocolVersion: version,
    clientId,
    clean: false,
    keepalive: nodes > 1 ? NODE_KEEPALIVE_SECONDS : KEEPALIVE_SECONDS,
    reconnectPeriod: 0,
    connectTimeout: nodes > 1 ? NODE_TIMEOUT_MS : CONNECT_TIMEOUT_MS,
    resubscribe: false,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(will === undefined ? {} : {
      will: { topic: will.topic, payload: Buffer.from(will.text), qos: 1, retain: will.retain },
    }),
    ...(version === 5
      ? {
        properties: {
          sessionExpiryInterval: SESSION_EXPIRY_SECONDS,
          receiveMaximum: RECEIVE_MAXIMUM,
        },
      }
      : {}),
  };
}
