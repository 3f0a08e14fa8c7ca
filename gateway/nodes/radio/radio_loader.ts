/**
 * Loads the decoder of radio frames when a bridge node shows itself: it is more code than all the rest
 * of the gateway, and who has no bridge node needs none of it.
 *
 * @module
 */
import type { RadioIntake } from "./radio_intake.ts";

/**
 * Its parts, each of which needs those before it. One at a time, so that the process stands still for
 * milliseconds and not for all of it: when the first frames arrived tells what the nodes' clocks say.
 */
const PARTS: readonly (() => Promise<unknown>)[] = [
  () => import("../../../traces/flows/tcp_streams.ts"),
  () => import("../../../traces/flows/hci_ends.ts"),
  () => import("../../../traces/flows/tls_stream.ts"),
  () => import("../../../traces/flows/network.ts"),
  () => import("../../../traces/flows/ble_link_layer.ts"),
  () => import("../../../traces/flows/websocket_payload.ts"),
  () => import("../../../traces/flows/recognise.ts"),
  () => import("../../../traces/flows/zigbee_networks.ts"),
  () => import("../../../traces/flows/sixlowpan_networks.ts"),
  () => import("../../../traces/flows/wpan.ts"),
];

let loaded: typeof RadioIntake | null = null;
let loading: Promise<void> | null = null;

/**
 * Begins to load the decoder, once in this process.
 *
 * @returns When it is there; `null`: it is there. Rejects if it cannot be loaded; who asks again has
 *   it tried again.
 */
export function loadRadioIntake(): Promise<void> | null {
  if (loaded !== null) return null;
  return loading ??= load();
}

async function load() {
  try {
    for (const part of PARTS) {
      await part();
      await new Promise((resolve) => setImmediate(resolve));
    }
    loaded = (await import("./radio_intake.ts")).RadioIntake;
  } finally {
    loading = null;
  }
}

/**
 * Makes an intake.
 *
 * @param args As its constructor takes them.
 * @throws {Error} While the decoder is not loaded.
 */
export function makeRadioIntake(...args: ConstructorParameters<typeof RadioIntake>): RadioIntake {
  if (loaded === null) throw new Error("the decoder of radio frames is not loaded");
  return new loaded(...args);
}
