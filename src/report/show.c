#include "report/show.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SUFFIXED = 4, LARGEST = 15, SMALLEST = -3, MOST_DIGITS = 9 }; /* powers of ten */
#define NOTHING 1e-4 /* of an interval: zero to whoever reads it, such as a floor at its bound of 1e-6 */

static int power_of(double size) {
    return (int)floor(log10(size) + 1e-12);
}

const char *ll_show_raised(const char *number, char buf[LL_SHOW_SIZE]) {
    static const char *const raised[] = { "⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹" };
    int n = 0;
    *buf = 0;
    for (const char *p = number; *p && n + 4 < LL_SHOW_SIZE; p++) {
        const bool digit = *p >= '0' && *p <= '9';
        n += snprintf(buf + n, LL_SHOW_SIZE - (size_t)n, "%s", digit ? raised[*p - '0'] : *p == '-' ? "⁻" : "·");
    }
    return buf;
}

/* 3.16×10⁹ with raised digits; 1.00 is 1. */
static void put_power(double v, int digits, char buf[LL_SHOW_SIZE]) {
    char plain[LL_SHOW_SIZE], power[8], raised[LL_SHOW_SIZE];
    snprintf(plain, sizeof plain, "%.*e", digits - 1, v);
    char *e = strchr(plain, 'e');
    snprintf(power, sizeof power, "%d", atoi(e + 1));
    *e = 0;
    if (strchr(plain, '.'))
        for (char *end = e - 1; *end == '0' || *end == '.'; end--) {
            bool point = *end == '.';
            *end = 0;
            if (point) break;
        }
    const bool bare = strcmp(plain, "1") == 0;
    snprintf(buf, LL_SHOW_SIZE, "%.20s%s10%.24s", bare ? "" : plain, bare ? "" : "×",
             ll_show_raised(power, raised));
}

/* So many significant digits: 0.0123, 1900, 591k, 3.2×10²⁴. */
static const char *put(double v, int digits, char buf[LL_SHOW_SIZE]) {
    static const char *const suffix[] = { "", "k", "M", "B", "T" };
    const int power = v == 0 ? 0 : power_of(fabs(v));
    const double unit = pow(10, power - digits + 1), rounded = round(v / unit) * unit; /* 99.96 is 100.0 */
    const int shown = v != 0 ? power_of(fabs(rounded)) : 0;
    if (shown < SMALLEST || shown >= LARGEST) return put_power(v, digits, buf), buf;
    const int group = shown >= SUFFIXED ? shown / 3 : 0, decimals = digits - 1 - (power - 3 * group);
    snprintf(buf, LL_SHOW_SIZE, "%.*f%s", decimals > 0 ? decimals : 0, rounded / pow(1000, group), suffix[group]);
    return buf;
}

const char *ll_show(double v, int digits, char buf[LL_SHOW_SIZE]) {
    double size = fabs(v);
    if (isfinite(v) && size >= 1e5) return put(v, digits, buf);
    if (isfinite(v) && size > 0 && size < 1e-3) return put_power(v, digits, buf), buf;
    snprintf(buf, LL_SHOW_SIZE, "%.*g", digits, v);
    if (isfinite(v) && size >= pow(10, digits)) snprintf(buf, LL_SHOW_SIZE, "%.0f", v);
    return buf;
}

const char *ll_show_in(double v, double lo, double hi, char buf[LL_SHOW_SIZE]) {
    const double width = hi - lo, most = fmax(fabs(v), fmax(fabs(lo), fabs(hi)));
    if (!isfinite(v) || !(width > 1e-9 * most) || !isfinite(width)) return ll_show(v, 4, buf);
    if (fabs(v) < NOTHING * width) return strcpy(buf, "0");
    const int digits = power_of(fabs(v)) - power_of(width) + 2;
    return put(v, digits < 2 ? 2 : digits > MOST_DIGITS ? MOST_DIGITS : digits, buf);
}
