#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/file.h"
#include "base/words/nearest.h"
#include "base/words/number.h"
#include "cli/cli.h"
#include "cli/show/show_run.h"
#include "cli/store_named.h"
#include "loglog/units.h"
#include "probe/probes.h"
#include "sweep/weights.h"
#include "tensor/choice/kernel_tables.h"

typedef struct probe_args {
    char store[LL_OPTION_TEXT], ladder[LL_OPTION_TEXT], where[LL_OPTION_TEXT], out[LL_OPTION_TEXT];
    int64_t windows, threads;
    bool json;
} probe_args;

#define AT(field) offsetof(probe_args, field)
static const ll_option options[] = {
    { "store", LL_OPT_TEXT, AT(store), "loglog.db", "the store" },
    { "ladder", LL_OPT_TEXT, AT(ladder), "", "the ladder, by id or name; the newest where nothing is said" },
    { "runs", LL_OPT_TEXT, AT(where), "", "only runs for which this holds, such as 'params > 1e5'" },
    { "windows", LL_OPT_INT, AT(windows), "256", "windows of the validation text to read", .min = 2, .max = 1e6 },
    { "threads", LL_OPT_INT, AT(threads), "0", "threads; 0: all cores", .max = 1024 },
    { "out", LL_OPT_TEXT, AT(out), "", "CSV file of every measure, which 'fit' takes" },
    { "json", LL_OPT_BOOL, AT(json), "false", "one JSON document on standard output" },
};
#undef AT

typedef struct probing {
    const probe_args *a;
    const ll_probe_kind *probe;
    ll_run *runs; /* owned */
    int64_t n;
    ll_measures *of; /* [n]; owned */
} probing;

/* ---- asking ---- */

static ll_status ask_run(probing *p, int64_t i, ll_error *err) {
    const ll_kernels *k;
    ll_weights w;
    ll_shard val;
    LL_TRY(ll_kernels_named("auto", "fp32", &k, err));
    LL_TRY(ll_weights_load(&w, p->a->store, p->runs[i].id, err));
    ll_status status = ll_weights_validation(&w, &val, err);
    if (status == LL_OK) {
        const ll_probe_subject subject = { &w.model, k, w.params, &val, p->a->windows, (int)p->a->threads };
        status = p->probe->run(&subject, &p->of[i], err);
        ll_shard_close(&val);
    }
    ll_weights_clear(&w);
    return status == LL_OK ? status : ll_error_prefix(err, "%.120s", p->runs[i].id);
}

static ll_status ask_all(probing *p, ll_error *err) {
    const bool live = !p->a->json && ll_say_width(stderr) > 0;
    p->of = calloc((size_t)p->n + 1, sizeof *p->of);
    if (!p->of) return LL_FAIL(err, LL_ENOMEM, "out of memory");
    ll_status status = LL_OK;
    for (int64_t i = 0; status == LL_OK && i < p->n; i++) {
        if (live)
            ll_say_to(stderr, "\r\033[2K%s: run %lld of %lld", p->probe->name, (long long)i + 1, (long long)p->n);
        status = ask_run(p, i, err);
    }
    if (live) ll_say_to(stderr, "\r\033[2K");
    return status;
}

/* The done runs that were trained here. */
static ll_status select_runs(probing *p, ll_error *err) {
    ll_store *s;
    ll_ladder ladder;
    LL_TRY(ll_cli_open_store(&s, p->a->store, LL_STORE_READ, err));
    ll_status status = ll_store_get_ladder(s, p->a->ladder, &ladder, err);
    if (status == LL_OK) {
        status = ll_store_list_runs(s, ladder.id, LL_RUN_DONE, p->a->where, &p->runs, &p->n, err);
        ll_ladder_clear(&ladder);
    }
    ll_store_close(s);
    if (status == LL_OK && p->n == 0)
        return LL_FAIL(err, LL_EINPUT, "%s: no run is done for which that holds", p->a->store);
    return status;
}

/* ---- answering ---- */

static ll_json *measures_json(const ll_measures *m) {
    ll_json *o = ll_json_object();
    for (int k = 0; k < m->n; k++) {
        ll_json *e = ll_json_group(o, m->of[k].metric);
        ll_json_set_num(e, "value", m->of[k].value);
        ll_json_set_num(e, "se", m->of[k].se);
        ll_json_set_int(e, "n", m->of[k].n);
    }
    return o;
}

static int answer_json(const probing *p) {
    ll_json *doc = ll_json_object(), *runs = ll_json_array();
    ll_json_set_str(doc, "schema", "loglog.probe/1");
    ll_json_set_str(doc, "probe", p->probe->name);
    ll_json_set_str(doc, "unit", p->probe->unit);
    for (int64_t i = 0; i < p->n; i++) {
        ll_json *o = ll_json_object();
        ll_json_set_str(o, "run", p->runs[i].id);
        ll_json_set_num(o, "params", p->runs[i].params);
        ll_json_set_num(o, "tokens", p->runs[i].tokens);
        ll_json_set(o, "metrics", measures_json(&p->of[i]));
        ll_json_push(runs, o);
    }
    ll_json_set(doc, "runs", runs);
    return ll_cli_json(doc);
}

