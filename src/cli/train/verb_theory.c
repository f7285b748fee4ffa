#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/clock.h"
#include "base/system/threads.h"
#include "cli/cli.h"
#include "cli/progress.h"
#include "cli/show/show_run.h"
#include "loglog/units.h"
#include "train/theory/theory.h"

static int run_list(const ll_verb *verb, int argc, char **argv) {
    char none;
    ll_words words;
    int code = ll_cli_parse(verb, &none, &words, argc, argv);
    if (code >= 0) return code;
    if (words.n) return ll_cli_usage("theory list: unexpected word '%.80s'", words.at[0]);
    for (const ll_theory_kind *const *k = ll_theory_kinds; *k; k++)
        ll_say("%-10s %s (%s)\n", (*k)->name, (*k)->question, (*k)->source);
    return LL_EXIT_DONE;
}

static void say_prediction(const ll_theory_kind *k, const ll_theory *t, ll_var along) {
    const double predicted = k->predicted(t, along);
    if (isfinite(predicted)) ll_say("# along %s theory says %.4g\n", ll_var_name(along), predicted);
}

static int run_show(const ll_verb *verb, int argc, char **argv) {
    ll_theory t;
    ll_words words;
    ll_error err = { 0 };
    int code = ll_cli_parse(verb, &t, &words, argc, argv);
    if (code >= 0) return code;
    if (words.n != 1) return ll_cli_usage("theory show: expected one theory, here are %d words", words.n);
    snprintf(t.kind, sizeof t.kind, "%s", words.at[0]);
    if (ll_theory_resolve(&t, "theory show", &err) != LL_OK) return ll_cli_fail(&err);
    const ll_theory_kind *k = ll_theory_find(t.kind);
    char *text = ll_options_text(ll_theory_table, ll_theory_count, &t);
    ll_say_prose(stdout, "# %s", k->question);
    ll_say("# %s\n", k->source);
    say_prediction(k, &t, LL_VAR_N);
    say_prediction(k, &t, LL_VAR_D);
    say_prediction(k, &t, LL_VAR_S);
    if (text) ll_say_lines(text);
    free(text);
    return LL_EXIT_DONE;
}

/* ---- run ---- */

typedef struct theory_args {
    ll_theory theory;
    double minutes;
    char out[LL_OPTION_TEXT], curves[LL_OPTION_TEXT];
    int64_t threads;
    bool quiet, json;
} theory_args;

#define AT(f) offsetof(theory_args, f)
static const ll_option options[] = {
    { "minutes", LL_OPT_REAL, AT(minutes), "0",
      "the steps are scaled so that it takes so long here; 0: as they are", .max = 100000 },
    { "out", LL_OPT_TEXT, AT(out), "", "CSV file of the runs, which 'fit' takes" },
    { "curves", LL_OPT_TEXT, AT(curves), "", "CSV file of all points of their curves" },
    { "threads", LL_OPT_INT, AT(threads), "0", "threads; 0: all cores", .max = 1024 },
    { "quiet", LL_OPT_BOOL, AT(quiet), "false", "only the result" },
    { "json", LL_OPT_BOOL, AT(json), "false", "one JSON document on standard output" },
};
#undef AT

static ll_json *run_json(const ll_theory_row *r) {
    ll_json *o = ll_json_object();
    ll_json_set_int(o, "seed", r->seed);
    ll_json_set_int(o, "width", r->width);
    ll_json_set_num(o, "params", r->params);
    ll_json_set_num(o, "tokens", r->tokens);
    ll_json_set_int(o, "step", r->step);
    ll_json_set_num(o, "loss", r->loss);
    ll_json_set_num(o, "error", r->error);
    ll_json_set_num(o, "learned", r->learned);
    ll_json_set_num(o, "best", r->best);
    return o;
}

