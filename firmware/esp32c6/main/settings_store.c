/** Settings of the node core in NVS: one blob, as the core writes it. */
#include "esp_log.h"
#include "ew_node.h"
#include "node_config.h"
#include "nvs.h"

static const char TAG[] = "settings";
static const char KEY[] = "settings";

size_t ew_port_settings_load(void *buffer, size_t size) {
  nvs_handle_t nvs;
  size_t length = size;
  if (nvs_open(NODE_NVS, NVS_READONLY, &nvs) != ESP_OK) return 0;
  esp_err_t error = nvs_get_blob(nvs, KEY, buffer, &length);
  nvs_close(nvs);
  if (error != ESP_OK && error != ESP_ERR_NVS_NOT_FOUND) {
    ESP_LOGE(TAG, "cannot load: %s", esp_err_to_name(error));
  }
  return error == ESP_OK ? length : 0;
}

bool ew_port_settings_save(const void *data, size_t length) {
  nvs_handle_t nvs;
  esp_err_t error = nvs_open(NODE_NVS, NVS_READWRITE, &nvs);
  if (error == ESP_OK) {
    error = nvs_set_blob(nvs, KEY, data, length);
    if (error == ESP_OK) error = nvs_commit(nvs);
    nvs_close(nvs);
  }
  if (error != ESP_OK) ESP_LOGE(TAG, "cannot save: %s", esp_err_to_name(error));
  return error == ESP_OK;
}
