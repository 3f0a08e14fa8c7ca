/** A node sends what it hears. */
#include <string.h>

#include "check.h"
#include "node_rig.h"

enum { BATCH = EW_DEFAULT_BATCH_FRAMES, AGE_MS = EW_DEFAULT_BATCH_AGE_MS };

static const char STATUS[] =
    "{\"state\":\"online\",\"boot\":305419896,\"version\":\"1.2.3\","
    "\"radios\":[\"ble\",\"802.15.4\"],\"period\":10}";

/** Hears whole envelopes' worth of frames, numbered from `first`. */
static void hear_batches(uint32_t first, uint32_t batches) {
  for (uint32_t i = 0; i < batches * BATCH; i++) CHECK(rig_hear(EW_RADIO_BLE, first + i));
}

static void a_node_needs_a_name_and_a_radio(void) {
  static char name[EW_NAME_MAX + 2];
  ew_node_config config = {"a", "1", 1, EW_SETTINGS_DEFAULTS};
  fake_reset();
  CHECK(ew_node_init(&node, &config));
  static const char *const bad[] = {"", "a/b", "a+", "#", "a b", "\xc3\xa4", "a.b"};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    config.name = bad[i];
    CHECK(!ew_node_init(&node, &config));
  }
  memset(name, 'Z', EW_NAME_MAX + 1);
  config.name = name;
  CHECK(!ew_node_init(&node, &config));
  name[EW_NAME_MAX] = '\0';
  CHECK(ew_node_init(&node, &config));
  CHECK_EQUAL(strlen(ew_node_status_topic(&node)), 12 + EW_NAME_MAX + 7);
  config.radios = 0;
  CHECK(!ew_node_init(&node, &config));
  config.radios = 4;
  CHECK(!ew_node_init(&node, &config));
  config.radios = 2;
  config.defaults.channel = 0;
  CHECK(!ew_node_init(&node, &config));
}

static void topics_carry_the_name(void) {
  rig_start();
  CHECK_TEXT(ew_node_status_topic(&node), "edgewire/v1/node-1/status");
  CHECK_TEXT(ew_node_radio_topic(&node), "edgewire/v1/node-1/radio");
  CHECK_TEXT(ew_node_set_topic(&node), "edgewire/v1/node-1/set");
}

static void the_status_goes_first(void) {
  rig_start();
  hear_batches(0, 2);
  (void)rig_wait_ms(1000);
  CHECK_EQUAL(fake.published, 0);
  ew_node_connected(&node);
  (void)ew_node_poll(&node);
  CHECK_EQUAL(fake.published, 3);
  CHECK_TEXT(fake_sent(0)->topic, "edgewire/v1/node-1/status");
  CHECK_TEXT((const char *)fake_sent(0)->payload, STATUS);
  CHECK_EQUAL(fake_sent(0)->qos, 1);
  CHECK(fake_sent(0)->retain);
  CHECK_EQUAL(rig_read(1)->header.batch, 0);
  CHECK_EQUAL(rig_read(2)->header.batch, 1);
}

static void the_status_comes_again(void) {
  rig_start_connected();
  CHECK_EQUAL(rig_wait_ms(0), EW_STATUS_PERIOD_S * 1000000);
  CHECK_EQUAL(rig_wait_ms(EW_STATUS_PERIOD_S * 1000 - 1), 1000);
  CHECK_EQUAL(fake.published, 0);
  CHECK_EQUAL(rig_wait_ms(1), EW_STATUS_PERIOD_S * 1000000);
  CHECK_EQUAL(fake.published, 1);
  CHECK_TEXT((const char *)fake_sent(0)->payload, STATUS);
  // After a reconnect at once.
  ew_node_disconnected(&node);
  (void)rig_wait_ms(1);
  CHECK_EQUAL(fake.published, 1);
  ew_node_connected(&node);
  (void)rig_wait_ms(1);
  CHECK_EQUAL(fake.published, 2);
}

static void full_envelopes_go_at_once_others_by_age(void) {
  rig_start_connected();
  hear_batches(0, 1);
  CHECK(rig_hear(EW_RADIO_BLE, BATCH));
  CHECK_EQUAL(rig_wait_ms(0), AGE_MS * 1000);
  CHECK_EQUAL(fake.published, 1);
  const rig_envelope *first = rig_read(0);
  CHECK_EQUAL(first->header.boot, 0x12345678);
  CHECK_EQUAL(first->header.records, BATCH);
  CHECK_EQUAL(first->header.dropped, 0);
  for (uint32_t i = 0; i < BATCH; i++) CHECK_EQUAL(first->numbers[i], i);
  CHECK_EQUAL(first->infos[0].time_us, 1000000);
  CHECK_EQUAL(first->infos[0].flags, 0);
  CHECK_EQUAL(rig_wait_ms(AGE_MS - 1), 1000);
  CHECK_EQUAL(fake.published, 1);
  (void)rig_wait_ms(1);
  CHECK_EQUAL(fake.published, 2);
  CHECK_EQUAL(rig_read(1)->numbers[0], BATCH);
  CHECK_EQUAL(rig_read(1)->header.batch, 1);
}

