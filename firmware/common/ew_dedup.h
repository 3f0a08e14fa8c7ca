/**
 * Finds frames that were heard before, byte for byte and with the same link type: a beacon sends
 * one advertisement on three channels, and most send it many times before anything in it changes.
 *
 * The window begins with a frame that was let through, so that of a beacon that never changes one
 * frame passes per window. RSSI, channel and flags do not count.
 *
 * Frames are known by 64 bits of FNV-1a, not by their bytes: two different ones are taken for one
 * with a chance of about EW_DEDUP_SLOTS in 2^64, by accident. Somebody who makes such frames on
 * purpose can have others left out, as with a jammer. When more frames are about than there is room
 * for, the one let through longest ago is forgotten, and its repeat passes.
 */
#ifndef EW_DEDUP_H
#define EW_DEDUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ew_config.h"
#include "ew_frame.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  uint64_t hash;    /**< 0: empty */
  uint64_t time_us; /**< of the frame */
} ew_dedup_slot;

/** Remembers nothing when all zero. */
typedef struct {
  uint32_t left_out; /**< frames found to be repeated, modulo 2^32 */
  ew_dedup_slot slots[EW_DEDUP_SLOTS];
} ew_dedup;

/** Forgets everything. */
void ew_dedup_init(ew_dedup *dedup);

/**
 * Whether an equal frame was let through less than `window_ms` before this one by the frames' own
 * times. One that was heard before the other (a clock that was set back) is none.
 *
 * @param window_ms 0: nothing is a repeat and nothing is remembered
 */
bool ew_dedup_is_repeat(ew_dedup *dedup, uint32_t window_ms, const ew_frame *info,
                        const uint8_t *frame, size_t length);

#ifdef __cplusplus
}
#endif

#endif
