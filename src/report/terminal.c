#define _POSIX_C_SOURCE 200809L
#include "report/terminal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "report/gnuplot.h"

enum { POINTS = 2000 }; /* more would fall on the same letters */

static void block(FILE *f, const char *name, const double *x, const double *y, int64_t n) {
    int64_t step = n / POINTS + 1;
    fprintf(f, "$%s << EOD\n", name);
    for (int64_t i = 0; i < n; i += step) fprintf(f, "%.6g %.6g\n", x[i], y[i]);
    fprintf(f, "EOD\n");
}

/* Ticks of y at even steps of the logarithm: decades are too far apart for losses. */
static void y_axis(FILE *f, const ll_terminal_plot *p) {
    enum { STEPS = 4 };
    double lo = INFINITY, hi = 0;
    for (int64_t i = 0; i < p->n; i++) lo = fmin(lo, p->y[i]), hi = fmax(hi, p->y[i]);
    for (int64_t i = 0; i < p->n_line; i++) lo = fmin(lo, p->law[i]), hi = fmax(hi, p->law[i]);
    if (!(hi > lo)) lo /= 1.1, hi *= 1.1;
    fprintf(f, "set yrange [%.9g:%.9g]\nset ytics (", lo, hi);
    for (int k = 0; k <= STEPS; k++) fprintf(f, "%s%.4g", k ? ", " : "", lo * pow(hi / lo, k / (double)STEPS));
    fprintf(f, ")\n");
}

static void script(FILE *f, const ll_terminal_plot *p) {
    fprintf(f, "set terminal dumb noenhanced size %d,%d\n", p->width, p->height);
    fprintf(f, "set logscale xy\nset format x '%%.0e'\nset format y '%%.3g'\nset tics nomirror\nset border 3\n");
    fprintf(f, "set xlabel \"%s\"\nset title \"%s\"\n", p->x_label, p->y_label);
    y_axis(f, p);
    block(f, "law", p->at, p->law, p->n_line);
    block(f, "runs", p->x, p->y, p->n);
    fprintf(f, "plot $runs with points pointtype 'o' title 'runs', $law with lines linetype 1 title 'law'\n");
}

ll_status ll_terminal_draw(const ll_terminal_plot *p, char **out, ll_error *err) {
    char *text = NULL;
    size_t size = 0, drawn;
    FILE *f = open_memstream(&text, &size);
    if (!f) return LL_FAIL(err, LL_ENOMEM, "out of memory for a plot");
    script(f, p);
    if (fclose(f) != 0) {
        free(text);
        return LL_FAIL(err, LL_ENOMEM, "out of memory for a plot");
    }
    ll_status s = ll_gnuplot_run(text, size, out, &drawn, err);
    free(text);
    return s;
}
