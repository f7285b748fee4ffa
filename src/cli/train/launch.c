#define _POSIX_C_SOURCE 200809L
#include "cli/train/launch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/system/file.h"
#include "base/words/text.h"
#include "cli/progress.h"
#include "cli/train/sweep_use.h"

const char *ll_launch_command(char *buf, size_t size, const ll_verb *verb, int argc, char **argv) {
    int used = snprintf(buf, size, "loglog %s", verb->name);
    for (int i = 0; i < argc && used > 0 && (size_t)used + 2 < size; i++) {
        buf[used++] = ' ';
        used += (int)strlen(ll_text_quoted(argv[i], buf + used, size - (size_t)used));
    }
    return buf;
}

#define AT(f) offsetof(ll_how, f)
static const ll_option how_options[] = {
    { .key = "folder", .type = LL_OPT_TEXT, .offset = AT(folder), .preset = "" },
    { .key = "ledger", .type = LL_OPT_TEXT, .offset = AT(ledger), .preset = "" },
    { .key = "policy", .type = LL_OPT_TEXT, .offset = AT(policy), .preset = "" },
    { .key = "evidence", .type = LL_OPT_TEXT, .offset = AT(evidence), .preset = "" },
    { .key = "waiver", .type = LL_OPT_TEXT, .offset = AT(waiver), .preset = "" },
    { .key = "changed_text", .type = LL_OPT_NAME, .offset = AT(changed_text), .preset = "refuse" },
    { .key = "workers", .type = LL_OPT_INT, .offset = AT(workers), .preset = "0", .max = 1 << 20 },
    { .key = "ranks", .type = LL_OPT_INT, .offset = AT(ranks), .preset = "1", .min = 1, .max = LL_RANKS_MAX },
    { .key = "memory", .type = LL_OPT_BYTES, .offset = AT(memory), .preset = "0", .max = 1e18 },
};
#undef AT
enum { HOW_OPTIONS = sizeof how_options / sizeof *how_options };

ll_status ll_how_text(ll_how *how, char **text, ll_error *err) {
    if (!getcwd(how->folder, sizeof how->folder)) *how->folder = 0; /* removed, or too deep to be said */
    *text = ll_options_text(how_options, HOW_OPTIONS, how);
    return *text ? LL_OK : LL_FAIL(err, LL_ENOMEM, "out of memory");
}

ll_status ll_how_load(ll_how *how, const char *ladder_folder, ll_error *err) {
    char path[LL_PATH_MAX];
    struct stat st;
    LL_TRY(ll_file_join(path, ladder_folder, "how.yaml", err));
    if (lstat(path, &st) != 0) return ll_options_default(how_options, HOW_OPTIONS, how, err);
    return ll_options_load(how_options, HOW_OPTIONS, how, path, 1 << 16, "how a ladder is worked on", err);
}

int ll_how_flags(const ll_how *how, ll_how_flag flag[LL_HOW_FLAGS]) {
    const struct {
        const char *name, *value;
    } texts[] = { { "ledger", how->ledger },
                  { "policy", how->policy },
                  { "evidence", how->evidence },
                  { "waiver", how->waiver },
                  { "changed-text", how->changed_text } };
    int n = 0;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (*texts[i].value) snprintf(flag[n++], sizeof *flag, "--%s=%s", texts[i].name, texts[i].value);
    if (how->workers) snprintf(flag[n++], sizeof *flag, "--workers=%lld", (long long)how->workers);
    if (how->ranks > 1) snprintf(flag[n++], sizeof *flag, "--ranks=%lld", (long long)how->ranks);
    if (how->memory > 0) snprintf(flag[n++], sizeof *flag, "--memory=%.17g", how->memory);
    return n;
}

void ll_queued_print(const ll_sweep *s, bool quiet) {
    if (quiet) return;
    ll_say_prose(stderr,
                 "%lld of %lld rungs are in Slurm's queue; 'loglog run %s --attach' watches them and goes on, "
                 "'loglog collect %s' takes what came",
                 (long long)s->queued, (long long)s->n, s->opts.where, s->opts.where);
}

ll_status ll_launch(ll_sweep *s, bool quiet, ll_error *err) {
    ll_progress p;
    ll_progress_init(&p, s, quiet);
    p.keep_jobs = s->opts.mode != LL_SLURM_WATCH;
    ll_sweep_watch watch = ll_progress_watch(&p);
    ll_status status = ll_sweep_run(s, &watch, err);
    ll_progress_end(&p);
    if (!quiet && status == LL_OK) ll_use_print(stderr, s);
    return status;
}
