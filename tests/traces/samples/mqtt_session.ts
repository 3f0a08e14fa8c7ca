/**
 * The MQTT session that several samples hold: the same steps with every client library, version and
 * transport.
 *
 * @module
 */
import mqtt, {
  type IClientOptions,
  type IClientPublishOptions,
  type MqttClient,
  UniqueMessageIdProvider,
} from "mqtt";

/** MQTT 3.1, 3.1.1 and 5 by their protocol level. */
export type Version = 3 | 4 | 5;

const TIMEOUT_MS = 5_000;

/** The options of a client whose session says the same each time. */
export function clientOptions(version: Version, more: IClientOptions = {}): IClientOptions {
  const will = { topic: "devices/lamp-1/status", payload: "gone", qos: 1 as const, retain: true };
  return {
    protocolVersion: version,
    protocolId: version === 3 ? "MQIsdp" : "MQTT",
    clientId: `sample-client-${version}`,
    keepalive: 30,
    clean: true,
    reconnectPeriod: 0,
    // Counts from 1, so that two sessions have the same packet ids.
    messageIdProvider: new UniqueMessageIdProvider(),
    connectTimeout: TIMEOUT_MS,
    will: version === 5
      ? { ...will, properties: { willDelayInterval: 5, contentType: "text/plain" } }
      : will,
    ...(version === 5
      ? {
        properties: {
          sessionExpiryInterval: 60,
          receiveMaximum: 20,
          topicAliasMaximum: 10,
          userProperties: { origin: "sample" },
        },
      }
      : {}),
    ...more,
  };
}

function publishOptions(version: Version, index: number): IClientPublishOptions {
  const qos = (index % 3) as 0 | 1 | 2;
  if (version !== 5) return { qos, retain: index === 3 };
  const properties = index === 4
    ? {
      payloadFormatIndicator: true,
      messageExpiryInterval: 3600,
      contentType: "application/json",
      responseTopic: "devices/lamp-1/answer",
      correlationData: new Uint8Array([1, 2, 3, 4]) as unknown as import("node:buffer").Buffer,
      userProperties: { unit: "C", room: "hall" },
    }
    : { topicAlias: 1 };
  return { qos, retain: index === 3, properties };
}

/** Subscribes, publishes at every QoS, unsubscribes and says goodbye. */
export async function mqttSession(url: string, version: Version, more: IClientOptions = {}) {
  const client = await mqtt.connectAsync(url, clientOptions(version, more));
  try {
    const received = countMessages(client, 7);
    await client.subscribeAsync({
      "devices/+/temperature": version === 5 ? { qos: 2, nl: false, rap: true, rh: 1 } : { qos: 2 },
      "devices/lamp-1/#": { qos: 1 },
    });
    for (let i = 0; i < 6; i++) {
      // The second message of an alias has no topic of its own.
      const aliased = version === 5 && i > 0 && i !== 4;
      const payload = JSON.stringify({ value: 20 + i / 2, unit: "C", text: "warm ☀" });
      await client.publishAsync(
        aliased ? "" : "devices/sensor-7/temperature",
        payload,
        publishOptions(version, i),
      );
    }
    await client.publishAsync("devices/lamp-1/level", new Uint8Array([0, 255, 128]) as never, {
      qos: 1,
    });
    await received;
    await client.unsubscribeAsync("devices/lamp-1/#");
    await client.publishAsync("devices/sensor-7/temperature", "", { retain: true, qos: 1 });
  } finally {
    await client.endAsync(false, version === 5 ? { reasonCode: 4 } : {});
  }
}

/** Settles when so many messages came; also when they take too long. */
function countMessages(client: MqttClient, count: number): Promise<void> {
  const done = Promise.withResolvers<void>();
  let left = count;
  client.on("message", () => --left === 0 && done.resolve());
  const timer = setTimeout(done.resolve, TIMEOUT_MS);
  return done.promise.finally(() => clearTimeout(timer));
}
