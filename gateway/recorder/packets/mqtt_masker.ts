/**
 * Overwrites secrets in one direction of an MQTT connection, in place, however its bytes are cut
 * into chunks; lengths stay:
 *
 * - CONNECT: the password; the user name where there is no password flag, as it is a token then;
 *   what stands behind the last field (MQTT 3.1.1, 3.1; 5, 3.1)
 * - authentication data of CONNECT, CONNACK and AUTH; user properties with a secret's name (MQTT 5)
 * - PUBLISH and wills: secrets in JSON (`secret_text.ts`), and the whole payload where the last level
 *   of the topic is a secret's name, or the one before a last level such as `set`; the whole payload,
 *   too, where a topic alias stands for a topic that is not known
 * - in strings and packets of other types, and in bytes that are no MQTT: what looks like a parameter,
 *   a header or a member with a secret's name (`loose_text.ts`)
 *
 * As long as the version is not known, JSON is looked for behind what may be properties.
 *
 * @module
 */
import { LooseText } from "./loose_text.ts";
import { MqttLink } from "./mqtt_link.ts";
import { Action, ConnectFlag, MAX_ACKNOWLEDGMENT, Step } from "./mqtt_masker_steps.ts";
import { MqttType, wrongHeader } from "./mqtt_types.ts";
import { PropertyId, PropertyType, propertyType } from "./mqtt_properties.ts";
import { SecretName } from "./secret_names.ts";
import { SecretText } from "./secret_text.ts";
import { SecretTopic, TopicKind } from "./secret_topic.ts";

const STAR = 0x2a;

/** One direction. It never throws. */
export class MqttMasker {
  readonly #link: MqttLink;
  readonly #text = new SecretText();
  readonly #loose = new LooseText();
  readonly #name = new SecretName();
  readonly #topic = new SecretTopic();
  /** Kinds of the topics that aliases stand for (MQTT 5, 3.3.2.3.4). */
  readonly #aliases = new Map<number, number>();
  readonly #steps: number[] = [];
  /** Bytes of an unknown packet that are still to come. */
  #unknown = 0;
  #lost = false;
  /** Bytes of the fixed header that came; -1 behind it. */
  #header = 0;
  #first = 0;
  /** Bytes of the packet that are still to come. */
  #left = 0;
  #step = 0;
  #action: number = Action.Skip;
  /** Bytes for the action that are still to come; 0: the next step is to be taken. */
  #count = 0;
  #number = 0;
  #shift = 0;
  /** The length of a field was read, its bytes come. */
  #counted = false;
  /** `#left` where the properties end. */
  #propertiesEnd = 0;
  #topicEmpty = false;
  #topicKind: number = TopicKind.Plain;

  /** @param link shared by both directions of a connection */
  constructor(link: MqttLink = new MqttLink()) {
    this.#link = link;
  }

  /** The bytes were no MQTT; since then they were any text. */
  get lost(): boolean {
    return this.#lost;
  }

  /**
   * Begins anew, in the middle of a stream.
   *
   * @param skipBytes see `MqttFramer.start`; nobody knows what is in them, so they are hidden.
   *   @default 0
   */
  start(skipBytes = 0): void {
    this.#unknown = skipBytes;
    this.#lost = false;
    this.#header = 0;
    this.#aliases.clear();
  }

