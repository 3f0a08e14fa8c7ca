/**
 * Imports run one way: `traces` <- `gateway` <- `main`, and inside `gateway`
 * from the foundations up to what wires them. No cycles.
 *
 * @module
 */
import assert from "node:assert/strict";

const ROOT = new URL("../", import.meta.url);

/**
 * Layers of the gateway, each of which may import those before it and itself.
 * The message types are what gateway and page agree on: a leaf that all may import.
 */
const LAYERS = [
  ["gateway/sessions/messages.ts"],
  [
    "gateway/backoff.ts",
    "gateway/clock.ts",
    "gateway/histogram.ts",
    "gateway/running_clock.ts",
    "gateway/incoming_connections.ts",
    "gateway/listen_address.ts",
    "gateway/listen_error.ts",
    "gateway/taps.ts",
    "gateway/config/",
    "gateway/topics/",
  ],
  ["gateway/access/", "gateway/store/"],
  ["gateway/broker/", "gateway/cluster/", "gateway/rooms/", "gateway/nodes/"],
  ["gateway/sessions/", "gateway/uplink/", "gateway/recorder/"],
  ["gateway/http/"],
  ["gateway/gateway.ts", "gateway/command/"],
  [
    "gateway/start.ts",
    "gateway/replay/",
    "gateway/replay.ts",
    "gateway/verify/",
    "gateway/verify.ts",
  ],
];

/** Layers of the capture decoder; `files` and `wire` do not know each other. */
const TRACE_LAYERS = [
  ["traces/wire/", "traces/files/"],
  ["traces/sensors/"],
  ["traces/flows/"],
  ["traces/report/", "traces/replay/"],
  ["traces/command/"],
  ["traces/live/"],
  ["traces/decode.ts", "traces/trace.ts"],
];

interface Import {
  from: string;
  to: string;
  typeOnly: boolean;
}

function* sourceFiles(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(new URL(folder, ROOT))) {
    if (isDirectory) {
      if (name !== "dist" && name !== "node_modules") yield* sourceFiles(`${folder}${name}/`);
    } else if (/\.tsx?$/.test(name) && !name.endsWith(".d.ts")) yield folder + name;
  }
}

const STATEMENT = /^(?:import|export)\s+(type\s+)?([^"';]*?)\s*from\s*"([^"]+)"/gm;
const DYNAMIC = /\bimport\(\s*"([^"]+)"\s*\)/g;
const BARE = /^import\s+"([^"]+)"/gm;

/** Whether `{ type A, type B }` names types alone. */
function namesTypesAlone(names: string): boolean {
  const list = /^\{([^}]*)\}$/s.exec(names.trim())?.[1];
  if (list === undefined) return false;
  const entries = list.split(",").map((entry) => entry.trim()).filter((entry) => entry !== "");
  return entries.length > 0 && entries.every((entry) => entry.startsWith("type "));
}

function importsOf(file: string): Import[] {
  const text = Deno.readTextFileSync(new URL(file, ROOT));
  const found: { target: string; typeOnly: boolean }[] = [
    ...text.matchAll(STATEMENT).map(([, type, names, target]) => ({
      target: target!,
      typeOnly: type !== undefined || namesTypesAlone(names!),
    })),
    ...[...text.matchAll(DYNAMIC), ...text.matchAll(BARE)].map(([, target]) => ({
      target: target!,
      typeOnly: false,
    })),
  ];
  return found.filter(({ target }) => target.startsWith(".")).map(({ target, typeOnly }) => ({
    from: file,
    to: new URL(target, new URL(file, ROOT)).pathname.slice(ROOT.pathname.length),
    typeOnly,
  }));
}

function layerOf(file: string, layers = LAYERS): number {
  const exact = layers.findIndex((layer) => layer.includes(file));
  if (exact >= 0) return exact;
  return layers.findIndex((layer) =>
    layer.some((entry) => entry.endsWith("/") && file.startsWith(entry))
  );
}

function exists(folder: string): boolean {
  try {
    return Deno.statSync(new URL(folder, ROOT)).isDirectory;
  } catch {
    return false;
  }
}

const files = ["gateway/", "traces/", "web/", "firmware/"]
  .filter(exists)
  .flatMap((folder) => [...sourceFiles(folder)]);
const imports = [...files, "main.ts"].flatMap(importsOf);

function assertNone(broken: Import[], rule: string) {
  assert.deepEqual(broken.map(({ from, to }) => `${from} -> ${to}`), [], rule);
}

Deno.test("every file of the gateway has its layer", () => {
  const homeless = files.filter((file) => file.startsWith("gateway/") && layerOf(file) < 0);
  assert.deepEqual(homeless, []);
  assert.ok(imports.length > 100, "the test sees the imports");
});

Deno.test("imports inside the gateway run one way", () => {
  const inside = imports.filter(({ from, to }) =>
    from.startsWith("gateway/") && to.startsWith("gateway/")
  );
  assertNone(inside.filter(({ from, to }) => layerOf(to) > layerOf(from)), "upwards");
});

Deno.test("the decoder: bytes below flows below reports, and files apart from protocols", () => {
  const homeless = files.filter((file) =>
    file.startsWith("traces/") && layerOf(file, TRACE_LAYERS) < 0
  );
  assert.deepEqual(homeless, []);
  const inside = imports.filter(({ from, to }) =>
    from.startsWith("traces/") && to.startsWith("traces/")
  );
  assertNone(
    inside.filter(({ from, to }) => layerOf(to, TRACE_LAYERS) > layerOf(from, TRACE_LAYERS)),
    "upwards",
  );
  assertNone(
    inside.filter(({ from, to, typeOnly }) =>
      !typeOnly && (from.startsWith("traces/files/") && to.startsWith("traces/wire/") ||
        from.startsWith("traces/wire/") && to.startsWith("traces/files/"))
    ),
    "between files and wire",
  );
});

Deno.test("the parts of the house import only what they may", () => {
  const allowed: Record<string, (to: string, typeOnly: boolean) => boolean> = {
    traces: () => false,
    firmware: (to) => to.startsWith("traces/") || to === "deno.json",
    web: (to, typeOnly) =>
      typeOnly && (to.startsWith("gateway/") || to.startsWith("traces/report/")),
    gateway: (to) =>
      to.startsWith("traces/") || to === "web/dist/assets.js" || to === "deno.json" ||
      // The demo runs simulated nodes, which are clients as any.
      to === "firmware/simulated/main.ts",
    "main.ts": (to) => to.startsWith("gateway/") || to.startsWith("traces/"),
  };
  assertNone(
    imports.filter(({ from, to, typeOnly }) => {
      const part = from.split("/")[0]!;
      return part !== to.split("/")[0] && !allowed[part]!(to, typeOnly);
    }),
    "between parts",
  );
});

Deno.test("the messages are a leaf", () => {
  assertNone(imports.filter(({ from }) => from === "gateway/sessions/messages.ts"), "imports");
});

Deno.test("no cycles", () => {
  const targets = Map.groupBy(imports.filter(({ typeOnly }) => !typeOnly), ({ from }) => from);
  const done = new Set<string>();
  const visit = (file: string, path: string[]) => {
    const again = path.indexOf(file);
    assert.equal(again, -1, [...path.slice(again), file].join(" -> "));
    if (done.has(file)) return;
    for (const { to } of targets.get(file) ?? []) visit(to, [...path, file]);
    done.add(file);
  };
  for (const file of targets.keys()) visit(file, []);
});
