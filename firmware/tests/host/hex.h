/** Bytes as hexadecimal digits, for the tools here. */
#ifndef HEX_H
#define HEX_H

#include <stddef.h>
#include <stdint.h>

/** Most bytes that hex_read() takes, and room for a line of more. */
enum { HEX_BYTES_MAX = 1 << 20, HEX_LINE_MAX = 4 * HEX_BYTES_MAX };

/** Ends the program with status 2 and a text on standard error. */
void hex_fail(const char *what);

/** Reads digits. @return bytes in `out` */
size_t hex_read(const char *text, uint8_t *out);

/** Writes digits to standard output. */
void hex_print(const uint8_t *bytes, size_t length);

#endif
