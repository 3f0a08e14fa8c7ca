/**
 * TLS on a byte stream (RFC 8446, RFC 5246): records, handshake messages, and, with the keys of a
 * key log, what is inside.
 *
 * @module
 */
import { decodeData } from "../wire/data.ts";
import type { Dissection } from "../wire/dissection.ts";
import { rule } from "../wire/problem.ts";
import { applicationName } from "../wire/tls_applications.ts";
import { nameHandshake } from "../wire/tls_handshake.ts";
import {
  addInfo,
  decodeAlert,
  decodeApplicationData,
  decodeChangeCipherSpec,
  decodeHeartbeat,
  decodeRecordHeader,
  isContentType,
  putInnerType,
  RECORD_HEADER,
  versionColumn,
  versionOfRecord,
  wantsApplicationData,
} from "../wire/tls_record.ts";
import { TlsSession } from "../wire/tls_session.ts";
import { suiteOf } from "../wire/tls_suites.ts";
import { Content, Message, Version } from "../wire/tls_values.ts";
import { type Conversation, type Side, SIDES } from "./conversation.ts";
import type { KeyLog } from "./key_log.ts";
import type { Observer } from "./observer.ts";
import { PduStream } from "./pdu_stream.ts";
import type { StreamBudget } from "./stream_budget.ts";
import { type Carrier, MORE, type StreamProtocol, TAKEN } from "./stream_protocol.ts";
import { type Sender, TlsDecryption } from "./tls_decryption.ts";
import { TlsLayer } from "./tls_layer.ts";
import { TlsMessages } from "./tls_messages.ts";
import { putSegment, SEGMENTS } from "./tls_segments.ts";

/** What all TLS connections of a decoder share. */
export interface TlsContext {
  readonly keys: KeyLog;
  readonly observer: Observer;
  readonly budget: StreamBudget;
  /**
   * Says what the first decrypted bytes, from the cursor on, belong to; moves nothing.
   *
   * @param alpn protocol the server chose in the handshake, empty when none
   */
  recognise(
    d: Dissection,
    conversation: Conversation,
    side: Side,
    alpn: string,
  ): StreamProtocol | undefined;
}

const CLOSE_NOTIFY = 0;
const NOT_A_RECORD = rule("tls", "error", "bytes are no TLS record; passed over", "RFC 8446, 5.1");
const RESUME = rule("tls", "note", "bytes up to the next record are passed over");
const TOO_DEEP = rule("tls", "note", "nested too deep; passed over");

export class TlsStream implements StreamProtocol, Carrier {
  readonly name = "tls";
  /** What rides inside. */
  protocol: StreamProtocol | undefined = undefined;
  keep = 0;
  /** What the handshake told. */
  readonly session: TlsSession = new TlsSession();
  readonly #context: TlsContext;
  readonly #decryption: TlsDecryption;
  readonly #messages: readonly [TlsMessages, TlsMessages];
  readonly #inner: readonly [PduStream, PduStream];
  /** By side: the next bytes may be in the middle of a record. */
  readonly #unsure: [boolean, boolean] = [false, false];
  /** By side: of the record that waits only the header is kept, nothing else is of use. */
  readonly #idle: [boolean, boolean] = [false, false];
  #client: Side = 0;
  /** Who sent the record being read. */
  #from: Side = 0;
  readonly #layer = new TlsLayer();
  /** Frame whose columns speak of TLS. */
  #shown = -1;

  constructor(context: TlsContext) {
    this.#context = context;
    this.#decryption = new TlsDecryption(this.session, context.keys);
    const messages = () => new TlsMessages(this.session, (_d, type) => this.#heard(type));
    this.#messages = [messages(), messages()];
    this.#inner = [
      new PduStream(context.budget, SEGMENTS, this),
      new PduStream(context.budget, SEGMENTS, this),
    ];
  }

  get inner(): StreamProtocol | undefined {
    return this.protocol;
  }

