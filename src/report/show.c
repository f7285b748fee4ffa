#include "report/show.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SUFFIXED = 4, LARGEST = 15, SMALLEST = -3, MOST_DIGITS = 9 }; /* powers of ten */

static int power_of(double size) {
    return (int)floor(log10(size) + 1e-12);
}

/* 3.16×10⁹ with raised digits; 1.00 is 1. */
static void put_power(double v, int digits, char buf[LL_SHOW_SIZE]) {
    static const char *const raised[] = { "⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹" };
    char plain[LL_SHOW_SIZE], power[8];
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
    int n = strcmp(plain, "1") == 0 ? snprintf(buf, LL_SHOW_SIZE, "10")
                                    : snprintf(buf, LL_SHOW_SIZE, "%.20s×10", plain);
    for (const char *p = power; *p; p++)
        n += snprintf(buf + n, LL_SHOW_SIZE - (size_t)n, "%s", *p == '-' ? "⁻" : raised[*p - '0']);
}

/* So many significant digits: 0.0123, 1900, 591k, 3.2×10²⁴. */
static const char *put(double v, int digits, char buf[LL_SHOW_SIZE]) {
    static const char *const suffix[] = { "", "k", "M", "B", "T" };
    int power = v == 0 ? 0 : power_of(fabs(v));
    double unit = pow(10, power - digits + 1), rounded = round(v / unit) * unit; /* 99.96 is 100 */
    if (v != 0 && rounded != 0) power = power_of(fabs(rounded));
    if (power < SMALLEST || power >= LARGEST) return put_power(v, digits, buf), buf;
    int group = power >= SUFFIXED ? power / 3 : 0, decimals = digits - 1 - (power - 3 * group);
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
    if (v == 0) return strcpy(buf, "0");
    const int digits = power_of(fabs(v)) - power_of(width) + 2;
    return put(v, digits < 2 ? 2 : digits > MOST_DIGITS ? MOST_DIGITS : digits, buf);
}
