#include "fit/mixing/mixing_law.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/clock.h"
#include "base/system/threads.h"
#include "fit/draws/interval.h"
#include "fit/mixing/blend.h"
#include "fit/solve/polish.h"
#include "loglog/random.h"
#include "stat/quantile.h"
#include "stat/solve.h"

enum { SHARES = LL_MIXING_SHARES, LOSSES = LL_MIXING_LOSSES };

/* ---- one loss ---- */

#define T \
    { "t", "", -60, 60, false }
static const ll_law_param params[1 + SHARES] = {
    { "c", "", 1e-6, 1e6, true }, T, T, T, T, T, T, T, T, T, T, T, T, T, T, T,
};
#undef T

/* Rows of one loss; y is ln loss, or loss under ls. */
typedef struct rows {
    const ll_mixing_data *d;
    const double *y; /* [n] */
} rows;

/* The law at row i: its value, and its slope along theta. */
static double law_at(const ll_mixing_data *d, int64_t i, const double *theta, double *g) {
    double sum = 0, c = exp(theta[0]), e;
    for (int j = 0; j < d->shares; j++) sum += theta[1 + j] * d->share[j][i];
    e = exp(sum);
    if (g) g[0] = c;
    for (int j = 0; g && j < d->shares; j++) g[1 + j] = e * d->share[j][i];
    return c + e;
}

/* Second derivatives of ln(c + e) or of c + e are those of the law, exactly. */
static double evaluate(const ll_problem *q, const double *theta, double *grad, double *hess) {
    const rows *r = q->own_ctx;
    const int p = q->p;
    double total = 0, g[P_MAX], soft = q->majorise ? q->delta : 0;
    if (grad) memset(grad, 0, (size_t)p * sizeof *grad), memset(hess, 0, (size_t)(p * p) * sizeof *hess);
    for (int64_t i = 0; i < r->d->n; i++) {
        const double L = law_at(r->d, i, theta, grad ? g : NULL), per = q->log_scale ? 1 / L : 1;
        const double off = (q->log_scale ? log(L) : L) - r->y[i], a = fabs(off);
        const bool inside = a <= q->delta;
        if (!isfinite(off)) return INFINITY;
        total += q->scale * (inside ? off * off / 2 : q->delta * (a - q->delta / 2));
        if (!grad) continue;
        const double d1 = q->scale * (inside ? off : copysign(q->delta, off)),
                     d2 = q->scale * (inside ? 1 : soft / a), outer = q->log_scale ? d2 - d1 : d2;
        for (int j = 0; j < p; j++) {
            grad[j] += d1 * (g[j] *= per);
            for (int k = 0; k <= j; k++) {
                const double own = j == 0 ? g[0] : k == 0 ? 0 : g[j] * r->d->share[k - 1][i];
                hess[j * p + k] += d1 * own + outer * g[j] * g[k];
            }
        }
    }
    for (int j = 0; grad && j < p; j++)
        for (int k = 0; k < j; k++) hess[k * p + j] = hess[j * p + k];
    return total;
}

static void problem(ll_problem *q, ll_law *law, rows *r, const ll_fit_opts *opts) {
    *law = (ll_law) { .n_params = 1 + r->d->shares, .params = params };
    ll_problem_init(q, law, opts, NULL);
    q->own = evaluate;
    q->own_ctx = r;
}

/* With c held, ln(L - c) is linear in the proportions; a row counts by what its ln loss says of that. */
static bool begin(const rows *r, bool log_scale, double c, double *theta) {
    const int m = r->d->shares;
    double A[SHARES * SHARES] = { 0 }, h[SHARES] = { 0 }, ridge[SHARES];
    for (int64_t i = 0; i < r->d->n; i++) {
        const double L = log_scale ? exp(r->y[i]) : r->y[i], w = (L - c) * (L - c) / (L * L);
        for (int a = 0; a < m && L > c; a++) {
            h[a] += w * r->d->share[a][i] * log(L - c);
            for (int b = 0; b <= a; b++) A[a * m + b] += w * r->d->share[a][i] * r->d->share[b][i];
        }
    }
    for (int a = 0; a < m; a++) ridge[a] = 1e-9 * A[a * m + a] + 1e-300;
    theta[0] = log(c);
    return ll_cholesky_solve(m, A, ridge, h, theta + 1);
}

