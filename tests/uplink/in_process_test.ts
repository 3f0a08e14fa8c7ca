/** An uplink without a gateway: what takes too long or is too rare with one. */
import assert from "node:assert/strict";
import { noTaps } from "../../gateway/taps.ts";
import { MemoryOutbox } from "../../gateway/uplink/outbox.ts";
import { Uplink, type UplinkOptions, type UplinkSettings } from "../../gateway/uplink/uplink.ts";
import { CutProxy } from "../support/cut_proxy.ts";
import { eventually } from "../support/eventually.ts";
import { Mosquitto } from "../support/mosquitto.ts";
import { testWith } from "../support/tools.ts";
import { Cloud } from "./cloud.ts";
import { Line } from "./line.ts";
import { PickyCloud } from "./picky_cloud.ts";

const SETTINGS: Omit<UplinkSettings, "url"> = {
  topics: ["#"],
  prefix: "",
  down: [],
  envelope: false,
  window: 500,
  bytes: 1 << 20,
  ageSeconds: 1000,
  policy: "oldest",
};

interface Made extends AsyncDisposable {
  uplink: Uplink;
  log: string[];
  /** Takes in so many updates of a channel. */
  take(count: number, channel?: string, time?: number): void;
}

async function make(
  url: string,
  settings: Partial<UplinkSettings> = {},
  options: Partial<UplinkOptions> = {},
): Promise<Made> {
  const log: string[] = [];
  const uplink = await Uplink.open({
    settings: { ...SETTINGS, url, ...settings },
    epoch: "here",
    outbox: new MemoryOutbox(),
    packetBytes: 1 << 20,
    mayPublish: () => false,
    publish: () => Promise.resolve(),
    onState: () => {},
    taps: noTaps,
    log: (line) => log.push(line),
    times: { first: 50, last: 100, look: 50 },
    ...options,
  });
  let seq = 0;
  return {
    uplink,
    log,
    take(count, channel = "desk", time = Date.now()) {
      for (let i = 0; i < count; i++) {
        const topic = `${channel}/value`;
        uplink.take({ channel, topic, seq: ++seq, time, json: `${seq}`, message: null });
      }
    },
    [Symbol.asyncDispose]: () => uplink.close(),
  };
}

testWith(
  ["mosquitto"],
  "a line that is mute is given up, and what was under way goes again",
  async () => {
    await using broker = await Mosquitto.start();
    await using cloud = await Cloud.connect(broker.url);
    using mute = new CutProxy(broker.port);
    const times = { first: 50, last: 100, stall: 1000, silence: 5000, look: 50 };
    await using made = await make(`mqtt://127.0.0.1:${mute.port}`, {}, { times });
    made.uplink.connect();
    made.take(10);
    await eventually("it goes", () => made.uplink.status().sent === 10);
    mute.cut();
    made.take(10);
    await eventually(
      "it is given up",
      () => made.uplink.status().reason?.includes("acknowledgement"),
    );
    assert.equal(made.uplink.isStuck(), true);
    assert.ok(made.uplink.oldestMs()! >= 900);
    assert.equal(made.uplink.status().backlog.messages, 10);
    assert.equal(cloud.distinct, 10);
  },
);

testWith(["mosquitto"], "no answer to a ping", async () => {
  await using broker = await Mosquitto.start();
  using mute = new CutProxy(broker.port);
  const times = { silence: 700, look: 50 };
  await using made = await make(`mqtt://127.0.0.1:${mute.port}`, {}, { times });
  made.uplink.connect();
  await eventually("connected", () => made.uplink.status().state === "connected");
  mute.cut();
  await eventually("it is noticed", () => made.uplink.status().reason === "no answer to a ping");
});

testWith(
  ["mosquitto"],
  "what the cloud refuses stalls nothing, and is told as dropped",
  async () => {
    const file = await Deno.makeTempFile();
    await Deno.writeTextFile(file, "topic read #\ntopic write desk/#\ntopic write edgewire/#\n");
    await using broker = await Mosquitto.start({ config: [`acl_file ${file}`] });
    await using cloud = await Cloud.connect(broker.url);
    await using made = await make(broker.url);
    made.uplink.connect();
    made.take(3);
    made.take(2, "secret");
    made.take(3);
    await eventually("the rest has come", () => cloud.distinct === 6 && cloud.dropped.length === 2);
    assert.deepEqual(
      cloud.dropped.map(({ channel, from, to, reason }) => `${channel} ${from}-${to} ${reason}`),
      ["secret 1-1 refused", "secret 2-2 refused"],
    );
    await eventually("nothing waits", () => made.uplink.status().backlog.messages === 0);
    assert.equal(made.uplink.status().dropped.refused, 2);
    await Deno.remove(file);
  },
);

