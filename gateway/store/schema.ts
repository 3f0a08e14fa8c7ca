/**
 * The tables of `history.db`.
 *
 * What comes in stands in `log` as it came, one row per commit, so that a commit writes one page or
 * two however many channels it concerns. Now and then the log's entries move into chunks, one
 * channel each: what is read later lies together, and is compressed.
 *
 * @module
 */

/** Of the tables; kept as `user_version`. */
export const VERSION = 1;

export const TABLES = `
-- epoch, floor (no number above it was used by a channel that is not in "channels"), wall (Unix ms)
CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;

-- reserved: numbers up to this one may have been used; sealed: newest number in chunks;
-- rolled: newest number in roll-ups; forgotten: newest number that was removed for age or size;
-- rows, bytes: of the chunks. A channel without a name is being removed.
CREATE TABLE channels (
  id INTEGER PRIMARY KEY, name TEXT UNIQUE, reserved INTEGER NOT NULL,
  sealed INTEGER NOT NULL DEFAULT 0, rolled INTEGER NOT NULL DEFAULT 0,
  forgotten INTEGER NOT NULL DEFAULT 0,
  rows INTEGER NOT NULL DEFAULT 0, bytes INTEGER NOT NULL DEFAULT 0);

-- states: whether values were true or false; words: whether some were no numbers; last: the newest entry in chunks, as a record
CREATE TABLE topics (
  id INTEGER PRIMARY KEY, channel INTEGER NOT NULL, name TEXT NOT NULL,
  states INTEGER NOT NULL, words INTEGER NOT NULL, last BLOB);
CREATE INDEX topics_of ON topics (channel);

-- data: records, see record_batch.ts; packed: whether they are deflated
CREATE TABLE log (n INTEGER PRIMARY KEY, packed INTEGER NOT NULL, data BLOB NOT NULL);

-- data: entries as records, deflated; oldest, newest: times; others: values that are no numbers
CREATE TABLE chunks (n INTEGER PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE chunk_index (
  channel INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
  oldest REAL NOT NULL, newest REAL NOT NULL, rows INTEGER NOT NULL,
  others INTEGER NOT NULL, size INTEGER NOT NULL,
  n INTEGER NOT NULL, PRIMARY KEY (channel, first)) WITHOUT ROWID;

-- id: topic, level and block, see rollups.ts; data: buckets, deflated
CREATE TABLE rollups (id INTEGER PRIMARY KEY, data BLOB NOT NULL);

CREATE TABLE gaps (
  channel INTEGER NOT NULL, "from" INTEGER NOT NULL, "to" INTEGER NOT NULL, reason TEXT NOT NULL,
  PRIMARY KEY (channel, "from")) WITHOUT ROWID;
`;
