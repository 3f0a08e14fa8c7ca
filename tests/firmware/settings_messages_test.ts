/** Settings messages as the firmware reads them, held against JSON.parse. */
import assert from "node:assert/strict";
import { askTool } from "../support/firmware_tools.ts";
import { testWith } from "../support/tools.ts";
import { Random } from "../traces/support/random.ts";

type Json = Record<string, unknown>;

const DEFAULTS = {
  scan: true,
  channel: 15,
  scan_interval_ms: 100,
  scan_window_ms: 50,
  dedup_ms: 0,
  batch_frames: 32,
  batch_age_ms: 100,
};

const RANGES: [keyof typeof DEFAULTS, number, number][] = [
  ["channel", 11, 26],
  ["scan_interval_ms", 3, 10240],
  ["scan_window_ms", 3, 10240],
  ["dedup_ms", 0, 60000],
  ["batch_frames", 1, 255],
  ["batch_age_ms", 0, 60000],
];

/** What is wrong with it a node must find out by itself. */
const ODD = [true, false, null, "", "x", 0, -1, 15.5, 1e300, [], {}, [15], { id: 1 }];

async function ask(messages: Uint8Array[]): Promise<Json[]> {
  const lines = await askTool("settings-tool", [], messages.map((bytes) => bytes.toHex()));
  // Every answer is JSON.
  return lines.map((line) => JSON.parse(line));
}

/** Whether a node with both radios follows these wishes. */
function isGood({ id, ...wishes }: Json): boolean {
  if (typeof id !== "string" && typeof id !== "number") return false;
  const after: Json = { ...DEFAULTS, ...wishes };
  if (Object.keys(after).length > Object.keys(DEFAULTS).length) return false;
  if (typeof after.scan !== "boolean") return false;
  const inRange = RANGES.every(([name, min, max]) => {
    const value = after[name];
    return Number.isInteger(value) && value as number >= min && value as number <= max;
  });
  return inRange && (after.scan_window_ms as number) <= (after.scan_interval_ms as number);
}

function randomMessage(random: Random): Json {
  const message: Json = {};
  const id = () =>
    random.of<unknown>([random.below(1e6), `id-${random.next()}`, '\u00e4\n"', -1.5e30]);
  const count = random.below(5);
  for (let i = 0; i < count; i++) {
    const [name, min, max] = random.of(RANGES);
    const near = random.of([min - 1, min, max, max + 1, min + random.below(max - min)]);
    message[name] = random.below(12) === 0 ? random.of<unknown>(ODD) : near;
  }
  if (random.below(3) === 0) message.scan = random.of<unknown>([true, false, 1]);
  if (random.below(20) === 0) message.colour = 1;
  if (random.below(20) > 0) message.id = id();
  return message;
}

const bytesOf = (text: string) => new TextEncoder().encode(text);

testWith(["gcc", "libjsmn-dev"], "settings: the firmware follows what is good, whole", async () => {
  const random = new Random(20_260_803);
  const messages = Array.from({ length: 3000 }, () => randomMessage(random));
  const texts = messages.map((message) => JSON.stringify(message, null, random.of([0, 0, 1])));
  const answers = await ask(texts.map(bytesOf));
  let good = 0;
  messages.forEach((message, i) => {
    const { id, ...wishes } = message;
    const { ok, reason, ...rest } = answers[i]!;
    assert.equal(ok, isGood(message), texts[i]!);
    assert.equal(typeof reason, ok ? "undefined" : "string");
    const said = typeof id === "string" || typeof id === "number" ? id : null;
    assert.deepEqual(rest, { id: said, ...DEFAULTS, ...(ok ? wishes : {}) }, texts[i]!);
    if (ok) good++;
  });
  assert(good > 300 && good < 2700, `${good} good messages`);
});

/** Changes single characters, mostly to those that mean something in JSON. */
function spoil(text: string, random: Random): Uint8Array {
  const bytes = bytesOf(text);
  const changes = 1 + random.below(3);
  for (let i = 0; i < changes; i++) {
    const at = random.below(bytes.length);
    const way = random.below(3);
    if (way === 0) bytes[at] = random.below(256);
    else bytes[at] = random.of([...'{}[]",:\\ 0123456789.eE+-tfn\n\0']).charCodeAt(0);
  }
  return random.below(4) === 0 ? bytes.subarray(0, random.below(bytes.length)) : bytes;
}

testWith(
  ["gcc", "libjsmn-dev"],
  "settings: the firmware takes nothing for JSON that is none",
  async () => {
    const random = new Random(20_260_804);
    const messages = Array.from(
      { length: 20_000 },
      () => spoil(JSON.stringify(randomMessage(random)), random),
    );
    const answers = await ask(messages);
    let broken = 0;
    messages.forEach((bytes, i) => {
      const { ok, reason, id, ...settings } = answers[i]!;
      const text = new TextDecoder().decode(bytes);
      let message: Json | undefined;
      try {
        message = JSON.parse(text);
      } catch {
        broken++;
      }
      if (message === undefined) assert.notEqual(ok, true, text);
      if (ok !== true) return assert.equal(typeof reason, "string");
      assert.equal(id, message!.id, text);
      assert(isGood(message!), text);
      const { id: _, ...wishes } = message!;
      assert.deepEqual(settings, { ...DEFAULTS, ...wishes }, text);
    });
    assert(broken > 1000, `${broken} broken messages`);
  },
);
