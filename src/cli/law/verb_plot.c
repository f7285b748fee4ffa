#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/system/file.h"
#include "base/words/nearest.h"
#include "cli/cli.h"
#include "cli/input.h"
#include "fit/io/fit_json.h"
#include "report/figure/figure_values.h"
#include "report/figures/figures.h"

typedef struct plot_args {
    ll_input input;
    char out[LL_OPTION_TEXT], format[LL_OPTION_NAME];
    bool values, json, no_outlook;
} plot_args;

static const ll_option options[] = {
    { "format", LL_OPT_NAME, offsetof(plot_args, format), "auto",
      "how to draw; auto: as the name of --out ends, else svg", .names = "auto svg png pdf" },
    { "out", LL_OPT_TEXT, offsetof(plot_args, out), "", "a file for one figure, or a folder [figures]" },
    LL_INPUT_SAVED(plot_args),
    LL_INPUT_RUNS(plot_args),
    LL_INPUT_LAW(plot_args),
    LL_INPUT_PRIOR(plot_args),
    LL_INPUT_FIT(plot_args),
    { "no_outlook", LL_OPT_BOOL, offsetof(plot_args, no_outlook), "false",
      "the laws without the forecast and the plan, which take longest of many runs" },
    { "values", LL_OPT_BOOL, offsetof(plot_args, values), "false",
      "with --json: what the figures hold, and the law behind them, in place of files" },
    { "json", LL_OPT_BOOL, offsetof(plot_args, json), "false", "list the files written as JSON" },
};

static bool is_folder(const char *path) {
    struct stat st;
    size_t n = strlen(path);
    return (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) || (n > 0 && path[n - 1] == '/');
}

/* auto becomes a format: that of the one file's name. */
static ll_status settle_format(plot_args *a, bool one, ll_error *err) {
    const char *ending = "svg";
    if (strcmp(a->format, "auto") != 0) return LL_OK;
    if (one && *a->out && !is_folder(a->out)) LL_TRY(ll_figure_ending(a->out, &ending, err));
    strcpy(a->format, ending);
    return LL_OK;
}

/* FOLDER/NAME.FORMAT, or the file itself when one figure was asked for and --out is no folder. */
static ll_status target(const plot_args *a, const char *name, bool one, char path[LL_PATH_MAX], ll_error *err) {
    char file[64];
    if (one && *a->out && !is_folder(a->out)) return ll_file_join(path, "", a->out, err);
    const char *folder = *a->out ? a->out : one ? "." : "figures";
    LL_TRY(ll_file_mkdir(folder, err));
    snprintf(file, sizeof file, "%s.%s", name, a->format);
    return ll_file_join(path, folder, file, err);
}

static ll_status draw(const plot_args *a, const ll_ladder_figure *k, const ll_evidence *e, bool one, ll_json *files,
                      ll_error *err) {
    char path[LL_PATH_MAX];
    ll_figure *f;
    LL_TRY(k->make(&f, e, err));
    ll_status s = target(a, k->name, one, path, err);
    if (s == LL_OK) s = ll_figure_render(f, ll_figure_format_named(a->format), path, err);
    ll_figure_free(f);
    if (s != LL_OK) return s;
    ll_json_push(files, ll_json_str(path));
    if (!a->json) ll_say_to(stderr, "wrote %s\n", path);
    return LL_OK;
}

/* The figure's values instead, with its name and how to read it. */
static ll_status tell(const ll_ladder_figure *k, const ll_evidence *e, ll_json *figures, ll_error *err) {
    ll_json *o;
    ll_figure *f;
    LL_TRY(k->make(&f, e, err));
    const ll_status s = ll_figure_values(&o, f, err);
    ll_figure_free(f);
    if (s != LL_OK) return s;
    ll_json_set_str(o, "name", k->name);
    ll_json_set_str(o, "caption", k->caption);
    ll_json_push(figures, o);
    return LL_OK;
}

static ll_status give(const plot_args *a, const ll_ladder_figure *k, const ll_evidence *e, bool one, ll_json *list,
                      ll_error *err) {
    return a->values ? tell(k, e, list, err) : draw(a, k, e, one, list, err);
}

/* All that the ladder can give; what it cannot is said and skipped. */
static ll_status give_all(const plot_args *a, const ll_evidence *e, ll_json *list, ll_json *skipped,
                          ll_error *err) {
    for (const ll_ladder_figure *k = ll_ladder_figures; k->name; k++) {
        ll_status s = give(a, k, e, false, list, err);
        if (s != LL_OK && s != LL_ESTATE) return s;
        if (s == LL_OK) continue;
        ll_json_set_str(skipped, k->name, err->msg);
        if (!a->json) ll_say_to(stderr, "no figure %s: %s\n", k->name, err->msg);
    }
    return LL_OK;
}

