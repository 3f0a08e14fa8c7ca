/**
 * Names of addresses in the file: what clients call themselves, and the gateway's host.
 *
 * @module
 */
import type { ConnectionSubject } from "../trace_messages.ts";
import { isLoopback, type SubjectTable } from "./subject_table.ts";
import type { TraceFile } from "./trace_file.ts";

const MAX_HOSTS = 10_000;

export class EndNames {
  readonly #file: TraceFile;
  readonly #subjects: SubjectTable;
  readonly #hostname: string;
  /** What was named of each connection is not looked at again. */
  readonly #seen = new WeakSet<ConnectionSubject>();
  /** Addresses of MQTT clients: names of sessions say less. */
  readonly #mqtt = new Set<string>();

  constructor(file: TraceFile, subjects: SubjectTable, hostname: string) {
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
    if (!isLoopback(local.host) || this.#subjects.distant === 0) {
      this.#file.name(local.host, this.#hostname);
    }
    if (isLoopback(remote.host) || name === "") return;
    if (protocol === "mqtt") {
      if (this.#mqtt.size < MAX_HOSTS) this.#mqtt.add(remote.host);
    } else if (this.#mqtt.has(remote.host)) return;
    this.#file.name(remote.host, name);
  }
}
