#include "ble_scan.h"

#include <stdatomic.h>

#include "adv_report.h"
#include "esp_log.h"
#include "host/ble_gap.h"
#include "host/ble_hs.h"
#include "nimble/nimble_port.h"
#include "nimble/nimble_port_freertos.h"
#include "node_task.h"
#include "sdkconfig.h"

static const char TAG[] = "ble";

/** Host and controller are in step; set by the stack's task. */
static atomic_bool s_in_step;
/** Scanning ended and nobody asked for it; set by the stack's task. */
static atomic_bool s_ended;
/** The node wants reports; of the node's task, as the parameters. */
static bool s_wanted;
static struct ble_gap_ext_disc_params s_parameters;

_Static_assert(BLE_GAP_EXT_ADV_DATA_STATUS_COMPLETE == ADV_DATA_COMPLETE, "as in the event");
_Static_assert(BLE_GAP_EXT_ADV_DATA_STATUS_INCOMPLETE == ADV_DATA_INCOMPLETE, "as in the event");
_Static_assert(BLE_GAP_EXT_ADV_DATA_STATUS_TRUNCATED == ADV_DATA_TRUNCATED, "as in the event");

static void hear(const struct ble_gap_ext_disc_desc *heard) {
  uint8_t event[ADV_REPORT_BYTES_MAX];
  const adv_report report = {
      .properties = heard->props,
      .data_status = heard->data_status,
      .address_type = heard->addr.type,
      .address = heard->addr.val,
      .primary_phy = heard->prim_phy,
      .secondary_phy = heard->sec_phy,
      .set = heard->sid,
      .tx_power = heard->tx_power,
      .rssi = heard->rssi,
      .periodic_interval = heard->periodic_adv_itvl,
      .direct_address_type = heard->direct_addr.type,
      .direct_address = heard->direct_addr.val,
      .data = heard->data,
      .data_length = heard->length_data,
  };
  // The controller drops what has a wrong CRC, and does not say on which channel it heard.
  const ew_frame frame = {
      .time_us = ew_port_time_us(),
      .link_type = EW_LINK_HCI_H4,
      .rssi = heard->rssi,
      .channel = EW_UNKNOWN_CHANNEL,
      .flags = EW_FLAG_CHECKED,
      .lqi = EW_UNKNOWN_LQI,
  };
  (void)node_task_hear(EW_RADIO_BLE, &frame, event, adv_report_write(event, &report));
}

/** In the stack's task. */
static int on_gap_event(struct ble_gap_event *event, void *arg) {
  (void)arg;
  if (event->type == BLE_GAP_EVENT_EXT_DISC) {
    hear(&event->ext_disc);
  } else if (event->type == BLE_GAP_EVENT_DISC_COMPLETE) {
    atomic_store(&s_ended, true);
  }
  return 0;
}

static void on_in_step(void) {
  atomic_store(&s_in_step, true);
  atomic_store(&s_ended, true);
}

static void on_reset(int reason) {
  ESP_LOGW(TAG, "controller was reset: %d", reason);
  atomic_store(&s_in_step, false);
}

static void host_task(void *arg) {
  (void)arg;
  nimble_port_run();
  nimble_port_freertos_deinit();
}

bool ble_scan_begin(void) {
  esp_err_t error = nimble_port_init();
  if (error != ESP_OK) {
    ESP_LOGE(TAG, "no Bluetooth: %s", esp_err_to_name(error));
    return false;
  }
  ble_hs_cfg.sync_cb = on_in_step;
  ble_hs_cfg.reset_cb = on_reset;
  nimble_port_freertos_init(host_task);
  return true;
}

static bool scan(void) {
  if (!atomic_load(&s_in_step)) return false;
  if (ble_gap_disc_active()) (void)ble_gap_disc_cancel();
  atomic_store(&s_ended, false);
#if CONFIG_EDGEWIRE_BLE_CODED
  const struct ble_gap_ext_disc_params *coded = &s_parameters;
#else
  const struct ble_gap_ext_disc_params *coded = NULL;
#endif
  // For ever, with repetitions, from everybody.
  int error = ble_gap_ext_disc(BLE_OWN_ADDR_PUBLIC, 0, 0, 0, BLE_HCI_SCAN_FILT_NO_WL, 0,
                               &s_parameters, coded, on_gap_event, NULL);
  if (error != 0) ESP_LOGW(TAG, "cannot scan: %d", error);
  return error == 0;
}

/** Units of 0.625 ms. */
static uint16_t scan_units(uint16_t ms) { return (uint16_t)(ms * 8u / 5u); }

bool ble_scan_start(const ew_radio_setup *setup) {
  s_parameters = (struct ble_gap_ext_disc_params){
      .itvl = scan_units(setup->scan_interval_ms),
      .window = scan_units(setup->scan_window_ms),
      .passive = 1,
  };
  s_wanted = scan();
  return s_wanted;
}

void ble_scan_stop(void) {
  s_wanted = false;
  if (atomic_load(&s_in_step) && ble_gap_disc_active()) (void)ble_gap_disc_cancel();
}

void ble_scan_tend(void) {
  if (!s_wanted || !atomic_load(&s_in_step) || !atomic_exchange(&s_ended, false)) return;
  if (!scan()) atomic_store(&s_ended, true);
}
