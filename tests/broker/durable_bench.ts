/**
 * An embedded broker that writes down what it promises, without a gateway.
 *
 * @module
 */
import type { IncomingMessage } from "../../gateway/broker/broker.ts";
import { EmbeddedBroker } from "../../gateway/broker/embedded.ts";
import { SPACES } from "../../gateway/broker/persistence_disk.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import { connectPacket, RawMqtt } from "../support/raw_mqtt.ts";
import { parts } from "./brokers.ts";
import { Disk } from "./disk.ts";
import { MapOnDisk } from "./map_on_disk.ts";
import { RecordingTaps } from "./recording_taps.ts";

/** An embedded broker with a map, what of it is committed, and when. */
export class DurableBench implements AsyncDisposable {
  readonly disk = new Disk();
  readonly messages: IncomingMessage[] = [];
  readonly log: string[] = [];
  /** Messages that waited for clients each time that it was asked what to wait for. */
  readonly waiting: number[] = [];
  /** What a kill would leave. */
  committed: MapOnDisk;
  broker!: EmbeddedBroker;
  port = 0;

  private constructor(readonly map: MapOnDisk) {
    this.committed = map.copy();
  }

  static async start(map = new MapOnDisk()): Promise<DurableBench> {
    const bench = new DurableBench(map);
    const { disk } = bench;
    bench.broker = await EmbeddedBroker.create({
      ...parts(new RecordingTaps(), bench.messages),
      limits: { packetBytes: 1 << 20, backlogBytes: 4 << 20, clients: 10 },
      openLoopback: true,
      durable: () => {
        bench.waiting.push(map.keys(SPACES.queue).length);
        return disk.durable();
      },
      disk: map,
      log: (line) => bench.log.push(line),
    });
    bench.port = bench.broker.listen("127.0.0.1", 0).port;
    return bench;
  }

  /** A commit of all so far. */
  sync() {
    this.committed = this.map.copy();
    this.disk.sync();
  }

  async connect(clientId: string, more: object = {}): Promise<RawMqtt> {
    const client = await RawMqtt.tcp(this.port);
    await client.send(connectPacket(clientId, { clean: false, ...more }));
    await client.packet("connack");
    return client;
  }

  peer(clientId: string): Promise<MqttPeer> {
    return MqttPeer.connect(`mqtt://127.0.0.1:${this.port}`, { clientId, clean: false });
  }

  async [Symbol.asyncDispose]() {
    this.disk.off = true;
    this.disk.sync();
    await this.broker.close();
  }
}
