/** Runs all unit tests; the same program on the host and on bare metal. */
#include <stdlib.h>

#include "check.h"

void envelope_tests(void);
void queue_tests(void);
void parts_tests(void);
void settings_tests(void);
void node_tests(void);
void node_control_tests(void);

int main(void) {
  envelope_tests();
  queue_tests();
  parts_tests();
  settings_tests();
  node_tests();
  node_control_tests();
  // Not a return: bare metal tells the status only by exit().
  exit(check_report());
}
