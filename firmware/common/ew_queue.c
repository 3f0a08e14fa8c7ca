#include "ew_queue.h"

#include <string.h>

#define MASK ((uint32_t)EW_QUEUE_BYTES - 1)

/** Copies into the ring, around its end. */
static void put(ew_queue *queue, uint32_t at, const uint8_t *from, size_t length) {
  size_t index = at & MASK;
  size_t first = EW_QUEUE_BYTES - index;
  if (first > length) first = length;
  if (first > 0) memcpy(queue->data + index, from, first);
  if (length > first) memcpy(queue->data, from + first, length - first);
}

/** Copies out of the ring, around its end. */
static void get(const ew_queue *queue, uint32_t at, uint8_t *to, size_t length) {
  size_t index = at & MASK;
  size_t first = EW_QUEUE_BYTES - index;
  if (first > length) first = length;
  memcpy(to, queue->data + index, first);
  memcpy(to + first, queue->data, length - first);
}

void ew_queue_init(ew_queue *queue) { memset(queue, 0, sizeof *queue); }

bool ew_queue_push(ew_queue *queue, const ew_frame *info, const uint8_t *frame, size_t length) {
  uint8_t header[EW_RECORD_HEADER_BYTES];
  ew_frame kept = *info;
  if (length > EW_FRAME_MAX) {
    length = EW_FRAME_MAX;
    kept.flags |= EW_FLAG_CUT;
  }
  uint32_t written = queue->written;
  // Acquire: the consumer has copied what was there before it said so.
  uint32_t used = written - __atomic_load_n(&queue->read, __ATOMIC_ACQUIRE);
  if (sizeof header + length > EW_QUEUE_BYTES - used) {
    __atomic_store_n(&queue->dropped, queue->dropped + 1, __ATOMIC_RELAXED);
    return false;
  }
  ew_record_write(header, &kept, (uint16_t)length);
  put(queue, written, header, sizeof header);
  put(queue, written + (uint32_t)sizeof header, frame, length);
  uint32_t after = written + (uint32_t)(sizeof header + length);
  // Release: the consumer sees the bytes before it sees that they are there.
  __atomic_store_n(&queue->written, after, __ATOMIC_RELEASE);
  return true;
}

/** Reads the header of the oldest record. @return whether there is one */
static bool front(const ew_queue *queue, uint8_t header[EW_RECORD_HEADER_BYTES], ew_frame *info,
                  size_t *length) {
  if (__atomic_load_n(&queue->written, __ATOMIC_ACQUIRE) == queue->read) return false;
  get(queue, queue->read, header, EW_RECORD_HEADER_BYTES);
  *length = ew_record_read(header, info);
  EW_ASSERT(*length <= EW_FRAME_MAX);
  return true;
}

bool ew_queue_peek(const ew_queue *queue, ew_frame *info) {
  uint8_t header[EW_RECORD_HEADER_BYTES];
  size_t length = 0;
  return front(queue, header, info, &length);
}

size_t ew_queue_pop(ew_queue *queue, uint8_t record[EW_RECORD_BYTES_MAX]) {
  ew_frame info;
  size_t length = 0;
  if (!front(queue, record, &info, &length)) return 0;
  get(queue, queue->read + EW_RECORD_HEADER_BYTES, record + EW_RECORD_HEADER_BYTES, length);
  size_t bytes = EW_RECORD_HEADER_BYTES + length;
  // Release: the producer writes over the bytes only after they were copied.
  __atomic_store_n(&queue->read, queue->read + (uint32_t)bytes, __ATOMIC_RELEASE);
  return bytes;
}

uint32_t ew_queue_dropped(const ew_queue *queue) {
  return __atomic_load_n(&queue->dropped, __ATOMIC_RELAXED);
}