testWith(["mosquitto"], "what is larger than the cloud takes is told as dropped", async () => {
  await using broker = await Mosquitto.start({ config: ["max_packet_size 500"] });
  await using cloud = await Cloud.connect(broker.url);
  await using made = await make(broker.url);
  made.uplink.connect();
  made.take(1);
  const json = `"${"x".repeat(600)}"`;
  made.uplink.take({ channel: "desk", topic: "desk/x", seq: 9, time: 1, json, message: null });
  made.take(1);
  await eventually("the rest has come", () => cloud.distinct === 2 && cloud.dropped.length === 1);
  assert.equal(cloud.dropped[0]!.from, 2);
});

testWith(["mosquitto"], "what has waited for too long goes, and only that", async () => {
  await using broker = await Mosquitto.start();
  await using cloud = await Cloud.connect(broker.url);
  await using made = await make(broker.url, { ageSeconds: 10 });
  made.take(5, "desk", Date.now() - 20_000);
  made.take(5, "lamp", Date.now() - 20_000);
  made.take(5);
  await eventually("dropped without a connection", () => made.uplink.status().dropped.age === 10);
  made.uplink.connect();
  await eventually("all is told", () => cloud.distinct === 5 && cloud.dropped.length === 2);
  const told = cloud.dropped.map(({ channel, from, to, reason }) =>
    `${channel} ${from}-${to} ${reason}`
  );
  assert.deepEqual(told.toSorted(), ["desk 1-5 age", "lamp 1-5 age"]);
});

testWith(
  ["mosquitto"],
  "one of two gateways uploads; the other keeps what may be lacking",
  async () => {
    await using broker = await Mosquitto.start();
    await using cloud = await Cloud.connect(broker.url);
    let uploads = false;
    await using made = await make(broker.url, {}, { isUploader: () => uploads });
    made.uplink.connect();
    made.take(10, "desk", Date.now() - 5000);
    made.take(10);
    made.uplink.elsewhere(2500);
    assert.equal(made.uplink.status().state, "standby");
    assert.equal(made.uplink.status().backlog.messages, 10);
    assert.equal(cloud.count, 0);
    uploads = true;
    made.uplink.uploaderChanged();
    await eventually("it takes over", () => cloud.distinct === 10 && cloud.dropped.length === 1);
    assert.equal(cloud.dropped[0]!.reason, "elsewhere");
    await eventually("acknowledged", () => made.uplink.status().backlog.messages === 0);
    uploads = false;
    made.uplink.uploaderChanged();
    made.take(1);
    assert.equal(made.uplink.status().backlog.messages, 1);
  },
);

testWith(
  ["mosquitto"],
  "connections that break all the time lose nothing and refuse nothing",
  async () => {
    await using broker = await Mosquitto.start();
    await using cloud = await Cloud.connect(broker.url);
    using line = new Line(broker.port, 2);
    await using made = await make(`mqtt://127.0.0.1:${line.port}`, { window: 50 });
    made.uplink.connect();
    let taken = 0;
    for (let round = 0; round < 25; round++) {
      made.take(100);
      taken += 100;
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 120));
      line.down();
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 30));
      line.up();
    }
    await cloud.has(taken, 20);
    cloud.assertWhole(taken);
    assert.deepEqual(cloud.dropped, []);
  },
);

Deno.test("a message at which the cloud ends each connection is dropped, and told", async () => {
  using cloud = new PickyCloud((topic) => topic === "bad/value");
  await using made = await make(cloud.url);
  made.uplink.connect();
  made.take(20);
  made.take(1, "bad");
  made.take(20);
  const status = await eventually("the rest has come", () => {
    const now = made.uplink.status();
    return now.sent === 40 && now.backlog.messages === 0 && now;
  });
  assert.equal(status.dropped.refused, 1);
  assert.ok(cloud.topics.includes("edgewire/v1/uplink/here/dropped"));
  assert.equal(cloud.topics.filter((topic) => topic === "desk/value").length >= 40, true);
  assert.ok(made.log.some((line) => line.includes('does not take a message on "bad/value"')));
});

Deno.test("a topic with a dot at which the cloud ends each connection goes escaped", async () => {
  using cloud = new PickyCloud((topic) => topic.includes("."));
  await using made = await make(cloud.url);
  made.uplink.connect();
  made.take(5);
  made.take(5, "a.b");
  made.take(5);
  await eventually("all have come", () => made.uplink.status().sent === 15);
  assert.equal(cloud.topics.filter((topic) => topic === "a%2Eb/value").length, 5);
  assert.equal(made.uplink.status().dropped.refused, 0);
});
