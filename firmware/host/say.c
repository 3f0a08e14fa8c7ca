#include "say.h"

#include <stdarg.h>
#include <stdio.h>

void ew_say(const char *format, ...) {
  char line[1024];
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  (void)fprintf(stderr, "edgewire-node: %s\n", line);
}
