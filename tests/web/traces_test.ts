/** What the Traces view is made of, without a browser. */
import assert from "node:assert/strict";
import type { TreeFrame, TreeLine, TreeNode } from "../../traces/report/tree_line.ts";
import { frameOf, FrameRows, microseconds } from "../../web/app/traces/frame_rows.ts";
import { timeText } from "../../web/app/traces/frame_time.ts";
import { formatSince, isAbout, readComments } from "../../web/app/traces/hop_comment.ts";
import { stationsOf } from "../../web/app/traces/hop_stations.ts";
import { readLines } from "../../web/app/traces/read_lines.ts";
import {
  fileFilter,
  framesPath,
  readChoice,
  wrongColumn,
} from "../../web/app/traces/trace_choice.ts";
import { type FeedState, TraceFeed } from "../../web/app/traces/trace_feed.ts";
import { filterOf, itemsAt, shownItems } from "../../web/app/traces/tree_items.ts";
import {
  fileCommands,
  gatewayCommands,
  shellWord,
} from "../../web/app/traces/wireshark_commands.ts";
import { eventually } from "../support/eventually.ts";

function frame(number: number, more: Partial<TreeFrame> = {}): TreeFrame {
  return {
    number,
    time: `1795205270.${String(number).padStart(6, "0")}000`,
    source: "a",
    destination: "b",
    protocol: "MQTT",
    length: 44,
    info: "Publish Message",
    sources: [{ name: "Frame", hex: "00" }],
    tree: [],
    ...more,
  };
}

function addTo(rows: FrameRows, added: TreeFrame, base = 0): void {
  rows.add(added, JSON.stringify({ frame: added }), base);
}

function choiceOf(query: string) {
  return readChoice(new URLSearchParams(query));
}

Deno.test("the newest rows are kept, and each still knows its frame", () => {
  const rows = new FrameRows(3);
  for (let number = 1; number <= 3; number++) addTo(rows, frame(number));
  const second = rows.list[1]!;
  assert.equal(rows.indexOf(second), 1);
  addTo(rows, frame(4));
  assert.equal(rows.indexOf(second), 0, "it moves up as the oldest goes");
  addTo(rows, frame(5));
  assert.equal(rows.indexOf(second), -1, "and is gone");
  assert.deepEqual(rows.list.map((row) => row.number), [3, 4, 5]);
  assert.deepEqual([rows.list.length, rows.dropped], [3, 2]);
  assert.equal(frameOf(rows.list[2]!).number, 5);
  assert.equal(rows.firstTime, microseconds("1795205270.000001000"), "times count from the first");
  rows.clear();
  assert.deepEqual([rows.dropped, rows.list], [0, []]);
});

Deno.test("times keep what a number would round", () => {
  const first = microseconds("1795205270.000001000")!;
  assert.equal(timeText(microseconds("1795205282.003457000"), first), "12.003456");
  assert.equal(timeText(microseconds("1795205269.999999000"), first), "-0.000002");
  assert.equal(timeText(microseconds("1795205270.000001000"), 0), "1795205270.000001");
  assert.match(timeText(first, undefined), /^\d\d:\d\d:50\.000001$/);
  assert.equal(timeText(microseconds(""), first), "");
});

Deno.test("lines are put together however the body is cut, also within a character", async () => {
  const bytes = new TextEncoder().encode('{"a":"20 °C"}\n{"b":1}\n\n{"c":2}');
  for (const size of [1, 2, 5, 11, 100]) {
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (let at = 0; at < bytes.length; at += size) {
          controller.enqueue(bytes.slice(at, at + size));
        }
        controller.close();
      },
    });
    const lines = (await Array.fromAsync(readLines(body))).flat();
    assert.deepEqual(lines, ['{"a":"20 °C"}', '{"b":1}', '{"c":2}'], `pieces of ${size}`);
  }
});

