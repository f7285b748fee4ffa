#include "forecast/next.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "forecast/lattice.h"

/* ---- what is asked ---- */

static ll_status within(double v, double lo, double hi, const char *what, ll_error *err) {
    if (v >= lo && v <= hi) return LL_OK;
    return LL_FAIL(err, LL_EINPUT, "%s is %g, expected %g to %g", what, v, lo, hi);
}

static ll_status ascending(double at, double before, const char *what, ll_error *err) {
    if (at > before && isfinite(at)) return LL_OK;
    return LL_FAIL(err, LL_EINPUT, "%s: %g after %g, expected ascending numbers above 0", what, at, before);
}

ll_status ll_next_resolve(const ll_next_ask *in, ll_next_ask *out, ll_error *err) {
    *out = *in;
    const bool run = in->params > 0 && in->tokens > 0;
    if (run == (in->flops > 0) || (in->params > 0) != (in->tokens > 0))
        return LL_FAIL(err, LL_EINPUT, "a target is its FLOPs, or its parameters and tokens");
    if (out->runs == 0) out->runs = 16;
    if (out->share == 0) out->share = 0.1;
    if (out->spread == 0) out->spread = 16;
    if (out->ratio == 0) out->ratio = 20;
    LL_TRY(within(out->runs, 1, LL_NEXT_RUNS, "the number of runs", err));
    LL_TRY(within(out->share, 1e-6, 1, "the largest run's share of the target", err));
    LL_TRY(within(out->spread, 1, 1e6, "the spread of tokens per parameter", err));
    LL_TRY(within(out->ratio, 1e-3, 1e9, "tokens per parameter", err));
    LL_TRY(within(run ? 6 * in->params * in->tokens : in->flops, 1e3, 1e40, "the target's FLOPs", err));
    LL_TRY(within(in->n_sizes, 0, LL_NEXT_SIZES, "the number of sizes", err));
    LL_TRY(within(in->n_paces, 0, LL_NEXT_PACES, "the number of paces", err));
    for (int i = 0; i < in->n_sizes; i++) LL_TRY(ascending(in->sizes[i], i ? in->sizes[i - 1] : 0, "sizes", err));
    for (int i = 0; i < in->n_paces; i++) {
        LL_TRY(ascending(in->paces[i].N, i ? in->paces[i - 1].N : 0, "sizes of the paces", err));
        LL_TRY(ascending(in->paces[i].tokens_per_s, 0, "tokens per second", err));
    }
    if (in->budget > 0 && isfinite(in->budget)) return LL_OK;
    return LL_FAIL(err, LL_EINPUT, "the budget is %g, expected a finite number above 0", in->budget);
}

/* ---- the target ---- */

static ll_status mean_at(const ll_posterior *const *posteriors, int n, const ll_place *at, double *mean,
                         ll_error *err) {
    double room[LL_POSTERIOR_ROOM];
    ll_mixture m;
    *mean = 0;
    for (int l = 0; l < n; l++) {
        LL_TRY(ll_posterior_predict(posteriors[l], at->x, room, &m, err));
        *mean += ll_mixture_mean(&m) / n;
    }
    return LL_OK;
}

/* By a scan, then a finer one about its best: a departure may leave more than one valley. */
ll_status ll_next_optimum(const ll_posterior *const *posteriors, int n, double C, double ratio, ll_place *out,
                          ll_error *err) {
    enum { SCAN = 40 };
    double centre = 0.5 * log(C / (6 * ratio)), reach = 0.5 * log(1e4), best = INFINITY, at = centre;
    for (int pass = 0; pass < 2; pass++, centre = at, reach /= SCAN / 2)
        for (int k = 0; k <= SCAN; k++) {
            const double ln_n = centre + reach * (2.0 * k / SCAN - 1);
            const ll_place p = ll_place_at(exp(ln_n), C);
            double mean;
            LL_TRY(mean_at(posteriors, n, &p, &mean, err));
            if (mean < best) best = mean, at = ln_n, *out = p;
        }
    return LL_OK;
}

static ll_status find_target(ll_next *out, const ll_posterior *const *posteriors, int n, double largest,
                             ll_error *err) {
    ll_next_ask *a = &out->ask;
    if (a->flops > 0) {
        if (largest == 0) out->target = ll_place_at(sqrt(a->flops / (6 * a->ratio)), a->flops);
        else LL_TRY(ll_next_optimum(posteriors, n, a->flops, a->ratio, &out->target, err));
    } else out->target = ll_place_at(a->params, 6 * a->params * a->tokens);
    const double C = out->target.x[LL_VAR_C];
    if (C <= largest)
        return LL_FAIL(err, LL_EINPUT, "the target of %.3g FLOPs is within the runs, whose largest has %.3g", C,
                       largest);
    a->ratio = out->target.x[LL_VAR_D] / out->target.x[LL_VAR_N];
    return LL_OK;
}

/* ---- exchange ---- */

typedef struct choice {
    int n, set[LL_NEXT_RUNS];
    double sd;
} choice;

typedef struct search {
    ll_what_if *what;
    int m; /* places to choose from */
    double budget;
    const double *cost; /* [m] */
    double *sd;         /* [m] scratch */
} search;

/* The place that leaves least beside the set, among those that cost no more than room; -1: none. */
static int best_beside(const search *s, const int *set, int n, double room) {
    int best = -1;
    ll_what_if_each(s->what, set, n, s->sd);
    for (int i = 0; i < s->m; i++)
        if (s->cost[i] <= room && (best < 0 || s->sd[i] < s->sd[best])) best = i;
    return best;
}

static double cost_of(const search *s, const choice *c) {
    double sum = 0;
    for (int j = 0; j < c->n; j++) sum += s->cost[c->set[j]];
    return sum;
}

