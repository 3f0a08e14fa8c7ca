#include "mqtt_link.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "say.h"

enum { KEEPALIVE_S = 10, ATTEMPT_MS = 5000, FIRST_WAIT_MS = 1000, LONGEST_WAIT_MS = 30000 };
/** libmosquitto counts seconds for pings, and has to be called that often, ms. */
enum { TICK_MS = 500 };

static uint64_t after_ms(uint32_t ms) { return ew_port_time_us() + (uint64_t)ms * 1000; }

static uint32_t wait_ms(const ew_link *link) {
  uint32_t longest = FIRST_WAIT_MS;
  for (unsigned i = 1; i < link->failures && longest < LONGEST_WAIT_MS; i++) longest *= 2;
  if (longest > LONGEST_WAIT_MS) longest = LONGEST_WAIT_MS;
  // Up to half less, so that many nodes do not come back at the same moment.
  return longest - ew_port_random() % (longest / 2);
}

/** The connection is gone, or there was none. */
static void lose(ew_link *link, const char *why) {
  const ew_broker_address *broker = link->config.broker;
  bool online = link->state == EW_LINK_ONLINE;
  link->failures++;
  link->state = EW_LINK_WAITING;
  link->due_us = after_ms(wait_ms(link));
  if (online) {
    ew_say("%s:%u: connection lost: %s", broker->host, broker->port, why);
    link->listener.offline();
    return;
  }
  // The same again and again, for each of two families of addresses, is said once.
  char *said = link->said[link->failures % 2];
  if (strncmp(said, why, sizeof link->said[0] - 1) == 0) return;
  (void)snprintf(said, sizeof link->said[0], "%s", why);
  ew_say("%s:%u: cannot connect: %s; trying again", broker->host, broker->port, why);
}

/** Trying again is of no use, unless it worked before. */
static void refuse(ew_link *link, const char *why) {
  const ew_broker_address *broker = link->config.broker;
  lose(link, why);
  if (link->was_online) return;
  link->state = EW_LINK_REFUSED;
  ew_say("%s:%u: giving up", broker->host, broker->port);
}

static void lose_by(ew_link *link, int result, int error) {
  char why[sizeof link->problem + 128];
  switch (result) {
    case MOSQ_ERR_ERRNO:
      lose(link, strerror(error));
      break;
    case MOSQ_ERR_EAI:
      lose(link, gai_strerror(error));
      break;
    case MOSQ_ERR_TLS:
      (void)snprintf(why, sizeof why,
                     "TLS failed: is --cafile right, and --broker a name in the certificate? (%s)",
                     link->problem);
      refuse(link, why);
      break;
    case MOSQ_ERR_KEEPALIVE:
      // mosquitto_strerror() does not know it.
      lose(link, "no answer");
      break;
    case MOSQ_ERR_CONN_REFUSED:
      // on_connect() said it.
      break;
    default:
      lose(link, mosquitto_strerror(result));
  }
}

static void on_connect(struct mosquitto *client, void *self, int code) {
  ew_link *link = self;
  enum { BAD_CREDENTIALS = 4, NOT_AUTHORISED = 5 };
  if (code == BAD_CREDENTIALS || code == NOT_AUTHORISED) {
    refuse(link, "the broker refuses user name and token (--user, EDGEWIRE_TOKEN)");
  } else if (code != 0) {
    lose(link, mosquitto_connack_string(code));
  } else {
    int result = mosquitto_subscribe(client, NULL, link->config.set_topic, 1);
    if (result != MOSQ_ERR_SUCCESS) ew_say("cannot subscribe: %s", mosquitto_strerror(result));
  }
}

static void on_subscribe(struct mosquitto *client, void *self, int id, int count, const int *qos) {
  ew_link *link = self;
  (void)client;
  (void)id;
  enum { SUBSCRIBE_FAILED = 0x80 };
  if (count > 0 && qos[0] == SUBSCRIBE_FAILED) {
    ew_say("the broker refuses %s: settings cannot be changed", link->config.set_topic);
  }
  if (link->state != EW_LINK_GREETING) return;
  link->state = EW_LINK_ONLINE;
  link->failures = 0;
  link->was_online = true;
  memset(link->said, 0, sizeof link->said);
  ew_say("%s:%u: connected", link->config.broker->host, link->config.broker->port);
  link->listener.online();
}

