import { useState } from "preact/hooks";
import type { DeviceAnswer, ReadingInfo } from "../../../gateway/nodes/answers.ts";
import { Cell, Heads } from "../nodes/cell.tsx";
import { formatAgo } from "../values/format_age.ts";
import { formatValue } from "../values/format_value.ts";
import { HexView } from "./hex_view.tsx";
import { byteRange, factorText, readingAt, readingValue, splitHex } from "./packet_bytes.ts";

/** The last packet's bytes, and what each reading makes of which of them. */
export function WhyValues({ answer, now }: { answer: DeviceAnswer; now: number }) {
  const [chosen, setChosen] = useState<string>();
  const { packet, readings, problems } = answer;
  const marked = readings.find(({ name }) => name === chosen);
  const bytes = splitHex(packet?.hex ?? "");
  return (
    <>
      {packet
        ? (
          <>
            <p class="below">
              {packet.format || "Packet"}, heard by {packet.node}
              {packet.channel !== undefined && ` on channel ${packet.channel}`},{" "}
              {formatAgo(now - packet.time)}
            </p>
            <HexView
              bytes={bytes}
              marked={marked}
              onChoose={(at) => setChosen(readingAt(readings, at)?.name)}
            />
          </>
        )
        : (
          <p class="below">
            The node decodes this device itself: there are no bytes to show.
          </p>
        )}
      {packet && readings.length === 0 && <p class="muted">No values in it.</p>}
      {readings.length > 0 &&
        (
          <table class="stack why" role="table" aria-labelledby="why-title">
            <Heads names={["Reading", "Value", "Bytes", "Raw", "Factor", "Rule"]} />
            <tbody role="rowgroup">
              {readings.map((reading) => (
                <WhyRow
                  key={reading.name}
                  reading={reading}
                  bytes={bytes}
                  marked={reading === marked}
                  onChoose={() => setChosen(reading.name)}
                />
              ))}
            </tbody>
          </table>
        )}
      {problems.length > 0 && (
        <ul class="problems warn" aria-label="What is wrong with the packet">
          {problems.map(({ offset, text, clause }, i) => (
            <li key={i}>
              Byte {offset}: {text} {clause && <span class="muted">({clause})</span>}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function valueClass({ value }: ReadingInfo): string {
  if (value === null) return "muted";
  return typeof value === "number" ? "cell-number" : "cell-text";
}

interface WhyRowProps {
  reading: ReadingInfo;
  bytes: string[];
  marked: boolean;
  onChoose(): void;
}

function WhyRow({ reading, bytes, marked, onChoose }: WhyRowProps) {
  const { name, offset, length, raw, rule } = reading;
  const range = bytes.length === 0 ? "" : byteRange(reading);
  return (
    <tr
      role="row"
      class="why-row"
      data-marked={marked ? "" : undefined}
      onPointerEnter={onChoose}
    >
      <th scope="row" role="rowheader">
        {range === "" ? name : (
          <button
            type="button"
            class="pick"
            aria-pressed={marked}
            title="Mark its bytes"
            onFocus={onChoose}
            onClick={onChoose}
          >
            {name}
          </button>
        )}
      </th>
      <Cell label="" class={valueClass(reading)}>
        {readingValue(reading)}
      </Cell>
      <Cell label="Bytes">
        {range === "" ? "–" : (
          <>
            {range} <code>{bytes.slice(offset, offset + length).join(" ")}</code>
          </>
        )}
      </Cell>
      <Cell label="Raw" class="cell-text">{formatValue(raw)}</Cell>
      <Cell label="Factor" class="cell-text">{factorText(reading) || "–"}</Cell>
      <Cell label="Rule" class="muted whole">{rule}</Cell>
    </tr>
  );
}