static void frames_of_both_radios_go_by_their_times(void) {
  rig_start_connected();
  for (uint32_t i = 0; i < BATCH; i++) {
    CHECK(rig_hear(i % 3 == 0 ? EW_RADIO_WPAN : EW_RADIO_BLE, i));
    fake.time_us += 7;
  }
  (void)ew_node_poll(&node);
  const rig_envelope *read = rig_read(0);
  for (uint32_t i = 0; i < BATCH; i++) CHECK_EQUAL(read->numbers[i], i);
}

static void only_so_many_envelopes_are_in_flight(void) {
  rig_start_connected();
  hear_batches(0, EW_IN_FLIGHT + 1);
  // No place for the next: until an acknowledgement only the status is due.
  CHECK_EQUAL(rig_wait_ms(0), EW_STATUS_PERIOD_S * 1000000);
  CHECK_EQUAL(fake.published, EW_IN_FLIGHT);
  ew_node_published(&node, 9999, true);
  ew_node_published(&node, 0, true);
  ew_node_published(&node, EW_PUBLISH_BUSY, false);
  (void)ew_node_poll(&node);
  CHECK_EQUAL(fake.published, EW_IN_FLIGHT);
  ew_node_published(&node, fake_sent(2)->number, true);
  (void)ew_node_poll(&node);
  CHECK_EQUAL(fake.published, EW_IN_FLIGHT + 1);
  CHECK_EQUAL(rig_read(EW_IN_FLIGHT)->header.batch, EW_IN_FLIGHT);
  CHECK_EQUAL(ew_node_dropped(&node), 0);
}

static void in_flight_outlasts_a_reconnect(void) {
  rig_start_connected();
  hear_batches(0, EW_IN_FLIGHT + 1);
  (void)ew_node_poll(&node);
  ew_node_disconnected(&node);
  ew_node_connected(&node);
  (void)ew_node_poll(&node);
  // The status, and no envelope: the port still has four.
  CHECK_EQUAL(fake.published, EW_IN_FLIGHT + 1);
  ew_node_published(&node, fake_sent(0)->number, true);
  (void)ew_node_poll(&node);
  CHECK_EQUAL(rig_read(EW_IN_FLIGHT + 1)->numbers[0], EW_IN_FLIGHT * BATCH);
}

static void a_failed_publish_is_counted_as_dropped(void) {
  rig_start_connected();
  hear_batches(0, 1);
  (void)ew_node_poll(&node);
  ew_node_published(&node, fake_sent(0)->number, false);
  CHECK_EQUAL(ew_node_dropped(&node), BATCH);
  // Once is enough.
  ew_node_published(&node, fake_sent(0)->number, false);
  CHECK_EQUAL(ew_node_dropped(&node), BATCH);
  hear_batches(100, 1);
  (void)ew_node_poll(&node);
  CHECK_EQUAL(rig_read(1)->header.dropped, BATCH);
  CHECK_EQUAL(rig_read(1)->header.batch, 1);
}

static void a_busy_port_is_asked_again(void) {
  rig_start_connected();
  hear_batches(0, 1);
  fake.says = EW_PUBLISH_BUSY;
  CHECK_EQUAL(rig_wait_ms(0), EW_RETRY_MS * 1000);
  fake.says = 0;
  (void)rig_wait_ms(EW_RETRY_MS - 1);
  CHECK_EQUAL(fake.published, 0);
  (void)rig_wait_ms(1);
  CHECK_EQUAL(fake.published, 1);
  CHECK_EQUAL(rig_read(0)->header.batch, 0);
  CHECK_EQUAL(rig_read(0)->numbers[0], 0);
  CHECK_EQUAL(ew_node_dropped(&node), 0);
  // A new connection is no longer busy.
  hear_batches(100, 1);
  fake.says = EW_PUBLISH_BUSY;
  (void)ew_node_poll(&node);
  fake.says = 0;
  ew_node_connected(&node);
  (void)ew_node_poll(&node);
  CHECK_EQUAL(rig_read(2)->numbers[0], 100);
}

static void nothing_goes_before_a_status_that_waits(void) {
  rig_start();
  hear_batches(0, 1);
  fake.says = EW_PUBLISH_BUSY;
  ew_node_connected(&node);
  CHECK_EQUAL(rig_wait_ms(0), EW_RETRY_MS * 1000);
  fake.says = 0;
  (void)rig_wait_ms(EW_RETRY_MS);
  CHECK_EQUAL(fake.published, 2);
  CHECK_TEXT(fake_sent(0)->topic, "edgewire/v1/node-1/status");
}

