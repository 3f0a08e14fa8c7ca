import type { ReceiverInfo } from "../../../gateway/nodes/answers.ts";
import { Cell, Heads } from "../nodes/cell.tsx";
import { formatRssi, inOrder } from "../nodes/receivers.ts";
import { viewHref } from "../router.ts";
import { formatAge } from "../values/format_age.ts";
import { formatShare } from "../values/format_share.ts";

const NUMBERS = ["RSSI", "Mean", "Heard", "Values lost", "Packets", "Last heard"];

/** Which nodes hear a device, and how well. */
export function ReceiverTable({ receivers, now }: { receivers: ReceiverInfo[]; now: number }) {
  return (
    <>
      <h3 id="receivers-title">Heard by</h3>
      <table class="stack hearing" role="table" aria-labelledby="receivers-title">
        <Heads names={["Node", ...NUMBERS]} right={NUMBERS} />
        <tbody role="rowgroup">
          {inOrder(receivers).map(({ node, rssi, rssiMean, share, loss, heard, lastSeen }) => {
            const texts = [
              formatRssi(rssi),
              formatRssi(rssiMean),
              formatShare(share),
              loss === undefined ? "–" : formatShare(loss),
              heard.toLocaleString("en"),
              formatAge(now - lastSeen),
            ];
            return (
              <tr role="row" key={node}>
                <th scope="row" role="rowheader">
                  <a href={viewHref("nodes", { node })}>{node}</a>
                </th>
                {texts.map((text, i) => (
                  <Cell key={i} label={NUMBERS[i]!} class="right">{text}</Cell>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
      <p class="below">
        Heard: of the packets that any node heard. Values lost: of the values that the device
        numbers, those of which the node heard no packet.
      </p>
    </>
  );
}
