#include "broker_address.h"

#include <stdlib.h>
#include <string.h>

enum { PORT = 1883, TLS_PORT = 8883 };

/** Reads what stands behind the host: nothing, or a colon and a port. */
static const char *read_port(ew_broker_address *address, const char *text) {
  static const char *const WRONG = "the port is not a number from 1 to 65535";
  if (*text == '\0') return NULL;
  if (*text != ':' || text[1] < '0' || text[1] > '9') return WRONG;
  char *end;
  unsigned long port = strtoul(text + 1, &end, 10);
  if (*end == '/' && end[1] == '\0') end++;
  if (*end != '\0' || port < 1 || port > UINT16_MAX) return WRONG;
  address->port = (uint16_t)port;
  return NULL;
}

const char *ew_broker_address_read(ew_broker_address *address, const char *text) {
  memset(address, 0, sizeof *address);
  const char *rest = strstr(text, "://");
  if (rest != NULL) {
    size_t scheme = (size_t)(rest - text);
    address->tls = scheme == 5 && strncmp(text, "mqtts", 5) == 0;
    bool plain = scheme == 4 && strncmp(text, "mqtt", 4) == 0;
    if (!address->tls && !plain) return "only mqtt:// and mqtts:// are spoken";
    text = rest + 3;
  }
  address->port = address->tls ? TLS_PORT : PORT;
  if (strchr(text, '@') != NULL) return "user and password go into --user and EDGEWIRE_TOKEN";
  const char *end;
  if (*text == '[') {
    end = strchr(++text, ']');
    if (end == NULL) return "the bracket is not closed";
  } else {
    end = text + strcspn(text, ":/");
    // Several colons without brackets are an address of IPv6 alone.
    if (*end == ':' && strchr(end + 1, ':') != NULL) end = text + strlen(text);
  }
  size_t length = (size_t)(end - text);
  if (length == 0) return "the host is missing";
  if (length >= sizeof address->host) return "the host name is too long";
  memcpy(address->host, text, length);
  if (*end == ']') end++;
  if (*end == '/') return end[1] == '\0' ? NULL : "MQTT has no path";
  return read_port(address, end);
}
