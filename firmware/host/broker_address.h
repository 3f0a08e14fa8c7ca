/** Where the broker is: `host`, `host:port`, `mqtt://host:port`, `mqtts://host:port`. */
#ifndef EW_BROKER_ADDRESS_H
#define EW_BROKER_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

/** Room for a host name, bytes, with NUL (RFC 1035, 2.3.4: 255). */
#define EW_HOST_BYTES 256

typedef struct {
  char host[EW_HOST_BYTES]; /**< name or address; of IPv6 without brackets */
  uint16_t port;            /**< 1883, or 8883 with TLS, unless given */
  bool tls;
} ew_broker_address;

/** Reads an address. @return NULL, or what is wrong with it */
const char *ew_broker_address_read(ew_broker_address *address, const char *text);

#endif
