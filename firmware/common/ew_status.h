/**
 * What a node says on `edgewire/v1/<name>/status`, retained:
 * `{"state":"online","boot":1,"version":"0.1.0","radios":["ble","802.15.4"],"period":10}`.
 */
#ifndef EW_STATUS_H
#define EW_STATUS_H

#include <stdint.h>

#include "ew_config.h"
#include "ew_text.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Room for a status, bytes, with NUL: each byte of the version can take two. */
#define EW_STATUS_BYTES (2 * EW_VERSION_MAX + 112)

/**
 * Writes the status of a node that is there.
 *
 * @param version ends with NUL; cut after EW_VERSION_MAX bytes
 * @param radios  bit (1 << ew_radio) for each that the node has
 */
void ew_status_write(ew_text *text, uint32_t boot, const char *version, uint8_t radios);

#ifdef __cplusplus
}
#endif

#endif
