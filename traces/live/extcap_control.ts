/**
 * The pipes between Wireshark's toolbar and a capture program (Wireshark's doc/extcap.adoc,
 * "Messages"). Wireshark waits until both are open.
 *
 * @module
 */

/** Commands of a message. */
const ADD = 2;
const STATUS_BAR = 6;
const HEADER = 6;
const LONGEST_TEXT = 0xffff;
/** How long Wireshark may take to read what was said last, ms. */
const PATIENCE_MS = 1000;

/**
 * A message: "T", length in 3 bytes, big-endian, of what follows: control, command, text.
 *
 * @param control Number of the control; of no meaning for the status bar.
 */
export function controlMessage(control: number, command: number, text: string): Uint8Array {
  const payload = new TextEncoder().encode(text).subarray(0, LONGEST_TEXT);
  const message = new Uint8Array(HEADER + payload.length);
  const length = payload.length + 2;
  message.set([0x54, length >> 16, length >> 8 & 0xff, length & 0xff, control, command]);
  message.set(payload, HEADER);
  return message;
}

/** Tells the user things in Wireshark's window. */
export class ExtcapControl {
  readonly #out: Promise<Deno.FsFile | undefined>;
  #writing: Promise<unknown> = Promise.resolve();
  readonly #logControl: number;

  /**
   * Opens the pipes, in the background: each waits for Wireshark.
   *
   * @param logControl Number of the control with the log.
   */
  constructor(controlIn: string | undefined, controlOut: string | undefined, logControl: number) {
    this.#logControl = logControl;
    this.#out = controlOut === undefined
      ? Promise.resolve(undefined)
      : Deno.open(controlOut, { write: true }).catch(() => undefined);
    if (controlIn !== undefined) readAway(controlIn);
  }

  /** Adds a line to the log and shows it in the status bar. */
  say(message: string): void {
    const time = new Date().toLocaleTimeString("sv");
    this.#send(controlMessage(this.#logControl, ADD, `${time} ${message}\n`));
    this.#send(controlMessage(this.#logControl, STATUS_BAR, `Edgewire: ${message}`));
  }

  /** Waits until Wireshark has read what was said, or for a moment, as it may have ended. */
  async flush(): Promise<void> {
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, PATIENCE_MS);
    await Promise.race([this.#writing, late.promise]);
    clearTimeout(timer);
  }

  #send(message: Uint8Array) {
    this.#writing = this.#writing.then(async () => {
      const out = await this.#out;
      for (let done = 0; out !== undefined && done < message.length;) {
        done += await out.write(message.subarray(done));
      }
    }).catch(() => {});
  }
}

/** Wireshark tells nothing that we need, but it wants to be heard. */
async function readAway(path: string) {
  try {
    using file = await Deno.open(path);
    const bytes = new Uint8Array(1024);
    while (await file.read(bytes) !== null);
  } catch {
    // The toolbar is gone.
  }
}
