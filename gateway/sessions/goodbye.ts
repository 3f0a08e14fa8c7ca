/**
 * Closes WebSockets so that the other side learns why.
 *
 * @module
 */

/** How long a close frame waits for what is before it, and how often that is looked at. */
const LATEST_MS = 900;
const STEP_MS = 5;
/**
 * How long it waits for a client to say that it received what is before it: the machine of one that
 * is late may be busy, and what it says behind the close frame can cost it that frame.
 */
const SETTLE_MS = 800;
/**
 * A client is settled if it is so at this many looks in a row. Between two of them sockets are read:
 * what came while this process stood still is not heard at the first.
 */
const LOOKS = 2;

/**
 * Sends the close frame as soon as nothing waits before it, and nothing is
 * likely to come: Deno drops a connection on which it reads a message after
 * `close`, and with it what was not written or read yet.
 *
 * @param settled Whether the client has received what was sent.
 * @param said Called when the frame is sent.
 */
export function sayGoodbye(
  socket: WebSocket,
  code: number,
  reason: string,
  settled: () => boolean,
  said: () => void,
) {
  const start = performance.now();
  let looks = 0;
  const step = () => {
    if (socket.readyState !== WebSocket.OPEN) return;
    const waited = performance.now() - start;
    const written = socket.bufferedAmount === 0 && waited > SETTLE_MS;
    looks = settled() ? looks + 1 : 0;
    if (looks < LOOKS && !written && waited <= LATEST_MS) return void setTimeout(step, STEP_MS);
    socket.close(code, reason);
    said();
  };
  step();
}
