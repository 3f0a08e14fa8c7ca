#include "host_port.h"

#include <sys/random.h>
#include <sys/timex.h>
#include <time.h>

#include "settings_file.h"

ew_host ew_the_host;

static uint64_t clock_us(clockid_t clock) {
  struct timespec now;
  (void)clock_gettime(clock, &now);
  return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/** Goes on while the machine sleeps. */
uint64_t ew_port_time_us(void) { return clock_us(CLOCK_BOOTTIME); }

bool ew_host_unix_time(uint64_t *unix_us) {
  struct timex state = {.modes = 0};
  *unix_us = clock_us(CLOCK_REALTIME);
  return adjtimex(&state) >= 0 && (state.status & STA_UNSYNC) == 0;
}

bool ew_port_radio_start(ew_radio radio, const ew_radio_setup *setup) {
  ew_host *host = &ew_the_host;
  if (radio == EW_RADIO_BLE && host->hci != NULL) ew_hci_listen(host->hci, setup);
  if (radio == EW_RADIO_WPAN && host->wpan != NULL) {
    if (host->channel != setup->channel && !ew_wpan_tune(host->wpan, setup->channel)) return false;
    host->channel = setup->channel;
  }
  host->listening[radio] = true;
  return true;
}

void ew_port_radio_stop(ew_radio radio) {
  ew_host *host = &ew_the_host;
  host->listening[radio] = false;
  if (radio == EW_RADIO_BLE && host->hci != NULL) ew_hci_quiet(host->hci);
}

ew_publish_result ew_port_publish(const char *topic, const void *payload, size_t length,
                                  uint8_t qos, bool retain) {
  return ew_link_publish(ew_the_host.link, topic, payload, length, qos, retain);
}

size_t ew_port_settings_load(void *buffer, size_t size) {
  const char *path = ew_the_host.settings_file;
  return path == NULL ? 0 : ew_settings_file_load(path, buffer, size);
}

bool ew_port_settings_save(const void *data, size_t length) {
  const char *path = ew_the_host.settings_file;
  return path == NULL || ew_settings_file_save(path, data, length);
}

uint32_t ew_port_random(void) {
  uint32_t value;
  // Up to 256 bytes come at once, or not at all before the kernel has any.
  if (getrandom(&value, sizeof value, GRND_NONBLOCK) == (ssize_t)sizeof value) return value;
  return (uint32_t)(clock_us(CLOCK_REALTIME) * UINT64_C(2654435761) >> 16);
}
