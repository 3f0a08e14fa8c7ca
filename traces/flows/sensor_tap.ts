/**
 * Lets two hear what the radio decoders tell: who observes, and the layer of sensors.
 *
 * @module
 */
import type { BluetoothObserver } from "./bluetooth_observer.ts";
import type { Observer } from "./observer.ts";
import type { SensorLayer } from "./sensor_layer.ts";
import type { WpanObserver } from "./wpan_observer.ts";

export class SensorTap implements BluetoothObserver, WpanObserver {
  readonly #observer: Observer;
  readonly #layer: SensorLayer;

  constructor(observer: Observer, layer: SensorLayer) {
    this.#observer = observer;
    this.#layer = layer;
  }

  advertisement(...all: Parameters<Observer["advertisement"]>): void {
    this.#observer.advertisement(...all);
  }

  advertisingData(...all: Parameters<Observer["advertisingData"]>): void {
    this.#observer.advertisingData(...all);
    const [d, start, end, high, low, addressType] = all;
    this.#layer.advertisingData(d, start, end, high, low, addressType);
  }

  wpanFrame(...all: Parameters<Observer["wpanFrame"]>): void {
    this.#observer.wpanFrame(...all);
  }

  wpanPayload(...all: Parameters<Observer["wpanPayload"]>): void {
    this.#observer.wpanPayload(...all);
    this.#layer.wpanPayload(...all);
  }

  wpanClosed(...all: Parameters<Observer["wpanClosed"]>): void {
    this.#observer.wpanClosed(...all);
  }

  wpanBeacon(...all: Parameters<Observer["wpanBeacon"]>): void {
    this.#observer.wpanBeacon(...all);
  }

  wpanCommand(...all: Parameters<Observer["wpanCommand"]>): void {
    this.#observer.wpanCommand(...all);
  }
}
