/** A port of which tests decide everything. */
#ifndef FAKE_PORT_H
#define FAKE_PORT_H

#include "../common/ew_node.h"

enum { FAKE_MESSAGES = 24 };

/** Something that was published. */
typedef struct {
  char topic[EW_TOPIC_BYTES];
  uint8_t payload[EW_ENVELOPE_BYTES + 1]; /**< with a NUL behind */
  size_t length;
  uint8_t qos;
  bool retain;
  ew_publish_result number;
} fake_message;

typedef struct {
  uint64_t time_us;
  uint32_t random;
  ew_publish_result says; /**< 0: takes a message; else returned instead */
  ew_publish_result next; /**< number of the next message */
  size_t published;       /**< messages taken */
  fake_message messages[FAKE_MESSAGES];
  char stored[EW_SETTINGS_TEXT_BYTES]; /**< settings */
  size_t stored_length;
  unsigned saves;
  bool cannot_save;
  uint8_t cannot_start; /**< bit (1 << ew_radio): that radio does not start */
  uint8_t listening;    /**< bit (1 << ew_radio) */
  unsigned starts;      /**< of radios, also those that failed */
  ew_radio_setup setups[EW_RADIO_COUNT];
} fake_port;

extern fake_port fake;

/** Everything as at the start: time 1 s, a working port, nothing stored. */
void fake_reset(void);

/** The message published as number `index` since the reset. */
const fake_message *fake_sent(size_t index);

#endif
