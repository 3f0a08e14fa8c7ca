/** IEEE 802.15.4: promiscuous reception; each frame becomes one of link type 230. */
#ifndef WPAN_RADIO_H
#define WPAN_RADIO_H

#include <stdbool.h>

#include "ew_node.h"

/** Starts the radio, at rest; at start, once, behind Wi-Fi. @return false: there is none */
bool wpan_radio_begin(void);

/** Listens, or goes on with another channel. @return false: it cannot */
bool wpan_radio_start(const ew_radio_setup *setup);

/** Stops listening. */
void wpan_radio_stop(void);

#endif
