#include "forecast/plan.h"

#include <math.h>
#include <stdlib.h>

#include "base/starved.h"
#include "base/threads.h"
#include "fit/interval.h"
#include "forecast/valley_search.h"
#include "law/published.h"
#include "loglog/random.h"
#include "stat/student.h"

static const double sizes[LL_PLAN_CURVE] = { 0.25, 0.5, 1, 2, 4 };

/* ---- the numbers of every draw ---- */

/* Of the last four only the mean is asked. */
enum {
    DRAWN_N,
    DRAWN_D,
    DRAWN_C,
    DRAWN_LOSS,
    DRAWN_RATIO,
    DRAWN_SCORE,
    DRAWN_NEVER,
    DRAWN_EXCESS,
    DRAWN_SPARED,
    DRAWN_REACHED,
    DRAWN_COUNT
};

typedef struct drawing {
    const ll_plan *p;
    const ll_fit *fit;
    double sd, *v[DRAWN_COUNT]; /* [n_draws] each */
} drawing;

/* What one draw of the law says of the plan. */
static void judge(void *ctx, int64_t i, int worker) {
    const drawing *d = ctx;
    const ll_law *law = d->fit->law;
    const ll_plan_ask *ask = &d->p->ask;
    const ll_plan_point *plan = &d->p->point;
    const double *draw = d->fit->draws + i * law->n_params;
    double loss = ll_plan_loss(law, draw, ask, plan->N, plan->D);
    ll_plan_point same = ll_plan_spend(law, draw, ask, plan->C);
    ll_plan_point best = ask->flops > 0 ? same : ll_plan_reach(law, draw, ask, ask->loss);
    ll_plan_point enough = ll_plan_reach(law, draw, ask, loss);
    ll_rng rng = ll_rng_at(d->fit->opts.seed, LL_STREAM_SAMPLE, (uint64_t)i);
    bool never = best.C >= LL_PLAN_MOST; /* then N and D have no end either, and only their ratio is a number */
    (void)worker;
    d->v[DRAWN_SCORE][i] = loss * exp(d->sd * ll_rng_normal(&rng));
    d->v[DRAWN_N][i] = never ? LL_PLAN_MOST : best.N;
    d->v[DRAWN_D][i] = never ? LL_PLAN_MOST : best.D;
    d->v[DRAWN_C][i] = best.C;
    d->v[DRAWN_LOSS][i] = loss;
    d->v[DRAWN_RATIO][i] = never ? same.D / same.N : best.D / best.N;
    d->v[DRAWN_NEVER][i] = never;
    d->v[DRAWN_EXCESS][i] = fmax(0, loss - same.loss);
    d->v[DRAWN_SPARED][i] = fmax(0, 1 - enough.C / plan->C);
    d->v[DRAWN_REACHED][i] =
        ask->loss > 0 ? ll_normal_cdf(log(ask->loss / loss) / fmax(hypot(d->sd, ask->loss_sd), 1e-12)) : NAN;
}

static double mean(const double *v, int64_t n) {
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += v[i];
    return sum / (double)n;
}

static ll_status draw_all(ll_plan *p, const ll_fit *fit, ll_error *err) {
    const int64_t n = p->n_draws = fit->n_draws;
    double *block = malloc((size_t)(DRAWN_COUNT * n) * sizeof *block);
    drawing d = { .p = p,
                  .fit = fit,
                  .sd = isfinite(fit->residual_sd) ? fit->residual_sd : 0 }; /* NaN: no freedom */
    if (!block) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld draws", (long long)n);
    for (int k = 0; k < DRAWN_COUNT; k++) d.v[k] = block + k * n;
    ll_threads_for(n, fit->opts.threads, judge, &d);
    p->level = fit->opts.level;
    p->unreachable = mean(d.v[DRAWN_NEVER], n);
    p->regret = (ll_plan_regret) { mean(d.v[DRAWN_EXCESS], n), mean(d.v[DRAWN_SPARED], n) };
    p->probability = mean(d.v[DRAWN_REACHED], n);
    p->params = ll_fit_interval(fit, p->point.N, d.v[DRAWN_N], n);
    p->tokens = ll_fit_interval(fit, p->point.D, d.v[DRAWN_D], n);
    p->flops = ll_fit_interval(fit, p->point.C, d.v[DRAWN_C], n);
    p->ratio = ll_fit_interval(fit, p->ratio.value, d.v[DRAWN_RATIO], n);
    p->loss = ll_fit_interval(fit, p->point.loss, d.v[DRAWN_LOSS], n);
    p->score = ll_fit_interval(fit, p->point.loss, d.v[DRAWN_SCORE], n);
    free(block);
    return LL_OK;
}

