/** Writes text into a buffer of fixed size. What does not fit is left out, and `cut` says so. */
#ifndef EW_TEXT_H
#define EW_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Text that is being written: `data[length]` is always NUL. */
typedef struct {
  char *data;
  size_t size; /**< of `data`, bytes, with NUL */
  size_t length;
  bool cut; /**< something did not fit; nothing was added from then on */
} ew_text;

/** Begins an empty text. @param size at least 1 */
void ew_text_begin(ew_text *text, char *data, size_t size);

/** Adds `length` bytes, all or none. */
void ew_text_add_bytes(ew_text *text, const char *bytes, size_t length);

/** Adds a text that ends with NUL, all or none. */
void ew_text_add(ew_text *text, const char *string);

/** Adds a decimal number. */
void ew_text_add_number(ew_text *text, uint32_t number);

/** Adds `length` bytes; what is not printable ASCII becomes `?`. */
void ew_text_add_plain(ew_text *text, const char *bytes, size_t length);

/** Adds a JSON string in quotation marks, escaped (RFC 8259, 7); what is not printable
 * ASCII becomes `?`. */
void ew_text_add_json(ew_text *text, const char *string, size_t length);

#ifdef __cplusplus
}
#endif

#endif
