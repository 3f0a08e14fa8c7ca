#include "node_task.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/time.h>

#include "ble_scan.h"
#include "esp_app_desc.h"
#include "esp_err.h"
#include "esp_log.h"
#include "esp_task_wdt.h"
#include "freertos/FreeRTOS.h"
#include "freertos/queue.h"
#include "freertos/task.h"
#include "sdkconfig.h"

static const char TAG[] = "node";

enum {
  /** In this time the queues of 8 KiB fill with no more than a third of what the air can carry. */
  LOOK_MS = 10,
  STACK_BYTES = 6144,
  /** Above the uplink and the MQTT client (5), which may wait for the network. */
  PRIORITY = 7,
  PUBLISHED_WAITING = 16,
  SETS_WAITING = 2,
};

typedef struct {
  ew_publish_result number;
  bool ok;
} published;

/** A byte more than the core takes: so it refuses what was cut. */
typedef struct {
  size_t length;
  uint8_t payload[EW_SET_BYTES + 1];
} set_message;

static ew_node s_node;
static TaskHandle_t s_task;

/** Odd while the broker can be reached; counts the changes, so that none is missed. */
static atomic_uint s_link;
static atomic_bool s_time_was_set;

static StaticQueue_t s_published_state;
static uint8_t s_published_storage[PUBLISHED_WAITING * sizeof(published)];
static QueueHandle_t s_published;
static StaticQueue_t s_sets_state;
static uint8_t s_sets_storage[SETS_WAITING * sizeof(set_message)];
static QueueHandle_t s_sets;

static void wake(void) {
  if (s_task != NULL) xTaskNotifyGive(s_task);
}

bool node_task_hear(ew_radio radio, const ew_frame *info, const uint8_t *frame, size_t length) {
  return ew_node_hear(&s_node, radio, info, frame, length);
}

void node_task_link(bool up) {
  unsigned changes = atomic_load(&s_link);
  if ((changes % 2 == 1) == up) return;
  atomic_store(&s_link, changes + 1);
  wake();
}

void node_task_published(ew_publish_result number, bool ok) {
  const published item = {.number = number, .ok = ok};
  (void)xQueueSend(s_published, &item, portMAX_DELAY);
  wake();
}

void node_task_set(const void *payload, size_t length) {
  set_message message;
  message.length = length < sizeof message.payload ? length : sizeof message.payload;
  memcpy(message.payload, payload, message.length);
  if (xQueueSend(s_sets, &message, 0) != pdTRUE) ESP_LOGW(TAG, "settings come too fast");
  wake();
}

void node_task_time_was_set(void) {
  atomic_store(&s_time_was_set, true);
  wake();
}

static void take_link(unsigned *seen) {
  unsigned now = atomic_load(&s_link);
  if (now == *seen) return;
  // A loss between two connections must not stay untold.
  if (*seen % 2 == 1) ew_node_disconnected(&s_node);
  if (now % 2 == 1) ew_node_connected(&s_node);
  *seen = now;
}

static void take_time(void) {
  struct timeval now;
  if (!atomic_exchange(&s_time_was_set, false) || gettimeofday(&now, NULL) != 0) return;
  if (now.tv_sec <= 0) return;
  ew_node_synchronised(&s_node, (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_usec);
}

static void take_published(void) {
  published item;
  while (xQueueReceive(s_published, &item, 0) == pdTRUE) {
    ew_node_published(&s_node, item.number, item.ok);
  }
}

static void take_sets(void) {
  static set_message message;
  while (xQueueReceive(s_sets, &message, 0) == pdTRUE) {
    ew_node_set(&s_node, message.payload, message.length);
  }
}

/** At least a tick, so that tasks of lower priority come to their turn. */
static TickType_t ticks_until(uint32_t due_us) {
  uint32_t ms = due_us / 1000 < LOOK_MS ? due_us / 1000 : LOOK_MS;
  TickType_t ticks = pdMS_TO_TICKS(ms);
  return ticks > 0 ? ticks : 1;
}

static void run(void *arg) {
  (void)arg;
  unsigned link_seen = 0;
  ESP_ERROR_CHECK(esp_task_wdt_add(NULL));
  for (;;) {
    (void)esp_task_wdt_reset();
    take_link(&link_seen);
    take_time();
    take_published();
    take_sets();
#if CONFIG_EDGEWIRE_BLE
    ble_scan_tend();
#endif
    (void)ulTaskNotifyTake(pdTRUE, ticks_until(ew_node_poll(&s_node)));
  }
}

const ew_node *node_task_init(const node_config *config, uint8_t radios) {
  ew_node_config node = {
      .name = config->name,
      .version = esp_app_get_description()->version,
      .radios = radios,
      .defaults = EW_SETTINGS_DEFAULTS,
  };
#if CONFIG_EDGEWIRE_WPAN
  node.defaults.channel = CONFIG_EDGEWIRE_WPAN_CHANNEL;
#endif
  s_published = xQueueCreateStatic(PUBLISHED_WAITING, sizeof(published), s_published_storage,
                                   &s_published_state);
  s_sets = xQueueCreateStatic(SETS_WAITING, sizeof(set_message), s_sets_storage, &s_sets_state);
  return ew_node_init(&s_node, &node) ? &s_node : NULL;
}

void node_task_start(void) {
  BaseType_t created = xTaskCreate(run, "node", STACK_BYTES, NULL, PRIORITY, &s_task);
  ESP_ERROR_CHECK(created == pdPASS ? ESP_OK : ESP_ERR_NO_MEM);
}
