#include "ew_text.h"

#include <string.h>

void ew_text_begin(ew_text *text, char *data, size_t size) {
  *text = (ew_text){data, size, 0, false};
  data[0] = '\0';
}

void ew_text_add_bytes(ew_text *text, const char *bytes, size_t length) {
  if (text->cut || length >= text->size - text->length) {
    text->cut = true;
    return;
  }
  if (length > 0) memcpy(text->data + text->length, bytes, length);
  text->length += length;
  text->data[text->length] = '\0';
}

void ew_text_add(ew_text *text, const char *string) {
  ew_text_add_bytes(text, string, strlen(string));
}

void ew_text_add_number(ew_text *text, uint32_t number) {
  char digits[10];
  size_t at = sizeof digits;
  do {
    digits[--at] = (char)('0' + number % 10);
    number /= 10;
  } while (number > 0);
  ew_text_add_bytes(text, digits + at, sizeof digits - at);
}

static void add_printable(ew_text *text, char character) {
  if (character < ' ' || character > '~') character = '?';
  ew_text_add_bytes(text, &character, 1);
}

void ew_text_add_plain(ew_text *text, const char *bytes, size_t length) {
  for (size_t i = 0; i < length; i++) add_printable(text, bytes[i]);
}

void ew_text_add_json(ew_text *text, const char *string, size_t length) {
  ew_text_add(text, "\"");
  for (size_t i = 0; i < length; i++) {
    if (string[i] == '"' || string[i] == '\\') ew_text_add(text, "\\");
    add_printable(text, string[i]);
  }
  ew_text_add(text, "\"");
}
