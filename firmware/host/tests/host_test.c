/** Unit tests of the parts that need no broker: radios are played by sockets and bytes. */
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../tests/check.h"
#include "../broker_address.h"
#include "../hci.h"
#include "../nl802154.h"
#include "../radio_header.h"
#include "../settings_file.h"
#include "../wpan.h"

static void check_address(const char *text, const char *host, uint16_t port, bool tls) {
  ew_broker_address address;
  CHECK_TEXT(ew_broker_address_read(&address, text) == NULL ? "" : text, "");
  CHECK_TEXT(address.host, host);
  CHECK_EQUAL(address.port, port);
  CHECK_EQUAL(address.tls, tls);
}

static void broker_addresses(void) {
  check_address("gateway", "gateway", 1883, false);
  check_address("gateway.local:1884", "gateway.local", 1884, false);
  check_address("mqtt://10.0.0.1/", "10.0.0.1", 1883, false);
  check_address("mqtts://gateway", "gateway", 8883, true);
  check_address("mqtts://gateway:18883/", "gateway", 18883, true);
  check_address("[fe80::1]:1884", "fe80::1", 1884, false);
  check_address("mqtts://[::1]", "::1", 8883, true);
  check_address("::1", "::1", 1883, false);
}

static void broker_addresses_that_are_none(void) {
  static const char *const WRONG[] = {"",
                                      ":1883",
                                      "host:",
                                      "host:0",
                                      "host:65536",
                                      "host:x",
                                      "http://host",
                                      "mqtt://",
                                      "[::1",
                                      "mqtt://host/path",
                                      "mqtt://me:pw@host",
                                      "[::1]x",
                                      "host:1883x",
                                      "ws://host"};
  ew_broker_address address;
  char text[400];
  for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++) {
    bool refused = ew_broker_address_read(&address, WRONG[i]) != NULL;
    CHECK_TEXT(refused ? "" : WRONG[i], "");
  }
  memset(text, 'a', sizeof text - 1);
  text[sizeof text - 1] = '\0';
  CHECK(ew_broker_address_read(&address, text) != NULL);
}

/** RSSI -67.5 dBm, channel 15, LQI 200, check sequence of `fcs` (1: 2 bytes, 2: 4 bytes). */
static size_t make_tap(uint8_t *frame, uint8_t fcs, const uint8_t *content, size_t length) {
  const uint8_t header[] = {0,    0,    36, 0, 0, 0, 1,  0, fcs, 0, 0,  0, 1, 0, 4,   0, 0, 0,
                            0x87, 0xc2, 3,  0, 3, 0, 15, 0, 0,   0, 10, 0, 1, 0, 200, 0, 0, 0};
  memcpy(frame, header, sizeof header);
  memcpy(frame + sizeof header, content, length);
  return sizeof header + length;
}

static void tap_headers(void) {
  // "123456789" and its CRC-32, which is 0xcbf43926.
  const uint8_t content[] = "123456789\x26\x39\xf4\xcb";
  uint8_t frame[64];
  ew_heard heard;
  size_t length = make_tap(frame, 2, content, 13);
  CHECK_EQUAL(ew_radio_header_read(&heard, 283, frame, length, length), EW_HEARD_FRAME);
  CHECK_EQUAL(heard.info.link_type, EW_LINK_WPAN_NO_FCS);
  CHECK_EQUAL(heard.info.rssi, -67);
  CHECK_EQUAL(heard.info.channel, 15);
  CHECK_EQUAL(heard.info.lqi, 200);
  CHECK_EQUAL(heard.info.flags, EW_FLAG_CHECKED);
  CHECK_EQUAL(heard.length, 9);
  frame[length - 1] ^= 1;
  (void)ew_radio_header_read(&heard, 283, frame, length, length);
  CHECK_EQUAL(heard.info.flags, EW_FLAG_CHECKED | EW_FLAG_WRONG);
  // Of a frame that was cut within its content nobody knows whether it was right.
  (void)ew_radio_header_read(&heard, 283, frame, length - 6, length);
  CHECK_EQUAL(heard.info.flags, EW_FLAG_CUT);
  length = make_tap(frame, 1, content, 11);
  CHECK_EQUAL(ew_radio_header_read(&heard, 283, frame, length, length), EW_HEARD_FRAME);
  CHECK_EQUAL(heard.info.link_type, EW_LINK_WPAN);
  CHECK_EQUAL(heard.length, 11);
  frame[8] = 3;
  CHECK_EQUAL(ew_radio_header_read(&heard, 283, frame, length, length), EW_HEARD_UNREADABLE);
}

