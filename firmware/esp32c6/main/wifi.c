#include "wifi.h"

#include <stdatomic.h>
#include <string.h>

#include "esp_event.h"
#include "esp_log.h"
#include "esp_netif.h"
#include "esp_random.h"
#include "esp_timer.h"
#include "esp_wifi.h"

static const char TAG[] = "wifi";

enum { FIRST_WAIT_MS = 1000, LONGEST_WAIT_MS = 30000 };

static esp_timer_handle_t s_timer;
/** Before the next attempt. */
static atomic_uint s_wait_ms = FIRST_WAIT_MS;

/** Tries again after a while: twice as long each time, less up to half of it at random. */
static void connect_later(void) {
  unsigned longest_ms = atomic_load(&s_wait_ms);
  unsigned wait_ms = longest_ms - esp_random() % (longest_ms / 2);
  atomic_store(&s_wait_ms, longest_ms * 2 < LONGEST_WAIT_MS ? longest_ms * 2 : LONGEST_WAIT_MS);
  (void)esp_timer_stop(s_timer);
  (void)esp_timer_start_once(s_timer, (uint64_t)wait_ms * 1000);
}

/** Also the timer's callback. What comes of it is told by an event. */
static void connect(void *arg) {
  (void)arg;
  esp_err_t error = esp_wifi_connect();
  if (error == ESP_OK) return;
  ESP_LOGW(TAG, "cannot connect: %s", esp_err_to_name(error));
  connect_later();
}

static void on_wifi(void *arg, esp_event_base_t base, int32_t id, void *data) {
  (void)arg;
  (void)base;
  if (id == WIFI_EVENT_STA_START) {
    connect(NULL);
  } else if (id == WIFI_EVENT_STA_DISCONNECTED) {
    const wifi_event_sta_disconnected_t *event = data;
    ESP_LOGW(TAG, "disconnected: reason %u", event->reason);
    connect_later();
  }
}

static void on_address(void *arg, esp_event_base_t base, int32_t id, void *data) {
  (void)arg;
  (void)base;
  (void)id;
  const ip_event_got_ip_t *event = data;
  ESP_LOGI(TAG, "address " IPSTR, IP2STR(&event->ip_info.ip));
  atomic_store(&s_wait_ms, FIRST_WAIT_MS);
}

static esp_err_t configure(const node_config *config) {
  wifi_config_t wifi = {0};
  // Both fields may be full, and then end without NUL.
  memcpy(wifi.sta.ssid, config->wifi_ssid, strnlen(config->wifi_ssid, sizeof wifi.sta.ssid));
  memcpy(wifi.sta.password, config->wifi_password,
         strnlen(config->wifi_password, sizeof wifi.sta.password));
  // The strongest access point of that name, not the first one heard.
  wifi.sta.scan_method = WIFI_ALL_CHANNEL_SCAN;
  wifi.sta.sort_method = WIFI_CONNECT_AP_BY_SIGNAL;
  wifi.sta.sae_pwe_h2e = WPA3_SAE_PWE_BOTH;
  esp_err_t error = esp_wifi_set_mode(WIFI_MODE_STA);
  if (error == ESP_OK) error = esp_wifi_set_config(WIFI_IF_STA, &wifi);
  // The radios share one antenna: without modem sleep Wi-Fi would not let go of it.
  if (error == ESP_OK) error = esp_wifi_set_ps(WIFI_PS_MIN_MODEM);
  return error;
}

esp_err_t wifi_start(const node_config *config) {
  const esp_timer_create_args_t timer = {.callback = connect, .name = "wifi"};
  wifi_init_config_t init = WIFI_INIT_CONFIG_DEFAULT();
  if (config->wifi_ssid[0] == '\0') ESP_LOGE(TAG, "no network is named: see README");
  if (esp_netif_create_default_wifi_sta() == NULL) return ESP_ERR_NO_MEM;
  esp_err_t error = esp_timer_create(&timer, &s_timer);
  if (error == ESP_OK) error = esp_wifi_init(&init);
  if (error == ESP_OK) error = esp_wifi_set_storage(WIFI_STORAGE_RAM);
  if (error == ESP_OK) {
    error = esp_event_handler_register(WIFI_EVENT, ESP_EVENT_ANY_ID, on_wifi, NULL);
  }
  if (error == ESP_OK) {
    error = esp_event_handler_register(IP_EVENT, IP_EVENT_STA_GOT_IP, on_address, NULL);
  }
  if (error == ESP_OK) error = configure(config);
  if (error == ESP_OK) error = esp_wifi_start();
  return error;
}
