/**
 * Reads Wireshark's display filter language (Wireshark 4.0; `^^` and parentheses around values as
 * in later versions).
 *
 * @module
 */
import { fieldNamed } from "../../wire/field.ts";
import { DisplayFilterError, unknownField } from "./filter_error.ts";
import { type Token, tokenize } from "./lexer.ts";
import type {
  Arithmetic,
  Comparison,
  Match,
  Operand,
  SetElement,
  SliceRange,
  Test,
} from "./syntax.ts";

const COMPARISONS = new Set(["==", "!=", "===", "!==", "<", "<=", ">", ">="]);
/** Operators of values, from those that bind least. */
const ARITHMETIC: readonly (readonly string[])[] = [["&"], ["+", "-"], ["*", "/", "%"]];
/** Operators of tests, from those that bind least. */
const LOGIC = ["||", "^^", "&&"] as const;
/** Brackets and signs inside one another. */
const MAX_DEPTH = 200;

/** @throws {DisplayFilterError} */
export function parseFilter(text: string): Test {
  return new Parser(tokenize(text)).parse();
}

/** Inside parentheses there may be a test or a value; which, shows behind them. */
type Either = { readonly test: Test } | { readonly operand: Operand };

class Parser {
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  parse(): Test {
    if (this.#ended) {
      throw new DisplayFilterError("the filter is empty: name a field, as mqtt.topic", 0);
    }
    const test = asTest(this.#logic(0));
    if (!this.#ended) throw this.#unexpected("the end of the filter, && or ||");
    return test;
  }

  get #token(): Token {
    return this.#tokens[this.#next]!;
  }

  get #ended(): boolean {
    return this.#token.kind === "end";
  }

