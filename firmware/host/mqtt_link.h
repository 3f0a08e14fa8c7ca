/**
 * The connection to the broker, by libmosquitto (2.0): MQTT 3.1.1, last will, reconnecting with
 * backoff. Single-threaded; the program polls the socket. Only looking up a host name waits.
 *
 * Messages of quality 1 that the broker has not acknowledged when a connection breaks stay in
 * libmosquitto, which sends them again, flagged as duplicates, behind the next CONNACK; also with a
 * clean session.
 */
#ifndef EW_MQTT_LINK_H
#define EW_MQTT_LINK_H

#include <mosquitto.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../port/port.h"
#include "broker_address.h"

/** Messages of quality 1 that may be unacknowledged: envelopes in flight, status and answers. */
#define EW_LINK_UNACKNOWLEDGED 64

/** Who to be. The strings must outlive the link. */
typedef struct {
  const ew_broker_address *broker;
  const char *cafile;   /**< PEM of whom to trust with TLS; NULL: whom the system trusts */
  const char *user;     /**< NULL: none */
  const char *password; /**< NULL: none */
  const char *client_id;
  const char *will_topic;
  const char *will;      /**< retained, quality 1 */
  const char *set_topic; /**< subscribed before the link counts as online */
} ew_link_config;

/** Hears of the link; called from ew_link_run() alone. */
typedef struct {
  void (*online)(void);
  void (*offline)(void);
  void (*published)(ew_publish_result number);
  /** @param payload of a message on `set_topic` that was not retained */
  void (*set)(const void *payload, size_t length);
} ew_link_listener;

typedef enum {
  EW_LINK_WAITING,  /**< until the next attempt */
  EW_LINK_OPENING,  /**< TCP */
  EW_LINK_GREETING, /**< TLS, CONNACK, SUBACK */
  EW_LINK_ONLINE,
  EW_LINK_REFUSED, /**< the broker does not take us, and never did: trying again is of no use */
  EW_LINK_CLOSED,  /**< ew_link_disconnect() was called */
} ew_link_state;

typedef struct {
  ew_link_config config;
  ew_link_listener listener;
  struct mosquitto *client;
  ew_link_state state;
  uint64_t due_us;   /**< WAITING: next attempt; OPENING and GREETING: given up */
  unsigned failures; /**< in a row */
  bool begun;        /**< an attempt was made */
  bool was_online;
  int unacknowledged[EW_LINK_UNACKNOWLEDGED]; /**< packet identifiers; 0: free */
  char problem[256];                          /**< what libmosquitto complained of last */
  char said[2][512];                          /**< what was said last of failed attempts */
} ew_link;

/**
 * Prepares the link; the first ew_link_run() connects.
 *
 * @return false: what is configured cannot be, and was said
 */
bool ew_link_open(ew_link *link, const ew_link_config *config, const ew_link_listener *listener);

/** Says what to poll: -1 while there is nothing. @return when to run anyway, ms from now */
int ew_link_poll(const ew_link *link, struct pollfd *poll_fd);

/** Does what is due. @param revents of the poll */
void ew_link_run(ew_link *link, short revents);

/** Publishes, as ew_port_publish() does. */
ew_publish_result ew_link_publish(ew_link *link, const char *topic, const void *payload,
                                  size_t length, uint8_t qos, bool retain);

/** Says goodbye to the broker, which then forgets the will. */
void ew_link_disconnect(ew_link *link);

/** Frees everything. */
void ew_link_close(ew_link *link);

#endif
