import type { DeviceInfo } from "../../../gateway/nodes/answers.ts";
import { channelHref } from "../router.ts";
import { formatAge } from "../values/format_age.ts";
import { formatDuration } from "../values/format_duration.ts";
import { Cell, Heads } from "./cell.tsx";
import { LinkList } from "./link_list.tsx";
import type { Chosen } from "./map_layout.ts";
import { inOrder } from "./receivers.ts";
import { ShowAll } from "../show_all.tsx";
import { StateAndCause } from "./state_word.tsx";

const HEADS = ["Device", "What it is", "State", "Interval", "Last seen", "Heard by"];
interface DeviceTableProps {
  devices: DeviceInfo[];
  now: number;
  chosen: Chosen | undefined;
}

/** Devices: what they are, whether they are there, who hears them how well. */
export function DeviceTable({ devices, now, chosen }: DeviceTableProps) {
  const current = chosen?.kind === "device" ? chosen.name : undefined;
  return (
    <ShowAll rows={devices}>
      {(shown) => (
        <table class="stack devices" role="table" aria-labelledby="devices-title">
          <Heads names={HEADS} right={["Interval", "Last seen"]} />
          <tbody role="rowgroup">
            {shown.map((device) => (
              <DeviceRow
                key={device.name}
                device={device}
                now={now}
                current={device.name === current}
              />
            ))}
          </tbody>
        </table>
      )}
    </ShowAll>
  );
}

function DeviceRow(
  { device, now, current }: { device: DeviceInfo; now: number; current: boolean },
) {
  const { name, address, model, localName, formats, sealing, interval, findings } = device;
  const about = [...new Set([model, localName])].filter((each) => each !== undefined);
  return (
    <tr role="row" data-current={current || undefined}>
      <th scope="row" role="rowheader">
        <a href={channelHref(name)}>{name}</a>
        {address !== undefined && address !== name && <span class="below mono">{address}</span>}
      </th>
      <Cell label="" class="whole">
        {formats.join(", ") || "–"}
        {about.length > 0 && <span class="below">{about.join(" · ")}</span>}
        {(sealing === "no key" || sealing === "refused") && (
          <span class="below warn">encrypted, {sealing}</span>
        )}
        {findings > 0 && (
          <span class="below warn">
            {findings.toLocaleString("en")} security {findings === 1 ? "finding" : "findings"}
          </span>
        )}
      </Cell>
      <Cell label="" class="whole">
        <StateAndCause alive={device} />
      </Cell>
      <Cell label="Interval" class="right">
        {interval === undefined ? "–" : formatDuration(interval)}
      </Cell>
      <Cell label="Last seen" class="right age">
        {device.lastSeen === 0 ? "never" : formatAge(now - device.lastSeen)}
      </Cell>
      <Cell label="Heard by" class="whole">
        {device.receivers.length === 0 ? device.linked ? "this gateway" : "–" : (
          <LinkList
            links={inOrder(device.receivers).map((receiver) => ({ name: receiver.node, receiver }))}
          />
        )}
      </Cell>
    </tr>
  );
}
