#include "stat/coverage_forecast.h"

#include <math.h>
#include <stdlib.h>

#include "loglog/random.h"
#include "stat/beta_binomial.h"
#include "stat/quantile.h"
#include "stat/sampled_answers.h"

enum { DRAWS = 1000, GRID = 16 };

/* Quantiles of what was drawn, sorted in place. */
static void interval(double *drawn, int64_t n, double level, ll_coverage_forecast *out) {
    ll_sort(drawn, n);
    out->lo = ll_quantile(drawn, n, 0.5 - level / 2);
    out->hi = ll_quantile(drawn, n, 0.5 + level / 2);
}

/* ---- by Beta ---- */

/* Items of which a and b are as likely as the fit says, each solved by k new samples or not. */
static double draw_beta(const ll_item_counts *few, const ll_beta_fit *f, int64_t k, ll_rng *r) {
    const double sa = sqrt(f->cov[0][0]), rest = f->cov[1][1] - f->cov[0][1] * f->cov[0][1] / f->cov[0][0];
    const double z = ll_rng_normal(r), a = f->a * exp(sa * z),
                 b = f->b * exp(f->cov[0][1] / sa * z + sqrt(fmax(rest, 0)) * ll_rng_normal(r));
    double solved = 0;
    for (int64_t i = 0; i < few->items; i++) {
        const double x = ll_rng_gamma(r, a + (double)few->right[i]),
                     y = ll_rng_gamma(r, b + (double)(few->n - few->right[i]));
        solved += ll_rng_uniform(r) < -expm1((double)k * log1p(-x / (x + y)));
    }
    return solved / (double)few->items;
}

bool ll_forecast_by_beta(const ll_item_counts *few, int64_t k, double level, uint64_t seed,
                         ll_coverage_forecast *out) {
    int64_t *n = malloc((size_t)few->items * sizeof *n);
    double *drawn = malloc(DRAWS * sizeof *drawn);
    ll_beta_fit f;
    for (int64_t i = 0; n && i < few->items; i++) n[i] = few->n;
    const bool fitted = n && drawn && ll_beta_fit_counts(few->right, n, few->items, &f);
    if (fitted) {
        *out = (ll_coverage_forecast) {
            .a = f.a, .b = f.b, .a_se = f.a * sqrt(f.cov[0][0]), .b_se = f.b * sqrt(f.cov[1][1])
        };
        for (int64_t i = 0; i < few->items; i++)
            out->value +=
                ll_beta_coverage(f.a + (double)few->right[i], f.b + (double)(few->n - few->right[i]), (double)k) /
                (double)few->items;
        for (int d = 0; d < DRAWS; d++) {
            ll_rng r = ll_rng_at(seed, LL_STREAM_SAMPLE, (uint64_t)d);
            drawn[d] = draw_beta(few, &f, k, &r);
        }
        interval(drawn, DRAWS, level, out);
    }
    free(n);
    free(drawn);
    return fitted;
}

/* ---- by the exponential law ---- */

typedef struct curve {
    int points;
    double x[GRID]; /* ln k */
    double *solved; /* [items,GRID] pass@k */
} curve;

/* ln(-ln coverage) = ln a - b ln k by least squares, where coverage is neither 0 nor 1. times [items]: how often each
 * item counts. */
static bool fit_line(const curve *c, const int64_t *times, int64_t items, double *a, double *b) {
    double n = 0, sx = 0, sy = 0, sxx = 0, sxy = 0;
    for (int p = 0; p < c->points; p++) {
        double coverage = 0;
        for (int64_t i = 0; i < items; i++) coverage += (double)times[i] * c->solved[i * GRID + p] / (double)items;
        if (!(coverage > 0 && coverage < 1)) continue;
        const double y = log(-log(coverage));
        n++, sx += c->x[p], sy += y, sxx += c->x[p] * c->x[p], sxy += c->x[p] * y;
    }
    if (n < 2) return false;
    *b = -(n * sxy - sx * sy) / (n * sxx - sx * sx);
    *a = exp((sy + *b * sx) / n);
    return true;
}

static void fill(curve *c, const ll_item_counts *few) {
    static const int64_t steps[] = { 1, 2, 5 };
    int64_t ten = 1;
    for (int s = 0; c->points < GRID && steps[s % 3] * ten <= few->n; s++) {
        const int64_t k = steps[s % 3] * ten;
        c->x[c->points] = log((double)k);
        for (int64_t i = 0; i < few->items; i++)
            c->solved[i * GRID + c->points] = ll_pass_at_k(few->n, few->right[i], k);
        c->points++;
        if (s % 3 == 2) ten *= 10;
    }
}

static bool by_law(const curve *c, const ll_item_counts *few, int64_t k, double level, uint64_t seed,
                   int64_t *times, double *drawn, ll_coverage_forecast *out) {
    double a, b, sums[4] = { 0 };
    int64_t n = 0;
    for (int64_t i = 0; i < few->items; i++) times[i] = 1;
    if (!fit_line(c, times, few->items, &a, &b)) return false;
    *out = (ll_coverage_forecast) { .value = exp(-a * pow((double)k, -b)), .a = a, .b = b };
    for (int d = 0; d < DRAWS; d++) {
        ll_rng r = ll_rng_at(seed, LL_STREAM_BOOTSTRAP, (uint64_t)d);
        for (int64_t i = 0; i < few->items; i++) times[i] = 0;
        for (int64_t i = 0; i < few->items; i++) times[ll_rng_below(&r, few->items)]++;
        if (!fit_line(c, times, few->items, &a, &b)) continue;
        drawn[n++] = exp(-a * pow((double)k, -b));
        sums[0] += a, sums[1] += a * a, sums[2] += b, sums[3] += b * b;
    }
    if (n < DRAWS / 2) return false;
    out->a_se = sqrt(fmax(sums[1] / (double)n - sums[0] / (double)n * (sums[0] / (double)n), 0));
    out->b_se = sqrt(fmax(sums[3] / (double)n - sums[2] / (double)n * (sums[2] / (double)n), 0));
    interval(drawn, n, level, out);
    return true;
}

bool ll_forecast_by_law(const ll_item_counts *few, int64_t k, double level, uint64_t seed,
                        ll_coverage_forecast *out) {
    curve c = { .solved = malloc((size_t)few->items * GRID * sizeof *c.solved) };
    int64_t *times = malloc((size_t)few->items * sizeof *times);
    double *drawn = malloc(DRAWS * sizeof *drawn);
    const bool there = c.solved && times && drawn;
    if (there) fill(&c, few);
    const bool fitted = there && by_law(&c, few, k, level, seed, times, drawn, out);
    free(c.solved);
    free(times);
    free(drawn);
    return fitted;
}
