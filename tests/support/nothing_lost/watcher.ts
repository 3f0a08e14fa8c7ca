/**
 * Two browsers as a process of its own, to be killed. Both write down what they are told, a line
 * each: the page's client, which begins anew with each life of the process, and a plain one that
 * finds its last `epoch:seq` in what it wrote and resumes.
 *
 * Arguments: address of the gateway's `/ws`, file, channels.
 *
 * @module
 */
import { PROTOCOL, type ServerMessage } from "../../../gateway/sessions/messages.ts";
import { Client } from "../../../web/client/client.ts";
import type { Told } from "./told.ts";

const [address, path, ...channels] = Deno.args as [string, string, ...string[]];
/** Where the newest position of each channel is found. */
const TAIL_BYTES = 1 << 20;
const RETRY_MS = 50;

const file = Deno.openSync(path, { read: true, write: true, create: true });

/** Positions by channel; cuts a line off that the end of the last life cut. */
function positions(): Map<string, string> {
  const size = file.seekSync(0, Deno.SeekMode.End);
  const from = file.seekSync(Math.max(0, size - TAIL_BYTES), Deno.SeekMode.Start);
  const bytes = new Uint8Array(size - from);
  for (let at = 0; at < bytes.length;) at += file.readSync(bytes.subarray(at))!;
  const whole = bytes.lastIndexOf(10) + 1;
  file.truncateSync(from + whole);
  file.seekSync(0, Deno.SeekMode.End);
  const lines = new TextDecoder().decode(bytes.subarray(0, whole)).split("\n");
  const found = new Map<string, string>();
  for (const line of lines.slice(from === 0 ? 0 : 1, -1).reverse()) {
    const [who, kind, channel, seq, , epoch] = JSON.parse(line) as Told;
    if (who !== "plain" || kind !== "data" && kind !== "snapshot" || found.has(channel!)) continue;
    found.set(channel!, `${epoch}:${seq}`);
  }
  return found;
}

const encoder = new TextEncoder();
let lines = "";

function write() {
  const bytes = encoder.encode(lines);
  lines = "";
  for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
}

/** What is told in one turn is written at once. */
function tell(...told: Told) {
  if (lines === "") queueMicrotask(write);
  lines += `${JSON.stringify(told)}\n`;
}

function take(who: Told[0], message: ServerMessage, epoch: string) {
  const { type } = message;
  if (type === "data") tell(who, type, message.channel, message.seq, message.value, epoch);
  else if (type === "event") tell(who, "data", message.channel, message.seq, null, epoch);
  else if (type === "snapshot") {
    tell(who, type, message.channel, message.seq, null, message.epoch);
  } else if (type === "gap") {
    tell(who, type, message.channel, message.from, message.to, message.reason);
  }
}

const since = positions();
tell("page", "begin");

let pageEpoch = "";
const client = new Client(address, {
  timing: { retryMin: 20, retryMax: 100 },
  onState: (state) => {
    if (state.state !== "connected") return;
    pageEpoch = state.epoch;
    tell("page", "connected");
  },
});
for (const channel of channels) {
  client.subscribe(channel, (message) => take("page", message, pageEpoch), { quiet: true });
}

function connect() {
  const socket = new WebSocket(address, PROTOCOL);
  let epoch = "";
  let bytes = 0;
  const refused = new Set<string>();
  const subscribe = (channel: string) => {
    const position = since.get(channel);
    const from = position === undefined ? {} : { since: position };
    socket.send(JSON.stringify({ type: "subscribe", channel, quiet: true, ...from }));
  };
  const note = (message: ServerMessage) => {
    if (message.type === "welcome") {
      epoch = message.epoch;
      tell("plain", "connected");
      channels.forEach(subscribe);
    } else if (message.type === "error") refused.add(message.id!);
    else if (message.type === "channels") {
      for (const channel of message.added) if (refused.delete(channel)) subscribe(channel);
    }
    take("plain", message, epoch);
    if ("channel" in message && "seq" in message) {
      since.set(message.channel, `${epoch}:${message.seq}`);
    }
  };
  socket.onmessage = ({ data }) => {
    bytes += encoder.encode(data).length;
    const parsed: ServerMessage | ServerMessage[] = JSON.parse(data);
    for (const message of Array.isArray(parsed) ? parsed : [parsed]) note(message);
    if (socket.readyState !== WebSocket.OPEN) return;
    socket.send(JSON.stringify({ type: "received", bytes }));
  };
  socket.onerror = () => {};
  socket.onclose = () => setTimeout(connect, RETRY_MS);
}

connect();
console.log("watching");
