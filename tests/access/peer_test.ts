import assert from "node:assert/strict";
import { isAllowedOrigin, isLocalRequest, isLoopback } from "../../gateway/access/peer.ts";

Deno.test("isLoopback knows every form of this machine's own addresses", () => {
  for (const address of ["127.0.0.1", "127.8.9.10", "::1", "[::1]", "::ffff:127.0.0.1"]) {
    assert.equal(isLoopback(address), true, address);
  }
  for (const address of ["0.0.0.0", "::", "10.0.0.1", "128.0.0.1", "127.0.0.1.evil", "::2", ""]) {
    assert.equal(isLoopback(address), false, address);
  }
});

Deno.test("isLocalRequest: without a Host header (HTTP/2) the address counts", () => {
  assert.equal(isLocalRequest("127.0.0.1", new Request("https://localhost:8080/"), []), true);
  assert.equal(isLocalRequest("127.0.0.1", new Request("https://evil.example/"), []), false);
  assert.equal(isLocalRequest("10.0.0.1", new Request("https://localhost:8080/"), []), false);
});

Deno.test("isAllowedOrigin: without a Host header (HTTP/2) the address counts", () => {
  const request = (origin: string) =>
    new Request("https://pi.local:8443/", { headers: { origin } });
  assert.equal(isAllowedOrigin(request("https://pi.local:8443"), []), true);
  assert.equal(isAllowedOrigin(request("https://pi.local"), []), false);
  assert.equal(isAllowedOrigin(request("https://other"), ["https://other"]), true);
});
