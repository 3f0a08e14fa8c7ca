/** The small parts: clock, de-duplication, text, status, when an envelope is due. */
#include <string.h>

#include "../common/ew_batch.h"
#include "../common/ew_clock.h"
#include "../common/ew_dedup.h"
#include "../common/ew_status.h"
#include "../common/ew_text.h"
#include "check.h"

#define S UINT64_C(1000000)
/** Unix time at which the clocks of these tests booted. */
#define BOOT (UINT64_C(1760000000) * S)

static void unix_time_is_boot_time_and_an_offset(void) {
  ew_clock clock;
  ew_clock_init(&clock);
  CHECK(ew_clock_synchronise(&clock, 10 * S, BOOT + 10 * S));
  CHECK_EQUAL(ew_clock_unix_us(&clock, 3 * S), BOOT + 3 * S);
  CHECK_EQUAL(ew_clock_unix_us(&clock, 10 * S), BOOT + 10 * S);
  CHECK_EQUAL(ew_clock_unix_us(&clock, 5000 * S), BOOT + 5000 * S);
}

static void times_that_cannot_be_are_ignored(void) {
  ew_clock clock;
  ew_clock_init(&clock);
  CHECK(!ew_clock_synchronise(&clock, S, 2 * S));
  CHECK(!ew_clock_synchronise(&clock, S, EW_CLOCK_EARLIEST_US - 1));
  CHECK(!ew_clock_synchronise(&clock, S, EW_CLOCK_LATEST_US));
  CHECK(!ew_clock_synchronise(&clock, S, UINT64_MAX));
  CHECK(!ew_clock_synchronise(&clock, BOOT, BOOT - 1));
  CHECK(!clock.synchronised);
  CHECK(ew_clock_synchronise(&clock, S, EW_CLOCK_EARLIEST_US));
}

static void a_correction_forward_is_taken_at_once(void) {
  ew_clock clock;
  ew_clock_init(&clock);
  CHECK(ew_clock_synchronise(&clock, 10 * S, BOOT + 10 * S));
  CHECK_EQUAL(ew_clock_unix_us(&clock, 20 * S), BOOT + 20 * S);
  CHECK(ew_clock_synchronise(&clock, 30 * S, BOOT + 90 * S));
  CHECK_EQUAL(ew_clock_unix_us(&clock, 30 * S), BOOT + 90 * S);
  CHECK_EQUAL(ew_clock_unix_us(&clock, 31 * S), BOOT + 91 * S);
}

static void a_correction_backward_is_worked_off_at_half_speed(void) {
  ew_clock clock;
  ew_clock_init(&clock);
  CHECK(ew_clock_synchronise(&clock, 10 * S, BOOT + 10 * S));
  CHECK(ew_clock_synchronise(&clock, 20 * S, BOOT + 16 * S));
  // 4 s too far: until 28 s it goes at half speed.
  CHECK_EQUAL(ew_clock_unix_us(&clock, 20 * S), BOOT + 20 * S);
  CHECK_EQUAL(ew_clock_unix_us(&clock, 24 * S), BOOT + 22 * S);
  CHECK_EQUAL(ew_clock_unix_us(&clock, 28 * S), BOOT + 24 * S);
  CHECK_EQUAL(ew_clock_unix_us(&clock, 100 * S), BOOT + 96 * S);
  // Again, while that is worked off, and then forward while it is.
  CHECK(ew_clock_synchronise(&clock, 100 * S, BOOT + 90 * S));
  CHECK(ew_clock_synchronise(&clock, 104 * S, BOOT + 90 * S));
  CHECK_EQUAL(ew_clock_unix_us(&clock, 104 * S), BOOT + 98 * S);
  CHECK_EQUAL(ew_clock_unix_us(&clock, 106 * S), BOOT + 99 * S);
  CHECK(ew_clock_synchronise(&clock, 108 * S, BOOT + 101 * S));
  CHECK_EQUAL(ew_clock_unix_us(&clock, 109 * S), BOOT + 102 * S);
}

/** Whatever is synchronised when, and in whatever order frames come. */
static void unix_time_never_runs_backwards(void) {
  ew_clock clock;
  ew_clock_init(&clock);
  uint64_t boot_us = S, last_us = 0;
  CHECK(ew_clock_synchronise(&clock, boot_us, BOOT));
  for (int i = 0; i < 20000; i++) {
    boot_us += check_random(20000);
    if (check_random(20) == 0) {
      uint32_t span = check_random(2) == 0 ? 40000 : 40000000;
      uint64_t off = check_random(span);
      CHECK(ew_clock_synchronise(&clock, boot_us, BOOT + boot_us + off));
    }
    uint64_t late = check_random(4) == 0 ? check_random(5000) : 0;
    uint64_t unix_us = ew_clock_unix_us(&clock, boot_us - late);
    CHECK(unix_us >= last_us);
    CHECK(unix_us <= BOOT + boot_us + 40000000);
    last_us = unix_us;
  }
}

static ew_dedup dedup;

