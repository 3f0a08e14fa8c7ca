/**
 * The database file: opened, written in transactions, its bytes counted.
 *
 * @module
 */
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { TABLES, VERSION } from "./schema.ts";

const PAGE_BYTES = 4096;
/** The log's header and that of each of its frames (SQLite file format, 4.1 and 4.2). */
const WAL_HEAD = 32;
const FRAME_HEAD = 24;

/** The log is copied into the database when it has so many frames (8 MiB): pages that changed often are copied once. */
const CHECKPOINT_FRAMES = 2000;

/**
 * Beyond the settings that keep what is committed: the lock keeps other processes out, and spares
 * the file of shared memory; the log is checkpointed by us, after a commit was told.
 */
const SETTINGS = [
  `page_size = ${PAGE_BYTES}`,
  "auto_vacuum = INCREMENTAL",
  "locking_mode = EXCLUSIVE",
  "journal_mode = WAL",
  "synchronous = FULL",
  "wal_autocheckpoint = 0",
  // Of a log that one large commit made long, this much is kept.
  `journal_size_limit = ${16 << 20}`,
  "cache_size = -4000",
  "temp_store = MEMORY",
];

export type Row = Record<string, SQLInputValue>;

/** Its database is of a later version of this program. */
export class VersionError extends Error {}

/** Open from the constructor to `close()`; each call may throw what SQLite says. */
export class Database {
  readonly path: string;
  /** Bytes written since it was opened, by the log and by copying it into the database. */
  written = 0;
  /** Whether the file was empty. */
  readonly isNew: boolean;
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  /** Frames in the log, and those of them that are in the database. */
  #frames = 0;
  #copied = 0;

  /** @param maxPages For tests: the file becomes no longer. */
  constructor(path: string, maxPages?: number) {
    this.path = path;
    this.#db = new DatabaseSync(path);
    try {
      for (const setting of SETTINGS) this.all(`PRAGMA ${setting}`);
      // The lock is taken when the file is first used.
      this.run("BEGIN EXCLUSIVE");
      this.run("COMMIT");
      this.isNew = this.#prepareTables();
      if (maxPages !== undefined) this.all(`PRAGMA max_page_count = ${maxPages}`);
      this.#count();
    } catch (error) {
      this.#db.close();
      throw error;
    }
  }

  #prepareTables(): boolean {
    const version = this.get("PRAGMA user_version")!.user_version as number;
    if (version > VERSION) {
      throw new VersionError(`${this.path}: of a later version (${version}, not ${VERSION})`);
    }
    if (version === VERSION) return false;
    this.transaction(() => {
      this.#db.exec(TABLES);
      this.run(`PRAGMA user_version = ${VERSION}`);
    });
    return true;
  }

  all(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#statement(sql).all(...values) as Row[];
  }

  /** One row after the other; nothing else may be done with this statement meanwhile. */
  each(sql: string, ...values: SQLInputValue[]): Iterable<Row> {
    return this.#statement(sql).iterate(...values) as Iterable<Row>;
  }

  get(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#statement(sql).get(...values) as Row | undefined;
  }

  run(sql: string, ...values: SQLInputValue[]) {
    this.#statement(sql).run(...values);
  }

  /** All or nothing, and on disk when it returns. */
  transaction<T>(work: () => T): T {
    this.run("BEGIN IMMEDIATE");
    try {
      const result = work();
      this.run("COMMIT");
      this.#count();
      return result;
    } catch (error) {
      this.#rollBack();
      throw error;
    }
  }

  #rollBack() {
    try {
      this.run("ROLLBACK");
    } catch {
      // SQLite did so by itself.
    }
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  /** Counts what the log has grown by; it begins anew when it was copied. */
  #count() {
    const { log } = this.get("PRAGMA wal_checkpoint(NOOP)") as { log: number };
    if (log < this.#frames) {
      this.#frames = 0;
      this.#copied = 0;
    }
    this.written += (log - this.#frames) * (PAGE_BYTES + FRAME_HEAD);
    this.#frames = log;
  }

  /** Whether the log is long enough to be copied. */
  get wantsCheckpoint(): boolean {
    return this.#frames - this.#copied >= CHECKPOINT_FRAMES;
  }

  /** Copies the log into the database. */
  checkpoint() {
    const pages = this.#pagesToCopy();
    this.all("PRAGMA wal_checkpoint(PASSIVE)");
    this.written += pages * PAGE_BYTES;
    this.#copied = this.#frames;
  }

  /**
   * Different pages in the part of the log that is not copied yet. Only the log may be opened beside
   * SQLite: closing the database's own file would give up the lock on it (fcntl).
   */
  #pagesToCopy(): number {
    const pages = new Set<number>();
    const page = new DataView(new ArrayBuffer(4));
    try {
      using log = Deno.openSync(`${this.path}-wal`);
      for (let frame = this.#copied; frame < this.#frames; frame++) {
        log.seekSync(WAL_HEAD + frame * (PAGE_BYTES + FRAME_HEAD), Deno.SeekMode.Start);
        if (log.readSync(new Uint8Array(page.buffer)) !== 4) break;
        pages.add(page.getUint32(0));
      }
    } catch {
      return this.#frames - this.#copied;
    }
    return pages.size;
  }

  /** Gives pages that are free back to the file system, when they are many. */
  shrink(pages: number) {
    const { page_count } = this.get("PRAGMA page_count") as { page_count: number };
    const { freelist_count } = this.get("PRAGMA freelist_count") as { freelist_count: number };
    if (freelist_count < MANY_FREE_PAGES || freelist_count < page_count / 3) return;
    this.all(`PRAGMA incremental_vacuum(${pages})`);
    this.#count();
  }

  /** Of the database and its log, bytes. */
  get size(): number {
    return sizeOf(this.path) + sizeOf(`${this.path}-wal`);
  }

  close() {
    this.#statements.clear();
    this.#db.close();
  }
}

/** 16 MiB. */
const MANY_FREE_PAGES = 4096;

function sizeOf(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch {
    return 0;
  }
}
