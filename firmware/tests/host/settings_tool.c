/**
 * Answers settings messages as a node with both radios and default settings does: a line of
 * hexadecimal digits for each on standard input, a line of JSON on standard output.
 */
#include <stdio.h>
#include <string.h>

#include "../../common/ew_settings.h"
#include "hex.h"

int main(void) {
  static char line[HEX_LINE_MAX];
  static uint8_t message[HEX_BYTES_MAX];
  static const ew_settings settings = EW_SETTINGS_DEFAULTS;
  while (fgets(line, sizeof line, stdin) != NULL) {
    char answer[EW_ANSWER_BYTES];
    ew_settings_wish wish;
    ew_text text;
    line[strcspn(line, "\n")] = '\0';
    ew_settings_read(&wish, &settings, 3, message, hex_read(line, message));
    ew_text_begin(&text, answer, sizeof answer);
    ew_settings_answer(&text, &wish, &wish.settings, 3);
    printf("%s\n", answer);
  }
  return 0;
}
