/**
 * What the text messages of WebSocket sessions are about. A text that goes to many is looked at
 * once, and its secrets are hidden in place.
 *
 * @module
 */
import { SecretText } from "../packets/secret_text.ts";
import { type CommentLines, lineHead, since, updateKeys } from "./comment_lines.ts";
import type { Selection } from "./trace_filter.ts";
import type { TraceIds } from "./trace_ids.ts";

/** One update or event in a message. */
interface Item {
  id: string;
  channel: string;
  node: string;
  /** When the update was made, ms of the monotonic clock; NaN: not known, or it is none. */
  made: number;
  /** Its line but for `since_us`. */
  line: string;
}

const HEAD = `{"type":"`;
/** A client's message of this length is not looked into, bytes. */
const MAX_ASKED = 64 << 10;

const decoder = new TextDecoder();
const secrets = new SecretText();
const NONE: readonly Item[] = [];

export class SessionTexts {
  readonly #known = new WeakMap<Uint8Array, readonly Item[]>();
  readonly #ids: TraceIds;

  constructor(ids: TraceIds) {
    this.#ids = ids;
  }

  /** Looks at a text that goes out, and hides its secrets. */
  #look(data: Uint8Array): readonly Item[] {
    let items = this.#known.get(data);
    if (items === undefined) {
      items = itemsOf(data, this.#ids);
      hideSecrets(data);
      this.#known.set(data, items);
    }
    return items;
  }

  /**
   * Adds the lines of a message that goes out, and hides its secrets.
   *
   * @param time when it was sent, ms of the monotonic clock
   */
  addLines(lines: CommentLines, data: Uint8Array, time: number) {
    for (const { line, made } of this.#look(data)) lines.add(line + since(time - made));
    if (lines.empty) lines.add(lineHead("", "ws", true));
  }

  /** Whether a message that goes out tells of something selected. Hides its secrets. */
  selected(data: Uint8Array, selection: Selection): boolean {
    return this.#look(data).some(({ id, channel, node }) =>
      selection.update(channel, node, this.#ids.find(id))
    );
  }
}

/** Hides secrets of one text, in place. */
export function hideSecrets(data: Uint8Array) {
  secrets.begin();
  secrets.mask(data, 0, data.length);
}

/** Whether a client's message asks something of a selected channel. */
export function asksFor(data: Uint8Array, selection: Selection): boolean {
  if (selection.byNode || data.length > MAX_ASKED) return false;
  const messages = parsed(decoder.decode(data));
  return messages.some(({ type, channel }) =>
    (type === "subscribe" || type === "command") && typeof channel === "string" &&
    selection.channel(channel)
  );
}

function itemsOf(data: Uint8Array, ids: TraceIds): readonly Item[] {
  const text = decoder.decode(data);
  // The gateway's own messages begin so; snapshots are long.
  if (text.startsWith(HEAD) && !/^(data|event)"/.test(text.slice(HEAD.length, 20))) return NONE;
  const items: Item[] = [];
  for (const { type, id, channel, seq, node } of parsed(text)) {
    if (typeof channel !== "string" || typeof seq !== "number") continue;
    const isUpdate = type === "data" && typeof id === "string" && /^[\w.-]+$/.test(id);
    if (!isUpdate && type !== "event") continue;
    const known = isUpdate ? id : "";
    const line = lineHead(known, "ws", true) + updateKeys(channel, seq);
    // The clock that its "time" is of may have been set since.
    const made = isUpdate ? ids.find(id)?.madeAt(channel, seq) ?? NaN : NaN;
    items.push({ id: known, channel, node: typeof node === "string" ? node : "", made, line });
  }
  return items;
}

/** Messages of a text, one or an array; others than objects are left out. */
function parsed(text: string): Record<string, unknown>[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return [];
  }
  const list: unknown[] = Array.isArray(value) ? value : [value];
  return list.filter((one) => typeof one === "object" && one !== null) as Record<
    string,
    unknown
  >[];
}
