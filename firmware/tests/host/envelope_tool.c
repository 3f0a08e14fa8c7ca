/**
 * Writes and reads envelopes line by line, for tests of both definitions against each other.
 *
 *     envelope_tool encode  lines of numbers `boot batch dropped`, and per record `link_type time_us
 *                           rssi channel flags lqi frame`, the frame in hexadecimal or `-` for an
 *                           empty one; prints each envelope in hexadecimal
 *     envelope_tool decode  lines of hexadecimal digits (an empty line: no bytes); prints JSON with
 *                           `header`, `records`, and where it is malformed `problem` and `offset`
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/ew_envelope.h"
#include "hex.h"

static char line[HEX_LINE_MAX];
static uint8_t data[HEX_BYTES_MAX];
static uint8_t frame[HEX_BYTES_MAX];

static int64_t signed_number(char *token) {
  if (token == NULL) hex_fail("a number is missing");
  return strtoll(token, NULL, 10);
}

static uint64_t number(char *token) {
  if (token == NULL) hex_fail("a number is missing");
  return strtoull(token, NULL, 10);
}

static char *next(void) { return strtok(NULL, " "); }

static void encode(void) {
  ew_envelope_header header = {0, 0, 0, 0};
  ew_envelope_writer writer;
  header.boot = (uint32_t)number(strtok(line, " "));
  header.batch = (uint32_t)number(next());
  header.dropped = (uint32_t)number(next());
  if (!ew_envelope_begin(&writer, data, sizeof data, &header)) hex_fail("no room");
  for (char *token = next(); token != NULL; token = next()) {
    ew_frame info;
    info.link_type = (uint16_t)number(token);
    info.time_us = number(next());
    info.rssi = (int8_t)signed_number(next());
    info.channel = (uint8_t)number(next());
    info.flags = (uint8_t)number(next());
    info.lqi = (uint8_t)number(next());
    token = next();
    if (token == NULL) hex_fail("a frame is missing");
    size_t length = hex_read(strcmp(token, "-") == 0 ? "" : token, frame);
    if (!ew_envelope_add(&writer, &info, frame, length)) hex_fail("a record does not fit");
  }
  hex_print(data, writer.length);
  printf("\n");
}

static void print_record(const ew_frame *info, const uint8_t *bytes, size_t length) {
  printf("{\"linkType\":%u,\"time\":%" PRIu64
         ",\"rssi\":%d,\"channel\":%u,\"flags\":%u,\"lqi\":%u,",
         info->link_type, info->time_us, info->rssi, info->channel, info->flags, info->lqi);
  printf("\"frame\":\"");
  hex_print(bytes, length);
  printf("\"}");
}

static void decode(void) {
  static const char *const problems[] = {
      [EW_ENVELOPE_CUT_HEADER] = "EW_ENVELOPE_CUT_HEADER",
      [EW_ENVELOPE_NO_MAGIC] = "EW_ENVELOPE_NO_MAGIC",
      [EW_ENVELOPE_OTHER_VERSION] = "EW_ENVELOPE_OTHER_VERSION",
      [EW_ENVELOPE_CUT_RECORDS] = "EW_ENVELOPE_CUT_RECORDS",
      [EW_ENVELOPE_CUT_FRAME] = "EW_ENVELOPE_CUT_FRAME",
      [EW_ENVELOPE_BYTES_BEHIND] = "EW_ENVELOPE_BYTES_BEHIND",
  };
  ew_envelope_reader reader;
  ew_frame info;
  const uint8_t *bytes = NULL;
  size_t length = 0;
  const char *comma = "";
  ew_envelope_result result = ew_envelope_open(&reader, data, hex_read(line, data));
  const ew_envelope_header *header = &reader.header;
  printf("{\"header\":{\"records\":%u,\"boot\":%" PRIu32 ",\"batch\":%" PRIu32, header->records,
         header->boot, header->batch);
  printf(",\"dropped\":%" PRIu32 "},\"records\":[", header->dropped);
  while (result == EW_ENVELOPE_RECORD) {
    result = ew_envelope_next(&reader, &info, &bytes, &length);
    if (result != EW_ENVELOPE_RECORD) break;
    printf("%s", comma);
    print_record(&info, bytes, length);
    comma = ",";
  }
  printf("]");
  if (result != EW_ENVELOPE_END) {
    printf(",\"problem\":\"%s\",\"offset\":%lu", problems[result], (unsigned long)reader.offset);
  }
  printf("}\n");
}

int main(int count, char **arguments) {
  bool encodes = count == 2 && strcmp(arguments[1], "encode") == 0;
  bool decodes = count == 2 && strcmp(arguments[1], "decode") == 0;
  if (!encodes && !decodes) hex_fail("say encode or decode");
  while (fgets(line, sizeof line, stdin) != NULL) {
    line[strcspn(line, "\n")] = '\0';
    if (encodes)
      encode();
    else
      decode();
  }
  return 0;
}
