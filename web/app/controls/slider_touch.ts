/** Sideways way in CSS pixels after which a touch means the slider. */
const MEANT = 6;

/**
 * Tells a finger that moves a slider from one that scrolls the page over it.
 * A browser moves the thumb when the finger lands; a device must not follow
 * before the finger went sideways or was lifted where it landed.
 */
export class SliderTouch {
  #start: number | undefined;
  #held = false;
  #meant = true;

  /** Whether a finger, pen or mouse button is down on the slider. */
  get held(): boolean {
    return this.#held;
  }

  /** Whether what the slider shows is meant to be sent. */
  get meant(): boolean {
    return this.#meant;
  }

  down(event: PointerEvent): void {
    this.#held = true;
    this.#start = event.clientX;
    this.#meant = event.pointerType !== "touch";
  }

  move(event: PointerEvent): void {
    if (this.#start === undefined) return;
    if (Math.abs(event.clientX - this.#start) > MEANT) this.#meant = true;
  }

  up(): void {
    this.#held = false;
    this.#start = undefined;
    this.#meant = true;
  }
}
