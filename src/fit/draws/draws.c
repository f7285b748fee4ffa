#include "fit/draws/draws.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/threads.h"
#include "fit/draws/resample.h"
#include "fit/solve/polish.h"

enum { MAX_INFLUENCE = 1000 };
enum { TWINS = 16 };                  /* of more groups hardly two draws are the same */
static const double TOLERANCE = 1e-8; /* relative decrease; a draw's error is then under 0.2 % of an se */

/* One refit after another on one thread. */
typedef struct worker {
    ll_rows rows;   /* room for every row */
    int32_t *count; /* [n] */
} worker;

typedef struct pool {
    const ll_fit *fit;
    const ll_problem *q;
    ll_resampler sampler;
    worker *workers;
    int n_workers;
    double centre[P_MAX]; /* theta of the optimum of the sampler's rows */
    int64_t *twin;        /* [tasks] the first draw that is the same, or NULL: not looked for */
    double *out;          /* [tasks][p] parameters; the first is NaN where a task failed */
} pool;

static void pool_free(pool *p) {
    for (int i = 0; p->workers && i < p->n_workers; i++) {
        ll_rows_free(&p->workers[i].rows);
        free(p->workers[i].count);
    }
    free(p->workers);
    free(p->twin);
}

static ll_status pool_new(pool *p, const ll_fit *fit, const ll_problem *q, ll_error *err) {
    *p = (pool) { .fit = fit, .q = q, .n_workers = fit->opts.threads };
    p->workers = calloc((size_t)p->n_workers, sizeof *p->workers);
    bool ok = p->workers != NULL;
    for (int i = 0; ok && i < p->n_workers; i++) {
        p->workers[i].count = calloc((size_t)fit->n, sizeof(int32_t));
        ok = p->workers[i].count && ll_rows_new(&p->workers[i].rows, fit->n, err) == LL_OK;
    }
    if (ok) return LL_OK;
    pool_free(p);
    return LL_FAIL(err, LL_ENOMEM, "out of memory for %d threads of %lld rows", p->n_workers, (long long)fit->n);
}

/* The best of the descents from every optimum of the whole table. */
static void refit(const pool *p, const ll_rows *rows, double *params) {
    ll_problem q = *p->q;
    q.rows = rows;
    double best = INFINITY;
    params[0] = NAN;
    for (int k = 0; k < p->fit->n_optima; k++) {
        double theta[P_MAX], value;
        ll_problem_theta(&q, p->fit->optima[k].params, theta);
        if (ll_polish(&q, theta, TOLERANCE, &value) == LL_FIT_STALLED && !isfinite(value)) continue;
        if (!(value < best)) continue;
        best = value;
        ll_problem_params(&q, theta, params);
    }
}

/* A draw of m of n groups scatters sqrt(n / m) times too far (the m out of n bootstrap: Bickel, Goetze and van Zwet
 * 1997), one of thinned rows about their optimum: brings it as much nearer and to the fit, on the scale that is
 * searched. */
static void draw_in(const pool *p, double *params) {
    const ll_problem *q = p->q;
    const ll_resampler *s = &p->sampler;
    double share = s->take ? sqrt((double)s->take / (double)s->n_groups) : 1, centre[P_MAX], theta[P_MAX];
    ll_problem_theta(q, p->fit->optima[0].params, centre);
    ll_problem_theta(q, params, theta);
    for (int j = 0; j < q->p; j++)
        theta[j] = fmin(fmax(centre[j] + share * (theta[j] - p->centre[j]), q->lo[j]), q->hi[j]);
    ll_problem_params(q, theta, params);
}

/* Where the rows are the fit's this is its optimum. */
static void find_centre(pool *p) {
    double params[P_MAX];
    memcpy(params, p->fit->optima[0].params, sizeof params);
    if (p->sampler.rows != p->q->rows) refit(p, p->sampler.rows, params);
    ll_problem_theta(p->q, params, p->centre);
}

static void draw(void *ctx, int64_t i, int w) {
    const pool *p = ctx;
    worker *mine = &p->workers[w];
    double *params = p->out + i * p->q->p;
    params[0] = NAN;
    if (p->twin && p->twin[i] != i) return;
    if (!ll_resample_draw(&p->sampler, i, &mine->rows, mine->count)) return;
    refit(p, &mine->rows, params);
    if ((p->sampler.take || p->sampler.rows != p->q->rows) && isfinite(params[0])) draw_in(p, params);
}

/* ---- draws that are the same ---- */

typedef struct counted {
    int32_t count[TWINS];
    int64_t draw;
} counted;

static int by_count(const void *a, const void *b) {
    const counted *x = a, *y = b;
    const int order = memcmp(x->count, y->count, sizeof x->count);
    return order ? order : (x->draw > y->draw) - (x->draw < y->draw);
}

