/** `edgewire-node`: a bridge node as a Linux program. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/ew_node.h"
#include "capture.h"
#include "feed.h"
#include "hci.h"
#include "host_port.h"
#include "mqtt_link.h"
#include "options.h"
#include "say.h"
#include "version.h"
#include "wpan.h"

enum { DONE = 0, FAILED = 1, WRONG_COMMAND_LINE = 2 };
/** How often the system's clock is looked at, and how long a goodbye may take. */
enum { CLOCK_PERIOD_S = 10, GOODBYE_S = 2 };
/** Packets that one turn takes from a radio. */
enum { PACKETS_PER_TURN = 64 };

/** How far the program is. */
typedef enum { RUNNING, FLUSHING, LEAVING, LEFT } stage;

static ew_node node;
static ew_link link_to_broker;
static ew_capture capture = {.fd = -1};
static ew_feed feed;
static ew_hci hci = {.fd = -1};
static ew_wpan wpan = {.fd = -1};
static char client_id[EW_NAME_MAX + 16];

static volatile sig_atomic_t stop_asked;
static stage now_at = RUNNING;
static uint64_t give_up_us = UINT64_MAX;
static ew_publish_result goodbye;
static bool goodbye_known;
static int status = DONE;

static void on_signal(int number) {
  (void)number;
  stop_asked = 1;
}

static void on_online(void) { ew_node_connected(&node); }
static void on_offline(void) { ew_node_disconnected(&node); }
static void on_set(const void *payload, size_t length) { ew_node_set(&node, payload, length); }

static void on_published(ew_publish_result number) {
  if (now_at == LEAVING && number == goodbye) goodbye_known = true;
  ew_node_published(&node, number, true);
}

static uint64_t after_s(unsigned seconds) {
  return ew_port_time_us() + (uint64_t)seconds * 1000000;
}

/** Opens what is heard. @return bit (1 << ew_radio) for each radio; 0: it cannot, and was said */
static uint8_t open_radios(const ew_options *options) {
  char error[EW_CAPTURE_ERROR_BYTES];
  ew_radio radio;
  uint8_t radios = 0;
  if (options->read != NULL) {
    if (!ew_capture_open(&capture, options->read, error)) {
      ew_say("%s: %s", options->read, error);
      return 0;
    }
    if (ew_link_type_radio(capture.link_type, &radio)) return (uint8_t)(1u << radio);
    ew_say("%s: link type %d is none that is read: " EW_LINK_TYPES_READ, options->read,
           capture.link_type);
    return 0;
  }
  if (options->hci >= 0) {
    if (!ew_hci_open(&hci, (unsigned)options->hci)) return 0;
    ew_the_host.hci = &hci;
    radios |= 1u << EW_RADIO_BLE;
  }
  if (options->wpan != NULL) {
    if (!ew_wpan_open(&wpan, options->wpan)) return 0;
    ew_the_host.wpan = &wpan;
    radios |= 1u << EW_RADIO_WPAN;
  }
  return radios;
}

/** Opens everything. @return false: it cannot, and was said */
static bool begin(const ew_options *options) {
  static const ew_link_listener LISTENER = {on_online, on_offline, on_published, on_set};
  ew_node_config config = {options->name, EW_VERSION, 0, EW_SETTINGS_DEFAULTS};
  ew_the_host.link = &link_to_broker;
  ew_the_host.settings_file = options->settings_file;
  config.defaults.channel = options->channel;
  config.radios = open_radios(options);
  if (config.radios == 0) return false;
  if (!ew_node_init(&node, &config)) {
    ew_say("the node cannot be made of these options");
    return false;
  }
  (void)snprintf(client_id, sizeof client_id, "edgewire-%s", options->name);
  ew_link_config link = {&options->broker, options->cafile,
                         options->user,    options->password,
                         client_id,        ew_node_status_topic(&node),
                         EW_NODE_WILL,     ew_node_set_topic(&node)};
  if (!ew_link_open(&link_to_broker, &link, &LISTENER)) return false;
  if (options->read != NULL) ew_feed_init(&feed, &node, &capture, options->speed);
  return true;
}

