/**
 * Access tokens: made on first need, kept in the data directory, compared in
 * constant time.
 *
 * @module
 */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { ConfiguredToken, TokenRole } from "../config/schema.ts";

/** Who a client is. */
export interface Identity {
  role: TokenRole;
  /** Name of the token; for a node, the node's own name, where the token fixes it. */
  name?: string;
  /** Further topics that a node may publish and read, for nodes of other dialects. */
  topics?: readonly string[];
}

const FILE = "tokens.json";
const MADE: TokenRole[] = ["viewer", "operator", "admin", "node"];

function digest(token: string): Uint8Array {
  return createHash("sha256").update(token).digest();
}

/**
 * Reads the tokens that the gateway made for itself, or makes them: one per
 * role, 192 random bits each, in a file only the owner can read.
 *
 * @param dataDir Made where it does not exist.
 * @throws If the directory cannot be written or the file is not ours.
 */
export function loadOrMakeTokens(dataDir: string): Record<TokenRole, string> {
  const path = `${dataDir}/${FILE}`;
  try {
    return readTokens(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  const tokens = Object.fromEntries(
    MADE.map((role) => [role, makeToken()]),
  ) as Record<TokenRole, string>;
  Deno.mkdirSync(dataDir, { recursive: true });
  const text = JSON.stringify(tokens, null, 2) + "\n";
  Deno.writeTextFileSync(path, text, { mode: 0o600, createNew: true });
  return tokens;
}

/** Begins with a letter or digit, so that it can stand behind an option. */
function makeToken(): string {
  const token = randomBytes(24).toString("base64url");
  return /^[-_]/.test(token) ? makeToken() : token;
}

function readTokens(path: string): Record<TokenRole, string> {
  const text = Deno.readTextFileSync(path);
  let tokens: Record<TokenRole, string>;
  try {
    tokens = JSON.parse(text);
  } catch {
    throw new Error(`${path} is not JSON: delete it and new tokens are made`);
  }
  for (const role of MADE) {
    if (typeof tokens[role] !== "string" || tokens[role].length < 16) {
      throw new Error(`${path} has no token for "${role}": delete it and new tokens are made`);
    }
  }
  return tokens;
}

/** The tokens that are known, and whose they are. */
export class TokenBook {
  readonly #entries: { digest: Uint8Array; identity: Identity }[] = [];

  constructor(made: Partial<Record<TokenRole, string>>, configured: ConfiguredToken[]) {
    for (const [role, token] of Object.entries(made)) {
      this.#entries.push({ digest: digest(token), identity: { role: role as TokenRole } });
    }
    for (const { name, role, token, topics } of configured) {
      const identity = { role, name, ...(topics === undefined ? {} : { topics }) };
      this.#entries.push({ digest: digest(token), identity });
    }
  }

  /** @returns Whose token it is; `null` if nobody's. Takes the same time either way. */
  identify(token: string): Identity | null {
    const presented = digest(token);
    let found: Identity | null = null;
    for (const entry of this.#entries) {
      if (timingSafeEqual(entry.digest, presented)) found = entry.identity;
    }
    return found;
  }
}
