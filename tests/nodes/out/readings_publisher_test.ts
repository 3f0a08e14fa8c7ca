import assert from "node:assert/strict";
import { readingLabel } from "../../../gateway/nodes/out/readings_names.ts";
import {
  type Publish,
  type PublishedReading,
  ReadingsPublisher,
} from "../../../gateway/nodes/out/readings_publisher.ts";

const READING: PublishedReading = {
  device: "attic",
  name: "temperature",
  topic: "edgewire/v1/readings/attic/temperature",
  json: "21.5",
  unit: "°C",
  node: "hall",
  time: 1795190000000.125,
  kind: "number",
  quantity: "temperature",
  diagnostic: false,
};

interface Message {
  topic: string;
  text: string;
  options: Parameters<Publish>[2];
}

/** A publisher whose messages are kept. */
function recorded(hears: (topic: string) => boolean = () => true) {
  const messages: Message[] = [];
  const publisher = new ReadingsPublisher({
    publish: (topic, payload, options) => {
      messages.push({ topic, text: new TextDecoder().decode(payload), options });
      return Promise.resolve();
    },
    hears,
  });
  return { publisher, messages };
}

Deno.test("a reading goes out with value, unit, time and node", () => {
  const { publisher, messages } = recorded();
  publisher.reading(READING);
  assert.deepEqual(messages, [{
    topic: "edgewire/v1/readings/attic/temperature",
    text: '{"value":21.5,"unit":"°C","time":1795190000000.125,"node":"hall"}',
    options: { retain: false, qos: 0 },
  }]);
});

Deno.test("values of every kind are JSON, and nodes may have any name", () => {
  const { publisher, messages } = recorded();
  const node = 'a "quoted" node';
  publisher.reading({ ...READING, name: "door", json: "true", unit: "", kind: "binary", node });
  publisher.reading({ ...READING, name: "button", json: '"press"', unit: "", kind: "event" });
  publisher.reading({ ...READING, name: "text", json: '"a\\n\\"b\\""', unit: "", kind: "text" });
  assert.deepEqual(messages.map(({ text }) => JSON.parse(text).value), [true, "press", 'a\n"b"']);
  assert.deepEqual(JSON.parse(messages[0]!.text), {
    value: true,
    unit: "",
    time: READING.time,
    node,
  });
});

Deno.test("numbers go with QoS 0, what is said once with QoS 1, nothing is retained", () => {
  const { publisher, messages } = recorded();
  for (const kind of ["number", "binary", "event", "text"] as const) {
    publisher.reading({ ...READING, kind });
  }
  assert.deepEqual(messages.map(({ options }) => options.qos), [0, 1, 1, 1]);
  assert.ok(messages.every(({ options }) => !options.retain));
});

Deno.test("nothing is made of a reading that nobody hears", () => {
  const asked: string[] = [];
  const { publisher, messages } = recorded((topic) => {
    asked.push(topic);
    return topic.endsWith("/humidity");
  });
  publisher.reading(READING);
  const topic = "edgewire/v1/readings/attic/humidity";
  publisher.reading({ ...READING, name: "humidity", topic, unit: "%" });
  assert.deepEqual(asked, [READING.topic, topic]);
  assert.deepEqual(messages.map(({ topic }) => topic), ["edgewire/v1/readings/attic/humidity"]);
});

Deno.test("failures are counted and harm nobody", async () => {
  const failures = [
    () => Promise.reject(new Error("broker away")),
    () => {
      throw new Error("no broker yet");
    },
  ];
  for (const publish of failures) {
    const publisher = new ReadingsPublisher({ publish, hears: () => true });
    publisher.reading(READING);
    await Promise.resolve();
    await Promise.resolve();
    assert.deepEqual(publisher.counters, { published: 0, failed: 1, dropped: 0 });
  }
});

Deno.test("a broker that acknowledges nothing makes readings drop, not memory grow", async () => {
  const answer = Promise.withResolvers<void>();
  let given = 0;
  const publisher = new ReadingsPublisher({
    publish: () => {
      given++;
      return answer.promise;
    },
    hears: () => true,
  });
  for (let i = 0; i < 25_000; i++) publisher.reading(READING);
  assert.equal(given, 10_000);
  assert.deepEqual(publisher.counters, { published: 0, failed: 0, dropped: 15_000 });
  answer.resolve();
  await answer.promise;
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert.equal(publisher.counters.published, 10_000);
  publisher.reading(READING);
  assert.equal(given, 10_001);
});

Deno.test("names of readings as people write them", () => {
  const labels = {
    temperature: "Temperature",
    temperature_2: "Temperature 2",
    dew_point: "Dew point",
    pm25: "PM2.5",
    co2: "CO₂",
    acceleration_x: "Acceleration X",
    "": "",
  };
  for (const [name, label] of Object.entries(labels)) assert.equal(readingLabel(name), label);
});
