#include "hci.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "say.h"

/** The kernel's; its headers for programs do not have them. */
enum { PROTOCOL_HCI = 1, CHANNEL_USER = 1 };
struct sockaddr_hci {
  sa_family_t family;
  unsigned short device;
  unsigned short channel;
};

enum { H4_COMMAND = 1, H4_EVENT = 4 };
enum { COMMAND_COMPLETE = 0x0e, COMMAND_STATUS = 0x0f, LE_META = 0x3e };
enum {
  RESET = 0x0c03,
  SET_EVENT_MASK = 0x0c01,
  LE_SET_EVENT_MASK = 0x2001,
  LE_READ_FEATURES = 0x2003,
  LE_SET_SCAN_PARAMETERS = 0x200b,
  LE_SET_SCAN_ENABLE = 0x200c,
  LE_SET_EXTENDED_SCAN_PARAMETERS = 0x2041,
  LE_SET_EXTENDED_SCAN_ENABLE = 0x2042,
};
enum { ANSWER_MS = 3000, AGAIN_MS = 5000 };
/** Octet and bit of "LE Extended Advertising" in the LE features (Vol 6, Part B, 4.6): bit 12. */
enum { EXTENDED_OCTET = 1, EXTENDED_BIT = 0x10 };

static void send_command(ew_hci *hci, uint16_t opcode, const uint8_t *parameters, size_t length) {
  uint8_t packet[4 + 32] = {H4_COMMAND, (uint8_t)(opcode & 0xff), (uint8_t)(opcode >> 8),
                            (uint8_t)length};
  memcpy(packet + 4, parameters, length);
  hci->awaited = opcode;
  hci->due_us = ew_port_time_us() + (uint64_t)ANSWER_MS * 1000;
  if (send(hci->fd, packet, 4 + length, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
    ew_say("Bluetooth: cannot send command 0x%04x: %s", opcode, strerror(errno));
  }
}

/** Milliseconds in units of 0.625 ms, little-endian. */
static void put_time(uint8_t *at, uint16_t ms) {
  uint32_t units = ms * 8u / 5u;
  at[0] = (uint8_t)(units & 0xff);
  at[1] = (uint8_t)(units >> 8);
}

/** Passive, own address public (none is sent), no filter. */
static void send_parameters(ew_hci *hci) {
  if (hci->extended) {
    enum { LE_1M = 1 };
    uint8_t parameters[8] = {0, 0, LE_1M, 0};
    put_time(parameters + 4, hci->setup.scan_interval_ms);
    put_time(parameters + 6, hci->setup.scan_window_ms);
    send_command(hci, LE_SET_EXTENDED_SCAN_PARAMETERS, parameters, sizeof parameters);
  } else {
    uint8_t parameters[7] = {0};
    put_time(parameters + 1, hci->setup.scan_interval_ms);
    put_time(parameters + 3, hci->setup.scan_window_ms);
    send_command(hci, LE_SET_SCAN_PARAMETERS, parameters, sizeof parameters);
  }
}

/** Duplicates are not filtered: what changes in them is what we want. */
static void send_enable(ew_hci *hci, bool on) {
  uint8_t parameters[6] = {on};
  if (hci->extended)
    send_command(hci, LE_SET_EXTENDED_SCAN_ENABLE, parameters, 6);
  else
    send_command(hci, LE_SET_SCAN_ENABLE, parameters, 2);
}

/** Does what `step` says. */
static void step_on(ew_hci *hci) {
  // All events of the default (7.3.1), and those of LE, bit 61.
  static const uint8_t EVENTS[8] = {0xff, 0xff, 0xff, 0xff, 0xff, 0x1f, 0x00, 0x20};
  // Advertising reports, bits 1 and 12 (7.8.1).
  static const uint8_t LE_EVENTS[8] = {0x02, 0x10};
  hci->awaited = 0;
  switch (hci->step) {
    case EW_HCI_RESET:
      send_command(hci, RESET, EVENTS, 0);
      break;
    case EW_HCI_EVENT_MASK:
      send_command(hci, SET_EVENT_MASK, EVENTS, sizeof EVENTS);
      break;
    case EW_HCI_LE_EVENT_MASK:
      send_command(hci, LE_SET_EVENT_MASK, LE_EVENTS, sizeof LE_EVENTS);
      break;
    case EW_HCI_LE_FEATURES:
      send_command(hci, LE_READ_FEATURES, EVENTS, 0);
      break;
    case EW_HCI_STOP:
      send_enable(hci, false);
      break;
    case EW_HCI_PARAMETERS:
      hci->changed = false;
      send_parameters(hci);
      break;
    case EW_HCI_ENABLE:
      send_enable(hci, true);
      break;
    case EW_HCI_LISTENING:
    case EW_HCI_QUIET:
      break;
  }
}

/** What comes after a step that went well. */
static ew_hci_step next_step(const ew_hci *hci) {
  switch (hci->step) {
    case EW_HCI_LE_FEATURES:
    case EW_HCI_STOP:
      return hci->wanted ? EW_HCI_PARAMETERS : EW_HCI_QUIET;
    case EW_HCI_ENABLE:
      return hci->changed ? EW_HCI_STOP : EW_HCI_LISTENING;
    default:
      return (ew_hci_step)(hci->step + 1);
  }
}

/** Takes the answer to a command. @param values behind the status */
static void answered(ew_hci *hci, uint8_t status, const uint8_t *values, size_t length) {
  enum { DISALLOWED = 0x0c };
  // Scanning that was never on cannot be stopped.
  bool stopped = hci->step == EW_HCI_STOP && status == DISALLOWED;
  if (status != 0 && !stopped) {
    ew_say("Bluetooth: the controller refuses command 0x%04x with error 0x%02x", hci->awaited,
           status);
    hci->awaited = 0;
    hci->step = EW_HCI_RESET;
    hci->due_us = ew_port_time_us() + (uint64_t)AGAIN_MS * 1000;
    return;
  }
  if (hci->step == EW_HCI_LE_FEATURES) {
    hci->extended = length > EXTENDED_OCTET && (values[EXTENDED_OCTET] & EXTENDED_BIT) != 0;
  }
  hci->step = next_step(hci);
  if (hci->step == EW_HCI_LISTENING) {
    ew_say("Bluetooth: listening%s", hci->extended ? ", extended advertising too" : "");
  }
  hci->due_us = UINT64_MAX;
  step_on(hci);
}

/** Command Complete: number of packets, opcode, status, values; Command Status: status first. */
static void take_event(ew_hci *hci, const uint8_t *packet, size_t length) {
  const uint8_t *parameters = packet + 3;
  size_t left = length - 3;
  if (hci->awaited == 0 || left < 4) return;
  if (packet[1] == COMMAND_COMPLETE) {
    if ((parameters[1] | parameters[2] << 8) != hci->awaited) return;
    answered(hci, parameters[3], parameters + 4, left - 4);
  } else if (packet[1] == COMMAND_STATUS && parameters[0] != 0) {
    if ((parameters[2] | parameters[3] << 8) == hci->awaited) answered(hci, parameters[0], NULL, 0);
  }
}

/** Why an adapter cannot be opened, and what to do. */
static const char *explain(int error) {
  switch (error) {
    case EBUSY:
      return "in use: switch it off for the others first (bluetoothctl power off, or systemctl "
             "stop "
             "bluetooth)";
    case EPERM:
    case EACCES:
      return "not permitted: needs CAP_NET_ADMIN (see the README)";
    case ENODEV:
      return "there is no such adapter";
    case ERFKILL:
      return "switched off (rfkill unblock bluetooth)";
    case EAFNOSUPPORT:
    case EPROTONOSUPPORT:
      return "this system has no Bluetooth";
    default:
      return strerror(error);
  }
}

bool ew_hci_open(ew_hci *hci, unsigned adapter) {
  struct sockaddr_hci address = {AF_BLUETOOTH, (unsigned short)adapter, CHANNEL_USER};
  int fd = socket(AF_BLUETOOTH, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, PROTOCOL_HCI);
  if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0) {
    ew_say("hci%u: %s", adapter, explain(errno));
    if (fd >= 0) (void)close(fd);
    hci->fd = -1;
    return false;
  }
  ew_hci_begin(hci, fd);
  return true;
}

