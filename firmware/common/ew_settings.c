#include "ew_settings.h"

#include <string.h>

#include "../port/port.h"
#include "ew_json.h"

/** A setting that is a number. */
typedef struct {
  const char *name;
  size_t offset; /**< of its uint16_t in ew_settings */
  uint16_t min;
  uint16_t max;
  uint8_t radios; /**< only nodes with one of these have it; 0: all */
} member;

enum { BLE = 1 << EW_RADIO_BLE, WPAN = 1 << EW_RADIO_WPAN };

static const member MEMBERS[] = {
    {"channel", offsetof(ew_settings, channel), 11, 26, WPAN},
    {"scan_interval_ms", offsetof(ew_settings, scan_interval_ms), 3, 10240, BLE},
    {"scan_window_ms", offsetof(ew_settings, scan_window_ms), 3, 10240, BLE},
    {"dedup_ms", offsetof(ew_settings, dedup_ms), 0, 60000, 0},
    {"batch_frames", offsetof(ew_settings, batch_frames), 1, 255, 0},
    {"batch_age_ms", offsetof(ew_settings, batch_age_ms), 0, 60000, 0},
};
enum { MEMBER_COUNT = sizeof MEMBERS / sizeof MEMBERS[0] };

static const char WINDOW_TOO_LONG[] = "scan_window_ms: longer than scan_interval_ms";

static bool has(const member *setting, uint8_t radios) {
  return setting->radios == 0 || (setting->radios & radios) != 0;
}

static uint16_t value_of(const member *setting, const ew_settings *settings) {
  uint16_t value = 0;
  memcpy(&value, (const char *)settings + setting->offset, sizeof value);
  return value;
}

bool ew_settings_are_valid(const ew_settings *settings) {
  for (size_t i = 0; i < MEMBER_COUNT; i++) {
    uint16_t value = value_of(&MEMBERS[i], settings);
    if (value < MEMBERS[i].min || value > MEMBERS[i].max) return false;
  }
  return settings->scan_window_ms <= settings->scan_interval_ms;
}

bool ew_settings_equal(const ew_settings *one, const ew_settings *other) {
  for (size_t i = 0; i < MEMBER_COUNT; i++) {
    if (value_of(&MEMBERS[i], one) != value_of(&MEMBERS[i], other)) return false;
  }
  return one->scan == other->scan;
}

/** Takes one member of a message. @return false: no such setting, or not with this value */
static bool take(ew_settings *settings, uint8_t radios, const ew_json_member *from) {
  if (ew_json_is(&from->name, "scan")) return ew_json_bool(&from->value, &settings->scan);
  for (size_t i = 0; i < MEMBER_COUNT; i++) {
    const member *setting = &MEMBERS[i];
    uint32_t number = 0;
    if (!has(setting, radios) || !ew_json_is(&from->name, setting->name)) continue;
    if (!ew_json_number(&from->value, &number)) return false;
    if (number < setting->min || number > setting->max) return false;
    uint16_t value = (uint16_t)number;
    memcpy((char *)settings + setting->offset, &value, sizeof value);
    return true;
  }
  return false;
}

/**
 * Takes all members but `id`.
 *
 * @param reason what is wrong, where something is
 * @return false: something is wrong, and `settings` is as it was
 */
static bool take_all(ew_settings *settings, uint8_t radios, const ew_json_object *object,
                     ew_text *reason) {
  ew_settings changed = *settings;
  for (size_t i = 0; i < object->count; i++) {
    const ew_json_member *from = &object->members[i];
    if (ew_json_is(&from->name, "id") || take(&changed, radios, from)) continue;
    size_t length = from->name.length < 32 ? from->name.length : 32;
    ew_text_add_plain(reason, from->name.start, length);
    ew_text_add(reason, ": no such setting, or not with this value");
    return false;
  }
  if (changed.scan_window_ms > changed.scan_interval_ms) {
    ew_text_add(reason, WINDOW_TOO_LONG);
    return false;
  }
  *settings = changed;
  return true;
}

/** Finds the `id`, the last one if there are several. @return false: there is no good one */
static bool find_id(const ew_json_object *object, char id[EW_ID_BYTES + 1]) {
  const ew_json_value *found = NULL;
  for (size_t i = 0; i < object->count; i++) {
    if (ew_json_is(&object->members[i].name, "id")) found = &object->members[i].value;
  }
  if (found == NULL) return false;
  bool is_text = found->kind == EW_JSON_TEXT && ew_json_is_clean(found);
  if (!is_text && found->kind != EW_JSON_NUMBER) return false;
  ew_text text;
  ew_text_begin(&text, id, EW_ID_BYTES + 1);
  if (is_text) ew_text_add(&text, "\"");
  ew_text_add_bytes(&text, found->start, found->length);
  if (is_text) ew_text_add(&text, "\"");
  return !text.cut;
}

void ew_settings_read(ew_settings_wish *wish, const ew_settings *settings, uint8_t radios,
                      const void *payload, size_t length) {
  ew_json_object object;
  ew_text reason;
  memset(wish, 0, sizeof *wish);
  wish->settings = *settings;
  ew_text_begin(&reason, wish->reason, sizeof wish->reason);
  if (length > EW_SET_BYTES) {
    ew_text_add(&reason, "longer than ");
    ew_text_add_number(&reason, EW_SET_BYTES);
    ew_text_add(&reason, " bytes");
  } else if (!ew_json_read(&object, payload, length) || !find_id(&object, wish->id)) {
    ew_text_add(&reason, "not a JSON object with an id");
  } else {
    wish->ok = take_all(&wish->settings, radios, &object, &reason);
    return;
  }
  strcpy(wish->id, "null");
}

/** Adds all settings as members of an object. */
static void add_members(ew_text *text, const ew_settings *settings, uint8_t radios) {
  ew_text_add(text, settings->scan ? "\"scan\":true" : "\"scan\":false");
  for (size_t i = 0; i < MEMBER_COUNT; i++) {
    if (!has(&MEMBERS[i], radios)) continue;
    ew_text_add(text, ",\"");
    ew_text_add(text, MEMBERS[i].name);
    ew_text_add(text, "\":");
    ew_text_add_number(text, value_of(&MEMBERS[i], settings));
  }
}

void ew_settings_answer(ew_text *text, const ew_settings_wish *wish, const ew_settings *settings,
                        uint8_t radios) {
  ew_text_add(text, "{\"id\":");
  ew_text_add(text, wish->id);
  ew_text_add(text, wish->ok ? ",\"ok\":true," : ",\"ok\":false,");
  if (!wish->ok) {
    ew_text_add(text, "\"reason\":");
    ew_text_add_json(text, wish->reason, strlen(wish->reason));
    ew_text_add(text, ",");
  }
  add_members(text, settings, radios);
  ew_text_add(text, "}");
}

void ew_settings_write(ew_text *text, const ew_settings *settings, uint8_t radios) {
  ew_text_add(text, "{");
  add_members(text, settings, radios);
  ew_text_add(text, "}");
}

bool ew_settings_restore(ew_settings *settings, uint8_t radios, const void *data, size_t length) {
  char unread[EW_REASON_BYTES];
  ew_json_object object;
  ew_text reason;
  ew_text_begin(&reason, unread, sizeof unread);
  return ew_json_read(&object, data, length) && take_all(settings, radios, &object, &reason);
}
