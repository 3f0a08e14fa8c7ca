/** The smallest program with everything that a node does; only its size is of interest. */
#include "../../common/ew_node.h"

/** Named in the linked image, so that its size can be read there. */
ew_node node;

bool ew_port_radio_start(ew_radio radio, const ew_radio_setup *setup) {
  (void)radio;
  return setup != NULL;
}
void ew_port_radio_stop(ew_radio radio) { (void)radio; }
uint64_t ew_port_time_us(void) { return *(volatile uint32_t *)0x0200bff8; }
ew_publish_result ew_port_publish(const char *topic, const void *payload, size_t length,
                                  uint8_t qos, bool retain) {
  return topic != NULL && payload != NULL && retain ? (int32_t)length : qos;
}
size_t ew_port_settings_load(void *buffer, size_t size) {
  (void)buffer;
  return size;
}
bool ew_port_settings_save(const void *data, size_t length) { return data != NULL && length > 0; }
uint32_t ew_port_random(void) { return 4; }

int main(void) {
  static const ew_node_config config = {"node", "1", 3, EW_SETTINGS_DEFAULTS};
  static const ew_frame info = {0, EW_LINK_WPAN, 0, 11, 0, 255};
  static const uint8_t frame[4];
  if (!ew_node_init(&node, &config)) return 1;
  ew_node_connected(&node);
  ew_node_synchronised(&node, ew_port_time_us());
  ew_node_set(&node, ew_node_set_topic(&node), 2);
  while (ew_node_poll(&node) != 0) (void)ew_node_hear(&node, EW_RADIO_BLE, &info, frame, 4);
  ew_node_published(&node, 1, true);
  ew_node_disconnected(&node);
  if (!ew_node_flush(&node)) (void)ew_node_goodbye(&node);
  return (int)ew_node_dropped(&node) + *ew_node_status_topic(&node) + *ew_node_radio_topic(&node);
}
