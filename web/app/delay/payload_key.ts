/**
 * What tells one payload from the next, whether it came as bytes or as a value of the room.
 *
 * @module
 */
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
/** Of longer ones the two ends and the length have to do, characters. */
const LONGEST = 200;

/** The value of a payload: JSON, else text; `undefined` where it is neither. */
export function payloadValue(payload: Uint8Array): unknown {
  let text: string | undefined;
  try {
    return JSON.parse(text = utf8.decode(payload));
  } catch {
    return text;
  }
}

function bounded(text: string): string {
  if (text.length <= LONGEST) return text;
  return `${text.slice(0, LONGEST / 2)}${text.length}${text.slice(-LONGEST / 2)}`;
}

/** Bytes that are no text: how many, which is the same in base64. */
function bytesKey(length: number): string {
  return `${length} bytes`;
}

/** The key of a payload as it came by MQTT. */
export function payloadKey(payload: Uint8Array): string {
  const value = payloadValue(payload);
  return value === undefined ? bytesKey(payload.length) : valueKey(value);
}

/** The key of a value as the room has it. */
export function valueKey(value: unknown): string {
  if (typeof value === "object" && value !== null && "base64" in value) {
    const { base64 } = value;
    if (typeof base64 === "string" && base64.length % 4 === 0 && Object.keys(value).length === 1) {
      return bytesKey(base64.length * 3 / 4 - (/=*$/.exec(base64)?.[0].length ?? 0));
    }
  }
  return bounded(JSON.stringify(value));
}
