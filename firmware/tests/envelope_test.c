#include <string.h>

#include "check.h"
#include "vector.h"

static uint8_t buffer[EW_ENVELOPE_HEADER_BYTES + 256 * EW_RECORD_HEADER_BYTES + 70000];
static uint8_t frame[70000];

static void check_record(const vector_record *wanted, const ew_frame *info, const uint8_t *bytes,
                         size_t length) {
  CHECK_EQUAL(info->time_us, wanted->info.time_us);
  CHECK_EQUAL(info->link_type, wanted->info.link_type);
  CHECK_EQUAL(info->rssi, wanted->info.rssi);
  CHECK_EQUAL(info->channel, wanted->info.channel);
  CHECK_EQUAL(info->flags, wanted->info.flags);
  CHECK_EQUAL(info->lqi, wanted->info.lqi);
  CHECK_EQUAL(length, wanted->length);
  if (length == wanted->length) CHECK(memcmp(bytes, wanted->frame, length) == 0);
}

static void shared_vectors_are_read(void) {
  CHECK(VECTOR_COUNT >= 15);
  for (const vector *v = VECTORS; v < VECTORS + VECTOR_COUNT; v++) {
    ew_envelope_reader reader;
    ew_frame info;
    const uint8_t *bytes = NULL;
    size_t length = 0, records = 0;
    ew_envelope_result result = ew_envelope_open(&reader, v->data, v->length);
    if (v->end == EW_ENVELOPE_END) {
      CHECK_EQUAL(reader.header.boot, v->header.boot);
      CHECK_EQUAL(reader.header.batch, v->header.batch);
      CHECK_EQUAL(reader.header.dropped, v->header.dropped);
      CHECK_EQUAL(reader.header.records, v->record_count);
    }
    while (result == EW_ENVELOPE_RECORD) {
      result = ew_envelope_next(&reader, &info, &bytes, &length);
      if (result != EW_ENVELOPE_RECORD) break;
      if (v->records != NULL) check_record(&v->records[records], &info, bytes, length);
      records++;
    }
    CHECK_EQUAL(records, v->record_count);
    check_equal(result, v->end, v->name, __FILE__, __LINE__);
    if (v->end != EW_ENVELOPE_END) CHECK_EQUAL(reader.offset, v->offset);
    CHECK_EQUAL(ew_envelope_next(&reader, &info, &bytes, &length), v->end);
  }
}

static void shared_vectors_are_written(void) {
  for (const vector *v = VECTORS; v < VECTORS + VECTOR_COUNT; v++) {
    ew_envelope_writer writer;
    if (v->end != EW_ENVELOPE_END) continue;
    CHECK(ew_envelope_begin(&writer, buffer, sizeof buffer, &v->header));
    for (size_t i = 0; i < v->record_count; i++) {
      const vector_record *record = &v->records[i];
      CHECK(ew_envelope_add(&writer, &record->info, record->frame, record->length));
    }
    CHECK_EQUAL(writer.length, v->length);
    CHECK(memcmp(buffer, v->data, v->length) == 0);
  }
}

static const ew_envelope_header HEADER = {1, 2, 3, 0};
static const ew_frame INFO = {5, EW_LINK_WPAN, -70, 15, 0, 200};

static void an_envelope_takes_255_records(void) {
  ew_envelope_writer writer;
  CHECK(ew_envelope_begin(&writer, buffer, sizeof buffer, &HEADER));
  for (int i = 0; i < 255; i++) CHECK(ew_envelope_add(&writer, &INFO, frame, 0));
  size_t length = writer.length;
  CHECK(!ew_envelope_add(&writer, &INFO, frame, 0));
  CHECK_EQUAL(writer.length, length);
  CHECK_EQUAL(buffer[3], 255);
}

