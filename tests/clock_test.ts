import { ok } from "node:assert/strict";
import process from "node:process";
import { cpuTime, workerBegins } from "../gateway/clock.ts";

/** Takes CPU time until so much of ours is counted, and asks for it as the gateway does. */
function work(ms: number) {
  const until = cpuTime() + ms;
  while (cpuTime() < until);
}

function processTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function threadTime(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

Deno.test("clock: CPU time is without that of Workers", async () => {
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const source = `self.onmessage = ({ data }) => {
    self.postMessage("runs");
    while (Atomics.load(data, 0) === 0);
    self.close();
  };`;
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const worker = new Worker(url, { type: "module" });
  const ended = workerBegins();
  const runs = new Promise((resolve) => worker.onmessage = resolve);
  worker.postMessage(stop);
  await runs;
  try {
    work(500);
    const [ours, all, thread] = [cpuTime(), processTime(), threadTime()];
    work(500);
    const took = processTime() - all;
    const [share, truth] = [(cpuTime() - ours) / took, (threadTime() - thread) / took];
    // The Worker never waits; other threads may work as well.
    ok(truth < 0.75, `${truth}`);
    ok(Math.abs(share - truth) < 0.15, `${share}, not ${truth}`);
  } finally {
    Atomics.store(stop, 0, 1);
    ended();
    worker.terminate();
    URL.revokeObjectURL(url);
  }
  const [ours, all] = [cpuTime(), processTime()];
  work(50);
  ok((cpuTime() - ours) / (processTime() - all) > 0.95);
});
