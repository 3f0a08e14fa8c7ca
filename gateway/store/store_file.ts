/**
 * Opening `history.db`, and moving it aside when it is damaged.
 *
 * @module
 */
import { Database } from "./database.ts";
import { messageOf, troubleOf } from "./disk_errors.ts";
import type { StoreSetting } from "./store_messages.ts";

const NAME = "history.db";

export interface OpenedFile {
  db: Database;
  /** Said when what was there was damaged and moved aside. */
  damage: string | null;
}

export function pathIn(dataDir: string): string {
  return `${dataDir.replace(/\/+$/, "")}/${NAME}`;
}

/**
 * Opens the database, a new one if there is none or `use` finds it damaged.
 *
 * @param use Reads what there is to read at first.
 * @throws What SQLite or the system say, except of damage.
 */
export function openFile(setting: StoreSetting, use: (db: Database) => void): OpenedFile {
  const path = pathIn(setting.dataDir);
  Deno.mkdirSync(setting.dataDir, { recursive: true });
  try {
    return { db: openAndUse(path, setting, use), damage: null };
  } catch (error) {
    if (troubleOf(error) !== "damaged") throw systemsError(setting.dataDir) ?? error;
    const damage = moveAside(path, error);
    return { db: openAndUse(path, setting, use), damage };
  }
}

/** Why no file can be made in a folder, where SQLite only says that it cannot open its own. */
function systemsError(dataDir: string): unknown {
  try {
    const path = Deno.makeTempFileSync({ dir: dataDir, prefix: `${NAME}-try-` });
    Deno.removeSync(path);
    return null;
  } catch (error) {
    return error;
  }
}

function openAndUse(path: string, setting: StoreSetting, use: (db: Database) => void): Database {
  const db = new Database(path, setting.tuning?.maxPages);
  try {
    use(db);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** @returns what to say of it */
export function moveAside(path: string, error: unknown): string {
  const aside = freeName(`${path}.damaged-${Math.floor(Date.now() / 1000)}`);
  Deno.renameSync(path, aside);
  for (const suffix of ["-wal", "-shm", "-journal"]) {
    try {
      Deno.renameSync(path + suffix, aside + suffix);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return `damaged: moved to ${aside}, begun anew (${messageOf(error)})`;
}

function freeName(name: string): string {
  for (let n = 1;; n++) {
    const candidate = n === 1 ? name : `${name}-${n}`;
    try {
      Deno.statSync(candidate);
    } catch {
      return candidate;
    }
  }
}
