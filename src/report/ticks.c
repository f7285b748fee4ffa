#include "report/ticks.h"

#include <math.h>
#include <stdio.h>

static void push(ll_ticks *t, double v, const char *label) {
    if (t->n == LL_TICKS_MAX) return;
    t->at[t->n].v = v;
    snprintf(t->at[t->n++].label, sizeof t->at->label, "%s", label);
}

/* 2, 0.05 or, where the axis goes beyond, 2×10^{12}. most: the largest size on the axis. */
static void push_number(ll_ticks *t, double v, double most) {
    char label[32];
    double size = fabs(v);
    if (size == 0 || (size >= 1e-3 && most < 1e5)) {
        snprintf(label, sizeof label, "%.6g", v + 0.0); /* not -0 */
    } else {
        double k = floor(log10(size) + 1e-9), m = v / pow(10, k);
        if (fabs(m - 1) < 1e-6) snprintf(label, sizeof label, "10^{%.0f}", k);
        else snprintf(label, sizeof label, "%.3g×10^{%.0f}", m, k);
    }
    push(t, v, label);
}

/* The round step, 1, 2 or 5 times a power of ten, that cuts the span into about seven. */
static double round_step(double span) {
    double raw = span / 7, unit = pow(10, floor(log10(raw))), m = raw / unit;
    return unit * (m <= 1 ? 1 : m <= 2 ? 2 : m <= 5 ? 5 : 10);
}

static void linear(ll_ticks *t, double lo, double hi) {
    double step = round_step(hi - lo), slack = 1e-9 * step;
    double first = ceil((lo - slack) / step), more = floor((hi + slack) / step) - first;
    for (int i = 0; i <= more && i < LL_TICKS_MAX; i++)                     /* counted: first + 1 may be first */
        push_number(t, (first + i) * step + 0.0, fmax(fabs(lo), fabs(hi))); /* + 0: no tick reads -0 */
}

/* Labels at every stride-th decade, minor ticks between decades that are each labelled. */
static void decades(ll_ticks *t, double lo, double hi, double first, double last) {
    double stride = ceil((last - first + 1) / 14);
    for (double k = floor(log10(lo)); k <= last; k++) {
        char label[32] = "";
        if (fmod(k, stride) == 0) snprintf(label, sizeof label, "10^{%.0f}", k);
        if (k >= first) push(t, pow(10, k), label);
        for (int m = 2; m <= 9 && stride == 1; m++) {
            double v = m * pow(10, k);
            if (v >= lo && v <= hi) push(t, v, "");
        }
    }
}

static void one_two_five(ll_ticks *t, double lo, double hi) {
    for (double k = floor(log10(lo)); pow(10, k) <= hi; k++)
        for (int m = 1; m <= 9; m++) {
            double v = m * pow(10, k);
            if (v < lo || v > hi) continue;
            if (m == 1 || m == 2 || m == 5) push_number(t, v, hi);
            else push(t, v, "");
        }
}

void ll_ticks_make(ll_ticks *t, double lo, double hi, bool log) {
    t->n = 0;
    if (!(isfinite(lo) && isfinite(hi))) return;
    if (!log) {
        linear(t, lo, hi);
        return;
    }
    double first = ceil(log10(lo) - 1e-9), last = floor(log10(hi) + 1e-9);
    if (last - first >= 2) decades(t, lo, hi, first, last);
    else if (log10(hi / lo) > 0.9) one_two_five(t, lo, hi);
    else linear(t, lo, hi);
}
