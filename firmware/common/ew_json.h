/**
 * Reads a flat JSON object (RFC 8259): one whose members are texts, numbers, true, false or null.
 * The tokens are found by jsmn (`<jsmn.h>`, a header of Serge Zaitsev's; Debian: libjsmn-dev); as
 * it takes much for JSON that is none, what is between the tokens is checked here.
 */
#ifndef EW_JSON_H
#define EW_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Most members of an object. */
#define EW_JSON_MEMBERS_MAX 16

typedef enum {
  EW_JSON_TEXT,   /**< without its quotation marks, escapes as they came */
  EW_JSON_NUMBER, /**< by the grammar of RFC 8259, 6 */
  EW_JSON_WORD,   /**< true, false or null */
  EW_JSON_NESTED, /**< an object or array; what is in it was not checked */
} ew_json_kind;

/** A value, or a name: where it is in the text that was read. Does not end with NUL. */
typedef struct {
  const char *start;
  size_t length;
  ew_json_kind kind;
} ew_json_value;

typedef struct {
  ew_json_value name;
  ew_json_value value;
} ew_json_member;

typedef struct {
  size_t count;
  ew_json_member members[EW_JSON_MEMBERS_MAX];
} ew_json_object;

/**
 * Reads an object. `data` must stay while it is used.
 *
 * @return false: not JSON, no object, or too many members
 */
bool ew_json_read(ew_json_object *object, const void *data, size_t length);

/** Whether a name is this one. A name with escapes is none of ours. */
bool ew_json_is(const ew_json_value *name, const char *string);

/** Reads true or false. @return false: it is neither */
bool ew_json_bool(const ew_json_value *value, bool *out);

/** Reads a whole number without fraction or exponent, 0 to 10^9 - 1. @return false: it is none */
bool ew_json_number(const ew_json_value *value, uint32_t *out);

/** Whether a text can be repeated: no control characters, well-formed UTF-8 (RFC 3629, 4). */
bool ew_json_is_clean(const ew_json_value *value);

#ifdef __cplusplus
}
#endif

#endif
