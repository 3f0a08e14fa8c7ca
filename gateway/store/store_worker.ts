/**
 * The Worker that the database belongs to: commits may take as long as the disk does.
 *
 * @module
 */
/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />
import { messageOf } from "./disk_errors.ts";
import { StoreEngine } from "./store_engine.ts";
import type { FromStoreWorker, StoreSetting, ToStoreWorker } from "./store_messages.ts";

/** It is looked so often what is to be done beside commits, ms. */
const TICK_MS = 1000;

let engine: StoreEngine | null = null;
let ticker: ReturnType<typeof setInterval> | undefined;
let turn: ReturnType<typeof setTimeout> | undefined;

const send = (message: FromStoreWorker) => self.postMessage(message);

function open(setting: StoreSetting) {
  engine = new StoreEngine(setting, {
    state: (state) => send({ type: "state", state }),
    log: (line) => send({ type: "log", line }),
  });
  const opened = engine.open();
  const { state, counters } = engine;
  send({ type: "opened", opened, state, counters });
  ticker = setInterval(maintain, TICK_MS);
}

/** One step at a time: messages come between. */
function maintain() {
  clearTimeout(turn);
  turn = undefined;
  if (engine?.maintain()) turn = setTimeout(maintain, 0);
}

function close() {
  engine?.close();
  engine = null;
  clearInterval(ticker);
  clearTimeout(turn);
  send({ type: "closed" });
}

function commit(engine: StoreEngine) {
  const stored = engine.commit();
  const { startSeq, counters } = engine;
  send({ type: "committed", stored, startSeq, counters });
  turn ??= setTimeout(maintain, 0);
}

self.onmessage = ({ data }: MessageEvent<ToStoreWorker>) => {
  if (data.type === "open") return open(data.setting);
  if (engine === null) return;
  switch (data.type) {
    case "records":
      return engine.take(data.bytes);
    case "commit":
      return commit(engine);
    case "close":
      return close();
    case "ask":
      try {
        const answer = engine.ask(data.question);
        send({ type: "answer", number: data.number, answer });
      } catch (error) {
        send({ type: "failed", number: data.number, reason: messageOf(error) });
      }
  }
};
