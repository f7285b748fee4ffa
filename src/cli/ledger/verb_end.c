#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/words/nearest.h"
#include "cli/cli.h"
#include "cli/input.h"
#include "cli/store_named.h"
#include "forecast/end/run_end.h"
#include "loglog/units.h"

typedef struct end_args {
    ll_input input;
    char run[LL_OPTION_TEXT];
    double until, share;
    bool json;
} end_args;

#define AT(f) offsetof(end_args, f)
static const ll_option options[] = {
    { "run", LL_OPT_TEXT, AT(run), "", "the run that is asked about; none: every run that can be" },
    { "until", LL_OPT_REAL, AT(until), "0",
      "of a table: where --run will end, in its tokens, else steps; 0: its rows go to the end", .max = 1e20 },
    { "share", LL_OPT_REAL, AT(share), "0",
      "look at the first part of each curve only, also of finished runs, each foretold by the others; 0: at all of "
      "a "
      "run under way, at a quarter of a finished one",
      .max = 0.999 },
    LL_INPUT_TABLE(end_args),
    { "store", LL_OPT_TEXT, LL_INPUT_AT(end_args, store), "loglog.db",
      "where the runs come from when no table is named" },
    LL_INPUT_LADDER(end_args),
    { "level", LL_OPT_REAL, LL_INPUT_AT(end_args, level), "0.9", "level of the intervals", .min_open = true,
      .max = 0.9999 },
    LL_INPUT_THREADS(end_args),
    { "json", LL_OPT_BOOL, AT(json), "false", "one JSON document on standard output" },
};
#undef AT

/* ---- which curves ---- */

static ll_status read_table(const end_args *a, const char *path, ll_courses *c, ll_error *err) {
    ll_study_opts opts;
    ll_table t;
    LL_TRY(ll_input_opts(&a->input, NULL, &opts, err));
    LL_TRY(ll_table_read(&t, path, &opts.table, err));
    const ll_status status = ll_courses_of_table(c, &t, path, err);
    ll_table_clear(&t);
    return status;
}

static ll_status read_store(const end_args *a, ll_courses *c, ll_error *err) {
    ll_store *s;
    ll_ladder ladder = { 0 };
    ll_error none;
    const char *wanted = a->input.ladder;
    LL_TRY(ll_cli_open_store(&s, a->input.store, LL_STORE_READ, err));
    ll_status status = LL_OK;
    if (strcmp(wanted, LL_LADDER_IMPORTED) != 0)
        status = ll_store_get_ladder(s, wanted, &ladder, *wanted ? err : &none);
    if (!*wanted && status == LL_EINPUT) status = LL_OK;
    else if (!*wanted && status != LL_OK) LL_FAIL(err, status, "%s", none.msg);
    if (status == LL_OK) status = ll_courses_of_store(c, s, ladder.id, err);
    ll_ladder_clear(&ladder);
    ll_store_close(s);
    return status;
}

/* The run of --run, -1 where none is named. */
static ll_status find_run(const end_args *a, const ll_courses *c, int64_t *out, ll_error *err) {
    char hint[LL_NEAREST_HINT];
    ll_nearest near = { .word = a->run };
    *out = -1;
    if (!*a->run) return LL_OK;
    for (int64_t i = 0; i < c->n; i++) {
        ll_nearest_try(&near, c->at[i].name);
        if (strcmp(c->at[i].name, a->run) == 0) *out = i;
    }
    if (*out >= 0) return LL_OK;
    return LL_FAIL(err, LL_EINPUT, "--run: no run with a learning curve is called '%.80s'%s", a->run,
                   ll_nearest_hint(&near, hint));
}

/* Puts a run behind the finished ones. */
static void set_apart(ll_courses *c, int64_t i) {
    const ll_course run = c->at[i];
    if (i >= c->n_finished) return;
    memmove(c->at + i, c->at + i + 1, (size_t)(c->n_finished - 1 - i) * sizeof *c->at);
    c->at[--c->n_finished] = run;
}

static ll_status set_until(const end_args *a, ll_courses *c, int64_t *run, ll_error *err) {
    if (!(a->until > 0)) return LL_OK;
    if (*run < 0) return LL_FAIL(err, LL_EINPUT, "--until is where one run will end: name it with --run");
    ll_course *r = &c->at[*run];
    if (r->n && !(a->until > r->end))
        return LL_FAIL(err, LL_EINPUT, "--until is %g, expected more than the %g %s that run %.80s has had",
                       a->until, r->end, c->by_tokens ? "tokens" : "steps", r->name);
    r->end = a->until;
    set_apart(c, *run);
    *run = c->n_finished;
    return LL_OK;
}

