/**
 * Closes WebSockets so that the other side learns why.
 *
 * @module
 */

/** How long a close frame waits for what is before it, and how often that is looked at. */
const LATEST_MS = 500;
const STEP_MS = 5;

/**
 * Sends the close frame as soon as nothing waits before it: Deno drops a
 * connection on which it reads a message after `close`, and with it what was
 * not written yet.
 */
export function sayGoodbye(socket: WebSocket, code: number, reason: string) {
  const latest = performance.now() + LATEST_MS;
  const step = () => {
    if (socket.readyState !== WebSocket.OPEN) return;
    if (socket.bufferedAmount === 0 || performance.now() > latest) socket.close(code, reason);
    else setTimeout(step, STEP_MS);
  };
  step();
}
