#include "fit/approach/envelope.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/clock.h"
#include "base/system/threads.h"
#include "fit/approach/choose.h"
#include "fit/approach/line.h"
#include "fit/draws/cluster.h"
#include "fit/draws/interval.h"
#include "loglog/random.h"

enum { GRID = 1500, SIZES = 3, LINES = 3 };
static const double SAME = 0.0198; /* ln 1.02: sizes no further apart are one */

/* A row, in logarithms. */
typedef struct knot {
    int64_t curve;
    double c, n, d, loss;
} knot;

/* The curves over one grid of budgets. */
typedef struct curves {
    int64_t n;
    int64_t *start; /* [n + 1] into knot */
    knot *at;       /* by curve, then by rising c */
    double *loss;   /* [n][GRID] ln loss; infinity where the curve does not reach */
    double lo, hi;  /* ln C of the grid's ends */
} curves;

/* The lowest curve at each budget; -1 where there is none. */
typedef struct trace {
    int64_t lowest[GRID];
    double c[GRID], n[GRID], d[GRID], weight[GRID]; /* weight 1 or 0 */
    bool edge[GRID];
    int64_t n_edge, n_budgets, sizes; /* sizes: curves lowest inside, counted as they change */
    ll_line N, D;                     /* through the budgets inside */
} trace;

/* ---- curves ---- */

static int by_curve(const void *a, const void *b) {
    const knot *x = a, *y = b;
    if (x->curve != y->curve) return x->curve < y->curve ? -1 : 1;
    if (x->c != y->c) return x->c < y->c ? -1 : 1;
    return (x->loss > y->loss) - (x->loss < y->loss);
}

static ll_status number_curves(knot *at, const ll_envelope_data *d, ll_error *err) {
    if (d->cluster) {
        int64_t groups;
        int32_t *group = ll_cluster_number(d->cluster, d->n, &groups);
        if (!group) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld runs", (long long)d->n);
        for (int64_t i = 0; i < d->n; i++) at[i].curve = group[i];
        free(group);
        return LL_OK;
    }
    ll_groups g;
    LL_TRY(ll_groups_new(&g, d->params, d->n, err));
    for (int64_t k = 0; k < g.n_groups; k++)
        for (int64_t i = g.start[k]; i < g.start[k + 1]; i++) at[g.row[i]].curve = k;
    ll_groups_free(&g);
    return LL_OK;
}

/* Of rows of one curve and budget the lowest loss stays; curves of one budget go. */
static ll_status split(curves *s, int64_t rows, ll_envelope *f, ll_error *err) {
    int64_t kept = 0;
    for (int64_t i = 0, end; i < rows; i = end) {
        int64_t first = kept;
        for (end = i; end < rows && s->at[end].curve == s->at[i].curve; end++)
            if (kept == first || s->at[end].c > s->at[kept - 1].c + 1e-9) s->at[kept++] = s->at[end];
        if (kept - first < 2) {
            kept = first;
            f->n_short++;
            continue;
        }
        if (s->n == LL_ENVELOPE_CURVES)
            return LL_FAIL(err, LL_EINPUT,
                           "more than %d learning curves: name what tells them apart with --cluster",
                           (int)LL_ENVELOPE_CURVES);
        s->start[s->n++] = first;
    }
    s->start[s->n] = f->n = kept;
    f->n_curves = s->n;
    if (s->n >= SIZES) return LL_OK;
    return LL_FAIL(err, LL_EINPUT,
                   "%lld learning curves of two budgets or more, expected at least three: the rows of one size, or "
                   "of one value of --cluster, are a curve",
                   (long long)s->n);
}

static ll_status gather(curves *s, const ll_envelope_data *d, ll_envelope *f, ll_error *err) {
    *s = (curves) { .start = malloc((LL_ENVELOPE_CURVES + 1) * sizeof *s->start),
                    .at = malloc((size_t)(d->n + 1) * sizeof *s->at) };
    if (!s->start || !s->at) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld runs", (long long)d->n);
    for (int64_t i = 0; i < d->n; i++) {
        const double v[] = { d->params[i], d->tokens[i], d->flops[i], d->loss[i] };
        for (int k = 0; k < 4; k++)
            if (!(v[k] > 0 && isfinite(v[k])))
                return LL_FAIL(err, LL_EINPUT, "row %lld: %g, expected finite numbers above 0", (long long)i + 1,
                               v[k]);
        s->at[i] = (knot) { 0, log(v[2]), log(v[0]), log(v[1]), log(v[3]) };
    }
    LL_TRY(number_curves(s->at, d, err));
    qsort(s->at, (size_t)d->n, sizeof *s->at, by_curve);
    return split(s, d->n, f, err);
}