static void ble_headers(void) {
  uint8_t frame[] = {12, 0xbd, 0, 0, 0, 0, 0, 0, 0x02, 0x04, 0xd6, 0xbe, 0x89, 0x8e, 0x42, 0x00};
  ew_heard heard;
  CHECK_EQUAL(ew_radio_header_read(&heard, 256, frame, 16, 16), EW_HEARD_FRAME);
  CHECK_EQUAL(heard.info.link_type, EW_LINK_BLE_LINK_LAYER);
  CHECK_EQUAL(heard.info.channel, 38);
  CHECK_EQUAL(heard.info.rssi, -67);
  CHECK_EQUAL(heard.info.flags, EW_FLAG_CHECKED | EW_FLAG_WRONG);
  CHECK_EQUAL(heard.length, 6);
  frame[8] = 0x00;
  frame[9] = 0x0c;
  CHECK_EQUAL(ew_radio_header_read(&heard, 256, frame, 16, 20), EW_HEARD_FRAME);
  CHECK_EQUAL(heard.info.rssi, EW_UNKNOWN_RSSI);
  CHECK_EQUAL(heard.info.flags, EW_FLAG_CHECKED | EW_FLAG_CUT);
  frame[9] = 0x80;
  CHECK_EQUAL(ew_radio_header_read(&heard, 256, frame, 16, 16), EW_HEARD_CODED);
  frame[9] = 0x01;
  CHECK_EQUAL(ew_radio_header_read(&heard, 256, frame, 16, 16), EW_HEARD_CONNECTION);
  CHECK_EQUAL(ew_radio_header_read(&heard, 251, frame, 16, 16), EW_HEARD_CONNECTION);
  CHECK_EQUAL(ew_radio_header_read(&heard, 251, frame, 3, 3), EW_HEARD_UNREADABLE);
}

static void hci_headers(void) {
  const uint8_t received[] = {0, 0, 0, 1, 4, 0x3e, 1, 2};
  const uint8_t sent[] = {0, 0, 0, 0, 4, 0x3e, 1, 2};
  const uint8_t acl[] = {2, 0x3e, 0, 0};
  ew_heard heard;
  CHECK_EQUAL(ew_radio_header_read(&heard, 201, received, 8, 8), EW_HEARD_FRAME);
  CHECK_EQUAL(heard.length, 4);
  CHECK(heard.frame == received + 4);
  CHECK_EQUAL(ew_radio_header_read(&heard, 201, sent, 8, 8), EW_HEARD_NOTHING);
  CHECK_EQUAL(ew_radio_header_read(&heard, 187, received + 4, 4, 4), EW_HEARD_FRAME);
  CHECK_EQUAL(ew_radio_header_read(&heard, 187, acl, 4, 4), EW_HEARD_NOTHING);
}

/** Random bytes in memory of exactly that size: the sanitizers see reads beyond it. */
static void damaged_headers(void) {
  static const int LINK_TYPES[] = {187, 195, 201, 230, 251, 256, 272, 283};
  for (int round = 0; round < 4000; round++) {
    int link_type = LINK_TYPES[round % 8];
    size_t length = check_random(64);
    uint8_t *data = malloc(length + 1);
    for (size_t i = 0; i < length; i++) data[i] = (uint8_t)check_random(check_random(2) ? 256 : 8);
    uint8_t *exact = malloc(length == 0 ? 1 : length);
    memcpy(exact, data, length);
    ew_heard heard;
    size_t whole = length + check_random(3);
    if (ew_radio_header_read(&heard, link_type, exact, length, whole) == EW_HEARD_FRAME) {
      CHECK(heard.frame >= exact && heard.frame + heard.length <= exact + length);
    }
    free(exact);
    free(data);
  }
}

static void link_types(void) {
  ew_radio radio;
  CHECK(ew_link_type_radio(272, &radio) && radio == EW_RADIO_BLE);
  CHECK(ew_link_type_radio(283, &radio) && radio == EW_RADIO_WPAN);
  CHECK(!ew_link_type_radio(1, &radio));
}

/** A Bluetooth adapter whose controller the test plays. */
typedef struct {
  ew_hci hci;
  int controller;
} adapter;

static void begin_adapter(adapter *self) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) != 0) abort();
  self->controller = ends[1];
  ew_hci_begin(&self->hci, ends[0]);
}

static void end_adapter(adapter *self) {
  ew_hci_close(&self->hci);
  (void)close(self->controller);
}

/** The controller gets a command; `hex` is what it is to be, packet type first. */
static void expect_command(const adapter *self, const char *hex) {
  uint8_t packet[64];
  char seen[2 * sizeof packet + 1] = "";
  ssize_t length = recv(self->controller, packet, sizeof packet, MSG_DONTWAIT);
  for (ssize_t i = 0; i < length; i++) (void)snprintf(seen + 2 * i, 3, "%02x", packet[i]);
  CHECK_TEXT(seen, hex);
}

