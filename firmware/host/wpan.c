#include "wpan.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "nl802154.h"
#include "say.h"

/** Asks the kernel about an interface. @return 0, or errno */
static int ask(const char *name, unsigned long question, struct ifreq *answer) {
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  memset(answer, 0, sizeof *answer);
  (void)snprintf(answer->ifr_name, sizeof answer->ifr_name, "%s", name);
  int error = ioctl(fd, question, answer) == 0 ? 0 : errno;
  (void)close(fd);
  return error;
}

/** Whether it is a monitor; says why not. */
static bool is_monitor(const char *name) {
  struct ifreq answer;
  if (strlen(name) >= IF_NAMESIZE) {
    ew_say("%s: not the name of an interface", name);
    return false;
  }
  int error = ask(name, SIOCGIFHWADDR, &answer);
  if (error == ENODEV)
    ew_say("%s: there is no such interface", name);
  else if (error != 0)
    ew_say("%s: %s", name, strerror(error));
  if (error != 0) return false;
  if (answer.ifr_hwaddr.sa_family == ARPHRD_IEEE802154_MONITOR) return true;
  ew_say(
      "%s: not an IEEE 802.15.4 monitor interface; make one with: iwpan phy phy0 interface add "
      "monitor0 type monitor; ip link set monitor0 up",
      name);
  return false;
}

static int open_socket(int index) {
  struct sockaddr_ll address = {
      .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = index};
  int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, htons(ETH_P_ALL));
  if (fd < 0) return -1;
  if (bind(fd, (struct sockaddr *)&address, sizeof address) == 0) return fd;
  int error = errno;
  (void)close(fd);
  errno = error;
  return -1;
}

bool ew_wpan_open(ew_wpan *wpan, const char *name) {
  memset(wpan, 0, sizeof *wpan);
  wpan->fd = -1;
  if (!is_monitor(name)) return false;
  (void)snprintf(wpan->name, sizeof wpan->name, "%s", name);
  wpan->index = (int)if_nametoindex(name);
  wpan->fd = open_socket(wpan->index);
  if (wpan->fd >= 0) return true;
  if (errno == EPERM)
    ew_say("%s: not permitted: needs CAP_NET_RAW (see the README)", name);
  else
    ew_say("%s: cannot be opened: %s", name, strerror(errno));
  return false;
}

bool ew_wpan_tune(ew_wpan *wpan, uint8_t channel) {
  int error = ew_nl802154_set_channel(wpan->index, channel);
  bool told = error == wpan->error;
  wpan->error = error;
  if (told) return error == 0;
  if (error == EPERM) {
    ew_say("%s: not permitted to tune: needs CAP_NET_ADMIN (see the README)", wpan->name);
  } else if (error != 0) {
    ew_say("%s: cannot tune to channel %u: %s", wpan->name, channel, strerror(error));
  }
  return error == 0;
}

ssize_t ew_wpan_read(const ew_wpan *wpan, uint8_t *frame) {
  struct sockaddr_ll from = {.sll_pkttype = PACKET_HOST};
  for (;;) {
    socklen_t size = sizeof from;
    ssize_t got =
        recvfrom(wpan->fd, frame, EW_WPAN_BYTES, MSG_DONTWAIT, (struct sockaddr *)&from, &size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return -1;
    if (got < 0) {
      ew_say("%s: the interface is gone: %s", wpan->name, strerror(errno));
      return -2;
    }
    // What this machine sends itself comes by, too.
    if (got > 0 && from.sll_pkttype != PACKET_OUTGOING) return got;
  }
}

void ew_wpan_close(ew_wpan *wpan) {
  if (wpan->fd >= 0) (void)close(wpan->fd);
  wpan->fd = -1;
}
