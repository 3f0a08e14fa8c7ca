import assert from "node:assert/strict";
import { incomingConnections } from "../gateway/incoming_connections.ts";

/** A listener whose `accept` gives or throws these, and is closed then. */
function listenerOf(results: (Deno.Conn | Error)[]) {
  return {
    accept(): Promise<Deno.Conn> {
      const next = results.shift() ?? new Deno.errors.BadResource("Listener has been closed");
      return next instanceof Error ? Promise.reject(next) : Promise.resolve(next);
    },
  };
}

const conn = (port: number) => ({ remoteAddr: { port } }) as unknown as Deno.Conn;

async function taken(results: (Deno.Conn | Error)[]) {
  const logged: string[] = [];
  const ports: number[] = [];
  for await (
    const { remoteAddr } of incomingConnections(listenerOf(results), (line) => logged.push(line))
  ) {
    ports.push((remoteAddr as Deno.NetAddr).port);
  }
  return { ports, logged };
}

Deno.test("connections that are reset before they are taken hold up nobody", async () => {
  const gone = () => [
    new Deno.errors.NotConnected("os error 107"),
    new Deno.errors.ConnectionReset("os error 104"),
    new Deno.errors.ConnectionAborted("os error 103"),
  ];
  const start = performance.now();
  const many = Array.from({ length: 30 }, gone).flat();
  const { ports, logged } = await taken([conn(1), ...many, conn(2)]);
  assert.deepEqual(ports, [1, 2]);
  assert.deepEqual(logged, []);
  assert.ok(performance.now() - start < 1000);
});

Deno.test("where the system has not what a connection needs it is said, and tried again", async () => {
  const start = performance.now();
  const { ports, logged } = await taken([new Error("Too many open files (os error 24)"), conn(1)]);
  assert.deepEqual(ports, [1]);
  assert.deepEqual(logged, ["accept failed: Too many open files (os error 24)"]);
  assert.ok(performance.now() - start > 50, "not at once");
});
