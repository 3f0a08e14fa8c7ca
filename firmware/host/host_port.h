/** The port of the node core to Linux: what `../port/port.h` asks of a board. */
#ifndef EW_HOST_PORT_H
#define EW_HOST_PORT_H

#include <stdbool.h>

#include "hci.h"
#include "mqtt_link.h"
#include "wpan.h"

/** What the functions of the port work with. There is one node in a process. */
typedef struct {
  ew_link *link;
  ew_hci *hci;               /**< NULL: none */
  ew_wpan *wpan;             /**< NULL: none */
  const char *settings_file; /**< NULL: settings are kept in memory alone */
  bool listening[EW_RADIO_COUNT];
  uint8_t channel; /**< of IEEE 802.15.4, as tuned */
} ew_host;

extern ew_host ew_the_host;

/** Whether the kernel says that the clock is synchronised. @param unix_us gets the time now */
bool ew_host_unix_time(uint64_t *unix_us);

#endif