/** Finds where a packet identifier is kept. @param id 0: where there is room */
static int *place_of(ew_link *link, int id) {
  for (size_t i = 0; i < EW_LINK_UNACKNOWLEDGED; i++) {
    if (link->unacknowledged[i] == id) return &link->unacknowledged[i];
  }
  return NULL;
}

/** Called for quality 0, too, when it was written. */
static void on_publish(struct mosquitto *client, void *self, int id) {
  ew_link *link = self;
  (void)client;
  int *place = id > 0 ? place_of(link, id) : NULL;
  if (place == NULL) return;
  *place = 0;
  link->listener.published(id);
}

static void on_message(struct mosquitto *client, void *self,
                       const struct mosquitto_message *message) {
  ew_link *link = self;
  (void)client;
  // A wish is for now, not for the next start.
  if (message->retain || message->payloadlen < 0) return;
  link->listener.set(message->payload, (size_t)message->payloadlen);
}

static void on_log(struct mosquitto *client, void *self, int level, const char *text) {
  ew_link *link = self;
  (void)client;
  if (level == MOSQ_LOG_ERR) (void)snprintf(link->problem, sizeof link->problem, "%s", text);
}

/** @return what libmosquitto says */
static int configure(ew_link *link) {
  const ew_link_config *config = &link->config;
  struct mosquitto *client = link->client;
  int result = mosquitto_int_option(client, MOSQ_OPT_TCP_NODELAY, 1);
  if (result == MOSQ_ERR_SUCCESS && config->user != NULL) {
    result = mosquitto_username_pw_set(client, config->user, config->password);
  }
  if (result == MOSQ_ERR_SUCCESS && config->broker->tls) {
    result = config->cafile == NULL
                 ? mosquitto_int_option(client, MOSQ_OPT_TLS_USE_OS_CERTS, 1)
                 : mosquitto_tls_set(client, config->cafile, NULL, NULL, NULL, NULL);
  }
  if (result == MOSQ_ERR_SUCCESS) {
    int length = (int)strlen(config->will);
    result = mosquitto_will_set(client, config->will_topic, length, config->will, 1, true);
  }
  return result;
}

bool ew_link_open(ew_link *link, const ew_link_config *config, const ew_link_listener *listener) {
  memset(link, 0, sizeof *link);
  link->config = *config;
  link->listener = *listener;
  if (mosquitto_lib_init() != MOSQ_ERR_SUCCESS) return false;
  link->client = mosquitto_new(config->client_id, true, link);
  if (link->client == NULL) {
    ew_say("cannot make an MQTT client: %s", strerror(errno));
    return false;
  }
  mosquitto_connect_callback_set(link->client, on_connect);
  mosquitto_subscribe_callback_set(link->client, on_subscribe);
  mosquitto_publish_callback_set(link->client, on_publish);
  mosquitto_message_callback_set(link->client, on_message);
  mosquitto_log_callback_set(link->client, on_log);
  int result = configure(link);
  if (result != MOSQ_ERR_SUCCESS) ew_say("cannot set MQTT up: %s", mosquitto_strerror(result));
  return result == MOSQ_ERR_SUCCESS;
}

/**
 * Of the addresses that a name has libmosquitto tries the first alone, when it does not wait. Until
 * one has worked, IPv4 and IPv6 are tried in turn: by the address to connect from, which it never
 * forgets again (2.0.11 frees it, but keeps the pointer).
 */
static void choose_family(ew_link *link) {
  struct in6_addr address;
  const char *host = link->config.broker->host;
  if (link->was_online || link->failures == 0) return;
  if (inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1) return;
  const char *from = link->failures % 2 == 1 ? "0.0.0.0" : "::";
  (void)mosquitto_string_option(link->client, MOSQ_OPT_BIND_ADDRESS, from);
}

