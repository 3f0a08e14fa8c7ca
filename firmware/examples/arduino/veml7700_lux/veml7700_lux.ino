/*
 * A VEML7700 light sensor: publishes lux by MQTT on devices/<device>/lux, with the time of the
 * measurement, and serves a page and a WebSocket (live lux, text echo) of its own on port 80.
 *
 * Board package esp32 3.x; libraries and wiring: README.md. Yours goes into settings.h.
 */
#include <Adafruit_VEML7700.h>
#include <ESPAsyncWebServer.h>
#include <WiFi.h>
#include <Wire.h>
#include <mqtt_client.h>
#include <sys/time.h>

#include "page.h"
#include "settings.h"

static const char LUX_TOPIC[] = "devices/" DEVICE "/lux";
static const char STATUS_TOPIC[] = "edgewire/v1/" DEVICE "/status";
static const char ONLINE[] = "{\"state\":\"online\"}";
static const char OFFLINE[] = "{\"state\":\"offline\"}";

static const int KEEPALIVE_S = 15;
static const int TRY_SENSOR_MS = 2000;
// Messages that wait while the broker is away, bytes; then new ones are not taken.
static const uint64_t OUTBOX_BYTES = 16384;
// Before this, Unix seconds, the clock was not set yet: 2020-01-01.
static const time_t CLOCK_SET = 1577836800;

static Adafruit_VEML7700 sensor;
static AsyncWebServer server(80);
static AsyncWebSocket webSocket("/ws");
static esp_mqtt_client_handle_t mqtt;

// In the MQTT client's task.
static void onMqtt(void *, esp_event_base_t, int32_t id, void *) {
  if (id != MQTT_EVENT_CONNECTED) return;
  esp_mqtt_client_enqueue(mqtt, STATUS_TOPIC, ONLINE, 0, 1, 1, true);
}

static void startMqtt() {
  esp_mqtt_client_config_t config = {};
  config.broker.address.uri = BROKER_URI;
  config.credentials.client_id = DEVICE;
  if (TOKEN[0] != '\0') {
    config.credentials.username = DEVICE;
    config.credentials.authentication.password = TOKEN;
  }
  config.session.last_will.topic = STATUS_TOPIC;
  config.session.last_will.msg = OFFLINE;
  config.session.last_will.qos = 1;
  config.session.last_will.retain = 1;
  config.session.keepalive = KEEPALIVE_S;
  config.outbox.limit = OUTBOX_BYTES;
  mqtt = esp_mqtt_client_init(&config);
  if (mqtt == nullptr) {
    Serial.println("BROKER_URI is no address of a broker");
    return;
  }
  esp_mqtt_client_register_event(mqtt, MQTT_EVENT_ANY, onMqtt, nullptr);
  esp_mqtt_client_start(mqtt);
}

// In the web server's task. A text message in one piece comes back.
static void onSocket(AsyncWebSocket *, AsyncWebSocketClient *client, AwsEventType type, void *arg,
                     uint8_t *data, size_t length) {
  if (type != WS_EVT_DATA) return;
  const AwsFrameInfo *frame = static_cast<const AwsFrameInfo *>(arg);
  bool whole = frame->final && frame->num == 0 && frame->index == 0 && frame->len == length;
  if (whole && frame->opcode == WS_TEXT) client->text(data, length);
}

static void startServer() {
  webSocket.onEvent(onSocket);
  server.addHandler(&webSocket);
  server.on("/", HTTP_GET, [](AsyncWebServerRequest *request) {
    request->send(200, "text/html; charset=utf-8", PAGE);
  });
  server.begin();
}

// Gains and integration times adapt to the light; see the library's VEML_LUX_AUTO.
static void startSensor() {
  if (SDA_PIN >= 0) Wire.setPins(SDA_PIN, SCL_PIN);
  while (!sensor.begin()) {
    Serial.println("no VEML7700 at I2C address 0x10: wiring?");
    delay(TRY_SENSOR_MS);
  }
}

// Unix time, ms; 0 while the clock is not set.
static int64_t unixMs() {
  struct timeval now;
  gettimeofday(&now, nullptr);
  return now.tv_sec < CLOCK_SET ? 0 : now.tv_sec * 1000LL + now.tv_usec / 1000;
}

static void measure() {
  float lux = sensor.readLux(VEML_LUX_AUTO);
  int64_t time_ms = unixMs();
  char time[32] = "";
  if (time_ms > 0) snprintf(time, sizeof time, ",\"time\":%lld", (long long)time_ms);
  char text[160];
  snprintf(text, sizeof text,
           "{\"value\":%.3f,\"unit\":\"lx\",\"gain\":%g,\"integration_ms\":%d,\"counts\":%u%s}",
           lux, sensor.getGainValue(), sensor.getIntegrationTimeValue(), (unsigned)sensor.readALS(),
           time);
  // Quality 1: what is measured while the broker is away for less than half a minute (the client's
  // default) comes later, with its own time.
  if (mqtt != nullptr) esp_mqtt_client_enqueue(mqtt, LUX_TOPIC, text, 0, 1, 0, true);
  webSocket.textAll(text);
}

void setup() {
  Serial.begin(115200);
  WiFi.mode(WIFI_STA);
  WiFi.setAutoReconnect(true);
  WiFi.begin(WIFI_SSID, WIFI_PASSWORD);
  configTime(0, 0, NTP_SERVER);
  startMqtt();
  startServer();
  startSensor();
}

void loop() {
  static uint32_t last;
  static bool shown;
  if (WiFi.isConnected() && !shown) {
    Serial.printf("http://%s/\n", WiFi.localIP().toString().c_str());
    shown = true;
  }
  if (millis() - last >= PERIOD_MS) {
    last = millis();
    measure();
    webSocket.cleanupClients();
  }
  delay(10);
}
