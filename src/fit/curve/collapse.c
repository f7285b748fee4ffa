#include "fit/curve/collapse.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "stat/student.h"

enum { WINDOW = 8, SLOPES = 21, NOISES = 6, GRID = SLOPES * SLOPES * NOISES };
static const double BACK = 0.7;   /* the level is taken from this share of what was seen on */
static const double LEAST = 2e-4; /* of the loss: no run's end is surer */
static const double BY_SIZE = 0, BY_LENGTH = -1.0 / 3, SLOPE_SD = 0.2; /* b and c */
static const double NOISE[NOISES] = { .01, .02, .04, .08, .16, .32 };  /* over a */
static const double NOISE_AT = 0.05, NOISE_LN_SD = 1;
static const double COURSE = 0.1; /* of the peak: rates that differ by more are another schedule's */
static const double KEPT = 1e-4;  /* parts of less weight than that of the likeliest are left out */

/* ---- one curve ---- */

/* One of its numbers at a share of the run, a straight line in ln at between points; NaN before the first. */
static double value_at(const ll_course *c, const double *value, double share) {
    const double at = share * c->end;
    int64_t lo = 0, hi = c->n - 1;
    if (c->n == 0 || at < c->at[0] * (1 - 1e-9)) return NAN;
    if (at >= c->at[hi]) return value[hi];
    while (hi - lo > 1) {
        const int64_t mid = (lo + hi) / 2;
        if (c->at[mid] <= at) lo = mid;
        else hi = mid;
    }
    const double w = hi > lo ? log(at / c->at[lo]) / log(c->at[hi] / c->at[lo]) : 0;
    return (1 - w) * value[lo] + w * value[hi];
}

static double peak(const ll_course *c) {
    double most = 0;
    for (int64_t k = 0; k < c->n; k++) most = fmax(most, c->rate[k]);
    return most;
}

/* Whether their rates take one course along the shares of the run, as far as that is known. */
static bool alike(const ll_course *a, const ll_course *b) {
    enum { SHARES = 32 };
    if (!a->rate || !b->rate || !a->n || !b->n) return true;
    const double last = fmin(a->at[a->n - 1] / a->end, b->at[b->n - 1] / b->end), most_a = peak(a),
                 most_b = peak(b);
    for (int k = 1; k <= SHARES; k++) {
        const double x = last * k / SHARES;
        if (fabs(value_at(a, a->rate, x) / most_a - value_at(b, b->rate, x) / most_b) > COURSE) return false;
    }
    return true;
}

/* Mean loss from one share to another, even in ln. */
static double level(const ll_course *c, double from, double to) {
    double sum = 0;
    for (int k = 0; k < WINDOW; k++) sum += value_at(c, c->loss, from * pow(to / from, (double)k / (WINDOW - 1)));
    return sum / WINDOW;
}

static double end_of(const ll_course *c) {
    return c->loss[c->n - 1];
}

/* Where the last point lies that may be looked at; 0: there is none. */
static double seen_of(const ll_course *run, double share) {
    int64_t k = run->n;
    while (k > 0 && run->at[k - 1] > share * run->end * (1 + 1e-9)) k--;
    return k > 0 ? fmin(run->at[k - 1] / run->end, 1) : 0;
}

/* ---- what the finished runs lost from there on ---- */

typedef struct row {
    double N, T,
        lost; /* ln of parameters and of length over the run's own; level less the end, over the run's level */
} row;

/* ln of a over b; 0 where it is not known. */
static double ratio(double a, double b) {
    const double r = log(a / b);
    return isfinite(r) ? r : 0;
}

static int64_t take_rows(row *rows, const ll_course *finished, int64_t n, const ll_course *run, double from,
                         double seen) {
    const double here = level(run, from, seen);
    int64_t m = 0;
    for (int64_t i = 0; i < n; i++) {
        const ll_course *c = &finished[i];
        if (c == run || c->n < 2 || !isfinite(value_at(c, c->loss, from)) || !alike(c, run)) continue;
        rows[m++] = (row) { ratio(c->params, run->params), ratio(c->end, run->end),
                            (level(c, from, seen) - end_of(c)) / here };
    }
    return m;
}

static double off(double x, double at, double sd) {
    return (x - at) * (x - at) / (2 * sd * sd);
}

