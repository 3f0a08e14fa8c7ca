#include "radio_header.h"

#include <math.h>
#include <string.h>

/** Link types of captures that envelopes do not have (tcpdump.org/linktypes.html). */
enum { HCI_WITH_DIRECTION = 201, BLE_WITH_HEADER = 256, NORDIC = 272, WPAN_TAP = 283 };

/** H4 packet type of events; event of what LE hears (Core 6.0, Vol 4, Part E, 7.7.65). */
enum { H4_EVENT = 4, LE_META = 0x3e };

/** Access address of advertising (Core 6.0, Vol 6, Part B, 2.1.2). */
static const uint32_t ADVERTISING_ADDRESS = 0x8e89bed6;

/** What a header says of a Bluetooth LE packet. */
typedef struct {
  bool connection; /**< the header says that it is no advertising */
  bool coded;
} ble_kind;

/** What is left of a captured frame. */
typedef struct {
  const uint8_t *data;
  size_t length; /**< captured bytes */
  size_t whole;  /**< bytes on the air */
} bytes;

static uint16_t le16(const uint8_t *data) { return (uint16_t)(data[0] | data[1] << 8); }

static uint32_t le32(const uint8_t *data) {
  return (uint32_t)le16(data) | (uint32_t)le16(data + 2) << 16;
}

/** Passes `count` bytes; they must be there. */
static void skip(bytes *rest, size_t count) {
  rest->data += count;
  rest->length -= count;
  rest->whole -= count;
}

bool ew_link_type_radio(int link_type, ew_radio *radio) {
  switch (link_type) {
    case EW_LINK_HCI_H4:
    case HCI_WITH_DIRECTION:
    case EW_LINK_BLE_LINK_LAYER:
    case BLE_WITH_HEADER:
    case NORDIC:
      *radio = EW_RADIO_BLE;
      return true;
    case EW_LINK_WPAN:
    case EW_LINK_WPAN_NO_FCS:
    case WPAN_TAP:
      *radio = EW_RADIO_WPAN;
      return true;
    default:
      return false;
  }
}

const char *ew_heard_text(ew_heard_verdict verdict) {
  switch (verdict) {
    case EW_HEARD_NOTHING:
      return "HCI packets other than LE events from the controller";
    case EW_HEARD_CONNECTION:
      return "Bluetooth packets of connections";
    case EW_HEARD_CODED:
      return "Bluetooth packets of the coded PHY, which an envelope cannot hold";
    case EW_HEARD_UNREADABLE:
      return "frames whose radio header is damaged";
    default:
      return "frames";
  }
}

static ew_heard_verdict read_hci(bytes *rest, ew_frame *info, bool with_direction) {
  if (with_direction) {
    if (rest->length < 4) return EW_HEARD_UNREADABLE;
    bool received = (rest->data[3] & 1) != 0;
    skip(rest, 4);
    if (!received) return EW_HEARD_NOTHING;
  }
  bool event = rest->length >= 2 && rest->data[0] == H4_EVENT && rest->data[1] == LE_META;
  info->link_type = EW_LINK_HCI_H4;
  return event ? EW_HEARD_FRAME : EW_HEARD_NOTHING;
}

/** From the access address on. */
static ew_heard_verdict read_ble(const bytes *rest, ew_frame *info, ble_kind kind) {
  if (rest->length < 4) return EW_HEARD_UNREADABLE;
  if (kind.connection || le32(rest->data) != ADVERTISING_ADDRESS) return EW_HEARD_CONNECTION;
  if (kind.coded) return EW_HEARD_CODED;
  info->link_type = EW_LINK_BLE_LINK_LAYER;
  return EW_HEARD_FRAME;
}

/** The channel index of an RF channel (Core 6.0, Vol 6, Part B, 1.4.1). */
static uint8_t channel_index(uint8_t rf) {
  if (rf > 39) return EW_UNKNOWN_CHANNEL;
  if (rf == 0) return 37;
  if (rf < 12) return (uint8_t)(rf - 1);
  if (rf == 12) return 38;
  return rf == 39 ? 39 : (uint8_t)(rf - 2);
}

