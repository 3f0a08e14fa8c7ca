/**
 * The queue with a real thread on either side. Built with ThreadSanitizer where that works, it also
 * shows that neither side touches what the other may be using.
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/ew_queue.h"

enum { FRAMES = 100000 };

static ew_queue queue;
/** Whether the producer waits for room, or goes on and has frames dropped. */
static bool patient;
static uint32_t finished;

static size_t length_of(uint64_t number) {
  return (size_t)(number * 2654435761u % (EW_FRAME_MAX + 1));
}

static void *produce(void *unused) {
  uint8_t frame[EW_FRAME_MAX];
  for (uint64_t number = 0; number < FRAMES; number++) {
    const ew_frame info = {number, EW_LINK_WPAN, 0, 11, 0, 255};
    memset(frame, (int)(number & 0xff), sizeof frame);
    while (!ew_queue_push(&queue, &info, frame, length_of(number)) && patient) sched_yield();
    if (!patient && number % 64 == 0) sched_yield();
  }
  __atomic_store_n(&finished, 1, __ATOMIC_RELEASE);
  return unused;
}

static void fail(const char *what, uint64_t number) {
  printf("%s at frame %lu\n", what, (unsigned long)number);
  exit(1);
}

/** @return frames taken */
static uint64_t consume(void) {
  uint8_t record[EW_RECORD_BYTES_MAX];
  uint64_t taken = 0, next = 0;
  for (;;) {
    // Asked first: what was written before the end is seen after it.
    bool last = __atomic_load_n(&finished, __ATOMIC_ACQUIRE) != 0;
    size_t bytes = ew_queue_pop(&queue, record);
    if (bytes == 0 && last) return taken;
    if (bytes == 0) {
      sched_yield();
      continue;
    }
    ew_frame info;
    size_t length = ew_record_read(record, &info);
    if (info.time_us < next || (patient && info.time_us != next)) fail("out of order", next);
    if (length != length_of(info.time_us)) fail("wrong length", info.time_us);
    for (size_t i = 0; i < length; i++) {
      if (record[EW_RECORD_HEADER_BYTES + i] != (info.time_us & 0xff)) fail("torn", info.time_us);
    }
    next = info.time_us + 1;
    taken++;
  }
}

static void run(bool is_patient) {
  pthread_t producer;
  ew_queue_init(&queue);
  // The counters go around soon.
  queue.written = queue.read = UINT32_MAX - 50000;
  patient = is_patient;
  finished = 0;
  if (pthread_create(&producer, NULL, produce, NULL) != 0) fail("no thread", 0);
  uint64_t taken = consume();
  pthread_join(producer, NULL);
  uint64_t dropped = ew_queue_dropped(&queue);
  if (is_patient ? taken != FRAMES : taken + dropped != FRAMES) fail("frames do not add up", taken);
  printf("%s producer: %lu of %d frames taken, %lu dropped\n", is_patient ? "patient" : "hasty",
         (unsigned long)taken, (int)FRAMES, (unsigned long)(is_patient ? 0 : dropped));
}

int main(void) {
  run(true);
  run(false);
  return 0;
}
