/** What TCP segments are found to be: one short conversation for each finding. */
import assert from "node:assert/strict";
import { NetworkRun } from "../support/network_run.ts";
import { ACK, FIN, PSH, RST, SYN } from "../support/packets.ts";
import { type Segment, TcpScript } from "../support/tcp_script.ts";

const FINDINGS = [
  ...["retransmission", "fast_retransmission", "spurious_retransmission", "out_of_order"],
  ...["lost_segment", "ack_lost_segment", "duplicate_ack", "keep_alive", "keep_alive_ack"],
  ...["zero_window", "zero_window_probe", "zero_window_probe_ack", "window_update"],
  ...["window_full", "reused_ports"],
];

const data = (length: number) => new Uint8Array(length).fill(7);
/** 1000 bytes of window each, no scaling. */
const HANDSHAKE: readonly Segment[] = [
  { flags: SYN },
  { side: 1, flags: SYN | ACK, acknowledgment: 1 },
  { sequence: 1, acknowledgment: 1 },
];

class Talk {
  readonly run = new NetworkRun();
  readonly script: TcpScript;
  #at = 0;

  constructor(first?: readonly [number, number]) {
    this.script = new TcpScript(first);
    for (const segment of HANDSHAKE) this.send(segment);
  }

  /** @param micros since the segment before */
  send(segment: Segment, micros = 1000): this {
    this.run.frame(this.script.segment(segment), { at: this.#at += micros });
    return this;
  }

  client(sequence: number, length: number, acknowledgment = 1, more: Segment = {}): this {
    const flags = length > 0 ? PSH | ACK : ACK;
    return this.send({ sequence, acknowledgment, flags, data: data(length), ...more });
  }

  server(acknowledgment: number, more: Segment = {}): this {
    return this.send({ side: 1, sequence: 1, acknowledgment, ...more });
  }

  get found(): string[] {
    return FINDINGS.filter((name) => this.run.text(`tcp.analysis.${name}`) !== "");
  }
}

Deno.test("numbers are relative, also over the wrap; round trips are measured", () => {
  const talk = new Talk([0xffff_fffe, 5]);
  assert.equal(talk.run.text("tcp.analysis.initial_rtt"), "0.002000000");
  talk.client(1, 10);
  assert.equal(talk.run.text("tcp.seq"), "1");
  assert.equal(talk.run.text("tcp.seq_raw"), "4294967295");
  assert.equal(talk.run.text("tcp.nxtseq"), "11");
  assert.equal(talk.run.text("tcp.analysis.bytes_in_flight"), "10");
  talk.client(11, 20);
  assert.equal(talk.run.text("tcp.seq_raw"), "9");
  assert.equal(talk.run.text("tcp.analysis.bytes_in_flight"), "30");
  talk.server(31);
  assert.equal(talk.run.text("tcp.analysis.acks_frame"), "5");
  assert.equal(talk.run.text("tcp.analysis.ack_rtt"), "0.001000000");
  assert.equal(talk.run.text("tcp.completeness"), "15");
  assert.deepEqual(talk.found, []);
});

Deno.test("windows are scaled when both sides say so", () => {
  const run = new NetworkRun();
  const script = new TcpScript();
  const scale = (shift: number) => ({ options: [1, 3, 3, shift] });
  run.frame(script.segment({ flags: SYN, ...scale(7) }));
  assert.equal(run.text("tcp.window_size"), "1000");
  run.frame(script.segment({ side: 1, flags: SYN | ACK, acknowledgment: 1, ...scale(2) }));
  run.frame(script.segment({ sequence: 1, acknowledgment: 1 }));
  assert.equal(run.text("tcp.window_size"), "128000");
  assert.equal(run.text("tcp.window_size_scalefactor"), "128");
  const talk = new Talk();
  assert.equal(talk.run.text("tcp.window_size_scalefactor"), "-2");
});

Deno.test("retransmission, with the time since the first transmission", () => {
  const talk = new Talk().client(1, 10).send(
    { sequence: 1, acknowledgment: 1, flags: PSH | ACK, data: data(10) },
    50_000,
  );
  assert.deepEqual(talk.found, ["retransmission"]);
  assert.equal(talk.run.text("tcp.analysis.rto"), "0.050000000");
  assert.equal(talk.run.text("tcp.analysis.rto_frame"), "4");
});

Deno.test("fast retransmission after two duplicate acknowledgments", () => {
  const talk = new Talk().client(1, 10).server(1).client(11, 10).client(21, 10);
  talk.server(1);
  assert.deepEqual(talk.found, ["duplicate_ack"]);
  assert.equal(talk.run.text("tcp.analysis.duplicate_ack_num"), "2");
  talk.client(1, 10);
  assert.deepEqual(talk.found, ["fast_retransmission", "retransmission"].toSorted().reverse());
});

Deno.test("spurious retransmission of what was acknowledged", () => {
  const talk = new Talk().client(1, 10).server(11).client(1, 10);
  assert.deepEqual(talk.found, ["retransmission", "spurious_retransmission"]);
});

Deno.test("a gap, then what fills it", () => {
  const talk = new Talk().client(11, 10);
  assert.deepEqual(talk.found, ["lost_segment"]);
  talk.client(1, 10);
  assert.deepEqual(talk.found, ["out_of_order"]);
});

Deno.test("an acknowledgment of what was not captured is told once", () => {
  const talk = new Talk().server(500);
  assert.deepEqual(talk.found, ["ack_lost_segment"]);
});

Deno.test("keep-alive and its acknowledgment", () => {
  const talk = new Talk().client(1, 10).server(11).client(10, 1);
  assert.deepEqual(talk.found, ["keep_alive"]);
  talk.server(11);
  assert.deepEqual(talk.found, ["keep_alive_ack"]);
});

Deno.test("window full, closed, probed, opened", () => {
  const talk = new Talk().client(1, 1000);
  assert.deepEqual(talk.found, ["window_full"]);
  talk.server(1001, { window: 0 });
  assert.deepEqual(talk.found, ["zero_window"]);
  talk.client(1001, 1);
  assert.deepEqual(talk.found, ["zero_window_probe"]);
  talk.server(1001, { window: 0 });
  assert.deepEqual(talk.found, ["zero_window", "zero_window_probe_ack"]);
  talk.server(1001, { window: 900 });
  assert.deepEqual(talk.found, ["window_update"]);
});

Deno.test("the same ports with another first number are another stream", () => {
  const talk = new Talk();
  talk.send({ flags: SYN, sequence: 5000 });
  assert.deepEqual(talk.found, ["reused_ports"]);
  assert.equal(talk.run.text("tcp.stream"), "1");
  assert.equal(talk.run.text("tcp.seq"), "0");
  assert.deepEqual([...talk.run.network.conversations()].map(({ index }) => index), [1]);
});

Deno.test("who opened and who closed", () => {
  const talk = new Talk().send({ side: 1, sequence: 1, acknowledgment: 1, flags: FIN | ACK });
  const [conversation] = [...talk.run.network.conversations()];
  assert.equal(conversation!.client, 0);
  assert.equal(conversation!.closed, "FIN by server");
  talk.send({ sequence: 1, flags: RST });
  assert.equal(conversation!.closed, "RST by client");
});

Deno.test("options; a block acknowledged twice", () => {
  const talk = new Talk().client(1, 30);
  const sack = [1, 1, 5, 10, 0, 0, 3, 0xe9, 0, 0, 3, 0xf3];
  talk.server(11, { options: [...sack] });
  assert.equal(talk.run.text("tcp.options.sack_le"), "1");
  assert.equal(talk.run.text("tcp.options.sack.dsack_re"), "11");
  assert.equal(talk.run.text("tcp.option_kind"), "1,1,5");
  talk.client(31, 1, 1, { options: [3, 3, 20, 0] });
  assert.deepEqual(talk.run.problems.slice(0, 1), ["window scale is more than 14"]);
  talk.client(32, 1, 1, { options: [8, 30, 0, 0] });
  assert.ok(talk.run.problems.includes("option goes beyond the header"));
});
