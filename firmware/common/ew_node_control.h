/** What a node does with its settings and radios. Not for ports. */
#ifndef EW_NODE_CONTROL_H
#define EW_NODE_CONTROL_H

#include <stdint.h>

#include "ew_node.h"

/** Takes the stored settings, if all of them are good. */
void ew_node_load_settings(ew_node *node);

/** Tries the radios that should listen and do not. @param now_us time since boot */
void ew_node_start_radios(ew_node *node, uint64_t now_us);

#endif
