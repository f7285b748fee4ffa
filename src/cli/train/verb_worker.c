#include "cli/cli.h"
#include "sweep/workers/worker.h"

/* What a sweep starts for each rung; not for people. */

static int run(const ll_verb *verb, int argc, char **argv) {
    ll_worker_opts o;
    ll_words words;
    int code = ll_cli_parse(verb, &o, &words, argc, argv);
    if (code >= 0) return code;
    ll_error err = { 0 };
    return ll_worker_run(&o, &err) == LL_OK ? LL_EXIT_DONE : ll_cli_fail(&err);
}

const ll_verb ll_verb_worker = { "worker",        NULL, "usage: started by 'run'\n", NULL, 0, run, ll_worker_table,
                                 &ll_worker_count };