  #isSymbol(text: string): boolean {
    return this.#token.kind === "symbol" && this.#token.text === text;
  }

  #take(text: string): boolean {
    if (!this.#isSymbol(text)) return false;
    this.#next++;
    return true;
  }

  #expect(text: string): void {
    if (!this.#take(text)) throw this.#unexpected(`"${text}"`);
  }

  #unexpected(expected: string): DisplayFilterError {
    const { kind, text, at } = this.#token;
    const found = kind === "end" ? "the filter ends here" : `"${text}" is not expected here`;
    return new DisplayFilterError(`${found}: expected ${expected}`, at);
  }

  /** Runs `inner` one level deeper. */
  #nested<T>(inner: () => T): T {
    if (++this.#depth > MAX_DEPTH) {
      throw new DisplayFilterError("the filter is nested too deep", this.#token.at);
    }
    const result = inner();
    this.#depth--;
    return result;
  }

  #logic(level: number): Either {
    const operator = LOGIC[level];
    if (operator === undefined) return this.#not();
    let left = this.#logic(level + 1);
    for (;;) {
      const { at } = this.#token;
      if (!this.#take(operator)) return left;
      const right = this.#logic(level + 1);
      left = {
        test: { kind: "logic", operator, left: asTest(left), right: asTest(right), at },
      };
    }
  }

  #not(): Either {
    const { at } = this.#token;
    if (!this.#take("!")) return this.#relation();
    const test = this.#nested(() => asTest(this.#not()));
    return { test: { kind: "not", test, at } };
  }

  #relation(): Either {
    let match: Match;
    if (this.#take("any")) match = "any";
    else if (this.#take("all")) match = "all";
    const left = this.#value();
    if ("test" in left) return left;
    const test = this.#behind(left.operand, match);
    if (test === undefined && match !== undefined) throw this.#unexpected("a comparison");
    return test === undefined ? left : { test };
  }

  /** The relation whose left side has been read, if there is one. */
  #behind(left: Operand, match: Match): Test | undefined {
    const { text, at, kind } = this.#token;
    if (kind !== "symbol") return undefined;
    if (COMPARISONS.has(text)) return this.#comparisons(left, match);
    if (text === "contains" || text === "~") {
      this.#next++;
      const right = this.#arithmetic(0);
      return { kind: text === "~" ? "matches" : "contains", left, right, match, at };
    }
    const following = this.#tokens[this.#next + 1];
    const negated = text === "!" && following?.kind === "symbol" && following.text === "in";
    if (negated) this.#next++;
    if (!this.#take("in")) return undefined;
    const test: Test = { kind: "in", left, set: this.#set(), match, at };
    return negated ? { kind: "not", test, at } : test;
  }

  /** `a < b <= c` holds when each of its comparisons does. */
  #comparisons(first: Operand, match: Match): Test {
    let left = first;
    let result: Test | undefined;
    while (this.#token.kind === "symbol" && COMPARISONS.has(this.#token.text)) {
      const { at, text } = this.#token;
      this.#next++;
      const right = this.#arithmetic(0);
      const test: Test = { kind: "compare", operator: text as Comparison, left, right, match, at };
      result = result === undefined
        ? test
        : { kind: "logic", operator: "&&", left: result, right: test, at };
      left = right;
    }
    return result!;
  }

  #set(): SetElement[] {
    this.#expect("{");
    const set: SetElement[] = [];
    do {
      const low = this.#signed();
      set.push({ low, high: this.#take("..") ? this.#signed() : undefined });
    } while (this.#take(","));
    this.#expect("}");
    return set;
  }

  /** A value, or a test in parentheses. */
  #value(): Either {
    const { at } = this.#token;
    if (!this.#take("(")) return { operand: this.#arithmetic(0) };
    const inner = this.#nested(() => this.#logic(0));
    this.#expect(")");
    if ("test" in inner) return inner;
    const operand = this.#arithmetic(0, inner.operand);
    return { operand: { ...operand, at } };
  }

  /** @param read the leftmost operand, when it has been read already */
  #arithmetic(level: number, read?: Operand): Operand {
    const operators = ARITHMETIC[level];
    if (operators === undefined) return read ?? this.#signed();
    let left = this.#arithmetic(level + 1, read);
    while (this.#token.kind === "symbol" && operators.includes(this.#token.text)) {
      const { at, text } = this.#token;
      this.#next++;
      const right = this.#arithmetic(level + 1);
      left = { kind: "arithmetic", operator: text as Arithmetic, left, right, at };
    }
    return left;
  }

  #signed(): Operand {
    const { at } = this.#token;
    if (this.#take("-")) return { kind: "negative", of: this.#nested(() => this.#signed()), at };
    if (this.#take("+")) return this.#nested(() => this.#signed());
    return this.#sliced(this.#entity());
  }

  #sliced(of: Operand): Operand {
    let operand = of;
    while (this.#token.kind === "range") {
      const { text, at } = this.#token;
      this.#next++;
      operand = { kind: "slice", of: operand, ranges: sliceRanges(text, at), at: operand.at };
    }
    return operand;
  }

  #entity(): Operand {
    const token = this.#token;
    const { text, at } = token;
    if (this.#take("{")) return this.#bracketed("}");
    if (this.#take("(")) return this.#bracketed(")");
    this.#next++;
    switch (token.kind) {
      case "string":
        return { kind: "string", text, at };
      case "char":
        return { kind: "char", code: Number(text), at };
      case "word":
        return this.#isSymbol("(") ? this.#call(token) : word(token);
      default:
        this.#next--;
        throw this.#unexpected("a field or a value");
    }
  }

  #bracketed(close: string): Operand {
    const inner = this.#nested(() => this.#arithmetic(0));
    this.#expect(close);
    return inner;
  }

  #call({ text, at }: Token): Operand {
    this.#next++;
    const args: Operand[] = [];
    if (!this.#take(")")) {
      do args.push(this.#nested(() => this.#arithmetic(0))); while (this.#take(","));
      this.#expect(")");
    }
    return { kind: "call", name: text, args, at };
  }
}

/** A field if it is the name of one; else a value, whose meaning the other side decides. */
function word({ text, at }: Token): Operand {
  const name = text.startsWith(".") ? text.slice(1) : text;
  const field = fieldNamed(name);
  if (field !== undefined) return { kind: "field", field, at };
  if (text.startsWith(".")) throw unknownField(name, at);
  return { kind: "literal", text, at };
}

function asTest(either: Either): Test {
  if ("test" in either) return either.test;
  const { operand } = either;
  switch (operand.kind) {
    case "field":
    case "slice":
    case "arithmetic":
      return { kind: "present", operand, at: operand.at };
    case "literal":
      throw unknownField(operand.text, operand.at);
    default:
      throw new DisplayFilterError(
        "a value alone is no test: compare it with something",
        operand.at,
      );
  }
}

function sliceRanges(text: string, at: number): SliceRange[] {
  return text.split(",").map((part) => {
    const match = /^\s*(-?\d+)?\s*(?:(:)\s*(\d+)?|-\s*(-?\d+))?\s*$/.exec(part);
    const [, start, colon, length, end] = match ?? [];
    const from = Number(start ?? 0);
    if (match !== null && (start !== undefined || length !== undefined)) {
      if (end !== undefined) return { start: from, to: "offset", end: Number(end) };
      if (colon === undefined) return { start: from, to: "length", length: 1 };
      if (length === undefined) return { start: from, to: "end" };
      if (Number(length) > 0) return { start: from, to: "length", length: Number(length) };
    }
    throw new DisplayFilterError(
      `"${part.trim()}" is no slice: write offset:length, first-last, offset: or :length`,
      at,
    );
  });
}
