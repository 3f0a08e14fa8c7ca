/**
 * Keys that captures are compared with: those of `<capture>.keys.json` beside it.
 *
 * @module
 */

/** Keys for both programs. */
export interface Keys {
  /** Path of a TLS key log. */
  readonly tlsKeyLog?: string;
  /** Keys of IEEE 802.15.4 security, hexadecimal. */
  readonly wpan?: readonly { readonly key: string; readonly index: number }[];
  /** Zigbee network and link keys, hexadecimal, in the order of their bytes. */
  readonly zigbee?: readonly string[];
  /** Keys of sensors by address, which tshark knows nothing of; hexadecimal. */
  readonly sensors?: Readonly<Record<string, string>>;
  /** The same, for `tshark -o`. */
  readonly preferences: readonly string[];
}

const NONE: Keys = { preferences: [] };

type Written = Omit<Keys, "preferences">;

/** @param capture path */
export async function keysFor(capture: string): Promise<Keys> {
  let text: string;
  try {
    text = await Deno.readTextFile(`${capture}.keys.json`);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return NONE;
    throw error;
  }
  const written = JSON.parse(text) as Written;
  const folder = capture.slice(0, capture.lastIndexOf("/") + 1);
  const log = written.tlsKeyLog === undefined ? undefined : folder + written.tlsKeyLog;
  return {
    ...written,
    ...(log === undefined ? {} : { tlsKeyLog: log }),
    preferences: [
      ...(log === undefined ? [] : [`tls.keylog_file:${log}`]),
      ...(written.wpan ?? []).map(({ key, index }) =>
        `uat:ieee802154_keys:"${key}","${index}","No hash"`
      ),
      ...(written.zigbee ?? []).map((key) =>
        `uat:zigbee_pc_keys:"${key.match(/../g)!.join(":")}","Normal",""`
      ),
    ],
  };
}
