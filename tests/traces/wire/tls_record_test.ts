/** Telling TLS from other bytes, and the fields of hellos. */
import assert from "node:assert/strict";
import { Dissection } from "../../../traces/wire/dissection.ts";
import { allFields, fieldOf } from "../../../traces/wire/field.ts";
import { decodeHandshake } from "../../../traces/wire/tls_handshake.ts";
import { looksLikeTls, versionColumn, versionOfRecord } from "../../../traces/wire/tls_record.ts";
import { TlsSession } from "../../../traces/wire/tls_session.ts";
import { hex, TRACE } from "../support/rfc8448.ts";

function begin(bytes: Uint8Array): Dissection {
  const d = new Dissection(allFields().length);
  d.want.fill(1);
  d.begin(bytes, 0, bytes.length, bytes.length);
  return d;
}

Deno.test("looksLikeTls knows the records a connection begins with", () => {
  for (const { bytes } of TRACE) assert.equal(looksLikeTls(begin(bytes)), true);
  const others = [
    "",
    "16",
    "16030100",
    "1603010000",
    "1503030002",
    "1604010010",
    "16030148ff",
    "474554202f20485454502f312e31",
    "101000044d515454",
  ];
  for (const text of others) {
    const d = begin(hex(text));
    assert.equal(looksLikeTls(d), false);
    assert.deepEqual([d.pos, d.failed], [0, 0]);
  }
});

Deno.test("the version comes from the record when no hello tells it", () => {
  assert.equal(versionOfRecord(23, 0, 0x0303), 0x0303);
  assert.equal(versionOfRecord(22, 1, 0x0301), 0);
  assert.equal(versionOfRecord(22, 2, 0x0302), 0x0302);
  assert.equal(versionOfRecord(22, 99, 0x0303), 0);
  assert.equal(versionOfRecord(23, 0, 0x1234), 0);
  assert.deepEqual([0, 0x300, 0x301, 0x302, 0x303, 0x304].map(versionColumn), [
    "TLS",
    "SSLv3",
    "TLSv1",
    "TLSv1.1",
    "TLSv1.2",
    "TLSv1.3",
  ]);
});

function fieldsOf(bytes: Uint8Array, session: TlsSession): Map<string, unknown[]> {
  const d = begin(bytes.subarray(5));
  decodeHandshake(d, session);
  assert.deepEqual([d.failed, d.problems, d.pos], [0, [], d.end]);
  const found = new Map<string, unknown[]>();
  for (let i = 0; i < d.tree.count; i++) {
    const { name } = fieldOf(d.tree.id[i]!);
    found.set(name, [...found.get(name) ?? [], d.tree.obj[i] ?? d.tree.num[i]]);
  }
  return found;
}

Deno.test("the hellos of RFC 8448, 3", () => {
  const session = new TlsSession();
  const client = fieldsOf(TRACE[0]!.bytes, session);
  assert.equal(session.version, 0);
  assert.equal(session.serverName, "server");
  assert.deepEqual(client.get("tls.handshake.ciphersuite"), [0x1301, 0x1303, 0x1302]);
  assert.deepEqual(client.get("tls.handshake.extension.type"), [
    ...[0, 65281, 10, 35, 51, 43, 13, 45, 28],
  ]);
  assert.deepEqual(client.get("tls.handshake.extensions.supported_version"), [0x0304]);
  assert.deepEqual(client.get("tls.handshake.extensions_key_share_group"), [29]);
  assert.deepEqual(client.get("tls.record_size_limit"), [0x4001]);
  assert.deepEqual(client.get("tls.handshake.ja3_full"), [
    "771,4865-4867-4866,0-65281-10-35-51-43-13-45-28,29-23-24-25-256-257-258-259-260,",
  ]);
  const server = fieldsOf(TRACE[1]!.bytes, session);
  assert.deepEqual([session.version, session.suite, session.retry], [0x0304, 0x1301, false]);
  assert.deepEqual(server.get("tls.handshake.ciphersuite"), [0x1301]);
  assert.equal(server.has("tls.handshake.random_time"), false);
});
