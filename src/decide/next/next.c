#include "decide/next/next.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "decide/next/lattice.h"
#include "decide/plan/shape.h"

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

static ll_status find_target(ll_next *out, const ll_next_belief *b, ll_error *err) {
    ll_next_ask *a = &out->ask;
    const double largest = b->largest;
    if (a->flops > 0) {
        if (largest == 0) out->target = ll_place_at(sqrt(a->flops / (6 * a->ratio)), a->flops);
        else LL_TRY(ll_next_optimum(b->forecast, b->n, a->flops, a->ratio, &out->target, err));
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
    double score; /* of ll_what_if_score */
} choice;

typedef struct search {
    ll_what_if *what;
    int m; /* places to choose from */
    double budget;
    const double *cost; /* [m] */
    double *score;      /* [m] scratch */
} search;

/* The place that leaves least for one more run, or for the j-th moved, among those that cost no more than room;
 * -1: none. */
static int best_place(const search *s, int j, double room) {
    int best = -1;
    ll_what_if_score(s->what, j, s->score);
    for (int i = 0; i < s->m; i++)
        if (s->cost[i] <= room && (best < 0 || s->score[i] < s->score[best])) best = i;
    return best;
}

static double cost_of(const search *s, const choice *c) {
    double sum = 0;
    for (int j = 0; j < c->n; j++) sum += s->cost[c->set[j]];
    return sum;
}

/* Moves each run in turn to where it is best. */
static void sweep(const search *s, choice *c, double most) {
    for (int j = 0; j < c->n; j++) {
        const int old = c->set[j];
        const double room = s->budget * (1 + 1e-12) - cost_of(s, c) + s->cost[old];
        const int new = best_place(s, j, fmin(room, most));
        c->score = s->score[old];
        if (new < 0 || new == old || !(s->score[new] < s->score[old])) continue;
        c->score = s->score[new];
        c->set[j] = new;
        ll_what_if_move(s->what, j, new);
    }
}

/* As many runs as may be, of even cost at first, so that there is something to exchange; none above most. */
static choice exchange(const search *s, int runs, double most) {
    enum { SWEEPS = 20 };
    static const double SETTLED = 1e-3;
    choice c = { .score = INFINITY };
    ll_what_if_reset(s->what);
    while (c.n < runs) {
        const int place = best_place(s, -1, fmin(most, s->budget / runs));
        if (place < 0) break;
        c.set[c.n++] = place;
        ll_what_if_add(s->what, place);
    }
    for (int k = 0; k < SWEEPS; k++) {
        const double before = c.score;
        sweep(s, &c, most);
        if (!(c.score < before - SETTLED)) break;
    }
    return c;
}

/* Fewer runs for a budget too small for all at even cost: the best of every bound and number. */
static choice search_all(const search *s, int runs) {
    enum { BOUNDS = 4 };
    choice best = { .score = INFINITY };
    for (int n = runs; n >= 1; n /= 2) {
        for (int k = 0; k < BOUNDS; k++) {
            choice c = exchange(s, n, s->budget * exp2(-k));
            if (c.n && c.score < best.score) best = c;
        }
        if (best.n) break;
    }
    return best;
}

/* ---- the answer ---- */

/* Supposes the runs once more, each the one that leaves least after those before it. */
static void fill(ll_next *out, const search *s, choice *c, const ll_place *places) {
    ll_what_if_reset(s->what);
    out->mean = ll_what_if_mean(s->what);
    out->sd_after = out->sd = ll_what_if_sd(s->what);
    for (int j = 0; j < c->n; j++) {
        int best = j;
        ll_what_if_score(s->what, -1, s->score);
        for (int i = j + 1; i < c->n; i++)
            if (s->score[c->set[i]] < s->score[c->set[best]]) best = i;
        const int place = c->set[best];
        const ll_place *p = &places[place];
        c->set[best] = c->set[j];
        ll_what_if_add(s->what, place);
        out->sd_after = ll_what_if_sd(s->what);
        out->run[out->n++] =
            (ll_next_run) { p->x[LL_VAR_N], p->x[LL_VAR_D], p->x[LL_VAR_C], s->cost[place], out->sd_after };
        out->cost += s->cost[place];
    }
}

/* places [m + 1], the target last. */
static ll_status choose(ll_next *out, const ll_next_belief *b, const ll_place *places, int m, ll_error *err) {
    double cost[LL_LATTICE_MOST], score[LL_LATTICE_MOST];
    search s = { .m = m, .budget = out->ask.budget, .cost = cost, .score = score };
    for (int i = 0; i < m; i++) cost[i] = ll_lattice_cost(&out->ask, &places[i]);
    LL_TRY(ll_what_if_new(&s.what, b->design, b->n, places, m + 1, b->largest, err));
    choice c = search_all(&s, out->ask.runs);
    ll_what_if_free(s.what);
    LL_TRY(ll_what_if_new(&s.what, b->forecast, b->n, places, m + 1, b->largest, err));
    fill(out, &s, &c, places);
    ll_what_if_free(s.what);
    return LL_OK;
}

static ll_status compare(ll_next *out, const ll_next_belief *b, ll_error *err) {
    ll_place places[LL_NEXT_RUNS + 4];
    double budgets[2];
    ll_what_if *what;
    const double C_hi = out->ask.share * out->target.x[LL_VAR_C];
    const int m = ll_lattice_uniform(&out->ask, C_hi, out->cost, places, budgets);
    if (m == 0) return LL_OK;
    places[m] = out->target;
    LL_TRY(ll_what_if_new(&what, b->forecast, b->n, places, m + 1, b->largest, err));
    out->uniform.n = m;
    out->uniform.C_lo = budgets[0];
    out->uniform.C_hi = budgets[1];
    for (int i = 0; i < m; i++) {
        ll_what_if_add(what, i);
        out->uniform.cost += ll_lattice_cost(&out->ask, &places[i]);
    }
    out->uniform.sd = ll_what_if_sd(what);
    ll_what_if_free(what);
    return LL_OK;
}

ll_status ll_next_choose(ll_next *out, const ll_next_belief *belief, const ll_next_ask *ask, ll_error *err) {
    ll_place places[LL_LATTICE_MOST + 1];
    ll_next_belief b = *belief;
    *out = (ll_next) { 0 };
    LL_TRY(ll_next_resolve(ask, &out->ask, err));
    LL_TRY(find_target(out, &b, err));
    const int m = ll_lattice_fill(&out->ask, out->target.x[LL_VAR_C], places);
    if (m == 0)
        return LL_FAIL(err, LL_EINPUT, "a budget of %.3g %s buys no run of %g parameters or more", out->ask.budget,
                       out->ask.n_paces ? "s" : "FLOPs", LL_SHAPE_LEAST);
    places[m] = out->target;
    if (b.largest == 0) b.largest = places[m - 1].x[LL_VAR_C]; /* the cheapest: any run is then the largest */
    LL_TRY(choose(out, &b, places, m, err));
    return compare(out, &b, err);
}
