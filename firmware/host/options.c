#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "radio_header.h"
#include "say.h"
#include "version.h"

static const char HELP[] =
    "Usage: edgewire-node --broker ADDRESS (--read FILE | --hci N | --wpan INTERFACE) [options]\n"
    "Hands on what radios hear to an Edgewire gateway, over MQTT.\n"
    "\n"
    "  --broker ADDRESS      HOST, HOST:PORT, mqtt://HOST:PORT or mqtts://HOST:PORT (TLS)\n"
    "  --cafile FILE         trust this certificate (PEM), not those that the system trusts\n"
    "  --name NAME           of the node: letters, digits, _ and -; default: that of the machine\n"
    "  --user NAME           MQTT user; default: the node's name. The node's token comes from\n"
    "                        EDGEWIRE_TOKEN in the environment\n"
    "  --password TEXT       the same as EDGEWIRE_TOKEN; others may see it for a moment\n"
    "\n"
    "What it hears:\n"
    "  --hci N               Bluetooth adapter N of this machine (hciN), for this program alone\n"
    "  --wpan INTERFACE      IEEE 802.15.4 monitor interface\n"
    "  --channel N           of --wpan, 11 to 26; default: 15\n"
    "  --read FILE           frames of a capture, pcap or pcapng; - is the standard input\n"
    "  --speed N             of --read: 1 as recorded, 2 twice as fast, 0 as fast as the broker\n"
    "                        takes it; default: 1, or 0 for the standard input\n"
    "\n"
    "  --settings-file FILE  keep settings that were changed by MQTT in it\n"
    "  --linger SECONDS      how long to wait at the end until the broker has everything, up to\n"
    "                        86400; default: 30\n"
    "  --help, --version\n"
    "\n"
    "Exit status: 0 the broker has everything; 1 something failed; 2 wrong command line.\n";

enum {
  BROKER = 1000,
  CAFILE,
  NAME,
  USER,
  PASSWORD,
  HCI,
  WPAN,
  CHANNEL,
  READ,
  SPEED,
  SETTINGS_FILE,
  LINGER,
  HELP_WANTED,
  VERSION_WANTED,
};

static const struct option OPTIONS[] = {
    {"broker", required_argument, NULL, BROKER},
    {"cafile", required_argument, NULL, CAFILE},
    {"name", required_argument, NULL, NAME},
    {"user", required_argument, NULL, USER},
    {"password", required_argument, NULL, PASSWORD},
    {"hci", required_argument, NULL, HCI},
    {"wpan", required_argument, NULL, WPAN},
    {"channel", required_argument, NULL, CHANNEL},
    {"read", required_argument, NULL, READ},
    {"speed", required_argument, NULL, SPEED},
    {"settings-file", required_argument, NULL, SETTINGS_FILE},
    {"linger", required_argument, NULL, LINGER},
    {"help", no_argument, NULL, HELP_WANTED},
    {"version", no_argument, NULL, VERSION_WANTED},
    {NULL, 0, NULL, 0},
};

/** @return false: it is none from `least` to `most`, which was said */
static bool read_number(const char *option, const char *text, long least, long most, long *number) {
  char *end;
  errno = 0;
  *number = strtol(text, &end, 10);
  if (end != text && *end == '\0' && errno == 0 && *number >= least && *number <= most) return true;
  ew_say("%s %s: not a whole number from %ld to %ld", option, text, least, most);
  return false;
}

static bool read_speed(const char *text, double *speed) {
  char *end;
  *speed = strtod(text, &end);
  if (end != text && *end == '\0' && isfinite(*speed) && *speed >= 0 && *speed <= 1e6) return true;
  ew_say("--speed %s: not a number from 0 to 1000000", text);
  return false;
}

static bool set_name(ew_options *options, const char *text) {
  size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");
  if (length == 0 || text[length] != '\0' || length > EW_NAME_MAX) {
    ew_say("--name %s: not 1 to %d letters, digits, _ and -", text, EW_NAME_MAX);
    return false;
  }
  (void)snprintf(options->name, sizeof options->name, "%s", text);
  return true;
}

static bool set_password(ew_options *options, char *text) {
  free(options->password);
  options->password = strdup(text);
  // So that it is not in the list of processes.
  memset(text, '*', strlen(text));
  return options->password != NULL;
}

static bool set_broker(ew_options *options, const char *text) {
  const char *problem = ew_broker_address_read(&options->broker, text);
  if (problem != NULL) ew_say("--broker %s: %s", text, problem);
  return problem == NULL;
}

