#include "base/system/measure.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/words/number.h"
#include "loglog/units.h"

#define DAY 86400.0

const ll_unit ll_units_list[] = {
    { "nats/token", "nats nat/token nats_per_token", LL_MEASURE_LOSS, LL_PER_TOKEN, 1 },
    { "bits/token", "bit/token bits_per_token", LL_MEASURE_LOSS, LL_PER_TOKEN, LL_LN2 },
    { "perplexity/token", "perplexity ppl ppl/token", LL_MEASURE_LOSS, LL_PER_TOKEN, 0 },
    { "nats/byte", "nat/byte nats_per_byte", LL_MEASURE_LOSS, LL_PER_BYTE, 1 },
    { "bits/byte", "bpb bit/byte bits_per_byte", LL_MEASURE_LOSS, LL_PER_BYTE, LL_LN2 },
    { "nats/char", "nat/char nats/character nats_per_char", LL_MEASURE_LOSS, LL_PER_CHAR, 1 },
    { "bits/char", "bpc bit/char bits/character bits_per_char", LL_MEASURE_LOSS, LL_PER_CHAR, LL_LN2 },
    { "nats/word", "nat/word nats_per_word", LL_MEASURE_LOSS, LL_PER_WORD, 1 },
    { "bits/word", "bit/word bits_per_word", LL_MEASURE_LOSS, LL_PER_WORD, LL_LN2 },
    { "perplexity/word", "ppl/word", LL_MEASURE_LOSS, LL_PER_WORD, 0 },
    { "FLOPs", "FLOP", LL_MEASURE_COMPUTE, LL_PER_TOKEN, 1 },
    { "PF-days", "PF-day PFdays petaflop/s-days", LL_MEASURE_COMPUTE, LL_PER_TOKEN, LL_PF_DAY },
    { "seconds", "s second", LL_MEASURE_TIME, LL_PER_TOKEN, 1 },
    { "minutes", "m min minute", LL_MEASURE_TIME, LL_PER_TOKEN, 60 },
    { "hours", "h hour", LL_MEASURE_TIME, LL_PER_TOKEN, 3600 },
    { "days", "d day", LL_MEASURE_TIME, LL_PER_TOKEN, DAY },
    { "weeks", "w week", LL_MEASURE_TIME, LL_PER_TOKEN, 7 * DAY },
    { "years", "y year", LL_MEASURE_TIME, LL_PER_TOKEN, 365.25 * DAY },
    { NULL, NULL, 0, 0, 0 },
};

static bool among(const char *names, const char *name) {
    const size_t n = strlen(name);
    for (const char *p = names; *p; p += strcspn(p, " "), p += *p == ' ')
        if (strcspn(p, " ") == n && strncasecmp(p, name, n) == 0) return true;
    return false;
}

const ll_unit *ll_unit_find(const char *name) {
    for (const ll_unit *u = ll_units_list; *name && u->name; u++)
        if (strcasecmp(u->name, name) == 0 || among(u->aliases, name)) return u;
    return NULL;
}

bool ll_unit_read(const char *text, double *value, const ll_unit **unit) {
    char number[64], *end;
    const char *blank = strchr(text, ' ');
    if (blank && (size_t)(blank - text) < sizeof number) {
        snprintf(number, sizeof number, "%.*s", (int)(blank - text), text);
        *unit = ll_unit_find(blank + strspn(blank, " "));
        return ll_units_parse(number, value);
    }
    *value = ll_number_read(text, &end);
    *unit = ll_unit_find(end);
    return end != text && isfinite(*value);
}

static double extent(const ll_ratios *r, ll_per per) {
    return per == LL_PER_TOKEN ? 1 : r->per_token[per];
}

bool ll_unit_convert(const ll_unit *from, const ll_unit *to, const ll_ratios *ratios, double value, double *out,
                     ll_per *lacks) {
    *lacks = LL_PER_COUNT;
    if (from->measure != to->measure) return false;
    double v = from->size > 0 ? value * from->size : log(value);
    if (from->per != to->per) {
        const double a = extent(ratios, from->per), b = extent(ratios, to->per);
        if (!(a > 0) || !(b > 0)) return *lacks = a > 0 ? to->per : from->per, false;
        v *= a / b; /* nats of one, by how many of it a token has, are nats a token */
    }
    *out = to == from ? value : to->size > 0 ? v / to->size : exp(v);
    return true;
}
