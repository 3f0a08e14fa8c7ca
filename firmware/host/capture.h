/**
 * Frames of a pcap or pcapng file, or of standard input. A thread reads, since reading may block,
 * and hands frames over through a socket: the program polls that like any other, and whoever does
 * not read it holds the thread up.
 */
#ifndef EW_CAPTURE_H
#define EW_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/** Longest captured frame that is handed over, bytes; longer ones are cut. */
#define EW_CAPTURED_MAX 65535
#define EW_CAPTURE_ERROR_BYTES 512

typedef struct {
  int fd;        /**< to poll for reading; -1: closed */
  int link_type; /**< pcap LINKTYPE */
} ew_capture;

/** A frame as it was captured. */
typedef struct {
  uint64_t time_us; /**< Unix time, microseconds, rounded down */
  uint32_t length;  /**< captured bytes, up to EW_CAPTURED_MAX */
  uint32_t whole;   /**< bytes on the air */
  uint8_t data[EW_CAPTURED_MAX];
} ew_captured;

/** What reading gave. */
typedef enum {
  EW_CAPTURE_FRAME,
  EW_CAPTURE_LATER, /**< nothing yet: poll */
  EW_CAPTURE_END,
  EW_CAPTURE_FAILED, /**< the file is damaged; what was before came */
} ew_capture_result;

/**
 * Opens a file; waits until its header is there.
 *
 * @param path  `-` is the standard input
 * @param error of EW_CAPTURE_ERROR_BYTES: what is wrong
 */
bool ew_capture_open(ew_capture *capture, const char *path, char *error);

/** Reads a frame; does not wait. @param error as above, with EW_CAPTURE_FAILED */
ew_capture_result ew_capture_read(ew_capture *capture, ew_captured *frame, char *error);

/** Ends reading. The thread ends with it, or with the process if its input is silent. */
void ew_capture_close(ew_capture *capture);

#endif
