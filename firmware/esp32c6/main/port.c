/** The port: which radio is meant, the clock, and chance. Publishing is in uplink.c. */
#include "ew_node.h"

#include "ble_scan.h"
#include "esp_random.h"
#include "esp_timer.h"
#include "sdkconfig.h"
#include "wpan_radio.h"

bool ew_port_radio_start(ew_radio radio, const ew_radio_setup *setup) {
  switch (radio) {
#if CONFIG_EDGEWIRE_BLE
    case EW_RADIO_BLE:
      return ble_scan_start(setup);
#endif
#if CONFIG_EDGEWIRE_WPAN
    case EW_RADIO_WPAN:
      return wpan_radio_start(setup);
#endif
    default:
      return false;
  }
}

void ew_port_radio_stop(ew_radio radio) {
  switch (radio) {
#if CONFIG_EDGEWIRE_BLE
    case EW_RADIO_BLE:
      ble_scan_stop();
      break;
#endif
#if CONFIG_EDGEWIRE_WPAN
    case EW_RADIO_WPAN:
      wpan_radio_stop();
      break;
#endif
    default:
      break;
  }
}

uint64_t ew_port_time_us(void) { return (uint64_t)esp_timer_get_time(); }

/** From the hardware's noise while Wi-Fi runs, as it does when the node is initialised. */
uint32_t ew_port_random(void) { return esp_random(); }
