import type { CloseCode as GatewayCloseCode, Role } from "../../gateway/sessions/messages.ts";

/** The close codes that the client treats in a way of their own. */
export const CLOSE: Pick<
  typeof GatewayCloseCode,
  "shuttingDown" | "unauthenticated" | "notAllowed" | "tooMany"
> = { shuttingDown: 1001, unauthenticated: 4401, notAllowed: 4403, tooMany: 4429 };

/** What the connection really does now. */
export type ConnectionState =
  /** A WebSocket is being opened, or is open and not yet welcomed. */
  | { state: "connecting"; attempt: number }
  | { state: "connected"; session: string; epoch: string; role: Role }
  /** The next try is at `retryAt`, Unix milliseconds of this machine. */
  | { state: "waiting"; retryAt: number; code: number; reason: string }
  /** No further try: closed by us, or the gateway refused for good (4401, 4403). */
  | { state: "stopped"; code: number; reason: string };

/** How a connection ended. */
export interface Ending {
  /** RFC 6455 close code, 1006 where there was none. */
  code: number;
  /** For people; never empty. */
  reason: string;
  /** Time from `welcome` to the end in milliseconds; 0 without `welcome`. */
  lasted: number;
}

/** The reason that people see when the peer gave none. */
export function closeReason(code: number, reason: string): string {
  if (reason !== "") return reason;
  switch (code) {
    case CLOSE.shuttingDown:
      return "the gateway is shutting down";
    case CLOSE.unauthenticated:
      return "no token, or a wrong one";
    case CLOSE.notAllowed:
      return "not allowed";
    case CLOSE.tooMany:
      return "too many connections or messages";
    default:
      return "the connection was lost";
  }
}
