#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/system/file.h"
#include "base/words/number.h"
#include "cli/cli.h"
#include "cli/probe/probe_named.h"
#include "cli/show/show_run.h"
#include "cli/store_named.h"
#include "loglog/units.h"
#include "sweep/asking/ask_runs.h"

typedef struct probe_args {
    char store[LL_OPTION_TEXT], ladder[LL_OPTION_TEXT], where[LL_OPTION_TEXT];
    char weights[LL_OPTION_TEXT], tokenizer[LL_OPTION_TEXT];
    char endpoint[LL_OPTION_TEXT], model[LL_OPTION_TEXT];
    double timeout;
    int64_t retries;
    char data[LL_OPTION_TEXT], save[LL_OPTION_TEXT], out[LL_OPTION_TEXT];
    int64_t items, shots, samples, seed, windows, threads;
    double temperature;
    bool again, json;
} probe_args;

enum { MOST_PROBES = 32 }; /* in one command */

#define AT(field) offsetof(probe_args, field)
static const ll_option options[] = {
    { "store", LL_OPT_TEXT, AT(store), "loglog.db", "the store" },
    { "ladder", LL_OPT_TEXT, AT(ladder), "", "the ladder, by id or name; the newest where nothing is said" },
    { "runs", LL_OPT_TEXT, AT(where), "", "only runs for which this holds, such as 'params > 1e5'" },
    { "weights", LL_OPT_TEXT, AT(weights), "", "in place of a store a safetensors file; its scores are not kept" },
    { "tokenizer", LL_OPT_TEXT, AT(tokenizer), "bytes",
      "of --weights: bytes, gpt2:FOLDER, FILE.tiktoken, FILE.model" },
    { "endpoint", LL_OPT_TEXT, AT(endpoint), "",
      "in place of a store a server of OpenAI's /completions, http://HOST:PORT/v1; the key is LOGLOG_API_KEY" },
    { "model", LL_OPT_TEXT, AT(model), "", "of --endpoint; the first that it lists where nothing is said" },
    { "timeout", LL_OPT_DURATION, AT(timeout), "300s", "for an answer of --endpoint", .min = 0.1, .max = 86400 },
    { "retries", LL_OPT_INT, AT(retries), "5", "repeats of a request after 429, 5xx, a lost connection",
      .max = 100 },
    { "items", LL_OPT_INT, AT(items), "0", "items at most; 0: the probe's own number", .max = 1e7 },
    { "shots", LL_OPT_INT, AT(shots), "0", "examples before each question", .max = 1000 },
    { "samples", LL_OPT_INT, AT(samples), "0", "of each item; 0: the probe's own number", .max = 1e6 },
    { "temperature", LL_OPT_REAL, AT(temperature), "1", "of samples", .min = 1e-3, .max = 100 },
    { "seed", LL_OPT_INT, AT(seed), "1", "of items that are made or chosen, and of samples", .max = 9e15 },
    { "data", LL_OPT_TEXT, AT(data), "", "file or folder that the items are read from" },
    { "windows", LL_OPT_INT, AT(windows), "256", "windows of the validation text to read", .min = 2, .max = 1e6 },
    { "threads", LL_OPT_INT, AT(threads), "0", "threads; 0: all cores", .max = 1024 },
    { "save", LL_OPT_TEXT, AT(save), "", "folder for RUN.PROBE.jsonl, a line an item" },
    { "out", LL_OPT_TEXT, AT(out), "", "CSV file, a row for each metric, which 'fit' takes" },
    { "again", LL_OPT_BOOL, AT(again), "false", "measure anew what the store holds already" },
    { "json", LL_OPT_BOOL, AT(json), "false", "one JSON document on standard output" },
};
#undef AT

/* ---- answering ---- */

static const char *name_of(const ll_run_score *s, char name[LL_SCORE_NAME]) {
    snprintf(name, LL_SCORE_NAME, "%s.%s", s->probe, s->metric);
    return name;
}

static ll_json *metrics_json(const ll_asked_run *r) {
    ll_json *o = ll_json_object();
    for (int64_t k = 0; k < r->n; k++) {
        char name[LL_SCORE_NAME];
        ll_json *e = ll_json_object();
        ll_json_set_num(e, "value", r->scores[k].value);
        ll_json_set_num(e, "se", r->scores[k].se);
        ll_json_set_int(e, "n", r->scores[k].items);
        ll_json_set_num(e, "chance", r->scores[k].chance);
        ll_json_set(o, name_of(&r->scores[k], name), e);
    }
    return o;
}

