/** A node's time, settings and radios, and how it ends. */
#include <string.h>

#include "check.h"
#include "node_rig.h"

enum { BATCH = EW_DEFAULT_BATCH_FRAMES, AGE_MS = EW_DEFAULT_BATCH_AGE_MS };

#define UNIX_US UINT64_C(1760000000000000)

static void times_become_unix_times_once_synchronised(void) {
  rig_start_connected();
  CHECK(rig_hear(EW_RADIO_BLE, 1));
  (void)rig_wait_ms(0);
  (void)rig_wait_ms(AGE_MS);
  CHECK_EQUAL(rig_read(0)->infos[0].time_us, 1000000);
  CHECK_EQUAL(rig_read(0)->infos[0].flags, 0);
  CHECK(rig_hear(EW_RADIO_BLE, 2));
  (void)rig_wait_ms(0);
  fake.time_us += 10000;
  ew_node_synchronised(&node, UNIX_US);
  CHECK(rig_hear(EW_RADIO_BLE, 3));
  (void)rig_wait_ms(AGE_MS);
  // The one that waited gets Unix time as well: 10 ms before it was synchronised.
  const rig_envelope *read = rig_read(1);
  CHECK_EQUAL(read->numbers[0], 2);
  CHECK_EQUAL(read->infos[0].time_us, UNIX_US - 10000);
  CHECK_EQUAL(read->infos[0].flags, EW_FLAG_UNIX_TIME);
  CHECK_EQUAL(read->infos[1].time_us, UNIX_US);
}

static void a_clock_that_was_never_set_is_ignored(void) {
  rig_start_connected();
  ew_node_synchronised(&node, 5000000);
  CHECK(rig_hear(EW_RADIO_BLE, 1));
  (void)rig_wait_ms(0);
  (void)rig_wait_ms(AGE_MS);
  CHECK_EQUAL(rig_read(0)->infos[0].flags, 0);
}

/** An envelope that was made and could not go leaves no trace in the times of the next. */
static void a_busy_port_does_not_move_times(void) {
  rig_start_connected();
  ew_node_synchronised(&node, UNIX_US);
  uint64_t from_us = fake.time_us;
  for (uint32_t i = 0; i < BATCH; i++) {
    CHECK(rig_hear(EW_RADIO_BLE, i));
    fake.time_us += 1000;
  }
  fake.says = EW_PUBLISH_BUSY;
  (void)ew_node_poll(&node);
  fake.says = 0;
  (void)rig_wait_ms(EW_RETRY_MS);
  const rig_envelope *read = rig_read(0);
  for (uint32_t i = 0; i < BATCH; i++) CHECK_EQUAL(read->infos[i].time_us, UNIX_US + i * 1000);
  CHECK(fake.time_us > from_us);
}

static void unix_times_of_frames_stay_as_they_are(void) {
  const ew_frame info = {1234567, EW_LINK_WPAN, -1, 20, EW_FLAG_UNIX_TIME, 3};
  const uint8_t frame[4] = {1, 0, 0, 0};
  rig_start_connected();
  ew_node_synchronised(&node, UNIX_US);
  CHECK(ew_node_hear(&node, EW_RADIO_WPAN, &info, frame, sizeof frame));
  (void)rig_wait_ms(0);
  (void)rig_wait_ms(AGE_MS);
  CHECK_EQUAL(rig_read(0)->infos[0].time_us, 1234567);
}

/** Synchronised backwards in the middle: what goes out never does. */
static void sent_times_never_run_backwards(void) {
  uint64_t last_us = 0;
  rig_start_connected();
  for (uint32_t i = 0; i < 2000; i++) {
    if (i % 100 == 50) ew_node_synchronised(&node, UNIX_US + fake.time_us - i * 37);
    CHECK(rig_hear(i % 2 == 0 ? EW_RADIO_BLE : EW_RADIO_WPAN, i));
    (void)rig_wait_ms(7);
    for (size_t k = 0; k < fake.published; k++) {
      ew_node_published(&node, fake_sent(k)->number, true);
      if (fake_sent(k)->retain) continue;
      const rig_envelope *read = rig_read(k);
      for (size_t n = 0; n < read->header.records; n++) {
        CHECK(read->infos[n].time_us >= last_us);
        last_us = read->infos[n].time_us;
      }
    }
    rig_forget();
  }
  CHECK(last_us > UNIX_US);
}

