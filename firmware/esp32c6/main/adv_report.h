/**
 * An advertising report as the host stack tells it, written as the HCI event that it came in: an
 * LE Extended Advertising Report with one report (Bluetooth Core 5.4, Vol 4, Part E, 7.7.65.13),
 * behind the packet type of H4 (Vol 4, Part A, 2). NimBLE shows applications no HCI events.
 */
#ifndef ADV_REPORT_H
#define ADV_REPORT_H

#include <stddef.h>
#include <stdint.h>

/** Longest advertising data of one event, bytes. */
#define ADV_REPORT_DATA_MAX 229
/** Longest event, bytes: packet type, event header, report. */
#define ADV_REPORT_BYTES_MAX (3 + 2 + 24 + ADV_REPORT_DATA_MAX)

/** Data status, bits 5 and 6 of the event type. */
enum { ADV_DATA_COMPLETE = 0, ADV_DATA_INCOMPLETE = 1, ADV_DATA_TRUNCATED = 2 };

/** A report; the fields are those of the event. */
typedef struct {
  uint8_t properties;     /**< bits 0 to 4 of the event type */
  uint8_t data_status;    /**< ADV_DATA_... */
  uint8_t address_type;   /**< 0 to 3; 0xff anonymous */
  const uint8_t *address; /**< 6 bytes, least significant first */
  uint8_t primary_phy;
  uint8_t secondary_phy;
  uint8_t set;                /**< advertising set (SID); 0xff: none */
  int8_t tx_power;            /**< dBm; 127 unknown */
  int8_t rssi;                /**< dBm; 127 unknown */
  uint16_t periodic_interval; /**< 1.25 ms; 0: none */
  uint8_t direct_address_type;
  const uint8_t *direct_address; /**< 6 bytes */
  const uint8_t *data;
  size_t data_length; /**< what is beyond ADV_REPORT_DATA_MAX is left out, and the status says so */
} adv_report;

/** Writes the event. @return its length, bytes */
size_t adv_report_write(uint8_t event[ADV_REPORT_BYTES_MAX], const adv_report *report);

#endif
