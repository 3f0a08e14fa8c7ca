/**
 * Addresses as text.
 *
 * @module
 */
import { hexBytes } from "./hex_text.ts";

/** The IPv4 address at `data[at, at + 4)`. */
export function ipv4Text(data: Uint8Array, at: number): string {
  return `${data[at]}.${data[at + 1]}.${data[at + 2]}.${data[at + 3]}`;
}

/** The IPv6 address at `data[at, at + 16)` in the shortest form (RFC 5952), as Wireshark writes it. */
export function ipv6Text(data: Uint8Array, at: number): string {
  const groups: number[] = [];
  for (let i = 0; i < 16; i += 2) groups.push(data[at + i]! << 8 | data[at + i + 1]!);
  const { start, length } = longestZeros(groups);
  const embedded = start === 0 && (length === 6 || (length === 5 && groups[5] === 0xffff));
  const words = groups.map((group) => group.toString(16));
  if (embedded) words.splice(6, 2, ipv4Text(data, at + 12));
  if (length < 2) return words.join(":");
  return `${words.slice(0, start).join(":")}::${words.slice(start + length).join(":")}`;
}

function longestZeros(groups: readonly number[]): { start: number; length: number } {
  let best = { start: -1, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let end = start;
    while (groups[end] === 0) end++;
    if (end - start > best.length) best = { start, length: end - start };
    if (end > start) start = end;
  }
  return best;
}

/** The EUI-48 or other address of `length` bytes at `data[at]`, as "aa:bb:cc:dd:ee:ff". */
export function colonText(data: Uint8Array, at: number, length: number): string {
  return hexBytes(data, at, length, ":");
}
