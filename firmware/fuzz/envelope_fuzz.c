/** Any bytes are read as an envelope; a good one, written anew, is the same. */
#include <stdlib.h>
#include <string.h>

#include "../common/ew_envelope.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition) {
  if (!condition) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  ew_envelope_reader reader;
  ew_envelope_writer writer;
  ew_frame info;
  const uint8_t *frame = NULL;
  size_t length = 0, records = 0;
  ew_envelope_result result = ew_envelope_open(&reader, data, size);
  uint8_t *copy = malloc(size + 1);
  must(copy != NULL);
  bool writes = result == EW_ENVELOPE_RECORD;
  if (writes) must(ew_envelope_begin(&writer, copy, size, &reader.header));
  while (result == EW_ENVELOPE_RECORD) {
    result = ew_envelope_next(&reader, &info, &frame, &length);
    if (result != EW_ENVELOPE_RECORD) break;
    must(frame >= data && length <= size && frame + length <= data + size);
    must(ew_envelope_add(&writer, &info, frame, length));
    records++;
  }
  must(reader.offset <= size);
  must(ew_envelope_next(&reader, &info, &frame, &length) == result);
  if (result == EW_ENVELOPE_END) {
    must(records == reader.header.records && writer.length == size);
    must(memcmp(copy, data, size) == 0);
  }
  free(copy);
  return 0;
}
