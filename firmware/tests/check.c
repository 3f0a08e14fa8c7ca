#include "check.h"

#include <stdio.h>
#include <string.h>

static unsigned long tests, checks, failures;
static const char *running = "";

/** More than these are only counted. */
enum { FAILURES_PRINTED = 20 };

/** Counts a failure and says where it is. @return whether to say more */
static bool fail(const char *file, int line) {
  if (++failures > FAILURES_PRINTED) return false;
  printf("%s:%d: %s: ", file, line, running);
  return true;
}

void check_true(bool condition, const char *what, const char *file, int line) {
  checks++;
  if (condition) return;
  if (fail(file, line)) printf("not so: %s\n", what);
}

void check_equal(uint64_t seen, uint64_t wanted, const char *what, const char *file, int line) {
  checks++;
  if (seen == wanted) return;
  if (!fail(file, line)) return;
  printf("%s is 0x%lx%08lx, not 0x%lx%08lx\n", what, (unsigned long)(seen >> 32),
         (unsigned long)(seen & UINT32_MAX), (unsigned long)(wanted >> 32),
         (unsigned long)(wanted & UINT32_MAX));
}

void check_text(const char *seen, const char *wanted, const char *file, int line) {
  checks++;
  if (strcmp(seen, wanted) == 0) return;
  if (fail(file, line)) printf("\n  seen   %s\n  wanted %s\n", seen, wanted);
}

void check_run(const char *name, void (*test)(void)) {
  tests++;
  running = name;
  test();
}

int check_report(void) {
  printf("%lu tests, %lu checks, %lu failures\n", tests, checks, failures);
  return failures == 0 && checks > 0 ? 0 : 1;
}

uint32_t check_random(uint32_t below) {
  static uint32_t state = 2463534242u;
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return state % below;
}
