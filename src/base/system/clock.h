/* Time: a monotonic clock for durations, the processor's for work, UTC in ISO 8601 for records, seconds since 1970 to
 * compare them. */
#ifndef LL_BASE_SYSTEM_CLOCK_H
#define LL_BASE_SYSTEM_CLOCK_H

#include <stdbool.h>
#include <stddef.h>

double ll_clock_now(void); /* seconds from an arbitrary start, never backwards */

double ll_clock_cpu(void); /* seconds of the processor that this process has taken, all threads */

/* "2026-11-22T15:04:05Z" of the present moment. Returns buf; size at least 21. */
const char *ll_clock_utc(char *buf, size_t size);

double ll_clock_unix(void);                                      /* the present moment, whole seconds since 1970 */
const char *ll_clock_iso(double unix_s, char *buf, size_t size); /* of any moment, as ll_clock_utc */

/* Reads 2026-11-22 (its first second) or 2026-11-22T15:04:05Z. False for anything else and for days that no
 * calendar has. */
bool ll_clock_parse(const char *text, double *unix_s);

/* "2020-05-28" as a year and its fraction, 2020.4044 at the start of that day. False for anything else. */
bool ll_clock_year(const char *date, double *year);

#endif
