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
    const [ours, all] = [cpuTime(), processTime()];
    work(500);
    const share = (cpuTime() - ours) / (processTime() - all);
    // Two threads that never wait.
    ok(share > 0.25 && share < 0.75, `${share}`);
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
