#include "fit/compare/isoflop_compare.h"

#include <math.h>
#include <stdlib.h>

#include "fit/draws/interval.h"
#include "loglog/random.h"
#include "stat/student.h"

enum { EXCHANGES = 4999, LEAST = 3 }; /* bottoms of a table that can be tested */

/* The bottoms of both tables: x and y are ln C and ln N_opt less their table's mean. */
typedef struct bottoms {
    int64_t n[2];
    double *x, *y, *exchanged; /* [n[0] + n[1]] */
    double sxx[2];
} bottoms;

/* ---- the test ---- */

static void centre(double *v, int64_t n) {
    double mean = 0;
    for (int64_t i = 0; i < n; i++) mean += v[i] / (double)n;
    for (int64_t i = 0; i < n; i++) v[i] -= mean;
}

static int64_t take(const ll_isoflop *f, double *x, double *y) {
    int64_t n = 0;
    for (int64_t k = 0; k < f->n_budgets; k++) {
        if (f->budget[k].valley.concave) continue;
        x[n] = log(f->budget[k].valley.flops);
        y[n++] = log(f->budget[k].valley.n_opt);
    }
    centre(x, n);
    centre(y, n);
    return n;
}

static double product(const double *a, const double *b, int64_t n) {
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += a[i] * b[i];
    return sum;
}

/* |t| of the difference of the two slopes, each with its own scatter, and its degrees of freedom (Welch 1947); y is
 * centred within each table. */
static double statistic(const bottoms *b, const double *y, double *freedom) {
    double slope[2], variance[2];
    for (int g = 0; g < 2; g++) {
        const double *x = b->x + (g ? b->n[0] : 0), *v = y + (g ? b->n[0] : 0), spare = (double)(b->n[g] - 2);
        double left = 0;
        slope[g] = product(x, v, b->n[g]) / b->sxx[g];
        for (int64_t i = 0; i < b->n[g]; i++) left += pow(v[i] - slope[g] * x[i], 2);
        variance[g] = left / spare / b->sxx[g];
    }
    const double both = variance[0] + variance[1], d = fabs(slope[1] - slope[0]);
    *freedom =
        both * both /
        (variance[0] * variance[0] / (double)(b->n[0] - 2) + variance[1] * variance[1] / (double)(b->n[1] - 2));
    if (!(*freedom >= 1)) *freedom = 1;
    return d > 0 ? fmin(d / sqrt(both), 1e9) : 0;
}

/* y becomes the residuals of one slope and two levels, each grown for its leverage. */
static void leave_residuals(const bottoms *b) {
    const double sxx = b->sxx[0] + b->sxx[1], slope = product(b->x, b->y, b->n[0] + b->n[1]) / sxx;
    for (int64_t i = 0; i < b->n[0] + b->n[1]; i++) {
        const double leverage = 1 / (double)b->n[i >= b->n[0]] + b->x[i] * b->x[i] / sxx;
        b->y[i] = leverage < 1 - 1e-9 ? (b->y[i] - slope * b->x[i]) / sqrt(1 - leverage) : 0;
    }
}

static void exchange(const bottoms *b, uint64_t seed, int64_t k) {
    const int64_t n = b->n[0] + b->n[1];
    ll_rng rng = ll_rng_at(seed, LL_STREAM_SIGNS, (uint64_t)k);
    for (int64_t i = 0; i < n; i++) b->exchanged[i] = b->y[i];
    for (int64_t i = n - 1; i > 0; i--) {
        const int64_t j = ll_rng_below(&rng, i + 1);
        const double v = b->exchanged[i];
        b->exchanged[i] = b->exchanged[j];
        b->exchanged[j] = v;
    }
    centre(b->exchanged, b->n[0]);
    centre(b->exchanged + b->n[0], b->n[1]);
}

static double p_of(const bottoms *b, uint64_t seed) {
    double freedom, ignored;
    const double seen = statistic(b, b->y, &freedom), welch = 2 * ll_student_cdf(-seen, freedom);
    int64_t as_large = 1;
    leave_residuals(b);
    for (int64_t k = 0; k < EXCHANGES; k++) {
        exchange(b, seed, k);
        as_large += statistic(b, b->exchanged, &ignored) >= seen * (1 - 1e-9);
    }
    return fmax(welch, (double)as_large / (EXCHANGES + 1));
}

