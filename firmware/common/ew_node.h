/**
 * A bridge node: frames that radios hear go out in envelopes on `edgewire/v1/<name>/radio`, its
 * state on `.../status`, settings come in on `.../set` and are answered on `.../set/result`.
 *
 * No heap, no operating system: all memory is in `ew_node`, whose limits are fixed at compile time
 * (`ew_config.h`). One task owns the node and calls everything here but ew_node_hear(). No function
 * here may be called from within an ew_port function.
 */
#ifndef EW_NODE_H
#define EW_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../port/port.h"
#include "ew_backlog.h"
#include "ew_batch.h"
#include "ew_clock.h"
#include "ew_config.h"
#include "ew_dedup.h"
#include "ew_frame.h"
#include "ew_queue.h"
#include "ew_settings.h"
#include "ew_status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What whoever starts a node decides. The strings must outlive the node. */
typedef struct {
  const char *name;     /**< one topic level of letters, digits, `_` and `-`; 1 to EW_NAME_MAX */
  const char *version;  /**< of the firmware */
  uint8_t radios;       /**< bit (1 << ew_radio) for each that it has */
  ew_settings defaults; /**< settings until others were stored; EW_SETTINGS_DEFAULTS will do */
} ew_node_config;

/** Room for a topic, bytes, with NUL: `edgewire/v1/<name>/set/result` is the longest. */
#define EW_TOPIC_BYTES (12 + EW_NAME_MAX + 11 + 1)

/** An envelope that the broker has not acknowledged. */
typedef struct {
  ew_publish_result number; /**< 0: unused */
  uint32_t frames;
} ew_in_flight;

/** A node. Its members are its own; it can be static. */
typedef struct ew_node {
  ew_node_config config;
  ew_settings settings;
  uint32_t boot;          /**< drawn at each ew_node_init() */
  uint32_t batch_number;  /**< of the next envelope, modulo 2^32 */
  uint32_t lost;          /**< frames of publishes that failed or were refused, modulo 2^32 */
  uint64_t status_due_us; /**< time since boot */
  uint64_t radio_due_us;  /**< when radios that did not start are tried again */
  uint64_t retry_due_us;  /**< nothing is published before */
  uint8_t listening;      /**< bit (1 << ew_radio) for each radio that was started */
  bool connected;
  bool answer_waits; /**< `answer` could not be published yet */
  bool ended;        /**< ew_node_goodbye() was called */
  ew_in_flight in_flight[EW_IN_FLIGHT];
  char status_topic[EW_TOPIC_BYTES];
  char radio_topic[EW_TOPIC_BYTES];
  char set_topic[EW_TOPIC_BYTES];
  char result_topic[EW_TOPIC_BYTES];
  char answer[EW_ANSWER_BYTES];
  ew_clock clock;
  ew_queue queues[EW_RADIO_COUNT];
  ew_dedup dedup;
  ew_backlog backlog;
  ew_batch batch;
} ew_node;

/**
 * Takes the settings from storage, draws the boot id and starts the radios. A radio that does not
 * start is tried again by ew_node_poll().
 *
 * @return false: the name, the radios or the defaults make no sense
 */
bool ew_node_init(ew_node *node, const ew_node_config *config);

/**
 * Takes a frame. The only function for callbacks and interrupts: copies into the queue of its radio
 * and returns. Each radio has one producer.
 *
 * @param info  time since boot (ew_port_time_us()) and not Unix time, unless `flags` says otherwise
 * @param frame `length` bytes; more than EW_FRAME_MAX are cut, and flagged EW_FLAG_CUT
 * @return false: there was no room, and the frame is counted as dropped
 */
bool ew_node_hear(ew_node *node, ew_radio radio, const ew_frame *info, const uint8_t *frame,
                  size_t length);

/** Says that the broker can be reached, subscribed topics included: the status goes out first. */
void ew_node_connected(ew_node *node);

/** Says that the connection is gone. What was handed over and not acknowledged stays the port's. */
void ew_node_disconnected(ew_node *node);

/**
 * Says what became of a publish of quality 1. Numbers of others than envelopes may be told too.
 *
 * @param ok false: it never arrives; its frames are counted as dropped
 */
void ew_node_published(ew_node *node, ew_publish_result number, bool ok);

/**
 * Takes a message on the node's `set` topic. ew_node_poll() sends the answer; while that has to
 * wait, another message's answer takes its place.
 */
void ew_node_set(ew_node *node, const void *payload, size_t length);

/**
 * Says what Unix time it is; again after each synchronisation. Times before 2020 are ignored.
 *
 * @param unix_us of the time now
 */
void ew_node_synchronised(ew_node *node, uint64_t unix_us);

/**
 * Does what is due: takes frames from the queues, sends envelopes, the status and answers.
 *
 * @return microseconds until there is something to do without a new frame, message or
 *         acknowledgement; after one of these poll at once
 */
uint32_t ew_node_poll(ew_node *node);

/**
 * Sends what waits now, whatever its age, as far as the port takes it.
 *
 * @return nothing waits and all envelopes were acknowledged
 */
bool ew_node_flush(ew_node *node);

/**
 * An orderly end: stops the radios and publishes the status "offline". Afterwards nothing else is
 * published; disconnect when its number was acknowledged. Frames that wait are lost: flush before.
 *
 * @return what ew_port_publish() said
 */
ew_publish_result ew_node_goodbye(ew_node *node);

/** Frames dropped since boot: in queues, in the backlog, by failed publishes. Modulo 2^32. */
uint32_t ew_node_dropped(const ew_node *node);

/** Frames that wait, and those of envelopes that were not acknowledged; not those in the queues. */
uint32_t ew_node_waiting(const ew_node *node);

/**
 * Bytes that can wait before the oldest frames are dropped; a frame takes 20 more than it has. For
 * ports whose frames can be held up: what is in the queues is not counted, so poll first.
 */
size_t ew_node_room(const ew_node *node);

/** The node's topics, each ending with NUL. */
const char *ew_node_status_topic(const ew_node *node);
const char *ew_node_radio_topic(const ew_node *node);
const char *ew_node_set_topic(const ew_node *node);

/** The last will: retained, quality 1, on the status topic. */
#define EW_NODE_WILL "{\"state\":\"offline\"}"

#ifdef __cplusplus
}
#endif

#endif
