#include "decide/when/spread.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/words/number.h"

enum { TEXT = 64 };

/* Reads "4" or "3.5..4.5" and sets *end behind it. */
static bool parse_range(const char *text, const char **end, ll_spread *s) {
    char *stop;
    if (strspn(text, "0123456789.") == 0) return false;
    s->lo = s->hi = ll_number_read(text, &stop);
    /* "3..4" reads as "3." and ".4": the dots of a range are looked for first */
    const char *dots = strstr(text, "..");
    if (dots && dots <= stop) {
        char lower[TEXT];
        size_t n = (size_t)(dots - text);
        if (n == 0 || n >= sizeof lower) return false;
        memcpy(lower, text, n);
        lower[n] = 0;
        s->lo = ll_number_read(lower, &stop);
        if (*stop || strspn(dots + 2, "0123456789") == 0) return false;
        s->hi = ll_number_read(dots + 2, &stop);
    }
    *end = stop;
    return isfinite(s->hi) && s->lo > 0 && s->lo <= s->hi;
}

bool ll_spread_parse(const char *text, ll_spread *s) {
    const char *end;
    return parse_range(text, &end, s) && !*end;
}

/* Years in one of a unit; 0: none such. */
static double years_in(const char *unit) {
    return strcmp(unit, "y") == 0 ? 1 : strcmp(unit, "mo") == 0 ? 1.0 / 12 : 0;
}

bool ll_growth_parse(const char *text, ll_spread *g) {
    ll_spread factor, period;
    const char *end;
    *g = (ll_spread) { 0, 0 };
    if (strcmp(text, "none") == 0) return true;
    if (!parse_range(text, &end, &factor) || strncmp(end, "x/", 2) != 0) return false;
    if (!parse_range(end + 2, &end, &period)) return false;
    const double unit = years_in(end);
    if (!(unit > 0) || !(factor.lo > 1) || (factor.lo < factor.hi && period.lo < period.hi)) return false;
    g->lo = log2(factor.lo) / (period.hi * unit);
    g->hi = log2(factor.hi) / (period.lo * unit);
    return true;
}

double ll_spread_at(const ll_spread *s, double z) {
    static const double z95 = 1.6448536269514722;
    if (!(s->lo < s->hi)) return s->lo;
    const double lo = log(s->lo), hi = log(s->hi);
    return exp((lo + hi) / 2 + z * (hi - lo) / (2 * z95));
}
