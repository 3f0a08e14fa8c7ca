/** Sessions of OpenSSL with each kind of suite, and what else happens in a session, decrypted. */
import assert from "node:assert/strict";
import { KeyLog } from "../../../traces/flows/key_log.ts";
import { sideBySide } from "../../support/side_by_side.ts";
import { OpensslServer } from "../support/openssl_session.ts";
import { replayTls, type TlsReplay } from "../support/tls_replay.ts";

const { testWith } = sideBySide();

const HELLO = "hello over there";
const ANSWER = [...HELLO].reverse().join("");

async function replay(options: {
  server?: string[];
  client?: string[];
  rsa?: boolean;
  lines?: string[];
}): Promise<TlsReplay> {
  await using server = await OpensslServer.start(options);
  const lines = options.lines ?? [HELLO];
  const { chunks, keyLog } = await server.session({ ...options, lines });
  const keys = new KeyLog();
  keys.add(keyLog);
  assert.equal(keys.badLines, 0);
  return replayTls(chunks, keys);
}

function assertTalk({ problems, text, ended }: TlsReplay): void {
  assert.deepEqual(problems, []);
  assert.deepEqual(text, [`${HELLO}\n`, `${ANSWER}\n`]);
  assert.ok(ended.includes(0));
}

const SUITES_13 = [
  "TLS_AES_128_GCM_SHA256",
  "TLS_AES_256_GCM_SHA384",
  "TLS_CHACHA20_POLY1305_SHA256",
  "TLS_AES_128_CCM_SHA256",
  "TLS_AES_128_CCM_8_SHA256",
];

for (const suite of SUITES_13) {
  testWith(["openssl"], `TLS 1.3 with ${suite} is decrypted`, async () => {
    const args = ["-tls1_3", "-ciphersuites", suite];
    assertTalk(await replay({ server: args, client: args }));
  });
}

const SUITES_12 = [
  "ECDHE-ECDSA-AES128-GCM-SHA256",
  "ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-ECDSA-CHACHA20-POLY1305",
  "ECDHE-ECDSA-AES128-CCM",
  "ECDHE-ECDSA-AES128-CCM8",
  "ECDHE-ECDSA-AES256-CCM",
  "ECDHE-ECDSA-AES256-CCM8",
  "ECDHE-ECDSA-AES128-SHA",
  "ECDHE-ECDSA-AES256-SHA384",
];

for (const suite of SUITES_12) {
  testWith(["openssl"], `TLS 1.2 with ${suite} is decrypted`, async () => {
    const args = ["-tls1_2", "-cipher", suite];
    assertTalk(await replay({ server: args, client: args }));
  });
}

for (const suite of ["AES128-GCM-SHA256", "DHE-RSA-AES256-GCM-SHA384", "AES256-SHA256"]) {
  testWith(["openssl"], `TLS 1.2 with ${suite} is decrypted`, async () => {
    const args = ["-tls1_2", "-cipher", suite];
    assertTalk(await replay({ rsa: true, server: args, client: args }));
  });
}

for (const version of ["-tls1", "-tls1_1"]) {
  testWith(["openssl"], `CBC with ${version} is decrypted`, async () => {
    const args = [version, "-cipher", "ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0"];
    assertTalk(await replay({ server: args, client: args }));
  });
}

testWith(["openssl"], "a MAC over what is encrypted (RFC 7366) and one over the text", async () => {
  const cipher = ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA256"];
  const etm = await replay({ server: cipher, client: cipher });
  assert.equal(etm.tls.session.encryptThenMac, true);
  assertTalk(etm);
  const mte = await replay({ server: cipher, client: [...cipher, "-no_etm"] });
  assert.equal(mte.tls.session.encryptThenMac, false);
  assertTalk(mte);
});

testWith(["openssl"], "a suite that is not supported is named", async () => {
  const args = ["-tls1_2", "-cipher", "ECDHE-ECDSA-ARIA128-GCM-SHA256"];
  const { problems, text } = await replay({ server: args, client: args });
  assert.deepEqual(text, ["", ""]);
  assert.equal(problems.length, 2);
  for (const problem of problems) {
    assert.match(
      problem,
      /cipher suite is not supported TLS_ECDHE_ECDSA_WITH_ARIA_128_GCM_SHA256$/,
    );
  }
});

testWith(["openssl"], "new keys asked for with KeyUpdate", async () => {
  const { problems, text, ...rest } = await replay({
    server: ["-tls1_3"],
    client: ["-tls1_3"],
    lines: ["first", "K", HELLO, "K", "last"],
  });
  assert.deepEqual(problems, []);
  assert.equal(text[0], `first\n${HELLO}\nlast\n`);
  assert.equal(rest.values.get("tls.handshake.key_update.request_update")!.length, 4);
});

testWith(["openssl"], "HelloRetryRequest", async () => {
  const done = await replay({
    server: ["-tls1_3", "-groups", "P-384"],
    client: ["-tls1_3", "-groups", "X25519:P-384", "-alpn", "mqtt"],
  });
  assert.deepEqual(done.numbers("tls.handshake.type").slice(0, 4), [1, 2, 1, 2]);
  assert.deepEqual(done.numbers("tls.handshake.extensions_key_share_selected_group"), [24]);
  assertTalk(done);
});

testWith(["openssl"], "a handshake within the session (TLS 1.2)", async () => {
  const args = ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"];
  const { problems, text } = await replay({
    server: [...args, "-client_renegotiation"],
    client: args,
    lines: ["first", "R", HELLO],
  });
  assert.deepEqual(problems, []);
  assert.equal(text[0], `first\n${HELLO}\n`);
});

for (const version of ["-tls1_2", "-tls1_3"]) {
  testWith(["openssl"], `a session resumed (${version}), with client certificates`, async () => {
    await using server = await OpensslServer.start({ server: [version, "-verify", "1"] });
    const certificate = ["-cert", "cert.pem", "-key", "key.pem"];
    for (const file of ["-sess_out", "-sess_in"]) {
      const client = [version, ...certificate, file, "session.pem"];
      const { chunks, keyLog } = await server.session({ client, lines: [HELLO] });
      const keys = new KeyLog();
      keys.add(keyLog);
      const done = replayTls(chunks, keys);
      assertTalk(done);
      const resumed = done.numbers("tls.resumed").length +
        done.numbers("tls.handshake.extensions.psk.identity.selected").length;
      assert.equal(resumed, file === "-sess_in" ? 1 : 0);
    }
  });
}
