#include "uplink.h"

#include <string.h>

#include "esp_crt_bundle.h"
#include "esp_err.h"
#include "esp_log.h"
#include "freertos/FreeRTOS.h"
#include "freertos/queue.h"
#include "freertos/task.h"
#include "mqtt_client.h"
#include "node_task.h"
#include "sdkconfig.h"

static const char TAG[] = "uplink";

enum {
  /** Envelopes in flight, a status and an answer. */
  PLACES = EW_IN_FLIGHT + 2,
  /** For each place one to publish and one that it was; and connections. */
  JOBS = 2 * PLACES + 8,
  STACK_BYTES = 6144,
  PRIORITY = 4,
  KEEPALIVE_S = 15,
  RECONNECT_MS = 3000,
  TIMEOUT_MS = 5000,
  RESEND_MS = 1000,
  /** A settings message and its topic come in one piece. */
  IN_BYTES = 1024,
  OUT_BYTES = EW_ENVELOPE_BYTES + EW_TOPIC_BYTES + 16,
  NO_MEMORY_TRIES = 50,
  NO_MEMORY_WAIT_MS = 100,
};

_Static_assert(EW_SET_BYTES + EW_TOPIC_BYTES + 16 < IN_BYTES, "settings fit into the buffer");

typedef enum {
  JOB_CONNECTED,
  JOB_SUBSCRIBED,
  JOB_DISCONNECTED,
  JOB_PUBLISH,
  JOB_ACKNOWLEDGED,
  JOB_LOST,
} job_kind;

/** What the task is to do; `what` is a place or the client's number of a message. */
typedef struct {
  job_kind kind;
  int what;
} job;

/** A message, from ew_port_publish() until the broker acknowledged it. */
typedef struct {
  ew_publish_result number;
  int message; /**< the client's number; 0: not handed over yet */
  uint8_t qos;
  bool retain;
  size_t length;
  char topic[EW_TOPIC_BYTES];
  uint8_t payload[EW_ENVELOPE_BYTES];
} place;

static esp_mqtt_client_handle_t s_client;
static const ew_node *s_node;
static place s_places[PLACES];
/** Places that nobody uses; what is not here is the uplink task's, but while the node fills it. */
static QueueHandle_t s_free;
static QueueHandle_t s_jobs;
/** The settings topic is subscribed; of the uplink task. */
static bool s_subscribed;

ew_publish_result ew_port_publish(const char *topic, const void *payload, size_t length,
                                  uint8_t qos, bool retain) {
  static ew_publish_result s_number;
  if (strlen(topic) >= EW_TOPIC_BYTES || length > EW_ENVELOPE_BYTES || length == 0) {
    return EW_PUBLISH_REFUSED;
  }
  int at;
  if (s_free == NULL || xQueueReceive(s_free, &at, 0) != pdTRUE) return EW_PUBLISH_BUSY;
  place *message = &s_places[at];
  s_number = s_number == INT32_MAX ? 1 : s_number + 1;
  message->number = s_number;
  message->message = 0;
  message->qos = qos;
  message->retain = retain;
  message->length = length;
  strlcpy(message->topic, topic, sizeof message->topic);
  memcpy(message->payload, payload, length);
  const job publish = {.kind = JOB_PUBLISH, .what = at};
  ew_publish_result result = qos == 0 ? EW_PUBLISH_DONE : message->number;
  if (xQueueSend(s_jobs, &publish, 0) == pdTRUE) return result;
  (void)xQueueSend(s_free, &at, 0);
  return EW_PUBLISH_BUSY;
}

/** Ends what a place was used for. */
static void release(int at, bool ok) {
  const place *message = &s_places[at];
  if (message->qos > 0) node_task_published(message->number, ok);
  (void)xQueueSend(s_free, &at, portMAX_DELAY);
}