/** Begins to connect; does not wait, but for the lookup of the host's name. */
static void connect_now(ew_link *link) {
  const ew_broker_address *broker = link->config.broker;
  link->state = EW_LINK_OPENING;
  link->due_us = after_ms(ATTEMPT_MS);
  choose_family(link);
  errno = 0;
  int result = link->begun
                   ? mosquitto_reconnect_async(link->client)
                   : mosquitto_connect_async(link->client, broker->host, broker->port, KEEPALIVE_S);
  int error = errno;
  link->begun = true;
  if (result != MOSQ_ERR_SUCCESS) lose_by(link, result, error);
}

int ew_link_poll(const ew_link *link, struct pollfd *poll_fd) {
  bool open = link->state == EW_LINK_OPENING || link->state == EW_LINK_GREETING ||
              link->state == EW_LINK_ONLINE;
  bool write = link->state == EW_LINK_OPENING || mosquitto_want_write(link->client);
  poll_fd->fd = open ? mosquitto_socket(link->client) : -1;
  poll_fd->events = (short)(POLLIN | (write ? POLLOUT : 0));
  poll_fd->revents = 0;
  uint64_t now = ew_port_time_us();
  if (link->state != EW_LINK_WAITING) return TICK_MS;
  return link->due_us > now ? (int)((link->due_us - now) / 1000 + 1) : 0;
}

/** TCP is there, or failed. @return false: it failed */
static bool opened(ew_link *link) {
  int fd = mosquitto_socket(link->client);
  int error = 0;
  socklen_t size = sizeof error;
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  if (error != 0) {
    lose(link, strerror(error));
    return false;
  }
  link->state = EW_LINK_GREETING;
  if (!link->config.broker->tls) return true;
  // libmosquitto tried the handshake before TCP was there, and would wait for the broker's turn.
  int result = mosquitto_loop_read(link->client, 1);
  if (result != MOSQ_ERR_SUCCESS) lose_by(link, result, errno);
  return result == MOSQ_ERR_SUCCESS;
}

void ew_link_run(ew_link *link, short revents) {
  bool late = ew_port_time_us() >= link->due_us;
  switch (link->state) {
    case EW_LINK_WAITING:
      if (late) connect_now(link);
      return;
    case EW_LINK_OPENING:
    case EW_LINK_GREETING:
      if (late) {
        lose(link, "no answer");
        return;
      }
      if (link->state == EW_LINK_OPENING && (revents == 0 || !opened(link))) return;
      break;
    case EW_LINK_ONLINE:
    case EW_LINK_CLOSED:
      break;
    default:
      return;
  }
  errno = 0;
  int result = mosquitto_loop(link->client, 0, 1);
  int error = errno;
  bool lost = result != MOSQ_ERR_SUCCESS;
  if (lost && (link->state == EW_LINK_GREETING || link->state == EW_LINK_ONLINE)) {
    lose_by(link, result, error);
  }
}

ew_publish_result ew_link_publish(ew_link *link, const char *topic, const void *payload,
                                  size_t length, uint8_t qos, bool retain) {
  if (link->state != EW_LINK_ONLINE) return EW_PUBLISH_BUSY;
  int *place = place_of(link, 0);
  if (qos > 0 && place == NULL) return EW_PUBLISH_BUSY;
  int id = 0;
  switch (mosquitto_publish(link->client, &id, topic, (int)length, payload, qos, retain)) {
    case MOSQ_ERR_INVAL:
    case MOSQ_ERR_MALFORMED_UTF8:
    case MOSQ_ERR_PAYLOAD_SIZE:
    case MOSQ_ERR_OVERSIZE_PACKET:
      return EW_PUBLISH_REFUSED;
    case MOSQ_ERR_NOMEM:
      return EW_PUBLISH_BUSY;
    default:
      break;
  }
  // If the connection breaks at this moment, libmosquitto has it all the same and sends it later.
  if (qos == 0) return EW_PUBLISH_DONE;
  *place = id;
  return id;
}

void ew_link_disconnect(ew_link *link) {
  link->state = EW_LINK_CLOSED;
  (void)mosquitto_disconnect(link->client);
}

void ew_link_close(ew_link *link) {
  if (link->client != NULL) mosquitto_destroy(link->client);
  link->client = NULL;
  (void)mosquitto_lib_cleanup();
}
