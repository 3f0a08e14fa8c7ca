#include "feed.h"

#include <string.h>

/** Frames after which the node has its turn: they fit its queue. */
#define AT_ONCE 8
/** Without room, or broker, an acknowledgement or the connection wakes us; if not, microseconds. */
enum { LOOK_US = 200000 };
/** Frames that one run gives, so that others have their turn. */
enum { MOST = 1024 };

#if EW_QUEUE_BYTES < AT_ONCE * (EW_FRAME_MAX + 16)
#error "EW_QUEUE_BYTES: room for the 8 longest frames"
#endif
#if EW_BACKLOG_BYTES < 4 * AT_ONCE * (EW_FRAME_MAX + 20)
#error "EW_BACKLOG_BYTES: room for the 32 longest frames"
#endif

void ew_feed_init(ew_feed *feed, ew_node *node, ew_capture *capture, double speed) {
  memset(feed, 0, sizeof *feed);
  feed->node = node;
  feed->capture = capture;
  feed->speed = speed;
  (void)ew_link_type_radio(capture->link_type, &feed->radio);
}

/** Whether frames up to the node's next turn fit without any being dropped. */
static bool has_room(const ew_feed *feed) {
  return ew_node_room(feed->node) >= AT_ONCE * (EW_FRAME_MAX + 20);
}

/** Microseconds until the frame that waits is due. */
static uint64_t wait_us(ew_feed *feed) {
  if (feed->speed <= 0) return 0;
  uint64_t now = ew_port_time_us();
  if (!feed->begun) {
    feed->begun = true;
    feed->began_us = now;
    feed->first_frame_us = feed->frame.time_us;
  }
  if (feed->frame.time_us <= feed->first_frame_us) return 0;
  double since = (double)(feed->frame.time_us - feed->first_frame_us) / feed->speed;
  double passed = (double)(now - feed->began_us);
  return since > passed ? (uint64_t)(since - passed) + 1 : 0;
}

/** Gives the frame that waits to the node. */
static void give(ew_feed *feed) {
  ew_heard heard;
  const ew_captured *frame = &feed->frame;
  feed->pending = false;
  ew_heard_verdict verdict = ew_radio_header_read(&heard, feed->capture->link_type, frame->data,
                                                  frame->length, frame->whole);
  if (verdict == EW_HEARD_FRAME && feed->deaf) {
    feed->unheard++;
    return;
  }
  feed->heard[verdict]++;
  if (verdict != EW_HEARD_FRAME) return;
  heard.info.time_us = frame->time_us;
  heard.info.flags |= EW_FLAG_UNIX_TIME;
  (void)ew_node_hear(feed->node, feed->radio, &heard.info, heard.frame, heard.length);
}

static ew_feed_state wait(ew_feed *feed, uint64_t us) {
  feed->wait_us = us;
  return EW_FEED_WAITING;
}

ew_feed_state ew_feed_run(ew_feed *feed, bool online) {
  for (unsigned given = 0; given < MOST; given++) {
    if (given % AT_ONCE == 0) (void)ew_node_poll(feed->node);
    bool held = online ? !has_room(feed) : feed->speed <= 0 || !feed->begun;
    if (held) return wait(feed, LOOK_US);
    if (!feed->pending) {
      switch (ew_capture_read(feed->capture, &feed->frame, feed->error)) {
        case EW_CAPTURE_LATER:
          return EW_FEED_READING;
        case EW_CAPTURE_FAILED:
          feed->failed = true;
          return EW_FEED_ENDED;
        case EW_CAPTURE_END:
          return EW_FEED_ENDED;
        case EW_CAPTURE_FRAME:
          feed->pending = true;
      }
    }
    uint64_t us = wait_us(feed);
    if (us > 0) return wait(feed, us);
    give(feed);
  }
  return wait(feed, 0);
}
