#include "cli/train/launch.h"

#include <stdio.h>
#include <string.h>

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
