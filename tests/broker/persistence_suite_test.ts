/**
 * The test suite that aedes publishes for a persistence, run against ours: in memory alone, with a
 * map beside, and with one that is made anew from that map before each call.
 *
 * @module
 */
import suite from "aedes-persistence/abstract.js";
import assert from "node:assert/strict";
import loose from "node:assert";
import { EventEmitter } from "node:events";
import { Persistence, type PersistenceOptions } from "../../gateway/broker/persistence.ts";
import { MapOnDisk } from "./map_on_disk.ts";

/** What the suite uses of a test of Node. */
interface NodeTest {
  plan(count: number): void;
  diagnostic(): void;
  assert: Record<string, (...values: unknown[]) => void>;
}

const LIMITS = { clientBytes: 4 << 20, totalBytes: 64 << 20, retainedBytes: 64 << 20 };

/** Runs a test of the suite as one of Deno; what it planned it has to have asserted. */
function testOf(kind: string) {
  return (name: string, body: (t: NodeTest) => Promise<void>) => {
    Deno.test(`aedes' suite, ${kind}: ${name}`, async () => {
      let asserted = 0;
      let planned: number | null = null;
      const counting = (method: "ok" | "equal" | "notEqual" | "deepEqual") => {
        return (...values: unknown[]) => {
          asserted++;
          (loose[method] as (...values: unknown[]) => void)(...values);
        };
      };
      await body({
        plan: (count) => planned = count,
        diagnostic: () => {},
        assert: {
          ok: counting("ok"),
          equal: counting("equal"),
          notEqual: counting("notEqual"),
          deepEqual: counting("deepEqual"),
        },
      });
      assert.equal(asserted, planned ?? asserted);
    });
  };
}

function emitter() {
  const events = new EventEmitter();
  return {
    emit: () => {},
    on: events.on.bind(events),
    removeListener: events.removeListener.bind(events),
  };
}

/** A persistence that has room for all that the suite asks. */
function make(options: Partial<PersistenceOptions>): Persistence {
  return new Persistence({ limits: LIMITS, onDropped: () => assert.fail("dropped"), ...options });
}

/**
 * A persistence that is made anew, from the map alone, before each call: as if the gateway were
 * restarted all the time. What is no more of it than its identifier (packets of QoS 2 that come in)
 * or its publishing (wills) other tests look at.
 */
function makeRestarting(): Persistence {
  const disk = new MapOnDisk();
  let broker: never;
  let newest = make({ disk });
  const restart = async () => {
    newest = make({ disk });
    await newest.setup(broker);
    return newest;
  };
  const calls: Record<string, unknown> = {
    async setup(given: never) {
      broker = given;
      await newest.setup(broker);
    },
    outgoingStream: async function* (client: never) {
      yield* (await restart()).outgoingStream(client);
    },
  };
  return new Proxy(newest, {
    get(_, name: string) {
      if (name === "broker") return broker;
      // It is awaited itself.
      if (name === "then") return undefined;
      return calls[name] ?? (async (...values: unknown[]) => {
        const persistence = await restart() as unknown as Record<string, CallableFunction>;
        return await persistence[name]!(...values);
      });
    },
  });
}

const OF_SESSIONS = /subscri|QoS|topic list|outgoing|messageId|pubrel/;
/** Those that ask for more than is on disk: that a payload was text; or how a stream is made. */
const NOT_ON_DISK = /incoming|as a string and stream|many outgoing|get client list/;

const restarting = testOf("restarted before each call");
suite({
  test: (name: string, body: (t: NodeTest) => Promise<void>) => {
    if (OF_SESSIONS.test(name) && !NOT_ON_DISK.test(name)) restarting(name, body);
  },
  persistence: makeRestarting,
  buildEmitter: emitter,
  testAsync: true,
});

for (
  const [kind, disk] of [["in memory", () => null], ["with a map", () => new MapOnDisk()]] as const
) {
  suite({
    test: testOf(kind),
    persistence: () => make({ disk: disk() }),
    buildEmitter: emitter,
    testAsync: true,
  });
}
