#include "reading.h"

#include <stdio.h>

#include "driver/temperature_sensor.h"

static temperature_sensor_handle_t s_sensor;

esp_err_t reading_begin(void) {
  // °C; narrow ranges are more exact.
  const temperature_sensor_config_t config = TEMPERATURE_SENSOR_CONFIG_DEFAULT(-10, 80);
  esp_err_t error = temperature_sensor_install(&config, &s_sensor);
  if (error == ESP_OK) error = temperature_sensor_enable(s_sensor);
  return error;
}

esp_err_t reading_write(char *text, size_t size) {
  float celsius = 0;
  esp_err_t error = temperature_sensor_get_celsius(s_sensor, &celsius);
  if (error != ESP_OK) return error;
  int length = snprintf(text, size, "{\"value\":%.1f,\"unit\":\"°C\"}", (double)celsius);
  return length > 0 && (size_t)length < size ? ESP_OK : ESP_ERR_INVALID_SIZE;
}
