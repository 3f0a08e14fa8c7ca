#include "ew_dedup.h"

#include <string.h>

/** A frame is looked for in so many slots. */
enum { WAYS = 4 };

static uint64_t fnv1a(uint64_t hash, const uint8_t *bytes, size_t length) {
  for (size_t i = 0; i < length; i++) hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
  return hash;
}

/** Never 0. */
static uint64_t hash_of(uint16_t link_type, const uint8_t *frame, size_t length) {
  const uint8_t link[2] = {(uint8_t)(link_type & 0xff), (uint8_t)(link_type >> 8)};
  uint64_t hash = fnv1a(UINT64_C(0xcbf29ce484222325), link, sizeof link);
  hash = fnv1a(hash, frame, length);
  return hash == 0 ? 1 : hash;
}

void ew_dedup_init(ew_dedup *dedup) { memset(dedup, 0, sizeof *dedup); }

bool ew_dedup_is_repeat(ew_dedup *dedup, uint32_t window_ms, const ew_frame *info,
                        const uint8_t *frame, size_t length) {
  if (window_ms == 0) return false;
  uint64_t hash = hash_of(info->link_type, frame, length);
  uint32_t group = (uint32_t)(hash ^ hash >> 32) & (EW_DEDUP_SLOTS - 1) & ~((uint32_t)WAYS - 1);
  ew_dedup_slot *slots = dedup->slots + group;
  ew_dedup_slot *slot = slots;
  for (ew_dedup_slot *other = slots; other < slots + WAYS; other++) {
    if (other->hash == hash) {
      slot = other;
      break;
    }
    // The oldest makes room; an empty one is older than all.
    if (other->time_us < slot->time_us) slot = other;
  }
  bool known = slot->hash == hash && info->time_us >= slot->time_us;
  if (known && info->time_us - slot->time_us < (uint64_t)window_ms * 1000) {
    dedup->left_out++;
    return true;
  }
  *slot = (ew_dedup_slot){hash, info->time_us};
  return false;
}