/** Sends what waits, then says goodbye. @param patience_s how long the broker may take */
static void finish(unsigned patience_s) {
  if (now_at != RUNNING) return;
  now_at = FLUSHING;
  give_up_us = after_s(patience_s);
}

/** Says the time once the system knows it; files have times of their own. */
static void keep_time(const ew_options *options) {
  static uint64_t due_us;
  uint64_t unix_us;
  if (options->read != NULL || ew_port_time_us() < due_us) return;
  due_us = after_s(CLOCK_PERIOD_S);
  if (ew_host_unix_time(&unix_us)) ew_node_synchronised(&node, unix_us);
}

static void hear_bluetooth(void) {
  uint8_t packet[EW_HCI_BYTES];
  ew_hci_tick(&hci);
  for (int i = 0; i < PACKETS_PER_TURN && hci.fd >= 0; i++) {
    ssize_t length = ew_hci_read(&hci, packet);
    if (length == -1) return;
    if (length == -2) {
      ew_hci_close(&hci);
      status = FAILED;
      finish(GOODBYE_S);
      return;
    }
    if (length == 0) continue;
    ew_frame info = {ew_port_time_us(), EW_LINK_HCI_H4, EW_UNKNOWN_RSSI, EW_UNKNOWN_CHANNEL, 0,
                     EW_UNKNOWN_LQI};
    (void)ew_node_hear(&node, EW_RADIO_BLE, &info, packet, (size_t)length);
  }
}

static void hear_wpan(void) {
  uint8_t frame[EW_WPAN_BYTES];
  for (int i = 0; i < PACKETS_PER_TURN && wpan.fd >= 0; i++) {
    ssize_t length = ew_wpan_read(&wpan, frame);
    if (length == -1) return;
    if (length == -2) {
      ew_wpan_close(&wpan);
      status = FAILED;
      finish(GOODBYE_S);
      return;
    }
    if (!ew_the_host.listening[EW_RADIO_WPAN]) continue;
    ew_frame info = {ew_port_time_us(), EW_LINK_WPAN, EW_UNKNOWN_RSSI, ew_the_host.channel, 0,
                     EW_UNKNOWN_LQI};
    (void)ew_node_hear(&node, EW_RADIO_WPAN, &info, frame, (size_t)length);
  }
}

/** Says what became of the frames of a file. */
static void report(const ew_options *options) {
  for (int verdict = EW_HEARD_FRAME + 1; verdict < EW_HEARD_COUNT; verdict++) {
    if (feed.heard[verdict] == 0) continue;
    ew_say("%s: left out: %llu %s", options->read, (unsigned long long)feed.heard[verdict],
           ew_heard_text((ew_heard_verdict)verdict));
  }
  if (feed.unheard > 0) {
    ew_say("%s: %llu frames passed while the node was told not to listen", options->read,
           (unsigned long long)feed.unheard);
  }
  ew_say("%s: %llu frames, %lu of them dropped", options->read,
         (unsigned long long)feed.heard[EW_HEARD_FRAME], (unsigned long)ew_node_dropped(&node));
}

/** Reads on. @param poll_fd gets what to wait for @return milliseconds to wait at most */
static int run_feed(const ew_options *options, struct pollfd *poll_fd) {
  if (capture.fd < 0 || now_at != RUNNING) return -1;
  feed.deaf = !ew_the_host.listening[feed.radio];
  switch (ew_feed_run(&feed, link_to_broker.state == EW_LINK_ONLINE)) {
    case EW_FEED_READING:
      poll_fd->fd = capture.fd;
      return -1;
    case EW_FEED_WAITING:
      // Times of frames are kept to the millisecond, never early.
      return (int)((feed.wait_us > 60000000 ? 60000000 : feed.wait_us) / 1000) +
             (feed.wait_us % 1000 != 0);
    case EW_FEED_ENDED:
      break;
  }
  if (feed.failed) {
    ew_say("%s: %s", options->read, feed.error);
    status = FAILED;
  }
  ew_capture_close(&capture);
  finish(options->linger_s);
  return 0;
}

