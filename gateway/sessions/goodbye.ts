/**
 * Closes WebSockets so that the other side learns why.
 *
 * @module
 */

/** How long a close frame waits for what is before it, and how often that is looked at. */
const LATEST_MS = 500;
const STEP_MS = 5;
/** How long it waits for a client to say that it received what is before it. */
const SETTLE_MS = 400;

/**
 * Sends the close frame as soon as nothing waits before it, and nothing is
 * likely to come: Deno drops a connection on which it reads a message after
 * `close`, and with it what was not written or read yet.
 *
 * @param settled Whether the client has received what was sent.
 */
export function sayGoodbye(
  socket: WebSocket,
  code: number,
  reason: string,
  settled: () => boolean,
) {
  const start = performance.now();
  const step = () => {
    if (socket.readyState !== WebSocket.OPEN) return;
    const waited = performance.now() - start;
    const written = socket.bufferedAmount === 0 && waited > SETTLE_MS;
    if (settled() || written || waited > LATEST_MS) socket.close(code, reason);
    else setTimeout(step, STEP_MS);
  };
  step();
}
