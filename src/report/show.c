#include "report/show.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *ll_show(double v, int digits, char buf[LL_SHOW_SIZE]) {
    static const char *const raised[] = { "⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹" };
    double size = fabs(v);
    snprintf(buf, LL_SHOW_SIZE, "%.*g", digits, v);
    if (isfinite(v) && size >= pow(10, digits) && size < 1e5) snprintf(buf, LL_SHOW_SIZE, "%.0f", v);
    if (!isfinite(v) || size == 0 || (size >= 1e-3 && size < 1e5)) return buf;
    char plain[LL_SHOW_SIZE], power[8];
    snprintf(plain, sizeof plain, "%.*e", digits - 1, v);
    char *e = strchr(plain, 'e');
    snprintf(power, sizeof power, "%d", atoi(e + 1));
    *e = 0;
    if (strchr(plain, '.')) /* 1.00 is 1 */
        for (char *end = e - 1; *end == '0' || *end == '.'; end--) {
            bool point = *end == '.';
            *end = 0;
            if (point) break;
        }
    int n = strcmp(plain, "1") == 0 ? snprintf(buf, LL_SHOW_SIZE, "10")
                                    : snprintf(buf, LL_SHOW_SIZE, "%.20s×10", plain);
    for (const char *p = power; *p; p++)
        n += snprintf(buf + n, LL_SHOW_SIZE - (size_t)n, "%s", *p == '-' ? "⁻" : raised[*p - '0']);
    return buf;
}
