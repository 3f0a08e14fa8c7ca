#include "hex.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void hex_fail(const char *what) {
  fprintf(stderr, "%s\n", what);
  exit(2);
}

size_t hex_read(const char *text, uint8_t *out) {
  size_t length = strlen(text) / 2;
  if (strlen(text) % 2 != 0 || length > HEX_BYTES_MAX) hex_fail("bad length of digits");
  for (size_t i = 0; i < length; i++) {
    const char digits[3] = {text[2 * i], text[2 * i + 1], '\0'};
    char *end = NULL;
    out[i] = (uint8_t)strtoul(digits, &end, 16);
    if (*end != '\0') hex_fail("no hexadecimal digit");
  }
  return length;
}

void hex_print(const uint8_t *bytes, size_t length) {
  for (size_t i = 0; i < length; i++) printf("%02x", bytes[i]);
}
