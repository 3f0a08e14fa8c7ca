/**
 * Frames for the page: rows, trees, bytes, and values that are filters.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { CaptureFrame } from "../../../traces/files/capture_frame.ts";
import { CaptureReader } from "../../../traces/files/capture_reader.ts";
import { CaptureDecoder } from "../../../traces/flows/capture_decoder.ts";
import { KeyLog } from "../../../traces/flows/key_log.ts";
import { ByteWriter } from "../../../traces/report/byte_writer.ts";
import { DisplayFilter } from "../../../traces/report/filter/display_filter.ts";
import type { TreeFrame, TreeLine, TreeNode } from "../../../traces/report/tree_line.ts";
import { TreeReport } from "../../../traces/report/tree_report.ts";
import { SensorDecoder } from "../../../traces/sensors/sensor_decoder.ts";
import type { Dissection } from "../../../traces/wire/dissection.ts";
import { rule } from "../../../traces/wire/problem.ts";
import { reported } from "../support/example_frame.ts";
import { sampleFiles } from "../support/sample_files.ts";
import { frameOf, treeOf } from "../support/tree_of.ts";

const AT_THE_END = 1;

function framesOf(text: string): TreeFrame[] {
  return text.trimEnd().split("\n").map((line) => {
    const parsed: TreeLine = JSON.parse(line);
    assert.ok("frame" in parsed);
    return parsed.frame;
  });
}

/** The tree frames of a sample, each with its dissection. */
async function eachFrame(path: string, look: (frame: TreeFrame, d: Dissection) => void) {
  const decoder = new CaptureDecoder({ keyLog: new KeyLog(1000), sensors: new SensorDecoder() });
  const writer = new ByteWriter();
  const report = new TreeReport(writer);
  report.want(decoder.d);
  const reader = new CaptureReader(path, (frame) => {
    decoder.decode(frame);
    report.frame(decoder.d, frame);
    const [tree] = framesOf(new TextDecoder().decode(writer.written));
    writer.clear();
    look(tree!, decoder.d);
  }, { secrets: ({ type, data }) => decoder.addSecrets(type, data) });
  await reader.read();
}

function sample(name: string): string {
  return sampleFiles().find((file) => file.name === name)!.path;
}

function* allNodes(nodes: TreeNode[]): Generator<TreeNode> {
  for (const node of nodes) {
    yield node;
    yield* allNodes(node.children ?? []);
  }
}

function nodesNamed({ tree }: TreeFrame, field: string): TreeNode[] {
  return [...allNodes(tree)].filter((node) => node.field === field);
}

function bytesOf({ sources }: TreeFrame, { at }: TreeNode): Uint8Array {
  const [source, start, end] = at!;
  return Uint8Array.fromHex(sources[source]!.hex.slice(2 * start, 2 * end));
}

function one(d: Dissection, frame: CaptureFrame): TreeFrame {
  const writer = new ByteWriter();
  const report = new TreeReport(writer);
  report.want(d);
  report.frame(d, frame);
  return framesOf(new TextDecoder().decode(writer.written))[0]!;
}

Deno.test("a frame: row, sources, tree", () => {
  const [frame, second] = framesOf(reported((writer) => new TreeReport(writer), 2));
  const text = 'a,\\"b\\"\\x0a</script>\\x1b[31m';
  assert.deepEqual(frame, {
    number: 1,
    time: "1700000000.000000000",
    source: "10.0.0.1",
    destination: "10.0.0.2",
    protocol: "UPPER",
    length: 12,
    info: "Publish\\n[hi]",
    severity: "warn",
    sources: [
      { name: "Frame", hex: "0a000001075b303903016869" },
      { name: "Unmasked data", hex: "612c2262220a3c2f7363726970743e1b5b33316d" },
    ],
    tree: [
      {
        label: "Lower layer",
        field: "edgewire.lower",
        at: [0, 0, 8],
        children: [
          {
            label: "Source address: 10.0.0.1",
            field: "edgewire.lower.src",
            value: "10.0.0.1",
            at: [0, 0, 4],
          },
          { label: "Port: 1883", field: "edgewire.lower.port", value: "1883", at: [0, 4, 6] },
          { label: "Port: 12345", field: "edgewire.lower.port", value: "12345", at: [0, 6, 8] },
          { label: "Wait: 5 ms", field: "edgewire.lower.wait", value: "5" },
        ],
      },
      {
        label: "Upper layer",
        field: "edgewire.upper",
        at: [0, 8, 12],
        severity: "warn",
        children: [
          {
            label: "Kind: Publish (3)",
            field: "edgewire.upper.kind",
            value: "3",
            at: [0, 8, 9],
            children: [
              { label: "Retain: Set", field: "edgewire.upper.retain", value: "1", at: [0, 9, 10] },
            ],
          },
          {
            label: "Text: hi",
            field: "edgewire.upper.text",
            value: '"hi"',
            at: [0, 10, 12],
            severity: "warn",
            children: [
              {
                label: "warning: text is odd (Example 1, 2.3): two letters",
                at: [0, 10, 11],
                severity: "warn",
              },
            ],
          },
          {
            label: 'Text: a,"b"\\n</script>\\x1b[31m',
            field: "edgewire.upper.text",
            value: `"${text}"`,
            at: [1, 0, 20],
          },
        ],
      },
    ],
  });
  assert.equal(second!.time, "1700000000.001000000");
});

