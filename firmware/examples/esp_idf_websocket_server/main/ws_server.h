/**
 * A WebSocket server on port 80, path `/ws`: text and binary messages come back as they were, and
 * ws_server_push() sends a reading to all.
 */
#ifndef WS_SERVER_H
#define WS_SERVER_H

#include <stddef.h>

#include "esp_err.h"

/** Clients at a time; one more takes the place of the one that was silent longest. */
#define WS_SERVER_CLIENTS 6
/** Longest message that comes back, bytes; who sends more is disconnected. */
#define WS_SERVER_MESSAGE_MAX 1024

/** Writes what is pushed: text that ends with NUL, at most `size` bytes. */
typedef esp_err_t (*ws_server_write)(char *text, size_t size);

/** Starts it; once. */
esp_err_t ws_server_start(ws_server_write write);

/** Has the server's task write and send to all clients. Does not wait. */
esp_err_t ws_server_push(void);

#endif
