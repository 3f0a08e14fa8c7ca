/**
 * The task that owns the node core. Radios, network and clock tell it what happened by the
 * functions below, which copy and return; it looks every 10 ms, and at once when it was told
 * something but a frame.
 */
#ifndef NODE_TASK_H
#define NODE_TASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ew_node.h"
#include "node_config.h"

/**
 * Initialises the core, which starts the radios; what they hear waits for node_task_start().
 *
 * @param radios bit (1 << ew_radio) for each that there is
 * @return the node, to ask for its topics; NULL: name or radios make no sense
 */
const ew_node *node_task_init(const node_config *config, uint8_t radios);

/** Starts the task. */
void node_task_start(void);

/**
 * Takes a frame; each radio has one producer at a time, which may be an interrupt.
 *
 * @return false: no room
 */
bool node_task_hear(ew_radio radio, const ew_frame *info, const uint8_t *frame, size_t length);

/** Says whether the broker can be reached, topics subscribed. Of one task: the uplink's. */
void node_task_link(bool up);

/** Says what became of a publish; see ew_node_published(). Waits for room: not for callbacks. */
void node_task_published(ew_publish_result number, bool ok);

/** Takes a settings message. Where two wait already it is dropped. */
void node_task_set(const void *payload, size_t length);

/** Says that the clock was set. */
void node_task_time_was_set(void);

#endif
