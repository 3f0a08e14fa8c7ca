/** Bluetooth LE: passive scanning with NimBLE; each report becomes a frame of link type 187. */
#ifndef BLE_SCAN_H
#define BLE_SCAN_H

#include <stdbool.h>

#include "ew_node.h"

/** Starts the controller and the host stack; at start, once. @return false: there is no radio */
bool ble_scan_begin(void);

/**
 * Starts scanning, or goes on with another setup. Only the node's task may call this and what
 * follows. Waits for the controller's answer, which takes less than a millisecond.
 *
 * @return false: not now; the host and the controller may not be in step yet
 */
bool ble_scan_start(const ew_radio_setup *setup);

/** Stops scanning. */
void ble_scan_stop(void);

/** Starts again what the stack ended by itself, as after a reset of the controller. Often. */
void ble_scan_tend(void);

#endif
