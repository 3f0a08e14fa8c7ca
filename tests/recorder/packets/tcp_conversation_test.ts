import assert from "node:assert/strict";
import {
  type Segment,
  TcpConversation,
  UNACKNOWLEDGED_BYTES,
} from "../../../gateway/recorder/packets/tcp_conversation.ts";
import { testWith } from "../../support/tools.ts";
import { ownProblems, raw, tsharkFields } from "./capture_check.ts";

const PORTS = { client: 50_000, server: 1234 };

interface Sent extends Segment {
  text: string;
}

/** A conversation that keeps copies of its packets. */
class Script {
  readonly sent: Sent[] = [];
  readonly tcp: TcpConversation;

  constructor(
    client = "10.0.0.1",
    server = "10.0.0.2",
    initial: readonly [number, number] | undefined = [999, 4999],
    ports = PORTS,
  ) {
    this.tcp = new TcpConversation({
      client: { host: client, port: ports.client },
      server: { host: server, port: ports.server },
      ...(initial === undefined ? {} : { initial }),
    });
  }

  readonly sink = (segment: Segment): void => {
    const packet = segment.packet.slice();
    const text = new TextDecoder().decode(packet.subarray(this.tcp.headerBytes));
    this.sent.push({ ...segment, packet, text });
  };

  get packets(): Uint8Array[] {
    return this.sent.map(({ packet }) => packet);
  }

  /** Of IPv4: "client: flags sequence acknowledgment length". */
  get lines(): string[] {
    return this.sent.map(({ packet, from }) => {
      const view = new DataView(packet.buffer);
      const offset = view.getUint8(32) >> 4;
      const numbers = [view.getUint8(33), view.getUint32(24), view.getUint32(28)];
      return `${from}: ${numbers.join(" ")} ${packet.length - 20 - 4 * offset}`;
    });
  }
}

const bytes = (length: number, value = 65) => new Uint8Array(length).fill(value);

Deno.test("the first packet, byte by byte", () => {
  const script = new Script();
  script.tcp.handshake(script.sink);
  // The words of the IP header add up to 0xd93e, those of pseudo header and segment to 0x36b22,
  // so 0x6b25 (RFC 1071).
  const syn = "45000034000140004006" + "26c1" + "0a0000010a000002" +
    "c35004d2000003e7000000008002ffff" + "94da" + "0000" + "0204ffd70103030e01010402";
  assert.equal(script.packets[0]!.toHex(), syn);
});

Deno.test("handshake, data, acknowledgment, end: numbers and flags", () => {
  const { tcp, sink, sent, ...script } = scriptOf();
  tcp.handshake(sink);
  tcp.data("client", [bytes(2), bytes(3)], sink);
  tcp.data("server", [bytes(32_001)], sink);
  tcp.acknowledge("client", sink);
  tcp.acknowledge("client", sink);
  tcp.close("server", sink);
  tcp.data("client", [bytes(1)], sink);
  assert.deepEqual(script.lines(), [
    "client: 2 999 0 0",
    "server: 18 4999 1000 0",
    "client: 16 1000 5000 0",
    "client: 24 1000 5000 5",
    "server: 16 5000 1005 32000",
    "server: 24 37000 1005 1",
    "client: 16 1005 37001 0",
    "server: 17 37001 1005 0",
    "client: 17 1005 37002 0",
    "server: 16 37002 1006 0",
  ]);
  const kinds = ["handshake", "handshake", "handshake", "data", "data", "data", "ack"];
  assert.deepEqual(sent.map(({ kind }) => kind), [...kinds, "fin", "fin", "ack"]);
  assert.deepEqual(sent.slice(4, 6).map(({ start, end }) => [start, end]), [[0, 32_000], [
    32_000,
    32_001,
  ]]);
});

Deno.test("parts are joined, however segments cut them", () => {
  const { tcp, sink, sent } = scriptOf();
  const all = Uint8Array.from({ length: 70_000 }, (_, at) => at % 251);
  const cuts = [0, 1, 31_999, 32_000, 32_001, 63_000, 64_005, 64_005, 70_000];
  tcp.data("client", cuts.slice(1).map((end, at) => all.subarray(cuts[at], end)), sink);
  const carried = sent.filter(({ kind }) => kind === "data")
    .flatMap(({ packet }) => [...packet.subarray(40)]);
  assert.deepEqual(Uint8Array.from(carried), all);
  for (const { start, end, packet } of sent) assert.equal(end - start, packet.length - 40);
});