/* Of few groups there are few draws: seven have 1,716, or 128 of signs. */
static ll_status find_twins(pool *p, int64_t n, ll_error *err) {
    if (p->sampler.n_groups > TWINS) return LL_OK;
    counted *all = calloc((size_t)n, sizeof *all);
    int64_t *twin = malloc((size_t)n * sizeof *twin);
    bool ok = all && twin;
    for (int64_t i = 0; ok && i < n; i++) {
        twin[i] = all[i].draw = i;
        if (!ll_resample_count(&p->sampler, i, all[i].count))
            all[i].count[0] = (int32_t)(-1 - i); /* like no other */
    }
    if (ok) qsort(all, (size_t)n, sizeof *all, by_count);
    for (int64_t k = 1; ok && k < n; k++)
        if (memcmp(all[k].count, all[k - 1].count, sizeof all->count) == 0)
            twin[all[k].draw] = twin[all[k - 1].draw];
    free(all);
    if (ok) p->twin = twin;
    else free(twin);
    return ok ? LL_OK : LL_FAIL(err, LL_ENOMEM, "out of memory for %lld draws", (long long)n);
}

static void copy_twins(const pool *p, int64_t n) {
    const int64_t size = p->q->p;
    for (int64_t i = 0; p->twin && i < n; i++)
        if (p->twin[i] != i) memcpy(p->out + i * size, p->out + p->twin[i] * size, (size_t)size * sizeof *p->out);
}

/* Drops the failed draws and returns how many are left. */
static int64_t compact(double *draws, int64_t n, int p) {
    int64_t kept = 0;
    for (int64_t i = 0; i < n; i++) {
        if (!isfinite(draws[i * p])) continue;
        if (kept != i) memcpy(draws + kept * p, draws + i * p, (size_t)p * sizeof *draws);
        kept++;
    }
    return kept;
}

ll_status ll_fit_draw_all(ll_fit *fit, const ll_problem *q, ll_error *err) {
    pool p;
    const ll_fit_opts *o = &fit->opts;
    LL_TRY(pool_new(&p, fit, q, err));
    ll_status s = ll_resampler_new(&p.sampler, fit, q, err);
    if (s == LL_OK) s = ll_resampler_thin(&p.sampler, err);
    if (s == LL_OK) s = find_twins(&p, o->n_boot, err);
    fit->taken = p.sampler.take;
    p.out = fit->draws = malloc((size_t)o->n_boot * (size_t)q->p * sizeof *fit->draws);
    if (s == LL_OK && !p.out) s = LL_FAIL(err, LL_ENOMEM, "out of memory for %lld draws", (long long)o->n_boot);
    if (s == LL_OK) {
        find_centre(&p);
        ll_threads_for(o->n_boot, o->threads, draw, &p);
        copy_twins(&p, o->n_boot);
        fit->n_draws = compact(fit->draws, o->n_boot, q->p);
    }
    ll_resampler_free(&p.sampler);
    pool_free(&p);
    return s;
}

/* ---- leaving one out ---- */

/* Row i stays where it is, without weight. */
static void leave_out(void *ctx, int64_t i, int w) {
    const pool *p = ctx;
    ll_rows *rows = &p->workers[w].rows;
    rows->w[i] = 0;
    refit(p, rows, p->out + i * p->q->p);
    rows->w[i] = p->q->rows->w[i];
}

static void copy_rows(pool *p) {
    for (int w = 0; w < p->n_workers; w++)
        for (int64_t r = 0; r < p->fit->n; r++) ll_rows_copy(&p->workers[w].rows, r, p->q->rows, r);
}

/* The last free parameter that is no logarithm; -1 when there is none. */
static int last_exponent(const ll_problem *q) {
    for (int a = q->n_free - 1; a >= 0; a--)
        if (!q->law->params[q->free_at[a]].log) return q->free_at[a];
    return -1;
}

ll_status ll_fit_influence(ll_fit *fit, const ll_problem *q, ll_error *err) {
    int j = last_exponent(q);
    if (j < 0 || fit->n > MAX_INFLUENCE || fit->n <= q->n_free || !(fit->params[j].se > 0)) return LL_OK;
    pool p;
    LL_TRY(pool_new(&p, fit, q, err));
    fit->influence = malloc((size_t)fit->n * sizeof *fit->influence);
    p.out = fit->left_out = malloc((size_t)fit->n * (size_t)q->p * sizeof *p.out);
    ll_status s = LL_OK;
    if (fit->influence && p.out) {
        copy_rows(&p);
        ll_threads_for(fit->n, fit->opts.threads, leave_out, &p);
        for (int64_t i = 0; i < fit->n; i++)
            fit->influence[i] = (p.out[i * q->p + j] - fit->params[j].value) / fit->params[j].se;
    } else s = LL_FAIL(err, LL_ENOMEM, "out of memory for %lld rows", (long long)fit->n);
    pool_free(&p);
    return s;
}
