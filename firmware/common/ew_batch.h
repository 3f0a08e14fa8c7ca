/**
 * Makes envelopes of the frames that wait. One is due when there are enough frames, when there are
 * enough bytes, or when the oldest frame is old enough.
 */
#ifndef EW_BATCH_H
#define EW_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ew_backlog.h"
#include "ew_clock.h"
#include "ew_config.h"
#include "ew_settings.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Nothing will be due. */
#define EW_BATCH_NEVER UINT32_MAX

/** An envelope that can be sent: a copy of frames that still wait. */
typedef struct {
  size_t length;           /**< of the envelope, bytes */
  ew_backlog_cursor taken; /**< what is in it */
  ew_clock clock;          /**< after it: the node's clock, once it was sent */
  uint8_t data[EW_ENVELOPE_BYTES];
} ew_batch;

/**
 * When an envelope is due.
 *
 * @param now_ms modulo 2^32
 * @return ms from now; 0: now; EW_BATCH_NEVER: nothing waits
 */
uint32_t ew_batch_wait_ms(const ew_backlog *backlog, const ew_settings *settings, uint32_t now_ms);

/**
 * Makes an envelope of the oldest frames, up to `settings->batch_frames` and EW_ENVELOPE_BYTES. The
 * frames stay where they are: ew_backlog_remove() when it was sent. At least one must wait.
 *
 * @param header its `records` does not count
 * @param clock  once synchronised, times since boot become Unix times
 */
void ew_batch_make(ew_batch *batch, const ew_backlog *backlog, const ew_clock *clock,
                   const ew_settings *settings, const ew_envelope_header *header);

#ifdef __cplusplus
}
#endif

#endif
