/** Settings messages, good and broken, and their answers. */
#include "../common/ew_settings.h"

#include <string.h>

#include "check.h"

#define BLE_SETTINGS "\"scan_interval_ms\":100,\"scan_window_ms\":50,"
#define REST "\"dedup_ms\":0,\"batch_frames\":32,\"batch_age_ms\":100}"
#define SETTINGS "\"scan\":true,\"channel\":15," BLE_SETTINGS REST

/** Radio masks. */
enum { BLE_ONLY = 1, WPAN_ONLY = 2, BOTH = 3 };

/** What a node with these radios answers to a message. The message ends where its memory ends. */
static const char *answer_to(const char *message, size_t length, uint8_t radios) {
  static char exact[70000], answer[EW_ANSWER_BYTES];
  const ew_settings settings = EW_SETTINGS_DEFAULTS;
  ew_settings_wish wish;
  ew_text text;
  char *payload = exact + sizeof exact - length;
  memcpy(payload, message, length);
  ew_settings_read(&wish, &settings, radios, payload, length);
  CHECK(wish.ok || ew_settings_equal(&wish.settings, &settings));
  CHECK(ew_settings_are_valid(&wish.settings));
  ew_text_begin(&text, answer, sizeof answer);
  ew_settings_answer(&text, &wish, &wish.settings, radios);
  CHECK(!text.cut);
  return answer;
}

static void check_answer(const char *message, const char *wanted) {
  CHECK_TEXT(answer_to(message, strlen(message), BOTH), wanted);
}

static void a_message_with_only_an_id_asks(void) {
  check_answer("{\"id\":1}", "{\"id\":1,\"ok\":true," SETTINGS);
  check_answer(" { \"id\" : \"a-b\" }\r\n", "{\"id\":\"a-b\",\"ok\":true," SETTINGS);
}

static void the_id_is_repeated_as_it_came(void) {
  static const char *const ids[] = {
      "0",
      "-1.5e+30",
      "123456789012345678901234567890",
      "\"\"",
      "\"\\u00e4\\\"\\\\\"",
      "1.0",
      "-0",
      "\"\xc3\xa4\xe2\x82\xac\"",
      "\"\xf0\x9f\x98\x80\"",
  };
  char message[200], wanted[600];
  for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
    ew_text text;
    ew_text_begin(&text, message, sizeof message);
    ew_text_add(&text, "{\"id\":");
    ew_text_add(&text, ids[i]);
    ew_text_add(&text, "}");
    ew_text_begin(&text, wanted, sizeof wanted);
    ew_text_add(&text, "{\"id\":");
    ew_text_add(&text, ids[i]);
    ew_text_add(&text, ",\"ok\":true," SETTINGS);
    check_answer(message, wanted);
  }
}

static void settings_are_changed_together(void) {
  check_answer(
      "{\"scan\":false,\"channel\":26,\"scan_interval_ms\":10240,\"scan_window_ms\":10240,"
      "\"dedup_ms\":60000,\"batch_frames\":255,\"batch_age_ms\":60000,\"id\":7}",
      "{\"id\":7,\"ok\":true,\"scan\":false,\"channel\":26,\"scan_interval_ms\":10240,"
      "\"scan_window_ms\":10240,\"dedup_ms\":60000,\"batch_frames\":255,\"batch_age_ms\":60000}");
  check_answer(
      "{\"scan_window_ms\":3,\"id\":7,\"scan_interval_ms\":3,\"channel\":11,\"batch_frames\":1,"
      "\"batch_age_ms\":0,\"dedup_ms\":0,\"channel\":12}",
      "{\"id\":7,\"ok\":true,\"scan\":true,\"channel\":12,\"scan_interval_ms\":3,"
      "\"scan_window_ms\":3,\"dedup_ms\":0,\"batch_frames\":1,\"batch_age_ms\":0}");
}

#define NO_SUCH(name)                         \
  "{\"id\":1,\"ok\":false,\"reason\":\"" name \
  ": no such setting, or not with this value\"," SETTINGS

