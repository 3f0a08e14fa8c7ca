/**
 * What is not compared, because tshark goes into protocols or link types that are not decoded here.
 *
 * @module
 */
import type { ComparedFrame } from "./compared_file.ts";
import { type Exception, has } from "./exceptions.ts";
import { firstForeign } from "./known_protocols.ts";

/** Whether tshark hands any of the conversation to a protocol that is not decoded here. */
function carriesForeign(frame: ComparedFrame): boolean {
  return frame.conversation.some(({ layers }) => firstForeign(layers) < layers.length);
}

/** Ports of Kerberos, LDAP, PostgreSQL, Bitcoin: tshark knows these by port alone. */
const FOREIGN_PORTS = /^(88|389|5432|8333)$/;

function onForeignPort(frame: ComparedFrame): boolean {
  return [...frame.theirs("tcp.srcport"), ...frame.theirs("tcp.dstport")]
    .some((port) => FOREIGN_PORTS.test(port));
}

/** Whether a foreign protocol carried TCP or UDP in a frame before. */
function carriedBefore({ file, index }: ComparedFrame, protocol: string): boolean {
  return file.frames.slice(0, index + 1).some(({ layers }) =>
    layers.indexOf(protocol, firstForeign(layers)) >= 0 || has(layers, "udp", "ip")
  );
}

export const OUT_OF_SCOPE: readonly Exception[] = [
  {
    name: "foreign-reassembly",
    because: "a protocol that is not decoded here asks tshark to put segments together",
    fields: /^tcp\.(segment|segment\.count|reassembled_in|reassembled\.length)$/,
    applies: ({ frame }) => carriesForeign(frame),
  },
  {
    name: "foreign-protocol-waits",
    because: "a protocol that is not decoded here took the bytes and waits for more",
    fields: /^(frame\.protocols$|data\.)/,
    applies: ({ frame }) =>
      frame.layers.at(-1) === "tcp" && (carriesForeign(frame) || onForeignPort(frame)),
  },
  {
    name: "streams-inside-foreign-protocols",
    because: "tshark also numbers conversations that protocols not decoded here carry",
    fields: /^(tcp|udp)\.stream$/,
    applies: ({ frame, field, ours, theirs }) =>
      Number(theirs[0]) > Number(ours[0]) && carriedBefore(frame, field.slice(0, 3)),
  },
  {
    name: "ip-over-udp",
    because: "IP packets in UDP datagrams without a header between them are not decoded here",
    fields: /^(frame\.protocols$|data\.)/,
    applies: ({ frame }) => has(frame.layers, "udp", "ip") || has(frame.layers, "udp", "ipv6"),
  },
  {
    name: "link-type-not-decoded",
    because: "LINKTYPE_BLUETOOTH_BREDR_BB (255) is not decoded here",
    fields: /^(frame\.protocols$|data\.)/,
    applies: ({ frame }) => frame.layers[1] === "btbredr_rf",
  },
];