Deno.test("comments of our traces are read, others are kept as they are", () => {
  const { hops, others } = readComments([
    "edgewire id=Ab-1.3 hop=mqtt dir=in channel=living%20room seq=7 since_us=120\n" +
    "edgewire hop=ws dir=out client=c%2 synthetic=ack",
    "a note\nedgewire id=x hop=moon",
  ]);
  assert.equal(hops.length, 2);
  const [first, second] = hops as [typeof hops[0], typeof hops[0]];
  assert.deepEqual(
    [first.id, first.dir, first.channel, first.seq, first.since_us],
    ["Ab-1.3", "in", "living room", "7", "120"],
  );
  assert.deepEqual([second.id, second.dir, second.client, second.seq, second.synthetic], [
    undefined,
    "out",
    "c%2",
    undefined,
    "ack",
  ]);
  assert.deepEqual(others, ["a note", "edgewire id=x hop=moon"]);
  assert.equal(isAbout(first, "Ab-1"), true);
  assert.equal(isAbout(first, "Ab-1.3"), true);
  assert.equal(isAbout(first, "Ab-1."), false);
  assert.equal(isAbout(first, "Ab"), false);
  assert.deepEqual([120, 23_540, 1_250_000].map(formatSince), ["120 µs", "23.5 ms", "1.25 s"]);
});

Deno.test("stations are in the order of the way, with the time from one to the next", () => {
  const rows = new FrameRows();
  const passed = (number: number, comment: string) =>
    addTo(rows, frame(number, { time: `1.00${number}000000`, comments: [comment] }));
  passed(1, "edgewire id=X.0 hop=radio dir=in");
  passed(2, "edgewire id=X hop=mqtt dir=in\nedgewire id=X.0 hop=mqtt dir=in since_us=2500");
  passed(3, "edgewire id=Y.0 hop=room dir=in");
  passed(4, "edgewire id=X.0 hop=ws dir=out synthetic=ack");
  passed(5, "edgewire id=X.0 hop=ws dir=out");
  passed(6, "edgewire id=X.0 hop=ws dir=out");
  const way = stationsOf(rows.list, "X.0").map(({ line, row, frames, since }) => [
    line.hop,
    row.number,
    frames,
    since,
  ]);
  assert.deepEqual(way, [
    ["radio", 1, 1, undefined],
    ["mqtt", 2, 1, 2500],
    ["ws", 5, 2, 3000],
  ]);
});

Deno.test("the address says what is asked of the gateway", () => {
  assert.equal(framesPath(choiceOf("")), "/traces/frames?source=live&rows=50");
  assert.equal(
    framesPath(choiceOf("source=recent&hop=ws,radio,moon&channel=a%20b&id=X.1&filter=mqtt")),
    "/traces/frames?source=recent&hop=radio%2Cws&channel=a+b&filter=mqtt&id=X.1&rows=1000",
  );
  assert.equal(framesPath(choiceOf("hop=radio,mqtt,room,ws,uplink")), framesPath(choiceOf("")));
  const followed = "source=recent&channel=a&within=b&id=X.1";
  assert.match(framesPath(choiceOf(followed)), /&channel=b&id=X\.1&/);
  const unfollowed = followed.replace("&id=X.1", "");
  assert.match(framesPath(choiceOf(unfollowed)), /&channel=a&rows/, "as before the id");
  assert.match(framesPath(choiceOf("source=recent&rows=5000")), /&rows=5000$/);
  assert.match(framesPath(choiceOf("source=recent&rows=9e9")), /&rows=1000$/);
  const file = choiceOf("source=file&hop=ws&filter=mqtt or http&id=X.1");
  assert.equal(fileFilter(file), '(mqtt or http) and frame.comment contains "id=X.1"');
  assert.equal(wrongColumn(file, 'filter, column 10: "htp" is no field'), 8);
  assert.equal(wrongColumn(choiceOf("filter=mqtx"), "filter, column 1: no field"), 0);
  assert.equal(wrongColumn(choiceOf("filter=mqtx"), "no answer"), undefined);
});

