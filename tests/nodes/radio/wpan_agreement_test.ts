/** The gateway and the decoder of captures take the same frames of IEEE 802.15.4 for a sensor's. */
import assert from "node:assert/strict";
import { RadioIntake } from "../../../gateway/nodes/radio/radio_intake.ts";
import { RadioNode } from "../../../gateway/nodes/radio/radio_node.ts";
import { CaptureFrame } from "../../../traces/files/capture_frame.ts";
import { CaptureDecoder } from "../../../traces/flows/capture_decoder.ts";
import { liveInterface } from "../../../traces/flows/live_interface.ts";
import { Observer } from "../../../traces/flows/observer.ts";
import { RadioLink } from "../../../traces/sensors/radio_envelope.ts";
import { type DeviceId, SensorDecoder } from "../../../traces/sensors/sensor_decoder.ts";
import type { SensorReport } from "../../../traces/sensors/sensor_report.ts";
import { RadioSource, record } from "../../support/radio.ts";
import { wpanSensors } from "../../traces/samples/sensor_session.ts";
import { bytesOf, ipv6, udp } from "../../traces/support/packets.ts";
import {
  type Address,
  hex,
  join,
  macFrame,
  type MacSecurity,
  zigbeeNwk,
} from "../../traces/support/wpan_frames.ts";

const EXTENDED = "00124b0001020304";
const KEY = hex("c0c1c2c3c4c5c6c7c8c9cacbcccdcecf");
const PAYLOADS = [
  ...["4002ca09", "40 1a 01", "44 3a 01", "44 0006 210121 01", "40 02ca", "40 fe01 02", "40"],
  ...["41 02ca09", "42 02ca09 01", "45 02ca09 00112233", "48 0001 02ca09", "4001 7d34 b161"],
  ...["44 00 01 02 ca 09 03 bf 13 01 64", "44 48 0000 0100 1e 07 01 02 03 04", "deadbeef", "4000"],
];

/** What the gateway hands on. */
class Gateway {
  readonly told: string[] = [];
  readonly #node = new RadioNode("attic", "edgewire", 0);
  readonly #source = new RadioSource("attic");
  readonly #intake = new RadioIntake(
    {
      advertisement() {},
      macPayload: (_, device, data, start, end, { secured, counter }) => {
        assert.equal(counter >= 0, secured);
        const sensor = new SensorDecoder();
        const report = sensor.macPayload(device, data, start, end, 0);
        if (secured && report.sealing === "plain") report.sealing = "opened";
        this.told.push(textOf(device, report));
      },
      closed() {},
      beacon() {},
      associationRequest() {},
    },
    [{ key: KEY, source: BigInt(`0x${EXTENDED}`) }],
    () => {},
  );

  hear(frame: Uint8Array) {
    const envelope = this.#source.envelope(record(frame, { linkType: RadioLink.WpanNoFcs }));
    this.#intake.take(this.#node, "id", envelope, { at: 1000, time: 0 });
  }
}

/** What the decoder of captures shows. */
class Capture extends Observer {
  readonly told: string[] = [];
  readonly #frame = new CaptureFrame();
  readonly #decoder: CaptureDecoder;

  constructor() {
    super();
    this.#decoder = new CaptureDecoder({
      observer: this,
      sensors: new SensorDecoder(),
      wpanKeys: [{ key: KEY, source: BigInt(`0x${EXTENDED}`) }],
    });
    this.#decoder.d.columns = true;
    this.#frame.interface = liveInterface(0, "attic", RadioLink.WpanNoFcs);
    this.#frame.linkType = RadioLink.WpanNoFcs;
  }

  override sensor(device: DeviceId, report: SensorReport) {
    this.told.push(textOf(device, report));
  }

  hear(bytes: Uint8Array) {
    const frame = this.#frame;
    frame.number++;
    frame.seconds++;
    frame.data = bytes;
    frame.capturedLength = frame.length = bytes.length;
    this.#decoder.decode(frame);
  }
}

function textOf(device: DeviceId, { sealing, readings }: SensorReport): string {
  const values = readings.map(({ measure, value }) => `${measure.name} ${value}`);
  return `${device} ${sealing}: ${values.join(", ")}`;
}

function overUdp(payload: Uint8Array, port: number): Uint8Array {
  const linkLocal = (last: number) => [0xfe, 0x80, ...new Array<number>(13).fill(0), last];
  const ends = { source: linkLocal(1), destination: linkLocal(2) };
  return bytesOf(0x41, ipv6({ ...ends, next: 17 }, udp(ends, port, 7001, payload)));
}

/** Every payload, bare and in datagrams, plain and at every security level, from every sender. */
function* frames(): Generator<Uint8Array> {
  yield* wpanSensors();
  yield macFrame({
    ...{ destination: 0, source: 1, compression: true },
    payload: zigbeeNwk({ version: 1, destination: 0, source: 1, payload: hex("40 01 0600 0401") }),
  });
  const senders: Address[] = [EXTENDED, 1, 0xfffe, undefined];
  let counter = 100;
  for (const text of PAYLOADS) {
    const bare = hex(text);
    const all = [bare, ...[7000, 5683, 61631].map((port) => overUdp(bare, port))];
    for (const payload of all) {
      for (const source of senders) {
        const frame = { destination: 0, source, compression: source !== undefined, payload };
        yield macFrame(frame);
        if (source !== EXTENDED) continue;
        for (let level = 0; level < 8; level++) {
          const security: MacSecurity = { level, key: KEY, counter: counter++ };
          yield macFrame({ ...frame, security });
        }
      }
    }
  }
}

Deno.test("gateway and decoder agree frame by frame", () => {
  const [gateway, capture] = [new Gateway(), new Capture()];
  let frame: Uint8Array;
  for (frame of frames()) {
    gateway.hear(frame);
    capture.hear(frame);
    assert.deepEqual(gateway.told, capture.told, frame.toHex());
  }
  const { told } = gateway;
  assert.ok(told.length > 100, `${told.length} packets`);
  for (const sealing of ["opened", "plain"]) {
    const text = `00124B0001020304 ${sealing}: temperature 25.06`;
    assert.ok(told.includes(text), text);
  }
});

Deno.test("they agree on frames with a byte changed, and on those that were made up", () => {
  const [gateway, capture] = [new Gateway(), new Capture()];
  let seed = 1;
  const random = (below: number) => {
    seed = Math.imul(seed, 1103515245) + 12345 >>> 0;
    return (seed >>> 8) % below;
  };
  const samples = [...frames()];
  for (let i = 0; i < 20_000; i++) {
    const frame = samples[random(samples.length)]!.slice();
    frame[random(frame.length)] = random(256);
    const made = i % 2 === 0 ? frame : join(frame.subarray(0, random(frame.length)));
    gateway.hear(made);
    capture.hear(made);
    assert.equal(gateway.told.length, capture.told.length, made.toHex());
    assert.equal(gateway.told.at(-1), capture.told.at(-1), made.toHex());
  }
});
