/* Ticks: where an axis is marked and what stands there.
 *
 *     ll_ticks t;
 *     ll_ticks_make(&t, 1e3, 1e6, &(ll_tick_style) { .log = true });        10^3 .. 10^6, minor ticks between
 *     t.at[i].v, t.at[i].label                                              label "" for a minor tick
 */
#ifndef LL_REPORT_TICKS_H
#define LL_REPORT_TICKS_H

#include <stdbool.h>

enum { LL_TICKS_MAX = 400 };

typedef struct ll_tick {
    double v;
    char label[32]; /* gnuplot's enhanced text: 10^{3} */
} ll_tick;

typedef struct ll_ticks {
    int n;
    ll_tick at[LL_TICKS_MAX];
} ll_ticks;

typedef struct ll_tick_style {
    bool log;
    bool counts;  /* 200M, not 2×10^8 */
    bool stacked; /* labels stand above each other: they need a line each, whatever their length */
    double room;  /* length of the axis in characters, or lines when stacked; 0: as long as it takes */
} ll_tick_style;

/* Of [lo, hi], lo < hi, both above zero when log. A log axis that holds three decades or more is marked at
 * decades, a shorter one at 1, 2, 5 and one within a decade at round numbers; where labels would come too close,
 * fewer and rounder ones. An end that is beyond any number: none. */
void ll_ticks_make(ll_ticks *t, double lo, double hi, const ll_tick_style *style);

/* Characters that a label takes; raised ones are smaller. */
double ll_tick_width(const char *label);

#endif