/** @return false: it is wrong, which was said */
static bool set(ew_options *options, int option, char *text) {
  long number = 0;
  switch (option) {
    case BROKER:
      return set_broker(options, text);
    case CAFILE:
      options->cafile = text;
      return true;
    case NAME:
      return set_name(options, text);
    case USER:
      options->user = text;
      return true;
    case PASSWORD:
      return set_password(options, text);
    case HCI:
      if (!read_number("--hci", strncmp(text, "hci", 3) == 0 ? text + 3 : text, 0, 255, &number)) {
        return false;
      }
      options->hci = (int)number;
      return true;
    case WPAN:
      options->wpan = text;
      return true;
    case CHANNEL:
      if (!read_number("--channel", text, 11, 26, &number)) return false;
      options->channel = (uint16_t)number;
      return true;
    case READ:
      options->read = text;
      return true;
    case SPEED:
      return read_speed(text, &options->speed);
    case SETTINGS_FILE:
      options->settings_file = text;
      return true;
    case LINGER:
      if (!read_number("--linger", text, 0, 86400, &number)) return false;
      options->linger_s = (unsigned)number;
      return true;
    default:
      return false;
  }
}

/** The machine's name up to its first dot; what a name cannot have becomes `-`. */
static void default_name(ew_options *options) {
  char host[sizeof options->name] = "";
  if (gethostname(host, sizeof host - 1) != 0 || host[0] == '\0') {
    (void)snprintf(host, sizeof host, "edgewire-node");
  }
  host[strcspn(host, ".")] = '\0';
  for (char *at = host; *at != '\0'; at++) {
    bool letter = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z');
    if (!letter && !(*at >= '0' && *at <= '9') && *at != '_') *at = '-';
  }
  memcpy(options->name, host, sizeof host);
}

/** Looks whether the options go together, and fills in what was not said. */
static bool complete(ew_options *options) {
  bool radio = options->hci >= 0 || options->wpan != NULL;
  if (options->broker.host[0] == '\0') {
    ew_say("--broker is missing: where the gateway listens for MQTT, as --broker 192.168.1.5");
  } else if (options->read == NULL && !radio) {
    ew_say("nothing to hear: --read FILE, --hci N or --wpan INTERFACE");
  } else if (options->read != NULL && radio) {
    ew_say("--read is instead of radios: leave --hci and --wpan out");
  } else if (options->read == NULL && options->speed >= 0) {
    ew_say("--speed is for --read alone");
  } else if (options->cafile != NULL && !options->broker.tls) {
    ew_say("--cafile is for TLS: --broker mqtts://%s", options->broker.host);
  } else if (options->cafile != NULL && access(options->cafile, R_OK) != 0) {
    ew_say("--cafile %s: %s", options->cafile, strerror(errno));
  } else {
    bool piped = options->read != NULL && strcmp(options->read, "-") == 0;
    if (options->speed < 0) options->speed = piped ? 0 : 1;
    if (options->name[0] == '\0') default_name(options);
    if (options->user == NULL && options->password != NULL) options->user = options->name;
    return true;
  }
  return false;
}

ew_options_result ew_options_read(ew_options *options, int argc, char **argv) {
  *options = (ew_options){.hci = -1, .channel = EW_DEFAULT_CHANNEL, .speed = -1, .linger_s = 30};
  const char *token = getenv("EDGEWIRE_TOKEN");
  if (token != NULL && token[0] != '\0') options->password = strdup(token);
  int option;
  opterr = 0;
  while ((option = getopt_long(argc, argv, ":", OPTIONS, NULL)) != -1) {
    if (option == HELP_WANTED) {
      return fputs(HELP, stdout) < 0 ? EW_OPTIONS_WRONG : EW_OPTIONS_SAID;
    }
    if (option == VERSION_WANTED) {
      return puts(EW_VERSION) < 0 ? EW_OPTIONS_WRONG : EW_OPTIONS_SAID;
    }
    if (option == '?') ew_say("%s: no such option; --help names them", argv[optind - 1]);
    if (option == ':') ew_say("%s: its value is missing; --help says what", argv[optind - 1]);
    if (option == '?' || option == ':' || !set(options, option, optarg)) return EW_OPTIONS_WRONG;
  }
  if (optind < argc) {
    ew_say("%s: what is that for? --help names the options", argv[optind]);
    return EW_OPTIONS_WRONG;
  }
  return complete(options) ? EW_OPTIONS_RUN : EW_OPTIONS_WRONG;
}
