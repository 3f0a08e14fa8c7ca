/** Vectors of RFC 8448 (TLS 1.3) and of the PRF of TLS 1.2 and before. */
import assert from "node:assert/strict";
import { expandLabel, prf } from "../../../traces/wire/tls_key_schedule.ts";
import { hex, SECRETS } from "../support/rfc8448.ts";

const NONE = new Uint8Array(0);

for (const { label, secret, key, iv } of SECRETS) {
  Deno.test(`keys from ${label} are those of RFC 8448, 3`, () => {
    assert.deepEqual(expandLabel("sha256", hex(secret), "key", NONE, 16), hex(key));
    assert.deepEqual(expandLabel("sha256", hex(secret), "iv", NONE, 12), hex(iv));
  });
}

Deno.test("expandLabel takes a context", () => {
  // RFC 8448, 3: "tls13 derived" from the early secret, with the hash of nothing.
  const early = hex("33ad0a1c607ec03b09e6cd9893680ce210adf300aa1f2660e1b22e10f170f92a");
  const empty = hex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  assert.deepEqual(
    expandLabel("sha256", early, "derived", empty, 32),
    hex("6f2615a108c702c5678f54fc9dbab69716c076189c48250cebeac3576c3611ba"),
  );
});

// Vectors that implementers of TLS 1.2 exchange (IETF TLS mailing list, 2009).
Deno.test("prf with SHA-256", () => {
  const out = prf(
    "sha256",
    hex("9bbe436ba940f017b17652849a71db35"),
    "test label",
    hex("a0ba9f936cda311827a6f796ffd5198c"),
    100,
  );
  assert.deepEqual(
    out,
    hex(`e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e
      14baf9af0fa022f7077def17abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e
      5a5110fff70187347b66`),
  );
});

Deno.test("prf with SHA-384", () => {
  const out = prf(
    "sha384",
    hex("b80b733d6ceefcdc71566ea48e5567df"),
    "test label",
    hex("cd665cf6a8447dd6ff8b27555edb7465"),
    148,
  );
  assert.deepEqual(
    out,
    hex(`7b0c18e9ced410ed1804f2cfa34a336a1c14dffb4900bb5fd7942107e81c83cde9ca0faa60be9fe34f82b123
      3c9146a0e534cb400fed2700884f9dc236f80edd8bfa961144c9e8d792eca722a7b32fc3d416d473ebc2c5fd4abf
      dad05d9184259b5bf8cd4d90fa0d31e2dec479e4f1a26066f2eea9a69236a3e52655c9e9aee691c8f3a26854308d
      5eaa3be85e0990703d73e56f`),
  );
});