static int answer_text(const probing *p) {
    char n[32], d[32];
    for (int64_t i = 0; i < p->n; i++) {
        const ll_run *r = &p->runs[i];
        ll_say("%s", r->name);
        ll_say(": %s parameters, %s tokens\n%10s %10s %10s\n", ll_units_show(r->params, n, sizeof n),
               ll_units_show(r->tokens, d, sizeof d), p->probe->metric, "loss", "se");
        for (int k = 0; k < p->of[i].n; k++) {
            ll_say("%10s", p->of[i].of[k].metric);
            ll_show_fixed(p->of[i].of[k].value, 10, 5);
            ll_show_fixed(p->of[i].of[k].se, 10, 5);
            ll_say("\n");
        }
    }
    return LL_EXIT_DONE;
}

static ll_status write_csv(const probing *p, ll_error *err) {
    ll_file f;
    LL_TRY(ll_file_create(&f, p->a->out, err));
    fprintf(f.out, "run,params,tokens,%s,loss,loss_se\n", p->probe->metric);
    const ll_number_scope scope = ll_number_begin();
    for (int64_t i = 0; i < p->n; i++)
        for (int k = 0; k < p->of[i].n; k++) {
            const ll_measured *m = &p->of[i].of[k];
            fprintf(f.out, "%s,%.17g,%.17g,%s,%.17g,%.17g\n", p->runs[i].name, p->runs[i].params, p->runs[i].tokens,
                    m->metric, m->value, m->se);
        }
    ll_number_end(scope);
    return ll_file_commit(&f, err);
}

static const ll_probe_kind *probe_named(const char *name, ll_error *err) {
    const ll_probe_kind *found = ll_probe_find(name);
    ll_nearest near = { .word = name };
    char hint[LL_NEAREST_HINT];
    for (const ll_probe_kind *const *p = ll_probes; *p; p++) ll_nearest_try(&near, (*p)->name);
    if (!found)
        LL_FAIL(err, LL_EINPUT, "probe run: no probe '%.40s'%s; 'loglog probe list' lists them", name,
                ll_nearest_hint(&near, hint));
    return found;
}

static int run_probe(const ll_verb *verb, int argc, char **argv) {
    probe_args a;
    ll_words words;
    ll_error err = { 0 };
    int code = ll_cli_parse(verb, &a, &words, argc, argv);
    if (code >= 0) return code;
    if (words.n != 1) return ll_cli_usage("probe run: expected one probe, here are %d words", words.n);
    probing p = { .a = &a, .probe = probe_named(words.at[0], &err) };
    ll_status status = p.probe ? select_runs(&p, &err) : LL_EINPUT;
    if (status == LL_OK) status = ask_all(&p, &err);
    if (status == LL_OK && *a.out) status = write_csv(&p, &err);
    code = status != LL_OK ? ll_cli_fail(&err) : a.json ? answer_json(&p) : answer_text(&p);
    free(p.runs);
    free(p.of);
    return code;
}

static int run_list(const ll_verb *verb, int argc, char **argv) {
    char none;
    ll_words words;
    int code = ll_cli_parse(verb, &none, &words, argc, argv);
    if (code >= 0) return code;
    if (words.n) return ll_cli_usage("probe list: unexpected word '%.80s'", words.at[0]);
    for (const ll_probe_kind *const *p = ll_probes; *p; p++)
        ll_say("%-12s %s, in %s\n", (*p)->name, (*p)->question, (*p)->unit);
    return LL_EXIT_DONE;
}

const ll_verb ll_verb_probe_list = {
    "probe list",
    "list what a trained model can be asked",
    "usage: loglog probe list\n\nexample: loglog probe list\n",
    NULL,
    0,
    run_list,
};

const ll_verb ll_verb_probe_run = {
    "probe run",
    "ask the trained models of a ladder something beyond their loss",
    "usage: loglog probe run PROBE [--store FILE] [--ladder ID] [--runs WHERE] [--out FILE.csv]\n\n"
    "position is the loss after so many tokens of context, over windows of the validation text, with the standard\n"
    "error over the windows; 4 stands for positions 3 and 4, 8 for 5 to 8, and so on. --out writes a table in "
    "which\n"
    "the position is a column: a law of it is fitted as any other.\n\n"
    "  loglog probe run position --store loglog-demo/loglog.db --out position.csv\n"
    "  loglog fit position.csv --law power_floor --x position --where 'params > 1e5'\n",
    options,
    sizeof options / sizeof *options,
    run_probe,
};
