#include "fit/doubt/coverage.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/threads.h"
#include "fit/doubt/simulate.h"

enum { MAX_STUDIES = 1000000, MAX_DRAWS = 200 };

/* How one interval fared in one study. */
typedef enum fate { FAILED = 0, COVERED, BELOW, ABOVE } fate;

typedef struct trials {
    const ll_trial *trial;
    ll_coverage *c;
    ll_simulator simulator;
    unsigned char *fates; /* [studies][n_items] */
    double *scratch;      /* [threads][2 n] losses and cluster effects */
} trials;

static fate judge(const ll_estimate *e, double planted) {
    if (!isfinite(e->lo) || !isfinite(e->hi)) return FAILED;
    return e->hi < planted ? BELOW : e->lo > planted ? ABOVE : COVERED;
}

static void judge_all(const trials *t, const ll_fit *fit, unsigned char *fates) {
    const ll_trial *trial = t->trial;
    int k = 0;
    for (int j = 0; j < fit->law->n_params; j++)
        if (!(trial->opts.fixed >> j & 1)) {
            fates[k] = (unsigned char)judge(&fit->params[j], t->c->item[k].planted);
            k++;
        }
    for (int i = 0; i < trial->n_targets; i++, k++) {
        ll_estimate e = ll_fit_derived(fit, trial->target[i].f, trial->target[i].ctx);
        fates[k] = (unsigned char)judge(&e, t->c->item[k].planted);
    }
}

/* One study, on one thread: its resamples have a seed of their own. */
static void study(void *ctx, int64_t i, int worker) {
    trials *t = ctx;
    double *loss = t->scratch + 2 * worker * t->simulator.n;
    ll_fit_data data = *t->trial->data;
    ll_fit_opts opts = t->trial->opts;
    ll_fit fit;
    ll_simulate(&t->simulator, i, loss, loss + t->simulator.n);
    data.loss = loss;
    opts.threads = 1;
    opts.no_influence = true;
    opts.seed += 1 + (uint64_t)i;
    if (ll_fit_run(&fit, t->trial->law, &data, &opts, NULL) == LL_OK) {
        judge_all(t, &fit, t->fates + i * t->c->n_items);
        ll_fit_clear(&fit);
    }
    if (worker == 0 && t->trial->tick) t->trial->tick(t->trial->ctx, i);
}

static void add_item(ll_coverage *c, const char *name, double planted) {
    c->item[c->n_items++] = (ll_coverage_item) { .name = name, .planted = planted };
}

static void name_items(ll_coverage *c, const ll_trial *t) {
    for (int j = 0; j < t->law->n_params; j++)
        if (!(t->opts.fixed >> j & 1)) add_item(c, t->law->params[j].name, t->params[j]);
    for (int i = 0; i < t->n_targets; i++)
        add_item(c, t->target[i].name, t->target[i].f(t->params, t->target[i].ctx));
}

/* A study without an interval for every item is failed. */
static void count(ll_coverage *c, const unsigned char *fates, int64_t studies) {
    for (int64_t i = 0; i < studies; i++) {
        const unsigned char *f = fates + i * c->n_items;
        if (memchr(f, FAILED, (size_t)c->n_items)) {
            c->failed++;
            continue;
        }
        c->studies++;
        for (int k = 0; k < c->n_items; k++) {
            c->item[k].covered += f[k] == COVERED;
            c->item[k].below += f[k] == BELOW;
            c->item[k].above += f[k] == ABOVE;
        }
    }
    for (int k = 0; k < c->n_items; k++) {
        double n = (double)c->studies, share = c->item[k].share = (double)c->item[k].covered / n;
        c->item[k].se = sqrt(share * (1 - share) / n);
    }
}

static ll_status check(const ll_trial *t, ll_error *err) {
    if (t->studies < 1 || t->studies > MAX_STUDIES)
        return LL_FAIL(err, LL_EINPUT, "coverage is %lld studies, expected 1 to %d", (long long)t->studies,
                       MAX_STUDIES);
    if (t->opts.n_boot < 2) return LL_FAIL(err, LL_EINPUT, "coverage needs an interval: at least 2 resamples");
    return LL_OK;
}

ll_status ll_coverage_run(ll_coverage *c, const ll_trial *trial, ll_error *err) {
    ll_trial resolved = *trial;
    LL_TRY(ll_fit_opts_resolve(&trial->opts, &resolved.opts, err));
    LL_TRY(check(&resolved, err));
    trials t = { .trial = &resolved, .c = c };
    *c = (ll_coverage) { .draws = resolved.opts.n_boot, .level = resolved.opts.level };
    name_items(c, &resolved);
    LL_TRY(ll_simulator_new(&t.simulator, &resolved, err));
    c->noise_sd = t.simulator.total_sd;
    const int threads = resolved.opts.threads;
    t.fates = calloc((size_t)resolved.studies, (size_t)c->n_items);
    t.scratch = malloc((size_t)threads * 2 * (size_t)t.simulator.n * sizeof *t.scratch);
    ll_status s = LL_OK;
    if (t.fates && t.scratch) {
        ll_threads_for(resolved.studies, threads, study, &t);
        count(c, t.fates, resolved.studies);
        if (c->studies == 0)
            s = LL_FAIL(err, LL_ENUM, "none of the %lld simulated studies could be fitted", (long long)c->failed);
    } else s = LL_FAIL(err, LL_ENOMEM, "out of memory for %lld studies", (long long)resolved.studies);
    free(t.fates);
    free(t.scratch);
    ll_simulator_free(&t.simulator);
    return s;
}

/* ---- a fit's own design ---- */

static double frontier_a(const double *p, const void *ctx) {
    (void)ctx;
    return ll_chinchilla_frontier(p[1], p[2], p[3], p[4]).a;
}

static double frontier_b(const double *p, const void *ctx) {
    (void)ctx;
    return ll_chinchilla_frontier(p[1], p[2], p[3], p[4]).b;
}

void ll_trial_of_fit(ll_trial *t, const ll_fit *fit) {
    *t = (ll_trial) { .law = fit->law,
                      .data = &fit->data,
                      .opts = fit->opts,
                      .params = fit->optima[0].params,
                      .residual = fit->residual };
    if (t->opts.n_boot > MAX_DRAWS) t->opts.n_boot = MAX_DRAWS;
    if (strcmp(fit->law->name, "chinchilla") != 0) return;
    t->target[t->n_targets++] = (ll_target) { "a", frontier_a, NULL };
    t->target[t->n_targets++] = (ll_target) { "b", frontier_b, NULL };
}

ll_json *ll_coverage_json(const ll_coverage *c) {
    ll_json *o = ll_json_object();
    ll_json_set_int(o, "studies", c->studies);
    ll_json_set_int(o, "failed", c->failed);
    ll_json_set_int(o, "draws", c->draws);
    ll_json_set_num(o, "level", c->level);
    ll_json_set_num(o, "noise_sd", c->noise_sd);
    ll_json *covers = ll_json_group(o, "covers");
    for (int k = 0; k < c->n_items; k++) {
        ll_json *e = ll_json_group(covers, c->item[k].name);
        ll_json_set_num(e, "planted", c->item[k].planted);
        ll_json_set_num(e, "share", c->item[k].share);
        ll_json_set_num(e, "se", c->item[k].se);
        ll_json_set_int(e, "below", c->item[k].below);
        ll_json_set_int(e, "above", c->item[k].above);
    }
    return o;
}
