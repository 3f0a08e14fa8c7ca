/** Prints events that adv_report_write() makes, in hexadecimal, for `tests/firmware/adv_report_test.ts`. */
#include <stdio.h>
#include <string.h>

#include "../main/adv_report.h"

static void print(const adv_report *report) {
  uint8_t event[ADV_REPORT_BYTES_MAX];
  size_t length = adv_report_write(event, report);
  for (size_t i = 0; i < length; i++) printf("%02x", (unsigned)event[i]);
  printf("\n");
}

int main(void) {
  static const uint8_t address[6] = {0x06, 0x05, 0x04, 0x03, 0x02, 0xc1};
  static const uint8_t other[6] = {0x11, 0x12, 0x13, 0x14, 0x15, 0x16};
  static const uint8_t named[] = {2, 0x01, 0x06, 5, 0x09, 't', 'e', 's', 't'};
  // One element, which fills 229 bytes, and a byte beyond.
  uint8_t full[ADV_REPORT_DATA_MAX + 1] = {ADV_REPORT_DATA_MAX - 1, 0xff};
  adv_report report = {
      .properties = 0x13,  // connectable, scannable, legacy
      .data_status = ADV_DATA_COMPLETE,
      .address_type = 1,
      .address = address,
      .primary_phy = 1,
      .set = 0xff,
      .tx_power = 127,
      .rssi = -60,
      .direct_address = (const uint8_t[6]){0},
      .data = named,
      .data_length = sizeof named,
  };
  print(&report);
  report.properties = 0x04;  // directed
  report.data_status = ADV_DATA_INCOMPLETE;
  report.primary_phy = 3;
  report.secondary_phy = 2;
  report.set = 5;
  report.tx_power = -8;
  report.rssi = 127;
  report.periodic_interval = 0x1234;
  report.direct_address_type = 1;
  report.direct_address = other;
  report.data = full;
  report.data_length = ADV_REPORT_DATA_MAX;
  print(&report);
  report.data_length = sizeof full;
  print(&report);
  report.data_length = 0;
  report.data = NULL;
  report.data_status = ADV_DATA_COMPLETE;
  print(&report);
  return 0;
}
