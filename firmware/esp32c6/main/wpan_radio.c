#include "wpan_radio.h"

#include "esp_coexist.h"
#include "esp_ieee802154.h"
#include "esp_log.h"
#include "node_task.h"
#include "sdkconfig.h"

static const char TAG[] = "802.15.4";

enum {
  FCS_BYTES = 2,
  FRAME_MAX = 127,
  /** A frame of 127 bytes takes 4.3 ms behind its SFD (250 kbit/s); older times are of another. */
  LONGEST_FRAME_US = 5000,
};

bool wpan_radio_begin(void) {
  esp_err_t error = esp_ieee802154_enable();
#if CONFIG_ESP_COEX_SW_COEXIST_ENABLE
  if (error == ESP_OK) error = esp_coex_wifi_i154_enable();
#endif
  // Promiscuous, it acknowledges nothing either.
  if (error == ESP_OK) error = esp_ieee802154_set_promiscuous(true);
  if (error != ESP_OK) ESP_LOGE(TAG, "no radio: %s", esp_err_to_name(error));
  return error == ESP_OK;
}

bool wpan_radio_start(const ew_radio_setup *setup) {
  esp_err_t error = esp_ieee802154_set_channel(setup->channel);
  if (error == ESP_OK) error = esp_ieee802154_set_rx_when_idle(true);
  if (error == ESP_OK) error = esp_ieee802154_receive();
  if (error != ESP_OK) ESP_LOGW(TAG, "cannot listen: %s", esp_err_to_name(error));
  return error == ESP_OK;
}

void wpan_radio_stop(void) {
  (void)esp_ieee802154_set_rx_when_idle(false);
  (void)esp_ieee802154_sleep();
}

/**
 * The driver calls it in its interrupt, or in a critical section of a task that stops reception:
 * one at a time. `frame` is the length, the frame, and RSSI and LQI in the place of the FCS; frames
 * with a wrong FCS are not told.
 */
void esp_ieee802154_receive_done(uint8_t *frame, esp_ieee802154_frame_info_t *frame_info) {
  size_t length = frame[0];
  if (length > FCS_BYTES && length <= FRAME_MAX) {
    uint64_t now_us = ew_port_time_us();
    bool is_recent =
        frame_info->timestamp <= now_us && now_us - frame_info->timestamp < LONGEST_FRAME_US;
    const ew_frame info = {
        .time_us = is_recent ? frame_info->timestamp : now_us,
        .link_type = EW_LINK_WPAN_NO_FCS,
        .rssi = frame_info->rssi,
        .channel = frame_info->channel,
        .flags = EW_FLAG_CHECKED,
        .lqi = frame_info->lqi,
    };
    (void)node_task_hear(EW_RADIO_WPAN, &info, frame + 1, length - FCS_BYTES);
  }
  (void)esp_ieee802154_receive_handle_done(frame);
}
