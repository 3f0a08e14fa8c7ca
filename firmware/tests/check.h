/**
 * Checks for unit tests: no framework, so that the same tests run on bare metal. A failed check is
 * counted, the first ones are printed, and the test goes on.
 */
#ifndef CHECK_H
#define CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Fails when `condition` is false. */
#define CHECK(condition) check_true((condition), #condition, __FILE__, __LINE__)
/** Fails when two whole numbers differ. Negative ones compare as they are in 64 bits. */
#define CHECK_EQUAL(seen, wanted) \
  check_equal((uint64_t)(seen), (uint64_t)(wanted), #seen, __FILE__, __LINE__)
/** Fails when two texts differ. */
#define CHECK_TEXT(seen, wanted) check_text((seen), (wanted), __FILE__, __LINE__)
/** Runs a test function of this name. */
#define RUN(test) check_run(#test, test)

void check_true(bool condition, const char *what, const char *file, int line);
void check_equal(uint64_t seen, uint64_t wanted, const char *what, const char *file, int line);
void check_text(const char *seen, const char *wanted, const char *file, int line);
void check_run(const char *name, void (*test)(void));

/** Prints how it went. @return exit status: 0 when nothing failed and something was checked */
int check_report(void);

/** Pseudo-random numbers, the same in each run (xorshift). @return 0 to `below` - 1 */
uint32_t check_random(uint32_t below);

#endif
