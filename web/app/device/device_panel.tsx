import { signal } from "@preact/signals";
import { useEffect, useMemo, useState } from "preact/hooks";
import type { DeviceAnswer, DeviceInfo } from "../../../gateway/nodes/answers.ts";
import { fetchJson } from "../fetch_json.ts";
import { Poller } from "../poller.ts";
import type { Store } from "../store.ts";
import { DeviceFacts } from "./device_facts.tsx";
import { FindingList } from "./finding_list.tsx";
import { ForgetDevice } from "./forget_device.tsx";
import { WhyValues } from "./why_values.tsx";

/** From request to request, milliseconds: of the open panel, and of the liveness alone. */
const OPEN = 2000;
const CLOSED = 5000;

/** Kept from channel to channel. */
const open = signal(false);

/** The device behind a channel; nothing when there is none. Closed, it asks for nothing more. */
export function DevicePanel({ store, name }: { store: Store; name: string }) {
  useEffect(() => store.nodes.watch(CLOSED), [store]);
  const device = store.nodes.data.value?.devices.find((each) => each.name === name);
  if (!device) return null;
  const about = [device.model, device.formats.join(", ")].filter(Boolean).join(" · ");
  return (
    <section class="box device" aria-labelledby="device-title">
      <details open={open.value} onToggle={(event) => open.value = event.currentTarget.open}>
        <summary class="box-head">
          <h2 id="device-title">Device</h2>
          <span class="muted">{about}</span>
        </summary>
        {open.value && <DeviceDetails key={name} store={store} known={device} />}
      </details>
    </section>
  );
}

function DeviceDetails({ store, known }: { store: Store; known: DeviceInfo }) {
  const { name } = known;
  const [held, setHeld] = useState(false);
  const poller = useMemo(() => {
    const path = `/api/devices/${encodeURIComponent(name)}`;
    return new Poller((abort) => fetchJson<DeviceAnswer>(path, "the device", abort), store.asking);
  }, [store, name]);
  useEffect(() => held ? undefined : poller.watch(OPEN), [poller, held]);
  const answer = poller.data.value;
  const problem = poller.problem.value;
  const device = held || !answer ? known : answer;
  const now = store.now.value;
  return (
    <>
      <DeviceFacts device={device} now={now} />
      {answer && answer.recentFindings.length > 0 && (
        <>
          <h3>Security findings</h3>
          <FindingList findings={answer.recentFindings} now={now} />
        </>
      )}
      {!known.linked && (
        <div class="box-head why-head">
          <h3 id="why-title">Why these values</h3>
          <button type="button" class="small" aria-pressed={held} onClick={() => setHeld(!held)}>
            {held ? "Follow" : "Hold"}
          </button>
        </div>
      )}
      {problem && <p class="warn" role="status">{problem}.</p>}
      {!known.linked && (answer
        ? <WhyValues answer={answer} now={now} />
        : !problem && <p class="muted">Loading the last packet…</p>)}
      {!known.linked && <ForgetDevice key={name} store={store} name={name} />}
    </>
  );
}
