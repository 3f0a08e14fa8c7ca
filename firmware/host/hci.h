/**
 * The machine's own Bluetooth as a radio: a Linux HCI user channel, on which this program alone
 * talks to the controller. It listens passively on the LE 1M PHY, with extended advertising where
 * the controller knows it, and hands on every LE event as H4 (link type 187).
 *
 * Commands: Core 6.0, Vol 4, Part E, 7.3 and 7.8. They are sent one after the other; the answer to
 * one brings the next.
 */
#ifndef EW_HCI_H
#define EW_HCI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "../port/port.h"

/** Longest HCI packet that is read, bytes, with its packet type: an event has up to 3 + 255. */
#define EW_HCI_BYTES 1024

/** What is done next, in this order. When listening is to be otherwise, it is stopped first. */
typedef enum {
  EW_HCI_RESET,
  EW_HCI_EVENT_MASK,
  EW_HCI_LE_EVENT_MASK,
  EW_HCI_LE_FEATURES,
  EW_HCI_STOP,
  EW_HCI_PARAMETERS,
  EW_HCI_ENABLE,
  EW_HCI_LISTENING,
  EW_HCI_QUIET,
} ew_hci_step;

typedef struct {
  int fd; /**< to poll for reading; -1: closed */
  ew_hci_step step;
  uint16_t awaited; /**< opcode of the command whose answer is awaited; 0: none */
  uint64_t due_us;  /**< given up then, and begun anew */
  bool extended;    /**< the controller knows extended advertising */
  bool wanted;      /**< it is to listen */
  bool changed;     /**< otherwise than it does */
  ew_radio_setup setup;
} ew_hci;

/** Takes an adapter for itself. @return false: it cannot, and said why */
bool ew_hci_open(ew_hci *hci, unsigned adapter);

/** The same on a socket that is connected to a controller: a message is one packet. */
void ew_hci_begin(ew_hci *hci, int fd);

/** Listens, or goes on otherwise; the answers of the controller come later. */
void ew_hci_listen(ew_hci *hci, const ew_radio_setup *setup);

/** Stops listening. */
void ew_hci_quiet(ew_hci *hci);

/**
 * Reads a packet and goes on; does not wait.
 *
 * @param packet of EW_HCI_BYTES
 * @return its length if it is an LE event to hand on; 0: none; -1: nothing more now; -2: the
 *         adapter is gone, which was said
 */
ssize_t ew_hci_read(ew_hci *hci, uint8_t *packet);

/** Begins anew where the controller does not answer. */
void ew_hci_tick(ew_hci *hci);

void ew_hci_close(ew_hci *hci);

#endif
