/**
 * The queue with a real interrupt as its producer: the machine timer of QEMU's `virt` board puts
 * frames in at uneven times while the program takes them out.
 *
 * RISC-V privileged architecture 20211203, 3.1.6 to 3.1.9 (mstatus, mtvec, mie) and 3.2.1 (mtime,
 * mtimecmp); the addresses are those of the board's CLINT, the timer runs at 10 MHz.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/ew_queue.h"

#define MTIME_LOW (*(volatile uint32_t *)0x0200bff8)
#define MTIMECMP_LOW (*(volatile uint32_t *)0x02004000)
#define MTIMECMP_HIGH (*(volatile uint32_t *)0x02004004)

enum {
  FRAMES = 6000,
  MIE_MTIE = 1 << 7,   /**< machine timer interrupt enable */
  MSTATUS_MIE = 1 << 3 /**< interrupts on */
};

static ew_queue queue;
/** Frames that the interrupt offered, dropped ones too. */
static volatile uint32_t offered;

static size_t length_of(uint32_t number) { return number * 2654435761u % (EW_FRAME_MAX + 1); }

/** The next interrupt comes in 5 to 56 us. The test ends within the first 429 s of `mtime`. */
static void arm(void) {
  MTIMECMP_HIGH = 0;
  MTIMECMP_LOW = MTIME_LOW + 50 + (offered * 2654435761u >> 23);
}

static void disarm(void) { MTIMECMP_HIGH = UINT32_MAX; }

__attribute__((interrupt("machine"), aligned(4))) static void on_timer(void) {
  static uint8_t frame[EW_FRAME_MAX];
  uint32_t number = offered;
  const ew_frame info = {number, EW_LINK_WPAN, 0, 11, 0, 255};
  memset(frame, (int)(number & 0xff), sizeof frame);
  (void)ew_queue_push(&queue, &info, frame, length_of(number));
  offered = number + 1;
  if (number + 1 < FRAMES) {
    arm();
  } else {
    disarm();
  }
}

static void fail(const char *what, uint32_t number) {
  printf("%s at frame %lu\n", what, (unsigned long)number);
  exit(1);
}

static void check(const uint8_t *record, uint32_t next) {
  ew_frame info;
  size_t length = ew_record_read(record, &info);
  uint32_t number = (uint32_t)info.time_us;
  if (number < next) fail("out of order", next);
  if (length != length_of(number)) fail("wrong length", number);
  for (size_t i = 0; i < length; i++) {
    if (record[EW_RECORD_HEADER_BYTES + i] != (number & 0xff)) fail("torn", number);
  }
}

/** The program is always late: what it takes out makes the room for what the interrupt puts in. */
static void wait_until_full(void) {
  const volatile uint32_t *written = &queue.written;
  while (EW_QUEUE_BYTES - (*written - queue.read) > EW_RECORD_BYTES_MAX && offered < FRAMES)
    continue;
}

int main(void) {
  uint8_t record[EW_RECORD_BYTES_MAX];
  uint32_t taken = 0, next = 0;
  queue.written = queue.read = UINT32_MAX - 10000;
  __asm__ volatile("csrw mtvec, %0" : : "r"(on_timer));
  arm();
  __asm__ volatile("csrs mie, %0" : : "r"(MIE_MTIE));
  __asm__ volatile("csrs mstatus, %0" : : "r"(MSTATUS_MIE));
  // The first that finds no room.
  while (ew_queue_dropped(&queue) == 0 && offered < FRAMES) continue;
  for (;;) {
    // Asked first: what was put in before the end is seen after it.
    bool last = offered == FRAMES;
    wait_until_full();
    if (ew_queue_pop(&queue, record) == 0) {
      if (last) break;
      continue;
    }
    check(record, next);
    ew_frame info;
    (void)ew_record_read(record, &info);
    next = (uint32_t)info.time_us + 1;
    taken++;
  }
  uint32_t dropped = ew_queue_dropped(&queue);
  printf("%lu frames by interrupt, %lu dropped\n", (unsigned long)taken, (unsigned long)dropped);
  if (taken + dropped != FRAMES || dropped == 0) fail("frames do not add up", taken);
  exit(0);
}