static bool repeat_at(uint64_t time_us, uint16_t link, const char *bytes) {
  const ew_frame info = {time_us, link, 0, 37, 0, 255};
  return ew_dedup_is_repeat(&dedup, 100, &info, (const uint8_t *)bytes, strlen(bytes));
}

static void repeats_within_the_window_are_found(void) {
  ew_dedup_init(&dedup);
  CHECK(!repeat_at(S, EW_LINK_WPAN, "frame"));
  CHECK(repeat_at(S, EW_LINK_WPAN, "frame"));
  CHECK(repeat_at(S + 99999, EW_LINK_WPAN, "frame"));
  CHECK_EQUAL(dedup.left_out, 2);
  // The window began with the one that passed, not with the last repeat.
  CHECK(!repeat_at(S + 100000, EW_LINK_WPAN, "frame"));
  CHECK(repeat_at(S + 199999, EW_LINK_WPAN, "frame"));
  CHECK(!repeat_at(S + 200000, EW_LINK_WPAN, "frame"));
}

static void other_frames_are_no_repeats(void) {
  ew_dedup_init(&dedup);
  CHECK(!repeat_at(S, EW_LINK_WPAN, "frame"));
  CHECK(!repeat_at(S, EW_LINK_BLE_LINK_LAYER, "frame"));
  CHECK(!repeat_at(S, EW_LINK_WPAN, "frame!"));
  CHECK(!repeat_at(S, EW_LINK_WPAN, "fram"));
  CHECK(!repeat_at(S, EW_LINK_WPAN, ""));
  CHECK(repeat_at(S, EW_LINK_WPAN, ""));
  // Heard before the one that passed: a clock that was set back.
  CHECK(!repeat_at(S - 1, EW_LINK_WPAN, "frame"));
}

static void without_a_window_nothing_is_a_repeat(void) {
  const ew_frame info = {S, EW_LINK_WPAN, 0, 37, 0, 255};
  ew_dedup_init(&dedup);
  for (int i = 0; i < 3; i++) CHECK(!ew_dedup_is_repeat(&dedup, 0, &info, NULL, 0));
  CHECK_EQUAL(dedup.left_out, 0);
}

/** More frames than slots: the newest are known, and none is taken for another. */
static void the_oldest_frames_are_forgotten(void) {
  ew_dedup_init(&dedup);
  for (uint32_t i = 0; i < 20 * EW_DEDUP_SLOTS; i++) {
    const ew_frame info = {S + i, EW_LINK_WPAN, 0, 37, 0, 255};
    const uint8_t frame[2] = {(uint8_t)(i & 0xff), (uint8_t)(i >> 8)};
    CHECK(!ew_dedup_is_repeat(&dedup, 60000, &info, frame, sizeof frame));
    CHECK(ew_dedup_is_repeat(&dedup, 60000, &info, frame, sizeof frame));
  }
}

static void many_frames_are_remembered(void) {
  uint32_t known = 0;
  ew_dedup_init(&dedup);
  for (uint32_t i = 0; i < EW_DEDUP_SLOTS; i++) {
    const ew_frame info = {S + i % (EW_DEDUP_SLOTS / 4), EW_LINK_WPAN, 0, 37, 0, 255};
    const uint8_t frame[2] = {(uint8_t)(i % (EW_DEDUP_SLOTS / 4)), 1};
    if (ew_dedup_is_repeat(&dedup, 60000, &info, frame, sizeof frame)) known++;
  }
  CHECK(known > EW_DEDUP_SLOTS * 7 / 10);
}

static void text_is_cut_as_a_whole(void) {
  char buffer[8];
  ew_text text;
  ew_text_begin(&text, buffer, sizeof buffer);
  ew_text_add(&text, "abc");
  ew_text_add_number(&text, 4294967295u);
  CHECK(text.cut);
  CHECK_TEXT(buffer, "abc");
  ew_text_begin(&text, buffer, sizeof buffer);
  ew_text_add_number(&text, 0);
  ew_text_add_number(&text, 123456);
  CHECK(!text.cut);
  CHECK_TEXT(buffer, "0123456");
  ew_text_add(&text, "");
  CHECK(!text.cut);
  ew_text_add(&text, "7");
  CHECK(text.cut);
}

static void json_text_is_escaped(void) {
  char buffer[40];
  ew_text text;
  ew_text_begin(&text, buffer, sizeof buffer);
  ew_text_add_json(&text, "a\"b\\c\nd\x7f\xc3\xa4~", 11);
  CHECK_TEXT(buffer, "\"a\\\"b\\\\c?d???~\"");
}

static void the_status_names_the_radios(void) {
  char buffer[EW_STATUS_BYTES];
  ew_text text;
  ew_text_begin(&text, buffer, sizeof buffer);
  ew_status_write(&text, 4294967295u, "0.1.0", 3);
  CHECK_TEXT(buffer,
             "{\"state\":\"online\",\"boot\":4294967295,\"version\":\"0.1.0\","
             "\"radios\":[\"ble\",\"802.15.4\"],\"period\":10}");
  ew_text_begin(&text, buffer, sizeof buffer);
  ew_status_write(&text, 0, "", 2);
  CHECK_TEXT(buffer,
             "{\"state\":\"online\",\"boot\":0,\"version\":\"\",\"radios\":[\"802.15.4\"],"
             "\"period\":10}");
}