static int answer_json(const theory_args *a, const ll_theory_result *r, const ll_theory_exponent *f,
                       double wall_s) {
    ll_json *doc = ll_json_object(), *runs = ll_json_array(), *e = ll_json_object();
    ll_json_set_str(doc, "schema", "loglog.theory/1");
    ll_json_set(doc, "settings", ll_options_json(ll_theory_table, ll_theory_count, &a->theory));
    ll_json_set_str(e, "along", ll_var_name(f->along));
    ll_json_set_num(e, "predicted", f->predicted);
    ll_json_set_num(e, "value", f->value);
    ll_json_set(e, "ci", ll_json_interval(isfinite(f->lo), f->lo, f->hi));
    ll_json_set_num(e, "level", 0.9);
    ll_json_set(e, "seeds", ll_json_nums(f->of, (size_t)f->n));
    ll_json_set(doc, "exponent", e);
    for (int64_t i = 0; i < r->runs; i++) ll_json_push(runs, run_json(&r->run[i]));
    ll_json_set(doc, "runs", runs);
    ll_json_set_num(doc, "wall_s", wall_s);
    return ll_cli_json(doc);
}

/* Rows of one width and one number of samples stand together, a seed each. */
static void show_group(const ll_theory_row *row, int64_t n) {
    char N[32], D[32];
    double loss = 0, lo = INFINITY, hi = -INFINITY, error = 0, learned = 0;
    for (int64_t i = 0; i < n; i++) {
        loss += row[i].loss / (double)n;
        error += row[i].error / (double)n;
        learned += row[i].learned / (double)n;
        lo = fmin(lo, row[i].loss);
        hi = fmax(hi, row[i].loss);
    }
    ll_say("%6s %7s", isnan(row->params) ? "-" : ll_units_show(row->params, N, sizeof N),
           isnan(row->tokens) ? "-" : ll_units_show(row->tokens, D, sizeof D));
    ll_say(" %8.3g %8.3g %8.3g %8.3g", loss, lo, hi, error);
    ll_show_fixed(learned, 7, 1);
    ll_say("\n");
}

static void show_exponent(const ll_theory_exponent *f) {
    ll_say("\nexponent along %s", ll_var_name(f->along));
    if (isnan(f->value)) ll_say(": none, a seed has fewer than two rows that know more than a guess");
    else ll_say(": %.4g", f->value);
    if (isfinite(f->lo)) ll_say(" [%.4g, %.4g]", f->lo, f->hi);
    if (isfinite(f->predicted)) ll_say("; theory says %.4g", f->predicted);
    ll_say("\n");
}

static int answer_text(const theory_args *a, const ll_theory_result *r, const ll_theory_exponent *f,
                       double wall_s) {
    char time[32];
    ll_say("%6s %7s %8s %8s %8s %8s %7s\n", "params", "samples", "loss", "lowest", "highest", "error", "learned");
    for (int64_t i = 0; i < r->runs; i += a->theory.seeds) show_group(&r->run[i], a->theory.seeds);
    show_exponent(f);
    if (!a->quiet)
        ll_say_prose(stderr, "%lld runs in %s", (long long)r->runs,
                     ll_units_show_seconds(wall_s, time, sizeof time));
    return LL_EXIT_DONE;
}

/* The word is a kind, or a file of settings; flags go over it. */
static ll_status settle(const ll_verb *verb, theory_args *a, const char *word, int argc, char **argv,
                        ll_error *err) {
    ll_words words;
    double predicted;
    const bool file = strchr(word, '.') || strchr(word, '/');
    if (file) {
        LL_TRY(ll_options_load(ll_theory_table, ll_theory_count, &a->theory, word, 1 << 16, "settings of a theory",
                               err));
        if (ll_cli_flags(verb, a, &words, argc, argv) >= 0) return LL_FAIL(err, LL_EINPUT, "theory run: %s", word);
    } else snprintf(a->theory.kind, sizeof a->theory.kind, "%s", word);
    LL_TRY(ll_theory_resolve(&a->theory, file ? word : "theory run", err));
    if (!(a->minutes > 0)) return LL_OK;
    return ll_theory_fit_to_time(&a->theory, (int)a->threads, 60 * a->minutes, &predicted, err);
}

