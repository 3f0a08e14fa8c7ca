/**
 * WebSockets whose client breaks off before they are open.
 *
 * @module
 */

/** Time for a WebSocket to open when its handshake has been answered, ms. */
const OPEN_MS = 2000;
/** The connection ended without a Close frame (RFC 6455, 7.1.5). */
const ABNORMAL_CLOSURE = 1006;

/**
 * Deno says nothing of a WebSocket whose client resets the connection during the handshake: neither
 * that it opens nor that it closes. With this it closes, so that nobody counts it for ever. Has to be
 * called before anybody listens to the socket.
 *
 * @param completed settles when the handshake was answered, or could not be
 * @param openMs time to open after that. @default 2000
 */
export function watchHandshake(socket: WebSocket, completed: Promise<void>, openMs = OPEN_MS) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let gone = false;
  const giveUp = () => {
    gone = true;
    socket.dispatchEvent(new CloseEvent("close", { code: ABNORMAL_CLOSURE }));
  };
  const answered = () => {
    if (socket.readyState === WebSocket.CONNECTING) timer = setTimeout(giveUp, openMs);
  };
  completed.then(answered, answered);
  socket.addEventListener("open", (event) => {
    clearTimeout(timer);
    if (!gone) return;
    // Too late: it counts as closed.
    event.stopImmediatePropagation();
    socket.close();
  });
}
