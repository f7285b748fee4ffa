#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/system/clock.h"
#include "base/system/threads.h"
#include "cli/cli.h"
#include "cli/progress.h"
#include "cli/show/show_summary.h"
#include "cli/train/asked_before.h"
#include "cli/train/demo_text.h"
#include "cli/train/launch.h"
#include "loglog/units.h"
#include "report/page/report.h"
#include "sweep/workers/pace.h"
#include "tensor/choice/device.h"
#include "tensor/choice/kernel_tables.h"

typedef struct demo_args {
    char text[LL_OPTION_TEXT], out[LL_OPTION_TEXT];
    char device[LL_OPTION_NAME];
    double minutes;
    bool quiet;
} demo_args;

#define AT(f) offsetof(demo_args, f)
static const ll_option options[] = {
    { "text", LL_OPT_TEXT, AT(text), "", "file, folder or archive to learn from; none: " LL_DEMO_TEXT_HELP },
    { "minutes", LL_OPT_REAL, AT(minutes), "4", "time for all of it", .max = 100000, .min_open = true },
    { "device", LL_OPT_NAME, AT(device), "auto", LL_DEVICE_HELP },
    { "out", LL_OPT_TEXT, AT(out), "loglog-demo", "folder of the spec, the store and report.html" },
    { "quiet", LL_OPT_BOOL, AT(quiet), "false", "only the result" },
};
#undef AT

/* Three budgets, each spent on five sizes a factor of 2 apart: runs of one budget lie on one isoFLOP line. Budgets a
 * factor of 4 apart put sizes and token counts on one grid: lines of equal D and of equal N have runs of all three. The
 * family with learned positions stands still for a decade of data before it learns words: llama, of rotary positions,
 * does not. */
static const char *const design[][2] = {
    { "name", "demo" },
    { "model.family", "llama" },
    { "model.context", "64" },
    { "model.head", "8" },
    { "model.widths", "16,24,32,48,64,96,128,192,256" },
    { "design.kind", "isoflop" },
    { "design.flops", "1,16" }, /* the ratio; the pace of this machine sets the scale */
    { "design.rungs", "15" },
    { "design.sizes", "5" },
    { "design.size_factor", "2" },
    { "design.edge_seeds", "2" },
    { "design.tokens_per_param", "40" },
};

enum { DESIGN = sizeof design / sizeof *design };
#define TRAINING_SHARE \
    0.85 /* of the time; the rest is reading, fitting, drawing, and what the pace did not foresee */
#define OVERHEAD_S 5.0

static ll_status take_text(ll_spec *spec, const demo_args *a, ll_error *err) {
    ll_demo_text found = { .instead = "" };
    if (!*a->text) ll_demo_text_find(&found);
    if (*found.instead && !a->quiet) ll_say_prose(stderr, "loglog: %s", found.instead);
    strcpy(spec->data.suffix, found.suffix);
    return ll_options_set(ll_spec_table, ll_spec_count, spec, "data.text", *a->text ? a->text : found.path,
                          "--text", err);
}

static ll_status fill_spec(ll_spec *spec, const demo_args *a, ll_error *err) {
    LL_TRY(ll_options_default(ll_spec_table, ll_spec_count, spec, err));
    for (int i = 0; i < DESIGN; i++)
        LL_TRY(ll_options_set(ll_spec_table, ll_spec_count, spec, design[i][0], design[i][1], "demo", err));
    LL_TRY(take_text(spec, a, err));
    LL_TRY(ll_options_set(ll_spec_table, ll_spec_count, spec, "train.device", a->device, "--device", err));
    ll_pace pace = { 0 };
    LL_TRY(ll_kernels_named(spec->train.kernels, spec->train.precision, &pace.kernels, err));
    double seconds = TRAINING_SHARE * (60 * a->minutes - OVERHEAD_S);
    return ll_pace_scale(&pace, spec, 257, ll_threads_available(), seconds, &seconds, err);
}

typedef struct demo {
    char asked[LL_PATH_MAX], spec[LL_PATH_MAX], store[LL_PATH_MAX], report[LL_PATH_MAX], missing[LL_ERROR_MAX];
} demo;

enum { ASKED = 3 }; /* the first options: text, minutes and device; they make the spec */

/* The spec is written once; the next demo in the same folder goes on with it. */
static ll_status write_spec(const demo_args *a, const char *path, ll_error *err) {
    ll_spec spec;
    ll_file f;
    LL_TRY(fill_spec(&spec, a, err));
    char *text = ll_spec_text(&spec);
    if (!text) return LL_FAIL(err, LL_ENOMEM, "out of memory");
    ll_status s = ll_file_create(&f, path, err);
    if (s == LL_OK) {
        fprintf(f.out,
                "# Written by 'loglog demo' for about %g minutes on this machine; 'loglog run' takes it too.\n%s",
                a->minutes, text);
        s = ll_file_commit(&f, err);
    }
    free(text);
    return s;
}

