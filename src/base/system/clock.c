#define _DEFAULT_SOURCE
#include "base/system/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

double ll_clock_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double ll_clock_cpu(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double ll_clock_unix(void) {
    return (double)time(NULL);
}

const char *ll_clock_iso(double unix_s, char *buf, size_t size) {
    time_t at = (time_t)unix_s;
    struct tm tm;
    gmtime_r(&at, &tm);
    if (strftime(buf, size, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0 && size) buf[0] = 0;
    return buf;
}

const char *ll_clock_utc(char *buf, size_t size) {
    return ll_clock_iso(ll_clock_unix(), buf, size);
}

/* What does not come back as it was written is no moment: 2026-02-30, 24:00:00, a missing zero. */
bool ll_clock_parse(const char *text, double *unix_s) {
    struct tm tm = { 0 };
    char full[32], back[32];
    if (strlen(text) > 20) return false;
    snprintf(full, sizeof full, "%s%s", text, strlen(text) == 10 ? "T00:00:00Z" : "");
    if (sscanf(full, "%4d-%2d-%2dT%2d:%2d:%2dZ", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min,
               &tm.tm_sec) != 6)
        return false;
    tm.tm_year -= 1900, tm.tm_mon -= 1;
    *unix_s = (double)timegm(&tm);
    return strcmp(ll_clock_iso(*unix_s, back, sizeof back), full) == 0;
}

bool ll_clock_year(const char *date, double *year) {
    double unix_s;
    struct tm tm;
    if (strlen(date) != 10 || !ll_clock_parse(date, &unix_s)) return false;
    time_t at = (time_t)unix_s;
    gmtime_r(&at, &tm);
    const int y = tm.tm_year + 1900, leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
    *year = y + tm.tm_yday / (365.0 + leap);
    return true;
}
