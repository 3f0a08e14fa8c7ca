#include "nl802154.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

/** The kernel's (include/net/nl802154.h); its headers for programs do not have them. */
enum { SET_CHANNEL = 9, ATTRIBUTE_IFINDEX = 3, ATTRIBUTE_PAGE = 7, ATTRIBUTE_CHANNEL = 8 };
static const char FAMILY[] = "nl802154";
enum { ANSWER_S = 1 };

/** Headers are a multiple of four bytes long; the kernel's macros for that are not clean. */
static const size_t HEADERS = sizeof(struct nlmsghdr) + sizeof(struct genlmsghdr);
static const size_t ATTRIBUTE_HEADER = sizeof(struct nlattr);
static size_t aligned(size_t length) { return (length + 3) & ~(size_t)3; }

/** A message that is being written. */
typedef struct {
  uint8_t *data;
  size_t length;
} writer;

static writer begin(uint8_t *data, uint16_t family, uint8_t command) {
  struct genlmsghdr header = {.cmd = command, .version = 1};
  struct nlmsghdr message = {.nlmsg_type = family, .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK};
  memset(data, 0, EW_NL802154_BYTES);
  memcpy(data, &message, sizeof message);
  memcpy(data + sizeof(struct nlmsghdr), &header, sizeof header);
  return (writer){data, HEADERS};
}

static void add(writer *to, uint16_t type, const void *value, size_t length) {
  struct nlattr attribute = {(uint16_t)(ATTRIBUTE_HEADER + length), type};
  memcpy(to->data + to->length, &attribute, sizeof attribute);
  memcpy(to->data + to->length + ATTRIBUTE_HEADER, value, length);
  to->length += aligned(ATTRIBUTE_HEADER + length);
}

static size_t end(const writer *to) {
  uint32_t length = (uint32_t)to->length;
  memcpy(to->data, &length, sizeof length);
  return to->length;
}

size_t ew_nl802154_write_lookup(uint8_t message[EW_NL802154_BYTES]) {
  writer to = begin(message, GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
  add(&to, CTRL_ATTR_FAMILY_NAME, FAMILY, sizeof FAMILY);
  return end(&to);
}

size_t ew_nl802154_write_channel(uint8_t message[EW_NL802154_BYTES], uint16_t family, int interface,
                                 uint8_t channel) {
  uint32_t index = (uint32_t)interface;
  uint8_t page = 0;
  writer to = begin(message, family, SET_CHANNEL);
  add(&to, ATTRIBUTE_IFINDEX, &index, sizeof index);
  add(&to, ATTRIBUTE_PAGE, &page, sizeof page);
  add(&to, ATTRIBUTE_CHANNEL, &channel, sizeof channel);
  return end(&to);
}

int ew_nl802154_read(const uint8_t *message, size_t length, uint16_t *family) {
  struct nlmsghdr header;
  if (length < sizeof header) return EPROTO;
  memcpy(&header, message, sizeof header);
  if (header.nlmsg_len > length) return EPROTO;
  if (header.nlmsg_type == NLMSG_ERROR) {
    int error;
    if (length < sizeof(struct nlmsghdr) + sizeof error) return EPROTO;
    memcpy(&error, message + sizeof(struct nlmsghdr), sizeof error);
    return -error;
  }
  for (size_t at = HEADERS; at + ATTRIBUTE_HEADER <= header.nlmsg_len;) {
    struct nlattr attribute;
    memcpy(&attribute, message + at, sizeof attribute);
    if (attribute.nla_len < ATTRIBUTE_HEADER || attribute.nla_len > header.nlmsg_len - at)
      return EPROTO;
    if (attribute.nla_type == CTRL_ATTR_FAMILY_ID && attribute.nla_len >= ATTRIBUTE_HEADER + 2) {
      memcpy(family, message + at + ATTRIBUTE_HEADER, sizeof *family);
    }
    at += aligned(attribute.nla_len);
  }
  return 0;
}

/** Sends a message and reads its answer. @return 0, or errno */
static int ask(int fd, const uint8_t *message, size_t length, uint16_t *family) {
  uint8_t answer[4096];
  if (send(fd, message, length, 0) < 0) return errno;
  ssize_t got = recv(fd, answer, sizeof answer, 0);
  return got < 0 ? errno : ew_nl802154_read(answer, (size_t)got, family);
}

int ew_nl802154_set_channel(int interface, uint8_t channel) {
  uint8_t message[EW_NL802154_BYTES];
  struct timeval patience = {ANSWER_S, 0};
  uint16_t family = 0;
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
  if (fd < 0) return errno;
  (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  int error = ask(fd, message, ew_nl802154_write_lookup(message), &family);
  if (error == 0 && family == 0) error = ENOENT;
  // Behind the answer comes the acknowledgement that was asked for.
  if (error == 0) {
    uint8_t acknowledgement[4096];
    if (recv(fd, acknowledgement, sizeof acknowledgement, 0) < 0) error = errno;
  }
  if (error == 0) {
    error =
        ask(fd, message, ew_nl802154_write_channel(message, family, interface, channel), &family);
  }
  (void)close(fd);
  return error;
}
