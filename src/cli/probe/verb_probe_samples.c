#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/system/file.h"
#include "cli/cli.h"
#include "cli/probe/probe_named.h"
#include "cli/show/show_run.h"
#include "cli/store_named.h"
#include "loglog/units.h"
#include "sweep/asking/test_time.h"

typedef struct samples_args {
    char store[LL_OPTION_TEXT], ladder[LL_OPTION_TEXT], where[LL_OPTION_TEXT];
    char weights[LL_OPTION_TEXT], tokenizer[LL_OPTION_TEXT], save[LL_OPTION_TEXT], out[LL_OPTION_TEXT];
    int64_t samples, items, seed, threads;
    double temperature;
    bool again, json;
} samples_args;

#define AT(field) offsetof(samples_args, field)
static const ll_option options[] = {
    { "samples", LL_OPT_INT, AT(samples), "1000", "of each item", .min = 2, .max = 1e6 },
    { "items", LL_OPT_INT, AT(items), "100", "problems", .min = 2, .max = 1e5 },
    { "temperature", LL_OPT_REAL, AT(temperature), "1", "the logits are divided by it", .min = 1e-3, .max = 100 },
    { "seed", LL_OPT_INT, AT(seed), "1", "of the items and of the samples", .max = 9e15 },
    { "store", LL_OPT_TEXT, AT(store), "loglog.db", "the store" },
    { "ladder", LL_OPT_TEXT, AT(ladder), "", "the ladder, by id or name; the newest where nothing is said" },
    { "runs", LL_OPT_TEXT, AT(where), "", "only runs for which this holds, such as 'params > 1e5'" },
    { "weights", LL_OPT_TEXT, AT(weights), "", "in place of a store a safetensors file; its scores are not kept" },
    { "tokenizer", LL_OPT_TEXT, AT(tokenizer), "bytes",
      "of --weights: bytes, gpt2:FOLDER, FILE.tiktoken, FILE.model" },
    { "threads", LL_OPT_INT, AT(threads), "0", "threads; 0: all cores", .max = 1024 },
    { "save", LL_OPT_TEXT, AT(save), "", "folder for RUN.samples.jsonl, a line an item" },
    { "out", LL_OPT_TEXT, AT(out), "", "CSV file, a row for each run and number of samples, which 'fit' takes" },
    { "again", LL_OPT_BOOL, AT(again), "false", "measure anew what the store holds already" },
    { "json", LL_OPT_BOOL, AT(json), "false", "one JSON document on standard output" },
};
#undef AT

/* ---- as JSON ---- */

static ll_json *at_json(const ll_test_time_at *at) {
    ll_json *o = ll_json_object();
    ll_json_set_int(o, "samples", at->samples);
    for (int w = 0; w < LL_WAYS; w++) {
        ll_json *share = ll_json_object();
        ll_json_set_num(share, "value", at->by[w].value);
        ll_json_set_num(share, "se", at->by[w].se);
        ll_json_set(o, ll_way_names[w], share);
    }
    ll_json_set_num(o, "flops_per_question", at->flops);
    return o;
}

static bool covered(const ll_foretold *f, double measured) {
    return f->lo <= measured && measured <= f->hi;
}

static ll_json *foretold_json(const ll_foretold *f, double measured) {
    ll_json *o = ll_json_object(), *interval = ll_json_array();
    ll_json_push(interval, ll_json_num(f->lo));
    ll_json_push(interval, ll_json_num(f->hi));
    ll_json_set_num(o, "value", f->value);
    ll_json_set(o, "ci", interval);
    ll_json_set_num(o, "level", 0.9);
    ll_json_set_num(o, "a", f->a);
    ll_json_set_num(o, "b", f->b);
    ll_json_set_num(o, "measured", measured);
    ll_json_set_bool(o, "covered", covered(f, measured));
    return o;
}