/** The controller sends a packet, and the program reads it. @return what ew_hci_read() says */
static ssize_t deliver(adapter *self, const uint8_t *packet, size_t length) {
  uint8_t read[EW_HCI_BYTES];
  CHECK_EQUAL(send(self->controller, packet, length, 0), length);
  ssize_t result = ew_hci_read(&self->hci, read);
  if (result > 0) CHECK(memcmp(read, packet, length) == 0);
  return result;
}

/** The controller completes a command. */
static void complete(adapter *self, uint16_t opcode, uint8_t status) {
  // Behind the status: LE features without extended advertising, and what else there may be.
  uint8_t event[16] = {4, 0x0e, 12, 1, (uint8_t)(opcode & 0xff), (uint8_t)(opcode >> 8), status};
  CHECK_EQUAL(deliver(self, event, 15), 0);
}

/** The commands up to the features of LE. */
static void expect_setup(adapter *self) {
  expect_command(self, "01030c00");
  complete(self, 0x0c03, 0);
  expect_command(self, "01010c08ffffffffff1f0020");
  complete(self, 0x0c01, 0);
  expect_command(self, "010120080210000000000000");
  complete(self, 0x2001, 0);
  expect_command(self, "01032000");
}

static const ew_radio_setup SETUP = {100, 50, 0};

static void bluetooth_legacy(void) {
  static const uint8_t REPORT[] = {4, 0x3e, 4, 2, 1, 3, 1};
  static const uint8_t OTHER[] = {4, 0x13, 1, 0};
  adapter self;
  begin_adapter(&self);
  ew_hci_listen(&self.hci, &SETUP);
  expect_setup(&self);
  complete(&self, 0x2003, 0);
  // Passive, 160 and 80 times 0.625 ms.
  expect_command(&self, "010b200700a00050000000");
  complete(&self, 0x200b, 0);
  expect_command(&self, "010c20020100");
  complete(&self, 0x200c, 0);
  expect_command(&self, "");
  CHECK_EQUAL(self.hci.step, EW_HCI_LISTENING);
  CHECK_EQUAL(deliver(&self, REPORT, sizeof REPORT), sizeof REPORT);
  CHECK_EQUAL(deliver(&self, OTHER, sizeof OTHER), 0);
  ew_hci_quiet(&self.hci);
  expect_command(&self, "010c20020000");
  CHECK_EQUAL(deliver(&self, REPORT, sizeof REPORT), 0);
  complete(&self, 0x200c, 0);
  expect_command(&self, "");
  end_adapter(&self);
}

static void bluetooth_extended(void) {
  static const uint8_t FEATURES[] = {4, 0x0e, 12, 1, 0x03, 0x20, 0, 0xff, 0x59, 0, 0, 0, 0, 0, 0};
  static const ew_radio_setup OTHER = {10240, 3, 0};
  adapter self;
  begin_adapter(&self);
  expect_setup(&self);
  ew_hci_listen(&self.hci, &SETUP);
  (void)deliver(&self, FEATURES, sizeof FEATURES);
  CHECK(self.hci.extended);
  // LE 1M alone.
  expect_command(&self,
                 "01412008"
                 "00000100a0005000");
  complete(&self, 0x2041, 0);
  expect_command(&self,
                 "01422006"
                 "010000000000");
  // Other settings come before the answer.
  ew_hci_listen(&self.hci, &OTHER);
  expect_command(&self, "");
  complete(&self, 0x2042, 0);
  expect_command(&self,
                 "01422006"
                 "000000000000");
  complete(&self, 0x2042, 0);
  expect_command(&self,
                 "01412008"
                 "0000010000400400");
  complete(&self, 0x2041, 0);
  expect_command(&self,
                 "01422006"
                 "010000000000");
  complete(&self, 0x2042, 0);
  CHECK_EQUAL(self.hci.step, EW_HCI_LISTENING);
  end_adapter(&self);
}

static void bluetooth_refusals(void) {
  static const uint8_t STATUS[] = {4, 0x0f, 4, 0x01, 1, 0x03, 0x0c};
  static const uint8_t SHORT[] = {4, 0x0e, 0};
  uint8_t packet[EW_HCI_BYTES];
  adapter self;
  begin_adapter(&self);
  expect_command(&self, "01030c00");
  // Of another command, too short, or no event at all.
  complete(&self, 0x0c01, 0);
  (void)deliver(&self, SHORT, sizeof SHORT);
  (void)deliver(&self, SHORT + 2, 1);
  expect_command(&self, "");
  (void)deliver(&self, STATUS, sizeof STATUS);
  CHECK_EQUAL(self.hci.awaited, 0);
  ew_hci_tick(&self.hci);
  expect_command(&self, "");
  self.hci.due_us = 0;
  ew_hci_tick(&self.hci);
  expect_command(&self, "01030c00");
  CHECK_EQUAL(ew_hci_read(&self.hci, packet), -1);
  (void)close(self.controller);
  CHECK_EQUAL(ew_hci_read(&self.hci, packet), -2);
  end_adapter(&self);
}

