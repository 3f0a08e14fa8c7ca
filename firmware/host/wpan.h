/**
 * An IEEE 802.15.4 monitor interface of Linux as a radio: a packet socket gets every frame that the
 * transceiver hears, with FCS (link type 195). The kernel tells neither RSSI nor LQI.
 *
 *     iwpan phy phy0 interface add monitor0 type monitor
 *     ip link set monitor0 up
 */
#ifndef EW_WPAN_H
#define EW_WPAN_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/** Longest frame that is read, bytes (IEEE 802.15.4-2020, 11.3: aMaxPhyPacketSize of SUN PHYs). */
#define EW_WPAN_BYTES 2047

typedef struct {
  int fd;    /**< to poll for reading; -1: closed */
  int index; /**< of the interface */
  int error; /**< of the last attempt to tune, errno; 0: none */
  char name[IF_NAMESIZE];
} ew_wpan;

/** Opens an interface. @return false: it cannot, and said why */
bool ew_wpan_open(ew_wpan *wpan, const char *name);

/**
 * Tunes the transceiver, on channel page 0.
 *
 * @param channel 11 to 26
 * @return false: it cannot, and said why, but once
 */
bool ew_wpan_tune(ew_wpan *wpan, uint8_t channel);

/**
 * Reads a frame; does not wait.
 *
 * @param frame of EW_WPAN_BYTES
 * @return its length; -1: nothing more now; -2: the interface is gone, which was said
 */
ssize_t ew_wpan_read(const ew_wpan *wpan, uint8_t *frame);

void ew_wpan_close(ew_wpan *wpan);

#endif