  /** Goes on with a chunk, and changes it. */
  mask(chunk: Uint8Array): void {
    let at = Math.min(this.#unknown, chunk.length);
    this.#unknown -= at;
    chunk.fill(STAR, 0, at);
    while (at < chunk.length && !this.#lost) {
      if (this.#header >= 0) {
        this.#readHeader(chunk[at]!);
        // The byte is the first of what is no MQTT.
        if (this.#lost) this.#loose.begin();
        else at++;
        continue;
      }
      const end = Math.min(at + Math.min(this.#count, this.#left), chunk.length);
      this.#act(chunk, at, end);
      this.#left -= end - at;
      this.#count -= end - at;
      at = end;
      if (this.#left === 0) this.#header = 0;
      else if (this.#count === 0) this.#done();
    }
    if (this.#lost) this.#loose.mask(chunk, at, chunk.length);
  }

  #readHeader(byte: number): void {
    const place = this.#header++;
    if (place === 0) {
      this.#first = byte;
      this.#left = 0;
      this.#lost = wrongHeader(byte, this.#link.version) !== undefined;
      return;
    }
    this.#left += (byte & 0x7f) << 7 * (place - 1);
    if ((byte & 0x80) !== 0) {
      this.#lost = place === 4;
    } else if (this.#left === 0) this.#header = 0;
    else if (this.#isWrongLength()) this.#lost = true;
    else {
      this.#header = -1;
      this.#beginPacket();
    }
  }

  #isWrongLength(): boolean {
    const type = this.#first >> 4;
    return this.#link.version === 0 && type >= MqttType.Puback && type <= MqttType.Pubcomp &&
      this.#left > MAX_ACKNOWLEDGMENT;
  }

  /** Puts the steps of the packet on the stack, the last one first. */
  #beginPacket(): void {
    const steps = this.#steps;
    steps.length = 0;
    const type = this.#first >> 4;
    if (type === MqttType.Connack) this.#link.learnFromConnack(this.#left);
    else if (type === MqttType.Auth) this.#link.learnFromAuth();
    const five = this.#link.version === 5;
    if (type === MqttType.Publish) {
      steps.push(Step.RestPayload);
      if (five) steps.push(Step.PropertiesLength);
      if ((this.#first & 6) !== 0) steps.push(Step.Skip2);
      steps.push(Step.Topic);
    } else if (type === MqttType.Connect) {
      this.#aliases.clear();
      steps.push(Step.RestSecret, Step.Flags, Step.Level, Step.Other);
    } else if (type === MqttType.Connack && five) {
      steps.push(Step.RestOther, Step.PropertiesLength, Step.Skip2);
    } else if (type === MqttType.Auth) {
      steps.push(Step.RestOther, Step.PropertiesLength, Step.Skip1);
    } else steps.push(Step.RestOther);
    this.#next();
  }

  #act(chunk: Uint8Array, at: number, end: number): void {
    switch (this.#action) {
      case Action.Number:
        while (at < end) this.#number = (this.#number << 8 | chunk[at++]!) >>> 0;
        return;
      case Action.Varint:
        this.#varint(chunk[at]!);
        return;
      case Action.Hide:
        chunk.fill(STAR, at, end);
        return;
      case Action.Text:
        this.#text.mask(chunk, at, end);
        return;
      case Action.Name:
        this.#name.push(chunk, at, end);
        return;
      case Action.Topic:
        this.#topic.push(chunk, at, end);
        return;
      case Action.Loose:
        this.#loose.mask(chunk, at, end);
    }
  }

  /** One byte of it. */
  #varint(byte: number): void {
    this.#number += (byte & 0x7f) * 2 ** this.#shift;
    this.#shift += 7;
    if ((byte & 0x80) !== 0 && this.#shift < 28) this.#count++;
  }

  /** Takes the next step that wants bytes. */
  #next(): void {
    let step = this.#steps.pop() ?? Step.RestOther;
    while (step === Step.Property && this.#left <= this.#propertiesEnd) {
      step = this.#steps.pop() ?? Step.RestOther;
    }
    this.#step = step;
    this.#counted = false;
    this.#number = this.#shift = 0;
    if (step >= Step.RestOther) return this.#rest(step);
    if (step === Step.PropertiesLength || step === Step.Varint) this.#expect(Action.Varint, 1);
    else if (step === Step.Skip1) this.#expect(Action.Skip, 1);
    else if (step === Step.Skip2) this.#expect(Action.Skip, 2);
    else if (step === Step.Skip4) this.#expect(Action.Skip, 4);
    else if (step <= Step.Property) this.#expect(Action.Number, 1);
    else this.#expect(Action.Number, 2);
  }

  #expect(action: number, count: number): void {
    this.#action = action;
    this.#count = count;
  }

  #rest(step: number): void {
    this.#count = this.#left;
    if (step === Step.RestPayload) this.#beginText(this.#link.version === 0);
    else if (step === Step.RestSecret) this.#action = Action.Hide;
    else this.#beginLoose();
  }

  /** @param search properties may stand before it */
  #beginText(search = false): void {
    const { Secret, Guarded } = TopicKind;
    this.#text.begin(this.#topicKind === Secret, this.#topicKind === Guarded, search);
    this.#action = Action.Text;
  }

  #beginLoose(): void {
    this.#loose.begin();
    this.#action = Action.Loose;
  }

  /** All bytes of an action came. */
  #done(): void {
    const step = this.#step;
    if (step >= Step.Other && step <= Step.Named) {
      if (!this.#counted) {
        this.#beginField(step, this.#number);
        if (this.#count > 0) return;
      }
      if (step === Step.Topic) this.#topicKnown();
    } else if (step === Step.Level) this.#link.learn(this.#number);
    else if (step === Step.Flags) this.#connectFlags(this.#number);
    else if (step === Step.PropertiesLength) this.#beginProperties(this.#number);
    else if (step === Step.Property) this.#property(this.#number);
    else if (step === Step.Alias) this.#alias(this.#number);
    if (this.#count === 0) this.#next();
  }

  /** @param length of the field's bytes, which come next */
  #beginField(step: number, length: number): void {
    this.#counted = true;
    this.#count = length;
    if (step === Step.Other) return this.#beginLoose();
    this.#action = Action.Skip;
    if (step === Step.Secret || step === Step.Named && this.#name.secret) {
      this.#action = Action.Hide;
    } else if (step === Step.Name) {
      this.#name.clear();
      this.#action = Action.Name;
    } else if (step === Step.Topic) {
      this.#topic.clear();
      this.#topicEmpty = length === 0;
      this.#action = Action.Topic;
    } else if (step === Step.Will) this.#beginText();
  }

  /** An empty one has an alias, which is in the properties. */
  #topicKnown(): void {
    this.#topicKind = this.#topicEmpty ? TopicKind.Secret : this.#topic.kind;
    if (!this.#topicEmpty || this.#link.version !== 0 || this.#first >> 4 !== MqttType.Publish) {
      return;
    }
    this.#link.version = 5;
    // Behind them the payload is left.
    this.#steps.splice(1, 0, Step.PropertiesLength);
  }

  #alias(alias: number): void {
    if (!this.#topicEmpty) this.#aliases.set(alias, this.#topicKind);
    else this.#topicKind = this.#aliases.get(alias) ?? TopicKind.Secret;
  }

  /** The fields behind the flags (MQTT 5, 3.1.2.4 to 3.1.3.6). */
  #connectFlags(flags: number): void {
    const steps = this.#steps;
    const five = this.#link.version === 5;
    const password = (flags & ConnectFlag.Password) !== 0;
    if (password) steps.push(Step.Secret);
    if ((flags & ConnectFlag.UserName) !== 0) steps.push(password ? Step.Other : Step.Secret);
    if ((flags & ConnectFlag.Will) !== 0) {
      steps.push(Step.Will, Step.Topic);
      if (five) steps.push(Step.PropertiesLength);
    }
    steps.push(Step.Other);
    if (five) steps.push(Step.PropertiesLength);
    steps.push(Step.Skip2);
  }

  #beginProperties(length: number): void {
    this.#propertiesEnd = this.#left - length;
    this.#steps.push(Step.Property);
  }

  /** What a property is that nobody knows, is hidden with all behind it. */
  #property(id: number): void {
    const steps = this.#steps;
    const type = propertyType(id);
    if (type === PropertyType.Unknown) {
      return this.#expect(Action.Hide, this.#left - this.#propertiesEnd);
    }
    steps.push(Step.Property);
    if (id === PropertyId.TopicAlias) steps.push(Step.Alias);
    else if (id === PropertyId.AuthenticationData) steps.push(Step.Secret);
    else if (type === PropertyType.Pair) steps.push(Step.Named, Step.Name);
    else if (type === PropertyType.Counted) steps.push(Step.Other);
    else if (type === PropertyType.Varint) steps.push(Step.Varint);
    else if (type === PropertyType.Byte) steps.push(Step.Skip1);
    else steps.push(type === PropertyType.Uint16 ? Step.Skip2 : Step.Skip4);
  }
}

/** Overwrites the secrets in the first packet of a connection. @returns the same bytes */
export function maskFirstPacket<Packet extends Uint8Array>(packet: Packet): Packet {
  new MqttMasker().mask(packet);
  return packet;
}