Deno.test("commands are quoted for a shell and have what is chosen", () => {
  assert.equal(shellWord("it's"), "'it'\\''s'");
  const choice = choiceOf('hop=mqtt,ws&channel=a b&filter=mqtt.topic == "x"');
  const base = new URL("http://127.0.0.1:8080/#/traces");
  const linesOf = (token: boolean) =>
    gatewayCommands(choice, { base, token, tracePort: 4711 }).map(([, line]) => line);
  const lines = linesOf(false);
  assert.deepEqual(lines, [
    "curl -sN 'http://127.0.0.1:8080/traces/live.pcapng?hop=mqtt%2Cws&channel=a+b' | " +
    "wireshark -k -i - -Y 'mqtt.topic == \"x\"'",
    "deno task trace --from http://127.0.0.1:8080 --hop mqtt,ws --channel 'a b' --wireshark",
    "edgewire trace --from http://127.0.0.1:8080 --hop mqtt,ws --channel 'a b' | " +
    "wireshark -k -i - -Y 'mqtt.topic == \"x\"'",
    "curl -sN 'http://127.0.0.1:8080/traces/recent.pcapng?hop=mqtt%2Cws&channel=a+b' | " +
    "tshark -r - -Y 'mqtt.topic == \"x\"'",
    "deno task trace --install-extcap --from http://127.0.0.1:8080",
    "wireshark -k -i TCP@127.0.0.1:4711 -Y 'mqtt.topic == \"x\"'",
  ]);
  const header = '-H "Authorization: Bearer $EDGEWIRE_TOKEN" ';
  assert.deepEqual(
    linesOf(true),
    lines.map((line) => line.replace("curl -sN ", `curl -sN ${header}`)),
    "the others find the token by themselves",
  );
});

Deno.test("commands for a file name it and the filter, and nothing of the gateway", () => {
  const linesOf = (query: string, name: string) =>
    fileCommands(choiceOf(`source=file&${query}`), name).map(([, line]) => line);
  assert.deepEqual(linesOf('filter=mqtt.topic == "x"&hop=ws&channel=a', "it's a.pcapng"), [
    "wireshark -r 'it'\\''s a.pcapng' -Y 'mqtt.topic == \"x\"'",
    "tshark -r 'it'\\''s a.pcapng' -Y 'mqtt.topic == \"x\"'",
    "deno task decode 'it'\\''s a.pcapng' --filter 'mqtt.topic == \"x\"'",
  ]);
  assert.equal(linesOf("", "-r.pcap")[1], "tshark -r ./-r.pcap", "a name is no option");
});

const TREE: TreeNode[] = [
  { label: "Frame", field: "frame" },
  {
    label: "MQ Telemetry Transport Protocol",
    field: "mqtt",
    at: [0, 10, 20],
    children: [
      {
        label: "Header Flags: 0x30",
        field: "mqtt.hdrflags",
        at: [0, 10, 11],
        children: [{ label: "QoS: 0", field: "mqtt.qos", value: "0", at: [0, 10, 11] }],
      },
      { label: "Topic: a", field: "mqtt.topic", value: '"a"', at: [0, 12, 14] },
      { label: "Topic: b", field: "mqtt.topic", value: '"b"', at: [0, 14, 16] },
      { label: "a finding", at: [0, 14, 15], severity: "warn" },
      { label: "Text", field: "mqtt.msg", at: [1, 0, 4] },
    ],
  },
  { label: "Line-based text data", field: "data-text-lines" },
];

Deno.test("a byte leads to the innermost field, and its line is known by its way", () => {
  const at = (source: number, offset: number) => itemsAt(TREE, source, offset).at(-1)?.node.label;
  assert.equal(at(0, 10), "QoS: 0", "of fields with the same bytes the inner one");
  assert.equal(at(0, 14), "Topic: b", "what is no field is passed over");
  assert.equal(at(0, 19), "MQ Telemetry Transport Protocol");
  assert.equal(at(1, 3), "Text", "each source has bytes of its own");
  assert.equal(at(0, 9), undefined);

  const labels = (opened: [string, boolean][]) =>
    shownItems(TREE, new Map(opened)).map(({ key }) => key);
  assert.deepEqual(labels([["/mqtt", false]]), ["/frame", "/mqtt", "/data-text-lines"]);
  const all = labels([]);
  assert.equal(all.length, 8, "the innermost layer with fields is open at first");
  assert.deepEqual(all.slice(3, 5), ["/mqtt/mqtt.topic", "/mqtt/mqtt.topic#1"]);
  const way = itemsAt(TREE, 0, 10);
  const shown = labels(way.map(({ key }) => [key, true]));
  assert.ok(shown.includes(way.at(-1)!.key), "opening the way shows the field");
});

