/** What a node knows of a frame that a radio heard, as a record of the envelope says it. */
#ifndef EW_FRAME_H
#define EW_FRAME_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Link types (pcap LINKTYPE) that records may have. */
enum {
  EW_LINK_HCI_H4 = 187,        /**< Bluetooth HCI: packet type, then an advertising report event */
  EW_LINK_WPAN = 195,          /**< IEEE 802.15.4 with FCS */
  EW_LINK_WPAN_NO_FCS = 230,   /**< IEEE 802.15.4 without FCS */
  EW_LINK_BLE_LINK_LAYER = 251 /**< Bluetooth LE: access address, PDU, CRC */
};

/** Bits of `flags`. */
enum {
  EW_FLAG_UNIX_TIME = 1, /**< the time is Unix time; else since the node booted */
  EW_FLAG_CHECKED = 2,   /**< FCS or CRC was checked */
  EW_FLAG_WRONG = 4,     /**< and it was wrong */
  EW_FLAG_CUT = 8        /**< the frame is cut short */
};

/** Values for what a radio does not tell. */
enum { EW_UNKNOWN_RSSI = 127, EW_UNKNOWN_CHANNEL = 255, EW_UNKNOWN_LQI = 255 };

/** A frame without its bytes. */
typedef struct {
  uint64_t time_us; /**< when it began or ended, whichever the radio tells; see EW_FLAG_UNIX_TIME */
  uint16_t link_type; /**< pcap LINKTYPE */
  int8_t rssi;        /**< dBm */
  uint8_t channel;    /**< radio channel: 0 to 39 of Bluetooth LE, 11 to 26 of IEEE 802.15.4 */
  uint8_t flags;
  uint8_t lqi; /**< link quality, 0 to 254 of IEEE 802.15.4 */
} ew_frame;

#ifdef __cplusplus
}
#endif

#endif