Deno.test("a side that closed sends no more, the other one may", () => {
  const { tcp, sink, ...script } = scriptOf();
  tcp.finish("client", sink);
  tcp.finish("client", sink);
  tcp.data("client", [bytes(1)], sink);
  tcp.data("server", [bytes(1)], sink);
  assert.equal(tcp.closed("client"), true);
  assert.equal(tcp.closed("server"), false);
  tcp.finish("server", sink);
  tcp.close("client", sink);
  tcp.reset("client", sink);
  assert.deepEqual(script.lines(), [
    "client: 17 1000 5000 0",
    "server: 16 5000 1001 0",
    "server: 24 5000 1001 1",
    "server: 17 5001 1001 0",
    "client: 16 1001 5002 0",
  ]);
});

Deno.test("what is unacknowledged stays below 1 MiB and a segment", () => {
  const { tcp, sink, sent } = scriptOf();
  tcp.handshake(sink);
  let waiting = 0;
  let most = 0;
  for (let i = 0; i < 100; i++) {
    const from = sent.length;
    tcp.data("server", [bytes(50_000)], sink);
    for (const { from: side, start, end } of sent.slice(from)) {
      waiting = side === "client" ? 0 : waiting + end - start;
      most = Math.max(most, waiting);
    }
  }
  assert.ok(most >= UNACKNOWLEDGED_BYTES && most < UNACKNOWLEDGED_BYTES + 32_000, `${most}`);
});

Deno.test("addresses that are unknown, mapped or of two families", () => {
  const addresses = (client: string, server: string) => {
    const { tcp, sink, sent } = scriptOf(client, server);
    tcp.reset("client", sink);
    const { packet } = sent[0]!;
    return packet[0]! >> 4 === 4
      ? [packet.slice(12, 16).join("."), packet.slice(16, 20).join(".")]
      : [packet.slice(8, 24).toHex(), packet.slice(24, 40).toHex()];
  };
  assert.deepEqual(addresses("", "localhost"), ["0.0.0.0", "0.0.0.0"]);
  assert.deepEqual(addresses("::ffff:10.1.2.3", "10.0.0.1"), ["10.1.2.3", "10.0.0.1"]);
  assert.deepEqual(addresses("10.1.2.3", "::"), ["10.1.2.3", "0.0.0.0"]);
  const local = "fe80000000000000000000000000" + "0007";
  assert.deepEqual(addresses("fe80::7%eth0", "[::1]"), [local, "1".padStart(32, "0")]);
  assert.deepEqual(addresses("fe80::7", "10.0.0.1"), [local, "0".repeat(32)]);
});

Deno.test("the same ports again begin with other numbers", () => {
  const begin = (occasion: number, port = 50_000) => {
    const client = { host: "10.0.0.1", port };
    const server = { host: "10.0.0.2", port: 1883 };
    const sequence: number[] = [];
    new TcpConversation({ client, server, occasion }).handshake(({ packet }) =>
      sequence.push(new DataView(packet.buffer).getUint32(24))
    );
    return sequence.slice(0, 2);
  };
  assert.deepEqual(begin(0), begin(0));
  const all = [begin(0), begin(1), begin(2), begin(0, 50_001), begin(0, 50_002)].flat();
  assert.equal(new Set(all).size, 10);
});

/** All that can happen to a connection. */
function everything(script: Script): void {
  const { tcp, sink } = script;
  tcp.handshake(sink);
  tcp.data("client", [bytes(5)], sink);
  tcp.data("server", [bytes(100_001)], sink);
  tcp.data("client", [bytes(1_500_000)], sink);
  tcp.acknowledge("server", sink);
  tcp.acknowledge("server", sink);
  tcp.data("server", [bytes(1)], sink);
  tcp.acknowledge("client", sink);
}

