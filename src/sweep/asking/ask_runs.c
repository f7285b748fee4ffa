#include "sweep/asking/ask_runs.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/clock.h"
#include "model/count.h"
#include "store/table/csv.h"
#include "sweep/asking/probe_settings.h"
#include "sweep/asking/saved_items.h"

typedef char settings[LL_PROBE_SETTINGS];

typedef struct asking {
    const ll_ask_opts *opts;
    const ll_probe_kind *const *probes;
    int n_probes;
    ll_store *store;          /* NULL: scores are not kept */
    settings *settings;       /* [n_probes] */
    double start, spent, all; /* clock; parameters of the pairs that are done, and of all */
    int64_t pairs;            /* done */
    const char *run, *probe;  /* of the pair that is asked */
    int64_t before;           /* answers of the model before it */
    double said;              /* clock of the last progress */
    ll_asked_runs *out;
} asking;

/* ---- one run ---- */

static ll_status add_score(ll_asked_run *to, const ll_run_score *score, ll_error *err) {
    ll_run_score *bigger = realloc(to->scores, (size_t)(to->n + 1) * sizeof *bigger);
    if (!bigger) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld scores", (long long)to->n + 1);
    to->scores = bigger;
    bigger[to->n++] = *score;
    return LL_OK;
}

/* Those of the probe that are there; *found says whether there are any. */
static ll_status take_kept(const asking *a, ll_asked_run *to, const ll_run_score *kept, int64_t n, int p,
                           bool *found, ll_error *err) {
    *found = false;
    for (int64_t i = 0; i < n; i++) {
        if (strcmp(kept[i].probe, a->probes[p]->name) != 0 || kept[i].step != (int64_t)to->run.steps) continue;
        if (strcmp(kept[i].settings, a->settings[p]) != 0) continue;
        LL_TRY(add_score(to, &kept[i], err));
        *found = true;
    }
    return LL_OK;
}

static ll_status put_measures(const asking *a, ll_asked_run *to, int p, const ll_measures *m, ll_error *err) {
    const int64_t before = to->n;
    for (int k = 0; k < m->n; k++) {
        ll_run_score s = { .step = (int64_t)to->run.steps,
                           .value = m->of[k].value,
                           .se = m->of[k].se,
                           .items = m->of[k].n,
                           .chance = m->of[k].chance };
        snprintf(s.probe, sizeof s.probe, "%s", a->probes[p]->name);
        snprintf(s.metric, sizeof s.metric, "%s", m->of[k].metric);
        snprintf(s.settings, sizeof s.settings, "%s", a->settings[p]);
        LL_TRY(add_score(to, &s, err));
    }
    return a->store ? ll_store_put_scores(a->store, to->run.id, to->scores + before, to->n - before, err) : LL_OK;
}

static ll_items_of items_of(const asking *a, const ll_asked_run *to, int p) {
    return (ll_items_of) { a->opts->save, to->run.id, a->probes[p]->name, a->settings[p] };
}

static bool saves(const asking *a) {
    return a->opts->save && *a->opts->save;
}

/* Scores that are kept come after the items that they are means of: who finds them finds the items. */
static ll_status ask_probe(const asking *a, ll_subject *s, ll_asked_run *to, int p, ll_error *err) {
    ll_ask ask = { .probe = a->probes[p], .opts = &a->opts->probe };
    ll_saved_items items;
    ll_measures m;
    ll_status status;
    if (saves(a)) {
        const ll_items_of whose = items_of(a, to, p);
        LL_TRY(ll_saved_items_begin(&items, &whose, err));
        ask.item = ll_saved_items_put;
        ask.ctx = &items;
        status = ll_saved_items_end(&items, ll_subject_ask(s, &ask, &m, err), err);
    } else status = ll_subject_ask(s, &ask, &m, err);
    return status == LL_OK ? put_measures(a, to, p, &m, err) : status;
}

