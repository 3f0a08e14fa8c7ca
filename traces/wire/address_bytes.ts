/**
 * Addresses out of text.
 *
 * @module
 */

/** The 4 bytes of "10.0.0.1"; undefined when it is no IPv4 address. */
export function ipv4Bytes(text: string): Uint8Array | undefined {
  const parts = text.split(".");
  const valid = parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && +part < 256);
  return valid ? Uint8Array.from(parts, Number) : undefined;
}

/** The 16 bytes of an IPv6 address in any of its forms (RFC 4291, 2.2); undefined for others. */
export function ipv6Bytes(text: string): Uint8Array | undefined {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  const v4 = dotted === null ? undefined : ipv4Bytes(dotted[2]!);
  if (dotted !== null && v4 === undefined) return undefined;
  const groups = v4 === undefined
    ? text
    : `${dotted![1]}${(v4[0]! << 8 | v4[1]!).toString(16)}:${(v4[2]! << 8 | v4[3]!).toString(16)}`;
  const halves = groups.split("::");
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map((half) => half === "" ? [] : half.split(":"));
  const given = head!.length + (tail?.length ?? 0);
  if (tail === undefined ? given !== 8 : given > 7) return undefined;
  const all = [...head!, ...Array<string>(8 - given).fill("0"), ...(tail ?? [])];
  if (!all.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  return Uint8Array.from(
    all.flatMap((group) => [parseInt(group, 16) >> 8, parseInt(group, 16) & 255]),
  );
}
