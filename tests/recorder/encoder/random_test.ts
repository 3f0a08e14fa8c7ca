/** Anything in any order, with a reader of any speed. */
import { deepEqual, ok } from "node:assert/strict";
import { now } from "../../../gateway/clock.ts";
import { CaptureReader } from "../../../traces/files/capture_reader.ts";
import type { ConnectionTap } from "../../../gateway/taps.ts";
import { record, RUUVI_EVENT } from "../../support/radio.ts";
import { connectPacket, encode, join, publishPacket } from "../../support/raw_mqtt.ts";
import { Random } from "../../traces/support/random.ts";
import {
  facts,
  longestBlock,
  ownRows,
  Recording,
  type RecordingOptions,
  sessionFacts,
  shared,
  topic,
} from "./recording.ts";

const RUNS = 60;
const STEPS = 400;
/** Said of holes. */
const HOLES = [
  "a segment before this one was not captured",
  "bytes are missing in the capture; decoding goes on behind them",
];
const CONNACK = encode({ cmd: "connack", returnCode: 0, sessionPresent: false });

/** MQTT in writes that have nothing to do with its packets. */
class Writes {
  readonly #random: Random;
  #waiting: Uint8Array = new Uint8Array(0);

  constructor(random: Random) {
    this.#random = random;
  }

  /** @param all nothing is left for later */
  write(packet: Uint8Array, send: (bytes: Uint8Array) => void, all = false) {
    this.#waiting = join(this.#waiting, packet);
    while (this.#waiting.length > 0 && (all || this.#random.below(4) > 0)) {
      const length = 1 + this.#random.below(this.#waiting.length);
      send(this.#waiting.slice(0, length));
      this.#waiting = this.#waiting.slice(length);
    }
  }
}

class Chaos {
  readonly recording: Recording;
  readonly #random: Random;
  readonly #open: { tap: ConnectionTap; in: Writes; out: Writes; mqtt: boolean }[] = [];
  #ids = 0;

  constructor(random: Random, options: RecordingOptions) {
    this.#random = random;
    this.recording = new Recording(options);
  }

  step() {
    const random = this.#random;
    const { recorder } = this.recording;
    const one = this.#open.length === 0 ? undefined : random.of(this.#open);
    const kind = random.below(10);
    if (kind === 0 || one === undefined) return this.#connect();
    if (kind === 1) {
      this.#open.splice(this.#open.indexOf(one), 1);
      return one.tap.closed(random.below(2) === 0, one.mqtt ? 0 : 1000, "");
    }
    const id = `Ab-${++this.#ids}`;
    if (kind === 2) {
      const at = performance.now();
      const frame = Uint8Array.fromHex(RUUVI_EVENT);
      return recorder.radio(
        "attic",
        id,
        random.below(9),
        record(frame),
        at - random.below(300),
        at,
      );
    }
    const text = "x".repeat(random.below(random.of([10, 100, 3000])));
    recorder.update("desk", topic("t/x"), this.#ids, now(), id, "", JSON.stringify(text));
    if (!one.mqtt) return one.tap.sentText(shared(`{"type":"data","value":"${text}"}`));
    const packet = publishPacket("t/x", text);
    const out = random.below(2) === 0;
    (out ? one.out : one.in).write(packet, (b) => out ? one.tap.sent(b) : one.tap.received(b));
    if (!out) recorder.message(one.tap, id, 3, text.length, 0);
  }

  #connect() {
    const random = this.#random;
    const remote = { host: "192.0.2.9", port: 1024 + ++this.#ids };
    const mqtt = random.below(3) > 0;
    const websocket = random.below(2) === 0;
    const upgraded = sessionFacts({ remote });
    const tap = this.recording.recorder.connection(
      !mqtt ? upgraded : websocket ? { ...upgraded, protocol: "mqtt" } : facts({ remote }),
    );
    const one = { tap, in: new Writes(random), out: new Writes(random), mqtt };
    this.#open.push(one);
    if (!mqtt) return;
    one.in.write(connectPacket("x"), (bytes) => tap.received(bytes), true);
    one.out.write(CONNACK, (bytes) => tap.sent(bytes), true);
  }
}

async function run(seed: number) {
  const random = new Random(seed);
  const slow = random.below(2) === 0;
  const filter = random.of([{}, {}, { channels: ["desk"] }, { nodes: ["attic"] }]);
  const chaos = new Chaos(random, {
    recentBytes: random.of([0, 1 << 16, 1 << 20]),
    credit: slow ? 3000 : Infinity,
    filter,
  });
  for (let i = random.below(100); i > 0; i--) chaos.step();
  const { recording } = chaos;
  recording.open();
  for (let i = 0; i < STEPS; i++) {
    chaos.step();
    if (random.below(20) > 0) continue;
    recording.now += random.below(200);
    await recording.steps();
    if (slow) recording.readings.take({ type: "credit", reader: 1, bytes: random.below(9000) });
  }
  recording.readings.take({ type: "credit", reader: 1, bytes: 1 << 30 });
  return { file: await recording.finish(), lost: recording.end.lost };
}

Deno.test("any order, any speed: whole files, times in order, nothing malformed", async () => {
  let lossy = 0;
  for (let seed = 1; seed <= RUNS; seed++) {
    const { file, lost } = await run(seed);
    if (lost > 0) lossy++;
    let last = -Infinity;
    const end = await new CaptureReader(file, ({ seconds, nanoseconds }) => {
      const time = seconds + nanoseconds / 1e9;
      ok(time >= last, `seed ${seed}: time goes back`);
      last = time;
    }).read();
    ok(end.kind === "complete", `seed ${seed}: ${end.kind}`);
    ok(longestBlock(file) < 262_144);
    const fields = ["frame.number", "_ws.malformed", "_ws.expert.message", "tcp.analysis.flags"];
    const rows = await ownRows(file, fields);
    const wrong = rows.filter((row) => {
      const said = row["_ws.expert.message"]!.filter((text) => lost === 0 || !HOLES.includes(text));
      return row["_ws.malformed"]!.length > 0 || said.length > 0 ||
        lost === 0 && row["tcp.analysis.flags"]!.length > 0;
    });
    deepEqual(wrong.slice(0, 3), [], `seed ${seed}`);
  }
  ok(lossy > 5 && lossy < RUNS, `${lossy} of ${RUNS} readers were too slow`);
});
