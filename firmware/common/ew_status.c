#include "ew_status.h"

#include <string.h>

#include "../port/port.h"

/** As the gateway and other nodes call the radios. */
static const char *const RADIO_NAMES[EW_RADIO_COUNT] = {"ble", "802.15.4"};

void ew_status_write(ew_text *text, uint32_t boot, const char *version, uint8_t radios) {
  size_t length = strlen(version);
  ew_text_add(text, "{\"state\":\"online\",\"boot\":");
  ew_text_add_number(text, boot);
  ew_text_add(text, ",\"version\":");
  ew_text_add_json(text, version, length < EW_VERSION_MAX ? length : EW_VERSION_MAX);
  ew_text_add(text, ",\"radios\":[");
  bool first = true;
  for (unsigned radio = 0; radio < EW_RADIO_COUNT; radio++) {
    if ((radios >> radio & 1) == 0) continue;
    if (!first) ew_text_add(text, ",");
    ew_text_add_json(text, RADIO_NAMES[radio], strlen(RADIO_NAMES[radio]));
    first = false;
  }
  ew_text_add(text, "],\"period\":");
  ew_text_add_number(text, EW_STATUS_PERIOD_S);
  ew_text_add(text, "}");
}
