/** What the program says, a line each, on standard error. */
#ifndef EW_SAY_H
#define EW_SAY_H

/** Writes a line; `format` as printf has it, without the line break. */
void ew_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
