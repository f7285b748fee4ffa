#include "fit/compare/compare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/threads.h"
#include "fit/compare/nested.h"
#include "fit/compare/pairs.h"
#include "fit/draws/cluster.h"
#include "fit/draws/interval.h"
#include "fit/draws/resample.h"
#include "fit/solve/fit_rows.h"
#include "fit/solve/joint.h"
#include "fit/solve/polish.h"

ll_hypothesis ll_compare_part(const ll_law *law, int param) {
    const ll_law_param *p = &law->params[param];
    if (param == 0 && strcmp(p->unit, "nats/token") == 0) return LL_FLOOR;
    return p->log ? LL_OFFSET : LL_EXPONENT;
}

/* ---- the groups ---- */

/* What the steps share. */
typedef struct work {
    ll_compare *c;
    const ll_fit_data *data[2]; /* as they came, then of the fits */
    ll_rows rows[2];
    ll_resampler sampler[2];
    double share;  /* of the groups of each side that a draw takes */
    int32_t *unit; /* [n of both] rows of one number belong together */
} work;

static ll_status blame(const ll_compare *c, int g, ll_error *err) {
    static const char *const names[] = { "the baseline", "the other" };
    return ll_error_prefix(err, "%.200s", c->opts.name[g] ? c->opts.name[g] : names[g]);
}

/* Pairs are put in one order and drawn by one seed, so that draw i holds the same points of both. */
static ll_status fit_ordered(work *w, int64_t *const order[2], ll_error *err) {
    ll_compare *c = w->c;
    LL_TRY(ll_pairs_match(&c->paired, c->law, w->data, order, err));
    c->paired = c->paired && !w->data[0]->cluster && !w->data[1]->cluster;
    for (int g = 0; g < 2; g++) {
        ll_fit_rows sorted;
        ll_fit_opts o = c->opts.fit;
        if (g == 1 && !c->paired) o.seed = ~o.seed;
        LL_TRY(ll_fit_rows_copy(&sorted, w->data[g], order[g], err));
        const ll_fit_data view = ll_fit_rows_view(&sorted);
        ll_status s = ll_fit_run(&c->fit[g], c->law, &view, &o, err);
        ll_fit_rows_free(&sorted);
        if (s != LL_OK) return blame(c, g, err);
        w->data[g] = &c->fit[g].data;
    }
    return LL_OK;
}

static ll_status fit_both(work *w, ll_error *err) {
    for (int g = 0; g < 2; g++) {
        if (ll_fit_check(w->c->law, w->data[g], &w->c->opts.fit, err) != LL_OK) return blame(w->c, g, err);
    }
    int64_t n = w->data[0]->n, *block = malloc((size_t)(n + w->data[1]->n) * sizeof *block);
    if (!block) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld rows", (long long)n);
    ll_status s = fit_ordered(w, (int64_t *const[]) { block, block + n }, err);
    free(block);
    return s;
}

/* A unit is a pair, a cluster of one group, or a row. */
static ll_status number_units(work *w, ll_error *err) {
    const int64_t n[2] = { w->data[0]->n, w->data[1]->n };
    w->unit = malloc((size_t)(n[0] + n[1]) * sizeof *w->unit);
    if (!w->unit) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld rows", (long long)(n[0] + n[1]));
    int32_t *at = w->unit;
    int64_t numbered = 0;
    for (int g = 0; g < 2; at += n[g++]) {
        const int32_t first = g && !w->c->paired ? (int32_t)numbered : 0;
        int64_t groups = n[g];
        int32_t *cluster = w->data[g]->cluster ? ll_cluster_number(w->data[g]->cluster, n[g], &groups) : NULL;
        if (w->data[g]->cluster && !cluster) return LL_FAIL(err, LL_ENOMEM, "out of memory for clusters");
        for (int64_t i = 0; i < n[g]; i++) at[i] = first + (cluster ? cluster[i] : (int32_t)i);
        free(cluster);
        numbered = first + groups;
    }
    return LL_OK;
}

static double share_of(const ll_resampler *s) {
    return s->take ? (double)s->take / (double)s->n_groups : 1;
}