/* ---- the plan ---- */

static double flops_fitted(const ll_fit *fit, int64_t i) {
    return 6 * fit->data.x[LL_VAR_N][i] * fit->data.x[LL_VAR_D][i];
}

/* Where the run stands beside the largest and the smallest 6 N D that were fitted. */
static void set_reach(ll_plan *p, const ll_fit *fit) {
    double most = 0, least = INFINITY, C = 6 * p->point.N * p->point.D;
    for (int64_t i = 0; i < fit->n; i++) {
        most = fmax(most, flops_fitted(fit, i));
        least = fmin(least, flops_fitted(fit, i));
    }
    p->reach = C / most;
    p->below = least / C;
}

/* The lowest loss among the rows of at most C FLOPs; infinite when there are none. */
static double lowest_fitted(const ll_fit *fit, double C) {
    double lowest = INFINITY;
    for (int64_t i = 0; i < fit->n; i++)
        if (flops_fitted(fit, i) <= C) lowest = fmin(lowest, fit->data.loss[i]);
    return lowest;
}

static ll_estimate bare(double value) {
    return (ll_estimate) { value, NAN, NAN, NAN };
}

ll_plan_law ll_plan_law_published(const ll_law *law, const double *params) {
    ll_plan_law l = { .law = law };
    for (int j = 0; j < law->n_params; j++) l.params[j] = params[j];
    return l;
}

ll_plan_law ll_plan_law_fitted(const ll_fit *fit) {
    ll_plan_law l = { .law = fit->law, .fit = fit };
    for (int j = 0; j < fit->law->n_params; j++) l.params[j] = fit->params[j].value;
    return l;
}

ll_estimate ll_plan_floor(const ll_plan_law *l, const ll_plan_ask *ask) {
    const ll_fit *fit = l->fit;
    double value = ll_plan_floor_of(l->law, l->params, ask);
    double *v = fit && fit->n_draws > 1 ? ll_counted(malloc((size_t)fit->n_draws * sizeof *v)) : NULL;
    if (!v) return bare(value);
    for (int64_t i = 0; i < fit->n_draws; i++)
        v[i] = ll_plan_floor_of(l->law, fit->draws + i * l->law->n_params, ask);
    ll_estimate e = ll_fit_interval(fit, value, v, fit->n_draws);
    free(v);
    return e;
}

static ll_status below_floor(const ll_estimate *floor, double loss, double level, ll_error *err) {
    if (isfinite(floor->lo))
        return LL_FAIL(err, LL_EINPUT,
                       "no budget reaches a loss of %.6g: the law's floor is %.5g (%g %% [%.5g, %.5g])", loss,
                       floor->value, 100 * level, floor->lo, floor->hi);
    return LL_FAIL(err, LL_EINPUT,
                   "no budget reaches a loss of %.6g: the law's floor is %.5g (known without an interval)", loss,
                   floor->value);
}

static ll_status check(const ll_law *law, const ll_plan_ask *ask, ll_error *err) {
    if (!ll_plan_can(law))
        return LL_FAIL(err, LL_EINPUT, "law %s cannot be planned with: expected one of N and D, %s", law->name,
                       "such as E + A/N^alpha + B/D^beta");
    if (!(ask->flops > 0) && !(ask->loss > 0))
        return LL_FAIL(err, LL_EINPUT, "a plan needs a budget or a target loss");
    if (ask->unique_tokens > 0 && !ll_plan_minds_unique(law))
        return LL_FAIL(err, LL_EINPUT, "law %s does not say what repeated tokens are worth: expected %s", law->name,
                       "one of the form E + A/N^alpha + B/D^beta");
    return LL_OK;
}

