#include "decide/plan/plan.h"

#include <math.h>
#include <stdlib.h>

#include "base/system/starved.h"
#include "base/system/threads.h"
#include "decide/plan/plan_forecast.h"
#include "fit/doubt/reach.h"
#include "fit/draws/interval.h"
#include "law/paper.h"
#include "law/published.h"

static const double sizes[LL_PLAN_CURVE] = { 0.25, 0.5, 1, 2, 4 };

/* ---- the numbers of every draw ---- */

/* Of the last two only the mean is asked. */
enum { DRAWN_N, DRAWN_D, DRAWN_C, DRAWN_LAW, DRAWN_RATIO, DRAWN_NEVER, DRAWN_EXCESS, DRAWN_SPARED, DRAWN_COUNT };

typedef struct drawing {
    const ll_plan *p;
    ll_plan_ask ask, choice; /* as asked; and with N and D free */
    const ll_fit *fit;
    const double *target;   /* [n_draws] or NULL */
    double *v[DRAWN_COUNT]; /* [n_draws] each */
} drawing;

/* A draw whose score no loss above zero has is never reached. */
static ll_plan_point reach_target(const drawing *d, const double *draw, double loss) {
    if (d->target && !(loss > 0)) return (ll_plan_point) { LL_PLAN_MOST, LL_PLAN_MOST, LL_PLAN_MOST, NAN };
    return ll_plan_reach(d->fit->law, draw, &d->ask, loss);
}

/* What one draw of the law says of the plan. */
static void judge(void *ctx, int64_t i, int worker) {
    const drawing *d = ctx;
    const ll_law *law = d->fit->law;
    const ll_plan_point *plan = &d->p->point;
    const double *draw = d->fit->draws + i * law->n_params, target = d->target ? d->target[i] : d->ask.loss;
    double loss = ll_plan_loss(law, draw, &d->ask, plan->N, plan->D);
    ll_plan_point same = ll_plan_spend(law, draw, &d->choice, plan->C);
    ll_plan_point best =
        d->ask.flops > 0 ? ll_plan_spend(law, draw, &d->ask, plan->C) : reach_target(d, draw, target);
    ll_plan_point enough = ll_plan_reach(law, draw, &d->choice, loss);
    bool never = best.C >= LL_PLAN_MOST; /* then N and D have no end either, and only their ratio is a number */
    (void)worker;
    d->v[DRAWN_N][i] = never ? LL_PLAN_MOST : best.N;
    d->v[DRAWN_D][i] = never ? LL_PLAN_MOST : best.D;
    d->v[DRAWN_C][i] = best.C;
    d->v[DRAWN_LAW][i] = loss;
    d->v[DRAWN_RATIO][i] = never ? same.D / same.N : best.D / best.N;
    d->v[DRAWN_NEVER][i] = d->p->ask.loss > 0 && !(ll_plan_floor_of(law, draw, &d->ask) < target);
    d->v[DRAWN_EXCESS][i] = fmax(0, loss - same.loss);
    d->v[DRAWN_SPARED][i] = fmax(0, 1 - enough.C / plan->C);
}

static double mean(const double *v, int64_t n) {
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += v[i];
    return sum / (double)n;
}