/* Draws of a part scatter too far by the root of that share, which is one number: of both sides the same share is
 * taken, so that neither weighs more beside the other than it does in the table. */
static void take_the_same_share(work *w) {
    const double share = fmax(share_of(&w->sampler[0]), share_of(&w->sampler[1]));
    for (int g = 0; g < 2; g++)
        w->sampler[g].take = share < 1 ? (int64_t)ceil(share * (double)w->sampler[g].n_groups) : 0;
    w->share = share;
}

static ll_status prepare(work *w, ll_error *err) {
    LL_TRY(number_units(w, err));
    for (int g = 0; g < 2; g++) {
        ll_problem q;
        LL_TRY(ll_problem_of_fit(&q, &w->rows[g], &w->c->fit[g], err));
        LL_TRY(ll_resampler_new(&w->sampler[g], &w->c->fit[g], &q, err));
    }
    take_the_same_share(w);
    return LL_OK;
}

/* ---- from draws to changes ---- */

int64_t ll_compare_draws(const ll_compare *c) {
    return c->fit[0].n_draws < c->fit[1].n_draws ? c->fit[0].n_draws : c->fit[1].n_draws;
}

/* Few runs widen an interval; the group that has fewer decides. */
ll_estimate ll_compare_interval(const ll_compare *c, double value, double *v, int64_t n) {
    const ll_fit *fewer = &c->fit[c->fit[1].n < c->fit[0].n];
    return ll_fit_interval(fewer, value, v, n);
}

static double change_of(const ll_law *law, int j, double baseline, double other) {
    return ll_compare_part(law, j) == LL_OFFSET ? other / baseline : other - baseline;
}

static void separate_changes(ll_compare *c, double *v) {
    const int p = c->law->n_params;
    const int64_t n = ll_compare_draws(c);
    for (int j = 0; j < p; j++) {
        for (int64_t i = 0; i < n; i++)
            v[i] = change_of(c->law, j, c->fit[0].draws[i * p + j], c->fit[1].draws[i * p + j]);
        double value = change_of(c->law, j, c->fit[0].params[j].value, c->fit[1].params[j].value);
        c->change[j] = ll_compare_interval(c, value, v, n);
    }
}

/* ---- one hypothesis ---- */

typedef struct draw_room {
    ll_rows rows[2];
    int32_t *count;
} draw_room;

typedef struct joint_draws {
    const work *w;
    const ll_problem *q;
    const double *theta; /* the optimum */
    double *out;         /* [n_boot][q->p]; the first is NaN where a draw failed */
    draw_room *room;     /* of each thread */
} joint_draws;

static void draw(void *ctx, int64_t i, int worker) {
    const joint_draws *d = ctx;
    draw_room *mine = &d->room[worker];
    double *theta = d->out + i * d->q->p, value, share = sqrt(d->w->share);
    ll_joint joint = *d->q->joint;
    ll_problem q = *d->q;
    q.joint = &joint;
    memcpy(theta, d->theta, (size_t)q.p * sizeof *theta);
    bool drawn = true;
    for (int g = 0; g < 2; g++) {
        drawn = drawn && ll_resample_draw(&d->w->sampler[g], i, &mine->rows[g], mine->count);
        joint.rows[g] = &mine->rows[g];
    }
    if (drawn) ll_polish(&q, theta, 1e-8, &value);
    if (!drawn || !isfinite(value)) theta[0] = NAN;
    for (int j = 0; j < q.p; j++) theta[j] = d->theta[j] + share * (theta[j] - d->theta[j]);
}

static void free_room(joint_draws *d, int threads) {
    for (int t = 0; d->room && t < threads; t++) {
        for (int g = 0; g < 2; g++) ll_rows_free(&d->room[t].rows[g]);
        free(d->room[t].count);
    }
    free(d->room);
    free(d->out);
}