/** Hands a message to the client, which copies it. */
static void publish(int at) {
  place *message = &s_places[at];
  int number = -1;
  for (int tries = 0; tries < NO_MEMORY_TRIES; tries++) {
    number = esp_mqtt_client_enqueue(s_client, message->topic, (const char *)message->payload,
                                     (int)message->length, message->qos, message->retain, true);
    if (number >= 0) break;
    vTaskDelay(pdMS_TO_TICKS(NO_MEMORY_WAIT_MS));
  }
  message->message = number;
  if (number < 0) ESP_LOGE(TAG, "no memory for a message of %u bytes", (unsigned)message->length);
  if (number < 0 || message->qos == 0) release(at, number >= 0);
}

/** A message of the client's was acknowledged, or given up. */
static void settle(int number, bool ok) {
  for (int at = 0; at < PLACES; at++) {
    if (number <= 0 || s_places[at].message != number) continue;
    s_places[at].message = 0;
    release(at, ok);
    return;
  }
}

/**
 * Tells the node whether it may publish. After a reconnect the client resends what was not
 * acknowledged one by one, a second apart; nothing new may overtake it by more batches than the
 * gateway remembers.
 */
static void tell_link(void) {
  static bool s_up;
  bool waits = false;
  for (int at = 0; at < PLACES; at++) waits = waits || s_places[at].message > 0;
  bool up = s_subscribed && (s_up || !waits);
  if (up == s_up) return;
  ESP_LOGI(TAG, "%s", up ? "connected" : "disconnected");
  s_up = up;
  node_task_link(up);
}

/** Where that fails (no memory) the next connection tries again: nothing is sent without it. */
static void subscribe(void) {
  if (esp_mqtt_client_subscribe_single(s_client, ew_node_set_topic(s_node), 1) < 0) {
    ESP_LOGW(TAG, "cannot subscribe");
    (void)esp_mqtt_client_disconnect(s_client);
  }
}

static void run(void *arg) {
  (void)arg;
  job next;
  for (;;) {
    if (xQueueReceive(s_jobs, &next, portMAX_DELAY) != pdTRUE) continue;
    switch (next.kind) {
      case JOB_CONNECTED:
        subscribe();
        break;
      case JOB_SUBSCRIBED:
      case JOB_DISCONNECTED:
        s_subscribed = next.kind == JOB_SUBSCRIBED;
        break;
      case JOB_PUBLISH:
        publish(next.what);
        break;
      case JOB_ACKNOWLEDGED:
      case JOB_LOST:
        settle(next.what, next.kind == JOB_ACKNOWLEDGED);
        break;
    }
    tell_link();
  }
}

/** In the client's task. There is room: see JOBS. */
static void post(job_kind kind, int what) {
  const job next = {.kind = kind, .what = what};
  if (xQueueSend(s_jobs, &next, 0) != pdTRUE) ESP_LOGE(TAG, "no room for job %d", (int)kind);
}

/** A settings message; of one in several pieces the first is enough to refuse it. */
static void on_data(const esp_mqtt_event_t *event) {
  const char *topic = ew_node_set_topic(s_node);
  bool is_set = event->topic_len == (int)strlen(topic) &&
                strncmp(event->topic, topic, (size_t)event->topic_len) == 0;
  // A setting is for now, not for the next start.
  if (!is_set || event->retain || event->current_data_offset != 0) return;
  node_task_set(event->data, (size_t)event->data_len);
}

static void on_subscribed(const esp_mqtt_event_t *event) {
  if (event->error_handle->error_type == MQTT_ERROR_TYPE_SUBSCRIBE_FAILED) {
    ESP_LOGE(TAG, "the broker refuses %s: no settings", ew_node_set_topic(s_node));
  }
  post(JOB_SUBSCRIBED, 0);
}

static void on_error(const esp_mqtt_event_t *event) {
  if (event->error_handle->error_type == MQTT_ERROR_TYPE_CONNECTION_REFUSED) {
    ESP_LOGE(TAG, "the broker refuses: %d; see name and token",
             (int)event->error_handle->connect_return_code);
  }
}

