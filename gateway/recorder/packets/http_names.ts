/**
 * Names of HTTP header fields and of parameters in URLs whose values are secrets.
 *
 * @module
 */
import { NameKind, nameKind } from "./secret_names.ts";

/** Parts of names; lower case, without `-`, as are all here. */
const HEADER_PARTS =
  /assertion|jwt|token|secret|apikey|auth(?!ority)|credential|passw|cookie|oidc|signature/;
/** They say how, or prove nothing to others. */
const PLAIN_HEADERS = /^(secwebsocket\w+|(www|proxy)authenticate)$/;

/** Query parameters: of signed URLs, of OAuth (RFC 6749) and the like. */
const PARAMETERS =
  /^(key|code|pin|sig|hmac|auth|ticket|samlresponse|codeverifier)\d*$|(signature|assertion|tokenhint)$/;

function folded(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, "");
}

/** Whether the value of a header field is a secret. @param name in any case */
export function isSecretHeader(name: string): boolean {
  const plain = folded(name);
  if (PLAIN_HEADERS.test(plain)) return false;
  return HEADER_PARTS.test(plain) || nameKind(name) === NameKind.Secret;
}

/** Whether the value of a parameter is a secret. */
export function isSecretParameter(name: string): boolean {
  return PARAMETERS.test(folded(name)) || nameKind(name) === NameKind.Secret;
}
