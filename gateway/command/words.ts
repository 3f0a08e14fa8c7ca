/**
 * What the commands that talk to a broker or read captures have in common on the command line.
 *
 * @module
 */
import { parseArgs, type ParseArgsOptionsConfig } from "node:util";
import { type DecodeAs, parseDecodeAs } from "../../traces/flows/decode_as.ts";
import { UsageError } from "../config/load.ts";
import { parseTarget, type Target } from "./target.ts";

/** Options of captures, and those of a broker's credentials. */
export const COMMON_OPTIONS = {
  keylog: { type: "string" },
  "decode-as": { type: "string", multiple: true },
  token: { type: "string" },
  username: { type: "string" },
  ca: { type: "string" },
} as const;

/** @throws {UsageError} when an option is unknown or lacks its value */
export function parseWords<O extends ParseArgsOptionsConfig>(args: string[], options: O) {
  try {
    return parseArgs({ args, options, strict: true, allowPositionals: true });
  } catch (error) {
    const { message } = error as Error;
    const [, unknown] = /^Unknown option '(.*?)'/.exec(message) ?? [];
    throw new UsageError(unknown === undefined ? message : `unknown option ${unknown}`);
  }
}

/** What a capture needs to be decoded: the content of a TLS key log, and rules for ports. */
export interface CaptureHints {
  readonly keyLog: Uint8Array | undefined;
  readonly decodeAs: readonly DecodeAs[];
}

/** @throws {UsageError} when the file cannot be read or a rule is none */
export function captureHints(
  values: { keylog?: string | undefined; "decode-as"?: string[] | undefined },
): CaptureHints {
  const { keylog, "decode-as": rules = [] } = values;
  return {
    keyLog: keylog === undefined ? undefined : contentOf("--keylog", keylog),
    decodeAs: rules.map(decodeAs),
  };
}

/**
 * The broker or gateway that an option names.
 *
 * @param option that named it
 * @param environment gives variables of the environment
 * @throws {UsageError} when the address or the certificate authority cannot be used
 */
export function targetOf(
  address: string,
  option: string,
  { token, username, ca }: {
    token?: string | undefined;
    username?: string | undefined;
    ca?: string | undefined;
  },
  environment: (name: string) => string | undefined,
): Target {
  const usualToken = environment("EDGEWIRE_TOKEN");
  return parseTarget(address, {
    ...(token === undefined ? {} : { token }),
    ...(usualToken === undefined ? {} : { usualToken }),
    ...(username === undefined ? {} : { username }),
    ...(ca === undefined ? {} : { ca: contentOf("--ca", ca) }),
  }, option);
}

function decodeAs(text: string): DecodeAs {
  try {
    return parseDecodeAs(text);
  } catch (error) {
    throw new UsageError(`--decode-as: ${(error as Error).message}`);
  }
}

function contentOf(option: string, path: string): Uint8Array {
  try {
    return Deno.readFileSync(path);
  } catch (error) {
    throw new UsageError(`${option}: ${path} can't be read: ${(error as Error).message}`);
  }
}
