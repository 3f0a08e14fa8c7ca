/**
 * What a node is told when it is set up: its name, its network, its broker. Each text comes from
 * NVS (namespace "edgewire"), else from `menuconfig`, so that one image serves many boards.
 */
#ifndef NODE_CONFIG_H
#define NODE_CONFIG_H

#include "ew_config.h"

/** NVS namespace of the node. */
#define NODE_NVS "edgewire"

/** All end with NUL; what is empty is not set. */
typedef struct {
  char name[EW_NAME_MAX + 1];
  char wifi_ssid[32 + 1];
  char wifi_password[63 + 1];
  char broker_uri[160];
  char token[200];
  char ntp_server[64];
} node_config;

/** Reads the configuration. NVS and the Wi-Fi driver need not run. */
void node_config_load(node_config *config);

#endif
