/** The command line. */
#ifndef EW_OPTIONS_H
#define EW_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "../common/ew_config.h"
#include "broker_address.h"

typedef struct {
  ew_broker_address broker;
  const char *cafile; /**< NULL: whom the system trusts */
  const char *user;   /**< NULL: the node's name, where there is a password */
  char *password;     /**< NULL: none */
  char name[EW_NAME_MAX + 1];
  const char *read;          /**< NULL: radios of this machine */
  const char *settings_file; /**< NULL: settings are lost at the end */
  const char *wpan;          /**< interface; NULL: none */
  int hci;                   /**< adapter; -1: none */
  uint16_t channel;          /**< of IEEE 802.15.4 */
  double speed;              /**< of the capture; 0: as fast as can be */
  unsigned linger_s;         /**< how long the broker is waited for at the end */
} ew_options;

/** What the command line asks for. */
typedef enum {
  EW_OPTIONS_RUN,
  EW_OPTIONS_SAID,  /**< help or version, which was written */
  EW_OPTIONS_WRONG, /**< and it was said how */
} ew_options_result;

/** Reads the command line and the environment. A password in `argv` is overwritten. */
ew_options_result ew_options_read(ew_options *options, int argc, char **argv);

#endif