static ll_status test_bottoms(ll_isoflop_compare *c, ll_error *err) {
    const int64_t room = c->fit[0].n_budgets + c->fit[1].n_budgets;
    double *block = malloc((size_t)room * 3 * sizeof *block);
    bottoms b = { .x = block, .y = block + room, .exchanged = block + 2 * room };
    if (!block) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld budgets", (long long)room);
    b.n[0] = take(&c->fit[0], b.x, b.y);
    b.n[1] = take(&c->fit[1], b.x + b.n[0], b.y + b.n[0]);
    b.sxx[0] = product(b.x, b.x, b.n[0]);
    b.sxx[1] = product(b.x + b.n[0], b.x + b.n[0], b.n[1]);
    if (b.n[0] >= LEAST && b.n[1] >= LEAST) c->p = p_of(&b, c->fit[0].opts.seed);
    free(block);
    return LL_OK;
}

/* ---- the change ---- */

/* The table that has fewer rows to spare decides how far its interval is widened. */
static void interval_of(ll_isoflop_compare *c, double *v) {
    const ll_isoflop *f = c->fit;
    const int64_t draws = f[0].n_draws < f[1].n_draws ? f[0].n_draws : f[1].n_draws;
    const double change = f[1].a.value - f[0].a.value;
    int64_t n = 0, beyond = 1;
    for (int64_t i = 0; i < draws; i++) {
        v[n] = f[1].a_draw[i] - f[0].a_draw[i];
        if (!isfinite(v[n])) continue;
        beyond += fabs(v[n] - change) >= fabs(change);
        n++;
    }
    const ll_isoflop *fewer = &f[ll_isoflop_freedom(&f[1]) < ll_isoflop_freedom(&f[0])];
    c->change = ll_interval(change, v, n, fewer->opts.level, ll_isoflop_rows(fewer), ll_isoflop_freedom(fewer));
    if (c->by_resamples && n > 1) c->p = (double)beyond / (double)(n + 1);
}

static ll_status compare(ll_isoflop_compare *c, ll_error *err) {
    double *v = malloc((size_t)(c->fit[0].n_draws + 1) * sizeof *v);
    if (!v) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld draws", (long long)c->fit[0].n_draws);
    interval_of(c, v);
    free(v);
    if (!c->by_resamples) LL_TRY(test_bottoms(c, err));
    c->answer = !(c->p >= 0) ? LL_ANSWER_UNTESTED : c->p <= c->alarm ? LL_ANSWER_EXPONENT : LL_ANSWER_SAME;
    return LL_OK;
}

ll_status ll_isoflop_compare_run(ll_isoflop_compare *c, const ll_isoflop_data *baseline,
                                 const ll_isoflop_data *other, const ll_compare_opts *opts, ll_error *err) {
    static const char *const names[] = { "the baseline", "the other" };
    const ll_isoflop_data *data[2] = { baseline, other };
    ll_status s = LL_OK;
    *c = (ll_isoflop_compare) { .alarm = opts->alarm > 0 ? opts->alarm : 0.05,
                                .p = NAN,
                                .by_resamples = baseline->cluster || other->cluster };
    for (int g = 0; g < 2 && s == LL_OK; g++) {
        ll_fit_opts o = opts->fit;
        if (g == 1) o.seed = ~o.seed; /* drawn apart from the baseline */
        s = ll_isoflop_run(&c->fit[g], data[g], &o, err);
        if (s != LL_OK) s = ll_error_prefix(err, "%.200s", opts->name[g] ? opts->name[g] : names[g]);
    }
    if (s == LL_OK) s = compare(c, err);
    if (s != LL_OK) ll_isoflop_compare_clear(c);
    return s;
}

void ll_isoflop_compare_clear(ll_isoflop_compare *c) {
    ll_isoflop_clear(&c->fit[0]);
    ll_isoflop_clear(&c->fit[1]);
    *c = (ll_isoflop_compare) { 0 };
}