static int answer_json(const ll_asked_runs *asked) {
    ll_json *doc = ll_json_object(), *runs = ll_json_array();
    ll_json_set_str(doc, "schema", "loglog.probe/1");
    ll_json_set_int(doc, "measured", asked->measured);
    for (int64_t i = 0; i < asked->n; i++) {
        const ll_asked_run *r = &asked->of[i];
        ll_json *o = ll_json_object();
        ll_json_set_str(o, "run", r->run.id);
        ll_json_set_num(o, "params", r->run.params);
        ll_json_set_num(o, "tokens", r->run.tokens);
        ll_json_set(o, "metrics", metrics_json(r));
        ll_json_push(runs, o);
    }
    ll_json_set(doc, "runs", runs);
    return ll_cli_json(doc);
}

static void say_run(const ll_run *r) {
    char n[32], d[32];
    ll_say("%s", r->name);
    if (isfinite(r->params)) ll_say(": %s parameters", ll_units_show(r->params, n, sizeof n));
    if (isfinite(r->tokens)) ll_say(", %s tokens", ll_units_show(r->tokens, d, sizeof d));
    ll_say("\n");
}

static int answer_text(const ll_asked_runs *asked) {
    char name[LL_SCORE_NAME];
    int width = 16;
    for (int64_t i = 0; i < asked->n; i++)
        for (int64_t k = 0; k < asked->of[i].n; k++) {
            const int length = (int)strlen(name_of(&asked->of[i].scores[k], name));
            if (length > width) width = length;
        }
    for (int64_t i = 0; i < asked->n; i++) {
        const ll_asked_run *r = &asked->of[i];
        say_run(&r->run);
        ll_say("%*s %10s %10s %10s\n", width, "", "value", "se", "chance");
        for (int64_t k = 0; k < r->n; k++) {
            ll_say("%*s", width, name_of(&r->scores[k], name));
            ll_show_fixed(r->scores[k].value, 10, 5);
            ll_show_fixed(r->scores[k].se, 10, 5);
            ll_show_fixed(r->scores[k].chance, 10, 5);
            ll_say("\n");
        }
    }
    return LL_EXIT_DONE;
}

/* A row for each metric: of position, a table in which the position is a column. */
static ll_status write_csv(const ll_asked_runs *asked, const probe_args *a, const ll_probe_kind *probe,
                           ll_error *err) {
    ll_file f;
    LL_TRY(ll_file_create(&f, a->out, err));
    ll_asked_runs_print(f.out, asked, probe);
    return ll_file_commit(&f, err);
}

/* ---- the verb ---- */

static ll_status probes_named(const probe_args *a, const ll_words *words, const ll_probe_kind *probes[MOST_PROBES],
                              ll_error *err) {
    for (int k = 0; k < words->n; k++)
        if (!(probes[k] = ll_cli_probe_named("probe run", words->at[k], err))) return LL_EINPUT;
    if (*a->out && words->n > 1)
        return LL_FAIL(err, LL_EINPUT,
                       "--out is the table of one probe, here are %d; 'runs export' has every score", words->n);
    const char *alone = *a->weights ? "weights" : *a->endpoint ? "endpoint" : NULL;
    if (alone && ((*a->weights && *a->endpoint) || ll_cli_given("store") || *a->ladder || *a->where))
        return LL_FAIL(err, LL_EINPUT, "--%s is a model in place of those of a store: expected one of the two",
                       alone);
    return alone ? LL_OK : ll_cli_check_store(a->store, err);
}

void ll_cli_probe_progress(void *ctx, const ll_ask_progress *p) {
    char left[32], answers[32];
    (void)ctx;
    ll_say_to(stderr, "\r\033[2K%s: %lld of %lld, %.40s", p->probe, (long long)p->done + 1, (long long)p->n,
              p->run);
    if (p->answers > 0)
        ll_say_to(stderr, ", %s answers", ll_units_show((double)p->answers, answers, sizeof answers));
    if (isfinite(p->left_s))
        ll_say_to(stderr, ", about %s left", ll_units_show_seconds(p->left_s, left, sizeof left));
}

