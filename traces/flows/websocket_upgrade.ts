/**
 * The opening handshake of WebSocket: what was offered, what was chosen, what is wrong with it
 * (RFC 6455, 4; RFC 7692, 5 and 7.1).
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { HttpHead } from "../wire/http_head.ts";
import type { Rule } from "../wire/problem.ts";
import { agreeOnDeflate, type Deflate, parseExtensions } from "../wire/websocket_extensions.ts";
import { UPGRADE } from "../wire/websocket_rules.ts";

/** RFC 6455, 1.3. */
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

type Report = (rule: Rule, detail?: string) => void;

/** Sec-WebSocket-Accept for a key. */
function acceptFor(key: string): string {
  return createHash("sha1").update(key + GUID).digest("base64");
}

const tokens = (value: string | undefined): string[] =>
  (value ?? "").split(",").map((token) => token.trim()).filter((token) => token !== "");

/** Whether a head asks for, or grants, the upgrade to WebSocket. */
export function isWebSocketUpgrade(head: HttpHead): boolean {
  return tokens(head.upgrade).includes("websocket");
}

/** Checks the request on its own (RFC 6455, 4.1, 4.2.1). */
export function checkUpgradeRequest(head: HttpHead, broken: Report): void {
  if (head.method !== "GET" || !/^HTTP\/1\.[1-9]/.test(head.version)) {
    broken(UPGRADE.method, `${head.method} ${head.version}`);
  }
  if (head.host === undefined) broken(UPGRADE.host);
  if (!tokens(head.connection).includes("upgrade")) broken(UPGRADE.connection, head.connection);
  if (!/^[A-Za-z0-9+/]{21}[AQgw]==$/.test(head.webSocketKey ?? "")) {
    broken(UPGRADE.key, head.webSocketKey);
  }
  if (head.webSocketVersion !== "13") broken(UPGRADE.version, head.webSocketVersion);
}

/**
 * Checks the response, against the request when that is known (RFC 6455, 4.1, 4.2.2), and tells what
 * was agreed upon.
 */
export function checkUpgradeResponse(
  request: HttpHead | undefined,
  response: HttpHead,
  broken: Report,
): { subprotocol: string; deflate: Deflate | undefined } {
  if (!tokens(response.connection).includes("upgrade")) {
    broken(UPGRADE.connection, response.connection);
  }
  const accept = response.webSocketAccept;
  const key = request?.webSocketKey;
  if (accept === undefined) broken(UPGRADE.noAccept);
  else if (key !== undefined && accept !== acceptFor(key)) {
    broken(UPGRADE.accept, `${accept}, expected ${acceptFor(key)}`);
  }
  const subprotocol = chosenProtocol(request, response, broken);
  const chosen = parseExtensions(response.webSocketExtensions ?? "", broken);
  let offers = undefined;
  if (request !== undefined) {
    offers = parseExtensions(request.webSocketExtensions ?? "", () => {});
    for (const { name } of chosen) {
      if (!offers.some((offer) => offer.name === name)) broken(UPGRADE.extension, name);
    }
  }
  return { subprotocol, deflate: agreeOnDeflate(chosen, offers, broken) };
}

function chosenProtocol(
  request: HttpHead | undefined,
  response: HttpHead,
  broken: Report,
): string {
  const chosen = tokens(response.webSocketProtocol);
  if (chosen.length > 1) broken(UPGRADE.protocols, chosen.join(", "));
  const [first] = chosen;
  if (first === undefined) return "";
  if (request !== undefined && !tokens(request.webSocketProtocol).includes(first)) {
    broken(UPGRADE.protocol, first);
  }
  return first;
}