/* Numbers within names by their size: symbol.8 comes before symbol.16. */
static int by_name(const char *a, const char *b) {
    while (*a && *b) {
        char *end_a, *end_b;
        const bool numbers = *a >= '0' && *a <= '9' && *b >= '0' && *b <= '9';
        const long long x = numbers ? strtoll(a, &end_a, 10) : (unsigned char)*a;
        const long long y = numbers ? strtoll(b, &end_b, 10) : (unsigned char)*b;
        if (x != y) return x < y ? -1 : 1;
        a = numbers ? end_a : a + 1;
        b = numbers ? end_b : b + 1;
    }
    return (unsigned char)*a - (unsigned char)*b;
}

static int in_order(const void *a, const void *b) {
    const ll_run_score *x = a, *y = b;
    const int order = strcmp(x->probe, y->probe);
    return order ? order : by_name(x->metric, y->metric);
}

static void say_progress(asking *a, int64_t answers) {
    const double now = ll_clock_now(), gone = now - a->start;
    const ll_ask_progress p = { .probe = a->probe,
                                .run = a->run,
                                .done = a->pairs,
                                .n = a->out->n * a->n_probes,
                                .answers = answers,
                                .left_s = a->spent > 0 ? gone * (a->all - a->spent) / a->spent : NAN };
    a->said = now;
    a->opts->progress(a->opts->ctx, &p);
}

static void hear(void *ctx, int64_t answers) {
    asking *a = ctx;
    if (ll_clock_now() - a->said > 0.2) say_progress(a, answers - a->before);
}

static ll_status ask_aloud(asking *a, ll_subject *s, ll_asked_run *to, int p, ll_error *err) {
    if (!a->opts->progress) return ask_probe(a, s, to, p, err);
    a->run = to->run.name, a->probe = a->probes[p]->name;
    say_progress(a, 0);
    if (s->lm) a->before = s->lm->answers, s->lm->answered = hear, s->lm->ctx = a;
    const ll_status status = ask_probe(a, s, to, p, err);
    if (s->lm) s->lm->answered = NULL;
    return status;
}

/* kept [n]: scores of the run that are there. s is opened when first needed, and closed by the caller. */
static ll_status ask_probes(asking *a, ll_subject *s, ll_asked_run *to, const ll_run_score *kept, int64_t n,
                            ll_error *err) {
    bool open = !a->store;
    for (int p = 0; p < a->n_probes; p++, a->pairs++) {
        const ll_items_of whose = items_of(a, to, p);
        bool found = false;
        if (!saves(a) || ll_saved_items_there(&whose)) LL_TRY(take_kept(a, to, kept, n, p, &found, err));
        if (found) a->all -= to->run.params; /* costs nothing */
        if (found) continue;
        if (!open) LL_TRY(ll_subject_run(s, a->opts->store, to->run.id, a->opts->probe.threads, err));
        open = true;
        LL_TRY(ask_aloud(a, s, to, p, err));
        a->out->measured++;
        a->spent += to->run.params;
    }
    if (to->n) qsort(to->scores, (size_t)to->n, sizeof *to->scores, in_order);
    return LL_OK;
}

static ll_status ask_run(asking *a, int64_t i, ll_error *err) {
    ll_asked_run *to = &a->out->of[i];
    ll_run_score *kept = NULL;
    ll_subject subject = { 0 };
    int64_t n = 0;
    ll_status status = a->opts->again ? LL_OK : ll_store_list_scores(a->store, to->run.id, &kept, &n, err);
    if (status == LL_OK) status = ask_probes(a, &subject, to, kept, n, err);
    ll_subject_close(&subject);
    free(kept);
    return status == LL_OK ? status : ll_error_prefix(err, "%.120s", to->run.id);
}

/* ---- all of them ---- */

static ll_status select_runs(asking *a, ll_error *err) {
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
    for (int64_t i = 0; i < n && status == LL_OK; i++) {
        a->out->of[a->out->n++].run = runs[i];
        a->all += runs[i].params * a->n_probes;
    }
    free(runs);
    return status;
}

