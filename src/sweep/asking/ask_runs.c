#include "sweep/asking/ask_runs.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/words/number.h"
#include "store/table/csv.h"
#include "sweep/asking/weights.h"
#include "tensor/choice/kernel_tables.h"

typedef struct ask {
    const ll_ask_opts *opts;
    const ll_probe_kind *const *probes;
    int n_probes;
    ll_store *store;
    char settings[sizeof((ll_run_score *)0)->settings];
    ll_asked_runs *out;
} ask;

/* ---- one run ---- */

static ll_status add_score(ll_asked_run *to, const ll_run_score *score, ll_error *err) {
    ll_run_score *bigger = realloc(to->scores, (size_t)(to->n + 1) * sizeof *bigger);
    if (!bigger) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld scores", (long long)to->n + 1);
    to->scores = bigger;
    bigger[to->n++] = *score;
    return LL_OK;
}

/* Those of the probe that are there; *found says whether there are any. */
static ll_status take_kept(const ask *a, ll_asked_run *to, const ll_run_score *kept, int64_t n, const char *probe,
                           bool *found, ll_error *err) {
    *found = false;
    for (int64_t i = 0; i < n; i++) {
        if (strcmp(kept[i].probe, probe) != 0 || kept[i].step != (int64_t)to->run.steps) continue;
        if (strcmp(kept[i].settings, a->settings) != 0) continue;
        LL_TRY(add_score(to, &kept[i], err));
        *found = true;
    }
    return LL_OK;
}

static ll_status put_measures(const ask *a, ll_asked_run *to, const char *probe, const ll_measures *m,
                              ll_error *err) {
    const int64_t before = to->n;
    for (int k = 0; k < m->n; k++) {
        ll_run_score s = { .step = (int64_t)to->run.steps,
                           .value = m->of[k].value,
                           .se = m->of[k].se,
                           .items = m->of[k].n,
                           .chance = m->of[k].chance };
        snprintf(s.probe, sizeof s.probe, "%s", probe);
        snprintf(s.metric, sizeof s.metric, "%s", m->of[k].metric);
        snprintf(s.settings, sizeof s.settings, "%s", a->settings);
        LL_TRY(add_score(to, &s, err));
    }
    return ll_store_put_scores(a->store, to->run.id, to->scores + before, to->n - before, err);
}

static ll_status ask_model(const ask *a, ll_asked_run *to, const ll_probe_kind *probe, ll_error *err) {
    const ll_kernels *k;
    ll_weights w;
    ll_shard val;
    ll_measures m;
    LL_TRY(ll_kernels_named("auto", "fp32", &k, err));
    LL_TRY(ll_weights_load(&w, a->opts->store, to->run.id, err));
    ll_status status = ll_weights_validation(&w, &val, err);
    if (status == LL_OK) {
        const ll_probe_subject subject = {
            .model = &w.model, .kernels = k, .params = w.params, .val = &val, .opts = &a->opts->probe
        };
        status = probe->run(&subject, &m, err);
        ll_shard_close(&val);
    }
    ll_weights_clear(&w);
    if (status == LL_OK) status = put_measures(a, to, probe->name, &m, err);
    return status == LL_OK ? status : ll_error_prefix(err, "%.120s", to->run.id);
}

/* By probe; metrics that are numbers by their size. */
static int in_order(const void *a, const void *b) {
    const ll_run_score *x = a, *y = b;
    char *end_x, *end_y;
    if (strcmp(x->probe, y->probe) != 0) return strcmp(x->probe, y->probe);
    const double vx = strtod(x->metric, &end_x), vy = strtod(y->metric, &end_y);
    if (*end_x || *end_y || vx == vy) return strcmp(x->metric, y->metric);
    return vx < vy ? -1 : 1;
}

static ll_status ask_run(const ask *a, int64_t i, ll_error *err) {
    ll_asked_run *to = &a->out->of[i];
    ll_run_score *kept = NULL;
    int64_t n = 0;
    ll_status status = a->opts->again ? LL_OK : ll_store_list_scores(a->store, to->run.id, &kept, &n, err);
    for (int p = 0; p < a->n_probes && status == LL_OK; p++) {
        const ll_probe_kind *probe = a->probes[p];
        bool found;
        status = take_kept(a, to, kept, n, probe->name, &found, err);
        if (status != LL_OK || found) continue;
        if (a->opts->progress) a->opts->progress(a->opts->ctx, probe->name, to->run.name, i, a->out->n);
        status = ask_model(a, to, probe, err);
        a->out->measured++;
    }
    if (to->n) qsort(to->scores, (size_t)to->n, sizeof *to->scores, in_order);
    free(kept);
    return status;
}

/* ---- all of them ---- */

static ll_status select_runs(const ask *a, ll_error *err) {
    ll_ladder ladder;
    ll_run *runs = NULL;
    int64_t n = 0;
    LL_TRY(ll_store_get_ladder(a->store, a->opts->ladder, &ladder, err));
    ll_status status = ll_store_list_runs(a->store, ladder.id, LL_RUN_DONE, a->opts->where, &runs, &n, err);
    ll_ladder_clear(&ladder);
    if (status == LL_OK && n == 0)
        status = LL_FAIL(err, LL_EINPUT, "%s: no run is done for which that holds", a->opts->store);
    if (status == LL_OK && !(a->out->of = calloc((size_t)n, sizeof *a->out->of)))
        status = LL_FAIL(err, LL_ENOMEM, "out of memory for %lld runs", (long long)n);
    for (int64_t i = 0; i < n && status == LL_OK; i++) a->out->of[a->out->n++].run = runs[i];
    free(runs);
    return status;
}

ll_status ll_ask_runs(ll_asked_runs *out, const ll_ask_opts *opts, const ll_probe_kind *const *probes, int n_probes,
                      ll_error *err) {
    ask a = { .opts = opts, .probes = probes, .n_probes = n_probes, .out = out };
    *out = (ll_asked_runs) { 0 };
    snprintf(a.settings, sizeof a.settings, "windows=%lld", (long long)opts->probe.windows);
    LL_TRY(ll_store_open_there(&a.store, opts->store, LL_STORE_WRITE, err));
    ll_status status = select_runs(&a, err);
    for (int64_t i = 0; i < out->n && status == LL_OK; i++) status = ask_run(&a, i, err);
    ll_store_close(a.store);
    if (status != LL_OK) ll_asked_runs_clear(out);
    return status;
}

static void print_number(FILE *out, double v) {
    char buf[LL_NUMBER_TEXT];
    fprintf(out, ",%s", isnan(v) ? "" : ll_number_show(v, buf));
}

void ll_asked_runs_print(FILE *out, const ll_asked_runs *asked, const ll_probe_kind *probe) {
    fprintf(out, "run,params,tokens,%s,loss,loss_se\n", probe->metric);
    for (int64_t i = 0; i < asked->n; i++)
        for (int64_t k = 0; k < asked->of[i].n; k++) {
            const ll_run *r = &asked->of[i].run;
            const ll_run_score *m = &asked->of[i].scores[k];
            if (strcmp(m->probe, probe->name) != 0) continue;
            ll_csv_print(out, r->name);
            print_number(out, r->params);
            print_number(out, r->tokens);
            fprintf(out, ",%s", m->metric);
            print_number(out, m->value);
            print_number(out, m->se);
            fputc('\n', out);
        }
}

void ll_asked_runs_clear(ll_asked_runs *asked) {
    for (int64_t i = 0; i < asked->n; i++) free(asked->of[i].scores);
    free(asked->of);
    *asked = (ll_asked_runs) { 0 };
}