  read(d: Dissection, conversation: Conversation, side: Side): number {
    const start = d.pos;
    this.#layer.enter(d);
    if (d.limit - start < RECORD_HEADER) return MORE;
    if (!d.has(RECORD_HEADER)) {
      d.skip(RECORD_HEADER);
      return TAKEN;
    }
    const type = d.data[start]!;
    const major = d.data[start + 1]!;
    if (!isContentType(type) || (this.#unsure[side] && major !== 3)) {
      return this.#notRecord(d, side);
    }
    const length = d.data[start + 3]! << 8 | d.data[start + 4]!;
    const total = RECORD_HEADER + length;
    if (d.limit - start < total) {
      const idle = type === Content.ApplicationData && !wantsApplicationData(d) &&
        !this.#decryption.canOpen(this.#sender(conversation, side));
      this.#idle[side] = idle;
      this.keep = idle ? RECORD_HEADER + 1 : 0;
      return total;
    }
    this.#unsure[side] = false;
    this.#from = side;
    d.narrow(total);
    this.#record(d, conversation, side, type, length);
    this.#idle[side] = false;
    d.widen();
    d.pos = start + total;
    return TAKEN;
  }

  lost(d: Dissection, conversation: Conversation, side: Side, length: number, aligned: boolean) {
    this.#decryption.lost(this.#sender(conversation, side), length);
    this.#messages[side].drop();
    this.#unsure[side] = !aligned;
    this.#inner[side].lose(d, conversation, side, length);
  }

  end(d: Dissection, conversation: Conversation, side: Side): void {
    this.#inner[side].end(d, conversation, side);
  }

  release(): void {
    for (const side of SIDES) {
      this.#inner[side].discard();
      this.#messages[side].drop();
    }
    this.protocol?.release?.();
  }

  #sender(conversation: Conversation, side: Side): Sender {
    if (this.session.clientRandom === undefined) this.#client = conversation.client;
    return side === this.#client ? 0 : 1;
  }

  #notRecord(d: Dissection, side: Side): number {
    d.problem(this.#unsure[side] ? RESUME : NOT_A_RECORD);
    addInfo(d, "Continuation Data");
    this.#unsure[side] = true;
    d.pos = d.end;
    return TAKEN;
  }

  #record(d: Dissection, conversation: Conversation, side: Side, type: number, length: number) {
    const session = this.session;
    const start = d.pos;
    const opaque = session.version === Version.Tls13 && type === Content.ApplicationData;
    const recordVersion = d.peek16(1);
    decodeRecordHeader(d, session.version, opaque);
    if (session.version === Version.Unknown) {
      session.version = versionOfRecord(type, d.peek(), recordVersion);
    }
    if (d.columns && this.#shown !== d.frame) {
      this.#shown = d.frame;
      d.infoColumn = "";
    }
    if (d.columns && this.#layer.isLast(d)) {
      d.protocolColumn = versionColumn(session.version || recordVersion);
    }
    const sender = this.#sender(conversation, side);
    const secret = length > 0 && this.#decryption.protects(sender, type);
    const plain = secret && d.has(length)
      ? this.#decryption.open(d, sender, type, length)
      : undefined;
    const shown = plain !== undefined && plain.length > 0;
    const inner = shown ? this.#decryption.innerType : type;
    if (opaque && shown) putInnerType(d, inner, start);
    if (inner === Content.ApplicationData) {
      const name = applicationName(session.alpn, conversation.portA, conversation.portB);
      if (!this.#idle[side]) decodeApplicationData(d, length, name);
      if (shown) this.#application(d, conversation, side, plain);
      else addInfo(d, "Application Data");
    } else if (shown && inner !== Content.ChangeCipherSpec) {
      if (d.enter("Decrypted TLS", plain, 0, plain.length)) {
        this.#content(d, conversation, side, inner, false);
        d.leave();
      } else d.problem(TOO_DEEP);
    } else {
      this.#content(d, conversation, side, inner, secret && !shown);
    }
    this.#observe(conversation, side, inner, length, plain);
  }