void ew_hci_begin(ew_hci *hci, int fd) {
  memset(hci, 0, sizeof *hci);
  hci->fd = fd;
  step_on(hci);
}

void ew_hci_listen(ew_hci *hci, const ew_radio_setup *setup) {
  hci->setup = *setup;
  hci->wanted = hci->changed = true;
  if (hci->step == EW_HCI_LISTENING)
    hci->step = EW_HCI_STOP;
  else if (hci->step == EW_HCI_QUIET)
    hci->step = EW_HCI_PARAMETERS;
  else
    return;
  step_on(hci);
}

void ew_hci_quiet(ew_hci *hci) {
  hci->wanted = false;
  hci->changed = true;
  if (hci->fd < 0 || hci->step != EW_HCI_LISTENING) return;
  hci->step = EW_HCI_STOP;
  step_on(hci);
}

ssize_t ew_hci_read(ew_hci *hci, uint8_t *packet) {
  ssize_t got = recv(hci->fd, packet, EW_HCI_BYTES, MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return -1;
  if (got <= 0) {
    ew_say("Bluetooth: the adapter is gone: %s", got < 0 ? strerror(errno) : "closed");
    return -2;
  }
  if (got < 3 || packet[0] != H4_EVENT) return 0;
  if (packet[1] == LE_META) return hci->wanted ? got : 0;
  take_event(hci, packet, (size_t)got);
  return 0;
}

void ew_hci_tick(ew_hci *hci) {
  if (hci->fd < 0 || ew_port_time_us() < hci->due_us) return;
  if (hci->awaited != 0) ew_say("Bluetooth: the controller does not answer");
  hci->step = EW_HCI_RESET;
  step_on(hci);
}

void ew_hci_close(ew_hci *hci) {
  if (hci->fd >= 0) (void)close(hci->fd);
  hci->fd = -1;
}
