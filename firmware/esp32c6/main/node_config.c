#include "node_config.h"

#include <stdio.h>
#include <string.h>

#include "esp_log.h"
#include "esp_mac.h"
#include "nvs.h"
#include "sdkconfig.h"

static const char TAG[] = "config";

/** A text from NVS, else `otherwise`. */
static void load(nvs_handle_t nvs, const char *key, char *text, size_t size,
                 const char *otherwise) {
  size_t length = size;
  esp_err_t error = nvs == 0 ? ESP_ERR_NVS_NOT_FOUND : nvs_get_str(nvs, key, text, &length);
  if (error == ESP_OK) return;
  if (error != ESP_ERR_NVS_NOT_FOUND) ESP_LOGE(TAG, "%s: %s", key, esp_err_to_name(error));
  if (strlcpy(text, otherwise, size) >= size) {
    ESP_LOGE(TAG, "%s: longer than %u bytes", key, (unsigned)size - 1);
    text[0] = '\0';
  }
}

static void default_name(char *name, size_t size) {
  uint8_t mac[6] = {0};
  ESP_ERROR_CHECK(esp_read_mac(mac, ESP_MAC_WIFI_STA));
  snprintf(name, size, "esp32c6-%02x%02x%02x", mac[3], mac[4], mac[5]);
}

void node_config_load(node_config *config) {
  nvs_handle_t nvs = 0;
  if (nvs_open(NODE_NVS, NVS_READONLY, &nvs) != ESP_OK) nvs = 0;
  load(nvs, "name", config->name, sizeof config->name, CONFIG_EDGEWIRE_NAME);
  load(nvs, "wifi_ssid", config->wifi_ssid, sizeof config->wifi_ssid, CONFIG_EDGEWIRE_WIFI_SSID);
  load(nvs, "wifi_password", config->wifi_password, sizeof config->wifi_password,
       CONFIG_EDGEWIRE_WIFI_PASSWORD);
  load(nvs, "broker", config->broker_uri, sizeof config->broker_uri, CONFIG_EDGEWIRE_BROKER_URI);
  load(nvs, "token", config->token, sizeof config->token, CONFIG_EDGEWIRE_TOKEN);
  load(nvs, "ntp_server", config->ntp_server, sizeof config->ntp_server,
       CONFIG_EDGEWIRE_NTP_SERVER);
  if (nvs != 0) nvs_close(nvs);
  if (config->name[0] == '\0') default_name(config->name, sizeof config->name);
}
