/**
 * What is to be done beside commits, in small steps: entries move into chunks, roll-ups are written,
 * old ones are removed, the log is copied.
 *
 * @module
 */
import type { AgeClock } from "./age_clock.ts";
import type { ChannelBook, ChannelState } from "./channel_book.ts";
import type { Committed } from "./commit.ts";
import type { Database } from "./database.ts";
import { writeMeta } from "./reservation.ts";
import { Retention, sweepRemoved } from "./retention.ts";
import type { Rollups } from "./rollups.ts";
import { Sealer } from "./sealer.ts";
import type { StoreSetting } from "./store_messages.ts";

/** Entries move into chunks when they are so many bytes, or the oldest has waited so long, ms. */
const SEAL_BYTES = 4 << 20;
const SEAL_MS = 600_000;
/** Roll-ups are written when so many values are not in them, or so often, ms. */
const ROLL_VALUES = 500_000;
const ROLL_MS = 3_600_000;
/** How often it is looked what is too old, ms. */
const TRIM_MS = 60_000;
/** How long one transaction may take before it is ended, ms. */
const STEP_MS = 10;

export class Maintenance {
  /** A channel was removed, and something of it may be left. */
  removed = true;
  readonly #sealer: Sealer;
  readonly #retention: Retention;
  readonly #rollups: Rollups;
  readonly #sealBytes: number;
  readonly #rollValues: number;
  #age: AgeClock | null = null;
  /** In the log: bytes, newest row, since when. */
  #bytes = 0;
  #row = 0;
  #since: number | null = null;
  /** Of those the sealer is about. */
  #sealing = 0;
  #rolledAt = performance.now();
  #trimmedAt = -Infinity;
  /** Channels whose roll-ups are to be written. */
  #toRoll: ChannelState[] = [];

  constructor({ keep, tuning = {} }: StoreSetting, rollups: Rollups) {
    this.#sealBytes = tuning.sealBytes ?? SEAL_BYTES;
    this.#rollValues = tuning.rollValues ?? ROLL_VALUES;
    this.#sealer = new Sealer(keep);
    this.#retention = new Retention(keep);
    this.#rollups = rollups;
  }

  /** A database was opened. */
  begin(log: { bytes: number; newest: number }, age: AgeClock) {
    this.#bytes = log.bytes;
    this.#row = log.newest;
    this.#since = log.bytes > 0 ? performance.now() : null;
    this.#age ??= age;
    this.#sealer.reset();
    this.#retention.reset();
    this.#toRoll = [];
    this.removed = true;
  }

  committed({ bytes, row }: Committed) {
    if (row === null) return;
    this.#bytes += bytes;
    this.#row = row;
    this.#since ??= performance.now();
  }

  /** @returns whether there is more to do */
  step(db: Database, book: ChannelBook): boolean {
    const time = this.#age!.now();
    if (this.#isSealDue) this.#beginSeal(book);
    if (this.#sealer.busy) this.#seal(db, time);
    else if (this.#isRollDue) this.#beginRoll(book);
    else if (this.#toRoll.length > 0) this.#roll(db);
    else if (db.wantsCheckpoint) db.checkpoint();
    else if (performance.now() - this.#trimmedAt >= TRIM_MS) this.#beginTrim(book);
    else if (this.#retention.busy) this.#retention.step(db, this.#rollups, time);
    else if (this.removed) this.removed = sweepRemoved(db, this.#rollups);
    else return false;
    return true;
  }

  get #isSealDue(): boolean {
    if (this.#sealer.busy || this.#since === null) return false;
    return this.#bytes >= this.#sealBytes || performance.now() - this.#since >= SEAL_MS;
  }

  #beginSeal(book: ChannelBook) {
    this.#sealer.begin(book.names.values(), this.#row);
    this.#sealing = this.#bytes;
  }

  #seal(db: Database, time: number) {
    this.#sealer.step(db, this.#rollups);
    if (this.#sealer.busy) return;
    this.#bytes -= this.#sealing;
    this.#since = this.#bytes > 0 ? performance.now() : null;
    this.#trimmedAt = -Infinity;
    db.transaction(() => writeMeta(db, "wall", time));
  }

  get #isRollDue(): boolean {
    if (this.#toRoll.length > 0 || this.#rollups.unsaved === 0) return false;
    const ms = performance.now() - this.#rolledAt;
    return this.#rollups.unsaved >= this.#rollValues || ms >= ROLL_MS;
  }

  #beginRoll(book: ChannelBook) {
    this.#toRoll = [...book.names.values()].filter(({ rolled, sealed }) => rolled < sealed);
    this.#rollups.unsaved = 0;
    this.#rolledAt = performance.now();
  }

  #roll(db: Database) {
    const end = performance.now() + STEP_MS;
    const waiting = [...this.#toRoll];
    const done: ChannelState[] = [];
    db.transaction(() => {
      do {
        const channel = waiting.pop();
        if (channel === undefined) break;
        if (channel.removed) continue;
        this.#rollups.save(db, channel);
        db.run("UPDATE channels SET rolled = ? WHERE id = ?", channel.sealed, channel.id);
        done.push(channel);
      } while (performance.now() < end);
    });
    for (const channel of done) {
      channel.rolled = channel.sealed;
      this.#rollups.saved(channel);
    }
    this.#toRoll = waiting;
  }

  #beginTrim(book: ChannelBook) {
    this.#trimmedAt = performance.now();
    this.#retention.begin(book.names.values());
  }

  /** The gateway ends: nothing has to be made of chunks at its next start. */
  end(db: Database, book: ChannelBook) {
    this.#beginRoll(book);
    while (this.#toRoll.length > 0) this.#roll(db);
    db.transaction(() => writeMeta(db, "wall", this.#age!.now()));
  }
}