static void values_out_of_range_are_refused(void) {
  check_answer("{\"id\":1,\"channel\":10}", NO_SUCH("channel"));
  check_answer("{\"id\":1,\"channel\":27}", NO_SUCH("channel"));
  check_answer("{\"id\":1,\"channel\":4294967307}", NO_SUCH("channel"));
  check_answer("{\"id\":1,\"channel\":65547}", NO_SUCH("channel"));
  check_answer("{\"id\":1,\"channel\":-15}", NO_SUCH("channel"));
  check_answer("{\"id\":1,\"channel\":15.5}", NO_SUCH("channel"));
  check_answer("{\"id\":1,\"channel\":1e1}", NO_SUCH("channel"));
  check_answer("{\"id\":1,\"channel\":\"15\"}", NO_SUCH("channel"));
  check_answer("{\"id\":1,\"channel\":null}", NO_SUCH("channel"));
  check_answer("{\"id\":1,\"channel\":[15]}", NO_SUCH("channel"));
  check_answer("{\"id\":1,\"channel\":{\"id\":15},\"scan\":true}", NO_SUCH("channel"));
  check_answer("{\"id\":1,\"scan\":1}", NO_SUCH("scan"));
  check_answer("{\"id\":1,\"scan\":\"true\"}", NO_SUCH("scan"));
  check_answer("{\"id\":1,\"scan\":null}", NO_SUCH("scan"));
  check_answer("{\"id\":1,\"batch_frames\":0}", NO_SUCH("batch_frames"));
  check_answer("{\"id\":1,\"batch_frames\":256}", NO_SUCH("batch_frames"));
  check_answer("{\"id\":1,\"dedup_ms\":60001}", NO_SUCH("dedup_ms"));
  check_answer("{\"id\":1,\"scan_interval_ms\":2}", NO_SUCH("scan_interval_ms"));
  check_answer("{\"id\":1,\"scan_window_ms\":10241}", NO_SUCH("scan_window_ms"));
  check_answer("{\"id\":1,\"colour\":1}", NO_SUCH("colour"));
  check_answer("{\"id\":1,\"Scan\":true}", NO_SUCH("Scan"));
  check_answer("{\"id\":1,\"\":true}", NO_SUCH(""));
  check_answer("{\"id\":1,\"\\\"\xc3\xa4\":true}", NO_SUCH("\\\\\\\"??"));
}

static void one_bad_setting_refuses_all(void) {
  check_answer("{\"scan\":false,\"id\":1,\"channel\":12,\"batch_frames\":0}",
               NO_SUCH("batch_frames"));
}

static void the_window_is_within_the_interval(void) {
  static const char wanted[] =
      "{\"id\":1,\"ok\":false,\"reason\":\"scan_window_ms: longer than "
      "scan_interval_ms\"," SETTINGS;
  check_answer("{\"id\":1,\"scan_window_ms\":101}", wanted);
  check_answer("{\"id\":1,\"scan_interval_ms\":49}", wanted);
  check_answer("{\"id\":1,\"scan_window_ms\":60,\"scan_interval_ms\":59}", wanted);
}

static void nodes_have_the_settings_of_their_radios(void) {
  static const char channel[] = "{\"id\":1,\"channel\":16}";
  static const char window[] = "{\"id\":1,\"scan_window_ms\":16}";
  CHECK_TEXT(answer_to(channel, strlen(channel), BLE_ONLY),
             "{\"id\":1,\"ok\":false,\"reason\":\"channel: no such setting, or not with this "
             "value\",\"scan\":true," BLE_SETTINGS REST);
  CHECK_TEXT(answer_to(window, strlen(window), WPAN_ONLY),
             "{\"id\":1,\"ok\":false,\"reason\":\"scan_window_ms: no such setting, or not with "
             "this value\",\"scan\":true,\"channel\":15," REST);
}

#define NO_ID "{\"id\":null,\"ok\":false,\"reason\":\"not a JSON object with an id\"," SETTINGS

static void what_is_no_message_is_refused(void) {
  static const char *const messages[] = {
      "",
      " ",
      "null",
      "1",
      "\"id\"",
      "[]",
      "[{\"id\":1}]",
      "{",
      "}",
      "{}",
      "{\"scan\":true}",
      "{\"id\":null}",
      "{\"id\":true}",
      "{\"id\":[1]}",
      "{\"id\":{\"id\":1}}",
      "{\"x\":{\"id\":1}}",
      "{\"id\":1,}",
      "{,\"id\":1}",
      "{\"id\":1,,\"scan\":true}",
      "{\"id\":1 \"scan\":true}",
      "{\"id\":1}{}",
      "{\"id\":1} x",
      "x{\"id\":1}",
      "{\"id\":1]",
      "{\"id\"}",
      "{\"id\":}",
      "{\"id\",1}",
      "{\"id\"::1}",
      "{\"id\":1:2}",
      "{id:1}",
      "{'id':1}",
      "{\"id\":01}",
      "{\"id\":+1}",
      "{\"id\":1.}",
      "{\"id\":.5}",
      "{\"id\":1e}",
      "{\"id\":1e+}",
      "{\"id\":--1}",
      "{\"id\":0x1}",
      "{\"id\":-}",
      "{\"id\":NaN}",
      "{\"id\":nul}",
      "{\"id\":1,\"scan\":True}",
      "{\"id\":1,\"scan\":tru}",
      "{\"id\":\"a",
      "{\"id\":\"\\x\"}",
      "{\"id\":\"\\u12g4\"}",
      "{\"id\":\"\n\"}",
      "{\"id\":\"\x1f\"}",
      "{\"id\":\"\xff\"}",
      "{\"id\":\"\xc3\"}",
      "{\"id\":\"\xc0\xaf\"}",
      "{\"id\":\"\xe0\x80\xaf\"}",
      "{\"id\":\"\xed\xa0\x80\"}",
      "{\"id\":\"\xf4\x90\x80\x80\"}",
      "{\"id\":\"\xf0\x80\x80\x80\"}",
      "{\"id\":\"\xe2\x82\"}",
      "{\"id\":1,\"id\":null}",
      "\xef\xbb\xbf{\"id\":1}",
      "{\"id\":1}/**/",
      "{\"id\":1;}",
      "{1:1,\"id\":1}",
      "{null:1,\"id\":1}",
      "{{}:1,\"id\":1}",
      "{\"id\":1,\"x\":{}",
      "{\"id\":"
      "\"12345678901234567890123456789012345678901234567890123456789012345678901234567890\"}",
  };
  for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++)
    check_answer(messages[i], NO_ID);
  static const char with_nul[] = "{\"id\":1}\0";
  CHECK_TEXT(answer_to(with_nul, sizeof with_nul - 1, BOTH), NO_ID);
}