static ll_status run_study(const theory_args *a, ll_theory_result *r, ll_error *err) {
    const bool live = !a->quiet && !a->json && ll_say_width(stderr) > 0;
    const ll_theory_watch watch = { .threads = (int)a->threads,
                                    .stop = ll_progress_stop,
                                    .progress = live ? ll_progress_runs : NULL };
    ll_progress_listen();
    const ll_status s = ll_theory_run(r, &a->theory, &watch, err);
    if (live) ll_say_to(stderr, "\r\033[2K");
    LL_TRY(s);
    if (*a->out) LL_TRY(ll_theory_write(a->out, &a->theory, r->run, r->runs, err));
    if (*a->curves) LL_TRY(ll_theory_write(a->curves, &a->theory, r->point, r->points, err));
    return LL_OK;
}

static int run(const ll_verb *verb, int argc, char **argv) {
    theory_args a;
    ll_words words;
    ll_theory_result r = { 0 };
    ll_theory_exponent e = { 0 };
    ll_error err = { 0 };
    int code = ll_cli_parse(verb, &a, &words, argc, argv);
    if (code >= 0) return code;
    if (words.n != 1) return ll_cli_usage("theory run: expected one theory, here are %d words", words.n);
    const double start = ll_clock_now();
    ll_status s = settle(verb, &a, words.at[0], argc, argv, &err);
    if (s == LL_OK) s = run_study(&a, &r, &err);
    if (s == LL_OK) s = ll_theory_exponents(&e, &a.theory, &r, &err);
    code =
        s == LL_OK ? (a.json ? answer_json : answer_text)(&a, &r, &e, ll_clock_now() - start) : ll_cli_fail(&err);
    ll_theory_exponent_clear(&e);
    ll_theory_result_clear(&r);
    return code;
}

const ll_verb ll_verb_theory_list = {
    "theory list",
    "list theories of scaling that can be tried here",
    "usage: loglog theory list\n\nexample: loglog theory list\n",
    NULL,
    0,
    run_list,
};

const ll_verb ll_verb_theory_show = {
    "theory show",
    "a theory's settings and what it predicts, as a file to begin from",
    "usage: loglog theory show THEORY [--alpha A] [--dimension D]\n\n"
    "  loglog theory show parity > mine.yaml\n"
    "  loglog theory run mine.yaml\n",
    NULL,
    0,
    run_show,
    ll_theory_table,
    &ll_theory_count,
};

const ll_verb ll_verb_theory_run = {
    "theory run",
    "does the exponent that a theory predicts come out of training?",
    "usage: loglog theory run THEORY|FILE [--widths 8,16,32] [--samples 100,1000] [--seeds 5] [--minutes M]\n"
    "       [--out RUNS.csv] [--curves CURVES.csv]\n\n"
    "Trains small networks on data whose law is known, a run for each width, number of samples and seed, and\n"
    "takes the exponent along what differs: widths, else samples, else the steps of a run. Each seed has one, and\n"
    "the interval is Student's over the seeds; points above half of a guess's loss are left out. Along samples it "
    "is the\n"
    "exponent of the error. Settings that are not said, or 0, are the theory's own; FILE holds them as YAML.\n\n"
    "  loglog theory run parity\n"
    "  loglog theory run parity --widths 128 --samples 2000,8000,32000 --out data.csv\n"
    "  loglog theory run manifold --dimension 2 --minutes 3\n"
    "  loglog fit data.csv --law power_floor --x tokens --cluster seed\n",
    options,
    sizeof options / sizeof *options,
    run,
    ll_theory_table,
    &ll_theory_count,
};
