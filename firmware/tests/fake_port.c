#include "fake_port.h"

#include <string.h>

#include "check.h"

fake_port fake;

void fake_reset(void) {
  memset(&fake, 0, sizeof fake);
  fake.time_us = 1000000;
  fake.random = 0x12345678;
  fake.next = 1;
}

const fake_message *fake_sent(size_t index) {
  static const fake_message none;
  CHECK(index < fake.published && index < FAKE_MESSAGES);
  return index < fake.published && index < FAKE_MESSAGES ? &fake.messages[index] : &none;
}

bool ew_port_radio_start(ew_radio radio, const ew_radio_setup *setup) {
  fake.starts++;
  if ((fake.cannot_start >> radio & 1) != 0) return false;
  fake.listening |= (uint8_t)(1u << radio);
  fake.setups[radio] = *setup;
  return true;
}

void ew_port_radio_stop(ew_radio radio) { fake.listening &= (uint8_t) ~(1u << radio); }

uint64_t ew_port_time_us(void) { return fake.time_us; }

ew_publish_result ew_port_publish(const char *topic, const void *payload, size_t length,
                                  uint8_t qos, bool retain) {
  if (fake.says != 0) return fake.says;
  if (fake.published < FAKE_MESSAGES && length <= EW_ENVELOPE_BYTES) {
    fake_message *message = &fake.messages[fake.published];
    strncpy(message->topic, topic, sizeof message->topic - 1);
    memcpy(message->payload, payload, length);
    message->payload[length] = 0;
    message->length = length;
    message->qos = qos;
    message->retain = retain;
    message->number = fake.next;
  }
  fake.published++;
  return fake.next++;
}

size_t ew_port_settings_load(void *buffer, size_t size) {
  size_t length = fake.stored_length < size ? fake.stored_length : size;
  memcpy(buffer, fake.stored, length);
  return length;
}

bool ew_port_settings_save(const void *data, size_t length) {
  fake.saves++;
  if (fake.cannot_save || length > sizeof fake.stored) return false;
  memcpy(fake.stored, data, length);
  fake.stored_length = length;
  return true;
}

uint32_t ew_port_random(void) { return fake.random; }