Deno.test("what the capture says of a frame: interface, comments, time", () => {
  const bytes = Uint8Array.of(1, 2, 3);
  const d = treeOf(bytes, () => {});
  const frame = frameOf(bytes, -1, 250_000_000);
  frame.comments = ["edgewire id=a-1 hop=mqtt dir=in\nedgewire id=a-2 hop=mqtt dir=in", 'a "b"'];
  frame.interface = { name: "radio:attic", description: "Radio" } as CaptureFrame["interface"];
  const told = one(d, frame);
  assert.deepEqual(told.comments, frame.comments);
  assert.equal(told.interface, "radio:attic");
  assert.equal(told.time, "-0.750000000");
  const bare = frameOf(bytes);
  bare.hasTime = false;
  const { time, interface: none, comments } = one(d, bare);
  assert.deepEqual([time, none, comments], ["", undefined, undefined]);
});

Deno.test("a frame of very many fields is cut short, and says so", async () => {
  const { allFields } = await import("../../../traces/wire/field.ts");
  const { id } = allFields().find(({ name }) => name === "edgewire.lower.port")!;
  const d = treeOf(new Uint8Array(2), (d) => {
    for (let i = 0; i < 10_005; i++) d.put(id, i, 0, 2);
  });
  const { tree } = one(d, frameOf(new Uint8Array(2)));
  assert.equal(tree.length, 10_000 + AT_THE_END);
  assert.equal(tree.at(-1)!.label, "and 5 more fields");
});

Deno.test("many problems in very many fields: found at once, each in its place", async () => {
  const { allFields } = await import("../../../traces/wire/field.ts");
  const id = (name: string) => allFields().find((field) => field.name === name)!.id;
  const [layer, port] = [id("edgewire.lower"), id("edgewire.lower.port")];
  const odd = rule("edgewire.lower", "warning", "port is odd");
  const d = treeOf(new Uint8Array(4000), (d) => {
    for (let at = 0; at < 400_000; at += 4) {
      d.pos = at % 4000;
      d.lengthOf(d.layer(layer), 4);
      for (let byte = 0; byte < 3; byte++) d.put(port, at, at % 4000 + byte, 1);
      d.problem(odd, at % 4000 + 1);
    }
  });
  assert.equal(d.problems.length, 1000);
  const start = performance.now();
  const { tree } = one(d, frameOf(d.data));
  const took = performance.now() - start;
  assert.ok(took < 1500, `${took} ms`);
  const marked = tree.filter(({ severity }) => severity === "warn");
  assert.equal(marked.length, 1000);
  for (const { at, children } of marked) {
    const [first, second, third] = children!.map(({ severity }) => severity);
    assert.deepEqual([first, second, third], [undefined, "warn", undefined]);
    assert.deepEqual(children![1]!.at, [0, at![1] + 1, at![1] + 2]);
    assert.equal(children![1]!.children![0]!.label, "warning: port is odd");
  }
});

Deno.test("a problem of what is not shown any more stands at nothing else", async () => {
  const { allFields } = await import("../../../traces/wire/field.ts");
  const id = (name: string) => allFields().find((field) => field.name === name)!.id;
  const d = treeOf(new Uint8Array(20_004), (d) => {
    d.lengthOf(d.layer(id("edgewire.lower")), 20_004);
    for (let at = 0; at < 20_000; at++) d.put(id("edgewire.lower.port"), at, at, 1);
    d.lengthOf(d.layer(id("edgewire.upper")), 4);
    d.problem(rule("edgewire.upper", "error", "it is late"), 20_002);
  });
  const frame = one(d, frameOf(d.data));
  assert.equal(frame.severity, "error");
  const marked = [...allNodes(frame.tree)].filter(({ severity }) => severity !== undefined);
  assert.deepEqual(marked, []);
});

Deno.test("a frame's line is short, however much was put together for it", async () => {
  const { allFields } = await import("../../../traces/wire/field.ts");
  const text = allFields().find(({ name }) => name === "edgewire.upper.text")!.id;
  const size = 3 << 20;
  const bytes = new Uint8Array(100);
  const d = treeOf(bytes, (d) => {
    d.enter("Decompressed", new Uint8Array(size).fill(1), 0, size);
    for (let at = 0; at < 9000; at++) d.text(300, text);
    d.leave();
    d.infoColumn = "Ping Request, ".repeat(50_000);
  });
  const frame = one(d, frameOf(bytes));
  assert.ok(JSON.stringify(frame).length < 4 << 20);
  const [own, made] = frame.sources;
  assert.deepEqual([own!.hex.length, made!.hex.length], [200, 2 * ((1 << 20) - 100)]);
  for (const { at } of allNodes(frame.tree)) {
    assert.ok(at === undefined || at[2] <= (1 << 20) - 100);
  }
  const [more, cut] = frame.tree.slice(-2).map(({ label }) => label);
  const shown = frame.tree.length - 2;
  assert.equal(more, `and ${9000 - shown} more fields`);
  assert.equal(cut, `Decompressed: ${(1 << 20) - 100} of ${size} bytes are shown`);
  assert.equal(frame.info.length, 4097);
});

