/**
 * MQTT: the connection to the broker with the node's last will, its settings topic, and
 * ew_port_publish().
 *
 * esp-mqtt holds a lock while it writes to the network, and its calls wait for it. So the node's
 * task only puts messages into places here, and a task of our own hands them to the client. The
 * client keeps what the broker has not acknowledged, over a reconnect too.
 */
#ifndef UPLINK_H
#define UPLINK_H

#include <stdbool.h>

#include "ew_node.h"
#include "node_config.h"

/**
 * Starts to connect, and again after each loss; behind node_task_init(). `config` and `node` must
 * last.
 *
 * @return false: the broker's address makes no sense
 */
bool uplink_start(const node_config *config, const ew_node *node);

#endif