static ll_json *model_json(const ll_test_time_model *m) {
    ll_json *o = ll_json_object(), *at = ll_json_array();
    ll_json_set_str(o, "run", m->run->id);
    ll_json_set_num(o, "params", m->run->params);
    ll_json_set_num(o, "tokens", m->run->tokens);
    ll_json_set_num(o, "train_flops", m->train_flops);
    for (int g = 0; g < m->n; g++) ll_json_push(at, at_json(&m->at[g]));
    ll_json_set(o, "at", at);
    ll_json *forecast = ll_json_object();
    const double measured = m->n ? m->at[m->n - 1].by[LL_WAY_COVERAGE].value : NAN;
    if (isfinite(m->by_beta.value)) ll_json_set(forecast, "beta", foretold_json(&m->by_beta, measured));
    if (isfinite(m->by_law.value)) ll_json_set(forecast, "coverage", foretold_json(&m->by_law, measured));
    ll_json_set(o, "forecast", forecast);
    ll_json_set_num(o, "surprise", m->surprise);
    return o;
}

static ll_json *swap_json(const ll_test_time_model *small, const ll_test_time_model *large, ll_way way) {
    const ll_test_time_swap_of swap = ll_test_time_swap(small, large, way);
    ll_json *o = ll_json_object();
    ll_json_set_str(o, "small", small->run->id);
    ll_json_set_str(o, "large", large->run->id);
    ll_json_set_str(o, "by", ll_way_names[way]);
    ll_json_set_num(o, "size_factor", large->run->params / small->run->params);
    ll_json_set_num(o, "samples", swap.samples);
    ll_json_set_num(o, "questions", swap.questions);
    return o;
}

static int answer_json(const ll_test_time *t, int64_t measured) {
    ll_json *doc = ll_json_object(), *runs = ll_json_array(), *swaps = ll_json_array();
    ll_json_set_str(doc, "schema", "loglog.probe-samples/1");
    ll_json_set_int(doc, "measured", measured);
    for (int64_t i = 0; i < t->n; i++) ll_json_push(runs, model_json(&t->model[i]));
    for (int64_t i = 0; i < t->n; i++)
        for (int64_t j = i + 1; j < t->n; j++)
            for (int w = 0; w < LL_WAYS; w++) ll_json_push(swaps, swap_json(&t->model[i], &t->model[j], (ll_way)w));
    ll_json_set(doc, "runs", runs);
    ll_json_set(doc, "swaps", swaps);
    return ll_cli_json(doc);
}

/* ---- as text ---- */

static void say_foretold(const char *name, const ll_foretold *f, double measured) {
    if (!isfinite(f->value)) return;
    ll_say("%s", name);
    ll_show_fixed(f->value, 8, 4);
    ll_say(" [%.4f, %.4f], measured %.4f: %s\n", f->lo, f->hi, measured,
           covered(f, measured) ? "inside" : "outside");
}

static void say_model(const ll_test_time_model *m) {
    char n[32], flops[32];
    ll_say("%s", m->run->name);
    if (isfinite(m->run->params)) ll_say(": %s parameters", ll_units_show(m->run->params, n, sizeof n));
    ll_say("\n%8s %9s %7s %9s %9s %9s\n", "samples", "coverage", "se", "majority", "likeliest", "FLOPs");
    for (int g = 0; g < m->n; g++) {
        const ll_test_time_at *at = &m->at[g];
        ll_say("%8lld", (long long)at->samples);
        ll_show_fixed(at->by[LL_WAY_COVERAGE].value, 9, 4);
        ll_show_fixed(at->by[LL_WAY_COVERAGE].se, 7, 4);
        ll_show_fixed(at->by[LL_WAY_MAJORITY].value, 9, 4);
        ll_show_fixed(at->by[LL_WAY_BEST].value, 9, 4);
        ll_say(" %9s\n", isfinite(at->flops) ? ll_units_show(at->flops, flops, sizeof flops) : "-");
    }
    const double measured = m->n ? m->at[m->n - 1].by[LL_WAY_COVERAGE].value : NAN;
    say_foretold("foretold by the first 100, Beta law:      ", &m->by_beta, measured);
    say_foretold("foretold by the first 100, exp(-a k^-b):  ", &m->by_law, measured);
    if (isfinite(m->surprise))
        ll_say("right answers against their probability: %+.1f standard errors\n", m->surprise);
}

