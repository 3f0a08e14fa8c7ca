import assert from "node:assert/strict";
import {
  decodeEnvelope,
  encodeEnvelope,
  type Stamp,
  stampOf,
  stampOfProperties,
  userProperties,
} from "../../gateway/uplink/stamp.ts";

const STAMP: Stamp = {
  epoch: "k3x9",
  channel: 'house "1" / größe',
  seq: 41,
  n: 7,
  time: 1_750_000_000_123,
  via: ["a1", "k3x9"],
};

const utf8 = (text: string) => new TextEncoder().encode(text);
const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);

Deno.test("a stamp goes through user properties unchanged", () => {
  const properties = userProperties(STAMP);
  assert.deepEqual(Object.keys(properties), [
    "ew-epoch",
    "ew-channel",
    "ew-seq",
    "ew-n",
    "ew-time",
    "ew-via",
  ]);
  assert.equal(properties["ew-via"], "a1,k3x9");
  assert.deepEqual(stampOfProperties(properties), STAMP);
  assert.deepEqual(stampOfProperties({ ...properties, "ew-via": "" }), { ...STAMP, via: [] });
  assert.deepEqual(
    stampOf({ payload: utf8("21.5"), properties: { userProperties: properties } }),
    { stamp: STAMP, payload: utf8("21.5") },
  );
});

Deno.test("user properties without a whole stamp have none", () => {
  const properties = userProperties(STAMP);
  for (const name of ["ew-epoch", "ew-channel", "ew-seq", "ew-n", "ew-time"]) {
    const { [name]: _, ...rest } = properties;
    assert.equal(stampOfProperties(rest), null, name);
  }
  for (const wrong of ["0", "-1", "1.5", "", "x", "1e3", "99999999999999999"]) {
    assert.equal(stampOfProperties({ ...properties, "ew-n": wrong }), null, wrong);
  }
  assert.equal(stampOfProperties({}), null);
  assert.deepEqual(stampOfProperties({ ...properties, "ew-n": ["7", "8"] }), STAMP);
});

Deno.test("an envelope gives every payload back byte by byte", () => {
  const payloads = [
    "21.50",
    '  {"a": [1.0, 1e999, "x\\u0000"], "a": 2}\n',
    '{"ew":1,"payload":3}',
    "null",
    "on",
    "",
    'with "quotes" and \n lines',
    "\ufeff21.5",
    "123456789012345678901234567890",
  ].map(utf8);
  payloads.push(new Uint8Array([0xff, 0, 1, 0x80]), new Uint8Array(300).map((_, i) => i));
  for (const payload of payloads) {
    const sealed = encodeEnvelope(STAMP, payload);
    const outer = JSON.parse(text(sealed));
    assert.deepEqual([outer.ew, outer.epoch, outer.n], [1, STAMP.epoch, STAMP.n]);
    assert.deepEqual(decodeEnvelope(sealed), { stamp: STAMP, payload }, text(payload));
    assert.deepEqual(stampOf({ payload: text(sealed) })?.payload, payload);
  }
});

Deno.test("an envelope tells JSON, other text and bytes apart", () => {
  const content = (payload: Uint8Array) => {
    const { payload: json, text: other, base64 } = JSON.parse(text(encodeEnvelope(STAMP, payload)));
    return { json, other, base64 };
  };
  assert.deepEqual(content(utf8("[1,2]")), { json: [1, 2], other: undefined, base64: undefined });
  assert.deepEqual(content(utf8("on")), { json: undefined, other: "on", base64: undefined });
  assert.deepEqual(content(new Uint8Array([0xff])), {
    json: undefined,
    other: undefined,
    base64: "/w==",
  });
});

Deno.test("an envelope that somebody wrote in another order is read", () => {
  const { epoch, channel, seq, n, time, via } = STAMP;
  const other = JSON.stringify({ payload: { a: 1 }, via, time, n, seq, channel, epoch, ew: 1 });
  assert.deepEqual(decodeEnvelope(utf8(other)), { stamp: STAMP, payload: utf8('{"a":1}') });
});

Deno.test("an envelope with something behind it is read", () => {
  const whole = text(encodeEnvelope(STAMP, utf8("1.50")));
  assert.equal(text(decodeEnvelope(utf8(`${whole}\n `))?.payload), "1.50");
  const more = `${whole.slice(0, -1)},"more":{"a":1}}`;
  assert.equal(text(decodeEnvelope(utf8(more))?.payload), "1.5");
});

Deno.test("what is no envelope is left alone", () => {
  const whole = text(encodeEnvelope(STAMP, utf8("on")));
  const changed = (change: Record<string, unknown>) =>
    utf8(JSON.stringify({ ...JSON.parse(whole), ...change }));
  for (
    const bytes of [
      utf8(""),
      utf8("21.5"),
      utf8('{"t":21.5}'),
      utf8(whole.slice(0, -1)),
      changed({ ew: 2 }),
      changed({ n: 0 }),
      changed({ n: "7" }),
      changed({ seq: -1 }),
      changed({ time: 1.5 }),
      changed({ epoch: "" }),
      changed({ channel: 5 }),
      changed({ via: "a1" }),
      changed({ via: [1] }),
      changed({ text: undefined }),
      changed({ text: 5 }),
      changed({ payload: 5 }),
      changed({ text: undefined, base64: "%" }),
      new Uint8Array([...utf8(whole), 0xff]),
    ]
  ) assert.equal(decodeEnvelope(bytes), null, text(bytes));
  assert.equal(stampOf({ payload: "on", properties: {} }), null);
});
