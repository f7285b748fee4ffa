#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/system/file.h"
#include "base/words/nearest.h"
#include "cli/cli.h"
#include "cli/show/show_run.h"
#include "cli/train/asked_before.h"
#include "cli/train/conduct.h"
#include "cli/train/launch.h"
#include "loglog/units.h"
#include "report/programme/programme.h"
#include "sweep/programme/quantity.h"

/* ---- the programmes ---- */

static ll_status built_in(ll_programme **out, const char *name, ll_error *err) {
    ll_nearest near = { .word = name };
    char hint[LL_NEAREST_HINT];
    for (const ll_programme_built_in *b = ll_programmes_built_in; b->name; b++) {
        if (strcmp(b->name, name) == 0) return ll_programme_parse(out, b->text, strlen(b->text), name, err);
        ll_nearest_try(&near, b->name);
    }
    return LL_FAIL(err, LL_EINPUT,
                   "there is no programme '%.80s'%s 'programme list' lists them, and a file is one too", name,
                   *near.best ? ll_nearest_hint(&near, hint) : ";");
}

/* A file, or by the name of one that came with the program, whose folder may be there from before. */
static ll_status find_programme(ll_programme **out, const char *word, ll_error *err) {
    struct stat at;
    if ((stat(word, &at) == 0 && S_ISREG(at.st_mode)) || strchr(word, '/'))
        return ll_programme_read(out, word, err);
    return built_in(out, word, err);
}

typedef struct show_args {
    bool json, yaml;
} show_args;

#define AT(f) offsetof(show_args, f)
#define JSON_OPTION \
    { "json", LL_OPT_BOOL, AT(json), "false", "one JSON document on standard output" }

static const ll_option list_options[] = { JSON_OPTION };

static const ll_option show_options[] = {
    { "yaml", LL_OPT_BOOL, AT(yaml), "false", "the file itself, to change and run as one's own" },
    JSON_OPTION,
};
#undef AT

static ll_json *quantity_json(const ll_programme_quantity *q) {
    ll_programme_paper paper = { .value = NAN };
    ll_error none = { 0 };
    ll_json *o = ll_json_object();
    ll_json_set_str(o, "name", q->name);
    ll_json_set_str(o, "meaning", q->meaning);
    if (ll_programme_published(q, &paper, &none) != LL_OK || isnan(paper.value)) return o;
    ll_json_set_num(o, "published", paper.value);
    ll_json_set_str(o, "source", paper.source);
    return o;
}

static ll_json *experiment_json(const ll_programme *p, const ll_programme_experiment *e) {
    ll_json *o = ll_json_object(), *arms = ll_json_array(), *quantities = ll_json_array();
    for (int k = 0; k < e->n_arms; k++) ll_json_push(arms, ll_json_str(p->arm[e->arm[k]].name));
    for (int k = 0; k < e->n_quantities; k++) ll_json_push(quantities, quantity_json(&e->quantity[k]));
    ll_json_set_str(o, "name", e->name);
    ll_json_set_str(o, "question", e->question);
    ll_json_set(o, "arms", arms);
    ll_json_set(o, "quantities", quantities);
    return o;
}

static ll_json *programme_json(const ll_programme *p) {
    ll_json *o = ll_json_object(), *experiments = ll_json_array();
    for (int i = 0; i < p->n_experiments; i++) ll_json_push(experiments, experiment_json(p, &p->experiment[i]));
    ll_json_set_str(o, "name", p->name);
    ll_json_set_str(o, "title", p->title);
    ll_json_set_str(o, "paper", p->paper);
    ll_json_set_str(o, "about", p->about);
    ll_json_set(o, "experiments", experiments);
    return o;
}

/* programmes: taken. */
static int print_json(ll_json *programmes) {
    ll_json *doc = ll_json_object();
    ll_json_set_str(doc, "schema", "loglog.programmes/1");
    ll_json_set(doc, "programmes", programmes);
    return ll_cli_json(doc);
}

