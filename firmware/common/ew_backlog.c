#include "ew_backlog.h"

#include <string.h>

/** In front of each record: when it came, ms, in the machine's byte order. */
enum { STAMP_BYTES = 4 };

/** Index of the byte that is `offset` behind the oldest. */
static uint32_t index_of(const ew_backlog *backlog, uint32_t offset) {
  uint32_t to_end = EW_BACKLOG_BYTES - backlog->start;
  return offset < to_end ? backlog->start + offset : offset - to_end;
}

static void put(ew_backlog *backlog, uint32_t offset, const void *from, size_t length) {
  uint32_t index = index_of(backlog, offset);
  size_t first = EW_BACKLOG_BYTES - index;
  if (first > length) first = length;
  memcpy(backlog->data + index, from, first);
  memcpy(backlog->data, (const uint8_t *)from + first, length - first);
}

static void get(const ew_backlog *backlog, uint32_t offset, void *to, size_t length) {
  uint32_t index = index_of(backlog, offset);
  size_t first = EW_BACKLOG_BYTES - index;
  if (first > length) first = length;
  memcpy(to, backlog->data + index, first);
  memcpy((uint8_t *)to + first, backlog->data, length - first);
}

void ew_backlog_init(ew_backlog *backlog) { memset(backlog, 0, sizeof *backlog); }

/** Bytes that the record at `offset` takes, its stamp included. */
static uint32_t entry_bytes(const ew_backlog *backlog, uint32_t offset) {
  uint8_t header[EW_RECORD_HEADER_BYTES];
  ew_frame info;
  get(backlog, offset + STAMP_BYTES, header, sizeof header);
  uint32_t length = ew_record_read(header, &info);
  EW_ASSERT(length <= EW_FRAME_MAX);
  return STAMP_BYTES + EW_RECORD_HEADER_BYTES + length;
}

void ew_backlog_push(ew_backlog *backlog, const uint8_t *record, size_t length, uint32_t now_ms) {
  EW_ASSERT(length >= EW_RECORD_HEADER_BYTES && length <= EW_RECORD_BYTES_MAX);
  uint32_t bytes = STAMP_BYTES + (uint32_t)length;
  while (EW_BACKLOG_BYTES - backlog->used < bytes) {
    ew_backlog_cursor oldest = {entry_bytes(backlog, 0), 1};
    ew_backlog_remove(backlog, &oldest);
    backlog->dropped++;
  }
  put(backlog, backlog->used, &now_ms, STAMP_BYTES);
  put(backlog, backlog->used + STAMP_BYTES, record, length);
  backlog->used += bytes;
  backlog->frames++;
}

uint32_t ew_backlog_oldest_ms(const ew_backlog *backlog) {
  uint32_t stamp_ms = 0;
  EW_ASSERT(backlog->frames > 0);
  get(backlog, 0, &stamp_ms, STAMP_BYTES);
  return stamp_ms;
}

size_t ew_backlog_next(const ew_backlog *backlog, ew_backlog_cursor *cursor,
                       uint8_t record[EW_RECORD_BYTES_MAX]) {
  if (cursor->frames == backlog->frames) return 0;
  uint32_t bytes = entry_bytes(backlog, cursor->bytes);
  size_t length = bytes - STAMP_BYTES;
  get(backlog, cursor->bytes + STAMP_BYTES, record, length);
  cursor->bytes += bytes;
  cursor->frames++;
  return length;
}

void ew_backlog_remove(ew_backlog *backlog, const ew_backlog_cursor *cursor) {
  EW_ASSERT(cursor->bytes <= backlog->used && cursor->frames <= backlog->frames);
  backlog->start = index_of(backlog, cursor->bytes);
  backlog->used -= cursor->bytes;
  backlog->frames -= cursor->frames;
  EW_ASSERT((backlog->used == 0) == (backlog->frames == 0));
}