static void on_event(void *arg, esp_event_base_t base, int32_t id, void *data) {
  (void)arg;
  (void)base;
  const esp_mqtt_event_t *event = data;
  switch ((esp_mqtt_event_id_t)id) {
    case MQTT_EVENT_CONNECTED:
      post(JOB_CONNECTED, 0);
      break;
    case MQTT_EVENT_DISCONNECTED:
      post(JOB_DISCONNECTED, 0);
      break;
    case MQTT_EVENT_SUBSCRIBED:
      on_subscribed(event);
      break;
    case MQTT_EVENT_PUBLISHED:
      post(JOB_ACKNOWLEDGED, event->msg_id);
      break;
    case MQTT_EVENT_DELETED:
      post(JOB_LOST, event->msg_id);
      break;
    case MQTT_EVENT_DATA:
      on_data(event);
      break;
    case MQTT_EVENT_ERROR:
      on_error(event);
      break;
    default:
      break;
  }
}

/** What is to be trusted, if the address asks for TLS. */
static void trust(esp_mqtt_client_config_t *mqtt) {
#if CONFIG_EDGEWIRE_TLS_GATEWAY_CERTIFICATE
  extern const char gateway_pem[] asm("_binary_gateway_pem_start");
  mqtt->broker.verification.certificate = gateway_pem;
#elif CONFIG_EDGEWIRE_TLS_BUNDLE
  mqtt->broker.verification.crt_bundle_attach = esp_crt_bundle_attach;
#endif
  if (CONFIG_EDGEWIRE_TLS_NAME[0] != '\0') {
    mqtt->broker.verification.common_name = CONFIG_EDGEWIRE_TLS_NAME;
  }
}

static esp_mqtt_client_handle_t make_client(const node_config *config) {
  esp_mqtt_client_config_t mqtt = {
      .broker.address.uri = config->broker_uri,
      .credentials.client_id = config->name,
      .credentials.username = config->token[0] == '\0' ? NULL : config->name,
      .credentials.authentication.password = config->token[0] == '\0' ? NULL : config->token,
      .session.last_will.topic = ew_node_status_topic(s_node),
      .session.last_will.msg = EW_NODE_WILL,
      .session.last_will.qos = 1,
      .session.last_will.retain = 1,
      .session.keepalive = KEEPALIVE_S,
      .session.message_retransmit_timeout = RESEND_MS,
      .network.reconnect_timeout_ms = RECONNECT_MS,
      .network.timeout_ms = TIMEOUT_MS,
      .buffer.size = IN_BYTES,
      .buffer.out_size = OUT_BYTES,
  };
  trust(&mqtt);
  return esp_mqtt_client_init(&mqtt);
}

static void make_queues(void) {
  QueueHandle_t unused = xQueueCreate(PLACES, sizeof(int));
  s_jobs = xQueueCreate(JOBS, sizeof(job));
  ESP_ERROR_CHECK(unused != NULL && s_jobs != NULL ? ESP_OK : ESP_ERR_NO_MEM);
  for (int at = 0; at < PLACES; at++) (void)xQueueSend(unused, &at, 0);
  s_free = unused;
}

bool uplink_start(const node_config *config, const ew_node *node) {
  s_node = node;
  s_client = make_client(config);
  if (s_client == NULL) return false;
  make_queues();
  BaseType_t created = xTaskCreate(run, "uplink", STACK_BYTES, NULL, PRIORITY, NULL);
  ESP_ERROR_CHECK(created == pdPASS ? ESP_OK : ESP_ERR_NO_MEM);
  ESP_ERROR_CHECK(esp_mqtt_client_register_event(s_client, MQTT_EVENT_ANY, on_event, NULL));
  return esp_mqtt_client_start(s_client) == ESP_OK;
}