/* Given both slopes what every run lost is a multiple of one number: z = a + noise. */
static void weigh(struct ll_curve_end_part *part, const row *rows, int64_t m, double b, double c, double here) {
    double a = 0, square = 0, stretch = 0;
    for (int64_t i = 0; i < m; i++) {
        const double by = -b * rows[i].N - c * rows[i].T;
        a += rows[i].lost * exp(by) / (double)m;
        stretch += by;
    }
    for (int64_t i = 0; i < m; i++) {
        const double d = rows[i].lost * exp(-b * rows[i].N - c * rows[i].T) - a;
        square += d * d;
    }
    for (int k = 0; k < NOISES; k++) {
        const double s = hypot(NOISE[k] * a, LEAST), ends = fmax(1 - a, 0.01);
        part[k].weight = stretch - (double)(m - 1) * log(s) - square / (2 * s * s) - off(b, BY_SIZE, SLOPE_SD) -
                         off(c, BY_LENGTH, SLOPE_SD) - off(log(NOISE[k]), log(NOISE_AT), NOISE_LN_SD);
        part[k].mean = log(here * ends);
        part[k].sd = s * sqrt(1 + 1 / (double)m) / ends;
    }
}

static double slope(int k, double about) {
    return about + 3 * SLOPE_SD * (2.0 * k / (SLOPES - 1) - 1);
}

/* Weights that sum to 1, without those that do not count. */
static void settle(ll_curve_end *e) {
    double best = -INFINITY, total = 0;
    int64_t kept = 0;
    for (int64_t k = 0; k < e->parts; k++) best = fmax(best, e->part[k].weight);
    for (int64_t k = 0; k < e->parts; k++) {
        const double w = exp(e->part[k].weight - best);
        if (w < KEPT) continue;
        e->part[kept] = e->part[k];
        total += e->part[kept++].weight = w;
    }
    e->parts = kept;
    for (int64_t k = 0; k < kept; k++) e->part[k].weight /= total;
}

static void mix(ll_curve_end *e, const row *rows, double here) {
    for (int i = 0; i < SLOPES; i++)
        for (int j = 0; j < SLOPES; j++, e->parts += NOISES)
            weigh(e->part + e->parts, rows, e->n, slope(i, BY_SIZE), slope(j, BY_LENGTH), here);
    settle(e);
}

ll_status ll_collapse_end(ll_curve_end *out, const ll_course *finished, int64_t n, const ll_course *run,
                          double share, ll_error *err) {
    *out = (ll_curve_end) { .seen = seen_of(run, share) };
    if (!(out->seen > 0))
        return LL_FAIL(err, LL_EINPUT, "run %.80s has no point of its learning curve in its first %.3g %%",
                       run->name ? run->name : "", 100 * share);
    const double from = fmin(fmax(BACK * out->seen, run->at[0] / run->end), out->seen);
    row *rows = malloc((size_t)(n + 1) * sizeof *rows);
    out->part = malloc(GRID * sizeof *out->part);
    ll_status status = LL_OK;
    if (!rows || !out->part) status = LL_FAIL(err, LL_ENOMEM, "out of memory for %lld runs", (long long)n);
    else if ((out->n = take_rows(rows, finished, n, run, from, out->seen)) == 0)
        status = LL_FAIL(err, LL_EINPUT,
                         "no other finished run of that schedule has a learning curve from %.3g %% of it on",
                         100 * from);
    else mix(out, rows, level(run, from, out->seen));
    free(rows);
    if (status != LL_OK) ll_curve_end_clear(out);
    return status;
}

void ll_curve_end_clear(ll_curve_end *e) {
    free(e->part);
    *e = (ll_curve_end) { 0 };
}

/* ---- which runs were trained otherwise ---- */

double ll_collapse_belongs(const ll_course *finished, int64_t n, int64_t i) {
    static const double looks[] = { 0.25, 0.5, 0.75 };
    enum { LOOKS = sizeof looks / sizeof *looks };
    double least = NAN;
    for (int k = 0; k < LOOKS; k++) {
        ll_curve_end e;
        ll_error none;
        double below = 0;
        if (ll_collapse_end(&e, finished, n, &finished[i], looks[k], &none) != LL_OK) continue;
        for (int64_t p = 0; p < e.parts; p++)
            below += e.part[p].weight * ll_normal_cdf((log(end_of(&finished[i])) - e.part[p].mean) / e.part[p].sd);
        least = fmin(least, 2 * fmin(below, 1 - below));
        ll_curve_end_clear(&e);
    }
    return fmin(1, LOOKS * least);
}