/* Takes each run out in turn and puts back what is best in its stead. */
static void sweep(const search *s, choice *c, double most) {
    for (int j = 0; j < c->n; j++) {
        const int old = c->set[j];
        c->set[j] = c->set[c->n - 1];
        c->n--;
        const double room = s->budget * (1 + 1e-12) - cost_of(s, c);
        const int new = best_beside(s, c->set, c->n, fmin(room, most));
        const int put = new >= 0 && s->sd[new] < s->sd[old] ? new : old;
        c->sd = s->sd[put];
        c->set[c->n++] = c->set[j];
        c->set[j] = put;
    }
}

/* As many runs as may be, of even cost at first, so that there is something to exchange; none above most. */
static choice exchange(const search *s, int runs, double most) {
    enum { SWEEPS = 20 };
    static const double SETTLED = 1e-3;
    choice c = { .n = 0 };
    for (int place = 0; c.n < runs && place >= 0;) {
        place = best_beside(s, c.set, c.n, fmin(most, s->budget / runs));
        if (place >= 0) c.set[c.n++] = place;
    }
    c.sd = INFINITY;
    for (int k = 0; k < SWEEPS; k++) {
        const double before = c.sd;
        sweep(s, &c, most);
        if (c.sd > before - SETTLED) break;
    }
    return c;
}

/* Fewer runs for a budget too small for all at even cost: the best of every bound and number. */
static choice search_all(const search *s, int runs) {
    enum { BOUNDS = 4 };
    choice best = { .sd = INFINITY };
    for (int n = runs; n >= 1; n /= 2) {
        for (int k = 0; k < BOUNDS; k++) {
            choice c = exchange(s, n, s->budget * exp2(-k));
            if (c.n && c.sd < best.sd) best = c;
        }
        if (best.n) break;
    }
    return best;
}

/* ---- the answer ---- */

/* Each run is the one that leaves least after those before it. */
static void put_in_order(const search *s, choice *c) {
    for (int j = 0; j < c->n; j++) {
        int best = j;
        ll_what_if_each(s->what, c->set, j, s->sd);
        for (int i = j + 1; i < c->n; i++)
            if (s->sd[c->set[i]] < s->sd[c->set[best]]) best = i;
        const int first = c->set[best];
        c->set[best] = c->set[j];
        c->set[j] = first;
    }
}

static void fill(ll_next *out, const search *s, choice *c, const ll_place *places) {
    put_in_order(s, c);
    for (int j = 0; j < c->n; j++) {
        const ll_place *p = &places[c->set[j]];
        out->run[j] = (ll_next_run) { p->x[LL_VAR_N], p->x[LL_VAR_D], p->x[LL_VAR_C], s->cost[c->set[j]],
                                      ll_what_if_sd(s->what, c->set, j + 1) };
    }
    out->n = c->n;
    out->cost = cost_of(s, c);
    out->sd_after = c->n ? out->run[c->n - 1].sd : out->sd;
}

static ll_status choose(ll_next *out, const ll_posterior *const *posteriors, int n, double *largest,
                        ll_error *err) {
    ll_place places[LL_LATTICE_MOST + 1];
    double cost[LL_LATTICE_MOST], sd[LL_LATTICE_MOST], least = INFINITY;
    const int m = ll_lattice_fill(&out->ask, out->target.x[LL_VAR_C], places);
    search s = { .m = m, .budget = out->ask.budget, .cost = cost, .sd = sd };
    if (m == 0) return LL_FAIL(err, LL_EINPUT, "a budget of %.3g buys no run at all", out->ask.budget);
    for (int i = 0; i < m; i++) {
        cost[i] = ll_lattice_cost(&out->ask, &places[i]);
        least = fmin(least, places[i].x[LL_VAR_C]);
    }
    if (*largest == 0) *largest = least;
    places[m] = out->target;
    LL_TRY(ll_what_if_new(&s.what, posteriors, n, places, m + 1, *largest, err));
    out->mean = ll_what_if_mean(s.what);
    out->sd = ll_what_if_sd(s.what, NULL, 0);
    choice c = search_all(&s, out->ask.runs);
    fill(out, &s, &c, places);
    ll_what_if_free(s.what);
    return LL_OK;
}

static ll_status compare(ll_next *out, const ll_posterior *const *posteriors, int n, double largest,
                         ll_error *err) {
    ll_place places[LL_NEXT_RUNS + 3];
    int set[LL_NEXT_RUNS + 3];
    double budgets[2];
    ll_what_if *what;
    const double C_hi = out->ask.share * out->target.x[LL_VAR_C];
    const int m = ll_lattice_uniform(&out->ask, C_hi, out->cost, places, budgets);
    if (m == 0) return LL_OK;
    places[m] = out->target;
    LL_TRY(ll_what_if_new(&what, posteriors, n, places, m + 1, largest, err));
    out->uniform.n = m;
    out->uniform.C_lo = budgets[0];
    out->uniform.C_hi = budgets[1];
    for (int i = 0; i < m; i++) {
        set[i] = i;
        out->uniform.cost += ll_lattice_cost(&out->ask, &places[i]);
    }
    out->uniform.sd = ll_what_if_sd(what, set, m);
    ll_what_if_free(what);
    return LL_OK;
}

ll_status ll_next_choose(ll_next *out, const ll_posterior *const *posteriors, int n, double largest,
                         const ll_next_ask *ask, ll_error *err) {
    *out = (ll_next) { 0 };
    LL_TRY(ll_next_resolve(ask, &out->ask, err));
    LL_TRY(find_target(out, posteriors, n, largest, err));
    LL_TRY(choose(out, posteriors, n, &largest, err));
    return compare(out, posteriors, n, largest, err);
}
