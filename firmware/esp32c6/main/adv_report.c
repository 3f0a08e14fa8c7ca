#include "adv_report.h"

#include <string.h>

enum {
  H4_EVENT = 0x04,
  LE_META = 0x3e,
  EXTENDED_ADVERTISING_REPORT = 0x0d,
  ADDRESS_BYTES = 6,
};

static uint8_t *put_u16(uint8_t *at, unsigned value) {
  at[0] = (uint8_t)(value & 0xff);
  at[1] = (uint8_t)(value >> 8 & 0xff);
  return at + 2;
}

static uint8_t *put_bytes(uint8_t *at, const uint8_t *bytes, size_t length) {
  if (length > 0) memcpy(at, bytes, length);
  return at + length;
}

size_t adv_report_write(uint8_t event[ADV_REPORT_BYTES_MAX], const adv_report *report) {
  size_t length = report->data_length;
  unsigned status = report->data_status;
  if (length > ADV_REPORT_DATA_MAX) {
    length = ADV_REPORT_DATA_MAX;
    status = ADV_DATA_TRUNCATED;
  }
  uint8_t *at = event;
  *at++ = H4_EVENT;
  *at++ = LE_META;
  *at++ = (uint8_t)(2 + 24 + length);
  *at++ = EXTENDED_ADVERTISING_REPORT;
  *at++ = 1;
  at = put_u16(at, (report->properties & 0x1fu) | (status & 3u) << 5);
  *at++ = report->address_type;
  at = put_bytes(at, report->address, ADDRESS_BYTES);
  *at++ = report->primary_phy;
  *at++ = report->secondary_phy;
  *at++ = report->set;
  *at++ = (uint8_t)report->tx_power;
  *at++ = (uint8_t)report->rssi;
  at = put_u16(at, report->periodic_interval);
  *at++ = report->direct_address_type;
  at = put_bytes(at, report->direct_address, ADDRESS_BYTES);
  *at++ = (uint8_t)length;
  at = put_bytes(at, report->data, length);
  return (size_t)(at - event);
}
