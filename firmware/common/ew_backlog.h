/**
 * Frames that wait for the broker, in the order in which they came. When there is no room the
 * oldest are dropped and counted. Only the node's task uses it.
 */
#ifndef EW_BACKLOG_H
#define EW_BACKLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ew_config.h"
#include "ew_queue.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Starts empty when all zero. */
typedef struct {
  uint32_t start;   /**< where the oldest is, index of `data` */
  uint32_t used;    /**< bytes */
  uint32_t frames;  /**< that wait */
  uint32_t dropped; /**< frames since the start, modulo 2^32 */
  uint8_t data[EW_BACKLOG_BYTES];
} ew_backlog;

/** Empties it. */
void ew_backlog_init(ew_backlog *backlog);

/**
 * Adds a record, dropping the oldest ones until it fits.
 *
 * @param record header and frame, `length` bytes, up to EW_RECORD_BYTES_MAX
 * @param now_ms for ew_backlog_oldest_ms()
 */
void ew_backlog_push(ew_backlog *backlog, const uint8_t *record, size_t length, uint32_t now_ms);

/** When the oldest came, ms modulo 2^32. Only while `frames` is above 0. */
uint32_t ew_backlog_oldest_ms(const ew_backlog *backlog);

/** Where reading is: all zero is at the oldest. Good until a frame is added or removed. */
typedef struct {
  uint32_t bytes;  /**< passed */
  uint32_t frames; /**< passed */
} ew_backlog_cursor;

/** Copies the next record and goes on. @return its length, bytes; 0: there is none */
size_t ew_backlog_next(const ew_backlog *backlog, ew_backlog_cursor *cursor,
                       uint8_t record[EW_RECORD_BYTES_MAX]);

/** Removes what a cursor has passed; does not count it. */
void ew_backlog_remove(ew_backlog *backlog, const ew_backlog_cursor *cursor);

#ifdef __cplusplus
}
#endif

#endif
