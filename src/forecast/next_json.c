#include "forecast/next_json.h"

#include <math.h>

#include "stat/student.h"

ll_next_interval ll_next_interval_at(const ll_next *n, double sd) {
    const double z = ll_normal_quantile(0.5 + LL_NEXT_LEVEL / 2);
    return (ll_next_interval) { exp(n->mean - z * sd), exp(n->mean + z * sd) };
}

static ll_json *forecast(const ll_next *n, double sd, bool level) {
    const ll_next_interval i = ll_next_interval_at(n, sd);
    ll_json *o = ll_json_object();
    ll_json_set_num(o, "sd_ln_loss", sd);
    ll_json_set_num(o, "value", level ? exp(n->mean) : NAN);
    ll_json_set(o, "ci", ll_json_interval(level, i.lo, i.hi));
    ll_json_set_num(o, "level", LL_NEXT_LEVEL);
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

static ll_json *uniform(const ll_next *n, bool level) {
    ll_json *o = ll_json_object();
    ll_json_set_int(o, "runs", n->uniform.n);
    ll_json_set(o, "flops", ll_json_nums((double[]) { n->uniform.C_lo, n->uniform.C_hi }, 2));
    ll_json_set_num(o, "cost", n->uniform.cost);
    ll_json_set(o, "forecast", forecast(n, n->uniform.sd, level));
    return o;
}

ll_json *ll_next_json(const ll_next *n, const char *law, int64_t runs_so_far) {
    ll_json *o = ll_json_object(), *runs = ll_json_array();
    const bool level = runs_so_far > 0;
    ll_json_set_str(o, "schema", "loglog.next/1");
    ll_json_set_str(o, "law", law);
    ll_json_set_int(o, "runs_so_far", runs_so_far);
    ll_json_set(o, "target", target(n));
    ll_json_set_str(o, "cost_unit", n->ask.n_paces ? "seconds" : "flops");
    ll_json_set_num(o, "budget", n->ask.budget);
    ll_json_set_num(o, "cost", n->cost);
    for (int i = 0; i < n->n; i++) ll_json_push(runs, run(&n->run[i], i ? n->run[i - 1].sd : n->sd));
    ll_json_set(o, "runs", runs);
    ll_json_set(o, "now", forecast(n, n->sd, level));
    ll_json_set(o, "after", forecast(n, n->sd_after, level));
    if (n->uniform.n) ll_json_set(o, "uniform", uniform(n, level));
    return o;
}
