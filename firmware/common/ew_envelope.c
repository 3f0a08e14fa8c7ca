#include "ew_envelope.h"

#include <string.h>

static void put16(uint8_t *out, uint16_t value) {
  out[0] = (uint8_t)(value & 0xff);
  out[1] = (uint8_t)(value >> 8);
}

static void put32(uint8_t *out, uint32_t value) {
  put16(out, (uint16_t)(value & 0xffff));
  put16(out + 2, (uint16_t)(value >> 16));
}

static uint16_t get16(const uint8_t *in) { return (uint16_t)(in[0] | in[1] << 8); }

static uint32_t get32(const uint8_t *in) { return get16(in) | (uint32_t)get16(in + 2) << 16; }

void ew_record_write(uint8_t out[EW_RECORD_HEADER_BYTES], const ew_frame *info, uint16_t length) {
  put16(out, length);
  put16(out + 2, info->link_type);
  put32(out + 4, (uint32_t)(info->time_us & UINT32_MAX));
  put32(out + 8, (uint32_t)(info->time_us >> 32));
  out[12] = (uint8_t)info->rssi;
  out[13] = info->channel;
  out[14] = info->flags;
  out[15] = info->lqi;
}

uint16_t ew_record_read(const uint8_t in[EW_RECORD_HEADER_BYTES], ew_frame *info) {
  info->link_type = get16(in + 2);
  info->time_us = get32(in + 4) | (uint64_t)get32(in + 8) << 32;
  info->rssi = (int8_t)(in[12] < 128 ? in[12] : in[12] - 256);
  info->channel = in[13];
  info->flags = in[14];
  info->lqi = in[15];
  return get16(in);
}

bool ew_envelope_begin(ew_envelope_writer *writer, uint8_t *data, size_t size,
                       const ew_envelope_header *header) {
  if (size < EW_ENVELOPE_HEADER_BYTES) return false;
  data[0] = 'E';
  data[1] = 'W';
  data[2] = EW_ENVELOPE_VERSION;
  data[3] = 0;
  put32(data + 4, header->boot);
  put32(data + 8, header->batch);
  put32(data + 12, header->dropped);
  *writer = (ew_envelope_writer){data, size, EW_ENVELOPE_HEADER_BYTES};
  return true;
}

bool ew_envelope_add(ew_envelope_writer *writer, const ew_frame *info, const uint8_t *frame,
                     size_t length) {
  size_t room = writer->size - writer->length;
  if (room < EW_RECORD_HEADER_BYTES || length > room - EW_RECORD_HEADER_BYTES) return false;
  if (length > EW_RECORD_FRAME_MAX || writer->data[3] == EW_ENVELOPE_RECORDS_MAX) return false;
  uint8_t *out = writer->data + writer->length;
  ew_record_write(out, info, (uint16_t)length);
  if (length > 0) memcpy(out + EW_RECORD_HEADER_BYTES, frame, length);
  writer->length += EW_RECORD_HEADER_BYTES + length;
  writer->data[3]++;
  return true;
}

static ew_envelope_result fail(ew_envelope_reader *reader, ew_envelope_result problem) {
  reader->problem = problem;
  reader->left = 0;
  return problem;
}

ew_envelope_result ew_envelope_open(ew_envelope_reader *reader, const uint8_t *data,
                                    size_t length) {
  memset(reader, 0, sizeof *reader);
  reader->problem = EW_ENVELOPE_RECORD;
  if (length < EW_ENVELOPE_HEADER_BYTES) return fail(reader, EW_ENVELOPE_CUT_HEADER);
  if (data[0] != 'E' || data[1] != 'W') return fail(reader, EW_ENVELOPE_NO_MAGIC);
  if (data[2] != EW_ENVELOPE_VERSION) {
    reader->offset = 2;
    return fail(reader, EW_ENVELOPE_OTHER_VERSION);
  }
  reader->data = data;
  reader->length = length;
  reader->offset = EW_ENVELOPE_HEADER_BYTES;
  reader->left = data[3];
  reader->header =
      (ew_envelope_header){get32(data + 4), get32(data + 8), get32(data + 12), data[3]};
  return EW_ENVELOPE_RECORD;
}

ew_envelope_result ew_envelope_next(ew_envelope_reader *reader, ew_frame *info,
                                    const uint8_t **frame, size_t *length) {
  if (reader->problem != EW_ENVELOPE_RECORD) return reader->problem;
  size_t rest = reader->length - reader->offset;
  if (reader->left == 0) {
    return fail(reader, rest > 0 ? EW_ENVELOPE_BYTES_BEHIND : EW_ENVELOPE_END);
  }
  if (rest < EW_RECORD_HEADER_BYTES) return fail(reader, EW_ENVELOPE_CUT_RECORDS);
  const uint8_t *record = reader->data + reader->offset;
  uint16_t bytes = ew_record_read(record, info);
  if (bytes > rest - EW_RECORD_HEADER_BYTES) return fail(reader, EW_ENVELOPE_CUT_FRAME);
  *frame = record + EW_RECORD_HEADER_BYTES;
  *length = bytes;
  reader->offset += (size_t)EW_RECORD_HEADER_BYTES + bytes;
  reader->left--;
  return EW_ENVELOPE_RECORD;
}