static void tuning(void) {
  uint8_t message[EW_NL802154_BYTES];
  uint16_t family = 0;
  size_t length = ew_nl802154_write_lookup(message);
  CHECK_EQUAL(length, 36);
  CHECK_EQUAL(message[0], 36);
  CHECK(memcmp(message + 24, "nl802154", 9) == 0);
  length = ew_nl802154_write_channel(message, 0x1b, 7, 26);
  // Command 9; interface (3), page (7) and channel (8).
  static const uint8_t WANTED[] = {9, 1, 0, 0, 8, 0, 3, 0, 7, 0, 0,  0, 5, 0,
                                   7, 0, 0, 0, 0, 0, 5, 0, 8, 0, 26, 0, 0, 0};
  CHECK_EQUAL(length, 16 + sizeof WANTED);
  CHECK(memcmp(message + 16, WANTED, sizeof WANTED) == 0);

  struct nlmsghdr header = {.nlmsg_len = 20, .nlmsg_type = NLMSG_ERROR};
  int error = -EBUSY;
  memcpy(message, &header, sizeof header);
  memcpy(message + 16, &error, sizeof error);
  CHECK_EQUAL(ew_nl802154_read(message, 20, &family), EBUSY);
  CHECK_EQUAL(ew_nl802154_read(message, 15, &family), EPROTO);
  CHECK_EQUAL(ew_nl802154_read(message, 19, &family), EPROTO);

  static const uint8_t ANSWER[] = {1, 2, 0, 0, 6, 0, CTRL_ATTR_FAMILY_ID, 0, 0x1b, 0, 0, 0};
  header = (struct nlmsghdr){.nlmsg_len = 28, .nlmsg_type = GENL_ID_CTRL};
  memcpy(message, &header, sizeof header);
  memcpy(message + 16, ANSWER, sizeof ANSWER);
  CHECK_EQUAL(ew_nl802154_read(message, 28, &family), 0);
  CHECK_EQUAL(family, 0x1b);
  message[20] = 200;
  CHECK_EQUAL(ew_nl802154_read(message, 28, &family), EPROTO);
}

static void wpan_frames(void) {
  uint8_t frame[EW_WPAN_BYTES];
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) != 0) abort();
  ew_wpan wpan = {.fd = ends[0], .name = "monitor0"};
  CHECK_EQUAL(ew_wpan_read(&wpan, frame), -1);
  CHECK_EQUAL(send(ends[1], "\x41\x88\x01", 3, 0), 3);
  CHECK_EQUAL(ew_wpan_read(&wpan, frame), 3);
  CHECK(memcmp(frame, "\x41\x88\x01", 3) == 0);
  ew_wpan_close(&wpan);
  CHECK_EQUAL(wpan.fd, -1);
  (void)close(ends[1]);
}

static void stored_settings(void) {
  char path[] = "/tmp/edgewire-host-test-XXXXXX";
  char buffer[8];
  if (mkdtemp(path) == NULL) abort();
  char file[64];
  (void)snprintf(file, sizeof file, "%s/settings", path);
  CHECK_EQUAL(ew_settings_file_load(file, buffer, sizeof buffer), 0);
  CHECK(ew_settings_file_save(file, "{\"a\":1}", 7));
  CHECK(ew_settings_file_save(file, "{}", 2));
  CHECK_EQUAL(ew_settings_file_load(file, buffer, sizeof buffer), 2);
  CHECK(memcmp(buffer, "{}", 2) == 0);
  CHECK(ew_settings_file_save(file, "123456789", 9));
  CHECK_EQUAL(ew_settings_file_load(file, buffer, sizeof buffer), 0);
  (void)unlink(file);
  CHECK(rmdir(path) == 0);
  CHECK(!ew_settings_file_save(file, "{}", 2));
}

int main(void) {
  RUN(broker_addresses);
  RUN(broker_addresses_that_are_none);
  RUN(tap_headers);
  RUN(ble_headers);
  RUN(hci_headers);
  RUN(damaged_headers);
  RUN(link_types);
  RUN(bluetooth_legacy);
  RUN(bluetooth_extended);
  RUN(bluetooth_refusals);
  RUN(tuning);
  RUN(wpan_frames);
  RUN(stored_settings);
  return check_report();
}
