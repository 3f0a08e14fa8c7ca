#include "node_rig.h"

#include <string.h>

#include "check.h"

ew_node node;

void rig_start(void) {
  static const ew_node_config config = {"node-1", "1.2.3", 3, EW_SETTINGS_DEFAULTS};
  fake_reset();
  CHECK(ew_node_init(&node, &config));
}

void rig_start_connected(void) {
  rig_start();
  ew_node_connected(&node);
  (void)ew_node_poll(&node);
  CHECK_EQUAL(fake.published, 1);
  rig_forget();
}

void rig_forget(void) { fake.published = 0; }

uint32_t rig_wait_ms(uint32_t ms) {
  fake.time_us += (uint64_t)ms * 1000;
  return ew_node_poll(&node);
}

bool rig_hear(ew_radio radio, uint32_t number) {
  const ew_frame info = {fake.time_us, EW_LINK_WPAN_NO_FCS, -50, 11, 0, 255};
  const uint8_t frame[4] = {(uint8_t)(number & 0xff), (uint8_t)(number >> 8 & 0xff),
                            (uint8_t)(number >> 16 & 0xff), (uint8_t)(number >> 24)};
  return ew_node_hear(&node, radio, &info, frame, sizeof frame);
}

const rig_envelope *rig_read(size_t index) {
  static rig_envelope read;
  const fake_message *message = fake_sent(index);
  ew_envelope_reader reader;
  const uint8_t *frame = NULL;
  ew_frame unread;
  size_t length = 0;
  memset(&read, 0, sizeof read);
  CHECK_TEXT(message->topic, "edgewire/v1/node-1/radio");
  CHECK_EQUAL(message->qos, 1);
  CHECK(!message->retain);
  CHECK_EQUAL(ew_envelope_open(&reader, message->payload, message->length), EW_ENVELOPE_RECORD);
  read.header = reader.header;
  for (size_t i = 0; i < reader.header.records; i++) {
    if (ew_envelope_next(&reader, &read.infos[i], &frame, &length) != EW_ENVELOPE_RECORD) break;
    CHECK_EQUAL(length, 4);
    for (size_t k = 0; k < length; k++) read.numbers[i] |= (uint32_t)frame[k] << 8 * k;
  }
  CHECK_EQUAL(ew_envelope_next(&reader, &unread, &frame, &length), EW_ENVELOPE_END);
  return &read;
}