/* The curve at ln C, between its knots; false where it does not reach. */
static bool at_budget(const curves *s, int64_t curve, double c, knot *out) {
    const knot *k = s->at + s->start[curve], *end = s->at + s->start[curve + 1] - 1;
    if (!(c >= k->c && c <= end->c)) return false;
    int64_t lo = 0, hi = end - k;
    while (hi - lo > 1) {
        int64_t mid = (lo + hi) / 2;
        if (k[mid].c <= c) lo = mid;
        else hi = mid;
    }
    double share = (c - k[lo].c) / (k[hi].c - k[lo].c);
    *out = (knot) { curve, c, k[lo].n + share * (k[hi].n - k[lo].n), k[lo].d + share * (k[hi].d - k[lo].d),
                    k[lo].loss + share * (k[hi].loss - k[lo].loss) };
    return true;
}

static double budget(const curves *s, int k) {
    return k == GRID - 1 ? s->hi : s->lo + (s->hi - s->lo) * k / (GRID - 1);
}

/* Lays the grid over the curves and takes their losses there. */
static ll_status survey(curves *s, ll_error *err) {
    if (!s->loss) s->loss = malloc((size_t)s->n * GRID * sizeof *s->loss);
    if (!s->loss) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld curves", (long long)s->n);
    s->lo = INFINITY;
    s->hi = -INFINITY;
    for (int64_t i = 0; i < s->n; i++) {
        s->lo = fmin(s->lo, s->at[s->start[i]].c);
        s->hi = fmax(s->hi, s->at[s->start[i + 1] - 1].c);
    }
    for (int64_t i = 0; i < s->n; i++)
        for (int k = 0; k < GRID; k++) {
            knot at;
            s->loss[i * GRID + k] = at_budget(s, i, budget(s, k), &at) ? at.loss : INFINITY;
        }
    return LL_OK;
}

/* ---- the envelope ---- */

/* Of the curves that are in (NULL: all). */
static int64_t lowest_at(const curves *s, const bool *in, int k, bool *edge) {
    int64_t lowest = -1;
    double smallest = INFINITY, largest = -INFINITY;
    for (int64_t i = 0; i < s->n; i++) {
        double loss = s->loss[i * GRID + k];
        if ((in && !in[i]) || !isfinite(loss)) continue;
        if (lowest < 0 || loss < s->loss[lowest * GRID + k]) lowest = i;
        smallest = fmin(smallest, s->at[s->start[i]].n);
        largest = fmax(largest, s->at[s->start[i]].n);
    }
    if (lowest < 0) return -1;
    double n = s->at[s->start[lowest]].n;
    *edge = n < smallest + SAME || n > largest - SAME;
    return lowest;
}

static void follow(const curves *s, const bool *in, trace *t) {
    int64_t before = -1;
    *t = (trace) { 0 };
    for (int k = 0; k < GRID; k++) {
        knot at;
        int64_t i = t->lowest[k] = lowest_at(s, in, k, &t->edge[k]);
        if (i < 0) continue;
        at_budget(s, i, budget(s, k), &at);
        t->c[k] = at.c;
        t->n[k] = at.n;
        t->d[k] = at.d;
        t->weight[k] = 1;
        t->n_budgets++;
        t->n_edge += t->edge[k];
        if (!t->edge[k] && i != before) t->sizes++, before = i;
    }
    t->N = ll_line_through(t->c, t->n, t->weight, t->edge, GRID);
    t->D = ll_line_through(t->c, t->d, t->weight, t->edge, GRID);
    if (t->sizes < 2) t->N.slope = t->D.slope = NAN; /* one size is level by construction */
}

