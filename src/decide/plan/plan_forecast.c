#include "decide/plan/plan_forecast.h"

#include <math.h>

#include "forecast/belief/forecast.h"
#include "stat/student.h"

/* ---- what a run will reach ---- */

/* The forecast of ln loss at a point into room: the belief's, moved by what the law says that repeated tokens cost
 * where the belief does not read them. */
static ll_status forecast(const ll_plan_law *l, const ll_plan_ask *ask, const ll_plan_point *at,
                          double room[LL_POSTERIOR_ROOM], ll_mixture *m, ll_error *err) {
    const double unique = ask->unique_tokens > 0 ? fmin(at->D, ask->unique_tokens) : at->D;
    const double x[LL_VAR_COUNT] = {
        [LL_VAR_N] = at->N, [LL_VAR_D] = at->D, [LL_VAR_C] = 6 * at->N * at->D, [LL_VAR_U] = unique
    };
    LL_TRY(ll_posterior_predict(l->belief, x, room, m, err));
    const double repeated = log(ll_plan_loss(l->law, l->params, ask, at->N, at->D) / l->law->eval(l->params, x));
    for (int k = 0; k < m->n; k++) ((double *)m->mean)[k] += repeated;
    return LL_OK;
}

/* How probable it is that the run ends at or below a loss that is itself known to loss_sd. */
static double probability_of(const ll_mixture *m, double loss, double loss_sd) {
    double p = 0;
    for (int k = 0; k < m->n; k++)
        p += m->weight[k] * ll_normal_cdf((log(loss) - m->mean[k]) / hypot(m->sd[k], loss_sd));
    return p;
}

static ll_status planned(ll_plan *p, const ll_plan_law *l, ll_error *err) {
    double room[LL_POSTERIOR_ROOM];
    ll_mixture m;
    LL_TRY(forecast(l, &p->ask, &p->point, room, &m, err));
    p->loss = ll_forecast_estimate(&m, p->level);
    if (p->ask.loss > 0) p->probability = probability_of(&m, p->ask.loss, p->ask.loss_sd);
    return LL_OK;
}

/* ---- the least budget by the forecast ---- */

typedef struct crossing {
    const ll_plan_law *l;
    const ll_plan_ask *ask;
    double level; /* of the quantile that is to reach ask->loss */
} crossing;

/* Whether the quantile of the best run of C FLOPs lies at or below the target. */
static ll_status reached(const crossing *c, double C, bool *yes, ll_error *err) {
    double room[LL_POSTERIOR_ROOM];
    ll_mixture m;
    const ll_plan_point at = ll_plan_spend(c->l->law, c->l->params, c->ask, C);
    if (!(at.D > 0)) return *yes = false, LL_OK; /* serving alone takes more */
    LL_TRY(forecast(c->l, c->ask, &at, room, &m, err));
    *yes = ll_mixture_quantile(&m, c->level) <= log(c->ask->loss);
    return LL_OK;
}

/* From a budget near it outwards in steps, then by halving ln C. LL_PLAN_MOST: there is none. */
static ll_status cross(const crossing *c, double near, double *C, ll_error *err) {
    enum { HALVINGS = 40 };
    static const double step = 4, least = 1e3;
    bool yes;
    LL_TRY(reached(c, near, &yes, err));
    const bool down = yes;
    double lo = near, hi = near;
    while (yes == down && hi < LL_PLAN_MOST && lo > least) {
        if (down) hi = lo, lo /= step;
        else lo = hi, hi *= step;
        LL_TRY(reached(c, down ? lo : hi, &yes, err));
    }
    if (!down && !yes) return *C = LL_PLAN_MOST, LL_OK;
    for (int i = 0; i < HALVINGS; i++) {
        const double middle = sqrt(lo * hi);
        LL_TRY(reached(c, middle, &yes, err));
        *(yes ? &hi : &lo) = middle;
    }
    *C = hi;
    return LL_OK;
}

ll_status ll_plan_least_budget(ll_plan *p, const ll_plan_law *l, ll_error *err) {
    const double tail = (1 - p->level) / 2;
    const double start = fmax(ll_posterior_look(l->belief).largest, 1e6);
    crossing c = { l, &p->ask, 0.5 };
    p->flops = (ll_estimate) { NAN, NAN, NAN, NAN };
    LL_TRY(cross(&c, start, &p->flops.value, err));
    if (p->flops.value >= LL_PLAN_MOST) return LL_OK;
    c.level = tail;
    LL_TRY(cross(&c, p->flops.value, &p->flops.lo, err));
    c.level = 1 - tail;
    return cross(&c, p->flops.value, &p->flops.hi, err);
}

/* ---- other sizes at the budget ---- */

/* The forecast's median of N parameters at the plan's budget; NaN: serving leaves no tokens, or less than one. */
static ll_status median_at(const ll_plan *p, const ll_plan_law *l, double N, double *median, ll_error *err) {
    double room[LL_POSTERIOR_ROOM];
    ll_mixture m;
    const ll_plan_point at = { N, ll_plan_tokens_left(&p->ask, p->point.C, N), p->point.C, NAN };
    *median = NAN;
    if (!(at.D > 1 && at.N > 1)) return LL_OK;
    LL_TRY(forecast(l, &p->ask, &at, room, &m, err));
    *median = exp(ll_mixture_quantile(&m, 0.5));
    return LL_OK;
}

/* The size of the lowest median, from 1/16 to 16 times the planned, by steps of the root of two. */
static ll_status lowest(const ll_plan *p, const ll_plan_law *l, ll_plan_size *best, ll_error *err) {
    enum { STEPS = 8 };
    *best = (ll_plan_size) { .size = 1, .at = p->point, .forecast = p->loss.value, .more_flops = 1 };
    for (int k = -STEPS; k <= STEPS; k++) {
        const double size = exp2(k / 2.0), N = size * p->point.N;
        double median;
        LL_TRY(median_at(p, l, N, &median, err));
        if (!(median < best->forecast)) continue;
        const double D = ll_plan_tokens_left(&p->ask, p->point.C, N);
        const double law = ll_plan_loss(l->law, l->params, &p->ask, N, D);
        *best = (ll_plan_size) { size, { N, D, p->point.C, law }, median, NAN };
    }
    return LL_OK;
}

/* The share of the plan's budget with which that size is forecast to reach the plan's loss. */
static ll_status spare(const ll_plan *p, const ll_plan_law *l, ll_plan_size *best, ll_error *err) {
    const ll_plan_ask held = { .params = best->at.N,
                               .loss = p->loss.value,
                               .unique_tokens = p->ask.unique_tokens,
                               .inference_tokens = p->ask.inference_tokens };
    double C;
    LL_TRY(cross(&(crossing) { l, &held, 0.5 }, p->point.C, &C, err));
    best->more_flops = C / p->point.C;
    return LL_OK;
}

ll_status ll_plan_foresee(ll_plan *p, const ll_plan_law *l, ll_error *err) {
    ll_plan_size best;
    LL_TRY(planned(p, l, err));
    for (int k = 0; k < LL_PLAN_CURVE; k++) LL_TRY(median_at(p, l, p->curve[k].at.N, &p->curve[k].forecast, err));
    LL_TRY(lowest(p, l, &best, err));
    const double gap = p->loss.value - best.forecast;
    if (!(gap > 0) || gap <= p->regret.loss) return LL_OK;
    LL_TRY(spare(p, l, &best, err));
    p->lower = best;
    p->regret = (ll_plan_regret) { gap, fmax(p->regret.flops, 1 - best.more_flops) };
    return LL_OK;
}
