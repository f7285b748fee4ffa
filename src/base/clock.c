#define _GNU_SOURCE /* timegm */
#include "base/clock.h"

#include <math.h>
#include <time.h>

double ll_clock_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

const char *ll_clock_utc(char *buf, size_t size) {
    time_t now = time(NULL);
    struct tm tm;
    gmtime_r(&now, &tm);
    if (strftime(buf, size, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0 && size) buf[0] = 0;
    return buf;
}

double ll_clock_parse(const char *utc) {
    struct tm tm = { 0 };
    const char *end = strptime(utc, "%Y-%m-%dT%H:%M:%SZ", &tm);
    return end && !*end ? (double)timegm(&tm) : NAN;
}
