/**
 * What Unix time it was when a frame was heard. The radios give time since boot; once it is known
 * how far that is from Unix time, all frames that are sent from then on get Unix time, those that
 * were heard before too.
 *
 * Unix times that ew_clock_unix_us() returned never run backwards within a boot:
 *
 * - a correction forward is taken at once;
 * - a correction backward is worked off at half speed: for 20 ms that takes 40 ms of frames, and
 *   frames keep their order and, at half, their distance. Holding the clock instead would give all
 *   of them one time;
 * - what would still be earlier (radios whose frames come out of order, by the time that they wait
 *   in their queues) gets the time of the one before.
 */
#ifndef EW_CLOCK_H
#define EW_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A Unix time before 2020 is no time but a clock that was never set, microseconds. */
#define EW_CLOCK_EARLIEST_US UINT64_C(1577836800000000)
/** A Unix time from here on (2^53 microseconds, the year 2255) is not exact in the gateway. */
#define EW_CLOCK_LATEST_US UINT64_C(9007199254740992)

/** Not synchronised when all zero. */
typedef struct {
  bool synchronised;
  uint64_t offset_us;    /**< Unix time minus time since boot, as it is to be */
  uint64_t excess_us;    /**< by how much the offset was larger at `corrected_us` */
  uint64_t corrected_us; /**< time since boot of the last synchronisation */
  uint64_t last_us;      /**< Unix time that was given out last */
} ew_clock;

/** Not synchronised. */
void ew_clock_init(ew_clock *clock);

/**
 * Says what Unix time it is.
 *
 * @param boot_us time since boot now, microseconds
 * @param unix_us Unix time now, microseconds
 * @return false: no such time can be; nothing was changed
 */
bool ew_clock_synchronise(ew_clock *clock, uint64_t boot_us, uint64_t unix_us);

/**
 * Turns time since boot into Unix time. Only once synchronised.
 *
 * @return microseconds, never less than before
 */
uint64_t ew_clock_unix_us(ew_clock *clock, uint64_t boot_us);

#ifdef __cplusplus
}
#endif

#endif
