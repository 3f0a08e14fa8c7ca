/** The shared envelopes, `firmware/vectors/radio_envelope.json`, as `build.ts` writes them into C. */
#ifndef VECTOR_H
#define VECTOR_H

#include "../common/ew_envelope.h"

typedef struct {
  ew_frame info;
  const uint8_t *frame;
  size_t length;
} vector_record;

typedef struct {
  const char *name;
  const uint8_t *data;
  size_t length;
  ew_envelope_header header;    /**< of a good one */
  const vector_record *records; /**< of a good one */
  size_t record_count;          /**< that can be read */
  ew_envelope_result end;       /**< what comes behind the last record */
  size_t offset;                /**< of what is wrong */
} vector;

extern const vector VECTORS[];
extern const size_t VECTOR_COUNT;

#endif
