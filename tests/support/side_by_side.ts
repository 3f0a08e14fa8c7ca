/**
 * Tests of a file that mostly wait: some of them run at the same time.
 *
 * @module
 */
import { testWith, type Tool } from "./tools.ts";

type TestFunction = () => Promise<void>;

/** Processes that start at once take their time from each other, and from the tests of other files. */
const AT_ONCE = 3;

/** Ways to write a test, as `Deno.test` and those of `tools.ts`. */
export interface SideBySide {
  test(name: string, fn: TestFunction): void;
  testWith(tools: Tool[], name: string, fn: TestFunction): void;
}

/** A test that has its turn, or waits for it. */
class Turn {
  readonly #fn: TestFunction;
  readonly #end = Promise.withResolvers<void>();

  constructor(fn: TestFunction) {
    this.#fn = fn;
    // Who fails before it is asked is not forgotten.
    this.#end.promise.catch(() => {});
  }

  /** How it ended. */
  get end(): Promise<void> {
    return this.#end.promise;
  }

  /** Settles when it is over, however it ended. */
  async run() {
    await this.#fn().then(this.#end.resolve, this.#end.reject);
  }
}

/**
 * For the tests of a file, to be called once: each is a test of its own, and begins while others
 * still run. Those that are not asked for by name (`--filter`) run too, but nobody hears of them.
 *
 * Only for tests that share nothing, have no steps, and measure no time closely.
 *
 * @param atOnce How many are under way at most; they begin in their order.
 */
export function sideBySide(atOnce = AT_ONCE): SideBySide {
  const turns: Turn[] = [];
  let all: Promise<unknown> | undefined;
  const runAll = () => {
    const queue = turns.values();
    const run = async () => {
      for (const turn of queue) await turn.run();
    };
    return Promise.all(Array.from({ length: atOnce }, run));
  };
  const test = (name: string, fn: TestFunction) => {
    const turn = new Turn(fn);
    turns.push(turn);
    Deno.test(name, () => {
      all ??= runAll();
      return turn.end;
    });
  };
  Deno.test.afterAll(async () => void await all);
  return { test, testWith: (tools, name, fn) => testWith(tools, name, fn, test) };
}

/** A step of a test, as `Deno.TestContext.step` takes it. */
export type Step = readonly [name: string, fn: () => Promise<void>];

/** Runs steps of a test at the same time; none of them has sanitizers. Each may fail for itself. */
export async function stepsSideBySide(t: Deno.TestContext, steps: readonly Step[]): Promise<void> {
  const bare = { sanitizeOps: false, sanitizeResources: false, sanitizeExit: false };
  await Promise.all(steps.map(([name, fn]) => t.step({ name, fn, ...bare })));
}
