/* Training timed as a whole, and one step by its parts. */
#include <stdio.h>

#include "cli/bench/bench.h"
#include "cli/print.h"
#include "loglog/units.h"
#include "train/machine.h"
#include "train/step_profile.h"
#include "train/throughput.h"

/* ---- throughput ---- */

static void set_throughput(ll_json *o, const ll_throughput *t, const ll_kernels *k) {
    ll_json_set_num(o, "tokens_per_s", t->tokens_per_s);
    ll_json_set_num(o, "flops_per_s", t->flops_per_s);
    ll_json_set_num(o, "peak_flops_per_s", t->flops_per_s / t->share_of_peak);
    ll_json_set_num(o, "share_of_peak", t->share_of_peak);
    ll_json_set_str(o, "precision", k->precision);
    ll_json_set_str(o, "kernels", k->name);
    ll_json_set_int(o, "trainers", t->trainers);
    ll_json_set_int(o, "threads", t->threads);
}

static void print_throughput(const ll_throughput *t, const ll_kernels *k) {
    char rate[32];
    ll_say("%-10s %s  %d x %d threads  %8s tokens/s  %7.1f GFLOP/s  %5.1f %% of peak\n", k->name, k->precision,
           t->trainers, t->threads, ll_units_show(t->tokens_per_s, rate, sizeof rate), t->flops_per_s / 1e9,
           100 * t->share_of_peak);
}

typedef struct fastest {
    ll_throughput rate;
    const ll_kernels *kernels;
} fastest;

static ll_status time_layout(const ll_bench *b, const ll_kernels *k, int trainers, double peak, ll_json *all,
                             fastest *best, ll_error *err) {
    ll_throughput t;
    ll_json *o = ll_json_object();
    ll_json_push(all, o);
    const ll_throughput_ask ask = { &b->model, k, b->batch, trainers, b->threads / trainers, peak, b->seconds };
    LL_TRY(ll_throughput_measure(&t, &ask, err));
    set_throughput(o, &t, k);
    if (!b->json) print_throughput(&t, k);
    if (t.tokens_per_s > best->rate.tokens_per_s) *best = (fastest) { t, k };
    return LL_OK;
}

ll_status ll_bench_train(const ll_bench *b, ll_json *doc, ll_error *err) {
    ll_json *all = ll_json_array();
    fastest best = { 0 };
    ll_json_set(doc, "all", all);
    for (int i = 0; i < b->n_tables; i++) {
        double peak = ll_machine_flops(b->table[i], b->threads);
        LL_TRY(time_layout(b, b->table[i], 1, peak, all, &best, err));
        if (b->threads > 1) LL_TRY(time_layout(b, b->table[i], b->threads, peak, all, &best, err));
    }
    set_throughput(doc, &best.rate, best.kernels);
    return LL_OK;
}

/* ---- profile ---- */

static ll_json *part_json(const ll_step_part *p, double step_s, double peak) {
    double spent = ll_step_part_seconds(p);
    ll_json *o = ll_json_object();
    ll_json_set_str(o, "name", p->name);
    ll_json_set_num(o, "forward_s", p->seconds[LL_STEP_FORWARD]);
    ll_json_set_num(o, "backward_s", p->seconds[LL_STEP_BACKWARD]);
    ll_json_set_num(o, "update_s", p->seconds[LL_STEP_UPDATE]);
    ll_json_set_num(o, "share_of_step", spent / step_s);
    if (p->flops <= 0) return o;
    ll_json_set_num(o, "flops", p->flops);
    ll_json_set_num(o, "share_of_peak", p->flops / spent / peak);
    return o;
}

static void print_part(const ll_step_part *p, double step_s, double peak) {
    double spent = ll_step_part_seconds(p);
    ll_say("  %-18s", p->name);
    for (int phase = 0; phase < LL_STEP_PHASES; phase++) ll_say(" %9.3f", 1e3 * p->seconds[phase]);
    ll_say(" %6.1f %%", 100 * spent / step_s);
    if (p->flops > 0) ll_say(" %8.1f GFLOP/s %5.1f %%", p->flops / spent / 1e9, 100 * p->flops / spent / peak);
    ll_say("\n");
}

static double all_flops(const ll_step_profile *p) {
    double sum = 0;
    for (int i = 0; i < p->n; i++) sum += p->part[i].flops;
    return sum;
}

static void print_profile(const ll_step_profile *p, const ll_kernels *k, double peak) {
    double rate = all_flops(p) / p->step_s;
    ll_say("%s, one thread: a step of %.3f ms, %.1f GFLOP/s, %.1f %% of peak\n", k->name, 1e3 * p->step_s,
           rate / 1e9, 100 * rate / peak);
    ll_say("  %-18s %9s %9s %9s %8s\n", "milliseconds", "forward", "backward", "update", "share");
    for (int i = 0; i < p->n; i++) print_part(&p->part[i], p->step_s, peak);
    ll_say("  %-18s %30s%7.1f %%\n", "outside kernels", "", 100 * p->outside_s / p->step_s);
}

static ll_json *profile_json(const ll_step_profile *p, const ll_kernels *k, double peak) {
    ll_json *o = ll_json_object(), *parts = ll_json_array();
    ll_json_set_str(o, "kernels", k->name);
    ll_json_set_str(o, "precision", k->precision);
    ll_json_set_num(o, "peak_flops_per_s", peak);
    ll_json_set_num(o, "share_of_peak", all_flops(p) / p->step_s / peak);
    ll_json_set_num(o, "step_s", p->step_s);
    ll_json_set_num(o, "outside_s", p->outside_s);
    ll_json_set_int(o, "steps", p->steps);
    for (int i = 0; i < p->n; i++) ll_json_push(parts, part_json(&p->part[i], p->step_s, peak));
    ll_json_set(o, "parts", parts);
    return o;
}

ll_status ll_bench_profile(const ll_bench *b, ll_json *doc, ll_error *err) {
    ll_json *out = ll_json_array();
    ll_json_set(doc, "profile", out);
    for (int i = 0; i < b->n_tables; i++) {
        const ll_kernels *k = b->table[i];
        ll_step_profile p;
        double peak = ll_machine_flops(k, 1);
        LL_TRY(ll_step_profile_measure(&p, &b->model, k, b->batch, b->seconds, err));
        if (!b->json) print_profile(&p, k, peak);
        ll_json_push(out, profile_json(&p, k, peak));
    }
    return LL_OK;
}
