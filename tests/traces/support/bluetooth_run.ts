/**
 * Decodes Bluetooth frames one after the other and says what was found, for tests.
 *
 * @module
 */
import { Bluetooth, type BluetoothObserver } from "../../../traces/flows/bluetooth.ts";
import { valueText } from "../../../traces/report/value.ts";
import { Dissection } from "../../../traces/wire/dissection.ts";
import { conclude } from "../../../traces/wire/failure.ts";
import { allFields, fieldOf } from "../../../traces/wire/field.ts";
import { ppiHeader } from "../../../traces/wire/ppi.ts";

const PPI = 192;

/** One decoded frame. */
export interface Found {
  /** As in `frame.protocols`. */
  readonly layers: string;
  /** All values of each field, joined by commas. */
  readonly values: ReadonlyMap<string, string>;
  /** The rules that were broken. */
  readonly problems: readonly string[];
}

export class BluetoothRun {
  readonly d: Dissection = new Dissection(allFields().length);
  readonly #bluetooth: Bluetooth;

  constructor(observer?: BluetoothObserver) {
    this.#bluetooth = new Bluetooth(observer);
    this.d.want.fill(1, 1);
  }

  /** @param captured bytes that the capture kept, all without it */
  decode(linkType: number, frame: Uint8Array, captured = frame.length, flags = -1): Found {
    const { d } = this;
    d.frame++;
    d.begin(frame, 0, captured, frame.length);
    const inner = linkType === PPI ? ppiHeader(d) : linkType;
    if (inner >= 0) this.#bluetooth.decode(d, inner, flags, 0);
    conclude(d);
    const values = new Map<string, string>();
    for (let i = 0; i < d.tree.count; i++) {
      const { name } = fieldOf(d.tree.id[i]!);
      const before = values.get(name);
      const text = valueText(d, i);
      values.set(name, before === undefined ? text : `${before},${text}`);
    }
    const layers = Array.from(d.layers.subarray(0, d.layerCount), (id) => fieldOf(id).name);
    return { layers: layers.join(":"), values, problems: d.problems.map(({ rule }) => rule.text) };
  }
}