function lossy(script: Script): void {
  const { tcp, sink } = script;
  everything(script);
  for (const side of ["client", "server"] as const) {
    const other = side === "client" ? "server" : "client";
    for (const width of [1, 777, 1e12]) {
      tcp.skip(side, width);
      tcp.data(other, [bytes(7)], sink);
      tcp.acknowledge(side, sink);
      tcp.data(other, [bytes(7)], sink);
      tcp.data(side, [bytes(40_000)], sink);
      tcp.data(other, [bytes(7)], sink);
    }
  }
  tcp.skip("server", 5);
  tcp.close("server", sink);
}

const FIELDS = ["tcp.analysis.flags", "ip.checksum.status", "tcp.checksum.status", "_ws.malformed"];

for (
  const [name, client, server] of [
    ["IPv4", "10.0.0.1", "10.0.0.2"],
    ["IPv6", "2001:db8::1", "2001:db8::2"],
    ["unknown addresses", "", ""],
  ] as const
) {
  testWith(
    ["tshark"],
    `tshark finds nothing to say about a whole conversation: ${name}`,
    async () => {
      const good = name === "IPv6" ? ["", "", "1", ""] : ["", "1", "1", ""];
      const ends = [
        (script: Script) => script.tcp.close("client", script.sink),
        (script: Script) => script.tcp.reset("server", script.sink),
        ({ tcp, sink }: Script) => {
          tcp.finish("server", sink);
          tcp.data("client", [bytes(9)], sink);
          tcp.finish("client", sink);
        },
      ];
      let port = 6000;
      const packets = [undefined, [0xffff_fff0, 0xfff0_0000] as const].flatMap((initial) =>
        ends.flatMap((end) => {
          const script = new Script(client, server, initial, { client: port++, server: 1234 });
          everything(script);
          end(script);
          return script.packets;
        })
      );
      const found = await tsharkFields(raw(packets), FIELDS);
      assert.deepEqual([...new Set(found.map((line) => line.join("|")))], [good.join("|")]);
      assert.deepEqual(await ownProblems(raw(packets)), []);
    },
  );
}

testWith(
  ["tshark"],
  "tshark finds nothing to say about a conversation without its beginning",
  async () => {
    const script = new Script();
    for (let i = 0; i < 3; i++) script.tcp.data("server", [bytes(10)], script.sink);
    script.tcp.data("client", [bytes(2_000_000)], script.sink);
    script.tcp.data("server", [bytes(2_000_000)], script.sink);
    script.tcp.close("server", script.sink);
    assert.equal(script.sent[0]!.kind, "data");
    const found = await tsharkFields(raw(script.packets), FIELDS);
    assert.deepEqual([...new Set(found.map((line) => line.join("|")))], ["|1|1|"]);
    assert.deepEqual(await ownProblems(raw(script.packets)), []);
  },
);

testWith(
  ["tshark"],
  "of lost bytes tshark says that a segment is missing, and nothing else",
  async () => {
    const script = new Script();
    lossy(script);
    const found = await tsharkFields(raw(script.packets), [
      "tcp.analysis.flags",
      "tcp.analysis.lost_segment",
      "tcp.checksum.status",
      "_ws.expert.message",
    ]);
    const flagged = found.filter(([flags]) => flags !== "");
    assert.equal(flagged.length, 7);
    for (const [, lost, , message] of flagged) {
      assert.equal(lost, "1");
      assert.match(message!, /^(Connection finish.*,)?Previous segment\(s\) not captured[^,]*$/);
    }
    assert.ok(found.every(([, , checksum]) => checksum === "1"));
  },
);

Deno.test("our decoder goes on behind lost bytes", async () => {
  const script = new Script();
  lossy(script);
  const problems = await ownProblems(raw(script.packets));
  const kinds = new Set(problems.map((problem) => problem.replace(/^\d+: /, "")));
  assert.deepEqual([...kinds], [
    "a segment before this one was not captured",
    "bytes are missing in the capture; decoding goes on behind them",
  ]);
});

function scriptOf(client?: string, server?: string) {
  const script = new Script(client, server);
  return { tcp: script.tcp, sink: script.sink, sent: script.sent, lines: () => script.lines };
}