/** Brings the end about, once it was asked for. */
static void run_end(const ew_options *options) {
  if (stop_asked != 0 && now_at == RUNNING) {
    if (options->read != NULL) {
      ew_say("%s: stopped before its end", options->read);
      status = FAILED;
    }
    finish(GOODBYE_S);
  }
  if (link_to_broker.state == EW_LINK_REFUSED) {
    status = FAILED;
    now_at = LEFT;
  }
  bool late = ew_port_time_us() >= give_up_us;
  if (now_at == FLUSHING && (ew_node_flush(&node) || late)) {
    if (late) {
      ew_say("the broker does not have everything: up to %lu frames are lost",
             (unsigned long)ew_node_waiting(&node));
      status = FAILED;
    }
    if (options->read != NULL) report(options);
    goodbye = ew_node_goodbye(&node);
    now_at = goodbye > 0 ? LEAVING : LEFT;
    give_up_us = after_s(GOODBYE_S);
    return;
  }
  if (now_at != LEAVING || (!goodbye_known && !late)) return;
  if (link_to_broker.state == EW_LINK_ONLINE) ew_link_disconnect(&link_to_broker);
  now_at = LEFT;
}

static int shorter(int one_ms, int other_ms) {
  if (one_ms < 0) return other_ms;
  return other_ms >= 0 && other_ms < one_ms ? other_ms : one_ms;
}

/** @return milliseconds until then, rounded up; at most a minute */
static int until_ms(uint64_t due_us) {
  uint64_t now_us = ew_port_time_us();
  if (due_us <= now_us) return 0;
  return due_us - now_us < 60000000 ? (int)((due_us - now_us) / 1000) + 1 : 60000;
}

/** One turn: does what is due, then waits. @param signals that may come while it waits */
static void turn(const ew_options *options, const sigset_t *signals) {
  struct pollfd fds[4];
  keep_time(options);
  hear_bluetooth();
  hear_wpan();
  fds[1] = (struct pollfd){-1, POLLIN, 0};
  fds[2] = (struct pollfd){hci.fd, POLLIN, 0};
  fds[3] = (struct pollfd){wpan.fd, POLLIN, 0};
  int wait_ms = run_feed(options, &fds[1]);
  uint32_t node_us = ew_node_poll(&node);
  run_end(options);
  if (now_at == LEFT) return;
  wait_ms = shorter(wait_ms, (int)(node_us / 1000 + (node_us % 1000 != 0)));
  wait_ms = shorter(wait_ms, until_ms(give_up_us));
  wait_ms = shorter(wait_ms, ew_link_poll(&link_to_broker, &fds[0]));
  struct timespec patience = {wait_ms / 1000, wait_ms % 1000 * 1000000L};
  if (ppoll(fds, 4, &patience, signals) < 0) {
    if (errno != EINTR) ew_say("cannot wait: %s", strerror(errno));
    return;
  }
  ew_link_run(&link_to_broker, fds[0].revents);
}

/** Has SIGINT and SIGTERM come only while the program waits. @param before what to wait with */
static void take_signals(sigset_t *before) {
  // Whoever asks twice does not want to wait.
  struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
  sigset_t blocked;
  (void)sigemptyset(&blocked);
  (void)sigaddset(&blocked, SIGINT);
  (void)sigaddset(&blocked, SIGTERM);
  (void)sigaction(SIGINT, &action, NULL);
  (void)sigaction(SIGTERM, &action, NULL);
  (void)sigprocmask(SIG_BLOCK, &blocked, before);
  (void)signal(SIGPIPE, SIG_IGN);
}

int main(int argc, char **argv) {
  static ew_options options;
  sigset_t signals;
  switch (ew_options_read(&options, argc, argv)) {
    case EW_OPTIONS_SAID:
      return DONE;
    case EW_OPTIONS_WRONG:
      free(options.password);
      return WRONG_COMMAND_LINE;
    case EW_OPTIONS_RUN:
      break;
  }
  if (begin(&options)) {
    take_signals(&signals);
    while (now_at != LEFT) turn(&options, &signals);
  } else {
    status = FAILED;
  }
  ew_capture_close(&capture);
  ew_hci_close(&hci);
  ew_wpan_close(&wpan);
  ew_link_close(&link_to_broker);
  free(options.password);
  return status;
}
