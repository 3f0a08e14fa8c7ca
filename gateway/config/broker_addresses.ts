/**
 * Addresses of an external broker: one, or those of the nodes of a cluster, separated by commas.
 *
 * @module
 */

/** A comma within an address, as in a password, separates nothing. */
const SEPARATOR = /\s*,\s*(?=[a-z]+:\/\/)/;

/** The addresses in a setting's text, in the order in which they are tried. */
export function brokerAddresses(text: string): string[] {
  return text.trim().split(SEPARATOR);
}