static ll_status make_room(joint_draws *d, int threads, ll_error *err) {
    const int64_t n[2] = { d->w->rows[0].n, d->w->rows[1].n };
    d->room = calloc((size_t)threads, sizeof *d->room);
    d->out = malloc((size_t)d->w->c->opts.fit.n_boot * (size_t)d->q->p * sizeof *d->out);
    bool ok = d->room && d->out;
    for (int t = 0; ok && t < threads; t++) {
        d->room[t].count = malloc((size_t)(n[0] > n[1] ? n[0] : n[1]) * sizeof(int32_t));
        ok = d->room[t].count && ll_rows_new(&d->room[t].rows[0], n[0], err) == LL_OK &&
             ll_rows_new(&d->room[t].rows[1], n[1], err) == LL_OK;
    }
    return ok ? LL_OK : LL_FAIL(err, LL_ENOMEM, "out of memory for %d threads", threads);
}

static double param_at(const ll_problem *q, int g, int j, const double *theta) {
    double t = theta[q->joint->at[g][j]];
    return q->log[j] ? exp(t) : t;
}

static void joint_changes(ll_compare_model *m, const joint_draws *d, int64_t n_draws, double *v) {
    const ll_compare *c = d->w->c;
    const ll_problem *q = d->q;
    const int64_t rows = c->fit[0].n + c->fit[1].n;
    for (int j = 0; j < c->law->n_params; j++) {
        if (!(m->own >> j & 1)) continue;
        int64_t n = 0;
        for (int64_t i = 0; i < n_draws; i++) {
            const double *theta = d->out + i * q->p;
            if (isfinite(theta[0]))
                v[n++] = change_of(c->law, j, param_at(q, 0, j, theta), param_at(q, 1, j, theta));
        }
        double value = change_of(c->law, j, m->params[0][j], m->params[1][j]);
        m->change[j] = ll_interval(value, v, n, c->opts.fit.level, rows, rows - q->n_free);
    }
}

/* Descends from every pair of the groups' optima, each also with the other group's shared part. */
static void find_optimum(const work *w, const ll_problem *q, double *theta, double *value) {
    const ll_fit *fit = w->c->fit;
    *value = INFINITY;
    for (int a = 0; a < fit[0].n_optima; a++)
        for (int b = 0; b < fit[1].n_optima; b++)
            for (int first = 0; first < 2; first++) {
                const double *p[2] = { fit[0].optima[a].params, fit[1].optima[b].params };
                double at[P_MAX], F;
                ll_joint_theta(q, p[first], p[!first], at);
                ll_polish(q, at, 1e-14, &F);
                if (!(F < *value)) continue;
                *value = F;
                memcpy(theta, at, (size_t)q->p * sizeof *at);
            }
}

/* That nothing differs is tested against each part as well as against all of them. */
static void test(const work *w, ll_compare_model *m, uint32_t all) {
    const ll_compare *c = w->c;
    ll_nested t = { .law = c->law,
                    .data = { w->data[0], w->data[1] },
                    .params = { m->params[0], m->params[1] },
                    .own = m->own,
                    .wider = { all },
                    .n_wider = 1,
                    .unit = w->unit,
                    .seed = c->opts.fit.seed,
                    .fixed = c->opts.fit.fixed };
    for (int h = LL_FLOOR; h < LL_HYPOTHESES && !m->own; h++)
        if (c->model[h].own && c->model[h].own != all) t.wider[t.n_wider++] = c->model[h].own;
    m->p = ll_nested_p(&t);
    m->enough = m->p > c->opts.alarm;
}

static ll_status weigh(const work *w, ll_compare_model *m, uint32_t all, double *v, ll_error *err) {
    const ll_compare *c = w->c;
    ll_joint joint;
    ll_problem q;
    double theta[P_MAX];
    ll_joint_init(&q, &joint, c->law, &c->opts.fit, &w->rows[0], &w->rows[1], m->own);
    find_optimum(w, &q, theta, &m->objective);
    if (!isfinite(m->objective)) return LL_FAIL(err, LL_ENUM, "law %s: no finite fit of both groups", c->law->name);
    for (int g = 0; g < 2; g++) ll_joint_params(&q, g, theta, m->params[g]);
    test(w, m, all);
    joint_draws d = { .w = w, .q = &q, .theta = theta };
    const int64_t n_draws = ll_compare_draws(c) > 1 && m->own ? c->opts.fit.n_boot : 0;
    ll_status s = n_draws ? make_room(&d, c->opts.fit.threads, err) : LL_OK;
    if (s == LL_OK) {
        if (n_draws) ll_threads_for(n_draws, c->opts.fit.threads, draw, &d);
        joint_changes(m, &d, n_draws, v);
    }
    free_room(&d, c->opts.fit.threads);
    return s;
}

