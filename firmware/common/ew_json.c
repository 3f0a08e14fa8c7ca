#include "ew_json.h"

#include <string.h>

#define JSMN_STATIC
#define JSMN_STRICT
#define JSMN_PARENT_LINKS
#include <jsmn.h>

/** The object, a name and a value per member, and some for what is nested. */
enum { TOKENS = 1 + 2 * EW_JSON_MEMBERS_MAX + 8 };

static bool is_digit(char character) { return character >= '0' && character <= '9'; }

static bool is_space(char character) {
  return character == ' ' || character == '\t' || character == '\n' || character == '\r';
}

/** Whether `[from, to)` is white space around one `mark`; with mark 0, white space alone. */
static bool is_gap(const char *from, const char *to, char mark) {
  bool seen = mark == '\0';
  for (; from < to; from++) {
    if (is_space(*from)) continue;
    if (seen || *from != mark) return false;
    seen = true;
  }
  return seen;
}

/** Skips digits. @return how many */
static size_t digits(const char **at, const char *end) {
  const char *from = *at;
  while (*at < end && is_digit(**at)) ++*at;
  return (size_t)(*at - from);
}

/** RFC 8259, 6. */
static bool is_number(const char *at, const char *end) {
  if (at < end && *at == '-') at++;
  bool zero = at < end && *at == '0';
  size_t whole = digits(&at, end);
  if (whole == 0 || (zero && whole > 1)) return false;
  if (at < end && *at == '.') {
    at++;
    if (digits(&at, end) == 0) return false;
  }
  if (at < end && (*at == 'e' || *at == 'E')) {
    at++;
    if (at < end && (*at == '+' || *at == '-')) at++;
    if (digits(&at, end) == 0) return false;
  }
  return at == end;
}

/** @return false: no JSON value */
static bool value_of(const char *text, const jsmntok_t *token, ew_json_value *value) {
  value->start = text + token->start;
  value->length = (size_t)(token->end - token->start);
  if (token->type == JSMN_STRING) {
    value->kind = EW_JSON_TEXT;
    return token->size == 0;
  }
  if (token->type != JSMN_PRIMITIVE) {
    value->kind = EW_JSON_NESTED;
    return true;
  }
  if (ew_json_is(value, "true") || ew_json_is(value, "false") || ew_json_is(value, "null")) {
    value->kind = EW_JSON_WORD;
    return true;
  }
  value->kind = EW_JSON_NUMBER;
  return is_number(value->start, value->start + value->length);
}

/** Where a token begins and ends with its quotation marks. */
static const char *outer_start(const char *text, const jsmntok_t *token) {
  return text + token->start - (token->type == JSMN_STRING ? 1 : 0);
}

static const char *outer_end(const char *text, const jsmntok_t *token) {
  return text + token->end + (token->type == JSMN_STRING ? 1 : 0);
}

/** Reads the member whose name is `tokens[at]`. @return index of the next name; 0: not JSON */
static int read_member(ew_json_member *member, const char *text, const jsmntok_t *tokens, int at,
                       int count) {
  const jsmntok_t *name = &tokens[at];
  if (name->type != JSMN_STRING || name->size != 1 || at + 1 >= count) return 0;
  const jsmntok_t *value = &tokens[at + 1];
  if (!is_gap(outer_end(text, name), outer_start(text, value), ':')) return 0;
  member->name =
      (ew_json_value){text + name->start, (size_t)(name->end - name->start), EW_JSON_TEXT};
  if (!value_of(text, value, &member->value)) return 0;
  int next = at + 2;
  while (next < count && tokens[next].start < value->end) next++;
  return next;
}

bool ew_json_read(ew_json_object *object, const void *data, size_t length) {
  jsmntok_t tokens[TOKENS];
  jsmn_parser parser;
  const char *text = data;
  object->count = 0;
  if (length == 0) return false;
  jsmn_init(&parser);
  int count = jsmn_parse(&parser, text, length, tokens, TOKENS);
  if (count < 1 || tokens[0].type != JSMN_OBJECT) return false;
  const char *end = text + tokens[0].end - 1;
  const char *at = text + tokens[0].start + 1;
  if (!is_gap(text, at - 1, '\0') || !is_gap(end + 1, text + length, '\0')) return false;
  for (int i = 1; i < count;) {
    if (object->count == EW_JSON_MEMBERS_MAX) return false;
    if (!is_gap(at, outer_start(text, &tokens[i]), object->count == 0 ? '\0' : ',')) return false;
    int value = i + 1;
    i = read_member(&object->members[object->count], text, tokens, i, count);
    if (i == 0) return false;
    at = outer_end(text, &tokens[value]);
    object->count++;
  }
  return is_gap(at, end, '\0');
}

bool ew_json_is(const ew_json_value *name, const char *string) {
  return name->length == strlen(string) && memcmp(name->start, string, name->length) == 0;
}

bool ew_json_bool(const ew_json_value *value, bool *out) {
  if (value->kind != EW_JSON_WORD) return false;
  *out = ew_json_is(value, "true");
  return *out || ew_json_is(value, "false");
}

bool ew_json_number(const ew_json_value *value, uint32_t *out) {
  if (value->kind != EW_JSON_NUMBER || value->length > 9) return false;
  uint32_t number = 0;
  for (size_t i = 0; i < value->length; i++) {
    if (!is_digit(value->start[i])) return false;
    number = number * 10 + (uint32_t)(value->start[i] - '0');
  }
  *out = number;
  return true;
}

/** Bytes of the UTF-8 character that begins with `lead`; 0: none does. */
static size_t character_bytes(uint8_t lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead < 0xe0) return 2;
  if (lead >= 0xe0 && lead < 0xf0) return 3;
  return lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
}

bool ew_json_is_clean(const ew_json_value *value) {
  const uint8_t *at = (const uint8_t *)value->start;
  const uint8_t *end = at + value->length;
  while (at < end) {
    size_t bytes = character_bytes(*at);
    if (*at < 0x20 || bytes == 0 || bytes > (size_t)(end - at)) return false;
    for (size_t i = 1; i < bytes; i++) {
      if ((at[i] & 0xc0) != 0x80) return false;
    }
    // Written longer than it needs to be, a surrogate, or above U+10FFFF.
    if (at[0] == 0xe0 && at[1] < 0xa0) return false;
    if (at[0] == 0xed && at[1] >= 0xa0) return false;
    if (at[0] == 0xf0 && at[1] < 0x90) return false;
    if (at[0] == 0xf4 && at[1] >= 0x90) return false;
    at += bytes;
  }
  return true;
}
