/**
 * Any bytes are what happens to a node: frames, messages, connections, acknowledgements, time. All
 * that it publishes is sound, and every frame is accounted for.
 */
#include <stdlib.h>
#include <string.h>

#include "../common/ew_json.h"
#include "../common/ew_node.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static ew_node node;
static uint64_t now_us;
static uint64_t last_unix_us;
static uint32_t next_batch;
static uint32_t published_frames;
/** Of envelopes that the port refused for good. */
static uint32_t refused_frames;
static int32_t next_number;
static ew_publish_result says;
static bool radio_fails, storage_fails;
static char stored[EW_SETTINGS_TEXT_BYTES];
static size_t stored_length;

static void must(bool condition) {
  if (!condition) abort();
}

bool ew_port_radio_start(ew_radio radio, const ew_radio_setup *setup) {
  must(radio < EW_RADIO_COUNT && setup->channel >= 11 && setup->channel <= 26);
  must(setup->scan_window_ms >= 3 && setup->scan_window_ms <= setup->scan_interval_ms);
  return !radio_fails;
}
void ew_port_radio_stop(ew_radio radio) { must(radio < EW_RADIO_COUNT); }
uint64_t ew_port_time_us(void) { return now_us; }
uint32_t ew_port_random(void) { return 7; }

size_t ew_port_settings_load(void *buffer, size_t size) {
  must(stored_length <= size);
  memcpy(buffer, stored, stored_length);
  return stored_length;
}

bool ew_port_settings_save(const void *data, size_t length) {
  must(length <= sizeof stored);
  if (storage_fails) return false;
  memcpy(stored, data, length);
  stored_length = length;
  return true;
}

static void check_envelope(const uint8_t *payload, size_t length) {
  ew_envelope_reader reader;
  ew_frame info;
  const uint8_t *frame = NULL;
  size_t bytes = 0;
  must(length <= EW_ENVELOPE_BYTES);
  must(ew_envelope_open(&reader, payload, length) == EW_ENVELOPE_RECORD);
  must(reader.header.boot == 7 && reader.header.records > 0);
  bool taken = says == 0;
  if (taken) must(reader.header.batch == next_batch++);
  uint64_t last_us = last_unix_us;
  while (ew_envelope_next(&reader, &info, &frame, &bytes) == EW_ENVELOPE_RECORD) {
    if ((info.flags & EW_FLAG_UNIX_TIME) == 0) continue;
    must(info.time_us >= last_us);
    last_us = info.time_us;
  }
  must(reader.problem == EW_ENVELOPE_END);
  if (says == EW_PUBLISH_REFUSED) refused_frames += reader.header.records;
  if (!taken) return;
  last_unix_us = last_us;
  published_frames += reader.header.records;
}

ew_publish_result ew_port_publish(const char *topic, const void *payload, size_t length,
                                  uint8_t qos, bool retain) {
  ew_json_object object;
  must(qos == 1 && strlen(topic) < EW_TOPIC_BYTES);
  if (strcmp(topic, "edgewire/v1/n/radio") == 0) {
    must(!retain);
    check_envelope(payload, length);
  } else if (strcmp(topic, "edgewire/v1/n/set/result") == 0) {
    must(!retain && ew_json_read(&object, payload, length));
  } else {
    must(retain && strcmp(topic, "edgewire/v1/n/status") == 0);
  }
  return says == 0 ? next_number++ : says;
}

/** Bytes that say what happens; when they are used up, zeros. */
typedef struct {
  const uint8_t *data;
  size_t left;
} script;

static uint8_t take(script *from) {
  if (from->left == 0) return 0;
  from->left--;
  return *from->data++;
}

/** The next bytes, up to `most` of them. */
static const uint8_t *take_bytes(script *from, size_t most, size_t *length) {
  const uint8_t *bytes = from->data;
  *length = most < from->left ? most : from->left;
  from->data += *length;
  from->left -= *length;
  return bytes;
}

/** @return whether it was kept */
static bool hear(script *from, uint8_t what) {
  size_t length = 0;
  ew_frame info = {now_us - take(from), EW_LINK_WPAN, -1, 11, 0, take(from)};
  const uint8_t *frame = take_bytes(from, (size_t)take(from) * 2, &length);
  return ew_node_hear(&node, (ew_radio)(what & 1), &info, frame, length);
}

static void act(script *from, uint8_t what) {
  size_t length = 0;
  const uint8_t *bytes = NULL;
  switch (what >> 1 & 7) {
    case 0:
      now_us += (uint64_t)1 << take(from) % 36;
      break;
    case 1:
      must(ew_node_poll(&node) <= EW_STATUS_PERIOD_S * 1000000u);
      break;
    case 2:
      (what & 1) != 0 ? ew_node_connected(&node) : ew_node_disconnected(&node);
      break;
    case 3:
      ew_node_published(&node, next_number - 1 - take(from) % 8, (what & 1) != 0);
      break;
    case 4:
      bytes = take_bytes(from, take(from), &length);
      ew_node_set(&node, bytes, length);
      break;
    case 5:
      ew_node_synchronised(&node, UINT64_C(1700000000000000) + ((uint64_t)take(from) << what / 8));
      break;
    case 6:
      says = (ew_publish_result)(take(from) % 3) - 2;
      break;
    default:
      radio_fails = (what & 16) != 0;
      storage_fails = (what & 32) != 0;
      (void)ew_node_flush(&node);
  }
}

/** Frames that wait in the queues. */
static uint32_t count_queued(void) {
  uint8_t record[EW_RECORD_BYTES_MAX];
  uint32_t frames = 0;
  for (size_t i = 0; i < EW_RADIO_COUNT; i++) {
    while (ew_queue_pop(&node.queues[i], record) > 0) frames++;
  }
  return frames;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const ew_node_config config = {"n", "1\"\x01", 3, EW_SETTINGS_DEFAULTS};
  script from = {data, size};
  uint32_t heard = 0;
  now_us = 1000000;
  last_unix_us = next_batch = published_frames = refused_frames = 0;
  next_number = 1;
  says = 0;
  radio_fails = storage_fails = false;
  memcpy(stored, data, stored_length = size < sizeof stored ? size : sizeof stored);
  must(ew_node_init(&node, &config));
  while (from.left > 0) {
    uint8_t what = take(&from);
    if (what >= 128) {
      heard++;
      (void)hear(&from, what);
    } else {
      act(&from, what);
    }
  }
  // Envelopes that failed were published before, those that were refused were not.
  must(node.lost - refused_frames <= published_frames);
  uint32_t dropped = ew_node_dropped(&node) - node.lost + refused_frames;
  uint32_t kept = published_frames + node.backlog.frames + count_queued() + node.dedup.left_out;
  must(heard == dropped + kept);
  return 0;
}
