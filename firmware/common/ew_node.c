#include "ew_node.h"

#include <string.h>

#include "ew_node_control.h"

/** Frames that one poll takes from the queues, so that it comes to an end. */
enum { FRAMES_PER_POLL = 256 };

static uint32_t to_ms(uint64_t us) { return (uint32_t)(us / 1000 & UINT32_MAX); }

static bool is_name(const char *name) {
  size_t length = strlen(name);
  if (length < 1 || length > EW_NAME_MAX) return false;
  for (size_t i = 0; i < length; i++) {
    char c = name[i];
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!letter && !(c >= '0' && c <= '9') && c != '_' && c != '-') return false;
  }
  return true;
}

static void make_topic(char topic[EW_TOPIC_BYTES], const char *name, const char *rest) {
  ew_text text;
  ew_text_begin(&text, topic, EW_TOPIC_BYTES);
  ew_text_add(&text, "edgewire/v1/");
  ew_text_add(&text, name);
  ew_text_add(&text, rest);
  EW_ASSERT(!text.cut);
}

bool ew_node_init(ew_node *node, const ew_node_config *config) {
  memset(node, 0, sizeof *node);
  if (!is_name(config->name)) return false;
  if (config->radios == 0 || config->radios >> EW_RADIO_COUNT != 0) return false;
  if (!ew_settings_are_valid(&config->defaults)) return false;
  node->config = *config;
  node->settings = config->defaults;
  node->boot = ew_port_random();
  make_topic(node->status_topic, config->name, "/status");
  make_topic(node->radio_topic, config->name, "/radio");
  make_topic(node->set_topic, config->name, "/set");
  make_topic(node->result_topic, config->name, "/set/result");
  ew_node_load_settings(node);
  ew_node_start_radios(node, ew_port_time_us());
  return true;
}

bool ew_node_hear(ew_node *node, ew_radio radio, const ew_frame *info, const uint8_t *frame,
                  size_t length) {
  EW_ASSERT(radio < EW_RADIO_COUNT);
  return ew_queue_push(&node->queues[radio], info, frame, length);
}

void ew_node_connected(ew_node *node) {
  node->connected = true;
  node->status_due_us = 0;
  node->retry_due_us = 0;
}

void ew_node_disconnected(ew_node *node) { node->connected = false; }

void ew_node_published(ew_node *node, ew_publish_result number, bool ok) {
  if (number <= 0) return;
  for (size_t i = 0; i < EW_IN_FLIGHT; i++) {
    ew_in_flight *sent = &node->in_flight[i];
    if (sent->number != number) continue;
    if (!ok) node->lost += sent->frames;
    *sent = (ew_in_flight){0, 0};
    return;
  }
}

void ew_node_synchronised(ew_node *node, uint64_t unix_us) {
  (void)ew_clock_synchronise(&node->clock, ew_port_time_us(), unix_us);
}

/** The radio whose oldest frame was heard first; EW_RADIO_COUNT: none waits. */
static unsigned next_queue(const ew_node *node) {
  unsigned first = EW_RADIO_COUNT;
  uint64_t first_us = 0;
  for (unsigned radio = 0; radio < EW_RADIO_COUNT; radio++) {
    ew_frame info;
    if (!ew_queue_peek(&node->queues[radio], &info)) continue;
    if (first != EW_RADIO_COUNT && info.time_us >= first_us) continue;
    first = radio;
    first_us = info.time_us;
  }
  return first;
}

/** Takes frames from the queues. @return whether some are left */
static bool drain(ew_node *node, uint64_t now_us) {
  uint8_t record[EW_RECORD_BYTES_MAX];
  for (int i = 0; i < FRAMES_PER_POLL; i++) {
    unsigned radio = next_queue(node);
    if (radio == EW_RADIO_COUNT) return false;
    size_t length = ew_queue_pop(&node->queues[radio], record);
    ew_frame info;
    uint16_t bytes = ew_record_read(record, &info);
    const uint8_t *frame = record + EW_RECORD_HEADER_BYTES;
    if (ew_dedup_is_repeat(&node->dedup, node->settings.dedup_ms, &info, frame, bytes)) continue;
    ew_backlog_push(&node->backlog, record, length, to_ms(now_us));
  }
  return next_queue(node) != EW_RADIO_COUNT;
}

/** Publishes with quality 1. Where the port is busy, nothing is tried for a while. */
static ew_publish_result publish(ew_node *node, const char *topic, const void *payload,
                                 size_t length, bool retain) {
  ew_publish_result result = ew_port_publish(topic, payload, length, 1, retain);
  if (result == EW_PUBLISH_BUSY) {
    node->retry_due_us = ew_port_time_us() + (uint64_t)EW_RETRY_MS * 1000;
  }
  return result;
}

/** @return false: not now */
static bool send_status(ew_node *node, uint64_t now_us) {
  char status[EW_STATUS_BYTES];
  ew_text text;
  if (now_us < node->status_due_us) return true;
  ew_text_begin(&text, status, sizeof status);
  ew_status_write(&text, node->boot, node->config.version, node->config.radios);
  EW_ASSERT(!text.cut);
  if (publish(node, node->status_topic, status, text.length, true) == EW_PUBLISH_BUSY) return false;
  node->status_due_us = now_us + (uint64_t)EW_STATUS_PERIOD_S * 1000000;
  return true;
}