/** A frame that came late, from the other radio, is not sent with an earlier time. */
static void late_frames_do_not_go_back(void) {
  rig_start_connected();
  ew_node_synchronised(&node, UNIX_US);
  for (uint32_t envelope = 0; envelope < 2; envelope++) {
    for (uint32_t i = 0; i < BATCH; i++) {
      CHECK(rig_hear(EW_RADIO_BLE, i));
      (void)ew_node_poll(&node);
      fake.time_us = i % 2 == 0 ? fake.time_us + 3000 : fake.time_us - 1000;
    }
    fake.time_us -= 5000;
  }
  uint64_t last_us = 0;
  for (size_t k = 0; k < 2; k++) {
    const rig_envelope *read = rig_read(k);
    CHECK_EQUAL(read->header.records, BATCH);
    for (size_t i = 0; i < BATCH; i++) {
      CHECK(read->infos[i].time_us >= last_us);
      last_us = read->infos[i].time_us;
    }
  }
}

static void set(const char *message) {
  ew_node_set(&node, message, strlen(message));
  (void)ew_node_poll(&node);
}

static bool answered(const char *part) {
  const fake_message *message = fake_sent(fake.published - 1);
  CHECK_TEXT(message->topic, "edgewire/v1/node-1/set/result");
  CHECK_EQUAL(message->qos, 1);
  CHECK(!message->retain);
  return strstr((const char *)message->payload, part) != NULL;
}

static void settings_reach_the_radios_and_the_storage(void) {
  rig_start_connected();
  CHECK_EQUAL(fake.listening, 3);
  CHECK_EQUAL(fake.setups[EW_RADIO_WPAN].channel, EW_DEFAULT_CHANNEL);
  CHECK_EQUAL(fake.setups[EW_RADIO_BLE].scan_window_ms, EW_DEFAULT_SCAN_WINDOW_MS);
  CHECK_EQUAL(fake.starts, 2);
  set("{\"id\":1,\"channel\":26}");
  CHECK(answered("{\"id\":1,\"ok\":true,\"scan\":true,\"channel\":26,"));
  CHECK_EQUAL(fake.setups[EW_RADIO_WPAN].channel, 26);
  CHECK_EQUAL(fake.starts, 3);
  CHECK_EQUAL(fake.saves, 1);
  set("{\"id\":2,\"scan\":false}");
  CHECK_EQUAL(fake.listening, 0);
  set("{\"id\":3,\"scan\":true}");
  CHECK_EQUAL(fake.listening, 3);
  CHECK_EQUAL(fake.setups[EW_RADIO_WPAN].channel, 26);
  // After a restart they are as they were.
  const ew_node_config config = {"node-1", "1.2.3", 3, EW_SETTINGS_DEFAULTS};
  CHECK(ew_node_init(&node, &config));
  CHECK_EQUAL(fake.setups[EW_RADIO_WPAN].channel, 26);
}

static void asking_and_repeating_stores_nothing(void) {
  rig_start_connected();
  set("{\"id\":\"x\"}");
  CHECK(answered("{\"id\":\"x\",\"ok\":true,"));
  set("{\"id\":\"x\",\"channel\":15,\"scan\":true}");
  CHECK(answered("\"ok\":true"));
  set("not JSON");
  CHECK(answered("{\"id\":null,\"ok\":false,\"reason\":"));
  CHECK_EQUAL(fake.saves, 0);
  CHECK_EQUAL(fake.starts, 2);
}

static void stored_settings_that_are_broken_are_not_taken(void) {
  static const char broken[] = "{\"scan\":false,\"channel\":99}";
  const ew_node_config config = {"node-1", "1.2.3", 3, EW_SETTINGS_DEFAULTS};
  fake_reset();
  memcpy(fake.stored, broken, sizeof broken - 1);
  fake.stored_length = sizeof broken - 1;
  CHECK(ew_node_init(&node, &config));
  CHECK_EQUAL(fake.listening, 3);
  CHECK_EQUAL(fake.setups[EW_RADIO_WPAN].channel, EW_DEFAULT_CHANNEL);
}

static void a_radio_that_refuses_leaves_all_as_it_was(void) {
  rig_start_connected();
  fake.cannot_start = 1u << EW_RADIO_WPAN;
  set("{\"id\":1,\"channel\":20,\"scan_window_ms\":30}");
  CHECK(
      answered("{\"id\":1,\"ok\":false,\"reason\":\"a radio does not start with these settings\","
               "\"scan\":true,\"channel\":15,\"scan_interval_ms\":100,\"scan_window_ms\":50,"));
  CHECK_EQUAL(fake.setups[EW_RADIO_BLE].scan_window_ms, 50);
  CHECK_EQUAL(fake.saves, 0);
  // The radio stands still, and is tried again until it starts.
  unsigned starts = fake.starts;
  (void)rig_wait_ms(EW_RETRY_MS);
  CHECK(fake.starts > starts);
  fake.cannot_start = 0;
  (void)rig_wait_ms(EW_RETRY_MS);
  CHECK_EQUAL(node.listening, 3);
  CHECK_EQUAL(fake.setups[EW_RADIO_WPAN].channel, 15);
}

