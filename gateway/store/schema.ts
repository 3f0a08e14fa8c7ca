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
-- outSent: outbox messages up to this number are done, where they are not older than this run; outLast: newest number used
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

-- What others keep; space: whose it is; key: UTF-8 (texts end at a 0)
CREATE TABLE map (
  space TEXT NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL,
  PRIMARY KEY (space, key)) WITHOUT ROWID;

-- Messages on their way out, some of one commit in a row: numbers of the first and the last, how
-- many and how long; messagesTo, bytesTo: the sums up to here of all rows ever; oldest: time of the first (Unix ms);
-- data: records, packed as in "log"
CREATE TABLE outbox (
  last INTEGER PRIMARY KEY, first INTEGER NOT NULL,
  messages INTEGER NOT NULL, bytes INTEGER NOT NULL,
  messagesTo INTEGER NOT NULL, bytesTo INTEGER NOT NULL,
  oldest REAL NOT NULL, packed INTEGER NOT NULL, data BLOB NOT NULL);
`;
