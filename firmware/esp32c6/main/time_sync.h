/** Unix time by SNTP. Tells the node's task of each synchronisation. */
#ifndef TIME_SYNC_H
#define TIME_SYNC_H

#include "esp_err.h"
#include "node_config.h"

/**
 * Asks as soon as there is an address, and from then on regularly; behind the network interface,
 * before Wi-Fi. `config` must last.
 */
esp_err_t time_sync_start(const node_config *config);

#endif
