/**
 * Cuts a display filter into words.
 *
 * @module
 */
import { DisplayFilterError } from "./filter_error.ts";

/**
 * - word: an unquoted name or literal;
 * - string: a quoted string, escapes resolved;
 * - char: a character constant, its code in `text`;
 * - range: what stands between the brackets of a slice;
 * - symbol: an operator or bracket, words such as "and" included in their sign form;
 * - end: behind the last word.
 */
export interface Token {
  readonly kind: "word" | "string" | "char" | "range" | "symbol" | "end";
  readonly text: string;
  readonly at: number;
  readonly length: number;
}

const SYMBOLS = /===|!==|==|!=|~=|<=|>=|&&|\|\||\^\^|\.\.|[(){},!<>~&+\-*/%]/y;

/** Operators that are words, as the sign they stand for. */
const WORD_OPERATORS: ReadonlyMap<string, string> = new Map([
  ["eq", "=="],
  ["any_eq", "=="],
  ["ne", "!="],
  ["all_ne", "!="],
  ["all_eq", "==="],
  ["any_ne", "!=="],
  ["gt", ">"],
  ["ge", ">="],
  ["lt", "<"],
  ["le", "<="],
  ["and", "&&"],
  ["or", "||"],
  ["xor", "^^"],
  ["not", "!"],
  ["bitwise_and", "&"],
  ["matches", "~"],
  ["contains", "contains"],
  ["in", "in"],
  ["any", "any"],
  ["all", "all"],
]);

const SIGN_ALIASES: ReadonlyMap<string, string> = new Map([["~=", "!=="]]);

/** Words a filter may have. */
const MAX_TOKENS = 4000;

/** Forms of words; the longest that fits is taken. */
const WORDS = [
  // Names, numbers, "2026-11-20".
  /\.?[A-Za-z0-9_][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*/y,
  // Bytes and hardware addresses.
  /:?[0-9A-Fa-f]{2}(?:[:.-][0-9A-Fa-f]{2})+/y,
  /[0-9A-Fa-f]{4}(?:\.[0-9A-Fa-f]{4}){2}/y,
  /:[0-9A-Fa-f]+/y,
  // IPv4 and IPv6 addresses, with a prefix length.
  /\d{1,3}(?:\.\d{1,3}){3}(?:\/\d{1,2})?/y,
  /[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?:\d{0,3}(?:\.\d{1,3}){3})?(?:\/\d{1,3})?/y,
];

const ESCAPES: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
  "'": "'",
  '"': '"',
};

/** @throws {DisplayFilterError} at what no word begins with, or a quote that is not closed */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    while (/\s/.test(text[at] ?? "")) at++;
    if (at >= text.length) break;
    const token = next(text, at);
    if (tokens.push(token) > MAX_TOKENS) throw new DisplayFilterError("the filter is too long", at);
    at += token.length;
  }
  tokens.push({ kind: "end", text: "", at: text.length, length: 0 });
  return tokens;
}

function next(text: string, at: number): Token {
  const first = text[at]!;
  if (first === '"') return string(text, at, at + 1, false);
  if ((first === "r" || first === "R") && text[at + 1] === '"') {
    return string(text, at, at + 2, true);
  }
  if (first === "'") return character(text, at);
  if (first === "[") return range(text, at);
  const word = longestWord(text, at);
  if (word !== "") {
    const operator = WORD_OPERATORS.get(word);
    if (operator === undefined) return { kind: "word", text: word, at, length: word.length };
    return { kind: "symbol", text: operator, at, length: word.length };
  }
  SYMBOLS.lastIndex = at;
  const symbol = SYMBOLS.exec(text)?.[0];
  if (symbol !== undefined) {
    return { kind: "symbol", text: SIGN_ALIASES.get(symbol) ?? symbol, at, length: symbol.length };
  }
  throw new DisplayFilterError(`${JSON.stringify(first)} is not expected here`, at);
}

function longestWord(text: string, at: number): string {
  let longest = "";
  for (const form of WORDS) {
    form.lastIndex = at;
    const found = form.exec(text)?.[0];
    if (found !== undefined && found.length > longest.length) longest = found;
  }
  return longest;
}

function string(text: string, at: number, start: number, raw: boolean): Token {
  let value = "";
  let end = start;
  for (;;) {
    const character = text[end];
    if (character === undefined) {
      throw new DisplayFilterError("the string that begins here has no closing quote", at);
    }
    if (character === '"') break;
    if (character !== "\\") {
      value += character;
      end++;
    } else if (raw) {
      value += text.slice(end, end + 2);
      end += 2;
    } else {
      const { value: resolved, length } = escape(text, end);
      value += resolved;
      end += length;
    }
  }
  return { kind: "string", text: value, at, length: end + 1 - at };
}

function escape(text: string, at: number): { value: string; length: number } {
  const numeric = /\\(?:x([0-9A-Fa-f]{1,2})|([0-7]{1,3})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8}))/y;
  numeric.lastIndex = at;
  const match = numeric.exec(text);
  if (match !== null) {
    const [whole, hex, octal, short, long] = match;
    const code = octal === undefined ? parseInt(hex ?? short ?? long!, 16) : parseInt(octal, 8);
    if (code > 0x10ffff || (octal !== undefined && code > 255)) {
      throw new DisplayFilterError(`${whole} is too large`, at);
    }
    return { value: String.fromCodePoint(code), length: whole.length };
  }
  const value = ESCAPES[text[at + 1] ?? ""];
  if (value === undefined) {
    throw new DisplayFilterError(
      `\\${text[at + 1] ?? ""} is not an escape: use \\\\ for a backslash, or r"..."`,
      at,
    );
  }
  return { value, length: 2 };
}

function character(text: string, at: number): Token {
  const escaped = text[at + 1] === "\\";
  const { value, length } = escaped
    ? escape(text, at + 1)
    : { value: text[at + 1] ?? "", length: 1 };
  if (value === "" || value === "'" && !escaped || text[at + 1 + length] !== "'") {
    throw new DisplayFilterError("a character constant is one character in quotes, as 'a'", at);
  }
  return { kind: "char", text: String(value.charCodeAt(0)), at, length: length + 2 };
}

function range(text: string, at: number): Token {
  const end = text.indexOf("]", at);
  if (end < 0) throw new DisplayFilterError("the slice that begins here has no closing ]", at);
  return { kind: "range", text: text.slice(at + 1, end), at, length: end + 1 - at };
}