static int run_list(const ll_verb *verb, int argc, char **argv) {
    show_args a;
    ll_words words;
    ll_error err = { 0 };
    int code = ll_cli_parse(verb, &a, &words, argc, argv);
    if (code >= 0) return code;
    if (words.n) return ll_cli_usage("programme list: unexpected word '%.80s'", words.at[0]);
    ll_json *all = ll_json_array();
    for (const ll_programme_built_in *b = ll_programmes_built_in; b->name; b++) {
        ll_programme *p;
        if (built_in(&p, b->name, &err) != LL_OK) return ll_json_free(all), ll_cli_fail(&err);
        ll_json_push(all, programme_json(p));
        if (!a.json)
            ll_say_prose(stdout, "%s: %s (%d experiment%s)", p->name, p->title, p->n_experiments,
                         p->n_experiments == 1 ? "" : "s");
        ll_programme_free(p);
    }
    if (a.json) return print_json(all);
    ll_json_free(all);
    return LL_EXIT_DONE;
}

static int show_yaml(const char *name) {
    for (const ll_programme_built_in *b = ll_programmes_built_in; b->name; b++)
        if (strcmp(b->name, name) == 0) return ll_say("%s", b->text), LL_EXIT_DONE;
    return ll_cli_usage("programme show: --yaml prints a programme that came with the program, and '%.80s' is none",
                        name);
}

static void show_quantity(const ll_programme_quantity *q) {
    ll_programme_paper paper;
    ll_error none = { 0 };
    ll_say("    %s: ", q->name);
    ll_say("%s", q->meaning);
    if (ll_programme_published(q, &paper, &none) == LL_OK && !isnan(paper.value))
        ll_say("; published %.4g (%s)", paper.value, paper.source);
    ll_say("\n");
}

static int run_show(const ll_verb *verb, int argc, char **argv) {
    show_args a;
    ll_words words;
    ll_error err = { 0 };
    ll_programme *p;
    int code = ll_cli_parse(verb, &a, &words, argc, argv);
    if (code >= 0) return code;
    if (words.n != 1) return ll_cli_usage("programme show: expected one programme, here are %d words", words.n);
    if (a.yaml && a.json) return ll_cli_usage("programme show: --yaml or --json, not both");
    if (a.yaml) return show_yaml(words.at[0]);
    if (find_programme(&p, words.at[0], &err) != LL_OK) return ll_cli_fail(&err);
    if (a.json) {
        ll_json *one = ll_json_array();
        ll_json_push(one, programme_json(p));
        ll_programme_free(p);
        return print_json(one);
    }
    ll_say("%s\n", p->title);
    if (*p->paper) ll_say("%s\n", p->paper);
    if (*p->about) ll_say_prose(stdout, "%s", p->about);
    for (int i = 0; i < p->n_experiments; i++) {
        const ll_programme_experiment *e = &p->experiment[i];
        ll_say("\n%s\n", e->name);
        ll_say_prose(stdout, "  %s", e->question);
        ll_say("  arms:");
        for (int k = 0; k < e->n_arms; k++) ll_say(" %s", p->arm[e->arm[k]].name);
        ll_say("\n");
        for (int k = 0; k < e->n_quantities; k++) show_quantity(&e->quantity[k]);
    }
    ll_programme_free(p);
    return LL_EXIT_DONE;
}

/* ---- run ---- */

typedef struct run_args {
    char text[LL_OPTION_TEXT], input[LL_OPTION_TEXT], like[LL_OPTION_TEXT];
    double minutes;
    char out[LL_OPTION_TEXT], only[LL_OPTION_TEXT];
    bool dry_run, quiet, json;
} run_args;

#define AT(f) offsetof(run_args, f)
static const ll_option run_options[] = {
    { "text", LL_OPT_TEXT, AT(text), "", "file, folder or archive that the arms learn from" },
    { "input", LL_OPT_TEXT, AT(input), "", "texts that arms ask for by name: genome=PATH,images=PATH" },
    { "like", LL_OPT_TEXT, AT(like), "", "a folder whose specs are taken as they are: the same runs again" },
    { "minutes", LL_OPT_REAL, AT(minutes), "20", "time for all of it, on this machine", .max = 100000,
      .min_open = true },
    { "out", LL_OPT_TEXT, AT(out), "",
      "folder of specs, store, tables, result.json and report.html; the programme's name" },
    { "only", LL_OPT_TEXT, AT(only), "", "experiments by name, with commas between; none: all" },
    { "dry_run", LL_OPT_BOOL, AT(dry_run), "false", "what would be run and how long it takes, and nothing else" },
    { "quiet", LL_OPT_BOOL, AT(quiet), "false", "only the result" },
    { "json", LL_OPT_BOOL, AT(json), "false", "one JSON document on standard output" },
};
#undef AT
enum { ASKED = 4 }; /* the first of them make the folder */

