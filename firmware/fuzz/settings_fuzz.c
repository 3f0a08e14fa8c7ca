/**
 * Any bytes are a settings message for a node with the radios that the first byte says. The answer is
 * a JSON object, settings stay good, and those that were stored are restored.
 */
#include <stdlib.h>
#include <string.h>

#include "../common/ew_json.h"
#include "../common/ew_settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition) {
  if (!condition) abort();
}

/** The answer is read by what reads messages, and has these two first. */
static void check_answer(const ew_text *answer, bool ok) {
  ew_json_object object;
  bool said = !ok;
  must(!answer->cut && strlen(answer->data) == answer->length);
  must(ew_json_read(&object, answer->data, answer->length) && object.count > 2);
  must(ew_json_is(&object.members[0].name, "id") && ew_json_is(&object.members[1].name, "ok"));
  must(ew_json_bool(&object.members[1].value, &said) && said == ok);
  must(ew_json_is(&object.members[2].name, "reason") == !ok);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const ew_settings before = EW_SETTINGS_DEFAULTS;
  ew_settings_wish wish;
  ew_settings restored = before;
  char buffer[EW_ANSWER_BYTES];
  ew_text text;
  if (size == 0) return 0;
  uint8_t radios = (uint8_t)(1 + data[0] % 3);
  ew_settings_read(&wish, &before, radios, data + 1, size - 1);
  must(ew_settings_are_valid(&wish.settings));
  must(wish.ok || ew_settings_equal(&wish.settings, &before));
  ew_text_begin(&text, buffer, sizeof buffer);
  ew_settings_answer(&text, &wish, &wish.settings, radios);
  check_answer(&text, wish.ok);
  ew_text_begin(&text, buffer, EW_SETTINGS_TEXT_BYTES);
  ew_settings_write(&text, &wish.settings, radios);
  must(!text.cut && ew_settings_restore(&restored, radios, buffer, text.length));
  must(ew_settings_equal(&restored, &wish.settings));
  // Storage may hold anything.
  (void)ew_settings_restore(&restored, radios, data + 1, size - 1);
  must(ew_settings_are_valid(&restored));
  return 0;
}
