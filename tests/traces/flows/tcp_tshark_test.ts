/** The analysis of bad TCP traffic, field by field as tshark has it. */
import assert from "node:assert/strict";
import { testWith } from "../../support/tools.ts";
import { NO_HINTS, tsharkFields } from "../compare/tshark_run.ts";
import { NetworkRun } from "../support/network_run.ts";
import { readSync } from "../support/sync_reader.ts";
import { tcpChaos } from "../support/tcp_chaos.ts";

const SEEDS = [1, 2, 3];
const STEPS = 3000;

const FIELDS = [
  ...["stream", "completeness", "len", "seq", "nxtseq", "ack", "window_size"],
  ...["window_size_scalefactor", "flags.str", "options.sack_le", "options.sack.dsack_le"],
  ...["time_relative", "time_delta", "payload", "analysis"],
  ...[
    ...["acks_frame", "ack_rtt", "initial_rtt", "rto", "rto_frame", "bytes_in_flight"],
    ...["push_bytes_sent", "flags", "retransmission", "fast_retransmission"],
    ...["spurious_retransmission", "out_of_order", "lost_segment", "ack_lost_segment"],
    ...["duplicate_ack", "duplicate_ack_num", "duplicate_ack_frame", "keep_alive"],
    ...["keep_alive_ack", "zero_window", "zero_window_probe", "zero_window_probe_ack"],
    ...["window_update", "window_full", "reused_ports"],
  ].map((name) => `analysis.${name}`),
].map((name) => `tcp.${name}`);

for (const seed of SEEDS) {
  testWith(["tshark"], `bad TCP traffic is analysed as tshark does, seed ${seed}`, async () => {
    const capture = tcpChaos(seed, STEPS);
    const file = await Deno.makeTempFile({ suffix: ".pcap" });
    try {
      await Deno.writeFile(file, capture);
      const theirs = await tsharkFields(file, FIELDS, NO_HINTS);
      const run = new NetworkRun();
      let number = 0;
      readSync(capture, (frame) => {
        const time = { seconds: frame.seconds, nanoseconds: frame.nanoseconds };
        const bytes = frame.data.subarray(frame.start, frame.start + frame.capturedLength);
        run.frame(bytes, { time, length: frame.length });
        const expected = theirs.frames[number++]!;
        FIELDS.forEach((field, i) => {
          assert.equal(run.text(field), expected[i]!.join(","), `frame ${number} ${field}`);
        });
      });
      assert.equal(number, theirs.frames.length);
      assert.ok(number > STEPS / 2);
    } finally {
      await Deno.remove(file);
    }
  });
}
