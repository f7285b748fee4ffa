#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/nearest.h"
#include "cli/cli.h"
#include "cli/store_named.h"
#include "report/figures.h"

typedef struct plot_args {
    char store[LL_OPTION_TEXT], ladder[LL_OPTION_TEXT], out[LL_OPTION_TEXT], format[LL_OPTION_NAME];
    bool json;
} plot_args;

static const ll_option options[] = {
    { "store", LL_OPT_TEXT, offsetof(plot_args, store), "loglog.db", "the store" },
    { "ladder", LL_OPT_TEXT, offsetof(plot_args, ladder), "", "id of the ladder; the newest without it" },
    { "format", LL_OPT_NAME, offsetof(plot_args, format), "auto",
      "how to draw; auto: as the name of --out ends, else svg", .names = "auto svg png pdf" },
    { "out", LL_OPT_TEXT, offsetof(plot_args, out), "", "a file for one figure, or a folder [figures]" },
    { "json", LL_OPT_BOOL, offsetof(plot_args, json), "false", "list the files written as JSON" },
};

/* auto becomes a format. */
static void settle_format(plot_args *a) {
    if (strcmp(a->format, "auto") == 0) strcpy(a->format, ll_figure_ending(a->out));
}

static bool is_folder(const char *path) {
    struct stat st;
    size_t n = strlen(path);
    return (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) || (n > 0 && path[n - 1] == '/');
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

/* All that the ladder can give; what it cannot is said and skipped. */
static ll_status draw_all(const plot_args *a, const ll_evidence *e, ll_json *files, ll_json *skipped,
                          ll_error *err) {
    for (const ll_ladder_figure *k = ll_ladder_figures; k->name; k++) {
        ll_status s = draw(a, k, e, false, files, err);
        if (s != LL_OK && s != LL_ESTATE) return s;
        if (s == LL_OK) continue;
        ll_json_set_str(skipped, k->name, err->msg);
        if (!a->json) ll_say_to(stderr, "no figure %s: %s\n", k->name, err->msg);
    }
    return LL_OK;
}

static int run_plot(const ll_verb *verb, int argc, char **argv) {
    plot_args a;
    ll_words words;
    ll_error err = { 0 };
    ll_evidence *e;
    char names[256];
    int code = ll_cli_parse(verb, &a, &words, argc, argv);
    if (code >= 0) return code;
    settle_format(&a);
    bool one = words.n > 0 && strcmp(words.at[0], "all") != 0;
    const ll_ladder_figure *k = one ? ll_ladder_figure_find(words.at[0]) : NULL;
    if (words.n > 1 || (one && !k)) {
        char hint[LL_NEAREST_HINT];
        ll_nearest near = { .word = words.at[words.n - 1] };
        ll_nearest_try_all(&near, ll_ladder_figure_names(names, sizeof names));
        return ll_cli_usage("plot: '%s' is no figure; one of: %s%s", near.word, names,
                            ll_nearest_hint(&near, hint));
    }
    if (ll_cli_check_store(a.store, &err) != LL_OK || ll_evidence_gather(&e, a.store, a.ladder, &err) != LL_OK)
        return ll_cli_fail(&err);
    ll_json *doc = ll_json_object(), *files = ll_json_array();
    ll_json_set_str(doc, "schema", "loglog.files/1");
    ll_json_set(doc, "files", files);
    ll_status s =
        one ? draw(&a, k, e, true, files, &err) : draw_all(&a, e, files, ll_json_group(doc, "skipped"), &err);
    ll_evidence_free(e);
    if (s == LL_OK && a.json) return ll_cli_json(doc);
    ll_json_free(doc);
    return s == LL_OK ? LL_EXIT_DONE : ll_cli_fail(&err);
}

const ll_verb ll_verb_plot = {
    "plot",
    "draw a ladder's figures as SVG, PNG or PDF",
    "usage: loglog plot [FIGURE] [--format svg|png|pdf] [--out FILE|FOLDER] [--store FILE] [--ladder ID] "
    "[--json]\n\n"
    "FIGURE is triptych (loss against compute, tokens and parameters side by side), c, d or n (one of them),\n"
    "isoflop, frontier, curves, forecast, residuals, calibration or plan; without it all are drawn into a "
    "folder.\n\n"
    "example: loglog plot triptych --out laws.pdf\n",
    options,
    sizeof options / sizeof *options,
    run_plot,
};
