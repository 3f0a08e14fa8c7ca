/** The disk is full while the cloud is away. */
import assert from "node:assert/strict";
import { noTaps } from "../../gateway/taps.ts";
import { DiskOutbox } from "../../gateway/uplink/outbox.ts";
import { Uplink } from "../../gateway/uplink/uplink.ts";
import { StoreFolder } from "../store/store_fixture.ts";
import { eventually } from "../support/eventually.ts";
import { Mosquitto } from "../support/mosquitto.ts";
import { testWith } from "../support/tools.ts";
import { Cloud } from "./cloud.ts";

/** Does not compress. */
function bulky(bytes: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(bytes));
}

testWith(
  ["mosquitto"],
  "a full disk while the cloud is away: memory holds what it can, the rest is told",
  async () => {
    await using broker = await Mosquitto.start();
    await using cloud = await Cloud.connect(broker.url);
    await using folder = new StoreFolder();
    const store = await folder.open({ lazyMs: 10, tuning: { retryMs: 20, maxPages: 300 } });
    const log: string[] = [];
    const uplink = await Uplink.open({
      settings: {
        url: broker.url,
        topics: ["#"],
        prefix: "",
        down: [],
        envelope: false,
        window: 500,
        bytes: 1e9,
        ageSeconds: 1e6,
        policy: "oldest",
      },
      epoch: store.epoch,
      outbox: new DiskOutbox(store),
      packetBytes: 1 << 20,
      mayPublish: () => false,
      publish: () => Promise.resolve(),
      onState: () => {},
      taps: noTaps,
      log: (line) => log.push(line),
      times: { look: 50 },
    });
    let seq = 0;
    const take = (bytes: number) => {
      const payload = bulky(bytes);
      const message = {
        topic: "desk/x",
        payload,
        qos: 1 as const,
        replayed: false,
        own: false,
      };
      const time = Date.now();
      uplink.take({ channel: "desk", topic: "desk/x", seq: ++seq, time, json: "", message });
    };
    try {
      while (store.state.state === "ok") {
        for (let i = 0; i < 20; i++) take(3000);
        await store.synced();
      }
      const full = seq;
      // More than memory keeps.
      for (let i = 0; i < 400; i++) take(60_000);
      uplink.connect();
      const all = () => {
        const told = cloud.dropped.reduce((sum, { count }) => sum + count, 0);
        return told > 0 && cloud.distinct + told === seq;
      };
      await eventually("each has come or is told", all);
      assert.ok(cloud.arrived.some(({ n }) => n < full / 2), "what was on disk has come");
      assert.equal(cloud.arrived.at(-1)!.n, seq);
      assert.deepEqual([...new Set(cloud.dropped.map(({ reason }) => reason))], ["disk"]);
      const ranges = cloud.dropped.map(({ channel, from, to }) => `${channel} ${from}-${to}`);
      assert.deepEqual(cloud.missing, ranges);
      await eventually("nothing waits", () => uplink.status().backlog.messages === 0);
    } finally {
      await uplink.close();
      await store.close();
    }
  },
);
