#include "report/ticks.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct maker {
    ll_ticks *t;
    double lo, hi;
    const ll_tick_style *style;
} maker;

static void push(ll_ticks *t, double v, const char *label) {
    if (t->n == LL_TICKS_MAX) return;
    t->at[t->n].v = v;
    snprintf(t->at[t->n++].label, sizeof t->at->label, "%s", label);
}

/* 2, 0.05 or, where the axis goes beyond, 200M or 2×10^{12}. */
static void push_number(const maker *m, double v) {
    char label[32];
    double size = fabs(v), most = fmax(fabs(m->lo), fabs(m->hi));
    if (m->style->counts && size >= 1000 && size < 1e15) {
        static const char names[] = " kMBT";
        const int power = (int)floor(log10(size) / 3 + 1e-9);
        snprintf(label, sizeof label, "%.4g%c", v / pow(10, 3 * power), names[power]);
    } else if (size == 0 || (size >= 1e-3 && most < 1e5) || (m->style->counts && size >= 0.01 && size < 1000)) {
        snprintf(label, sizeof label, "%.6g", v + 0.0); /* not -0 */
    } else {
        double k = floor(log10(size) + 1e-9), digits = v / pow(10, k);
        if (fabs(digits - 1) < 1e-6) snprintf(label, sizeof label, "10^{%.0f}", k);
        else snprintf(label, sizeof label, "%.3g×10^{%.0f}", digits, k);
    }
    push(m->t, v, label);
}

/* The round step, 1, 2 or 5 times a power of ten, that cuts the span into about so many. */
static double round_step(double span, double parts) {
    double raw = span / parts, unit = pow(10, floor(log10(raw))), m = raw / unit;
    return unit * (m <= 1 ? 1 : m <= 2 ? 2 : m <= 5 ? 5 : 10);
}

static void linear(const maker *m, double parts) {
    double step = round_step(m->hi - m->lo, parts), slack = 1e-9 * step;
    double first = ceil((m->lo - slack) / step), more = floor((m->hi + slack) / step) - first;
    for (int i = 0; i <= more && i < LL_TICKS_MAX; i++) /* counted: first + 1 may be first */
        push_number(m, (first + i) * step + 0.0);       /* + 0: no tick reads -0 */
}

/* Labels at every stride-th decade, minor ticks between decades that are each labelled. */
static void decades(const maker *m, double stride) {
    double last = floor(log10(m->hi) + 1e-9), first = ceil(log10(m->lo) - 1e-9);
    for (double k = floor(log10(m->lo)); k <= last; k++) {
        if (k >= first && fmod(k, stride) == 0 && m->style->counts) push_number(m, pow(10, k));
        else if (k >= first) {
            char label[32] = "";
            if (fmod(k, stride) == 0) snprintf(label, sizeof label, "10^{%.0f}", k);
            push(m->t, pow(10, k), label);
        }
        for (int j = 2; j <= 9 && stride == 1; j++) {
            double v = j * pow(10, k);
            if (v >= m->lo && v <= m->hi) push(m->t, v, "");
        }
    }
}

/* Labels at these digits of each decade, minor ticks at the others. */
static void within_decades(const maker *m, const char *digits) {
    for (double k = floor(log10(m->lo)); pow(10, k) <= m->hi; k++)
        for (int d = 1; d <= 9; d++) {
            double v = d * pow(10, k);
            if (v < m->lo || v > m->hi) continue;
            if (strchr(digits, '0' + d)) push_number(m, v);
            else push(m->t, v, "");
        }
}

double ll_tick_width(const char *label) {
    double width = 0, one = 1;
    for (const char *p = label; *p; p++) {
        if (*p == '^') one = 0.7;
        else if (*p != '{' && *p != '}' && (*p & 0xc0) != 0x80) width += one;
    }
    return width;
}

static double place(const maker *m, double v) {
    return m->style->log ? log(v / m->lo) / log(m->hi / m->lo) : (v - m->lo) / (m->hi - m->lo);
}

/* Whether b has a character, or half a line, of room after a. */
static bool apart(const maker *m, const ll_tick *a, const ll_tick *b) {
    const double need = m->style->stacked ? 1.5 : (ll_tick_width(a->label) + ll_tick_width(b->label)) / 2 + 1.5;
    return (place(m, b->v) - place(m, a->v)) * m->style->room >= need;
}

static bool fits(const maker *m) {
    const ll_tick *before = NULL;
    for (int i = 0; i < m->t->n && m->style->room > 0; i++) {
        const ll_tick *at = &m->t->at[i];
        if (!*at->label) continue;
        if (before && !apart(m, before, at)) return false;
        before = at;
    }
    return true;
}

/* Takes their words from ticks that have no room for them. */
static void thin(const maker *m) {
    const ll_tick *before = NULL;
    for (int i = 0; i < m->t->n && m->style->room > 0; i++) {
        ll_tick *at = &m->t->at[i];
        if (!*at->label) continue;
        if (before && !apart(m, before, at)) *at->label = 0;
        else before = at;
    }
}

static int labels(const ll_ticks *t) {
    int n = 0;
    for (int i = 0; i < t->n; i++) n += *t->at[i].label != 0;
    return n;
}

/* Ever coarser: round numbers, then 1 2 5, 1 3, 1 of each decade, then every stride-th of them. */
enum { LINEAR = 5, WITHIN = 3 };

static void attempt(const maker *m, int k, double many) {
    static const double parts[LINEAR] = { 7, 5, 4, 3, 2 };
    static const char *const digits[WITHIN] = { "125", "13", "1" };
    m->t->n = 0;
    if (k < LINEAR) linear(m, parts[k]);
    else if (k < LINEAR + WITHIN) within_decades(m, digits[k - LINEAR]);
    else decades(m, many + k - LINEAR - WITHIN);
}

void ll_ticks_make(ll_ticks *t, double lo, double hi, const ll_tick_style *style) {
    const maker m = { t, lo, hi, style };
    t->n = 0;
    if (!(isfinite(lo) && isfinite(hi))) return;
    double first = style->log ? ceil(log10(lo) - 1e-9) : 0, last = style->log ? floor(log10(hi) + 1e-9) : 0;
    double many = ceil((last - first + 1) / 14);
    int start = !style->log || log10(hi / lo) <= 0.9 ? 0 : last - first >= 2 ? LINEAR + WITHIN : LINEAR;
    int end = !style->log ? LINEAR : start == 0 ? LINEAR + WITHIN : LINEAR + WITHIN + (int)(last - first);
    attempt(&m, start, fmax(1, many));
    for (int k = start + 1; k < end && !fits(&m); k++) {
        const ll_ticks finer = *t;
        attempt(&m, k, fmax(1, many));
        if (labels(t) >= 2) continue;
        *t = finer; /* rather the finer ones that have room */
        break;
    }
    thin(&m);
}
