#include "decide/next/next_json.h"

#include <math.h>

ll_estimate ll_next_then(const ll_next_told *told, double sd) {
    if (!told->now) return (ll_estimate) { NAN, NAN, NAN, NAN };
    const ll_estimate *now = &told->now->loss;
    const double by = sd / told->next->sd;
    if (by == 1) return *now; /* to the last bit */
    return (ll_estimate) { now->value, now->value * sd, now->value * pow(now->lo / now->value, by),
                           now->value * pow(now->hi / now->value, by) };
}

int ll_next_that_matter(const ll_next *n, double share) {
    const double all = n->sd - n->sd_after;
    int k = 0;
    while (k < n->n && n->sd - (k ? n->run[k - 1].sd : n->sd) < share * all) k++;
    return k;
}

static ll_json *forecast(const ll_next_told *told, double sd) {
    const ll_estimate e = ll_next_then(told, sd);
    ll_json *o = ll_json_object();
    ll_json_set_num(o, "sd_ln_loss", sd);
    ll_json_set_num(o, "value", e.value);
    ll_json_set(o, "ci", ll_json_interval(isfinite(e.lo), e.lo, e.hi));
    ll_json_set_num(o, "level", told->now ? told->now->level : NAN);
    return o;
}

static ll_json *run(const ll_next_run *r, double before) {
    ll_json *o = ll_json_object();
    ll_json_set_num(o, "params", r->N);
    ll_json_set_num(o, "tokens", r->D);
    ll_json_set_num(o, "flops", r->C);
    ll_json_set_num(o, "cost", r->cost);
    ll_json_set_num(o, "sd_before", before);
    ll_json_set_num(o, "sd_after", r->sd);
    return o;
}

static ll_json *target(const ll_next *n) {
    ll_json *o = ll_json_object();
    ll_json_set_num(o, "params", n->target.x[LL_VAR_N]);
    ll_json_set_num(o, "tokens", n->target.x[LL_VAR_D]);
    ll_json_set_num(o, "flops", n->target.x[LL_VAR_C]);
    return o;
}

static ll_json *uniform(const ll_next_told *told) {
    const ll_next *n = told->next;
    ll_json *o = ll_json_object();
    ll_json_set_int(o, "runs", n->uniform.n);
    ll_json_set(o, "flops", ll_json_nums((double[]) { n->uniform.C_lo, n->uniform.C_hi }, 2));
    ll_json_set_num(o, "cost", n->uniform.cost);
    ll_json_set(o, "forecast", forecast(told, n->uniform.sd));
    return o;
}

ll_json *ll_next_json(const ll_next_told *told) {
    const ll_next *n = told->next;
    ll_json *o = ll_json_object(), *runs = ll_json_array();
    ll_json_set_str(o, "schema", "loglog.next/1");
    ll_json_set_str(o, "law", told->law);
    ll_json_set_int(o, "runs_so_far", told->study ? told->study->data.n : 0);
    ll_json_set(o, "target", target(n));
    ll_json_set_str(o, "cost_unit", n->ask.n_paces ? "seconds" : "flops");
    ll_json_set_num(o, "budget", n->ask.budget);
    ll_json_set_num(o, "cost", n->cost);
    for (int i = 0; i < n->n; i++) ll_json_push(runs, run(&n->run[i], i ? n->run[i - 1].sd : n->sd));
    ll_json_set(o, "runs", runs);
    ll_json_set(o, "now", forecast(told, n->sd));
    ll_json_set(o, "after", forecast(told, n->sd_after));
    if (n->uniform.n) ll_json_set(o, "uniform", uniform(told));
    return o;
}