/* FIGURE, all, a table, or one of each. */
typedef struct wanted {
    const ll_ladder_figure *figure; /* NULL: all */
    const char *table;              /* NULL: the store or --fit */
} wanted;

static ll_status find_wanted(wanted *w, const ll_words *words, ll_error *err) {
    bool named = false;
    *w = (wanted) { 0 };
    for (int i = 0; i < words->n; i++) {
        const ll_ladder_figure *k = ll_ladder_figure_find(words->at[i]);
        char names[256], hint[LL_NEAREST_HINT];
        ll_nearest near = { .word = words->at[i] };
        if (k || strcmp(words->at[i], "all") == 0) {
            if (named)
                return LL_FAIL(err, LL_EINPUT, "plot: one figure at a time, or all; here is '%.80s' too",
                               near.word);
            named = true;
            w->figure = k;
        } else if (!w->table && access(words->at[i], F_OK) == 0) w->table = words->at[i];
        else {
            ll_nearest_try_all(&near, ll_ladder_figure_names(names, sizeof names));
            return LL_FAIL(err, LL_EINPUT, "plot: '%.80s' is neither a table nor a figure; figures are: %s%s",
                           near.word, names, ll_nearest_hint(&near, hint));
        }
    }
    return LL_OK;
}

/* The law behind the figures, without what 'fit' asks about it beside: of many runs that takes longer than the law. */
static ll_json *law_json(const ll_study *s) {
    const ll_fit_context context = {
        .convention = ll_study_convention(s), .dropped = ll_study_left_out(s), .runs = s->run, .along = s->along
    };
    return ll_fit_json(&s->fit, &context);
}

/* A report can say beside its figures that the ledger is broken; a figure alone cannot. */
static int answer(const plot_args *a, const wanted *w, const ll_evidence *e) {
    ll_error err = { 0 };
    if (*e->broken) {
        (void)LL_FAIL(&err, LL_ESTATE, "%s", e->broken);
        return ll_cli_fail(&err);
    }
    ll_json *doc = ll_json_object(), *list = ll_json_array();
    ll_json_set_str(doc, "schema", a->values ? "loglog.figures/1" : "loglog.files/1");
    ll_json_set(doc, a->values ? "figures" : "files", list);
    const ll_status s = w->figure ? give(a, w->figure, e, true, list, &err)
                                  : give_all(a, e, list, ll_json_group(doc, "skipped"), &err);
    if (s == LL_OK && a->values && e->study.fit.law) ll_json_set(doc, "fit", law_json(&e->study));
    if (s == LL_OK && a->json) return ll_cli_json(doc);
    ll_json_free(doc);
    return s == LL_OK ? LL_EXIT_DONE : ll_cli_fail(&err);
}

static int run_plot(const ll_verb *verb, int argc, char **argv) {
    plot_args a = { 0 };
    ll_words words;
    ll_error err = { 0 };
    ll_evidence *e;
    ll_evidence_opts about;
    ll_study study;
    ll_study_opts how;
    wanted w;
    int code = ll_cli_parse(verb, &a, &words, argc, argv);
    if (code >= 0) return code;
    if (a.values && !a.json) {
        (void)LL_FAIL(&err, LL_EINPUT, "plot: --values is a document: it needs --json");
        return ll_cli_fail(&err);
    }
    if (find_wanted(&w, &words, &err) != LL_OK || settle_format(&a, w.figure, &err) != LL_OK ||
        ll_input_evidence(&a.input, w.table, &study, &how, &about, &err) != LL_OK)
        return ll_cli_fail(&err);
    about.laws_alone = a.no_outlook;
    if (ll_evidence_gather(&e, &about, &err) != LL_OK) return ll_cli_fail(&err);
    code = answer(&a, &w, e);
    ll_evidence_free(e);
    return code;
}

const ll_verb ll_verb_plot = {
    "plot",
    "draw the figures of a ladder, a table or a saved fit as SVG, PNG or PDF",
    "usage: loglog plot [FIGURE] [RUNS.csv | --fit FIT.json | --store FILE] [--format svg|png|pdf] [--out "
    "FILE|FOLDER]\n\n"
    "FIGURE is triptych (loss against compute, tokens and parameters side by side), c, d or n (one of them),\n"
    "isoflop, frontier, curves, forecast, residuals, calibration or plan; without it all are drawn into a "
    "folder.\n\n"
    "  loglog plot triptych --out laws.pdf\n"
    "  loglog plot isoflop runs.csv --where 'kept = 1' --out isoflop.svg\n"
    "  loglog plot triptych --values --json\n",
    options,
    sizeof options / sizeof *options,
    run_plot,
};