static void set_check(ew_frame *info, bool right) {
  info->flags |= EW_FLAG_CHECKED;
  if (!right) info->flags |= EW_FLAG_WRONG;
}

/**
 * LINKTYPE_BLUETOOTH_LE_LL_WITH_PHDR: RF channel, signal, noise, offenses, reference access address
 * (4 bytes), flags (2 bytes).
 */
static ew_heard_verdict read_ble_header(bytes *rest, ew_frame *info) {
  enum { HEADER = 10, SIGNAL_VALID = 0x0002, CRC_CHECKED = 0x0400, CRC_VALID = 0x0800 };
  enum { PDU_TYPE_SHIFT = 7, AUXILIARY = 1, LAST_TYPE = 6, PHY_SHIFT = 14, CODED = 2 };
  if (rest->length < HEADER) return EW_HEARD_UNREADABLE;
  unsigned flags = le16(rest->data + 8);
  unsigned type = flags >> PDU_TYPE_SHIFT & 7;
  info->channel = channel_index(rest->data[0]);
  if ((flags & SIGNAL_VALID) != 0) info->rssi = (int8_t)rest->data[1];
  if ((flags & CRC_CHECKED) != 0) set_check(info, (flags & CRC_VALID) != 0);
  skip(rest, HEADER);
  ble_kind kind = {type > AUXILIARY && type <= LAST_TYPE, flags >> PHY_SHIFT == CODED};
  return read_ble(rest, info, kind);
}

/**
 * LINKTYPE_NORDIC_BLE, versions 0 to 3: marker or board, a header of 6 bytes, and one of the packet
 * (length, flags, channel, RSSI, counter of the event, time).
 */
static ew_heard_verdict read_nordic(bytes *rest, ew_frame *info) {
  enum { HEADER = 6, PACKET_HEADER = 9, OLD_PACKET_HEADER = 10, CRC_OK = 1, CODED = 2, DATA = 6 };
  size_t length = rest->length;
  bool old = length >= 2 && rest->data[0] == 0xbe && rest->data[1] == 0xef;
  size_t before = old ? 2 : 1;
  if (length < before + HEADER + 1 + PACKET_HEADER) return EW_HEARD_UNREADABLE;
  const uint8_t *header = rest->data + before;
  unsigned version = old ? 0 : header[2];
  unsigned payload = old ? header[5] : version == 1 ? header[1] : le16(header);
  unsigned id = header[5];
  if (before + HEADER + payload != length) return EW_HEARD_UNREADABLE;
  skip(rest, before + HEADER);
  unsigned packet = OLD_PACKET_HEADER;
  if (!old) {
    packet = rest->data[0];
    skip(rest, 1);
  }
  unsigned flags = rest->data[0];
  info->channel = rest->data[1];
  info->rssi = (int8_t)(rest->data[2] > 128 ? -128 : -rest->data[2]);
  set_check(info, (flags & CRC_OK) != 0);
  ble_kind kind = {false, (flags >> 4 & 7) == CODED};
  if (version > 2) {
    kind.connection = id == DATA;
  } else {
    size_t at = packet > 0 ? packet - 1u : 0;
    kind.connection = at + 4 > rest->length || le32(rest->data + at) != ADVERTISING_ADDRESS;
  }
  skip(rest, PACKET_HEADER);
  return read_ble(rest, info, kind);
}

/** CRC-32 as in Ethernet (IEEE 802.15.4-2020, 7.2.11); zeros fill up to four bytes. */
static uint32_t fcs32(const uint8_t *data, size_t length) {
  uint32_t crc = UINT32_MAX;
  for (size_t i = 0; i < length || i < 4; i++) {
    crc ^= i < length ? data[i] : 0u;
    for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xedb88320u : 0u);
  }
  return ~crc;
}

/** An envelope knows check sequences of two bytes: one of four is checked here and taken off. */
static ew_heard_verdict drop_fcs32(bytes *rest, ew_frame *info) {
  if (rest->whole < 4) return EW_HEARD_UNREADABLE;
  size_t content = rest->whole - 4;
  bool all = rest->length == rest->whole;
  if (all)
    set_check(info, le32(rest->data + content) == fcs32(rest->data, content));
  else if (rest->length > content)
    set_check(info, false);
  rest->whole = content;
  if (rest->length > content) rest->length = content;
  return EW_HEARD_FRAME;
}

