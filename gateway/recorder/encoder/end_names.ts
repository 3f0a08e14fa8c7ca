/**
 * Names of addresses in the file: what clients call themselves, and the gateway's host.
 *
 * @module
 */
import type { ConnectionSubject, Subject } from "../trace_messages.ts";
import type { TraceFile } from "./trace_file.ts";

const LOOPBACK = /^(127\.|::1$|\[::1\]$|::ffff:127\.)/i;

const MAX_HOSTS = 10_000;

export class EndNames {
  readonly #file: TraceFile;
  readonly #subjects: ReadonlyMap<number, Subject>;
  readonly #hostname: string;
  /** What was named of each connection is not looked at again. */
  readonly #seen = new WeakSet<ConnectionSubject>();
  /** Addresses of MQTT clients: names of sessions say less. */
  readonly #mqtt = new Set<string>();

  constructor(file: TraceFile, subjects: ReadonlyMap<number, Subject>, hostname: string) {
    this.#file = file;
    this.#subjects = subjects;
    this.#hostname = hostname;
  }

  /** Names the ends of a connection that is in the file, as far as they are known now. */
  add(subject: ConnectionSubject) {
    if (this.#seen.has(subject)) return;
    this.#seen.add(subject);
    const { name = "", facts: { local, remote, protocol } } = subject;
    // Loopback stands for all who are on this machine; where there are no others, it is the machine.
    if (!LOOPBACK.test(local.host) || !this.#othersAreKnown()) {
      this.#file.name(local.host, this.#hostname);
    }
    if (LOOPBACK.test(remote.host) || name === "") return;
    if (protocol === "mqtt") {
      if (this.#mqtt.size < MAX_HOSTS) this.#mqtt.add(remote.host);
    } else if (this.#mqtt.has(remote.host)) return;
    this.#file.name(remote.host, name);
  }

  #othersAreKnown(): boolean {
    for (const subject of this.#subjects.values()) {
      if (subject.kind === "connection" && !LOOPBACK.test(subject.facts.remote.host)) return true;
    }
    return false;
  }
}
