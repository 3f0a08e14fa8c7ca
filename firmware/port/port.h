/**
 * What a board, or an operating system, provides to the node core (`common/`). Each port implements
 * all of it; nothing here may block, and nothing is called from an interrupt except
 * ew_port_time_us().
 *
 * The core runs in one task, which calls ew_node_poll(). Radio callbacks and interrupts only call
 * ew_node_hear().
 */
#ifndef EW_PORT_H
#define EW_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Radios that a node may have. */
typedef enum {
  EW_RADIO_BLE = 0,
  EW_RADIO_WPAN = 1, /**< IEEE 802.15.4 */
  EW_RADIO_COUNT = 2,
} ew_radio;

/** What a radio is asked to do; which members it knows depends on the radio. */
typedef struct {
  uint16_t scan_interval_ms; /**< BLE: from one scan window to the next, 3 to 10240 */
  uint16_t scan_window_ms;   /**< BLE: listening of each interval, 3 to scan_interval_ms */
  uint8_t channel;           /**< IEEE 802.15.4: 11 to 26 */
} ew_radio_setup;

/** Starts to listen, or goes on with another setup. @return false: it cannot */
bool ew_port_radio_start(ew_radio radio, const ew_radio_setup *setup);

/** Stops listening; does nothing if it does not. */
void ew_port_radio_stop(ew_radio radio);

/** Microseconds since the node booted. Monotonic, never wraps. Safe in an interrupt. */
uint64_t ew_port_time_us(void);

/** Above zero: handed over; ew_node_published() tells what became of it. Else one of these. */
typedef int32_t ew_publish_result;
enum {
  EW_PUBLISH_DONE = 0,     /**< quality 0: handed over, and nothing more is heard of it */
  EW_PUBLISH_BUSY = -1,    /**< not now: no connection, or no room; it is tried again */
  EW_PUBLISH_REFUSED = -2, /**< never: too long, or not a topic; it is dropped and counted */
};

/**
 * Publishes by MQTT. The payload is copied, or sent before the return.
 *
 * @param topic  whole topic, ends with NUL
 * @param qos    0 or 1
 * @param retain whether the broker keeps it
 * @return above zero with quality 1: a number that ew_node_published() repeats
 */
ew_publish_result ew_port_publish(const char *topic, const void *payload, size_t length,
                                  uint8_t qos, bool retain);

/** Reads what ew_port_settings_save() stored. @return bytes read, 0: there are none */
size_t ew_port_settings_load(void *buffer, size_t size);

/** Stores settings over a restart. @return false: it could not */
bool ew_port_settings_save(const void *data, size_t length);

/** 32 random bits, good enough to tell one boot from another. */
uint32_t ew_port_random(void);

#ifdef __cplusplus
}
#endif

#endif
