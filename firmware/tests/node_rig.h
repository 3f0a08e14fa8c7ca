/** A node with a fake port, and what tests do with it. */
#ifndef NODE_RIG_H
#define NODE_RIG_H

#include "fake_port.h"

extern ew_node node;

/** A node that has just started: both radios, default settings, nothing stored, time 1 s. */
void rig_start(void);

/** A node that has just started and is connected; its first status was sent and is not counted. */
void rig_start_connected(void);

/** Forgets the messages sent so far. */
void rig_forget(void);

/** Lets time pass, then polls. @return what ew_node_poll() returned */
uint32_t rig_wait_ms(uint32_t ms);

/** Hears a frame of four bytes that tell its number, now. */
bool rig_hear(ew_radio radio, uint32_t number);

/** What an envelope says. */
typedef struct {
  ew_envelope_header header;
  ew_frame infos[255];
  uint32_t numbers[255];
} rig_envelope;

/** Reads the message as an envelope; checks that it is one, on the right topic, with quality 1. */
const rig_envelope *rig_read(size_t index);

#endif