static void settings_that_cannot_be_stored_are_refused(void) {
  rig_start_connected();
  fake.cannot_save = true;
  set("{\"id\":1,\"channel\":20}");
  CHECK(
      answered("\"ok\":false,\"reason\":\"the settings cannot be stored\",\"scan\":true,"
               "\"channel\":15,"));
  CHECK_EQUAL(fake.setups[EW_RADIO_WPAN].channel, 15);
}

static void a_radio_that_does_not_start_is_tried_again(void) {
  const ew_node_config config = {"node-1", "1.2.3", 1, EW_SETTINGS_DEFAULTS};
  fake_reset();
  fake.cannot_start = 1;
  CHECK(ew_node_init(&node, &config));
  CHECK_EQUAL(rig_wait_ms(0), EW_RETRY_MS * 1000);
  CHECK_EQUAL(fake.starts, 1);
  fake.cannot_start = 0;
  CHECK_EQUAL(rig_wait_ms(EW_RETRY_MS), EW_STATUS_PERIOD_S * 1000000);
  CHECK_EQUAL(fake.listening, 1);
  (void)rig_wait_ms(60000);
  CHECK_EQUAL(fake.starts, 2);
}

static void an_answer_waits_for_a_busy_port(void) {
  rig_start_connected();
  fake.says = EW_PUBLISH_BUSY;
  set("{\"id\":1}");
  set("{\"id\":2}");
  fake.says = 0;
  (void)rig_wait_ms(EW_RETRY_MS);
  CHECK_EQUAL(fake.published, 1);
  CHECK(answered("{\"id\":2,"));
  (void)rig_wait_ms(EW_RETRY_MS);
  CHECK_EQUAL(fake.published, 1);
}

static void equal_frames_are_left_out_when_told_to(void) {
  rig_start_connected();
  set("{\"id\":1,\"dedup_ms\":1000,\"batch_age_ms\":0}");
  rig_forget();
  for (int i = 0; i < 20; i++) {
    CHECK(rig_hear(EW_RADIO_BLE, 77));
    (void)rig_wait_ms(100);
    for (size_t k = 0; k < fake.published; k++)
      ew_node_published(&node, fake_sent(k)->number, true);
  }
  CHECK_EQUAL(fake.published, 2);
  CHECK_EQUAL(rig_read(1)->infos[0].time_us - rig_read(0)->infos[0].time_us, 1000000);
  CHECK_EQUAL(node.dedup.left_out, 18);
  CHECK_EQUAL(ew_node_dropped(&node), 0);
}

static void flush_sends_what_waits(void) {
  rig_start_connected();
  CHECK(ew_node_flush(&node));
  CHECK(rig_hear(EW_RADIO_BLE, 1));
  CHECK(!ew_node_flush(&node));
  CHECK_EQUAL(rig_read(0)->numbers[0], 1);
  CHECK(!ew_node_flush(&node));
  ew_node_published(&node, fake_sent(0)->number, true);
  CHECK(ew_node_flush(&node));
  CHECK(rig_hear(EW_RADIO_BLE, 2));
  ew_node_disconnected(&node);
  CHECK(!ew_node_flush(&node));
  CHECK_EQUAL(fake.published, 1);
}

static void goodbye_is_the_last_word(void) {
  rig_start_connected();
  CHECK(ew_node_goodbye(&node) > 0);
  CHECK_TEXT(fake_sent(0)->topic, "edgewire/v1/node-1/status");
  CHECK_TEXT((const char *)fake_sent(0)->payload, "{\"state\":\"offline\"}");
  CHECK(fake_sent(0)->retain);
  CHECK_EQUAL(fake_sent(0)->qos, 1);
  CHECK_EQUAL(fake.listening, 0);
  CHECK(rig_hear(EW_RADIO_BLE, 1));
  set("{\"id\":1,\"scan\":false}");
  (void)rig_wait_ms(20000);
  CHECK(!ew_node_flush(&node));
  CHECK_EQUAL(fake.published, 1);
  CHECK_EQUAL(fake.listening, 0);
}

void node_control_tests(void) {
  RUN(times_become_unix_times_once_synchronised);
  RUN(a_clock_that_was_never_set_is_ignored);
  RUN(a_busy_port_does_not_move_times);
  RUN(unix_times_of_frames_stay_as_they_are);
  RUN(sent_times_never_run_backwards);
  RUN(late_frames_do_not_go_back);
  RUN(settings_reach_the_radios_and_the_storage);
  RUN(asking_and_repeating_stores_nothing);
  RUN(stored_settings_that_are_broken_are_not_taken);
  RUN(a_radio_that_refuses_leaves_all_as_it_was);
  RUN(settings_that_cannot_be_stored_are_refused);
  RUN(a_radio_that_does_not_start_is_tried_again);
  RUN(an_answer_waits_for_a_busy_port);
  RUN(equal_frames_are_left_out_when_told_to);
  RUN(flush_sends_what_waits);
  RUN(goodbye_is_the_last_word);
}
