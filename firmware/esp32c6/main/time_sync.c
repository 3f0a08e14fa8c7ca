#include "time_sync.h"

#include <sys/time.h>

#include "esp_event.h"
#include "esp_netif.h"
#include "esp_netif_sntp.h"
#include "node_task.h"

/** In the network stack's task. */
static void on_synchronised(struct timeval *time) {
  (void)time;
  node_task_time_was_set();
}

static void on_address(void *arg, esp_event_base_t base, int32_t id, void *data) {
  (void)arg;
  (void)base;
  (void)id;
  (void)data;
  (void)esp_netif_sntp_start();
}

esp_err_t time_sync_start(const node_config *config) {
  // The server that DHCP names comes first; it is forgotten with each new address.
  esp_sntp_config_t sntp = ESP_NETIF_SNTP_DEFAULT_CONFIG(config->ntp_server);
  if (config->ntp_server[0] == '\0') sntp.num_of_servers = 0;
  sntp.start = false;
  sntp.wait_for_sync = false;
  sntp.server_from_dhcp = true;
  sntp.renew_servers_after_new_IP = true;
  sntp.index_of_first_server = 1;
  sntp.ip_event_to_renew = IP_EVENT_STA_GOT_IP;
  sntp.sync_cb = on_synchronised;
  esp_err_t error = esp_netif_sntp_init(&sntp);
  if (error != ESP_OK) return error;
  return esp_event_handler_register(IP_EVENT, IP_EVENT_STA_GOT_IP, on_address, NULL);
}