static void the_longest_status_fits(void) {
  char version[2 * EW_VERSION_MAX], buffer[EW_STATUS_BYTES];
  ew_text text;
  memset(version, '"', sizeof version);
  version[sizeof version - 1] = '\0';
  ew_text_begin(&text, buffer, sizeof buffer);
  ew_status_write(&text, UINT32_MAX, version, 3);
  CHECK(!text.cut);
  CHECK(text.length > 2 * EW_VERSION_MAX);
}

static ew_backlog backlog;

static void add_frames(uint32_t count, uint16_t length, uint32_t now_ms) {
  uint8_t record[EW_RECORD_BYTES_MAX] = {0};
  const ew_frame info = {S, EW_LINK_WPAN, 0, 11, 0, 255};
  ew_record_write(record, &info, length);
  for (uint32_t i = 0; i < count; i++) {
    ew_backlog_push(&backlog, record, (size_t)EW_RECORD_HEADER_BYTES + length, now_ms);
  }
}

static void an_envelope_is_due_by_count_age_or_bytes(void) {
  ew_settings settings = EW_SETTINGS_DEFAULTS;
  settings.batch_frames = 10;
  settings.batch_age_ms = 50;
  ew_backlog_init(&backlog);
  CHECK_EQUAL(ew_batch_wait_ms(&backlog, &settings, 0), EW_BATCH_NEVER);
  // The milliseconds go around in between.
  add_frames(1, 5, UINT32_MAX - 20);
  CHECK_EQUAL(ew_batch_wait_ms(&backlog, &settings, UINT32_MAX - 20), 50);
  CHECK_EQUAL(ew_batch_wait_ms(&backlog, &settings, 28), 1);
  CHECK_EQUAL(ew_batch_wait_ms(&backlog, &settings, 29), 0);
  CHECK_EQUAL(ew_batch_wait_ms(&backlog, &settings, 1000), 0);
  add_frames(8, 5, UINT32_MAX);
  CHECK_EQUAL(ew_batch_wait_ms(&backlog, &settings, 28), 1);
  add_frames(1, 5, 28);
  CHECK_EQUAL(ew_batch_wait_ms(&backlog, &settings, 28), 0);
  settings.batch_frames = 255;
  ew_backlog_init(&backlog);
  const uint32_t few = (EW_ENVELOPE_BYTES - 16) / EW_RECORD_BYTES_MAX - 1;
  add_frames(few, EW_FRAME_MAX, 0);
  CHECK_EQUAL(ew_batch_wait_ms(&backlog, &settings, 0), 50);
  add_frames(1, EW_FRAME_MAX, 0);
  CHECK_EQUAL(ew_batch_wait_ms(&backlog, &settings, 0), 0);
}

static void an_envelope_holds_what_fits(void) {
  static ew_batch batch;
  const ew_envelope_header header = {1, 2, 3, 0};
  ew_settings settings = EW_SETTINGS_DEFAULTS;
  ew_clock clock;
  ew_clock_init(&clock);
  ew_backlog_init(&backlog);
  settings.batch_frames = 255;
  add_frames(EW_ENVELOPE_BYTES / EW_RECORD_BYTES_MAX + 1, EW_FRAME_MAX, 0);
  ew_batch_make(&batch, &backlog, &clock, &settings, &header);
  CHECK_EQUAL(batch.taken.frames, (EW_ENVELOPE_BYTES - 16) / EW_RECORD_BYTES_MAX);
  CHECK_EQUAL(batch.length, 16 + batch.taken.frames * EW_RECORD_BYTES_MAX);
  settings.batch_frames = 1;
  ew_batch_make(&batch, &backlog, &clock, &settings, &header);
  CHECK_EQUAL(batch.taken.frames, 1);
  CHECK_EQUAL(batch.data[3], 1);
}

void parts_tests(void) {
  RUN(unix_time_is_boot_time_and_an_offset);
  RUN(times_that_cannot_be_are_ignored);
  RUN(a_correction_forward_is_taken_at_once);
  RUN(a_correction_backward_is_worked_off_at_half_speed);
  RUN(unix_time_never_runs_backwards);
  RUN(repeats_within_the_window_are_found);
  RUN(other_frames_are_no_repeats);
  RUN(without_a_window_nothing_is_a_repeat);
  RUN(the_oldest_frames_are_forgotten);
  RUN(many_frames_are_remembered);
  RUN(text_is_cut_as_a_whole);
  RUN(json_text_is_escaped);
  RUN(the_status_names_the_radios);
  RUN(the_longest_status_fits);
  RUN(an_envelope_is_due_by_count_age_or_bytes);
  RUN(an_envelope_holds_what_fits);
}