static void show_plan(const ll_conduct *c) {
    char time[32];
    double all = 0;
    for (int i = 0; i < c->programme->n_experiments; i++) {
        const ll_programme_experiment *e = &c->programme->experiment[i];
        if (!c->wanted[i]) continue;
        ll_say_prose(stderr, "%s: %s", e->name, e->question);
    }
    ll_say_to(stderr, "\n%-24s %6s %10s\n", "arm", "runs", "time");
    for (int i = 0; i < c->programme->n_arms; i++) {
        const ll_conduct_arm *arm = &c->arm[i];
        if (!arm->needed) continue;
        ll_say_to(stderr, "%-24s", c->programme->arm[i].name);
        if (*c->site.arm[i].skipped) ll_say_to(stderr, " skipped: %s\n", c->site.arm[i].skipped);
        else if (isnan(arm->predicted_s)) ll_say_to(stderr, " %17s\n", "as it stands");
        else
            ll_say_to(stderr, " %6lld %10s\n", (long long)arm->rungs,
                      ll_units_show_seconds(arm->predicted_s, time, sizeof time));
        if (!isnan(arm->predicted_s)) all += arm->predicted_s;
    }
    ll_say_to(stderr, "%-24s %17s of training\n\n", "all", ll_units_show_seconds(all, time, sizeof time));
}

static void show_cell(const ll_json *o) {
    char buf[64];
    const ll_json *ci = o ? ll_json_get(o, "ci") : NULL;
    const double value = o ? ll_json_get_num(o, "value") : NAN;
    if (isnan(value)) snprintf(buf, sizeof buf, "-");
    else if (!ci || ll_json_size(ci) != 2) snprintf(buf, sizeof buf, "%.4g", value);
    else
        snprintf(buf, sizeof buf, "%.4g [%.4g, %.4g]", value, ll_json_as_num(ll_json_at(ci, 0)),
                 ll_json_as_num(ll_json_at(ci, 1)));
    ll_say(" %-28s", buf);
}

/* quantity, paper, here with its interval, verdict. */
static void show_result(const ll_json *doc) {
    const ll_json *experiments = ll_json_get(doc, "experiments"), *e, *q;
    ll_say("%-22s %-10s %-28s %s\n", "quantity", "paper", "here", "verdict");
    for (const char *name = ll_json_next(experiments, NULL, &e); name; name = ll_json_next(experiments, name, &e)) {
        const char *skipped = ll_json_get_str(e, "skipped");
        ll_say("%s%s%s\n", name, skipped ? ": skipped, " : "", skipped ? skipped : "");
        const ll_json *quantities = ll_json_get(e, "quantities");
        for (const char *k = ll_json_next(quantities, NULL, &q); k; k = ll_json_next(quantities, k, &q)) {
            const ll_json *paper = ll_json_get(q, "published");
            const char *verdict = ll_json_get_str(q, "verdict"), *note = ll_json_get_str(q, "note");
            const double published = paper ? ll_json_get_num(paper, "value") : NAN;
            char text[32] = "-";
            if (!isnan(published)) snprintf(text, sizeof text, "%.4g", published);
            ll_say("  %-20s %-10s", k, text);
            show_cell(ll_json_get(q, "here"));
            ll_say(" %s\n", verdict ? verdict : note ? note : "");
        }
    }
}

/* The page beside the result. */
static ll_status write_page(const run_args *a, const ll_json *doc, ll_error *err) {
    char page[LL_PATH_MAX], missing[LL_ERROR_MAX] = "";
    LL_TRY(ll_file_join(page, a->out, "report.html", err));
    LL_TRY(ll_programme_report(doc, page, missing, err));
    if (*missing) ll_say_prose(stderr, "loglog: the page lacks figures: %s", missing);
    return LL_OK;
}

