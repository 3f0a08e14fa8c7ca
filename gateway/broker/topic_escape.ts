/**
 * Topics for a broker that refuses some characters in them: nats-server 2.9 closes the connection
 * of whoever publishes on a topic with a dot or a space.
 *
 * A refused character becomes `%` and its code in two hexadecimal digits: `a.b c` is `a%2Eb%20c`
 * there. What looks like that already gets one `25` more behind its `%` (`a%2Eb` is `a%252Eb`), so
 * that every topic comes back as it was. All other topics stay as they are, those with `%` too; so
 * a topic that somebody else has at the broker is never changed by unescaping and escaping it.
 *
 * @module
 */

/** What a topic's levels and wildcards are made of, and the escape itself. */
const RESERVED = /[/+#%\0]/;

function hex(character: string): string {
  return character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0");
}

/** Translates both ways; topics and filters alike, since wildcards stay what they are. */
export class TopicEscape {
  /** What is escaped, each character once, in the order of their codes. */
  readonly characters: string;
  /** A character to escape, or what looks escaped. */
  readonly #plain: RegExp;
  /** What was escaped. */
  readonly #escaped: RegExp;

  /**
   * @param characters ASCII characters that the broker refuses.
   * @throws {RangeError} if there are none, or one of them cannot be escaped: `/`, `+`, `#`, `%`.
   */
  constructor(characters: string) {
    const each = [...new Set(characters)].sort();
    if (each.length === 0) throw new RangeError("cannot escape topics: no characters");
    for (const character of each) {
      if (RESERVED.test(character) || character > "\x7f") {
        throw new RangeError(`cannot escape topics: "${character}" cannot be escaped`);
      }
    }
    this.characters = each.join("");
    const codes = each.map(hex);
    const set = codes.map((code) => `\\x${code}`).join("");
    this.#plain = new RegExp(`[${set}]|%(?=(?:25)*(?:${codes.join("|")}))`, "g");
    this.#escaped = new RegExp(`%(?:25((?:25)*)(${codes.join("|")})|(${codes.join("|")}))`, "g");
  }

  /** The topic or filter as the broker takes it. */
  escape(topic: string): string {
    return topic.replace(this.#plain, (found) => found === "%" ? "%25" : `%${hex(found)}`);
  }

  /** The topic that {@linkcode escape} was given. */
  unescape(topic: string): string {
    // Most topics have nothing of the kind.
    if (!topic.includes("%")) return topic;
    return topic.replace(
      this.#escaped,
      (_, more: string, code: string, only: string | undefined) =>
        only === undefined ? `%${more}${code}` : String.fromCharCode(parseInt(only, 16)),
    );
  }
}

/** Control characters and the space: what separates words on the wire of a text protocol. */
const BLANKS = Array.from({ length: 0x20 }, (_, code) => String.fromCharCode(code + 1)).join("");

/**
 * What is escaped for a broker that refuses these characters.
 *
 * @param refused As found out by trying; one that refuses a space is not tried with a tab, which
 *   may break more than our own connection.
 * @returns `null`: topics go as they are, since nothing or even `%` is refused
 */
export function escapeFor(refused: string): TopicEscape | null {
  if (refused.includes("%")) return null;
  const all = refused.includes(" ") ? refused + BLANKS : refused;
  return all === "" ? null : new TopicEscape(all);
}