static void long_messages_are_refused(void) {
  static char message[66000];
  memset(message, ' ', sizeof message);
  memcpy(message, "{\"id\":1}", 8);
  CHECK_TEXT(answer_to(message, EW_SET_BYTES, BOTH), "{\"id\":1,\"ok\":true," SETTINGS);
  CHECK(strstr(answer_to(message, EW_SET_BYTES + 1, BOTH), "longer than 512 bytes") != NULL);
  CHECK(strstr(answer_to(message, 65536, BOTH), "\"id\":null,\"ok\":false") != NULL);
}

/** Any number of members and any depth end in an answer. */
static void many_members_are_refused(void) {
  char message[EW_SET_BYTES];
  ew_text text;
  ew_text_begin(&text, message, sizeof message);
  ew_text_add(&text, "{\"id\":1");
  for (int i = 0; i < 16; i++) ew_text_add(&text, ",\"scan\":true");
  ew_text_add(&text, "}");
  check_answer(message, NO_ID);
  memset(message, '[', 500);
  CHECK_TEXT(answer_to(message, 500, BOTH), NO_ID);
  memset(message, '{', 500);
  CHECK_TEXT(answer_to(message, 500, BOTH), NO_ID);
}

static void the_longest_answer_fits(void) {
  char message[EW_SET_BYTES];
  ew_text text;
  ew_text_begin(&text, message, sizeof message);
  ew_text_add(&text, "{\"scan_window_ms\":10240,\"scan_interval_ms\":10240,\"id\":\"");
  for (int i = 0; i < EW_ID_BYTES - 2; i++) ew_text_add(&text, "i");
  ew_text_add(&text, "\",\"");
  for (int i = 0; i < 60; i++) ew_text_add(&text, "\\\"");
  ew_text_add(&text, "\":1}");
  CHECK(strstr(answer_to(message, text.length, BOTH), ",\"ok\":false,\"reason\":\"\\\\\\\"") !=
        NULL);
}

/** Each prefix of a good message is none, whatever comes behind it in memory. */
static void every_prefix_is_refused(void) {
  static const char message[] =
      "{\"scan\":false,\"channel\":26,\"id\":\"a\\u00e4\",\"dedup_ms\":60000,\"batch_frames\":255}";
  for (size_t cut = 0; cut < strlen(message); cut++) {
    CHECK_TEXT(answer_to(message, cut, BOTH), NO_ID);
  }
}

static void settings_are_stored_and_restored(void) {
  const ew_settings defaults = EW_SETTINGS_DEFAULTS;
  ew_settings other = {false, 26, 255, 10240, 10240, 60000, 60000}, restored = defaults;
  char stored[EW_SETTINGS_TEXT_BYTES];
  ew_text text;
  ew_text_begin(&text, stored, sizeof stored);
  ew_settings_write(&text, &other, BOTH);
  CHECK(!text.cut);
  CHECK(ew_settings_restore(&restored, BOTH, stored, text.length));
  CHECK(ew_settings_equal(&restored, &other));
  for (size_t cut = 0; cut < text.length; cut++) {
    restored = defaults;
    CHECK(!ew_settings_restore(&restored, BOTH, stored, cut));
    CHECK(ew_settings_equal(&restored, &defaults));
  }
  CHECK(!ew_settings_restore(&restored, BOTH, "{\"channel\":99}", 14));
  // Of a node that had a radio more.
  CHECK(!ew_settings_restore(&restored, BLE_ONLY, stored, text.length));
  CHECK(ew_settings_equal(&restored, &defaults));
}

void settings_tests(void) {
  RUN(a_message_with_only_an_id_asks);
  RUN(the_id_is_repeated_as_it_came);
  RUN(settings_are_changed_together);
  RUN(values_out_of_range_are_refused);
  RUN(one_bad_setting_refuses_all);
  RUN(the_window_is_within_the_interval);
  RUN(nodes_have_the_settings_of_their_radios);
  RUN(what_is_no_message_is_refused);
  RUN(long_messages_are_refused);
  RUN(many_members_are_refused);
  RUN(the_longest_answer_fits);
  RUN(every_prefix_is_refused);
  RUN(settings_are_stored_and_restored);
}
