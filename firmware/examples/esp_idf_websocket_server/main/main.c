/** A device that is a WebSocket server itself: echo, and a reading every second. */
#include "esp_err.h"
#include "esp_event.h"
#include "esp_netif.h"
#include "esp_timer.h"
#include "nvs_flash.h"
#include "protocol_examples_common.h"
#include "reading.h"
#include "ws_server.h"

enum { PERIOD_US = 1000000 };

/** The timer's callback: the server's task does the work. */
static void on_second(void *arg) {
  (void)arg;
  (void)ws_server_push();
}

void app_main(void) {
  const esp_timer_create_args_t second = {.callback = on_second, .name = "second"};
  esp_timer_handle_t timer;
  ESP_ERROR_CHECK(nvs_flash_init());
  ESP_ERROR_CHECK(esp_netif_init());
  ESP_ERROR_CHECK(esp_event_loop_create_default());
  ESP_ERROR_CHECK(reading_begin());
  ESP_ERROR_CHECK(example_connect());
  ESP_ERROR_CHECK(ws_server_start(reading_write));
  ESP_ERROR_CHECK(esp_timer_create(&second, &timer));
  ESP_ERROR_CHECK(esp_timer_start_periodic(timer, PERIOD_US));
}
