import type { DeviceInfo } from "../../../gateway/nodes/answers.ts";
import { Fact } from "../fact.tsx";
import { LivenessFacts } from "../nodes/liveness_facts.tsx";
import { formatDuration } from "../values/format_duration.ts";
import { ReceiverTable } from "./receiver_table.tsx";

/** What a device is, and who hears it. */
export function DeviceFacts({ device, now }: { device: DeviceInfo; now: number }) {
  const { address, model, formats, localName, interval, receivers } = device;
  return (
    <>
      <dl class="facts">
        <LivenessFacts alive={device} now={now} />
        {!device.linked && (
          <Fact name="Usual interval">
            {interval === undefined ? "not learned yet" : formatDuration(interval)}
          </Fact>
        )}
        <Fact name="Address" wide={device.linked === true}>
          {address && <span class="mono">{address}</span>}
        </Fact>
        <Fact name="Model">{model}</Fact>
        <Fact name="Format">{formats.join(", ")}</Fact>
        <Fact name="Calls itself">{localName}</Fact>
        <Sealing device={device} />
      </dl>
      {receivers.length > 0 && <ReceiverTable receivers={receivers} now={now} />}
    </>
  );
}

const SEALING: Record<string, string> = {
  plain: "none",
  opened: "opened with the configured key",
};

function Sealing({ device: { sealing, address } }: { device: DeviceInfo }) {
  if (sealing !== "refused" && sealing !== "no key") {
    return <Fact name="Encryption">{sealing && (SEALING[sealing] ?? sealing)}</Fact>;
  }
  const refused = sealing === "refused";
  return (
    <Fact name="Encryption" wide>
      <span class="warn">{sealing}</span>
      <span class="below">
        {refused
          ? "The key does not fit, or somebody changed or replayed the packet."
          : "Its values are encrypted. Put its key into the gateway's configuration file:"}
      </span>
      {!refused && (
        <pre class="line" tabIndex={0}>
          {`devices: [{ address: "${address ?? "<address>"}", key: "<32 hex digits>" }]`}
        </pre>
      )}
    </Fact>
  );
}
