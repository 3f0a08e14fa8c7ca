import assert from "node:assert/strict";
import {
  isSecretName,
  looksLikeKey,
  NameKind,
  nameKind,
} from "../../../gateway/recorder/packets/secret_names.ts";
import { SecretText } from "../../../gateway/recorder/packets/secret_text.ts";
import { Random } from "../../traces/support/random.ts";

function masked(text: string, cuts: readonly number[] = [], secret = false): string {
  const bytes = new TextEncoder().encode(text);
  const masker = new SecretText();
  masker.begin(secret);
  [0, ...cuts].forEach((from, at) => masker.mask(bytes, from, cuts[at] ?? bytes.length));
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
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
  ["rows in rows", '{"token":[["ab"],{"a":"b"},"c"]}', '{"token":[["**"],{"a":"*"},"*"]}'],
  [
    "objects",
    '{"secret":{"a":"b","c":{"d":[12]}},"e":1}',
    '{"secret":{"a":"*","c":{"d":[10]}},"e":1}',
  ],
  ["behind a byte order mark", '\uFEFF{"password":"abc"}', '\uFEFF{"password":"***"}'],
  ["digits behind a name", '{"Password2":"abc","psk1":"d"}', '{"Password2":"***","psk1":"*"}'],
  [
    "several",
    '{"bindkeys":{"AA:BB":"0011"},"tokens":["a"]}',
    '{"bindkeys":{"AA:BB":"****"},"tokens":["*"]}',
  ],
  ["counts", '{"sessions":5,"pins":[4,5]}', '{"sessions":5,"pins":[4,5]}'],
  [
    "a keypad",
    '{"action":"disarm","action_code":"1234","code":5678}',
    '{"action":"disarm","action_code":"****","code":1000}',
  ],
  [
    "a code for a lock",
    '{"topic":"home/front_lock/set","value":{"state":"UNLOCK","code":"1234"}}',
    '{"topic":"home/front_lock/set","value":{"state":"UNLOCK","code":"****"}}',
  ],
  ["an alarm in an object", '{"alarm":{"pin":"12"},"x":1}', '{"alarm":{"pin":"**"},"x":1}'],
  ["a code that is none", '{"code":12345,"pin":4,"otp":7}', '{"code":12345,"pin":4,"otp":1}'],
  [
    "a clock",
    '{"topic":"a/clock/set","value":{"code":"ab"}}',
    '{"topic":"a/clock/set","value":{"code":"ab"}}',
  ],
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

/** What comes later decides: what is gone by then stays as it was. */
const WHOLE: readonly [what: string, text: string, expected: string][] = [
  [
    "value before topic",
    '[{"value":"c","id":"1","topic":"cmnd/x/Password1"},{"value":"d","topic":"x"}]',
    '[{"value":"*","id":"1","topic":"cmnd/x/Password1"},{"value":"d","topic":"x"}]',
  ],
  [
    "all of a value before topic",
    '{"value":{"a":["b",12]},"topic":"a/token/set"}',
    '{"value":{"a":["*",10]},"topic":"a/token/set"}',
  ],
  [
    "a code before what says whose",
    '{"code":"1234","action":"arm"}',
    '{"code":"****","action":"arm"}',
  ],
  [
    "in a value before the topic of an alarm",
    '{"value":{"code":"1234","x":"y"},"topic":"home/alarm/set"}',
    '{"value":{"code":"****","x":"y"},"topic":"home/alarm/set"}',
  ],
  ["a GPIO", '{"action":"write","pin":13,"x":1}', '{"action":"write","pin":13,"x":1}'],
  [
    "what looks like a key",
    '{"key":"0123456789abcdef","tls_key":"aB3/aB3/aB3/aB3/=="}',
    '{"key":"****************","tls_key":"******************"}',
  ],
  ["keys in a row", '{"keys":["0123456789abcdef","up"]}', '{"keys":["****************","up"]}'],
  [
    "what does not look like a key",
    '{"key":"KEY_VOLUME_DOWN_1","event_key":"Enter","public_key":"0123456789abcdef"}',
    '{"key":"KEY_VOLUME_DOWN_1","event_key":"Enter","public_key":"0123456789abcdef"}',
  ],
];

Deno.test("secrets that only what follows makes such", () => {
  for (const [what, text, expected] of WHOLE) {
    assert.equal(masked(text), expected, what);
    const length = new TextEncoder().encode(text).length;
    for (let cut = 0; cut <= length; cut++) {
      assert.doesNotThrow(() => JSON.parse(masked(text, [cut])), `${what}, cut at ${cut}`);
    }
  }
  // What may be a key and does not end in this piece is hidden.
  assert.equal(masked('{"key":"0123456789abcdef"}', [20]), '{"key":"****************"}');
});

Deno.test("JSON in strings of JSON, however deep, however cut", () => {
  const inner = { ssid: 'a "b" \\ ü\n', password: 'geheim"\\\n', list: [{ token: 1234 }], n: 5 };
  const hidden = { ...inner, password: /^\*+$/, list: [{ token: 1000 }] };
  let text = JSON.stringify(inner);
  for (let depth = 1; depth <= 4; depth++) {
    text = JSON.stringify({ payload: text, n: 7 });
    const length = new TextEncoder().encode(text).length;
    for (let cut = 0; cut <= length; cut++) {
      const shown = masked(text, [cut]);
      assert.equal(shown.length, text.length);
      let value = JSON.parse(shown);
      for (let level = 0; level < depth; level++) {
        assert.equal(value.n, 7);
        value = JSON.parse(value.payload);
      }
      assert.ok(!value.password.includes("geheim"), shown);
      assert.deepEqual({ ...value, password: 0 }, { ...hidden, password: 0 });
    }
    assert.match(JSON.stringify(masked(text)), /\*{8}/);
  }
  // Deeper, all is hidden.
  text = JSON.stringify({ payload: text, n: 7 });
  assert.ok(!masked(text).includes("geheim") && masked(text).includes('"n":7'));
  const unicode = String.raw`{"payload":"{\u0022password\u0022:\u0022geheim\u0022}"}`;
  assert.equal(masked(unicode), unicode.replace("geheim", "******"));
  const plain = '{"a":"{no json","b":"[x] token","c":" \\"password\\": 5"}';
  assert.equal(masked(plain), plain);
});

Deno.test("JSON behind something else, where it is looked for", () => {
  const bytes = new TextEncoder().encode('\x05\x02abcd{"password":"abc"}');
  const masker = new SecretText();
  masker.begin(false, false, true);
  masker.mask(bytes, 0, bytes.length);
  assert.equal(new TextDecoder().decode(bytes), '\x05\x02abcd{"password":"***"}');
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
  const more = ["Password1", "WifiPassword2", "bindkeys", "tokens", "passwords", "SSID_PSK", "otp"];
  for (
    const name of [
      ...secret,
      ...also,
      ...more,
      "action_code",
      "install_codes",
      "user_pin",
      `${"x".repeat(100)}_token`,
    ]
  ) {
    assert.equal(isSecretName(name), true, name);
  }
  const plain = [
    "compass",
    "bypass",
    "key",
    "sessions",
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

Deno.test("names that count beside others, or by their value", () => {
  const kinds = (names: string[], kind: number) =>
    names.forEach((name) => assert.equal(nameKind(name), kind, name));
  kinds(["code", "PIN", "code1"], NameKind.Code);
  kinds(["action", "door_lock", "Alarm", "keypad1", "lock_state", "arm_mode"], NameKind.Guard);
  kinds(["key", "keys", "tls-key", "eventKey"], NameKind.Key);
  kinds(["clock", "block", "public_key", "interaction", "codes", "1", "12345"], NameKind.None);
  const yes = [
    "0123456789abcdef",
    "00:11:22:33:44:55:66:77",
    "aB3_aB3-aB3+aB3=",
    `${"aB3/".repeat(99)}==`,
  ];
  for (const text of yes) assert.equal(looksLikeKey(text), true, text);
  for (
    const text of ["", "KEY_VOLUME_DOWN_1", "0x00158d0001abcdef", "aa:bb:cc:dd:ee:ff", "Enter"]
  ) {
    assert.equal(looksLikeKey(text), false, text);
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
