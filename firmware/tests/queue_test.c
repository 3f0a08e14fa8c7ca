#include "../common/ew_queue.h"

#include <string.h>

#include "../common/ew_backlog.h"
#include "check.h"

static ew_queue queue;
static uint8_t record[EW_RECORD_BYTES_MAX];

static ew_frame info_of(uint64_t number) {
  return (ew_frame){number, EW_LINK_WPAN, -60, 11, EW_FLAG_CHECKED, 9};
}

/** A frame of `length` bytes that tell its number. */
static bool push(uint64_t number, size_t length) {
  static uint8_t frame[EW_FRAME_MAX + 100];
  ew_frame info = info_of(number);
  memset(frame, (int)(number & 0xff), sizeof frame);
  return ew_queue_push(&queue, &info, frame, length);
}

/** Takes a frame and checks that it is this one. */
static void pop(uint64_t number, size_t length) {
  ew_frame info = {0};
  CHECK(ew_queue_peek(&queue, &info));
  CHECK_EQUAL(info.time_us, number);
  CHECK_EQUAL(ew_queue_pop(&queue, record), EW_RECORD_HEADER_BYTES + length);
  CHECK_EQUAL(ew_record_read(record, &info), length);
  CHECK_EQUAL(info.time_us, number);
  CHECK_EQUAL(info.rssi, -60);
  for (size_t i = 0; i < length; i++) CHECK_EQUAL(record[16 + i], number & 0xff);
}

static void frames_come_out_as_they_went_in(void) {
  ew_frame info;
  ew_queue_init(&queue);
  CHECK(!ew_queue_peek(&queue, &info));
  CHECK_EQUAL(ew_queue_pop(&queue, record), 0);
  CHECK(push(1, 0) && push(2, 127) && push(3, EW_FRAME_MAX));
  pop(1, 0);
  pop(2, 127);
  pop(3, EW_FRAME_MAX);
  CHECK_EQUAL(ew_queue_pop(&queue, record), 0);
  CHECK_EQUAL(ew_queue_dropped(&queue), 0);
}

static void a_full_queue_drops_the_newest(void) {
  // Frames of 48 bytes: 64 with their headers.
  const uint64_t room = EW_QUEUE_BYTES / 64;
  ew_queue_init(&queue);
  for (uint64_t i = 0; i < room; i++) CHECK(push(i, 48));
  CHECK(!push(1000, 0));
  CHECK(!push(1001, 48));
  CHECK_EQUAL(ew_queue_dropped(&queue), 2);
  pop(0, 48);
  CHECK(!push(1002, 49));
  CHECK(push(room, 48));
  CHECK_EQUAL(ew_queue_dropped(&queue), 3);
  for (uint64_t i = 1; i <= room; i++) pop(i, 48);
  CHECK_EQUAL(ew_queue_pop(&queue, record), 0);
}

static void a_frame_that_is_too_long_is_cut(void) {
  ew_frame info;
  ew_queue_init(&queue);
  CHECK(push(7, EW_FRAME_MAX + 1));
  CHECK_EQUAL(ew_queue_pop(&queue, record), EW_RECORD_BYTES_MAX);
  CHECK_EQUAL(ew_record_read(record, &info), EW_FRAME_MAX);
  CHECK_EQUAL(info.flags, EW_FLAG_CHECKED | EW_FLAG_CUT);
  CHECK(push(8, EW_FRAME_MAX));
  CHECK(ew_queue_peek(&queue, &info));
  CHECK_EQUAL(info.flags, EW_FLAG_CHECKED);
}

/** The 32-bit counters of bytes and of drops go around. */
static void counters_wrap(void) {
  ew_queue_init(&queue);
  queue.written = queue.read = UINT32_MAX - 100;
  queue.dropped = UINT32_MAX;
  for (uint64_t i = 0; i < 200; i++) {
    CHECK(push(i, (size_t)(i % 37)));
    CHECK(push(i + 1, 21));
    pop(i, (size_t)(i % 37));
    pop(i + 1, 21);
  }
  CHECK(queue.written < UINT32_MAX - 100);
  queue.written = queue.read = UINT32_MAX - 10;
  while (push(1, 100)) continue;
  CHECK_EQUAL(ew_queue_dropped(&queue), 0);
  CHECK_EQUAL(queue.written - queue.read, EW_QUEUE_BYTES / 116 * 116);
}

