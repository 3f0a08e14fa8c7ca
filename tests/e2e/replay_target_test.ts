/** Addresses that `edgewire replay` and `edgewire trace` take, and the tokens in them. */
import assert from "node:assert/strict";
import { parseTarget } from "../../gateway/command/target.ts";
import { gatewayAddress } from "../../traces/live/trace_options.ts";

Deno.test("replay: a broker's host and port alone, and a gateway's address", () => {
  assert.equal(parseTarget("127.0.0.1:1884").url, "mqtt://127.0.0.1:1884");
  assert.equal(parseTarget("[::1]:1884").url, "mqtt://[::1]:1884");
  assert.equal(parseTarget("http://127.0.0.1:8080").shown, "ws://127.0.0.1:8080/mqtt");
  for (const bad of ["localhost", "ftp://localhost:1", "mqtt://", ""]) {
    assert.throws(() => parseTarget(bad), /write mqtt:\/\/HOST:PORT/, bad);
  }
});

Deno.test("a token: of the option, else of the address, else the usual one", () => {
  const cases = [
    ["http://any:s%2Fecret@h:8080", "s/ecret"],
    ["http://h:8080/?token=s%2Fecret", "s/ecret"],
    ["http://any:100%@h:8080", "100%"],
  ] as const;
  for (const [address, token] of cases) {
    const usual = { usualToken: "usual" };
    assert.equal(parseTarget(address, usual).password, token);
    assert.equal(parseTarget(address, { ...usual, token: "option" }).password, "option");
    assert.ok(!parseTarget(address).shown.includes("ecret"));
    const gateway = gatewayAddress(address, undefined, undefined);
    assert.equal(gateway.token, token);
    assert.equal(gateway.url.href, "http://h:8080/");
    assert.equal(gatewayAddress(address, "option", undefined).token, "option");
  }
  assert.equal(parseTarget("http://h:8080", { usualToken: "usual" }).password, "usual");
  assert.equal(parseTarget("mqtt://me:mine@h", { usualToken: "usual" }).password, "mine");
});