/* From several c, or from where the fit of the runs themselves ended. */
static bool fit_one(const rows *r, const ll_fit_opts *opts, const double *from, double *theta) {
    static const double parts[] = { 0.02, 0.2, 0.4, 0.6, 0.75, 0.85, 0.93, 0.98 };
    enum { PARTS = sizeof parts / sizeof *parts };
    ll_law law;
    ll_problem q;
    double best = INFINITY, least = INFINITY, trial[P_MAX], value;
    problem(&q, &law, (rows *)r, opts);
    for (int64_t i = 0; i < r->d->n; i++) least = fmin(least, q.log_scale ? exp(r->y[i]) : r->y[i]);
    for (int k = 0; k < (from ? 1 : PARTS); k++) {
        if (from) memcpy(trial, from, (size_t)q.p * sizeof *trial);
        else if (!begin(r, q.log_scale, parts[k] * least, trial)) continue;
        ll_polish(&q, trial, from ? 1e-8 : 1e-12, &value);
        if (!(value < best)) continue;
        best = value;
        memcpy(theta, trial, (size_t)q.p * sizeof *theta);
    }
    return isfinite(best);
}

/* ---- all losses, and draws ---- */

typedef struct work {
    ll_mixing *f;
    const ll_mixing_data *d;
    double *y, *theta; /* [losses][n] as it is fitted; [losses][1 + shares] of the runs */
    double *room;      /* [threads][n] */
} work;

static double on_scale(const work *w, double loss) {
    return w->f->opts.objective == LL_OBJ_LS ? loss : log(loss);
}

static ll_status fit_all(work *w, ll_error *err) {
    ll_mixing *f = w->f;
    const ll_mixing_data *d = w->d;
    const int p = 1 + d->shares;
    const double full = sqrt((double)d->n / (double)(d->n - p));
    for (int k = 0; k < d->losses; k++) {
        double sum = 0, *y = w->y + k * d->n, *theta = w->theta + k * p;
        for (int64_t i = 0; i < d->n; i++) y[i] = on_scale(w, d->loss[k][i]);
        if (!fit_one(&(rows) { d, y }, &f->opts, NULL, theta))
            return LL_FAIL(err, LL_ENUM, "%s: no start led to a finite fit of loss %d", d->source, k + 1);
        for (int64_t i = 0; i < d->n; i++) {
            const double e = log(d->loss[k][i]) - log(law_at(d, i, theta, NULL));
            f->residual[k * d->n + i] = full * e;
            sum += full * full * e * e / (double)d->n;
        }
        f->law[k].residual_sd = sqrt(sum);
    }
    return LL_OK;
}

/* Every row departs from the fit by as much as some row did, on all losses. */
static void draw(void *ctx, int64_t i, int worker) {
    work *w = ctx;
    const ll_mixing_data *d = w->d;
    const int p = 1 + d->shares;
    double *y = w->room + worker * d->n, *out = w->f->draws + i * d->losses * p;
    for (int k = 0; k < d->losses; k++) {
        ll_rng rng = ll_rng_at(w->f->opts.seed, LL_STREAM_BOOTSTRAP, (uint64_t)i);
        for (int64_t r = 0; r < d->n; r++) {
            const double e = w->f->residual[k * d->n + ll_rng_below(&rng, d->n)];
            y[r] = on_scale(w, law_at(d, r, w->theta + k * p, NULL) * exp(e));
        }
        if (!fit_one(&(rows) { d, y }, &w->f->opts, w->theta + k * p, out + k * p)) out[k * p] = NAN;
    }
}

/* Draws of which some loss was not fitted go. */
static void compact(ll_mixing *f, int64_t n) {
    const int p = 1 + f->shares, width = f->losses * p;
    for (int64_t i = 0; i < n; i++) {
        bool sound = true;
        for (int k = 0; k < f->losses; k++) sound = sound && isfinite(f->draws[i * width + k * p]);
        if (sound) memmove(f->draws + f->n_draws++ * width, f->draws + i * width, (size_t)width * sizeof *f->draws);
    }
}

/* v [n_draws] is overwritten. */
static ll_estimate interval(const ll_mixing *f, double value, double *v) {
    const int64_t left = f->n - 1 - f->shares;
    return ll_interval(value, v, f->n_draws, f->opts.level, left, left);
}

static void estimate_laws(ll_mixing *f, const double *theta, double *v) {
    const int p = 1 + f->shares;
    for (int k = 0; k < f->losses; k++)
        for (int j = 0; j < p; j++) {
            for (int64_t i = 0; i < f->n_draws; i++) {
                const double at = f->draws[(i * f->losses + k) * p + j];
                v[i] = j ? at : exp(at);
            }
            const double at = theta[k * p + j];
            *(j ? &f->law[k].t[j - 1] : &f->law[k].c) = interval(f, j ? at : exp(at), v);
        }
}

