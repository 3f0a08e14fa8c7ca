/**
 * The radio envelope, version 1: several frames in one MQTT message. Little-endian, no padding.
 *
 *     header, 16 bytes                          each record, 16 bytes and the frame
 *     0   2  45 57 ("EW")                       0   2  frame length, bytes
 *     2   1  version, 1                         2   2  link type
 *     3   1  record count                       4   8  time, microseconds
 *     4   4  boot id                            12  1  RSSI, signed, dBm
 *     8   4  batch number, from 0               13  1  radio channel
 *     12  4  frames dropped since boot          14  1  flags
 *                                               15  1  link quality
 *
 * `traces/sensors/radio_envelope.ts` says the same for the gateway; `firmware/vectors` keeps both
 * equal.
 */
#ifndef EW_ENVELOPE_H
#define EW_ENVELOPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ew_frame.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
  EW_ENVELOPE_HEADER_BYTES = 16,
  EW_RECORD_HEADER_BYTES = 16,
  EW_ENVELOPE_VERSION = 1,
  EW_ENVELOPE_RECORDS_MAX = 255,
  EW_RECORD_FRAME_MAX = 65535 /**< longest frame of a record, bytes */
};

/** What a header says. The counters are modulo 2^32. */
typedef struct {
  uint32_t boot;    /**< another at each boot */
  uint32_t batch;   /**< number of the envelope since boot, from 0 */
  uint32_t dropped; /**< frames that the node dropped since boot */
  uint8_t records;  /**< only read; writing counts them */
} ew_envelope_header;

/** Writes the 16 bytes in front of a frame of `length` bytes. */
void ew_record_write(uint8_t out[EW_RECORD_HEADER_BYTES], const ew_frame *info, uint16_t length);

/** Reads the 16 bytes in front of a frame. @return the frame's length, bytes */
uint16_t ew_record_read(const uint8_t in[EW_RECORD_HEADER_BYTES], ew_frame *info);

/** An envelope that is being written: `length` bytes of `data` are a whole envelope at any time. */
typedef struct {
  uint8_t *data;
  size_t size; /**< of `data`, bytes */
  size_t length;
} ew_envelope_writer;

/** Begins an envelope in `data`. @return false: not even the header fits */
bool ew_envelope_begin(ew_envelope_writer *writer, uint8_t *data, size_t size,
                       const ew_envelope_header *header);

/**
 * Adds a record.
 *
 * @return false: no room, 255 records are in it, or the frame is longer than 65,535 bytes; the
 *         envelope is as before
 */
bool ew_envelope_add(ew_envelope_writer *writer, const ew_frame *info, const uint8_t *frame,
                     size_t length);

/** What reading gave; from EW_ENVELOPE_CUT_HEADER on a problem. */
typedef enum {
  EW_ENVELOPE_RECORD,     /**< a header, or a record: there may be more */
  EW_ENVELOPE_END,        /**< the proper end */
  EW_ENVELOPE_CUT_HEADER, /**< shorter than a header */
  EW_ENVELOPE_NO_MAGIC,   /**< does not begin with "EW" */
  EW_ENVELOPE_OTHER_VERSION,
  EW_ENVELOPE_CUT_RECORDS,  /**< records are missing */
  EW_ENVELOPE_CUT_FRAME,    /**< a frame is longer than what is left */
  EW_ENVELOPE_BYTES_BEHIND, /**< bytes behind the last record */
} ew_envelope_result;

/** An envelope that is being read. */
typedef struct {
  ew_envelope_header header;
  size_t offset; /**< of what is read next; with a problem, of what is wrong */
  const uint8_t *data;
  size_t length;
  uint8_t left; /**< records to come */
  ew_envelope_result problem;
} ew_envelope_reader;

/**
 * Begins to read. `data` must stay until the last record was used.
 *
 * @return EW_ENVELOPE_RECORD: go on with ew_envelope_next(); else what is wrong
 */
ew_envelope_result ew_envelope_open(ew_envelope_reader *reader, const uint8_t *data, size_t length);

/**
 * Reads the next record.
 *
 * @param frame  where the frame's bytes are in the envelope
 * @param length of the frame, bytes
 * @return EW_ENVELOPE_RECORD: `info`, `frame` and `length` were set; else there is none, and the
 *         same is returned from then on
 */
ew_envelope_result ew_envelope_next(ew_envelope_reader *reader, ew_frame *info,
                                    const uint8_t **frame, size_t *length);

#ifdef __cplusplus
}
#endif

#endif