/* ask: with the budget that the target takes, where the forecast found it. */
static ll_status draw_all(ll_plan *p, const ll_plan_law *l, const ll_plan_ask *ask, ll_error *err) {
    const ll_fit *fit = l->fit;
    const int64_t n = p->n_draws = fit->n_draws;
    double *block = malloc((size_t)(DRAWN_COUNT * n) * sizeof *block);
    drawing d = { .p = p, .fit = fit, .target = l->target, .ask = *ask, .choice = *ask };
    d.choice.params = d.choice.tokens = 0;
    if (!block) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld draws", (long long)n);
    for (int k = 0; k < DRAWN_COUNT; k++) d.v[k] = block + k * n;
    ll_threads_for(n, fit->opts.threads, judge, &d);
    p->unreachable = mean(d.v[DRAWN_NEVER], n);
    p->regret = (ll_plan_regret) { mean(d.v[DRAWN_EXCESS], n), mean(d.v[DRAWN_SPARED], n) };
    p->params = ll_fit_interval(fit, p->point.N, d.v[DRAWN_N], n);
    p->tokens = ll_fit_interval(fit, p->point.D, d.v[DRAWN_D], n);
    if (!isfinite(p->flops.lo)) p->flops = ll_fit_interval(fit, p->point.C, d.v[DRAWN_C], n);
    p->ratio = ll_fit_interval(fit, p->ratio.value, d.v[DRAWN_RATIO], n);
    p->law = ll_fit_interval(fit, p->point.loss, d.v[DRAWN_LAW], n);
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

void ll_plan_see(ll_plan *plan, double flops, double loss) {
    if (flops <= plan->point.C && loss > 0) plan->seen = fmin(plan->seen, loss);
}

bool ll_plan_is_beaten(const ll_plan *plan) {
    return plan->seen < plan->best;
}

static ll_estimate bare(double value) {
    return (ll_estimate) { value, NAN, NAN, NAN };
}

ll_status ll_plan_check_law(const ll_law *law, ll_error *err) {
    if (ll_plan_can(law)) return LL_OK;
    return LL_FAIL(err, LL_EINPUT,
                   "law %s has no budget line: expected chinchilla, chinchilla_tied, kaplan_nd or data_constrained",
                   law->name);
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

ll_plan_law ll_plan_law_studied(const ll_study *s) {
    ll_plan_law law = ll_plan_law_fitted(&s->fit);
    law.belief = s->belief;
    return law;
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
    const bool settled = ask->params > 0 && ask->tokens > 0;
    if (!(ask->flops > 0) && !(ask->loss > 0) && !settled)
        return LL_FAIL(err, LL_EINPUT, "a plan needs a budget, a target loss, or both parameters and tokens");
    if (ask->flops > 0 && settled)
        return LL_FAIL(err, LL_EINPUT,
                       "parameters and tokens are a budget of their own: leave out one of the three");
    return ask->unique_tokens > 0 ? ll_repeats_check(law, err) : LL_OK;
}

static void fill_curve(ll_plan *p, const ll_law *law, const double *params) {
    for (int k = 0; k < LL_PLAN_CURVE; k++) {
        double N = sizes[k] * p->point.N, D = ll_plan_tokens_left(&p->ask, p->point.C, N);
        double C = ll_plan_flops_at(law, params, &p->ask, N, p->point.loss); /* whatever ask holds */
        double loss = D > 0 ? ll_plan_loss(law, params, &p->ask, N, D) : NAN;
        p->curve[k] = (ll_plan_size) { .size = sizes[k],
                                       .at = { N, D > 0 ? D : NAN, p->point.C, loss },
                                       .forecast = NAN,
                                       .more_flops = C / p->point.C };
    }
}

/* The size that a published law gives a budget: its surface's best, or what its frontier says. False where it minds
 * something that it cannot. */
static bool believe(const char *id, const ll_plan_ask *ask, double C, double *N, double *D) {
    const ll_published *q = ll_published_find(id);
    if (ask->unique_tokens > 0 && !(q && ll_repeats_check(q->law, NULL) == LL_OK)) return false;
    if (q) {
        const ll_plan_point at = ll_plan_spend(q->law, q->params, ask, C);
        *N = at.N;
        *D = at.D;
        return true;
    }
    const ll_paper *frontier = ll_paper_find(id);
    double x[LL_IN_COUNT];
    ll_paper_blank(x);
    x[LL_IN_FLOPS] = C;
    *N = frontier->out[0].value(frontier->constant, x);
    *D = ll_plan_tokens_left(ask, C, *N);
    return *D > 0;
}

/* What it costs to have believed another law: the first-named published ones of the field. Kaplan's sizes are those of
 * his frontier of least compute; the lowest L(N, D) at 6 N D, which trains each size to the end, is a third as
 * large. */
static void fill_others(ll_plan *p, const ll_plan_law *l) {
    ll_plan_ask choice = p->ask;
    choice.params = choice.tokens = 0;
    static const char *const ids[LL_PLAN_OTHERS] = { "hoffmann2022", "besiroglu2024", "muennighoff2023_c4",
                                                     "kaplan2020_frontier" };
    for (int k = 0; k < LL_PLAN_OTHERS; k++) {
        double N, D;
        if (!believe(ids[k], &choice, p->point.C, &N, &D)) continue;
        if (fabs(log(N / p->point.N)) < 1e-6) continue; /* the plan's own law */
        const double loss = ll_plan_loss(l->law, l->params, &p->ask, N, D);
        const ll_plan_point enough = ll_plan_reach(l->law, l->params, &choice, loss);
        p->other[p->n_others++] = (ll_plan_other) { ids[k], N, D, loss, fmax(0, 1 - enough.C / p->point.C) };
    }
}

/* The budget: what was asked for, what N and D take, or the least for the target. */
static ll_status budget_of(ll_plan *p, const ll_plan_law *l, double *C, ll_error *err) {
    const ll_plan_ask *ask = &p->ask;
    *C = ask->flops;
    if (ask->flops > 0) return LL_OK;
    if (ask->params > 0 && ask->tokens > 0) return *C = ll_plan_spend(l->law, l->params, ask, 0).C, LL_OK;
    if (l->belief) {
        LL_TRY(ll_plan_least_budget(p, l, err));
        *C = p->flops.value;
    } else *C = ll_plan_reach(l->law, l->params, ask, ask->loss).C;
    if (*C < LL_PLAN_MOST) return LL_OK;
    const ll_estimate floor = ll_plan_floor(l, ask);
    return below_floor(&floor, ask->loss, p->level, err);
}

static ll_status solve(ll_plan *p, const ll_plan_law *l, ll_plan_ask *spent, ll_error *err) {
    const ll_plan_ask *ask = &p->ask;
    double C;
    LL_TRY(budget_of(p, l, &C, err));
    p->point = ll_plan_spend(l->law, l->params, ask, C);
    *spent = *ask;
    if (l->belief) spent->flops = p->point.C;
    if (!(p->point.N > 1.01 && p->point.D > 1.01))
        return LL_FAIL(err, LL_EINPUT, "%.4g FLOPs buy no run: %.3g parameters and %.3g tokens", p->point.C,
                       p->point.N, p->point.D);
    if (!(ask->unique_tokens > 0)) return LL_OK;
    ll_plan_ask endless = *ask;
    endless.unique_tokens = 0;
    p->epochs = p->point.D / ask->unique_tokens;
    p->repeats = ll_repeats_of(l->law, l->params);
    p->free = ll_plan_spend(l->law, l->params, &endless, p->point.C);
    return LL_OK;
}

ll_status ll_plan_make(ll_plan *out, const ll_plan_law *l, const ll_plan_ask *ask, ll_error *err) {
    const ll_fit *fit = l->fit;
    ll_plan_ask spent;
    LL_TRY(check(l->law, ask, err));
    *out = (ll_plan) { .ask = *ask,
                       .level = fit ? fit->opts.level : NAN,
                       .unreachable = NAN,
                       .probability = NAN,
                       .epochs = NAN,
                       .free = { NAN, NAN, NAN, NAN },
                       .flops = bare(NAN),
                       .reach = NAN,
                       .below = NAN,
                       .seen = NAN,
                       .lower = { .size = NAN, .forecast = NAN, .more_flops = NAN },
                       .regret = { NAN, NAN } };
    LL_TRY(solve(out, l, &spent, err));
    out->params = bare(out->point.N);
    out->tokens = bare(out->point.D);
    if (!isfinite(out->flops.lo)) out->flops = bare(out->point.C);
    out->ratio = bare(out->point.D / out->point.N);
    out->law = bare(out->point.loss);
    out->best = ll_plan_spend(l->law, l->params, &(ll_plan_ask) { 0 }, out->point.C).loss;
    fill_curve(out, l->law, l->params);
    fill_others(out, l);
    if (fit) {
        set_reach(out, fit);
        out->seen = lowest_fitted(fit, out->point.C);
        if (fit->n_draws > 1) LL_TRY(draw_all(out, l, &spent, err));
    }
    out->loss = out->law;
    return l->belief ? ll_plan_foresee(out, l, err) : LL_OK;
}

ll_status ll_plan_best_run(const ll_study *s, double flops, double unique_tokens, double *params, double *tokens,
                           ll_error *err) {
    const ll_fit *fit = &s->fit;
    const ll_plan_ask ask = { .unique_tokens = unique_tokens };
    if (unique_tokens > 0) LL_TRY(ll_repeats_check(s->law, err));
    if (ll_plan_can(s->law)) {
        const ll_plan_law law = ll_plan_law_fitted(fit);
        const ll_plan_point best = ll_plan_spend(law.law, law.params, &ask, flops);
        *params = best.N;
        *tokens = best.D;
        return LL_OK;
    }
    return ll_reach_path(&s->data, flops, params, tokens, err);
}
