#include "ew_clock.h"

#include <string.h>

void ew_clock_init(ew_clock *clock) { memset(clock, 0, sizeof *clock); }

/** Unix time minus time since boot, for a frame heard at `boot_us`. */
static uint64_t offset_at(const ew_clock *clock, uint64_t boot_us) {
  uint64_t since = boot_us > clock->corrected_us ? boot_us - clock->corrected_us : 0;
  uint64_t worked_off = since / 2;
  return clock->offset_us + (worked_off < clock->excess_us ? clock->excess_us - worked_off : 0);
}

bool ew_clock_synchronise(ew_clock *clock, uint64_t boot_us, uint64_t unix_us) {
  if (unix_us < EW_CLOCK_EARLIEST_US || unix_us >= EW_CLOCK_LATEST_US) return false;
  if (unix_us < boot_us) return false;
  uint64_t offset_us = unix_us - boot_us;
  uint64_t excess_us = 0;
  if (clock->synchronised) {
    uint64_t before_us = offset_at(clock, boot_us);
    if (before_us > offset_us) excess_us = before_us - offset_us;
  }
  clock->synchronised = true;
  clock->offset_us = offset_us;
  clock->excess_us = excess_us;
  clock->corrected_us = boot_us;
  return true;
}

uint64_t ew_clock_unix_us(ew_clock *clock, uint64_t boot_us) {
  uint64_t unix_us = boot_us + offset_at(clock, boot_us);
  if (unix_us < clock->last_us) unix_us = clock->last_us;
  clock->last_us = unix_us;
  return unix_us;
}
