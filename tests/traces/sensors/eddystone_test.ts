import assert from "node:assert/strict";
import {
  advertised,
  BEACON_VECTORS,
  eddystone,
  EVENTS,
  reportOf,
  valuesOf,
} from "../support/sensor_vectors_beacons.ts";

function frame(hex: string) {
  return reportOf(eddystone(hex));
}

function problemsOf(hex: string): string[] {
  return frame(hex).problems.map(({ rule, offset }) => `${offset} ${rule.text}`);
}

function urlOf(hex: string) {
  return valuesOf(frame(hex)).url;
}

Deno.test("Eddystone-UID: namespace and instance, with and without the reserved bytes", () => {
  for (const reserved of ["", "0000"]) {
    const report = frame(`00E7 8B0CA750095477CB3E77 0123456789AB ${reserved}`);
    assert.equal(report.format, "Eddystone UID");
    assert.deepEqual(report.problems, []);
    assert.deepEqual(valuesOf(report), {
      power_at_0m: -25,
      beacon_namespace: "8b0ca750095477cb3e77",
      beacon_instance: "0123456789ab",
    });
  }
  assert.deepEqual(problemsOf("00E7 8B0CA750095477CB3E77 0123456789AB 0001"), [
    "22 reserved bytes are not 0",
  ]);
  assert.deepEqual(problemsOf("00E7 8B0CA750095477CB3E77 0123456789"), [
    "4 frame has not the length of its type",
  ]);
});

Deno.test("Eddystone: the power is signed, and within its range or no value", () => {
  assert.equal(valuesOf(frame("30EE 0011223344556677")).power_at_0m, -18);
  assert.equal(valuesOf(frame("3012 0011223344556677")).power_at_0m, 18);
  const report = frame("3015 0011223344556677");
  assert.equal(valuesOf(report).power_at_0m, null);
  assert.equal(report.problems.length, 1);
});

Deno.test("Eddystone-URL: schemes and expansions", () => {
  const report = frame("10EE03 676F6F2E676C2F417131387A46");
  assert.equal(report.format, "Eddystone URL");
  assert.deepEqual(valuesOf(report), { power_at_0m: -18, url: "https://goo.gl/Aq18zF" });
  assert.equal(urlOf("10EE00 6100"), "http://www.a.com/");
  assert.equal(urlOf("10EE01 6101"), "https://www.a.org/");
  assert.equal(urlOf("10EE02 6102"), "http://a.edu/");
  assert.equal(urlOf("10EE03 6103"), "https://a.net/");
  assert.equal(urlOf("10EE03 6104 6105 6106"), "https://a.info/a.biz/a.gov/");
  assert.equal(urlOf("10EE03 07 08 09 0A 0B 0C 0D"), "https://.com.org.edu.net.info.biz.gov");
});

Deno.test("Eddystone-URL: bytes that are reserved make it no URL", () => {
  for (const byte of ["0E", "1F", "20", "7F", "80", "FF"]) {
    const report = frame(`10EE03 61${byte}62`);
    assert.equal(report.format, "Eddystone URL");
    assert.deepEqual(valuesOf(report), { power_at_0m: -18 }, byte);
    assert.equal(report.problems[0]!.offset, 8);
    assert.equal(report.problems[0]!.rule.text, "URL has a byte that is reserved");
  }
  assert.equal(urlOf("10EE03 6121"), "https://a!");
  assert.equal(urlOf("10EE03 617E"), "https://a~");
  assert.deepEqual(problemsOf("10EE04 61"), ["6 URL scheme prefix is not in use"]);
  assert.deepEqual(problemsOf("10EE03"), ["6 encoded URL is not 1 to 17 bytes"]);
  assert.deepEqual(problemsOf("10"), ["4 frame has not the length of its type"]);
});

Deno.test("Eddystone-URL: one that is too long is shown, and a problem", () => {
  const report = frame(`10EE03${"61".repeat(18)}`);
  assert.equal(valuesOf(report).url, `https://${"a".repeat(18)}`);
  assert.equal(report.problems.length, 1);
});