/** Many frames of all lengths, the queue never empty: each comes out once, in order. */
static void all_lengths_pass(void) {
  uint64_t in = 0, out = 0;
  ew_queue_init(&queue);
  while (out < 5000) {
    if (check_random(2) == 0 && push(in, (size_t)(in % (EW_FRAME_MAX + 1)))) in++;
    if (in > out && check_random(2) == 0) {
      pop(out, (size_t)(out % (EW_FRAME_MAX + 1)));
      out++;
    }
  }
}

static ew_backlog backlog;

static void add(uint64_t number, size_t length, uint32_t now_ms) {
  ew_frame info = info_of(number);
  ew_record_write(record, &info, (uint16_t)length);
  memset(record + 16, (int)(number & 0xff), length);
  ew_backlog_push(&backlog, record, 16 + length, now_ms);
}

/** Takes the oldest and checks which it is. */
static void take(uint64_t number) {
  ew_backlog_cursor cursor = {0, 0};
  ew_frame info;
  size_t length = ew_backlog_next(&backlog, &cursor, record);
  CHECK(length >= 16);
  CHECK_EQUAL(ew_record_read(record, &info) + 16, length);
  CHECK_EQUAL(info.time_us, number);
  for (size_t i = 16; i < length; i++) CHECK_EQUAL(record[i], number & 0xff);
  ew_backlog_remove(&backlog, &cursor);
}

static void a_full_backlog_drops_the_oldest(void) {
  // 44 bytes: 64 with header and time.
  const uint32_t room = EW_BACKLOG_BYTES / 64;
  ew_backlog_init(&backlog);
  for (uint32_t i = 0; i < room; i++) add(i, 44, i);
  CHECK_EQUAL(backlog.dropped, 0);
  add(room, 44, room);
  CHECK_EQUAL(backlog.dropped, 1);
  CHECK_EQUAL(backlog.frames, room);
  CHECK_EQUAL(ew_backlog_oldest_ms(&backlog), 1);
  // A longer one takes the place of several.
  add(room + 1, EW_FRAME_MAX, 0);
  CHECK_EQUAL(backlog.dropped, 1 + (EW_FRAME_MAX + 20 + 63) / 64);
  uint32_t first = backlog.dropped;
  for (uint32_t i = first; i <= room + 1; i++) take(i);
  CHECK_EQUAL(backlog.frames, 0);
  CHECK_EQUAL(backlog.used, 0);
}

static void reading_the_backlog_leaves_it(void) {
  ew_backlog_cursor cursor = {0, 0};
  ew_backlog_init(&backlog);
  CHECK_EQUAL(ew_backlog_next(&backlog, &cursor, record), 0);
  for (uint64_t i = 0; i < 3; i++) add(i, (size_t)(10 * i), 5);
  for (size_t i = 0; i < 3; i++)
    CHECK_EQUAL(ew_backlog_next(&backlog, &cursor, record), 16 + 10 * i);
  CHECK_EQUAL(ew_backlog_next(&backlog, &cursor, record), 0);
  CHECK_EQUAL(backlog.frames, 3);
  ew_backlog_remove(&backlog, &cursor);
  CHECK_EQUAL(backlog.frames, 0);
}

static void the_backlog_goes_around(void) {
  uint64_t in = 0, out = 0;
  ew_backlog_init(&backlog);
  backlog.dropped = UINT32_MAX;
  while (out < 5000) {
    if (backlog.frames < 100) add(in++, check_random(EW_FRAME_MAX + 1), 0);
    if (backlog.frames > 0 && check_random(2) == 0) take(out++);
  }
  CHECK_EQUAL(backlog.dropped, UINT32_MAX);
  while (backlog.dropped == UINT32_MAX) add(in++, EW_FRAME_MAX, 0);
  CHECK(backlog.dropped < 20);
}

void queue_tests(void) {
  RUN(frames_come_out_as_they_went_in);
  RUN(a_full_queue_drops_the_newest);
  RUN(a_frame_that_is_too_long_is_cut);
  RUN(counters_wrap);
  RUN(all_lengths_pass);
  RUN(a_full_backlog_drops_the_oldest);
  RUN(reading_the_backlog_leaves_it);
  RUN(the_backlog_goes_around);
}