Deno.test("a field becomes a filter", () => {
  assert.equal(filterOf(TREE[1]!.children![1]!), 'mqtt.topic == "a"');
  assert.equal(filterOf(TREE[1]!), "mqtt");
  assert.equal(filterOf(TREE[1]!.children![3]!), undefined);
});

/** Answers of a gateway, each when the test gives it. */
class Answers {
  readonly asked: AbortSignal[] = [];
  #stream!: ReadableStreamDefaultController<Uint8Array>;

  readonly open = (signal: AbortSignal) => {
    this.asked.push(signal);
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#stream = controller;
        signal.addEventListener("abort", () => {
          try {
            controller.error(signal.reason);
          } catch {
            // It has ended.
          }
        });
      },
    });
    return Promise.resolve(new Response(body));
  };

  say(...lines: TreeLine[]): void {
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
    this.#stream.enqueue(new TextEncoder().encode(text));
  }

  close(): void {
    this.#stream.close();
  }
}

function feedOf() {
  const feed = new TraceFeed({ schedule: (task) => task(), delay: () => 0 });
  const until = (kind: FeedState["kind"]) =>
    eventually(`the state ${kind}`, () => feed.state.value.kind === kind);
  return { feed, until };
}

Deno.test("a live stream that breaks off is asked for again and numbers go on", async () => {
  const answers = new Answers();
  const { feed, until } = feedOf();
  feed.open({ live: true, open: answers.open });
  await until("open");
  answers.say({ frame: frame(1) }, { frame: frame(2) }, { skipped: 7 });
  await eventually("two rows", () => feed.rows.list.length === 2);
  answers.close();
  await eventually("another request", () => answers.asked.length === 2);
  await until("open");
  answers.say({ frame: frame(1) }, { skipped: 1 });
  await eventually("a third row", () => feed.rows.list.length === 3);
  assert.deepEqual(feed.rows.list.map(({ number }) => number), [1, 2, 3]);
  assert.equal(feed.skipped.value, 8);
  feed.stop();
  assert.equal(answers.asked[1]!.aborted, true, "the gateway need not go on");
  assert.equal(feed.rows.list.length, 3);
  assert.equal(feed.state.value.kind, "stopped");
});

Deno.test("a capture ends with what the gateway says, or with what is wrong", async () => {
  const answers = new Answers();
  const { feed, until } = feedOf();
  feed.open({ live: false, open: answers.open });
  await eventually("a request", () => answers.asked.length === 1);
  answers.say(
    { progress: { bytes: 10, total: 100, frames: 1 } },
    { frame: frame(1) },
    { end: { kind: "cut", frames: 1, bytes: 100, truncated: true, problem: "cut short" } },
  );
  answers.close();
  await until("ended");
  assert.equal(feed.progress.value?.bytes, 100);
  assert.deepEqual(feed.state.value, { kind: "ended", problem: "cut short" });

  feed.open({ live: false, open: answers.open });
  assert.equal(feed.rows.list.length, 0, "another source begins anew");
  await eventually("another request", () => answers.asked.length === 2);
  answers.say({ frame: frame(1) });
  answers.close();
  await until("failed");
  assert.equal(answers.asked.length, 2, "half a capture is not asked for again by itself");
});

Deno.test("what the gateway refuses is said and not asked for again", async () => {
  const { feed, until } = feedOf();
  let asked = 0;
  const open = () => {
    asked++;
    return Promise.resolve(
      Response.json({ error: { message: "filter, column 1: no" } }, { status: 400 }),
    );
  };
  feed.open({ live: true, open });
  await until("failed");
  assert.deepEqual(feed.state.value, { kind: "failed", problem: "filter, column 1: no" });
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(asked, 1);
});
