#include "loglog/units.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/words/number.h"

typedef struct suffix {
    const char *name;
    double factor;
} suffix;

/* The number in front, then exactly one of the suffixes (the first, "", included). */
static bool parse_suffixed(const char *text, const suffix *table, size_t n, double *out) {
    if (!text || !*text || strspn(text, " \t") > 0) return false;
    char *end;
    double v = ll_number_read(text, &end);
    if (end == text || !isfinite(v) || strpbrk(text, "xX")) return false;
    for (size_t i = 0; i < n; i++)
        if (strcmp(end, table[i].name) == 0) {
            *out = v * table[i].factor;
            return isfinite(*out);
        }
    return false;
}

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

bool ll_units_parse(const char *text, double *out) {
    static const suffix table[] = { { "", 1 },    { "k", 1e3 }, { "K", 1e3 },  { "M", 1e6 },
                                    { "G", 1e9 }, { "B", 1e9 }, { "T", 1e12 }, { "P", 1e15 } };
    return parse_suffixed(text, table, COUNT(table), out);
}

bool ll_units_duration(const char *text, double *seconds) {
    static const suffix table[] = { { "", 1 },     { "s", 1 },     { "m", 60 },    { "min", 60 },
                                    { "h", 3600 }, { "d", 86400 }, { "w", 604800 } };
    return parse_suffixed(text, table, COUNT(table), seconds);
}

bool ll_units_money(const char *text, double *usd) {
    return ll_units_parse(text && *text == '$' ? text + 1 : text, usd);
}

bool ll_units_bytes(const char *text, double *bytes) {
    static const suffix table[] = { { "", 1 },
                                    { "K", 1024.0 },
                                    { "KiB", 1024.0 },
                                    { "M", 1048576.0 },
                                    { "MiB", 1048576.0 },
                                    { "G", 1073741824.0 },
                                    { "GiB", 1073741824.0 } };
    return parse_suffixed(text, table, COUNT(table), bytes);
}

/* Three significant digits with the largest suffix that keeps them at or above one. */
static const char *show(double v, double base, const char *const *names, int n, char *buf, size_t size) {
    int k = 0;
    double a = fabs(v);
    while (k + 1 < n && a >= base * 0.9995) a /= base, v /= base, k++;
    int decimals = a < 9.995 ? 2 : a < 99.95 ? 1 : 0;
    if (k == 0 && v == floor(v)) decimals = 0;
    const bool beyond = a >= 1e6; /* the last suffix */
    const ll_number_scope scope = ll_number_begin();
    snprintf(buf, size, beyond ? "%.*e%s" : "%.*f%s", beyond ? 2 : decimals, v, names[k]);
    ll_number_end(scope);
    return buf;
}

const char *ll_units_show(double v, char *buf, size_t size) {
    static const char *const names[] = { "", "k", "M", "B", "T" };
    const ll_number_scope scope = ll_number_begin();
    if (isnan(v)) snprintf(buf, size, "-");
    else if (v != 0 && (fabs(v) >= 1e15 || fabs(v) < 0.01)) snprintf(buf, size, "%.2e", v);
    else show(v, 1000, names, (int)COUNT(names), buf, size);
    ll_number_end(scope);
    return buf;
}

const char *ll_units_show_bytes(double v, char *buf, size_t size) {
    static const char *const names[] = { " B", " KiB", " MiB", " GiB", " TiB" };
    if (!isfinite(v)) return strcpy(buf, "-");
    return show(v, 1024, names, (int)COUNT(names), buf, size);
}

const char *ll_units_show_seconds(double v, char *buf, size_t size) {
    const ll_number_scope scope = ll_number_begin();
    if (!isfinite(v)) snprintf(buf, size, "-");
    else if (v < 9.95) snprintf(buf, size, "%.1fs", v);
    else if (v < 60) snprintf(buf, size, "%.0fs", v);
    else if (v < 3600) snprintf(buf, size, "%dm%02ds", (int)v / 60, (int)v % 60);
    else if (v < 172800) snprintf(buf, size, "%dh%02dm", (int)v / 3600, (int)v / 60 % 60);
    else snprintf(buf, size, v < 1e11 ? "%.1fd" : "%.2ed", v / 86400);
    ll_number_end(scope);
    return buf;
}

double ll_units_bits_per_byte(double nats_per_token, double bytes_per_token) {
    return bytes_per_token > 0 ? nats_per_token / (LL_LN2 * bytes_per_token) : NAN;
}

double ll_units_nats_per_token(double bits_per_byte, double bytes_per_token) {
    return bytes_per_token > 0 ? bits_per_byte * LL_LN2 * bytes_per_token : NAN;
}
