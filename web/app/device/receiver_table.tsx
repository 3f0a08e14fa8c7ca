import type { ReceiverInfo } from "../../../gateway/nodes/answers.ts";
import { Cell, Heads } from "../nodes/cell.tsx";
import { formatRssi, inOrder } from "../nodes/receivers.ts";
import { formatAge } from "../values/format_age.ts";
import { formatShare } from "../values/format_share.ts";

const NUMBERS = ["RSSI", "Mean", "Heard", "Lost", "Packets", "Last heard"];

/** Which nodes hear a device, and how well. */
export function ReceiverTable({ receivers, now }: { receivers: ReceiverInfo[]; now: number }) {
  return (
    <table class="stack hearing" role="table" aria-labelledby="receivers-title">
      <Heads names={["Node", ...NUMBERS]} right={NUMBERS} />
      <tbody role="rowgroup">
        {inOrder(receivers).map((each) => (
          <tr role="row" key={each.node}>
            <th scope="row" role="rowheader">{each.node}</th>
            <Cell label="RSSI" class="right">{formatRssi(each.rssi)}</Cell>
            <Cell label="Mean" class="right">{formatRssi(each.rssiMean)}</Cell>
            <Cell label="Heard" class="right">{formatShare(each.share)}</Cell>
            <Cell label="Lost" class="right">
              {each.loss === undefined ? "–" : formatShare(each.loss)}
            </Cell>
            <Cell label="Packets" class="right">{each.heard.toLocaleString("en")}</Cell>
            <Cell label="Last heard" class="right age">{formatAge(now - each.lastSeen)}</Cell>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
