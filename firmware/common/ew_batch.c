#include "ew_batch.h"

#include <string.h>

/** With more bytes of records waiting, the longest frame might not fit any more. */
#define ENOUGH_BYTES (EW_ENVELOPE_BYTES - EW_ENVELOPE_HEADER_BYTES - EW_RECORD_BYTES_MAX)

uint32_t ew_batch_wait_ms(const ew_backlog *backlog, const ew_settings *settings, uint32_t now_ms) {
  if (backlog->frames == 0) return EW_BATCH_NEVER;
  uint32_t stamps = 4 * backlog->frames;
  if (backlog->frames >= settings->batch_frames) return 0;
  if (backlog->used - stamps > ENOUGH_BYTES) return 0;
  uint32_t age_ms = now_ms - ew_backlog_oldest_ms(backlog);
  return age_ms < settings->batch_age_ms ? settings->batch_age_ms - age_ms : 0;
}

void ew_batch_make(ew_batch *batch, const ew_backlog *backlog, const ew_clock *clock,
                   const ew_settings *settings, const ew_envelope_header *header) {
  uint8_t record[EW_RECORD_BYTES_MAX];
  ew_envelope_writer writer;
  bool begun = ew_envelope_begin(&writer, batch->data, sizeof batch->data, header);
  EW_ASSERT(begun && backlog->frames > 0);
  (void)begun;
  batch->taken = (ew_backlog_cursor){0, 0};
  batch->clock = *clock;
  while (batch->taken.frames < settings->batch_frames) {
    ew_backlog_cursor cursor = batch->taken;
    ew_clock after = batch->clock;
    ew_frame info;
    if (ew_backlog_next(backlog, &cursor, record) == 0) break;
    uint16_t length = ew_record_read(record, &info);
    if (after.synchronised && (info.flags & EW_FLAG_UNIX_TIME) == 0) {
      info.time_us = ew_clock_unix_us(&after, info.time_us);
      info.flags |= EW_FLAG_UNIX_TIME;
    }
    if (!ew_envelope_add(&writer, &info, record + EW_RECORD_HEADER_BYTES, length)) break;
    batch->taken = cursor;
    batch->clock = after;
  }
  batch->length = writer.length;
  EW_ASSERT(batch->taken.frames > 0);
}
