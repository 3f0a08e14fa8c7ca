/**
 * The first of two passes over a capture: what has to be known before anything is replayed.
 *
 * @module
 */
import type { CaptureInterface } from "../files/capture_frame.ts";
import type { CaptureEnd } from "../files/capture_reader.ts";
import {
  type HeardFrame,
  readSource,
  type SourceEvents,
  type SourceListener,
  type SourceOptions,
} from "./capture_source.ts";
import { IdSet } from "./id_set.ts";
import type { CapturedPublish } from "./publish_tap.ts";
import { nodeName, nodeOfRadioTopic } from "./radio_topic.ts";

/** A node that the replay plays itself, since the capture holds its frames and not its messages. */
export interface PlayedNode {
  readonly name: string;
  readonly radios: ReadonlySet<string>;
}

export interface SurveyOptions {
  /** Name for the node of a capture that names none, and in front of several. @default "replay" */
  readonly node?: string | undefined;
  /** Whether other gateways speak on a topic; asked for each message, in order. @default none does */
  readonly isForeign?: (topic: string) => boolean;
}

/** What the first pass found. */
export interface Survey {
  readonly end: CaptureEnd;
  /** Microseconds since 1970 of the first and the last thing to replay; 0 when there is none. */
  readonly first: number;
  readonly last: number;
  /** MQTT messages that are replayed. */
  readonly publishes: number;
  /** Those of them that are foreign, see `SurveyOptions`. */
  readonly foreign: number;
  readonly played: readonly PlayedNode[];
  /** Nodes whose envelopes the capture holds. */
  readonly nodes: ReadonlySet<string>;
  /** Ids of PUBLISHes with envelopes. */
  readonly envelopes: IdSet;
  /** The node that a radio interface stands for. */
  nodeOf(source: CaptureInterface | undefined): string;
}

interface RadioSource {
  readonly source: CaptureInterface | undefined;
  readonly radios: Set<string>;
  /** PUBLISHes that carried its frames. */
  readonly carriers: IdSet;
  /** Of some frame nobody says which PUBLISH carried it. */
  loose: boolean;
}

const OWN_INTERFACE = "radio:";
const DEFAULT_NODE = "replay";

class Surveyor implements SourceListener {
  first = 0;
  last = 0;
  publishes = 0;
  foreign = 0;
  readonly #isForeign: (topic: string) => boolean;
  readonly nodes = new Set<string>();
  readonly envelopes = new IdSet();
  readonly sources = new Map<string, RadioSource>();

  constructor(isForeign: (topic: string) => boolean) {
    this.#isForeign = isForeign;
  }

  publish({ topic, id }: CapturedPublish, time: number): void {
    this.#span(time);
    this.publishes++;
    if (this.#isForeign(topic)) this.foreign++;
    const node = nodeOfRadioTopic(topic);
    if (node === undefined) return;
    this.nodes.add(node);
    if (id !== undefined && id !== "") this.envelopes.add(id);
  }

  radio({ source, radio, carriers }: HeardFrame, time: number): void {
    this.#span(time);
    const key = keyOf(source);
    let known = this.sources.get(key);
    if (known === undefined) {
      known = { source, radios: new Set(), carriers: new IdSet(), loose: false };
      this.sources.set(key, known);
    }
    known.radios.add(radio);
    if (carriers.length === 0) known.loose = true;
    else known.carriers.add(carriers[0]!);
  }

  leftOut(): void {}

  #span(time: number): void {
    if (this.first === 0) this.first = time;
    this.last = time;
  }
}

/** Surveys a capture. */
export async function survey(
  source: SourceOptions,
  { node, isForeign = () => false }: SurveyOptions = {},
  events?: SourceEvents,
  signal?: AbortSignal,
): Promise<Survey> {
  const surveyor = new Surveyor(isForeign);
  const end = await readSource(source, surveyor, events, signal);
  const names = namesOf([...surveyor.sources.values()].map(({ source }) => source), node);
  const { first, last, publishes, foreign, nodes, envelopes } = surveyor;
  const played = new Map<string, Set<string>>();
  for (const { source, radios, carriers, loose } of surveyor.sources.values()) {
    if (!loose && carriers.isSubsetOf(envelopes)) continue;
    const name = names.get(keyOf(source))!;
    const known = played.get(name);
    if (known === undefined) played.set(name, new Set(radios));
    else for (const radio of radios) known.add(radio);
  }
  return {
    end,
    first,
    last,
    publishes,
    foreign,
    played: [...played].map(([name, radios]) => ({ name, radios })),
    nodes,
    envelopes,
    nodeOf: (source) => names.get(keyOf(source)) ?? node ?? DEFAULT_NODE,
  };
}

function keyOf(source: CaptureInterface | undefined): string {
  return source === undefined ? "" : `${source.section} ${source.id}`;
}

/** Names of nodes by interface. Those of a gateway's trace say theirs. */
export function namesOf(
  sources: readonly (CaptureInterface | undefined)[],
  node: string | undefined,
): Map<string, string> {
  const own = sources.map((source) =>
    source?.name?.startsWith(OWN_INTERFACE) ? nodeName(source.name.slice(OWN_INTERFACE.length)) : ""
  );
  const several = new Set(own.map((name, i) => name === "" ? i : name)).size > 1;
  const base = node ?? DEFAULT_NODE;
  const names = new Map<string, string>();
  const used = new Map<string, string>();
  sources.forEach((source, i) => {
    let name = own[i]!;
    if (name !== "") name = node === undefined ? name : several ? `${node}-${name}` : node;
    else if (!several) name = base;
    else {
      const label = nodeName(source?.name ?? source?.description ?? "") || String(source?.id ?? i);
      name = `${base}-${label}`;
      // Two interfaces of one name are two receivers.
      while (used.has(name)) name += `-${source?.id ?? i}`;
      used.set(name, name);
    }
    names.set(keyOf(source), name);
  });
  return names;
}
