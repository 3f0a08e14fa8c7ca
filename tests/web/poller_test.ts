import assert from "node:assert/strict";
import { signal } from "@preact/signals";
import { Poller } from "../../web/app/poller.ts";

/** A poller whose requests and timers the test answers. */
function made() {
  const requests: { answer: PromiseWithResolvers<string>; signal: AbortSignal }[] = [];
  const timers: { task: () => void; milliseconds: number }[] = [];
  const running = signal(true);
  const poller = new Poller<string>(
    (abort) => {
      const answer = Promise.withResolvers<string>();
      requests.push({ answer, signal: abort });
      return answer.promise;
    },
    running,
    (task, milliseconds) => {
      const timer = { task, milliseconds };
      timers.push(timer);
      return () => {
        const at = timers.indexOf(timer);
        if (at >= 0) timers.splice(at, 1);
      };
    },
  );
  /** Lets promises that are settled run. */
  const settled = () => new Promise((resolve) => setTimeout(resolve));
  return { poller, requests, timers, running, settled };
}

Deno.test("asks at once, then again after the period, one request at a time", async () => {
  const { poller, requests, timers, settled } = made();
  const leave = poller.watch(2000);
  poller.refresh();
  assert.equal(requests.length, 1, "the one that is under way is enough");
  assert.equal(timers.length, 0, "and the next is not planned before its answer");
  requests[0]!.answer.resolve("first");
  await settled();
  assert.equal(poller.data.value, "first");
  assert.equal(timers.length, 1);
  assert.ok(timers[0]!.milliseconds > 1000 && timers[0]!.milliseconds <= 2000);
  timers[0]!.task();
  assert.equal(requests.length, 2);
  leave();
});

Deno.test("the shortest period of those who watch counts", async () => {
  const { poller, requests, timers, settled } = made();
  const slow = poller.watch(15_000);
  requests[0]!.answer.resolve("first");
  await settled();
  assert.ok(timers[0]!.milliseconds > 2000);
  const fast = poller.watch(2000);
  assert.equal(timers.length, 1);
  assert.ok(timers[0]!.milliseconds <= 2000);
  fast();
  slow();
  assert.equal(timers.length, 0, "nobody watches: nothing is asked");
});

Deno.test("a failed request keeps the last answer and says why; the next one clears it", async () => {
  const { poller, requests, timers, settled } = made();
  const leave = poller.watch(2000);
  requests[0]!.answer.resolve("first");
  await settled();
  timers[0]!.task();
  requests[1]!.answer.reject(new Error("Cannot load the nodes: status 503"));
  await settled();
  assert.equal(poller.data.value, "first");
  assert.equal(poller.problem.value, "Cannot load the nodes: status 503");
  timers[0]!.task();
  requests[2]!.answer.resolve("third");
  await settled();
  assert.equal(poller.data.value, "third");
  assert.equal(poller.problem.value, undefined);
  leave();
});

Deno.test("asks nothing while it is not running, and at once when it is again", async () => {
  const { poller, requests, timers, running, settled } = made();
  running.value = false;
  const leave = poller.watch(2000);
  assert.equal(requests.length, 0);
  running.value = true;
  assert.equal(requests.length, 1);
  requests[0]!.answer.resolve("first");
  await settled();
  running.value = false;
  assert.equal(timers.length, 0);
  running.value = true;
  assert.equal(timers.length, 1, "but not sooner than the period");
  leave();
  running.value = false;
  running.value = true;
  assert.equal(requests.length, 1);
});

Deno.test("who leaves ends the request; who comes next does not wait for it", async () => {
  const { poller, requests, settled } = made();
  poller.watch(2000)();
  assert.equal(requests[0]!.signal.aborted, true);
  requests[0]!.answer.reject(new Error("aborted"));
  await settled();
  assert.equal(poller.problem.value, undefined);
  const leave = poller.watch(15_000);
  assert.equal(requests.length, 2);
  leave();
});

Deno.test("refreshes on demand though nobody watches", async () => {
  const { poller, requests, timers, settled } = made();
  poller.refresh();
  requests[0]!.answer.resolve("first");
  await settled();
  assert.equal(poller.data.value, "first");
  assert.equal(timers.length, 0);
});
