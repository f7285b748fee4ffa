#include <stddef.h>
#include <stdio.h>

#include "cli/cli.h"
#include "report/report.h"

typedef struct report_args {
    char store[LL_OPTION_TEXT], ladder[LL_OPTION_TEXT], out[LL_OPTION_TEXT];
    bool json;
} report_args;

static const ll_option options[] = {
    { "store", LL_OPT_TEXT, offsetof(report_args, store), "loglog.db", "the store" },
    { "ladder", LL_OPT_TEXT, offsetof(report_args, ladder), "", "id of the ladder; the newest without it" },
    { "out", LL_OPT_TEXT, offsetof(report_args, out), "report.html", "the file to write" },
    { "json", LL_OPT_BOOL, offsetof(report_args, json), "false", "list the files written as JSON" },
};

static int run_report(const ll_verb *verb, int argc, char **argv) {
    report_args a;
    ll_words words;
    ll_error err = { 0 };
    char missing[LL_ERROR_MAX];
    int code = ll_cli_parse(verb, &a, &words, argc, argv);
    if (code >= 0) return code;
    if (words.n > 0) return ll_cli_usage("report: unexpected word '%.80s'; --out names the file", words.at[0]);
    if (ll_report_write(a.store, a.ladder, a.out, missing, &err) != LL_OK) return ll_cli_fail(&err);
    if (*missing) fprintf(stderr, "loglog: the report has no figures: %s\n", missing);
    if (!a.json) {
        fprintf(stderr, "wrote %s\n", a.out);
        return LL_EXIT_DONE;
    }
    ll_json *doc = ll_json_object(), *files = ll_json_array();
    ll_json_set_str(doc, "schema", "loglog.files/1");
    ll_json_push(files, ll_json_str(a.out));
    ll_json_set(doc, "files", files);
    if (*missing) ll_json_set_str(doc, "missing", missing);
    return ll_cli_json(doc);
}

const ll_verb ll_verb_report = {
    "report",
    "write a ladder's report as one HTML file",
    "usage: loglog report [--store FILE] [--ladder ID] [--out FILE] [--json]\n\n"
    "The file holds the sealed forecast and what came, the laws with intervals, the figures, every run and where\n"
    "each number comes from. It needs no network and no other file.\n\n"
    "example: loglog report --out report.html\n",
    options,
    sizeof options / sizeof *options,
    run_report,
};