static void fill_curve(ll_plan *p, const ll_law *law, const double *params) {
    for (int k = 0; k < LL_PLAN_CURVE; k++) {
        double N = sizes[k] * p->point.N, D = p->point.C / (6 * N) - p->ask.inference_tokens / 3;
        double C = ll_plan_flops_at(law, params, &p->ask, N, p->point.loss);
        double loss = D > 0 ? ll_plan_loss(law, params, &p->ask, N, D) : NAN;
        p->curve[k] = (ll_plan_size) { .size = sizes[k],
                                       .at = { N, D > 0 ? D : NAN, p->point.C, loss },
                                       .more_flops = C / p->point.C };
    }
}

/* What it costs to have believed another law: the first-named published surfaces of the field. */
static void fill_others(ll_plan *p, const ll_plan_law *l) {
    static const char *const ids[LL_PLAN_OTHERS] = { "hoffmann2022", "besiroglu2024", "muennighoff2023_c4",
                                                     "kaplan2020" };
    for (int k = 0; k < LL_PLAN_OTHERS; k++) {
        const ll_published *q = ll_published_find(ids[k]);
        if (p->ask.unique_tokens > 0 && !ll_plan_minds_unique(q->law)) continue;
        ll_plan_point at = ll_plan_spend(q->law, q->params, &p->ask, p->point.C);
        if (fabs(log(at.N / p->point.N)) < 1e-6) continue; /* the plan's own law */
        double loss = ll_plan_loss(l->law, l->params, &p->ask, at.N, at.D);
        ll_plan_point enough = ll_plan_reach(l->law, l->params, &p->ask, loss);
        p->other[p->n_others++] = (ll_plan_other) { q->id, at.N, at.D, loss, fmax(0, 1 - enough.C / p->point.C) };
    }
}

static ll_status solve(ll_plan *p, const ll_law *law, const double *params, ll_error *err) {
    const ll_plan_ask *ask = &p->ask;
    p->point =
        ask->flops > 0 ? ll_plan_spend(law, params, ask, ask->flops) : ll_plan_reach(law, params, ask, ask->loss);
    if (!(p->point.N > 1.01 && p->point.D > 1.01 && p->point.C < LL_PLAN_MOST))
        return LL_FAIL(err, LL_EINPUT, "%.4g FLOPs buy no run: %.3g parameters and %.3g tokens", p->point.C,
                       p->point.N, p->point.D);
    if (!(ask->unique_tokens > 0)) return LL_OK;
    ll_plan_ask endless = *ask;
    endless.unique_tokens = 0;
    p->epochs = p->point.D / ask->unique_tokens;
    p->free = ll_plan_spend(law, params, &endless, p->point.C);
    return LL_OK;
}

ll_status ll_plan_make(ll_plan *out, const ll_plan_law *l, const ll_plan_ask *ask, ll_error *err) {
    const ll_fit *fit = l->fit;
    LL_TRY(check(l->law, ask, err));
    *out = (ll_plan) { .ask = *ask,
                       .level = NAN,
                       .unreachable = NAN,
                       .probability = NAN,
                       .epochs = NAN,
                       .free = { NAN, NAN, NAN, NAN },
                       .reach = NAN,
                       .below = NAN,
                       .seen = NAN,
                       .regret = { NAN, NAN } };
    ll_estimate floor = ll_plan_floor(l, ask);
    if (!(ask->flops > 0) && ask->loss <= floor.value)
        return below_floor(&floor, ask->loss, fit ? fit->opts.level : NAN, err);
    LL_TRY(solve(out, l->law, l->params, err));
    out->params = bare(out->point.N);
    out->tokens = bare(out->point.D);
    out->flops = bare(out->point.C);
    out->ratio = bare(out->point.D / out->point.N);
    out->loss = out->score = bare(out->point.loss);
    fill_curve(out, l->law, l->params);
    fill_others(out, l);
    if (!fit) return LL_OK;
    set_reach(out, fit);
    out->seen = lowest_fitted(fit, out->point.C);
    return fit->n_draws > 1 ? draw_all(out, fit, err) : LL_OK;
}
