/**
 * Limits of the node core, fixed at compile time. Each can be set from outside
 * (`-DEW_BACKLOG_BYTES=131072`); the same values must be seen by every file that includes these
 * headers, for they give `ew_node` its size.
 */
#ifndef EW_CONFIG_H
#define EW_CONFIG_H

/** Longest node name, characters, 1 to 200. It is a level of MQTT topics. */
#ifndef EW_NAME_MAX
#define EW_NAME_MAX 64
#endif

/**
 * Longest frame that is kept, bytes, 127 to 65535; what is longer is cut there and flagged. The
 * longest of Bluetooth LE advertising is 4 + 2 + 255 + 3 bytes (Core 5.4, Vol 6, Part B, 2.1), that
 * of IEEE 802.15.4 at 2.4 GHz 127 (aMaxPhyPacketSize).
 */
#ifndef EW_FRAME_MAX
#define EW_FRAME_MAX 264
#endif

/** From callback to task, bytes per radio, a power of two, 1024 to 2^30; each frame takes 16 more. */
#ifndef EW_QUEUE_BYTES
#define EW_QUEUE_BYTES 4096
#endif

/** Frames that wait for the broker, bytes, 2048 to 2^30; 20 more per frame. */
#ifndef EW_BACKLOG_BYTES
#define EW_BACKLOG_BYTES 32768
#endif

/** Longest envelope, bytes, 1024 to 2^20. The broker and the MQTT library must take as much. */
#ifndef EW_ENVELOPE_BYTES
#define EW_ENVELOPE_BYTES 4096
#endif

/** Envelopes that the broker has not acknowledged yet, 1 to 255; more wait in the backlog. */
#ifndef EW_IN_FLIGHT
#define EW_IN_FLIGHT 4
#endif

/** Frames that de-duplication remembers, a power of two, 4 to 65536. Each takes 16 bytes. */
#ifndef EW_DEDUP_SLOTS
#define EW_DEDUP_SLOTS 256
#endif

/** The status is sent again after, seconds, 1 to 3600. */
#ifndef EW_STATUS_PERIOD_S
#define EW_STATUS_PERIOD_S 10
#endif

/** A publish found the port busy, or a radio did not start: tried again after, ms, 1 to 60000. */
#ifndef EW_RETRY_MS
#define EW_RETRY_MS 100
#endif

/** Longest settings message, bytes, 64 to 65535. */
#ifndef EW_SET_BYTES
#define EW_SET_BYTES 512
#endif

/** Longest `id` of a settings message, bytes as they came, with quotation marks, 40 to 255. */
#ifndef EW_ID_BYTES
#define EW_ID_BYTES 80
#endif

/** Longest version of the firmware in the status, bytes, 1 to 100. */
#ifndef EW_VERSION_MAX
#define EW_VERSION_MAX 48
#endif

/** Settings of a node that was told nothing else; ranges in `ew_settings.h`. */
#ifndef EW_DEFAULT_CHANNEL
#define EW_DEFAULT_CHANNEL 15
#endif
#ifndef EW_DEFAULT_SCAN_INTERVAL_MS
#define EW_DEFAULT_SCAN_INTERVAL_MS 100
#endif
#ifndef EW_DEFAULT_SCAN_WINDOW_MS
#define EW_DEFAULT_SCAN_WINDOW_MS 50
#endif
#ifndef EW_DEFAULT_DEDUP_MS
#define EW_DEFAULT_DEDUP_MS 0
#endif
#ifndef EW_DEFAULT_BATCH_FRAMES
#define EW_DEFAULT_BATCH_FRAMES 32
#endif
#ifndef EW_DEFAULT_BATCH_AGE_MS
#define EW_DEFAULT_BATCH_AGE_MS 100
#endif

/**
 * A condition that only our own mistake can break; never one that a message or a frame can. Ends
 * the program; a board can have it restart.
 */
#ifndef EW_ASSERT
#include <assert.h>
#define EW_ASSERT(condition) assert(condition)
#endif

#if EW_NAME_MAX < 1 || EW_NAME_MAX > 200
#error "EW_NAME_MAX: 1 to 200"
#endif
#if EW_FRAME_MAX < 127 || EW_FRAME_MAX > 65535
#error "EW_FRAME_MAX: 127 to 65535"
#endif
#if (EW_QUEUE_BYTES & (EW_QUEUE_BYTES - 1)) != 0 || EW_QUEUE_BYTES < 1024 || \
    EW_QUEUE_BYTES > 1073741824 || EW_QUEUE_BYTES < EW_FRAME_MAX + 16
#error "EW_QUEUE_BYTES: a power of two, 1024 to 2^30, with room for the longest frame"
#endif
#if EW_BACKLOG_BYTES < 2048 || EW_BACKLOG_BYTES > 1073741824 || EW_BACKLOG_BYTES < EW_FRAME_MAX + 20
#error "EW_BACKLOG_BYTES: 2048 to 2^30, with room for the longest frame"
#endif
#if EW_ENVELOPE_BYTES < 1024 || EW_ENVELOPE_BYTES > 1048576 || EW_ENVELOPE_BYTES < EW_FRAME_MAX + 32
#error "EW_ENVELOPE_BYTES: 1024 to 2^20, with room for the longest frame"
#endif
#if EW_IN_FLIGHT < 1 || EW_IN_FLIGHT > 255
#error "EW_IN_FLIGHT: 1 to 255"
#endif
#if (EW_DEDUP_SLOTS & (EW_DEDUP_SLOTS - 1)) != 0 || EW_DEDUP_SLOTS < 4 || EW_DEDUP_SLOTS > 65536
#error "EW_DEDUP_SLOTS: a power of two, 4 to 65536"
#endif
#if EW_STATUS_PERIOD_S < 1 || EW_STATUS_PERIOD_S > 3600
#error "EW_STATUS_PERIOD_S: 1 to 3600"
#endif
#if EW_RETRY_MS < 1 || EW_RETRY_MS > 60000
#error "EW_RETRY_MS: 1 to 60000"
#endif
#if EW_SET_BYTES < 64 || EW_SET_BYTES > 65535
#error "EW_SET_BYTES: 64 to 65535"
#endif
#if EW_ID_BYTES < 40 || EW_ID_BYTES > 255
#error "EW_ID_BYTES: 40 to 255"
#endif
#if EW_VERSION_MAX < 1 || EW_VERSION_MAX > 100
#error "EW_VERSION_MAX: 1 to 100"
#endif

#endif
