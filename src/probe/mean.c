#include "probe/mean.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

void ll_probe_mean_add(ll_probe_mean *t, double v) {
    const double before = v - t->mean;
    t->mean += before / (double)++t->n;
    t->square += before * (v - t->mean);
}

double ll_probe_mean_se(const ll_probe_mean *t) {
    return t->n > 1 ? sqrt(t->square / (double)(t->n - 1) / (double)t->n) : NAN;
}

void ll_probe_put(ll_measures *out, const char *metric, double value, double se, double chance, int64_t n) {
    if (out->n == LL_MEASURES_MOST) return;
    ll_measured *m = &out->of[out->n++];
    *m = (ll_measured) { .value = value, .se = se, .chance = chance, .n = n };
    snprintf(m->metric, sizeof m->metric, "%s", metric);
}

void ll_probe_mean_measure(const ll_probe_mean *t, ll_measures *out, double chance, const char *metric, ...) {
    va_list args;
    char name[sizeof out->of->metric];
    if (t->n == 0) return;
    va_start(args, metric);
    vsnprintf(name, sizeof name, metric, args);
    va_end(args);
    ll_probe_put(out, name, t->mean, ll_probe_mean_se(t), chance, t->n);
}