/* v [(1 + shares) n_draws]: the mean and the proportions of each draw's best, then the losses at the fit's best. */
static void estimate_best(ll_mixing *f, const double *theta, double *v) {
    const int p = 1 + f->shares;
    double r[SHARES], at[SHARES], least = ll_blend_best(f->losses, f->shares, theta, f->lo, f->hi, r);
    for (int64_t i = 0; i < f->n_draws; i++) {
        v[i] = ll_blend_best(f->losses, f->shares, f->draws + i * f->losses * p, f->lo, f->hi, at);
        for (int j = 0; j < f->shares; j++) v[(1 + j) * f->n_draws + i] = at[j];
    }
    f->least = interval(f, least, v);
    for (int j = 0; j < f->shares; j++) f->best[j] = interval(f, r[j], v + (1 + j) * f->n_draws);
    for (int k = 0; k < f->losses; k++) {
        for (int64_t i = 0; i < f->n_draws; i++)
            v[i] = ll_blend_loss(f->shares, f->draws + (i * f->losses + k) * p, r);
        f->law[k].at_best = interval(f, ll_blend_loss(f->shares, theta + k * p, r), v);
    }
}

static ll_status run(work *w, ll_error *err) {
    ll_mixing *f = w->f;
    const int64_t n = f->opts.n_boot > 0 ? f->opts.n_boot : 0;
    LL_TRY(fit_all(w, err));
    ll_threads_for(n, f->opts.threads, draw, w);
    compact(f, n);
    double *v = malloc((size_t)(f->n_draws + 1) * (size_t)(1 + f->shares) * sizeof *v);
    if (!v) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld draws", (long long)n);
    estimate_laws(f, w->theta, v);
    estimate_best(f, w->theta, v);
    free(v);
    return LL_OK;
}

/* ---- the rows ---- */

static ll_status check_row(const ll_mixing_data *d, int64_t i, ll_error *err) {
    const long long line = d->line ? (long long)d->line[i] : (long long)i + 1;
    double sum = 0;
    for (int j = 0; j < d->shares; j++) {
        if (!(d->share[j][i] >= 0 && d->share[j][i] <= 1))
            return LL_FAIL(err, LL_EINPUT, "%s:%lld: share %d is %g, expected 0 to 1", d->source, line, j + 1,
                           d->share[j][i]);
        sum += d->share[j][i];
    }
    if (!(fabs(sum - 1) <= 1e-3))
        return LL_FAIL(err, LL_EINPUT, "%s:%lld: the shares add up to %g, expected 1", d->source, line, sum);
    for (int k = 0; k < d->losses; k++)
        if (!(d->loss[k][i] > 0 && isfinite(d->loss[k][i])))
            return LL_FAIL(err, LL_EINPUT, "%s:%lld: loss %d is %g, expected a finite number above 0", d->source,
                           line, k + 1, d->loss[k][i]);
    return LL_OK;
}

static ll_status check(const ll_mixing_data *d, ll_error *err) {
    if (d->shares < 2 || d->shares > SHARES || d->losses < 1 || d->losses > LOSSES)
        return LL_FAIL(err, LL_EINPUT, "%s: %d shares and %d losses, expected 2 to %d and 1 to %d", d->source,
                       d->shares, d->losses, SHARES, LOSSES);
    for (int64_t i = 0; i < d->n; i++) LL_TRY(check_row(d, i, err));
    return LL_OK;
}

static void take_ranges(ll_mixing *f, const ll_mixing_data *d) {
    for (int j = 0; j < d->shares; j++) {
        f->lo[j] = 1;
        f->hi[j] = 0;
        for (int64_t i = 0; i < d->n; i++) {
            f->lo[j] = fmin(f->lo[j], d->share[j][i]);
            f->hi[j] = fmax(f->hi[j], d->share[j][i]);
        }
    }
}

static ll_status with_room(ll_mixing *f, const ll_mixing_data *d, ll_error *err) {
    const size_t n = (size_t)d->n, m = (size_t)d->losses, p = (size_t)d->shares + 1;
    const size_t draws = f->opts.n_boot > 0 ? (size_t)f->opts.n_boot : 0;
    work w = { .f = f, .d = d, .y = malloc((m * n + m * p + (size_t)f->opts.threads * n) * sizeof(double)) };
    f->residual = malloc(m * n * sizeof *f->residual);
    f->draws = malloc((draws + 1) * m * p * sizeof *f->draws);
    ll_status status = LL_OK;
    if (w.y && f->residual && f->draws) {
        w.theta = w.y + m * n;
        w.room = w.theta + m * p;
        take_ranges(f, d);
        status = run(&w, err);
    } else status = LL_FAIL(err, LL_ENOMEM, "out of memory for %lld rows", (long long)d->n);
    free(w.y);
    return status;
}