/* ---- what is asked ---- */

typedef struct asked {
    ll_run_end end;
    double ended; /* NaN: not known */
} asked;

/* Run i by the finished runs but itself. */
static ll_status ask_finished(const end_args *a, const ll_courses *c, int64_t i, asked *out, ll_error *err) {
    ll_end_ground *g;
    int64_t n = 0;
    ll_course *others = malloc((size_t)c->n * sizeof *others);
    if (!others) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld runs", (long long)c->n);
    for (int64_t k = 0; k < c->n_finished; k++)
        if (k != i) others[n++] = c->at[k];
    ll_status status = ll_end_ground_new(&g, others, n, c->by_tokens, (int)a->input.threads, err);
    const double share = a->share > 0 ? a->share : 0.25;
    if (status == LL_OK) status = ll_run_end_of(&out->end, g, &c->at[i], share, a->input.level, err);
    out->ended = c->at[i].n ? c->at[i].loss[c->at[i].n - 1] : NAN;
    ll_end_ground_free(g);
    free(others);
    return status;
}

/* The runs under way; all by one ground. */
static ll_status ask_under_way(const end_args *a, const ll_courses *c, int64_t only, asked *out, int64_t *n,
                               ll_error *err) {
    ll_end_ground *g;
    ll_status status = LL_OK;
    LL_TRY(ll_end_ground_new(&g, c->at, c->n_finished, c->by_tokens, (int)a->input.threads, err));
    for (int64_t i = c->n_finished; i < c->n; i++) {
        if (only >= 0 && i != only) continue;
        status = ll_run_end_of(&out[*n].end, g, &c->at[i], a->share > 0 ? a->share : 1, a->input.level, err);
        out[*n].ended = NAN;
        if (status == LL_OK) ++*n;
    }
    ll_end_ground_free(g);
    return *n ? LL_OK : status;
}

/* Of runs that cannot be foretold the last one says why, when there is no other. */
static ll_status ask(const end_args *a, const ll_courses *c, int64_t only, bool of_table, asked *out, int64_t *n,
                     ll_error *err) {
    const bool finished = only >= 0 ? only < c->n_finished : of_table || a->share > 0;
    ll_status status = LL_OK;
    *n = 0;
    if (only < 0 ? c->n > c->n_finished : !finished) status = ask_under_way(a, c, only, out, n, err);
    for (int64_t i = 0; i < c->n_finished && finished; i++) {
        if (only >= 0 && i != only) continue;
        status = ask_finished(a, c, i, &out[*n], err);
        *n += status == LL_OK;
        if (status != LL_OK && status != LL_EINPUT) return status;
    }
    return *n ? LL_OK : status;
}

/* ---- answers ---- */

static const char *number(char out[32], double v) {
    if (isfinite(v)) snprintf(out, 32, "%.4f", v);
    else snprintf(out, 32, "-");
    return out;
}

static void show(const asked *list, int64_t n, double level) {
    ll_say("%-24s %8s %6s %6s  %-8s %-18s %8s %8s %8s\n", "run", "params", "seen", "curves", "its end", "between",
           "by curve", "by law", "ended");
    for (int64_t i = 0; i < n; i++) {
        const ll_run_end *e = &list[i].end;
        char params[32], law[32], ended[32], between[32];
        snprintf(between, sizeof between, "%.4f to %.4f", e->loss.lo, e->loss.hi);
        ll_say("%-24s %8s %4.0f %% %6lld  %-8.4f %-18s %8.4f %8s %8s", e->run,
               isnan(e->params) ? "-" : ll_units_show(e->params, params, sizeof params), 100 * e->seen,
               (long long)e->n_curves, e->loss.value, between, e->curve.value, number(law, e->law.value),
               number(ended, list[i].ended));
        if (isfinite(list[i].ended)) ll_say("  %+.2f %%", 100 * (e->loss.value / list[i].ended - 1));
        ll_say("\n");
    }
    ll_say("between: %g %% interval; by curve, by law: what its own curve and the law of final losses say alone\n",
           100 * level);
}

/* Those that are too unlikely among so many. */
static bool is_off(const ll_courses *c, int64_t i, double *p) {
    *p = ll_collapse_belongs(c->at, c->n_finished, i);
    return *p < 0.05 / (double)c->n_finished;
}