static ll_status conduct(ll_conduct *c, const run_args *a, ll_json **doc, ll_error *err) {
    if (!a->quiet) show_plan(c);
    if (a->dry_run) return LL_OK;
    LL_TRY(ll_conduct_train(c, err));
    LL_TRY(ll_conduct_answer(c, doc, err));
    return write_page(a, *doc, err);
}

static ll_status run_programme(run_args *a, const ll_programme *p, const char *command, ll_json **doc,
                               ll_error *err) {
    char asked[LL_PATH_MAX];
    ll_conduct *c;
    if (!*a->out) snprintf(a->out, sizeof a->out, "%s", p->name);
    LL_TRY(ll_file_join(asked, a->out, "arguments.yaml", err));
    const ll_asked_before before = { run_options, ASKED, sizeof *a, "programme", a->out, asked };
    const bool there = access(asked, F_OK) == 0;
    LL_TRY(ll_asked_before_text(&before, a, "text", a->text, err));
    if (there) LL_TRY(ll_asked_before_go_on(&before, a, err));
    const ll_orders orders = { .text = a->text,
                               .input = a->input,
                               .only = a->only,
                               .out = a->out,
                               .like = a->like,
                               .command = command,
                               .minutes = a->minutes,
                               .dry = a->dry_run,
                               .quiet = a->quiet };
    ll_status s = ll_conduct_open(&c, p, &orders, err);
    if (s == LL_OK && !there && !a->dry_run) s = ll_asked_before_write(&before, a, err);
    if (s == LL_OK) s = conduct(c, a, doc, err);
    ll_conduct_close(c);
    return s;
}

static int run(const ll_verb *verb, int argc, char **argv) {
    run_args a;
    ll_words words;
    ll_error err = { 0 };
    ll_programme *p = NULL;
    ll_json *doc = NULL;
    char command[512];
    int code = ll_cli_parse(verb, &a, &words, argc, argv);
    if (code >= 0) return code;
    if (words.n != 1) return ll_cli_usage("programme run: expected one programme, here are %d words", words.n);
    ll_launch_command(command, sizeof command, verb, argc, argv);
    ll_status s = find_programme(&p, words.at[0], &err);
    if (s == LL_OK) s = run_programme(&a, p, command, &doc, &err);
    ll_programme_free(p);
    if (s != LL_OK) return ll_cli_fail(&err);
    if (!doc) return LL_EXIT_DONE;
    if (a.json) return ll_cli_json(doc);
    show_result(doc);
    ll_say("\n%s/report.html\n  the same as a document: %s/result.json\n", a.out, a.out);
    ll_json_free(doc);
    return LL_EXIT_DONE;
}

const ll_verb ll_verb_programme_list = {
    "programme list",
    "list the programmes of experiments",
    "usage: loglog programme list [--json]\n\nexample: loglog programme list\n",
    list_options,
    sizeof list_options / sizeof *list_options,
    run_list,
};

const ll_verb ll_verb_programme_show = {
    "programme show",
    "a programme's experiments: questions, arms, quantities, what was published",
    "usage: loglog programme show NAME|FILE [--yaml | --json]\n\n"
    "  loglog programme show kaplan2020\n"
    "  loglog programme show kaplan2020 --yaml > mine.yaml\n",
    show_options,
    sizeof show_options / sizeof *show_options,
    run_show,
};

const ll_verb ll_verb_programme_run = {
    "programme run",
    "a paper's experiments on one's own text, each number beside the published one",
    "usage: loglog programme run NAME|FILE --text PATH [--minutes 20] [--only EXPERIMENT] [--dry-run]\n\n"
    "The arms of a programme become specs that fit the time on this machine, are trained, and are fitted; each\n"
    "quantity is set beside the published one, with an interval and a verdict. Everything lands in one folder;\n"
    "the same command goes on with it. --like FOLDER runs the specs of another folder again.\n\n"
    "  loglog programme run kaplan2020 --text ~/notes --minutes 20\n"
    "  loglog programme run kaplan2020 --text ~/notes --only critical-batch\n"
    "  loglog programme run mine.yaml --dry-run --text ~/notes\n",
    run_options,
    sizeof run_options / sizeof *run_options,
    run,
};