/** Reads one value of a TAP header. @param fcs type of the check sequence: none, 2 or 4 bytes */
static void read_tlv(ew_frame *info, unsigned *fcs, unsigned type, const uint8_t *value,
                     size_t size) {
  enum { FCS_TYPE = 0, RSS = 1, CHANNEL = 3, LQI = 10 };
  if (type == FCS_TYPE && size >= 1) *fcs = value[0];
  if (type == LQI && size >= 1) info->lqi = value[0];
  if (type == CHANNEL && size >= 2) {
    unsigned channel = le16(value);
    info->channel = channel < EW_UNKNOWN_CHANNEL ? (uint8_t)channel : EW_UNKNOWN_CHANNEL;
  }
  if (type == RSS && size >= 4) {
    uint32_t bits = le32(value);
    float rss;
    memcpy(&rss, &bits, sizeof rss);
    if (isnan(rss)) return;
    double power = floor((double)rss + 0.5);
    info->rssi = (int8_t)(power < -128 ? -128 : power > EW_UNKNOWN_RSSI ? EW_UNKNOWN_RSSI : power);
  }
}

/**
 * LINKTYPE_IEEE802_15_4_TAP 1.2: version, reserved, length of the header (2 bytes), then values,
 * each with type and length (2 bytes each), filled up to four bytes.
 */
static ew_heard_verdict read_tap(bytes *rest, ew_frame *info) {
  enum { NO_FCS = 0, FCS16 = 1, FCS32 = 2 };
  unsigned fcs = NO_FCS;
  if (rest->length < 4 || rest->data[0] != 0) return EW_HEARD_UNREADABLE;
  size_t end = le16(rest->data + 2);
  if (end < 4 || end > rest->length) return EW_HEARD_UNREADABLE;
  size_t at = 4;
  while (at + 4 <= end) {
    unsigned type = le16(rest->data + at);
    size_t size = le16(rest->data + at + 2);
    size_t filled = (size + 3) & ~(size_t)3;
    if (filled > end - at - 4) return EW_HEARD_UNREADABLE;
    read_tlv(info, &fcs, type, rest->data + at + 4, size);
    at += 4 + filled;
  }
  skip(rest, end);
  info->link_type = fcs == FCS16 ? EW_LINK_WPAN : EW_LINK_WPAN_NO_FCS;
  if (fcs > FCS32) return EW_HEARD_UNREADABLE;
  return fcs == FCS32 ? drop_fcs32(rest, info) : EW_HEARD_FRAME;
}

static ew_heard_verdict read_link(bytes *rest, ew_frame *info, int link_type) {
  static const ble_kind ANY = {false, false};
  switch (link_type) {
    case EW_LINK_HCI_H4:
    case HCI_WITH_DIRECTION:
      return read_hci(rest, info, link_type == HCI_WITH_DIRECTION);
    case EW_LINK_BLE_LINK_LAYER:
      return read_ble(rest, info, ANY);
    case BLE_WITH_HEADER:
      return read_ble_header(rest, info);
    case NORDIC:
      return read_nordic(rest, info);
    case WPAN_TAP:
      return read_tap(rest, info);
    default:
      info->link_type = (uint16_t)link_type;
      return EW_HEARD_FRAME;
  }
}

ew_heard_verdict ew_radio_header_read(ew_heard *heard, int link_type, const uint8_t *data,
                                      size_t length, size_t whole) {
  bytes rest = {data, length, whole < length ? length : whole};
  ew_frame *info = &heard->info;
  *info = (ew_frame){0, 0, EW_UNKNOWN_RSSI, EW_UNKNOWN_CHANNEL, 0, EW_UNKNOWN_LQI};
  ew_heard_verdict verdict = read_link(&rest, info, link_type);
  if (rest.whole > rest.length) info->flags |= EW_FLAG_CUT;
  heard->frame = rest.data;
  heard->length = rest.length;
  return verdict;
}