Deno.test("what depends on the filter is no filter", async () => {
  let seen = 0;
  await eachFrame(sample("mqtt-breaches.pcap"), (frame) => {
    for (const { value } of nodesNamed(frame, "frame.time_delta_displayed")) {
      seen++;
      assert.equal(value, undefined);
    }
    assert.ok(nodesNamed(frame, "frame.time_relative")[0]!.value !== undefined);
  });
  assert.ok(seen > 0);
});

Deno.test("samples: ranges are in their sources, and every value is a filter for its frame", async () => {
  let values = 0;
  const compiled = new Map<string, DisplayFilter>();
  for (const { name, path } of sampleFiles()) {
    await eachFrame(path, (frame, d) => {
      for (const { field, value, at, label } of allNodes(frame.tree)) {
        assert.notEqual(label, "");
        if (at !== undefined) {
          const [source, start, end] = at;
          const size = frame.sources[source]!.hex.length / 2;
          assert.ok(start >= 0 && start < end && end <= size, `${name} ${frame.number} ${label}`);
        }
        if (value === undefined) continue;
        values++;
        const text = `${field} == ${value}`;
        let filter = compiled.get(text);
        if (filter === undefined) {
          filter = new DisplayFilter(text);
          if (compiled.size < 20_000) compiled.set(text, filter);
        }
        assert.ok(filter.test(d), `${name} ${frame.number}: ${text}`);
      }
    });
  }
  assert.ok(values > 50_000, `${values} values`);
});

Deno.test("MQTT: the bytes of topic and message, also where they were put together first", async () => {
  const messages: string[] = [];
  await eachFrame(sample("edgewire-mqttjs-mqtt311-ws.pcapng"), (frame) => {
    for (const field of ["mqtt.topic", "mqtt.clientid"]) {
      for (const node of nodesNamed(frame, field)) {
        const text = new TextDecoder().decode(bytesOf(frame, node));
        assert.equal(node.value, JSON.stringify(text));
        assert.ok(node.label.endsWith(`: ${text}`), node.label);
        messages.push(`${frame.sources[node.at![0]]!.name} ${field}`);
      }
    }
  });
  assert.ok(messages.includes("Reassembled MQTT mqtt.topic"), [...new Set(messages)].join(", "));
});

Deno.test("a sensor's reading: bytes, raw value, factor, addend, unit and rule", async () => {
  const frames: TreeFrame[] = [];
  await eachFrame(sample("ble-sensors.pcap"), (frame) => frames.push(frame));
  const frame = frames.find(({ info }) => info.includes("Ruuvi 5"))!;
  const part = (reading: TreeNode, name: string) =>
    reading.children?.find(({ field }) => field === `edgewire.sensor.${name}`)?.value;
  const readings = nodesNamed(frame, "edgewire.sensor.reading");
  const named = (name: string) => readings.find((node) => part(node, "name") === `"${name}"`)!;
  const temperature = named("temperature");
  assert.equal(bytesOf(frame, temperature).toHex(), "12fc");
  assert.deepEqual(["value", "unit", "raw", "factor"].map((name) => part(temperature, name)), [
    "24.3",
    '"°C"',
    '"4860"',
    "0.005",
  ]);
  assert.match(part(temperature, "rule")!, /^"Ruuvi data format 5 /);
  assert.match(temperature.label, /0x12fc = 4860 x 0.005 = 24.3 °C/);
  const pressure = named("pressure");
  assert.equal(bytesOf(frame, pressure).toHex(), "c37c");
  assert.equal(part(pressure, "addend"), "500");
  for (const child of pressure.children!) assert.deepEqual(child.at, pressure.at);
});

Deno.test("a problem stands in its layer and marks what it is in", async () => {
  let found = 0;
  await eachFrame(sample("mqtt-breaches.pcap"), (frame) => {
    if (frame.severity === undefined) {
      return assert.ok(![...allNodes(frame.tree)].some(({ severity }) => severity !== undefined));
    }
    const marked = frame.tree.filter(({ severity }) => severity === frame.severity);
    assert.ok(marked.length > 0, `frame ${frame.number}`);
    for (const layer of marked.filter(({ field }) => field === "mqtt")) {
      const problems = [...allNodes([layer])].filter(({ field }) => field === undefined);
      assert.ok(problems.some(({ severity }) => severity === frame.severity));
      found++;
    }
  });
  assert.ok(found > 5, `${found}`);
});