static void describe_treads(const curves *s, const trace *t, ll_envelope *f) {
    for (int k = 0, end; k < GRID; k = end) {
        knot at;
        bool edge = t->edge[k];
        for (end = k + 1; end < GRID && t->lowest[end] == t->lowest[k]; end++) edge = edge || t->edge[end];
        if (t->lowest[k] < 0) continue;
        double lo = budget(s, k), hi = budget(s, end - 1);
        at_budget(s, t->lowest[k], (lo + hi) / 2, &at);
        f->tread[f->n_treads++] = (ll_tread) { exp(at.n), exp(lo), exp(hi), exp(at.d), exp(at.loss), edge };
    }
}

/* ---- how far the staircase itself leans ---- */

/* The same design on E + A/N^alpha + B/D^beta at C = 6 N D, its frontier through the middle of the lines; a third
 * of the loss there is reducible, as it is of Hoffmann's surface at 1e20 FLOPs. */
static ll_status lean(curves *s, const trace *t, double *bias, ll_error *err) {
    static const double alpha = 0.34, beta = 0.28;
    double c = 0, sum = 0;
    for (int k = 0; k < GRID; k++)
        if (t->weight[k] > 0 && !t->edge[k]) c += t->c[k], sum++;
    double n = t->N.level + t->N.slope * c / sum, d = t->D.level + t->D.slope * c / sum;
    double floor = 2 * (1 / alpha + 1 / beta);
    for (int64_t i = 0; i < s->start[s->n]; i++) {
        knot *k = &s->at[i];
        k->c = log(6) + k->n + k->d;
        k->loss = log(floor + exp(-alpha * (k->n - n)) / alpha + exp(-beta * (k->d - d)) / beta);
    }
    for (int64_t i = 0; i < s->n; i++)
        qsort(s->at + s->start[i], (size_t)(s->start[i + 1] - s->start[i]), sizeof *s->at, by_curve);
    LL_TRY(survey(s, err));
    trace *u = malloc(sizeof *u);
    if (!u) return LL_FAIL(err, LL_ENOMEM, "out of memory for the envelope");
    follow(s, NULL, u);
    *bias = u->N.slope - beta / (alpha + beta);
    free(u);
    return LL_OK;
}

/* ---- resampling ---- */

typedef struct pool {
    const curves *s;
    const ll_envelope *f;
    double *draws; /* [n_boot][LINES] a, b, ln G; NaN where there is none */
    bool *failed;  /* [n_boot] */
} pool;

/* A curve drawn twice is no lower than drawn once: only which are in counts. */
static void one_draw(void *ctx, int64_t i, int worker) {
    pool *p = ctx;
    ll_rng rng = ll_rng_at(p->f->opts.seed, LL_STREAM_BOOTSTRAP, (uint64_t)i);
    trace *t = malloc(sizeof *t);
    bool *in = calloc((size_t)p->s->n, sizeof *in);
    (void)worker;
    p->failed[i] = !t || !in;
    if (!p->failed[i]) {
        for (int64_t k = 0; k < p->s->n; k++) in[ll_rng_below(&rng, p->s->n)] = true;
        follow(p->s, in, t);
        memcpy(p->draws + i * LINES, (double[LINES]) { t->N.slope, t->D.slope, ll_line_ln_G(&t->N) },
               LINES * sizeof(double));
    }
    free(t);
    free(in);
}

static ll_estimate column(const pool *p, int j, double value, double *v) {
    int64_t n = 0;
    for (int64_t i = 0; i < p->f->n_draws; i++) {
        double draw = p->draws[i * LINES + j];
        if (isfinite(draw)) v[n++] = j == 2 ? exp(draw) : draw;
    }
    return ll_interval(value, v, n, p->f->opts.level, p->f->n_curves, p->f->n_curves - 2);
}

static ll_status draw_all(const curves *s, ll_envelope *f, ll_error *err) {
    int64_t n = f->opts.n_boot > 0 ? f->opts.n_boot : 0;
    pool p = { s, f, malloc((size_t)(n + 1) * LINES * sizeof(double)), calloc((size_t)n + 1, sizeof(bool)) };
    double *v = malloc((size_t)(n + 1) * sizeof *v);
    bool ok = p.draws && p.failed && v;
    if (ok) ll_threads_for(n, f->opts.threads, one_draw, &p);
    for (int64_t i = 0; ok && i < n; i++) ok = !p.failed[i];
    if (ok) {
        f->n_draws = n;
        f->a = column(&p, 0, f->a.value, v);
        f->b = column(&p, 1, f->b.value, v);
        f->G = column(&p, 2, f->G.value, v);
    }
    free(p.draws);
    free(p.failed);
    free(v);
    return ok ? LL_OK : LL_FAIL(err, LL_ENOMEM, "out of memory for %lld resamples", (long long)n);
}