ll_status ll_mixing_run(ll_mixing *f, const ll_mixing_data *d, const ll_fit_opts *opts, ll_error *err) {
    const double start = ll_clock_now();
    *f = (ll_mixing) { .n = d->n, .shares = d->shares, .losses = d->losses };
    LL_TRY(ll_fit_opts_resolve(opts, &f->opts, err));
    LL_TRY(check(d, err));
    if (d->n <= 1 + d->shares)
        return LL_FAIL(err, LL_EINPUT, "%s: %lld mixtures cannot fix the %d parameters of each loss", d->source,
                       (long long)d->n, 1 + d->shares);
    if (f->opts.n_boot > LL_MIXING_DRAWS) f->opts.n_boot = LL_MIXING_DRAWS;
    f->opts.resample = LL_RESAMPLE_RESIDUAL;
    const ll_status status = with_room(f, d, err);
    f->wall_s = ll_clock_now() - start;
    if (status != LL_OK) ll_mixing_clear(f);
    return status;
}

void ll_mixing_clear(ll_mixing *f) {
    free(f->residual);
    free(f->draws);
    *f = (ll_mixing) { 0 };
}

/* ---- what it foretells ---- */

static double value_at(const ll_mixing *f, int k, const double *r) {
    double theta[1 + SHARES] = { log(f->law[k].c.value) };
    for (int j = 0; j < f->shares; j++) theta[1 + j] = f->law[k].t[j].value;
    return ll_blend_loss(f->shares, theta, r);
}

ll_estimate ll_mixing_at(const ll_mixing *f, int k, const double *r) {
    const double value = value_at(f, k, r);
    double v[LL_MIXING_DRAWS];
    ll_rng rng = ll_rng_at(f->opts.seed, LL_STREAM_MIXING, (uint64_t)k);
    for (int64_t i = 0; i < f->n_draws; i++)
        v[i] = ll_blend_loss(f->shares, f->draws + (i * f->losses + k) * (1 + f->shares), r) *
               exp(f->residual[k * f->n + ll_rng_below(&rng, f->n)]);
    return interval(f, value, v);
}

static double constant(const ll_mixing_data *d, int k) {
    double mean = 0;
    for (int64_t i = 0; i < d->n; i++) mean += d->loss[k][i] / (double)d->n;
    return mean;
}

ll_status ll_mixing_judge(const ll_mixing *f, const ll_mixing_data *d, const ll_mixing_data *fitted,
                          ll_mixing_score *score, ll_error *err) {
    LL_TRY(check(d, err));
    if (d->n == 0) return LL_FAIL(err, LL_EINPUT, "%s: no rows to judge by", d->source);
    for (int k = 0; k < f->losses; k++) {
        const double mean = constant(fitted, k), n = (double)d->n;
        score[k] = (ll_mixing_score) { .n = d->n };
        for (int64_t i = 0; i < d->n; i++) {
            double r[SHARES];
            for (int j = 0; j < f->shares; j++) r[j] = d->share[j][i];
            const double L = d->loss[k][i];
            const ll_estimate e = ll_mixing_at(f, k, r);
            const double off = fabs(e.value / L - 1);
            score[k].mean_abs_rel_err += off / n;
            score[k].worst_abs_rel_err = fmax(score[k].worst_abs_rel_err, off);
            score[k].of_constant += fabs(mean / L - 1) / n;
            score[k].covered += (e.lo <= L && L <= e.hi) / n;
        }
        if (f->n_draws < 2) score[k].covered = NAN;
    }
    return LL_OK;
}

bool ll_mixing_warning(const ll_mixing *f, int k, char *buf, size_t size) {
    const int p = 1 + f->shares;
    if (f->n < 3 * p && k-- == 0)
        return snprintf(buf, size, "%lld mixtures for %d parameters of each loss: intervals from so few are rough",
                        (long long)f->n, p),
               true;
    for (int j = 0; j < f->shares; j++)
        if (!(f->hi[j] > f->lo[j]) && k-- == 0)
            return snprintf(buf, size, "share %d is %g in every mixture: its t says nothing", j + 1, f->lo[j]),
                   true;
    return false;
}
