import { useEffect } from "preact/hooks";
import type { Liveness } from "../../../gateway/nodes/answers.ts";
import type { Store } from "../store.ts";
import { DeviceTable } from "./device_table.tsx";
import { NodeTable } from "./node_table.tsx";

/** From request to request while the view is open, milliseconds. */
const PERIOD = 2000;

/** All nodes and devices, and whether they are alive. */
export function NodesView({ store }: { store: Store }) {
  useEffect(() => store.nodes.watch(PERIOD), [store]);
  const answer = store.nodes.data.value;
  const problem = store.nodes.problem.value;
  const now = store.now.value;
  return (
    <>
      <div class="heading">
        <a class="back" href="#/" aria-label="All channels">‹</a>
        <h1>Nodes and devices</h1>
      </div>
      {problem && (
        <p class="notice" role="status">
          {problem}. {answer ? "What you see is as of the last answer." : "The page tries again."}
        </p>
      )}
      {!answer && !problem && <p class="muted" role="status">Waiting for the gateway…</p>}
      {answer && (
        <div class="tables">
          <section class="box" aria-labelledby="nodes-title">
            <Head id="nodes-title" title="Nodes" all={answer.nodes} />
            {answer.nodes.length > 0
              ? <NodeTable nodes={answer.nodes} now={now} />
              : (
                <p class="muted">
                  No node yet. A bridge node says that it is there on{" "}
                  <code>edgewire/v1/&lt;node&gt;/status</code>.
                </p>
              )}
          </section>
          <section class="box" aria-labelledby="devices-title">
            <Head id="devices-title" title="Devices" all={answer.devices} />
            {answer.devices.length > 0
              ? <DeviceTable devices={answer.devices} now={now} />
              : <p class="muted">No device was heard yet.</p>}
          </section>
        </div>
      )}
    </>
  );
}

function Head({ id, title, all }: { id: string; title: string; all: Liveness[] }) {
  const count = (state: Liveness["state"]) => all.filter((each) => each.state === state).length;
  const [online, late, lost] = [count("online"), count("late"), count("lost")];
  return (
    <div class="box-head">
      <h2 id={id}>{title}</h2>
      {all.length > 0 && (
        <span class="muted">
          {online} online{late > 0 && `, ${late} late`}
          {lost > 0 && `, ${lost} lost`}
        </span>
      )}
    </div>
  );
}