Deno.test("Ruuvi 2: an Eddystone URL of an early RuuviTag", () => {
  const { address, hex } = advertised(EVENTS.ruuviUrl);
  const report = reportOf(hex, address);
  assert.equal(report.format, "Ruuvi 2");
  assert.equal(report.model, "RuuviTag");
  assert.deepEqual(valuesOf(report), {
    flags: 6,
    power_at_0m: -18,
    url: "https://ruu.vi/#AjwYAMFf",
    humidity: 30,
    temperature: 24,
    pressure: 995.03,
  });
  const pressure = report.readings.at(-1)!;
  // Bytes 4 and 5 are in the characters 5 to 7 ("MFf"), the last of the packet.
  assert.equal(pressure.offset, hex.length / 2 - 3);
  assert.equal(pressure.length, 3);
});

Deno.test("Ruuvi 4: the example of its page", () => {
  const vector = BEACON_VECTORS.find(({ format }) => format === "Ruuvi 4")!;
  const report = reportOf(vector.hex, vector.address);
  assert.equal(report.format, "Ruuvi 4");
  assert.deepEqual(valuesOf(report), {
    flags: 6,
    power_at_0m: -10,
    url: "https://ruu.vi/#BFwaAMjlQ",
    humidity: 46,
    temperature: 26,
    pressure: 1014.29,
    tag_id: "Q",
  });
});

Deno.test("Ruuvi URL: what is no data of Ruuvi stays a URL", () => {
  // "#AjwYAMF" is too short, "#!!!!!!!!" no base64, "#CDwYAMFf" of format 8.
  const base = "10EE037275752E76692F23";
  for (const rest of ["416A7759414D46", "2121212121212121", "43447759414D4666", "4160"]) {
    const report = frame(base + rest);
    assert.equal(report.format, "Eddystone URL", rest);
    assert.deepEqual(Object.keys(valuesOf(report)), ["power_at_0m", "url"]);
  }
});

Deno.test("Eddystone-TLM: telemetry", () => {
  const report = frame("2000 0BB8 1580 00000102 000003E8");
  assert.equal(report.format, "Eddystone TLM");
  assert.equal(report.sealing, "plain");
  assert.deepEqual(report.problems, []);
  assert.deepEqual(valuesOf(report), {
    voltage: 3,
    temperature: 21.5,
    advertisement_count: 258,
    uptime: 100,
  });
  assert.equal(valuesOf(frame("2000 0BB8 FF80 FFFFFFFF FFFFFFFF")).temperature, -0.5);
  assert.equal(valuesOf(frame("2000 0BB8 FF80 FFFFFFFF FFFFFFFF")).uptime, 429_496_729.5);
});

Deno.test("Eddystone-TLM: what a beacon cannot measure has no value", () => {
  const report = frame("2000 0000 8000 00000000 00000000");
  assert.deepEqual(valuesOf(report), {
    voltage: null,
    temperature: null,
    advertisement_count: 0,
    uptime: 0,
  });
  assert.deepEqual(report.problems, []);
});

Deno.test("Eddystone-TLM: encrypted, cut short, of another version", () => {
  const sealed = frame("2001 000102030405060708090A0B A1B2 C3D4");
  assert.equal(sealed.format, "Eddystone eTLM");
  assert.equal(sealed.sealing, "no key");
  assert.deepEqual(sealed.readings, []);
  assert.deepEqual(sealed.problems, []);
  const cut = frame("2000 0BB8 15");
  assert.deepEqual(valuesOf(cut), { voltage: 3 });
  assert.deepEqual(cut.problems.map(({ detail }) => detail), ["TLM of 5 bytes, not 14"]);
  assert.deepEqual(problemsOf("2002 0BB8"), ["5 version of telemetry is neither 0 nor 1"]);
  assert.equal(problemsOf("20").length, 1);
});

Deno.test("Eddystone-EID: the identifier as it is", () => {
  const report = frame("30EE 0011223344556677");
  assert.equal(report.format, "Eddystone EID");
  assert.deepEqual(valuesOf(report), { power_at_0m: -18, ephemeral_id: "0011223344556677" });
  assert.deepEqual(problemsOf("30EE 0011223344556677 00"), [
    "4 frame has not the length of its type",
  ]);
});

Deno.test("Eddystone: low bits of a frame type are a problem, an unknown one is no sensor's", () => {
  assert.deepEqual(problemsOf("31EE 0011223344556677"), [
    "4 low bits of the frame type are not 0",
  ]);
  for (const hex of ["", "40EE", "FF"]) assert.equal(frame(hex).format, "", hex);
});