static ll_status train(const demo *d, const demo_args *a, const char *command, ll_error *err) {
    ll_spec spec;
    ll_sweep s;
    LL_TRY(ll_spec_load(&spec, d->spec, err));
    ll_sweep_opts o = { .store = d->store,
                        .changed = "rebuild",
                        .where = d->spec,
                        .command = command,
                        .program = "/proc/self/exe",
                        .stop = ll_progress_stop };
    ll_progress_listen();
    LL_TRY(ll_sweep_prepare(&s, &spec, &o, err));
    char bytes[32], tokens[32];
    if (!a->quiet)
        ll_say_prose(stderr, "%s: %s of text in %lld documents, %s tokens; %lld runs", s.train.origin,
                     ll_units_show_bytes((double)(s.train.bytes + s.val.bytes), bytes, sizeof bytes),
                     (long long)(s.train.documents + s.val.documents),
                     ll_units_show((double)(s.train.tokens + s.val.tokens), tokens, sizeof tokens), (long long)s.n);
    ll_status status = ll_launch(&s, a->quiet, err);
    ll_sweep_clear(&s);
    return status;
}

/* The summary and the report, of one evidence: its laws are fitted once. */
static ll_status show(demo *d, ll_error *err) {
    ll_evidence *e;
    LL_TRY(ll_evidence_gather(&e, &(ll_evidence_opts) { .store = d->store }, err));
    ll_summary_print(stdout, e);
    const ll_status s = ll_report_page(e, d->report, NULL, d->missing, err);
    ll_evidence_free(e);
    return s;
}

static ll_status run_demo(demo *d, demo_args *a, const char *command, ll_error *err) {
    LL_TRY(ll_device_named(a->device, NULL, err));
    const ll_asked_before before = { options, ASKED, sizeof *a, "demo", a->out, d->asked };
    LL_TRY(ll_asked_before_text(&before, a, "text", a->text, err));
    LL_TRY(ll_file_mkdir(a->out, err));
    LL_TRY(ll_file_join(d->spec, a->out, "demo.yaml", err));
    LL_TRY(ll_file_join(d->store, a->out, "loglog.db", err));
    LL_TRY(ll_file_join(d->report, a->out, "report.html", err));
    LL_TRY(ll_file_join(d->asked, a->out, "demo-arguments.yaml", err));
    const bool there = access(d->spec, F_OK) == 0;
    if (there) LL_TRY(ll_asked_before_go_on(&before, a, err));
    if (there && !a->quiet) ll_say_prose(stderr, "going on with %s; remove the folder to start anew", d->spec);
    if (!there) {
        LL_TRY(ll_asked_before_write(&before, a, err));
        LL_TRY(write_spec(a, d->spec, err));
    }
    LL_TRY(train(d, a, command, err));
    return show(d, err);
}

static int run(const ll_verb *verb, int argc, char **argv) {
    demo_args a;
    ll_words words;
    demo d;
    ll_error err = { 0 };
    char command[512], wall[32];
    int code = ll_cli_parse(verb, &a, &words, argc, argv);
    if (code >= 0) return code;
    if (words.n) return ll_cli_usage("demo: unexpected word '%.80s'; --text names the text", words.at[0]);
    double started = ll_clock_now();
    ll_launch_command(command, sizeof command, verb, argc, argv);
    if (run_demo(&d, &a, command, &err) != LL_OK) return ll_cli_fail(&err);
    if (*d.missing) ll_say_prose(stderr, "loglog: the report lacks figures: %s", d.missing);
    ll_say("\n%s\n  spec %s, runs %s, %s in all\n", d.report, d.spec, d.store,
           ll_units_show_seconds(ll_clock_now() - started, wall, sizeof wall));
    return LL_EXIT_DONE;
}

const ll_verb ll_verb_demo = {
    "demo",
    "train a ladder on text that is here, fit, forecast, score, report",
    "usage: loglog demo [--text PATH] [--minutes 4] [--device cpu] [--out FOLDER]\n\n"
    "A ladder of small language models is designed to fit the time on this machine and trained; laws are fitted;\n"
    "the loss of one more run, with 4 times the compute of any before, is forecast and sealed; then that run is\n"
    "trained and the forecast scored. Everything lands in one folder; report.html there shows it.\n\n"
    "example: loglog demo --minutes 2 --text ~/notes\n",
    options,
    sizeof options / sizeof *options,
    run,
    NULL,
    NULL,
};