static void an_envelope_takes_what_fits(void) {
  ew_envelope_writer writer;
  CHECK(!ew_envelope_begin(&writer, buffer, 15, &HEADER));
  CHECK(ew_envelope_begin(&writer, buffer, 16, &HEADER));
  CHECK(!ew_envelope_add(&writer, &INFO, frame, 0));
  CHECK(ew_envelope_begin(&writer, buffer, 16 + 16 + 4, &HEADER));
  CHECK(!ew_envelope_add(&writer, &INFO, frame, 5));
  CHECK(!ew_envelope_add(&writer, &INFO, frame, SIZE_MAX));
  CHECK_EQUAL(buffer[3], 0);
  CHECK(ew_envelope_add(&writer, &INFO, frame, 4));
  CHECK_EQUAL(writer.length, 36);
  CHECK(!ew_envelope_add(&writer, &INFO, frame, 0));
}

static void the_longest_frame_is_65535_bytes(void) {
  ew_envelope_writer writer;
  CHECK(ew_envelope_begin(&writer, buffer, sizeof buffer, &HEADER));
  CHECK(!ew_envelope_add(&writer, &INFO, frame, 65536));
  CHECK(ew_envelope_add(&writer, &INFO, frame, 65535));
  ew_envelope_reader reader;
  ew_frame info;
  const uint8_t *bytes = NULL;
  size_t length = 0;
  CHECK_EQUAL(ew_envelope_open(&reader, buffer, writer.length), EW_ENVELOPE_RECORD);
  CHECK_EQUAL(ew_envelope_next(&reader, &info, &bytes, &length), EW_ENVELOPE_RECORD);
  CHECK_EQUAL(length, 65535);
  CHECK(bytes == buffer + 32);
  CHECK_EQUAL(ew_envelope_next(&reader, &info, &bytes, &length), EW_ENVELOPE_END);
}

static void extreme_values_survive(void) {
  const ew_frame extreme[] = {{UINT64_MAX, 65535, -128, 255, 255, 255}, {0, 0, 127, 0, 0, 0}};
  uint8_t record[EW_RECORD_HEADER_BYTES];
  for (size_t i = 0; i < 2; i++) {
    ew_frame info;
    ew_record_write(record, &extreme[i], (uint16_t)(i == 0 ? 65535 : 0));
    CHECK_EQUAL(ew_record_read(record, &info), i == 0 ? 65535 : 0);
    CHECK_EQUAL(info.time_us, extreme[i].time_us);
    CHECK_EQUAL(info.link_type, extreme[i].link_type);
    CHECK_EQUAL(info.rssi, extreme[i].rssi);
    CHECK_EQUAL(info.lqi, extreme[i].lqi);
  }
}

/** Every prefix of an envelope but the whole is cut short, and never read beyond. */
static void every_prefix_is_a_problem(void) {
  static uint8_t copy[sizeof buffer];
  ew_envelope_writer writer;
  CHECK(ew_envelope_begin(&writer, buffer, sizeof buffer, &HEADER));
  for (size_t i = 0; i < 5; i++) CHECK(ew_envelope_add(&writer, &INFO, frame, i * 3));
  for (size_t cut = 0; cut < writer.length; cut++) {
    // At the end of an array, where the sanitizer sees each byte too many.
    uint8_t *data = copy + sizeof copy - cut;
    memcpy(data, buffer, cut);
    ew_envelope_reader reader;
    ew_frame info;
    const uint8_t *bytes = NULL;
    size_t length = 0;
    ew_envelope_result result = ew_envelope_open(&reader, data, cut);
    while (result == EW_ENVELOPE_RECORD) {
      result = ew_envelope_next(&reader, &info, &bytes, &length);
    }
    bool cut_short = result == EW_ENVELOPE_CUT_HEADER || result == EW_ENVELOPE_CUT_RECORDS ||
                     result == EW_ENVELOPE_CUT_FRAME;
    CHECK(cut_short);
    CHECK(reader.offset <= cut);
  }
}

void envelope_tests(void) {
  RUN(shared_vectors_are_read);
  RUN(shared_vectors_are_written);
  RUN(an_envelope_takes_255_records);
  RUN(an_envelope_takes_what_fits);
  RUN(the_longest_frame_is_65535_bytes);
  RUN(extreme_values_survive);
  RUN(every_prefix_is_a_problem);
}