/* ---- the fit itself ---- */

static ll_status describe(const curves *s, const trace *t, ll_envelope *f, ll_error *err) {
    f->tread = malloc(GRID * sizeof *f->tread);
    if (!f->tread) return LL_FAIL(err, LL_ENOMEM, "out of memory for the envelope");
    describe_treads(s, t, f);
    f->n_budgets = t->n_budgets;
    f->n_edge = t->n_edge;
    f->n_sizes = t->sizes;
    f->a = (ll_estimate) { t->N.slope, NAN, NAN, NAN };
    f->b = (ll_estimate) { t->D.slope, NAN, NAN, NAN };
    f->G = (ll_estimate) { exp(ll_line_ln_G(&t->N)), NAN, NAN, NAN };
    f->r2 = t->N.r2;
    f->a_all = ll_line_through(t->c, t->n, t->weight, NULL, GRID).slope;
    if (t->sizes >= SIZES) return LL_OK;
    return LL_FAIL(err, LL_EINPUT,
                   "%lld of %lld curves take turns as the lowest, with a smaller and a larger size beside them: "
                   "expected three or more",
                   (long long)t->sizes, (long long)s->n);
}

static ll_status run(ll_envelope *f, curves *s, const ll_envelope_data *data, ll_error *err) {
    if (f->opts.resample && f->opts.resample != LL_RESAMPLE_CLUSTER)
        return LL_FAIL(err, LL_EINPUT, "an envelope is resampled by whole curves: --resample %s cannot be",
                       ll_resample_name(f->opts.resample));
    LL_TRY(gather(s, data, f, err));
    LL_TRY(survey(s, err));
    trace *t = malloc(sizeof *t);
    if (!t) return LL_FAIL(err, LL_ENOMEM, "out of memory for the envelope");
    follow(s, NULL, t);
    ll_status status = describe(s, t, f, err);
    if (status == LL_OK) status = draw_all(s, f, err);
    if (status == LL_OK) status = lean(s, t, &f->bias, err); /* last: the curves become another surface */
    free(t);
    return status;
}

ll_status ll_envelope_run(ll_envelope *f, const ll_envelope_data *data, const ll_fit_opts *opts, ll_error *err) {
    double start = ll_clock_now();
    curves s = { 0 };
    *f = (ll_envelope) { .bias = NAN };
    ll_status status = ll_fit_opts_resolve(opts, &f->opts, err);
    f->opts.resample = opts ? opts->resample : (ll_resample)0;
    if (status == LL_OK) status = run(f, &s, data, err);
    free(s.start);
    free(s.at);
    free(s.loss);
    if (status != LL_OK) ll_envelope_clear(f);
    else f->wall_s = ll_clock_now() - start;
    return status;
}

void ll_envelope_clear(ll_envelope *f) {
    free(f->tread);
    *f = (ll_envelope) { 0 };
}

/* ---- in words ---- */

bool ll_envelope_warning(const ll_envelope *f, int k, char *buf, size_t size) {
    if (!(fabs(f->bias) < 0.01) && k-- == 0) {
        if (isnan(f->bias))
            snprintf(buf, size,
                     "a noiseless surface of exponents .34 and .28 would show no envelope in this design");
        else
            snprintf(
                buf, size,
                "the staircase itself moves a by %+.3f: that is what this design does to a noiseless surface of "
                "exponents .34 and .28",
                f->bias);
        return true;
    }
    if (f->n_edge && k-- == 0)
        return snprintf(
                   buf, size,
                   "at %.0f %% of the budgets the smallest or the largest size there is the lowest: they are left "
                   "out; with them a is %.4g",
                   100 * (double)f->n_edge / (double)f->n_budgets, f->a_all),
               true;
    if (f->n_short && k-- == 0)
        return snprintf(buf, size, "%lld curves of a single budget are left out", (long long)f->n_short), true;
    if (f->n_sizes < 6 && k-- == 0)
        return snprintf(buf, size, "only %lld curves take turns as the lowest: the line rests on few steps",
                        (long long)f->n_sizes),
               true;
    return false;
}