static ll_status begin(asking *a, ll_error *err) {
    *a->out = (ll_asked_runs) { 0 };
    a->start = ll_clock_now();
    a->settings = calloc((size_t)a->n_probes, sizeof *a->settings);
    if (!a->settings) return LL_FAIL(err, LL_ENOMEM, "out of memory");
    for (int p = 0; p < a->n_probes; p++)
        LL_TRY(ll_probe_settings(a->settings[p], a->probes[p], &a->opts->probe, err));
    return LL_OK;
}

static ll_status end(asking *a, ll_status status) {
    ll_store_close(a->store);
    free(a->settings);
    if (status != LL_OK) ll_asked_runs_clear(a->out);
    return status;
}

static ll_status ask_store(asking *a, ll_error *err) {
    LL_TRY(begin(a, err));
    LL_TRY(ll_store_open_there(&a->store, a->opts->store, LL_STORE_WRITE, err));
    LL_TRY(select_runs(a, err));
    for (int64_t i = 0; i < a->out->n; i++) LL_TRY(ask_run(a, i, err));
    return LL_OK;
}

ll_status ll_ask_runs(ll_asked_runs *out, const ll_ask_opts *opts, const ll_probe_kind *const *probes, int n_probes,
                      ll_error *err) {
    asking a = { .opts = opts, .probes = probes, .n_probes = n_probes, .out = out };
    return end(&a, ask_store(&a, err));
}

static ll_status ask_one(asking *a, ll_subject *subject, const char *name, ll_error *err) {
    LL_TRY(begin(a, err));
    if (!(a->out->of = calloc(1, sizeof *a->out->of))) return LL_FAIL(err, LL_ENOMEM, "out of memory");
    ll_run *run = &a->out->of[a->out->n++].run;
    snprintf(run->id, sizeof run->id, "%s", name);
    snprintf(run->name, sizeof run->name, "%.200s", name);
    run->params = subject->weights.params ? ll_count_of(&subject->weights.model).params : NAN;
    run->tokens = run->flops = run->flops_exact = NAN;
    a->all = run->params * a->n_probes;
    return ask_probes(a, subject, a->out->of, NULL, 0, err);
}

ll_status ll_ask_subject(ll_asked_runs *out, const ll_ask_opts *opts, ll_subject *subject, const char *name,
                         const ll_probe_kind *const *probes, int n_probes, ll_error *err) {
    asking a = { .opts = opts, .probes = probes, .n_probes = n_probes, .out = out };
    return end(&a, ask_one(&a, subject, name, err));
}

/* ---- as a table ---- */

static int parts_of(const char *name) {
    int n = 1;
    for (; *name; name++) n += *name == '.';
    return n;
}

/* What is between the dots, in so many columns: of fewer parts the last columns. */
static void print_parts(FILE *out, const char *name, int columns) {
    for (int missing = columns - parts_of(name); missing > 0; missing--, columns--) fputc(',', out);
    for (; *name; name++) {
        const bool between = *name == '.' && columns > 1;
        fputc(between ? ',' : *name, out);
        columns -= between;
    }
}

void ll_asked_runs_print(FILE *out, const ll_asked_runs *asked, const ll_probe_kind *probe) {
    const int columns = parts_of(probe->metric);
    fputs("run,params,tokens,", out);
    print_parts(out, probe->metric, columns);
    fputs(",loss,loss_se\n", out);
    for (int64_t i = 0; i < asked->n; i++)
        for (int64_t k = 0; k < asked->of[i].n; k++) {
            const ll_run *r = &asked->of[i].run;
            const ll_run_score *m = &asked->of[i].scores[k];
            if (strcmp(m->probe, probe->name) != 0) continue;
            ll_csv_print(out, r->name);
            ll_csv_next_number(out, r->params);
            ll_csv_next_number(out, r->tokens);
            fputc(',', out);
            print_parts(out, m->metric, columns);
            ll_csv_next_number(out, m->value);
            ll_csv_next_number(out, m->se);
            fputc('\n', out);
        }
}

void ll_asked_runs_clear(ll_asked_runs *asked) {
    for (int64_t i = 0; i < asked->n; i++) free(asked->of[i].scores);
    free(asked->of);
    *asked = (ll_asked_runs) { 0 };
}
