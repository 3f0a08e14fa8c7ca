/** Brings the node up: configuration, network, radios, core, uplink; then the tasks go on alone. */
#include "ble_scan.h"
#include "esp_err.h"
#include "esp_event.h"
#include "esp_log.h"
#include "esp_netif.h"
#include "node_config.h"
#include "node_task.h"
#include "nvs_flash.h"
#include "sdkconfig.h"
#include "time_sync.h"
#include "uplink.h"
#include "wifi.h"
#include "wpan_radio.h"

static const char TAG[] = "edgewire";

/** NVS; formatted where an older firmware left another layout or it is full. */
static void start_storage(void) {
  esp_err_t error = nvs_flash_init();
  if (error == ESP_ERR_NVS_NO_FREE_PAGES || error == ESP_ERR_NVS_NEW_VERSION_FOUND) {
    ESP_LOGW(TAG, "NVS is formatted: %s", esp_err_to_name(error));
    ESP_ERROR_CHECK(nvs_flash_erase());
    error = nvs_flash_init();
  }
  ESP_ERROR_CHECK(error);
}

/** @return bit (1 << ew_radio) for each radio that there is */
static uint8_t start_radios(void) {
  unsigned radios = 0;
#if CONFIG_EDGEWIRE_BLE
  if (ble_scan_begin()) radios |= 1u << EW_RADIO_BLE;
#endif
#if CONFIG_EDGEWIRE_WPAN
  if (wpan_radio_begin()) radios |= 1u << EW_RADIO_WPAN;
#endif
  return (uint8_t)radios;
}

void app_main(void) {
  static node_config config;
  start_storage();
  node_config_load(&config);
  ESP_LOGI(TAG, "node %s, broker %s", config.name, config.broker_uri);
  ESP_ERROR_CHECK(esp_netif_init());
  ESP_ERROR_CHECK(esp_event_loop_create_default());
  ESP_ERROR_CHECK(time_sync_start(&config));
  ESP_ERROR_CHECK(wifi_start(&config));
  const ew_node *node = node_task_init(&config, start_radios());
  if (node == NULL) {
    ESP_LOGE(TAG, "cannot start: %s is no name for a node, or it has no radio", config.name);
    return;
  }
  if (!uplink_start(&config, node)) {
    ESP_LOGE(TAG, "cannot start: %s is no address of a broker", config.broker_uri);
    return;
  }
  node_task_start();
}
