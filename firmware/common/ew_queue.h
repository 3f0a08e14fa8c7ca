/**
 * A queue of frames from one producer, which may be an interrupt, to one consumer: neither waits
 * for the other. When it is full the newest frame is dropped and counted, for the producer must not
 * touch what the consumer may be reading.
 *
 * Each side writes only its own counter and publishes it with release order after it copied the
 * bytes; the other reads it with acquire order. Atomic operations are the `__atomic` builtins of
 * GCC and Clang, for C99 has none: plain 32-bit loads and stores with a fence on rv32imac
 * (`fence`), on one core as on several. The counters run freely modulo 2^32.
 */
#ifndef EW_QUEUE_H
#define EW_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ew_config.h"
#include "ew_envelope.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Longest record: header and frame, bytes. */
#define EW_RECORD_BYTES_MAX (EW_RECORD_HEADER_BYTES + EW_FRAME_MAX)

/** Starts empty when all zero. */
typedef struct {
  uint32_t written; /**< bytes, the producer's */
  uint32_t dropped; /**< frames, the producer's */
  uint32_t read;    /**< bytes, the consumer's */
  uint8_t data[EW_QUEUE_BYTES];
} ew_queue;

/** Empties it. Before producer and consumer start. */
void ew_queue_init(ew_queue *queue);

/**
 * The producer adds a frame; one longer than EW_FRAME_MAX is cut there and flagged.
 *
 * @return false: no room, it was counted as dropped
 */
bool ew_queue_push(ew_queue *queue, const ew_frame *info, const uint8_t *frame, size_t length);

/** The consumer looks at the oldest frame's information. @return false: none waits */
bool ew_queue_peek(const ew_queue *queue, ew_frame *info);

/** The consumer takes the oldest frame as a record. @return its length, bytes; 0: none waits */
size_t ew_queue_pop(ew_queue *queue, uint8_t record[EW_RECORD_BYTES_MAX]);

/** Frames dropped since the start, modulo 2^32. Either side may ask. */
uint32_t ew_queue_dropped(const ew_queue *queue);

#ifdef __cplusplus
}
#endif

#endif
