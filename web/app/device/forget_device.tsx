import { useState } from "preact/hooks";
import type { Store } from "../store.ts";

/** Lets an admin forget a device until it is heard again; asks once more before it does. */
export function ForgetDevice({ store, name }: { store: Store; name: string }) {
  const [asked, setAsked] = useState(false);
  const [problem, setProblem] = useState<string>();
  if (store.role.value !== "admin") return null;
  const forget = async () => {
    try {
      const path = `/api/devices/${encodeURIComponent(name)}`;
      const { ok, status } = await fetch(path, { method: "DELETE" });
      if (!ok) throw new Error(`status ${status}`);
      location.hash = "#/nodes";
    } catch (error) {
      setProblem(`Cannot forget the device: ${(error as Error).message}.`);
    }
  };
  return (
    <p class="below">
      <button type="button" class="small" onClick={() => asked ? forget() : setAsked(true)}>
        {asked ? "Yes, forget it" : "Forget this device"}
      </button>{" "}
      <span>
        {asked
          ? "Its history goes, and the counter that it encrypts with may start anew. It comes back when it is heard."
          : "For one that is gone, or whose battery was changed and is refused since."}
      </span>
      {problem && <span class="warn" role="status">{problem}</span>}
    </p>
  );
}
