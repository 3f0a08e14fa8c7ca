/**
 * Starts the broker that the configuration asks for: our own, or a connection to another.
 *
 * @module
 */
import type { Config } from "../config/schema.ts";
import { listenUrl, readCertificate } from "../listen_address.ts";
import { EmbeddedBroker, type EmbeddedOptions } from "./embedded.ts";
import type { ExternalBroker } from "./external.ts";
import type { ExternalOptions } from "./external_options.ts";
import type { DurableMap } from "./persistence_disk.ts";

/** What both need. */
export type CommonBrokerOptions =
  & Omit<EmbeddedOptions, "openLoopback" | "disk">
  & Pick<ExternalOptions, "policy" | "tokens" | "limits" | "counters" | "sink" | "log">;

/** What the gateway says to an external one. */
export type ExternalBrokerOptions = Pick<
  ExternalOptions,
  "clientId" | "echo" | "tryTopic" | "will" | "onState"
>;

/**
 * Our own, listening.
 *
 * @param disk where sessions and retained messages are kept besides; `null`: nowhere
 * @throws If a port is taken, or the certificate cannot be read.
 */
export async function openEmbedded(
  { access: { openLoopback }, mqttHost, mqttPort, mqttsPort, ...config }: Config,
  common: CommonBrokerOptions,
  disk: DurableMap | null,
): Promise<{ broker: EmbeddedBroker; addresses: URL[] }> {
  const tls = mqttsPort === undefined ? undefined : readCertificate(config);
  const broker = await EmbeddedBroker.create({ ...common, openLoopback, disk });
  try {
    const addresses = [listenUrl("mqtt", broker.listen(mqttHost, mqttPort))];
    if (mqttsPort !== undefined) {
      addresses.push(listenUrl("mqtts", broker.listen(mqttHost, mqttsPort, tls)));
    }
    return { broker, addresses };
  } catch (error) {
    await broker.close();
    throw error;
  }
}

/**
 * A connection to the one that the configuration names.
 *
 * @throws If its certificate authority cannot be read.
 */
export async function openExternal(
  { broker: { url, ca, username, password, subscribe } }: Config,
  common: CommonBrokerOptions,
  options: ExternalBrokerOptions,
): Promise<ExternalBroker> {
  const { ExternalBroker } = await import("./external.ts");
  return await ExternalBroker.connect({
    ...common,
    ...options,
    url: url as string,
    subscribe,
    ...(ca === undefined ? {} : { ca: Deno.readTextFileSync(ca) }),
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
  });
}
