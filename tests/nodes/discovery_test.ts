import assert from "node:assert/strict";
import { Discovery } from "../../gateway/nodes/discovery.ts";
import type { TopicDescription } from "../../gateway/sessions/messages.ts";

/** A Discovery, and what it has described. */
function listen() {
  const known = new Map<string, TopicDescription & { commandTopic?: string | undefined }>();
  const discovery = new Discovery(
    (description, commandTopic) => {
      known.set(description.topic, {
        ...description,
        ...(commandTopic === undefined ? {} : { commandTopic }),
      });
    },
    (topic) => known.delete(topic),
  );
  const take = (topic: string, config: unknown) =>
    discovery.take(
      topic,
      config === "" ? new Uint8Array(0) : new TextEncoder().encode(JSON.stringify(config)),
    );
  return { known, take, discovery };
}

Deno.test("Discovery reads a component's configuration, long and short names alike", () => {
  const { known, take } = listen();
  take("homeassistant/number/n1/setpoint/config", {
    state_topic: "devices/n1/setpoint",
    command_topic: "devices/n1/setpoint/set",
    unit_of_measurement: "°C",
    min: -10,
    max: 60,
    step: 0.5,
  });
  take("homeassistant/switch/n2/power/config", {
    "~": "devices/n2",
    stat_t: "~/power",
    cmd_t: "~/power/set",
    pl_on: "true",
    pl_off: "false",
    val_tpl: "{{ value_json.value }}",
  });
  assert.deepEqual(known.get("devices/n1/setpoint"), {
    topic: "devices/n1/setpoint",
    unit: "°C",
    control: { type: "number", min: -10, max: 60, step: 0.5 },
    commandTopic: "devices/n1/setpoint/set",
  });
  assert.deepEqual(known.get("devices/n2/power"), {
    topic: "devices/n2/power",
    control: { type: "switch", on: true, off: false },
    commandTopic: "devices/n2/power/set",
  });
});

Deno.test("Discovery reads a device's configuration with its components", () => {
  const { known, take } = listen();
  const topic = "homeassistant/device/chamber/config";
  const sensor = { p: "sensor", stat_t: "~/t", unit_of_meas: "°C" };
  const mode = { p: "select", stat_t: "~/mode", cmd_t: "~/mode/set", ops: ["a", "b"] };
  take(topic, { "~": "devices/c", cmps: { sensor, mode, broken: 7 } });
  assert.deepEqual(known.get("devices/c/t"), { topic: "devices/c/t", unit: "°C" });
  assert.deepEqual(known.get("devices/c/mode")?.control, { type: "choice", choices: ["a", "b"] });
  // A component that is gone is withdrawn, and an empty payload withdraws the rest.
  take(topic, { "~": "devices/c", cmps: { sensor } });
  assert.deepEqual([...known.keys()], ["devices/c/t"]);
  take(topic, "");
  assert.equal(known.size, 0);
});

Deno.test("Discovery leaves alone what it cannot read or would have to compute", () => {
  const { known, take, discovery } = listen();
  const sensor = { state_topic: "a/b" };
  take("homeassistant/sensor/x/config", { ...sensor, value_template: "{{ value | int / 10 }}" });
  take("homeassistant/sensor/x/status", sensor);
  take("other/sensor/x/config", sensor);
  take("homeassistant/sensor/x/config", ["a"]);
  take("homeassistant/sensor/x/config", {});
  take("homeassistant/device/x/config", { components: "none" });
  discovery.take("homeassistant/sensor/x/config", Uint8Array.of(0x7b, 0xff));
  assert.equal(known.size, 0);
  take("homeassistant/sensor/x/config", { ...sensor, value_template: "{{ value_json.value }}" });
  assert.equal(known.size, 1);
});
