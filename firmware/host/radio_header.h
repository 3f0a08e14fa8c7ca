/**
 * Frames as captures hold them, with a radio header before them or without, as records of the
 * envelope: what the header says becomes RSSI, channel, link quality and flags. The TypeScript twin
 * is `traces/replay/radio_records.ts`.
 */
#ifndef EW_RADIO_HEADER_H
#define EW_RADIO_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../common/ew_frame.h"
#include "../port/port.h"

/** Whether a frame can be handed on, or why not. */
typedef enum {
  EW_HEARD_FRAME = 0,
  EW_HEARD_NOTHING,    /**< an HCI packet other than an LE event from the controller */
  EW_HEARD_CONNECTION, /**< Bluetooth LE, but no advertising: nobody but the two can follow it */
  EW_HEARD_CODED,      /**< LE Coded PHY, whose packets link type 251 cannot hold */
  EW_HEARD_UNREADABLE, /**< the radio header is damaged */
  EW_HEARD_COUNT,
} ew_heard_verdict;

/** A frame without its radio header; `frame` points into what was given. */
typedef struct {
  ew_frame info; /**< without time */
  const uint8_t *frame;
  size_t length; /**< bytes */
} ew_heard;

/** The link types that can be read, for messages. */
#define EW_LINK_TYPES_READ                                                                        \
  "187 and 201 (Bluetooth HCI H4), 251, 256 and 272 (Bluetooth LE link layer, also with "         \
  "radio header or of the nRF Sniffer), 195, 230 and 283 (IEEE 802.15.4 with FCS, without, with " \
  "TAP "                                                                                          \
  "header)"

/** Says which radio heard frames of a link type. @return false: they cannot be read */
bool ew_link_type_radio(int link_type, ew_radio *radio);

/** What a verdict means, for messages, in the plural. */
const char *ew_heard_text(ew_heard_verdict verdict);

/**
 * Reads a captured frame.
 *
 * @param link_type one that ew_link_type_radio() knows
 * @param length    captured bytes
 * @param whole     bytes that the frame had on the air, at least `length`
 */
ew_heard_verdict ew_radio_header_read(ew_heard *heard, int link_type, const uint8_t *data,
                                      size_t length, size_t whole);

#endif
