/**
 * How many bytes a string takes in UTF-8, without making them. A surrogate
 * with no partner counts 3, as the replacement character that an encoder
 * writes for it.
 *
 * @module
 */
export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    if (unit < 0x800) {
      bytes += 1;
      continue;
    }
    const next = unit >= 0xd800 && unit <= 0xdbff ? text.charCodeAt(i + 1) : 0;
    if (next >= 0xdc00 && next <= 0xdfff) i++;
    bytes += 2;
  }
  return bytes;
}
