/**
 * Generic netlink of the kernel's IEEE 802.15.4 stack, as far as it is needed here: what
 * `iwpan phy phy0 set channel 0 15` does.
 */
#ifndef EW_NL802154_H
#define EW_NL802154_H

#include <stddef.h>
#include <stdint.h>

/** Tunes the transceiver of an interface, on channel page 0. @return 0, or errno */
int ew_nl802154_set_channel(int interface, uint8_t channel);

/** Room for a message here, bytes. */
#define EW_NL802154_BYTES 256

/** Writes the question for the number of the family "nl802154". @return its length, bytes */
size_t ew_nl802154_write_lookup(uint8_t message[EW_NL802154_BYTES]);

/** Writes the message that tunes. @param family its number @return its length, bytes */
size_t ew_nl802154_write_channel(uint8_t message[EW_NL802154_BYTES], uint16_t family, int interface,
                                 uint8_t channel);

/**
 * Reads an answer.
 *
 * @param family gets the number of the family, where the answer says it
 * @return 0, or errno; EPROTO: it is none
 */
int ew_nl802154_read(const uint8_t *message, size_t length, uint16_t *family);

#endif
