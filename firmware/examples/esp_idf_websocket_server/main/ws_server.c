#include "ws_server.h"

#include <string.h>

#include "esp_http_server.h"
#include "esp_log.h"

static const char TAG[] = "ws";

enum {
  /** A client that takes nothing for so long is disconnected; the others wait meanwhile. */
  SEND_TIMEOUT_S = 1,
  STACK_BYTES = 6144,
  TEXT_BYTES = 128,
};

static httpd_handle_t s_server;
static ws_server_write s_write;

static bool is_message(httpd_ws_type_t type) {
  return type == HTTPD_WS_TYPE_TEXT || type == HTTPD_WS_TYPE_BINARY;
}

/** Pings are answered elsewhere, pongs come here to be read. An error closes the connection. */
static esp_err_t on_frame(httpd_req_t *request) {
  static uint8_t message[WS_SERVER_MESSAGE_MAX];  // of the server's task
  if (request->method == HTTP_GET) {
    ESP_LOGI(TAG, "client %d", httpd_req_to_sockfd(request));
    return ESP_OK;
  }
  httpd_ws_frame_t frame = {0};
  // First without room: how long is it?
  esp_err_t error = httpd_ws_recv_frame(request, &frame, 0);
  if (error != ESP_OK) return error;
  if (frame.len > sizeof message || !frame.final) {
    ESP_LOGW(TAG, "a message of %u bytes or in parts is not taken", (unsigned)frame.len);
    return ESP_ERR_NOT_SUPPORTED;
  }
  frame.payload = message;
  if (frame.len > 0) error = httpd_ws_recv_frame(request, &frame, frame.len);
  if (error != ESP_OK || !is_message(frame.type)) return error;
  return httpd_ws_send_frame(request, &frame);
}

/** In the server's task. */
static void push(void *arg) {
  (void)arg;
  char text[TEXT_BYTES];
  int sockets[WS_SERVER_CLIENTS];
  size_t count = WS_SERVER_CLIENTS;
  if (httpd_get_client_list(s_server, &count, sockets) != ESP_OK) return;
  if (s_write(text, sizeof text) != ESP_OK) return;
  httpd_ws_frame_t frame = {
      .type = HTTPD_WS_TYPE_TEXT, .payload = (uint8_t *)text, .len = strlen(text)};
  for (size_t i = 0; i < count; i++) {
    if (httpd_ws_get_fd_info(s_server, sockets[i]) != HTTPD_WS_CLIENT_WEBSOCKET) continue;
    if (httpd_ws_send_frame_async(s_server, sockets[i], &frame) == ESP_OK) continue;
    (void)httpd_sess_trigger_close(s_server, sockets[i]);
  }
}

esp_err_t ws_server_push(void) { return httpd_queue_work(s_server, push, NULL); }

esp_err_t ws_server_start(ws_server_write write) {
  static const httpd_uri_t endpoint = {
      .uri = "/ws",
      .method = HTTP_GET,
      .handler = on_frame,
      .is_websocket = true,
  };
  s_write = write;
  httpd_config_t config = HTTPD_DEFAULT_CONFIG();
  config.max_open_sockets = WS_SERVER_CLIENTS;
  config.lru_purge_enable = true;
  config.send_wait_timeout = SEND_TIMEOUT_S;
  config.stack_size = STACK_BYTES;
  esp_err_t error = httpd_start(&s_server, &config);
  return error == ESP_OK ? httpd_register_uri_handler(s_server, &endpoint) : error;
}
