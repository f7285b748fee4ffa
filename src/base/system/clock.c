#define _DEFAULT_SOURCE
#include "base/system/clock.h"

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

/* Digits where the shape has a 0, else the shape's own bytes, up to the text's end. */
static bool is_shaped(const char *text, const char *shape) {
    for (; *text; text++, shape++)
        if (*shape == '0' ? *text < '0' || *text > '9' : *text != *shape) return false;
    return true;
}

static int two_digits(const char *at) {
    return 10 * (at[0] - '0') + at[1] - '0';
}

/* What the calendar would write otherwise is no moment: 2026-02-30, 24:00:00. */
bool ll_clock_parse(const char *text, double *unix_s) {
    char full[] = "0000-00-00T00:00:00Z";
    const size_t n = strlen(text), whole = sizeof full - 1;
    if ((n != 10 && n != whole) || !is_shaped(text, full)) return false;
    memcpy(full, text, n);
    struct tm tm = { .tm_year = 100 * two_digits(full) + two_digits(full + 2) - 1900,
                     .tm_mon = two_digits(full + 5) - 1,
                     .tm_mday = two_digits(full + 8),
                     .tm_hour = two_digits(full + 11),
                     .tm_min = two_digits(full + 14),
                     .tm_sec = two_digits(full + 17) };
    const struct tm was = tm;
    *unix_s = (double)timegm(&tm);
    return was.tm_year >= 1000 - 1900 && tm.tm_mon == was.tm_mon && tm.tm_mday == was.tm_mday &&
           tm.tm_hour == was.tm_hour && tm.tm_min == was.tm_min && tm.tm_sec == was.tm_sec;
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
