#include "cli/cli.h"
#include "sweep/worker.h"

/* What a sweep starts for each rung; not for people. */

#define AT(f) offsetof(ll_worker_opts, f)
static const ll_option options[] = {
    { "spec", LL_OPT_TEXT, AT(spec), "", "the resolved spec" },
    { "prefix", LL_OPT_TEXT, AT(prefix), "", "of the shards" },
    { "folder", LL_OPT_TEXT, AT(folder), "", "of checkpoints and weights" },
    { "rung", LL_OPT_TEXT, AT(rung), "", "name of the rung" },
    { "policy", LL_OPT_TEXT, AT(policy), "", "the policy that is asked while training" },
    { "evidence", LL_OPT_TEXT, AT(evidence), "", "what is known of the model" },
    { "waivers", LL_OPT_TEXT, AT(waivers), "", "signed, with commas" },
    { "ladder", LL_OPT_NAME, AT(ladder), "", "its id" },
    { "fd", LL_OPT_INT, AT(fd), "3", "where messages go", .min = 0, .max = 65535 },
};
#undef AT

static int run(const ll_verb *verb, int argc, char **argv) {
    ll_worker_opts o;
    ll_words words;
    int code = ll_cli_parse(verb, &o, &words, argc, argv);
    if (code >= 0) return code;
    ll_error err = { 0 };
    return ll_worker_run(&o, &err) == LL_OK ? LL_EXIT_DONE : ll_cli_fail(&err);
}

const ll_verb ll_verb_worker = {
    "worker", NULL, "usage: started by 'run'\n", options, sizeof options / sizeof *options, run, NULL, NULL
};
