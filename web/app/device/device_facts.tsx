import type { ComponentChildren } from "preact";
import type { DeviceInfo } from "../../../gateway/nodes/answers.ts";
import { StateAndCause } from "../nodes/state_word.tsx";
import { formatAgo } from "../values/format_age.ts";
import { formatDuration } from "../values/format_duration.ts";

/** What a device is. */
export function DeviceFacts({ device, now }: { device: DeviceInfo; now: number }) {
  const { address, model, formats, localName, interval, lastSeen } = device;
  return (
    <dl class="facts">
      <Fact name="State" wide={device.state !== "online"}>
        <StateAndCause alive={device} />
      </Fact>
      <Fact name="Last heard">{formatAgo(now - lastSeen)}</Fact>
      <Fact name="Usual interval">
        {interval === undefined ? "not learned yet" : formatDuration(interval)}
      </Fact>
      {address !== undefined && (
        <Fact name="Address">
          <span class="mono">{address}</span>
        </Fact>
      )}
      {model !== undefined && <Fact name="Model">{model}</Fact>}
      {formats.length > 0 && <Fact name="Format">{formats.join(", ")}</Fact>}
      {localName !== undefined && <Fact name="Calls itself">{localName}</Fact>}
      <Sealing device={device} />
    </dl>
  );
}

interface FactProps {
  name: string;
  wide?: boolean;
  children: ComponentChildren;
}

function Fact({ name, wide = false, children }: FactProps) {
  return (
    <div class={wide ? "fact-wide" : undefined}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Sealing({ device: { sealing, address } }: { device: DeviceInfo }) {
  switch (sealing) {
    case undefined:
      return null;
    case "plain":
      return <Fact name="Encryption">none</Fact>;
    case "opened":
      return <Fact name="Encryption">opened with the configured key</Fact>;
    case "refused":
      return (
        <Fact name="Encryption">
          <span class="warn">refused</span>
          <span class="below">
            The key does not fit, or somebody changed or replayed the packet.
          </span>
        </Fact>
      );
    case "no key":
      return (
        <Fact name="Encryption" wide>
          <span class="warn">no key</span>
          <span class="below">
            Its values are encrypted. Put its key into the gateway's configuration file:
          </span>
          <code class="config" tabIndex={0}>
            {`devices: [{ address: "${address ?? "<address>"}", key: "<32 hex digits>" }]`}
          </code>
        </Fact>
      );
    default:
      return <Fact name="Encryption">{sealing}</Fact>;
  }
}
