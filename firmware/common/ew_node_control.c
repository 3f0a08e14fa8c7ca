#include "ew_node_control.h"

#include <string.h>

/** Starts or stops a radio as the settings say. @return false: it does not start */
static bool set_radio(ew_node *node, ew_radio radio) {
  const ew_settings *settings = &node->settings;
  uint8_t bit = (uint8_t)(1u << radio);
  node->listening &= (uint8_t)~bit;
  if (!settings->scan) {
    ew_port_radio_stop(radio);
    return true;
  }
  ew_radio_setup setup = {settings->scan_interval_ms, settings->scan_window_ms,
                          (uint8_t)settings->channel};
  if (!ew_port_radio_start(radio, &setup)) return false;
  node->listening |= bit;
  return true;
}

void ew_node_start_radios(ew_node *node, uint64_t now_us) {
  node->radio_due_us = UINT64_MAX;
  if (!node->settings.scan) return;
  for (unsigned radio = 0; radio < EW_RADIO_COUNT; radio++) {
    if ((node->config.radios & ~node->listening & (1u << radio)) == 0) continue;
    if (!set_radio(node, (ew_radio)radio)) {
      node->radio_due_us = now_us + (uint64_t)EW_RETRY_MS * 1000;
    }
  }
}

void ew_node_load_settings(ew_node *node) {
  char stored[EW_SETTINGS_TEXT_BYTES];
  size_t length = ew_port_settings_load(stored, sizeof stored);
  if (length == 0 || length > sizeof stored) return;
  (void)ew_settings_restore(&node->settings, node->config.radios, stored, length);
}

/** Whether other settings are something else to a radio. */
static bool concerns(ew_radio radio, const ew_settings *one, const ew_settings *other) {
  if (one->scan != other->scan) return true;
  if (!one->scan) return false;
  if (radio == EW_RADIO_WPAN) return one->channel != other->channel;
  return one->scan_interval_ms != other->scan_interval_ms ||
         one->scan_window_ms != other->scan_window_ms;
}

/** Goes over to other settings. @return false: a radio does not start with them */
static bool change(ew_node *node, const ew_settings *settings) {
  ew_settings before = node->settings;
  bool ok = true;
  node->settings = *settings;
  for (unsigned radio = 0; radio < EW_RADIO_COUNT; radio++) {
    if ((node->config.radios >> radio & 1) == 0) continue;
    if (concerns((ew_radio)radio, &before, settings)) ok = set_radio(node, (ew_radio)radio) && ok;
  }
  return ok;
}

static bool store(const ew_node *node) {
  char stored[EW_SETTINGS_TEXT_BYTES];
  ew_text text;
  ew_text_begin(&text, stored, sizeof stored);
  ew_settings_write(&text, &node->settings, node->config.radios);
  EW_ASSERT(!text.cut);
  return ew_port_settings_save(stored, text.length);
}

/** Does what a good message asks for, or says in it why not. */
static void follow(ew_node *node, ew_settings_wish *wish) {
  ew_settings before = node->settings;
  const char *reason = NULL;
  if (!change(node, &wish->settings)) {
    reason = "a radio does not start with these settings";
  } else if (!store(node)) {
    reason = "the settings cannot be stored";
  }
  if (reason == NULL) return;
  (void)change(node, &before);
  // What did not start again is tried with the next poll.
  node->radio_due_us = 0;
  wish->ok = false;
  ew_text text;
  ew_text_begin(&text, wish->reason, sizeof wish->reason);
  ew_text_add(&text, reason);
}

void ew_node_set(ew_node *node, const void *payload, size_t length) {
  ew_settings_wish wish;
  ew_text text;
  if (node->ended) return;
  ew_settings_read(&wish, &node->settings, node->config.radios, payload, length);
  if (wish.ok && !ew_settings_equal(&wish.settings, &node->settings)) follow(node, &wish);
  ew_text_begin(&text, node->answer, sizeof node->answer);
  ew_settings_answer(&text, &wish, &node->settings, node->config.radios);
  EW_ASSERT(!text.cut);
  node->answer_waits = true;
}