/* ---- all of them ---- */

static ll_answer judge(const ll_compare *c) {
    int enough = 0, which = 0;
    if (!(c->model[LL_SAME].p >= 0)) return LL_ANSWER_UNTESTED;
    if (c->model[LL_SAME].enough) return LL_ANSWER_SAME;
    for (int h = LL_FLOOR; h < LL_HYPOTHESES; h++)
        if (c->model[h].there && c->model[h].enough) enough++, which = h;
    return enough == 0 ? LL_ANSWER_SEVERAL : enough > 1 ? LL_ANSWER_UNCLEAR : (ll_answer)which;
}

static bool fits(const ll_law *law, uint32_t own) {
    int p = law->n_params;
    for (; own; own &= own - 1) p++;
    return p <= P_MAX;
}

static ll_status hypotheses(work *w, ll_error *err) {
    ll_compare *c = w->c;
    uint32_t all = 0;
    for (int j = 0; j < c->law->n_params; j++) {
        if (c->opts.fit.fixed >> j & 1) continue;
        c->model[ll_compare_part(c->law, j)].own |= 1u << j;
        all |= 1u << j;
    }
    double *v = malloc((size_t)(c->opts.fit.n_boot > 0 ? c->opts.fit.n_boot : 1) * sizeof *v);
    if (!v) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld draws", (long long)c->opts.fit.n_boot);
    ll_status s = LL_OK;
    for (int h = 0; h < LL_HYPOTHESES && s == LL_OK; h++) {
        ll_compare_model *m = &c->model[h];
        m->there = h == LL_SAME || (m->own && m->own != all && fits(c->law, m->own));
        m->p = NAN;
        if (m->there) s = weigh(w, m, all, v, err);
    }
    if (s == LL_OK) separate_changes(c, v);
    free(v);
    c->objective = c->fit[0].objective + c->fit[1].objective;
    c->answer = judge(c);
    return s;
}

ll_status ll_compare_run(ll_compare *c, const ll_law *law, const ll_fit_data *baseline, const ll_fit_data *other,
                         const ll_compare_opts *opts, ll_error *err) {
    *c = (ll_compare) { .law = law, .opts = *opts };
    work w = { .c = c, .data = { baseline, other } };
    if (law->below_zero)
        return LL_FAIL(err, LL_EINPUT, "law %s: its losses may lie below zero, and of such there is no gain",
                       law->name);
    if (c->opts.alarm == 0) c->opts.alarm = 0.05;
    LL_TRY(ll_fit_opts_resolve(&opts->fit, &c->opts.fit, err));
    c->opts.fit.no_influence = true;
    ll_status s = fit_both(&w, err);
    if (s == LL_OK) s = prepare(&w, err);
    if (s == LL_OK) s = hypotheses(&w, err);
    for (int g = 0; g < 2; g++) {
        ll_rows_free(&w.rows[g]);
        ll_resampler_free(&w.sampler[g]);
    }
    free(w.unit);
    if (s != LL_OK) ll_compare_clear(c);
    return s;
}

void ll_compare_clear(ll_compare *c) {
    ll_fit_clear(&c->fit[0]);
    ll_fit_clear(&c->fit[1]);
    *c = (ll_compare) { 0 };
}

const char *ll_hypothesis_name(ll_hypothesis h) {
    return ll_answer_name((ll_answer)h);
}

const char *ll_answer_name(ll_answer a) {
    static const char *const names[] = { "same", "floor", "offset", "exponent", "unclear", "several", "untested" };
    return names[a];
}
