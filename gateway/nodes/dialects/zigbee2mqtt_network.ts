/**
 * Devices and groups of one Zigbee2MQTT: their names, their properties, what is known of them.
 *
 * @module
 */
import type { DialectSink, NamedDevice, PropertyTopic } from "./dialect.ts";
import { isObject, type Json, type JsonObject } from "./json.ts";
import { type Exposed, readExposes } from "./zigbee2mqtt_exposes.ts";

const MAX_ENTITIES = 10_000;
const MAX_PROPERTIES = 500;
const MAX_NAME = 200;

type Kind = "device" | "group" | "unlisted";

interface Entity {
  readonly name: string;
  readonly device: NamedDevice;
  kind: Kind;
  /** As told; `null`: not yet. */
  model: string | undefined | null;
  readonly properties: Map<string, PropertyTopic>;
  /** Which of them were described. */
  described: Set<string>;
}

/** Whether it can be part of topics, and is none of Zigbee2MQTT's own. */
export function isEntityName(name: string): boolean {
  return name !== "" && name.length <= MAX_NAME && name !== "bridge" &&
    !name.startsWith("bridge/") && !/[+#\0]/.test(name);
}

/** A member of the state as a level of a topic. */
function levelOf(member: string): string {
  return member.replaceAll(/[/+#\0]/g, "_").slice(0, MAX_NAME);
}

interface Listed {
  readonly exposed: Map<string, Exposed>;
  /** Vendor and model. */
  readonly model: string | undefined;
}

function listed(list: readonly Json[], exposed: boolean): Map<string, Listed> {
  const entities = new Map<string, Listed>();
  for (const item of list) {
    if (!isObject(item) || item.type === "Coordinator") continue;
    const name = item.friendly_name;
    if (typeof name !== "string" || !isEntityName(name)) continue;
    if (entities.size >= MAX_ENTITIES) break;
    const definition = isObject(item.definition as Json) ? item.definition as JsonObject : {};
    const exposes = exposed ? definition.exposes : undefined;
    entities.set(name, { exposed: readExposes(exposes), model: modelOf(definition) });
  }
  return entities;
}

function modelOf({ vendor, model }: JsonObject): string | undefined {
  const words = [vendor, model].filter((word) => typeof word === "string" && word !== "");
  return words.length === 0 ? undefined : words.join(" ").slice(0, MAX_NAME);
}

function same(a: PropertyTopic, b: PropertyTopic): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

export class Zigbee2MqttNetwork {
  readonly base: string;
  /** Nobody configured it. Others may speak below its base: only what it listed is its own. */
  readonly learned: boolean;
  readonly #entities = new Map<string, Entity>();
  /** Whether those are there that it did not list yet. */
  readonly #early = new Map<string, boolean>();

  constructor(base: string, learned = false) {
    this.base = base;
    this.learned = learned;
  }

  /** Whether a device or group of that name was listed. */
  isListed(name: string): boolean {
    const entity = this.#entities.get(name);
    return entity !== undefined && entity.kind !== "unlisted";
  }

  /** Takes what `<name>/availability` says. */
  availability(name: string, online: boolean, sink: DialectSink) {
    if (!this.isListed(name) && this.#early.size < MAX_ENTITIES) this.#early.set(name, online);
    sink.availability(this.base, this.#device(name), online);
  }

  /** @returns The topic of a member of an entity's state; undefined when there are too many. */
  property(name: string, member: string): PropertyTopic | undefined {
    const entity = this.#entity(name, "unlisted");
    if (entity === undefined) return undefined;
    let topic = entity.properties.get(member);
    if (topic === undefined) {
      if (entity.properties.size >= MAX_PROPERTIES || levelOf(member) === "") return undefined;
      topic = this.#topic(entity, member);
      entity.properties.set(member, topic);
    }
    return topic;
  }

  /** Takes `bridge/devices` or `bridge/groups`. @returns whether names came or went */
  list(kind: "device" | "group", list: readonly Json[], sink: DialectSink): boolean {
    const now = listed(list, kind === "device");
    let changed = false;
    for (const entity of [...this.#entities.values()]) {
      if (entity.kind !== kind || now.has(entity.name)) continue;
      this.remove(entity.name, sink);
      changed = true;
    }
    for (const [name, { exposed, model }] of now) {
      if (!this.isListed(name)) changed = true;
      const entity = this.#entity(name, kind);
      if (entity === undefined) break;
      entity.kind = kind;
      if (kind === "device") {
        if (entity.model !== model) sink.device(this.base, entity.device, model);
        entity.model = model;
        this.#describe(entity, exposed, sink);
      }
      const online = this.#early.get(name);
      if (online !== undefined) sink.availability(this.base, entity.device, online);
      this.#early.delete(name);
    }
    return changed;
  }

  /** Forgets a device or group. @returns whether it was there */
  remove(name: string, sink: DialectSink): boolean {
    const entity = this.#entities.get(name);
    if (entity === undefined) return false;
    for (const { topic } of entity.properties.values()) sink.undescribe(topic);
    sink.gone(entity.device);
    this.#entities.delete(name);
    return true;
  }

  #entity(name: string, kind: Kind): Entity | undefined {
    let entity = this.#entities.get(name);
    if (entity === undefined && this.#entities.size < MAX_ENTITIES) {
      const device = this.#device(name);
      entity = { name, device, kind, model: null, properties: new Map(), described: new Set() };
      this.#entities.set(name, entity);
    }
    return entity;
  }

  #device(name: string): NamedDevice {
    return { path: `${this.base}/${name}`, name };
  }

  #topic({ device }: Entity, member: string, exposed?: Exposed): PropertyTopic {
    const topic = device.path;
    return {
      topic: `${topic}/${levelOf(member)}`,
      device,
      ...exposed?.unit === undefined ? {} : { unit: exposed.unit },
      ...exposed?.control === undefined ? {} : { control: exposed.control },
      ...exposed?.settable ? { command: { topic: `${topic}/set`, member } } : {},
    };
  }

  #describe(entity: Entity, exposed: Map<string, Exposed>, sink: DialectSink) {
    for (const property of entity.described) {
      if (exposed.has(property)) continue;
      const gone = entity.properties.get(property);
      entity.properties.delete(property);
      if (gone !== undefined) sink.undescribe(gone.topic);
    }
    for (const [property, expose] of exposed) {
      const topic = this.#topic(entity, property, expose);
      const known = entity.properties.get(property);
      if (entity.described.has(property) && known !== undefined && same(known, topic)) continue;
      entity.properties.set(property, topic);
      sink.describe(topic);
    }
    entity.described = new Set(exposed.keys());
  }
}

/** The array in a `bridge/devices` or `bridge/groups` message; undefined where there is none. */
export function listIn(value: Json | undefined): readonly JsonObject[] | undefined {
  return Array.isArray(value) ? value.filter(isObject) : undefined;
}
