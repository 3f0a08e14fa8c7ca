/** What this example measures: the temperature of the chip itself. */
#ifndef READING_H
#define READING_H

#include <stddef.h>

#include "esp_err.h"

/** Switches the sensor on; at start, once. */
esp_err_t reading_begin(void);

/**
 * Measures, and writes it as JSON: `{"value":31.5,"unit":"°C"}`.
 *
 * @param text ends with NUL
 * @param size of `text`, bytes; 48 are enough
 */
esp_err_t reading_write(char *text, size_t size);

#endif