static ll_status open_alone(ll_subject *out, const probe_args *a, ll_error *err) {
    const ll_endpoint_opts opts = {
        .url = a->endpoint, .model = a->model, .timeout_s = a->timeout, .retries = a->retries ? a->retries : -1
    };
    if (*a->endpoint) return ll_subject_endpoint(out, &opts, err);
    return ll_subject_file(out, a->weights, a->tokenizer, (int)a->threads, err);
}

/* Here a model becomes a subject: one of a file or behind an endpoint, or those of a store. */
static ll_status ask(ll_asked_runs *asked, const probe_args *a, const ll_ask_opts *opts,
                     const ll_probe_kind *const *probes, int n, ll_error *err) {
    ll_subject subject;
    if (!*a->weights && !*a->endpoint) return ll_ask_runs(asked, opts, probes, n, err);
    LL_TRY(open_alone(&subject, a, err));
    const char *name = *a->endpoint ? subject.lm->name : ll_file_name(a->weights);
    const ll_status status = ll_ask_subject(asked, opts, &subject, name, probes, n, err);
    ll_subject_close(&subject);
    return status;
}

static int run_probe(const ll_verb *verb, int argc, char **argv) {
    probe_args a;
    ll_words words;
    ll_error err = { 0 };
    const ll_probe_kind *probes[MOST_PROBES];
    ll_asked_runs asked = { 0 };
    int code = ll_cli_parse(verb, &a, &words, argc, argv);
    if (code >= 0) return code;
    if (words.n < 1 || words.n > MOST_PROBES)
        return ll_cli_usage("probe run: expected the names of probes, here are %d words", words.n);
    const bool live = !a.json && ll_say_width(stderr) > 0;
    const ll_ask_opts opts = { .store = a.store,
                               .ladder = a.ladder,
                               .where = a.where,
                               .probe = { .windows = a.windows,
                                          .items = a.items,
                                          .shots = a.shots,
                                          .samples = a.samples,
                                          .temperature = a.temperature,
                                          .seed = (uint64_t)a.seed,
                                          .data = a.data,
                                          .threads = (int)a.threads },
                               .save = a.save,
                               .again = a.again,
                               .progress = live ? ll_cli_probe_progress : NULL };
    ll_status status = probes_named(&a, &words, probes, &err);
    if (status == LL_OK) status = ask(&asked, &a, &opts, probes, words.n, &err);
    if (live) ll_say_to(stderr, "\r\033[2K");
    if (status == LL_OK && *a.out) status = write_csv(&asked, &a, probes[0], &err);
    code = status != LL_OK ? ll_cli_fail(&err) : a.json ? answer_json(&asked) : answer_text(&asked);
    ll_asked_runs_clear(&asked);
    return code;
}

const ll_verb ll_verb_probe_run = {
    "probe run",
    "ask trained models something beyond their loss",
    "usage: loglog probe run PROBE... [--store FILE] [--ladder ID] [--runs WHERE] [--out FILE.csv]\n"
    "       loglog probe run PROBE... --weights FILE.safetensors [--tokenizer NAME]\n"
    "       loglog probe run PROBE... --endpoint URL [--model NAME]\n\n"
    "Scores are kept in the store, with the settings that the probe reads: what is there already is not measured\n"
    "again, 'runs export' carries them, and 'fit --y PROBE.METRIC' fits them. 'probe list' lists the probes, and\n"
    "'probe show PROBE' says what one measures. --out writes a table in which what the metrics are told by is a\n"
    "column: a law of the position is fitted as any other. --save writes what each item's answer was.\n\n"
    "  loglog probe run position --store loglog-demo/loglog.db --out position.csv\n"
    "  loglog fit position.csv --law power_floor --x position --where 'params > 1e5'\n"
    "  loglog fit --store loglog-demo/loglog.db --y position.64 --law power --x params\n"
    "  loglog probe run induction fewshot --store loglog-demo/loglog.db --items 200 --save items\n"
    "  loglog probe run fewshot --endpoint http://127.0.0.1:8080/v1 --model NAME\n",
    options,
    sizeof options / sizeof *options,
    run_probe,
};
