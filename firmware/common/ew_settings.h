/**
 * Settings of a node, their JSON on `edgewire/v1/<name>/set`, and the answer on `.../set/result`.
 *
 * A message is a JSON object with an `id` (text or number, which the answer repeats as it came) and
 * any of the members below. The answer has `id`, `ok`, where that is false a `reason`, and all
 * settings as they now are. A message is followed as a whole or not at all; `{"id":1}` only asks.
 * A member named twice counts as it stands last. Numbers are written as whole numbers, without
 * fraction or exponent.
 *
 *     scan              true: the radios listen
 *     channel           11 to 26; only with IEEE 802.15.4
 *     scan_interval_ms  3 to 10240, from one scan window to the next; only with BLE
 *     scan_window_ms    3 to scan_interval_ms, listening of each interval; only with BLE
 *     dedup_ms          0 to 60000, equal frames heard again within it are left out; 0 off
 *     batch_frames      1 to 255, frames with which an envelope goes
 *     batch_age_ms      0 to 60000, age of its oldest frame at which an envelope goes
 *
 * (Interval and window: Bluetooth Core 5.4, Vol 4, Part E, 7.8.10, 2.5 ms to 10.24 s. Channels of the
 * 2.4 GHz band: IEEE 802.15.4-2015, 10.1.2.)
 *
 * Settings are stored as the same JSON without `id`.
 */
#ifndef EW_SETTINGS_H
#define EW_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ew_config.h"
#include "ew_text.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Settings; ranges above. */
typedef struct {
  bool scan;
  uint16_t channel;
  uint16_t batch_frames;
  uint16_t scan_interval_ms;
  uint16_t scan_window_ms;
  uint16_t dedup_ms;
  uint16_t batch_age_ms;
} ew_settings;

/** Initialises an `ew_settings` with the defaults of `ew_config.h`. */
#define EW_SETTINGS_DEFAULTS                                                        \
  {                                                                                 \
    true, EW_DEFAULT_CHANNEL, EW_DEFAULT_BATCH_FRAMES, EW_DEFAULT_SCAN_INTERVAL_MS, \
        EW_DEFAULT_SCAN_WINDOW_MS, EW_DEFAULT_DEDUP_MS, EW_DEFAULT_BATCH_AGE_MS     \
  }

/** Room for all settings as JSON, bytes, with NUL. */
#define EW_SETTINGS_TEXT_BYTES 192
/** Longest reason for a refusal, bytes, with NUL. */
#define EW_REASON_BYTES 96
/** Room for an answer, bytes, with NUL: each byte of the reason can take two. */
#define EW_ANSWER_BYTES (EW_ID_BYTES + 2 * EW_REASON_BYTES + EW_SETTINGS_TEXT_BYTES + 40)

/** What a message says. */
typedef struct {
  bool ok;
  ew_settings settings;         /**< as they are to be; where `ok` is false as they were */
  char id[EW_ID_BYTES + 1];     /**< JSON, as it came; `null` where there is no good one */
  char reason[EW_REASON_BYTES]; /**< why `ok` is false: text, ends with NUL */
} ew_settings_wish;

/** Whether all are in range, and the window within the interval. */
bool ew_settings_are_valid(const ew_settings *settings);

/** Whether all are equal. */
bool ew_settings_equal(const ew_settings *one, const ew_settings *other);

/** Reads a message. @param radios bit (1 << ew_radio) for each that the node has */
void ew_settings_read(ew_settings_wish *wish, const ew_settings *settings, uint8_t radios,
                      const void *payload, size_t length);

/** Writes the answer: `wish` says whether it went well, `settings` what is now. */
void ew_settings_answer(ew_text *text, const ew_settings_wish *wish, const ew_settings *settings,
                        uint8_t radios);

/** Writes settings for storage. */
void ew_settings_write(ew_text *text, const ew_settings *settings, uint8_t radios);

/** Reads stored settings. @return false: they are not all good, and `settings` stays as it was */
bool ew_settings_restore(ew_settings *settings, uint8_t radios, const void *data, size_t length);

#ifdef __cplusplus
}
#endif

#endif
