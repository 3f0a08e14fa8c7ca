import assert from "node:assert/strict";
import { escapeFor, TopicEscape } from "../../gateway/broker/topic_escape.ts";

Deno.test("topic escape: what the broker refuses is written as its code", () => {
  const escape = new TopicEscape(". ");
  assert.equal(escape.characters, " .");
  assert.equal(escape.escape("lab/1.5 m/°C"), "lab/1%2E5%20m/°C");
  assert.equal(escape.unescape("lab/1%2E5%20m/°C"), "lab/1.5 m/°C");
});

Deno.test("topic escape: wildcards of filters stay what they are", () => {
  const escape = new TopicEscape(".");
  assert.equal(escape.escape("a.b/+/c/#"), "a%2Eb/+/c/#");
});

Deno.test("topic escape: topics that others have at the broker stay theirs", () => {
  const escape = new TopicEscape(". ");
  for (const topic of ["100%", "a%25", "%41", "%2e", "50%2", "%", "%%", "a%/b"]) {
    assert.equal(escape.escape(topic), topic);
    assert.equal(escape.unescape(topic), topic);
  }
});

Deno.test("topic escape: what looks escaped is told apart from what is", () => {
  const escape = new TopicEscape(".");
  assert.equal(escape.escape("a%2Eb"), "a%252Eb");
  assert.equal(escape.escape("a%252Eb"), "a%25252Eb");
  assert.equal(escape.unescape("a%252Eb"), "a%2Eb");
  assert.equal(escape.unescape("a%2Eb"), "a.b");
  assert.equal(escape.escape("%."), "%%2E");
  assert.equal(escape.unescape("%%2E"), "%.");
});

Deno.test("topic escape: one to one, both ways, for any topic", () => {
  const parts = [".", " ", "%", "2", "E", "25", "2E", "20", "2e", "/", "+", "a", "ü", "\t", "%2E"];
  const escape = escapeFor(". ")!;
  const seen = new Map<string, string>();
  for (let round = 0; round < 20_000; round++) {
    let topic = "";
    for (let n = 1 + Math.random() * 8; n > 0; n--) {
      topic += parts[Math.floor(Math.random() * parts.length)]!;
    }
    const escaped = escape.escape(topic);
    assert.doesNotMatch(escaped, /[. \t]/, topic);
    assert.equal(escape.unescape(escaped), topic);
    assert.equal(seen.get(escaped) ?? topic, topic, "no two topics become the same");
    seen.set(escaped, topic);
    // The other way about: any topic that the broker may have.
    const foreign = topic.replaceAll(/[. \t]/g, "x");
    assert.equal(escape.escape(escape.unescape(foreign)), foreign);
  }
});

Deno.test("topic escape: only where the broker refuses something, and tabs with spaces", () => {
  assert.equal(escapeFor(""), null);
  assert.equal(escapeFor(" ")!.escape("a\tb c.d"), "a%09b%20c.d");
  assert.equal(escapeFor(".")!.escape("a\tb c.d"), "a\tb c%2Ed");
  for (const bad of ["", "/", "a+", "%", "ü"]) {
    assert.throws(() => new TopicEscape(bad), RangeError);
  }
});