static void say_swaps(const ll_test_time *t) {
    char k[32], questions[32];
    if (t->n < 2) return;
    ll_say("\nsamples of the smaller that solve as much as one of the larger, where answers are checked\n");
    for (int64_t i = 0; i < t->n; i++)
        for (int64_t j = i + 1; j < t->n; j++) {
            const ll_test_time_model *s = &t->model[i], *l = &t->model[j];
            const ll_test_time_swap_of swap = ll_test_time_swap(s, l, LL_WAY_COVERAGE);
            ll_say("%s for %s, %.3g times larger: ", s->run->name, l->run->name, l->run->params / s->run->params);
            ll_say("%s samples", isfinite(swap.samples) ? ll_units_show(swap.samples, k, sizeof k) : "more");
            if (isfinite(swap.questions))
                ll_say(", cheaper below %s questions", ll_units_show(swap.questions, questions, sizeof questions));
            ll_say("\n");
        }
}

static int answer_text(const ll_test_time *t) {
    for (int64_t i = 0; i < t->n; i++) say_model(&t->model[i]);
    say_swaps(t);
    return ll_cli_flush();
}

/* ---- the verb ---- */

static ll_status write_csv(const ll_test_time *t, const char *path, ll_error *err) {
    ll_file f;
    LL_TRY(ll_file_create(&f, path, err));
    ll_test_time_print(f.out, t);
    return ll_file_commit(&f, err);
}

static ll_status ask(ll_asked_runs *asked, const samples_args *a, ll_error *err) {
    const ll_probe_kind *probe = &ll_probe_samples;
    const bool live = !a->json && ll_say_width(stderr) > 0;
    const ll_ask_opts opts = { .store = a->store,
                               .ladder = a->ladder,
                               .where = a->where,
                               .probe = { .items = a->items,
                                          .samples = a->samples,
                                          .temperature = a->temperature,
                                          .seed = (uint64_t)a->seed,
                                          .threads = (int)a->threads },
                               .save = a->save,
                               .again = a->again,
                               .progress = live ? ll_cli_probe_progress : NULL };
    ll_status status;
    if (*a->weights) {
        ll_subject subject;
        LL_TRY(ll_subject_file(&subject, a->weights, a->tokenizer, (int)a->threads, err));
        status = ll_ask_subject(asked, &opts, &subject, ll_file_name(a->weights), &probe, 1, err);
        ll_subject_close(&subject);
    } else {
        LL_TRY(ll_cli_check_store(a->store, err));
        status = ll_ask_runs(asked, &opts, &probe, 1, err);
    }
    if (live) ll_say_to(stderr, "\r\033[2K");
    return status;
}

static int run(const ll_verb *verb, int argc, char **argv) {
    samples_args a;
    ll_words words;
    ll_error err = { 0 };
    ll_asked_runs asked = { 0 };
    ll_test_time t = { 0 };
    int code = ll_cli_parse(verb, &a, &words, argc, argv);
    if (code >= 0) return code;
    if (words.n) return ll_cli_usage("probe samples: unexpected word '%.80s'", words.at[0]);
    if (*a.weights && (ll_cli_given("store") || *a.ladder || *a.where))
        return ll_cli_usage(
            "probe samples: --weights is a model in place of those of a store: expected one of the two");
    ll_status status = ask(&asked, &a, &err);
    if (status == LL_OK) status = ll_test_time_of(&t, &asked, &err);
    if (status == LL_OK && *a.out) status = write_csv(&t, a.out, &err);
    code = status != LL_OK ? ll_cli_fail(&err) : a.json ? answer_json(&t, asked.measured) : answer_text(&t);
    ll_test_time_clear(&t);
    ll_asked_runs_clear(&asked);
    return code;
}

const ll_verb ll_verb_probe_samples = {
    "probe samples",
    "what more samples of each question are worth, by size of the model",
    "usage: loglog probe samples [--samples 10000] [--items 100] [--store FILE] [--ladder ID] [--runs WHERE]\n"
    "       loglog probe samples --weights FILE.safetensors [--tokenizer NAME]\n\n"
    "Draws so many answers to each problem in arithmetic and says which share of the problems one of k solves\n"
    "(coverage), the answer that most of k give (majority) and the likeliest of k, by what computation; what the\n"
    "first hundred foretell of all; and how many samples of a smaller model are worth one of a larger. Problems\n"
    "are such as 'data.source: arithmetic' keeps out of its text. Scores are kept in the store, as 'probe run'\n"
    "keeps them.\n\n"
    "  loglog probe samples --samples 10000 --store testtime.db --out samples.csv\n"
    "  loglog fit samples.csv --law coverage --x samples --col loss=coverage --where 'coverage > 0'\n",
    options,
    sizeof options / sizeof *options,
    run,
};