static void what_the_port_refuses_is_counted_as_dropped(void) {
  rig_start_connected();
  hear_batches(0, 2);
  fake.says = EW_PUBLISH_REFUSED;
  (void)ew_node_poll(&node);
  CHECK_EQUAL(ew_node_dropped(&node), 2 * BATCH);
  fake.says = 0;
  hear_batches(100, 1);
  (void)ew_node_poll(&node);
  CHECK_EQUAL(rig_read(0)->header.batch, 0);
  CHECK_EQUAL(rig_read(0)->header.dropped, 2 * BATCH);
  CHECK_EQUAL(rig_read(0)->numbers[0], 100);
}

/** Away for long: the oldest are dropped, and what arrives and the counter add up. */
static void what_arrives_and_what_was_dropped_add_up(void) {
  uint32_t heard = 0, arrived = 0, last = 0;
  rig_start();
  for (int i = 0; i < 60; i++) {
    for (int k = 0; k < 100; k++) (void)rig_hear(EW_RADIO_BLE, heard++);
    (void)rig_wait_ms(10);
  }
  for (int k = 0; k < 1000; k++) (void)rig_hear(EW_RADIO_WPAN, heard++);
  uint32_t newest_dropped = ew_queue_dropped(&node.queues[EW_RADIO_WPAN]);
  CHECK_EQUAL(newest_dropped, 1000 - EW_QUEUE_BYTES / 20);
  ew_node_connected(&node);
  for (int i = 0; i < 1000 && !ew_node_flush(&node); i++) {
    for (size_t k = 0; k < fake.published; k++) {
      ew_node_published(&node, fake_sent(k)->number, true);
      if (strcmp(fake_sent(k)->topic, "edgewire/v1/node-1/radio") != 0) continue;
      const rig_envelope *read = rig_read(k);
      CHECK(arrived == 0 || read->numbers[0] > last);
      arrived += read->header.records;
      last = read->numbers[read->header.records - 1];
      CHECK(read->header.dropped <= ew_node_dropped(&node));
    }
    rig_forget();
  }
  CHECK(ew_node_dropped(&node) > newest_dropped);
  CHECK(arrived > EW_BACKLOG_BYTES / 25);
  CHECK_EQUAL(arrived + ew_node_dropped(&node), heard);
  CHECK_EQUAL(last, heard - 1 - newest_dropped);
}

static void what_waits_and_what_has_room_is_told(void) {
  rig_start_connected();
  CHECK_EQUAL(ew_node_waiting(&node), 0);
  CHECK_EQUAL(ew_node_room(&node), EW_BACKLOG_BYTES);
  hear_batches(0, 1);
  CHECK(rig_hear(EW_RADIO_BLE, BATCH));
  (void)ew_node_poll(&node);
  CHECK_EQUAL(ew_node_waiting(&node), BATCH + 1);
  CHECK_EQUAL(ew_node_room(&node), EW_BACKLOG_BYTES - 24);
  ew_node_published(&node, fake_sent(0)->number, true);
  CHECK_EQUAL(ew_node_waiting(&node), 1);
}

static void counters_go_around(void) {
  rig_start_connected();
  node.batch_number = UINT32_MAX;
  node.lost = UINT32_MAX - 1;
  node.backlog.dropped = 5;
  hear_batches(0, 2);
  (void)ew_node_poll(&node);
  CHECK_EQUAL(rig_read(0)->header.batch, UINT32_MAX);
  CHECK_EQUAL(rig_read(0)->header.dropped, 3);
  CHECK_EQUAL(rig_read(1)->header.batch, 0);
}

/** After 49.7 days the milliseconds of 32 bits begin anew. */
static void envelopes_go_by_age_while_milliseconds_wrap(void) {
  rig_start_connected();
  fake.time_us = (UINT64_C(1) << 32) * 1000 - 30000;
  (void)ew_node_poll(&node);
  rig_forget();
  CHECK(rig_hear(EW_RADIO_BLE, 1));
  CHECK_EQUAL(rig_wait_ms(0), AGE_MS * 1000);
  CHECK_EQUAL(rig_wait_ms(AGE_MS - 1), 1000);
  CHECK_EQUAL(fake.published, 0);
  (void)rig_wait_ms(1);
  CHECK_EQUAL(rig_read(0)->infos[0].time_us, (UINT64_C(1) << 32) * 1000 - 30000);
}

void node_tests(void) {
  RUN(a_node_needs_a_name_and_a_radio);
  RUN(topics_carry_the_name);
  RUN(the_status_goes_first);
  RUN(the_status_comes_again);
  RUN(full_envelopes_go_at_once_others_by_age);
  RUN(frames_of_both_radios_go_by_their_times);
  RUN(only_so_many_envelopes_are_in_flight);
  RUN(in_flight_outlasts_a_reconnect);
  RUN(a_failed_publish_is_counted_as_dropped);
  RUN(a_busy_port_is_asked_again);
  RUN(nothing_goes_before_a_status_that_waits);
  RUN(what_the_port_refuses_is_counted_as_dropped);
  RUN(what_arrives_and_what_was_dropped_add_up);
  RUN(what_waits_and_what_has_room_is_told);
  RUN(counters_go_around);
  RUN(envelopes_go_by_age_while_milliseconds_wrap);
}