/** @return false: not now */
static bool send_answer(ew_node *node) {
  if (!node->answer_waits) return true;
  size_t length = strlen(node->answer);
  ew_publish_result result = publish(node, node->result_topic, node->answer, length, false);
  node->answer_waits = result == EW_PUBLISH_BUSY;
  return !node->answer_waits;
}

/** @return a place for one more envelope; NULL: there is none */
static ew_in_flight *free_place(ew_node *node) {
  for (size_t i = 0; i < EW_IN_FLIGHT; i++) {
    if (node->in_flight[i].number == 0) return &node->in_flight[i];
  }
  return NULL;
}

/** Sends an envelope of the oldest frames. @return false: not now */
static bool send_envelope(ew_node *node, ew_in_flight *place) {
  ew_batch *batch = &node->batch;
  ew_envelope_header header = {node->boot, node->batch_number, ew_node_dropped(node), 0};
  ew_batch_make(batch, &node->backlog, &node->clock, &node->settings, &header);
  ew_publish_result result = publish(node, node->radio_topic, batch->data, batch->length, false);
  if (result == EW_PUBLISH_BUSY) return false;
  ew_backlog_remove(&node->backlog, &batch->taken);
  if (result < 0) {
    node->lost += batch->taken.frames;
    return true;
  }
  node->clock = batch->clock;
  node->batch_number++;
  if (result > 0) *place = (ew_in_flight){result, batch->taken.frames};
  return true;
}

/** Sends what is due, or with `all` whatever waits. */
static void send_all(ew_node *node, bool all, uint64_t now_us) {
  if (!node->connected || node->ended || now_us < node->retry_due_us) return;
  if (!send_status(node, now_us) || !send_answer(node)) return;
  while (node->backlog.frames > 0) {
    ew_in_flight *place = free_place(node);
    bool due = all || ew_batch_wait_ms(&node->backlog, &node->settings, to_ms(now_us)) == 0;
    if (!due || place == NULL || !send_envelope(node, place)) return;
  }
}

static uint64_t earlier(uint64_t one, uint64_t other) { return one < other ? one : other; }

/** When something is to be published, if nothing else happens; UINT64_MAX: never. */
static uint64_t publish_due_us(ew_node *node, uint64_t now_us) {
  if (!node->connected || node->ended) return UINT64_MAX;
  uint64_t due_us = node->answer_waits ? now_us : node->status_due_us;
  uint32_t wait_ms = ew_batch_wait_ms(&node->backlog, &node->settings, to_ms(now_us));
  if (wait_ms != EW_BATCH_NEVER && free_place(node) != NULL) {
    due_us = earlier(due_us, now_us + (uint64_t)wait_ms * 1000);
  }
  return due_us > node->retry_due_us ? due_us : node->retry_due_us;
}

uint32_t ew_node_poll(ew_node *node) {
  uint64_t now_us = ew_port_time_us();
  bool more = drain(node, now_us);
  if (!node->ended && now_us >= node->radio_due_us) ew_node_start_radios(node, now_us);
  send_all(node, false, now_us);
  if (more) return 0;
  uint64_t due_us = publish_due_us(node, now_us);
  if (!node->ended) due_us = earlier(due_us, node->radio_due_us);
  due_us = earlier(due_us, now_us + (uint64_t)EW_STATUS_PERIOD_S * 1000000);
  uint64_t later_us = ew_port_time_us();
  return due_us > later_us ? (uint32_t)((due_us - later_us) & UINT32_MAX) : 0;
}

bool ew_node_flush(ew_node *node) {
  uint64_t now_us = ew_port_time_us();
  bool more = drain(node, now_us);
  send_all(node, true, now_us);
  if (more || node->backlog.frames > 0) return false;
  for (size_t i = 0; i < EW_IN_FLIGHT; i++) {
    if (node->in_flight[i].number != 0) return false;
  }
  return true;
}

ew_publish_result ew_node_goodbye(ew_node *node) {
  for (unsigned radio = 0; radio < EW_RADIO_COUNT; radio++) {
    if ((node->config.radios >> radio & 1) != 0) ew_port_radio_stop((ew_radio)radio);
  }
  node->listening = 0;
  node->ended = true;
  return ew_port_publish(node->status_topic, EW_NODE_WILL, strlen(EW_NODE_WILL), 1, true);
}

uint32_t ew_node_dropped(const ew_node *node) {
  uint32_t dropped = node->lost + node->backlog.dropped;
  for (size_t i = 0; i < EW_RADIO_COUNT; i++) dropped += ew_queue_dropped(&node->queues[i]);
  return dropped;
}

uint32_t ew_node_waiting(const ew_node *node) {
  uint32_t frames = node->backlog.frames;
  for (size_t i = 0; i < EW_IN_FLIGHT; i++) frames += node->in_flight[i].frames;
  return frames;
}

size_t ew_node_room(const ew_node *node) { return EW_BACKLOG_BYTES - node->backlog.used; }

const char *ew_node_status_topic(const ew_node *node) { return node->status_topic; }
const char *ew_node_radio_topic(const ew_node *node) { return node->radio_topic; }
const char *ew_node_set_topic(const ew_node *node) { return node->set_topic; }
