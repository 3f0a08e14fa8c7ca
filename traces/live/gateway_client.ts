/**
 * Asks a gateway for traces, and says in words what it refuses.
 *
 * @module
 */
import { TOKEN_ADVICE } from "../command/token_advice.ts";
import { ask, type GatewayAddress, type HttpAnswer } from "./http_answer.ts";

/** What a gateway says of what it can trace (`GET /traces`). */
export interface TracesAnswer {
  /** Names that it knows. */
  readonly channels?: readonly string[];
  readonly nodes?: readonly string[];
  readonly http?: { readonly port?: number; readonly tls?: boolean };
  readonly mqtt?: readonly { readonly port?: number; readonly tls?: boolean }[];
  /** URL of an external broker. */
  readonly broker?: string;
}

/** The gateway can't be had, or refuses: the message says what to do. */
export class GatewayError extends Error {
  override name = "GatewayError";

  /** @param passing Whether it may go by itself: nobody there yet, or too busy. */
  constructor(message: string, readonly passing = false) {
    super(message);
  }
}

/** How long a gateway may take to answer, ms. */
const PATIENCE_MS = 15_000;
/** Longest answer that is read for its words, characters. */
const LONGEST_TEXT = 1024 * 1024;

/**
 * Gets one of the gateway's captures.
 *
 * @param path As `/traces/live.pcapng?hop=mqtt`.
 * @param signal Ends it, also later while it is read.
 * @throws {GatewayError}
 */
export async function openTrace(
  gateway: GatewayAddress,
  path: string,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), PATIENCE_MS);
  let answer;
  try {
    answer = await ask(gateway, path, AbortSignal.any([signal, late.signal]));
  } catch (error) {
    if (late.signal.aborted) {
      throw new GatewayError(`${gateway.url.origin} did not answer within 15 s`, true);
    }
    throw unreachable(gateway, error as Error);
  } finally {
    clearTimeout(timer);
  }
  if (answer.status !== 200) throw await refusal(gateway, answer);
  return answer;
}

/**
 * Asks what can be traced.
 *
 * @throws {GatewayError}
 */
export async function askTraces(
  gateway: GatewayAddress,
  signal: AbortSignal,
): Promise<TracesAnswer> {
  const text = await textOf(await openTrace(gateway, "/traces", signal));
  try {
    const answer: unknown = JSON.parse(text);
    if (typeof answer === "object" && answer !== null) return answer;
  } catch {
    // Said below.
  }
  throw new GatewayError(`${gateway.url.origin}: what it answers to /traces is not a gateway's`);
}

function unreachable(
  { url, ca }: GatewayAddress,
  { message: outer, code, cause }: Error & { code?: string },
): GatewayError {
  // What fetch says is in its cause, behind its own words.
  const message = cause instanceof Error ? cause.message.replace(/^.*\): /, "") : outer;
  if (/certificate|UnknownIssuer/i.test(message)) {
    const advice = ca === undefined
      ? "--ca FILE names the PEM file of its authority, or of the certificate if it is self-signed"
      : "the authority of --ca did not sign it";
    return new GatewayError(
      `${url.origin}: its certificate is not trusted: ${advice} (${message})`,
    );
  }
  if (code === "ECONNREFUSED" || /connection refused/i.test(message)) {
    return new GatewayError(
      `nobody listens at ${url.origin} (connection refused): start the gateway (deno task start), ` +
        "or name its address with --from",
      true,
    );
  }
  return new GatewayError(`${url.origin} can't be reached: ${message}`, true);
}

/** What an answer other than 200 means, and what to do. */
async function refusal(
  { url, token }: GatewayAddress,
  answer: HttpAnswer,
): Promise<GatewayError> {
  const { status, location } = answer;
  const said = saidBy(await textOf(answer).catch(() => ""));
  const words = said === undefined ? "" : `: ${said}`;
  const where = `tracing needs an admin's token; ${TOKEN_ADVICE}`;
  switch (status) {
    case 401:
      return new GatewayError(
        token === undefined
          ? `${url.origin} asks for a token (401): ${where}`
          : `${url.origin} does not know this token (401): ${where}`,
      );
    case 403:
      return new GatewayError(`${url.origin} refuses (403${words}): ${where}`);
    case 404:
      return new GatewayError(
        `${url.origin} has no such trace (404${words}): it is no Edgewire gateway, or one too old`,
      );
    case 503:
      return new GatewayError(`${url.origin} can't serve one more reader (503${words})`, true);
    default: {
      const elsewhere = location === undefined ? "" : `, see ${location}`;
      return new GatewayError(`${url.origin} answers ${status}${words}${elsewhere}`);
    }
  }
}

async function textOf({ chunks }: HttpAnswer): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of chunks) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > LONGEST_TEXT) break;
  }
  return text;
}

/** The message of an error of ours. */
function saidBy(text: string): string | undefined {
  try {
    const message: unknown = JSON.parse(text)?.error?.message;
    return typeof message === "string" ? message.slice(0, 300) : undefined;
  } catch {
    return undefined;
  }
}
