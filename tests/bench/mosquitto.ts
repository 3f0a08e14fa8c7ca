/**
 * Mosquitto with its own WebSocket listener as the process to compare with,
 * set so that it drops nothing.
 *
 * @module
 */
import { Child, temporaryFolder } from "./child.ts";
import { ACK_LENGTH, connect, SUBACK_LENGTH, subscribe } from "./mqtt_packets.ts";
import { type Peer, topicOf } from "./peer.ts";

const PROGRAM = "/usr/sbin/mosquitto";
const START_TIMEOUT_MS = 5_000;

/** Which Mosquitto this is, or undefined where it is not installed. */
export async function mosquittoVersion(): Promise<string | undefined> {
  try {
    const output = await new Deno.Command(PROGRAM, { args: ["-h"] }).output();
    const text = new TextDecoder().decode(output.stdout);
    return text.match(/version (\S+)/)?.[1];
  } catch {
    return undefined;
  }
}

function freePorts(count: number): number[] {
  const listeners = Array.from(
    { length: count },
    () => Deno.listen({ hostname: "127.0.0.1", port: 0 }),
  );
  const ports = listeners.map((listener) => (listener.addr as Deno.NetAddr).port);
  for (const listener of listeners) listener.close();
  return ports;
}

/** Zero means no limit for each of the `max_` settings. */
function configuration(mqttPort: number, webSocketPort: number): string {
  return [
    "user root",
    "persistence false",
    "allow_anonymous true",
    "log_dest stderr",
    "connection_messages false",
    "sys_interval 0",
    "set_tcp_nodelay true",
    "max_queued_messages 0",
    "max_queued_bytes 0",
    "max_inflight_messages 0",
    `listener ${mqttPort} 127.0.0.1`,
    `listener ${webSocketPort} 127.0.0.1`,
    "protocol websockets",
    "",
  ].join("\n");
}

let clients = 0;

/**
 * Starts Mosquitto on free ports and waits until it listens.
 *
 * @throws {Error} When it does not within 5 s.
 */
export async function startMosquitto(): Promise<Peer> {
  const folder = await temporaryFolder();
  const [mqttPort, port] = freePorts(2) as [number, number];
  const file = `${folder}/mosquitto.conf`;
  await Deno.writeTextFile(file, configuration(mqttPort, port));
  const child = new Child("Mosquitto", PROGRAM, { args: ["-c", file] });
  await child.printed([/mosquitto version \S+ running/], START_TIMEOUT_MS);
  const stop = () => child.stop();
  return {
    name: "Mosquitto",
    child,
    mqttPort,
    client: (channel) => ({
      options: { port, path: "/mqtt", protocol: "mqtt" },
      join: async (receiver) => {
        await receiver.send(connect(`bench-${clients++}`));
        await receiver.receive(ACK_LENGTH);
        await receiver.send(subscribe(topicOf(channel)));
        await receiver.receive(ACK_LENGTH + SUBACK_LENGTH);
      },
    }),
    messagesIn: () => Promise.resolve(undefined),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
