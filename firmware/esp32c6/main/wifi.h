/** Wi-Fi as a station: connects, and again after each loss with growing waits of 1 s to 30 s. */
#ifndef WIFI_H
#define WIFI_H

#include "esp_err.h"
#include "node_config.h"

/** Starts to connect; behind esp_netif_init() and the default event loop. Does not wait. */
esp_err_t wifi_start(const node_config *config);

#endif
