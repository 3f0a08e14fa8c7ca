/**
 * Gives the frames of a capture to a node: at the times between them, faster or slower, or as fast
 * as the broker takes them.
 *
 * While the broker is there the node never gets more than it has room for: reading waits. While it
 * is away a feed that keeps time goes on, and the node drops its oldest frames and counts them; one
 * without time (speed 0) waits. Time begins when the broker is there for the first time.
 */
#ifndef EW_FEED_H
#define EW_FEED_H

#include <stdbool.h>
#include <stdint.h>

#include "../common/ew_node.h"
#include "capture.h"
#include "radio_header.h"

/** Where a feed is. */
typedef enum {
  EW_FEED_READING, /**< the capture's `fd` says when there is more */
  EW_FEED_WAITING, /**< for the next frame's time, or for room: not before `wait_us` */
  EW_FEED_ENDED,
} ew_feed_state;

typedef struct {
  ew_node *node;
  ew_capture *capture;
  ew_radio radio;
  double speed;            /**< 1: as recorded; 0: as fast as can be */
  bool begun;              /**< time began */
  bool pending;            /**< `frame` waits */
  bool failed;             /**< the capture is damaged; `error` says how */
  bool deaf;               /**< the node does not listen (setting `scan`): frames pass by unheard */
  uint64_t began_us;       /**< time since boot */
  uint64_t first_frame_us; /**< Unix time of the first frame */
  uint64_t wait_us;        /**< from now, with EW_FEED_WAITING */
  uint64_t heard[EW_HEARD_COUNT]; /**< frames by verdict */
  uint64_t unheard;               /**< while it was deaf */
  char error[EW_CAPTURE_ERROR_BYTES];
  ew_captured frame;
} ew_feed;

/** Prepares. @param capture open, with a link type that can be read */
void ew_feed_init(ew_feed *feed, ew_node *node, ew_capture *capture, double speed);

/** Gives what is due. @param online whether the broker is there */
ew_feed_state ew_feed_run(ew_feed *feed, bool online);

#endif