  #content(
    d: Dissection,
    conversation: Conversation,
    side: Side,
    type: number,
    encrypted: boolean,
  ): void {
    switch (type) {
      case Content.ChangeCipherSpec:
        return this.#changeCipherSpec(d, conversation, side);
      case Content.Alert:
        if (decodeAlert(d) === CLOSE_NOTIFY) this.#inner[side].end(d, conversation, side);
        return;
      case Content.Handshake:
        if (encrypted) {
          nameHandshake(d, d.end - d.pos);
          addInfo(d, "Encrypted Handshake Message");
        } else this.#messages[side].read(d);
        if (d.columns && this.session.version !== 0) {
          d.protocolColumn = versionColumn(this.session.version);
        }
        this.#learnClient(conversation);
        return;
      case Content.Heartbeat:
        return decodeHeartbeat(d, encrypted);
    }
  }

  #changeCipherSpec(d: Dissection, conversation: Conversation, side: Side): void {
    addInfo(d, "Change Cipher Spec");
    const sender = this.#sender(conversation, side);
    const session = this.session;
    const tls13 = session.version === Version.Tls13;
    decodeChangeCipherSpec(d, !tls13 && sender === 1 && session.resumed);
    if (tls13) return;
    this.#decryption.changeCipherSpec(sender);
    if (sender === 1) session.resumed = false;
  }

  /** A handshake message of `#from` was decoded. */
  #heard(type: number): void {
    const sender: Sender = this.#from === this.#client ? 0 : 1;
    switch (type) {
      case Message.ClientHello:
        this.#client = this.#from;
        return this.#decryption.clientHello();
      case Message.ServerHello:
        if (!this.session.retry) this.#decryption.serverHello();
        return;
      case Message.Finished:
        return this.#decryption.finished(sender);
      case Message.KeyUpdate:
        return this.#decryption.keyUpdate(sender);
      case Message.EndOfEarlyData:
        return this.#decryption.endOfEarlyData();
    }
  }

  #learnClient(conversation: Conversation): void {
    if (conversation.clientKnown || this.session.clientRandom === undefined) return;
    conversation.client = this.#client;
    conversation.clientKnown = true;
  }

  #application(d: Dissection, conversation: Conversation, side: Side, plain: Uint8Array): void {
    if (!d.enter("Decrypted TLS", plain, 0, plain.length)) return d.problem(TOO_DEEP);
    this.protocol ??= this.#context.recognise(d, conversation, side, this.session.alpn);
    if (this.protocol === undefined) {
      addInfo(d, "Application Data");
      decodeData(d);
    } else {
      this.#feed(d, conversation, side, plain.length);
    }
    d.leave();
  }

  #feed(d: Dissection, conversation: Conversation, side: Side, length: number): void {
    const inner = this.#inner[side];
    const before = inner.waiting;
    const depth = d.depth;
    inner.feed(d, conversation, side);
    d.depth = depth;
    const after = inner.waiting;
    if (before > 0) putSegment(d, 0, length);
    if (after === 0) return;
    // What waits now, unless that is only more of what waited before.
    const more = before > 0 && after === before + length;
    const kept = Math.min(after, length);
    if (!more) putSegment(d, length - kept, kept);
    if (d.columns && kept === length) d.infoColumn = "[TLS segment of a reassembled PDU]";
  }

  #observe(
    conversation: Conversation,
    side: Side,
    type: number,
    length: number,
    plain: Uint8Array | undefined,
  ): void {
    const total = RECORD_HEADER + length;
    let overhead = total;
    if (type === Content.ApplicationData) {
      const data = plain === undefined ? length - this.#expansion() : plain.length;
      overhead = total - Math.max(0, data);
    }
    this.#context.observer.tlsRecord(conversation, side, type, total, overhead);
  }

  /** Bytes that the cipher adds to a record at least; 0 when the suite is unknown. */
  #expansion(): number {
    const suite = suiteOf(this.session.suite);
    if (suite === undefined) return 0;
    if (this.session.version === Version.Tls13) return suite.tag + 1;
    return suite.explicit + suite.tag + (suite.mode === "cbc" ? 1 : 0);
  }
}