/* why: of a run that could not be foretold, or "". */
static int print(const end_args *a, const ll_courses *c, const asked *list, int64_t n, const char *why) {
    double p;
    if (n) show(list, n, a->input.level);
    if (*why) ll_say("%s\n", why);
    if (!n) ll_say("no run is under way (--share 0.25: the finished ones, each foretold by the others)\n");
    for (int64_t i = 0; i < c->n_finished; i++)
        if (is_off(c, i, &p))
            ll_say("%s lies off the others' curves (p = %.2g): trained otherwise, mostly not as well\n",
                   c->at[i].name, p);
    return LL_EXIT_DONE;
}

static int print_json(const ll_courses *c, const asked *list, int64_t n) {
    ll_json *doc = ll_json_object(), *runs = ll_json_array(), *off = ll_json_array();
    double p;
    ll_json_set_str(doc, "schema", "loglog.forecast-end/1");
    ll_json_set_str(doc, "by", c->by_tokens ? "tokens" : "steps");
    ll_json_set_int(doc, "n_finished", c->n_finished);
    for (int64_t i = 0; i < n; i++) {
        ll_json *o = ll_run_end_json(&list[i].end);
        if (isfinite(list[i].ended)) ll_json_set_num(o, "ended", list[i].ended);
        ll_json_push(runs, o);
    }
    for (int64_t i = 0; i < c->n_finished; i++) {
        if (!is_off(c, i, &p)) continue;
        ll_json *o = ll_json_object();
        ll_json_set_str(o, "run", c->at[i].name);
        ll_json_set_num(o, "p", p);
        ll_json_push(off, o);
    }
    ll_json_set(doc, "runs", runs);
    ll_json_set(doc, "off", off);
    return ll_cli_json(doc);
}

static int answer(const end_args *a, ll_courses *c, bool of_table) {
    ll_error err = { 0 };
    int64_t run, n = 0;
    asked *list = malloc(((size_t)c->n + 1) * sizeof *list);
    if (!list) {
        LL_FAIL(&err, LL_ENOMEM, "out of memory for %lld runs", (long long)c->n);
        return ll_cli_fail(&err);
    }
    ll_status status = find_run(a, c, &run, &err);
    if (status == LL_OK) status = set_until(a, c, &run, &err);
    if (status == LL_OK) status = ask(a, c, run, of_table, list, &n, &err);
    const int code = status != LL_OK ? ll_cli_fail(&err)
                     : a->json       ? print_json(c, list, n)
                                     : print(a, c, list, n, err.msg);
    free(list);
    return code;
}

static int run(const ll_verb *verb, int argc, char **argv) {
    end_args a = { 0 };
    ll_words words;
    ll_courses c;
    ll_error err = { 0 };
    int code = ll_cli_parse(verb, &a, &words, argc, argv);
    if (code >= 0) return code;
    if (words.n > 1) return ll_cli_usage("forecast end: one table at a time, here are %d words", words.n);
    if (!words.n && a.until > 0)
        return ll_cli_usage("forecast end: --until is of a table; a store knows where its runs will end");
    if ((words.n ? read_table(&a, words.at[0], &c, &err) : read_store(&a, &c, &err)) != LL_OK)
        return ll_cli_fail(&err);
    code = answer(&a, &c, words.n > 0);
    ll_courses_clear(&c);
    return code;
}

const ll_verb ll_verb_forecast_end = {
    "forecast end",
    "what the runs under way will end at, by the first part of their own curves",
    "usage: loglog forecast end [--store FILE] [--ladder ID]\n"
    "       loglog forecast end CURVES.csv [--run NAME [--until TOKENS]] [--share 0.25]\n\n"
    "A run loses in what is left of it what the finished runs of its recipe lost there, by a power law of its "
    "size\n"
    "and length: its own curve as far as it goes, theirs to the end. What the law of their final losses says of "
    "such\n"
    "a run is weighed in, where there are more of them than the law's parameters. One finished run is enough, and\n"
    "makes the interval wide. Runs have to share a recipe, most of all the shape of the schedule: --where keeps "
    "those\n"
    "that do.\n\n"
    "A table holds the rows run, tokens or step, loss and params. Without --until its runs have all ended: each "
    "is\n"
    "foretold by the others from the first part of its curve, and how it ended stands beside. Runs whose curves "
    "lie\n"
    "off those of the others are named: they were trained otherwise, mostly not as well.\n\n"
    "  loglog forecast end --store runs/loglog.db\n"
    "  loglog forecast end curves.csv --run big --until 20B\n"
    "  loglog forecast end curves.csv --share 0.1 --json\n",
    options,
    sizeof options / sizeof *options,
    run,
};
