import assert from "node:assert/strict";
import { isSecretName } from "../../../gateway/recorder/packets/secret_names.ts";
import { SecretText } from "../../../gateway/recorder/packets/secret_text.ts";
import { Random } from "../../traces/support/random.ts";

function masked(text: string, cuts: readonly number[] = [], secret = false): string {
  const bytes = new TextEncoder().encode(text);
  const masker = new SecretText();
  masker.begin(secret);
  [0, ...cuts].forEach((from, at) => masker.mask(bytes, from, cuts[at] ?? bytes.length));
  return new TextDecoder().decode(bytes);
}

const CASES: readonly [what: string, text: string, expected: string][] = [
  ["a string", '{"ssid":"home","password":"abc"}', '{"ssid":"home","password":"***"}'],
  ["white space", ' \r\n{ "token" : "ab" , "a":"b"}', ' \r\n{ "token" : "**" , "a":"b"}'],
  ["escapes", '{"psk":"a\\"b\\\\","x":"\\"psk\\""}', '{"psk":"******","x":"\\"psk\\""}'],
  ["UTF-8", '{"psk":"äö"}', '{"psk":"****"}'],
  ["a number", '{"pass":-120.5e+3,"x":12}', '{"pass":-100.0e+0,"x":12}'],
  ["zero", '{"pass":0,"pwd":0.5}', '{"pass":1,"pwd":1.0}'],
  ["words stay", '{"pass":true,"token":null,"x":1}', '{"pass":true,"token":null,"x":1}'],
  ["a key", '{"network_key":[1,23,4],"x":[1]}', '{"network_key":[1,10,1],"x":[1]}'],
  ["rows in rows", '{"token":[["ab"],{"a":"b"},"c"]}', '{"token":[["**"],{"a":"b"},"*"]}'],
  ["objects", '{"secret":{"a":"b","pin_code":"12"}}', '{"secret":{"a":"b","pin_code":"**"}}'],
  ["deep", '{"a":[{"b":{"Api-Key":"xyz","c":"d"}}]}', '{"a":[{"b":{"Api-Key":"***","c":"d"}}]}'],
  ["rows of messages", '[{"token":"a"},{"x":"token"}]', '[{"token":"*"},{"x":"token"}]'],
  ["behind an array", '{"token":["a"],"x":"y"}', '{"token":["*"],"x":"y"}'],
  [
    "a command",
    '{"type":"command","topic":"a/wifi_password","value":"x y","id":"1"}',
    '{"type":"command","topic":"a/wifi_password","value":"***","id":"1"}',
  ],
  [
    "an update",
    '[{"topic":"a/token/set","value":{"a":["b",{"c":1}]},"x":"y"},{"topic":"token/a","value":"c"}]',
    '[{"topic":"a/token/set","value":{"a":["*",{"c":1}]},"x":"y"},{"topic":"token/a","value":"c"}]',
  ],
  ["a welcome", '{"type":"welcome","session":"a1"}', '{"type":"welcome","session":"**"}'],
  ["value before topic", '{"value":"c","topic":"token"}', '{"value":"c","topic":"token"}'],
  ["topic of another", '[{"topic":"token"},{"value":"c"}]', '[{"topic":"token"},{"value":"c"}]'],
  ["no JSON", 'token: "abc"', 'token: "abc"'],
  ["text alone", '"password"', '"password"'],
  ["cut short", '{"password":"ab', '{"password":"**'],
];

Deno.test("secrets in JSON, in one piece, in every two, and byte by byte", () => {
  for (const [what, text, expected] of CASES) {
    const length = new TextEncoder().encode(text).length;
    assert.equal(masked(text), expected, what);
    for (let cut = 0; cut <= length; cut++) assert.equal(masked(text, [cut]), expected, what);
    const everywhere = Array.from({ length: length - 1 }, (_, at) => at + 1);
    assert.equal(masked(text, everywhere), expected, what);
  }
});

Deno.test("a text that is secret as a whole", () => {
  const whole = (text: string) => masked(text, [], true);
  assert.equal(whole("hunter2"), "*******");
  assert.equal(whole('"hunter2"'), '"*******"');
  assert.equal(whole('{"value":"ab","list":[1,{"x":23}]}'), '{"value":"**","list":[1,{"x":10}]}');
  assert.equal(whole("1234"), "****");
});

Deno.test("names of secrets, and names that only look like some", () => {
  const secret = ["password", "Passwd", "wifi-password", "mqttPassword", "WIFI_PSK", "pass", "psk"];
  const also = ["accessToken", "refresh_token", "client-secret", "x-api-key", "bindkey", "linkKey"];
  for (const name of [...secret, ...also, `${"x".repeat(100)}_token`]) {
    assert.equal(isSecretName(name), true, name);
  }
  const plain = [
    "compass",
    "bypass",
    "key",
    "tokens",
    "passed",
    "pin",
    "auth",
    "secretary",
    "",
    "_",
  ];
  for (const name of [...plain, "token_type", `${"x".repeat(100)}pass`]) {
    assert.equal(isSecretName(name), false, name);
  }
});

Deno.test("a text after the other; JSON stays JSON", () => {
  const masker = new SecretText();
  const bytes = new TextEncoder().encode('{"token":"a');
  masker.mask(bytes, 0, bytes.length);
  masker.begin();
  const next = new TextEncoder().encode('{"a":"b"}');
  masker.mask(next, 0, next.length);
  assert.equal(new TextDecoder().decode(next), '{"a":"b"}');

  const random = new Random(3);
  for (let round = 0; round < 3000; round++) {
    const value = anything(random, 5);
    const text = JSON.stringify(random.below(2) === 0 ? [value] : { token: value });
    const cut = random.below(text.length);
    const shown = masked(text, [Math.min(cut, new TextEncoder().encode(text).length)]);
    assert.equal(shown, masked(text));
    assert.doesNotThrow(() => JSON.parse(shown));
    assert.ok(!shown.includes("hid"), shown);
  }
});

Deno.test("nesting without end and other nonsense: no exception", () => {
  const deep = "[".repeat(100_000);
  assert.equal(masked(deep + '"a"').length, deep.length + 3);
  masked("]}]}".repeat(10), []);
  masked('{"topic":"x"}}"topic":"token"');
  masked('["topic":"token"');
  masked('{}"topic":"token","value":"x"');
});

/** Values in which what is secret has "hid" in it. */
function anything(random: Random, depth: number): unknown {
  switch (random.below(depth > 0 ? 6 : 4)) {
    case 0:
      return random.below(100_000) / 8 - 500;
    case 1:
      return random.of(["", "a\\b", '"', "ü\n", "topic", "token"]);
    case 2:
      return { password: random.of(["hid", '\\"hid', "hid\\"]) };
    case 3:
      return { wifi_psk: ["hid", 1.5e-9, [["hid"]]] };
    case 4:
      return Array.from({ length: random.below(4) }, () => anything(random, depth - 1));
    default:
      return { a: anything(random, depth - 1), b: anything(random, depth - 1) };
  }
}
