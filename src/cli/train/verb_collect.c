#include <stdio.h>

#include "cli/cli.h"
#include "cli/progress.h"
#include "cli/train/launch.h"

/* What Slurm's jobs have left in a ladder's folder goes into the store. */

typedef struct collect_args {
    ll_spec spec; /* first: the spec's own table binds it */
    char store[LL_OPTION_TEXT], ledger[LL_OPTION_TEXT];
    bool json, quiet;
} collect_args;

#define AT(f) offsetof(collect_args, f)
static const ll_option options[] = {
    { "store", LL_OPT_TEXT, AT(store), "", "the database; none: loglog.db beside the spec" },
    { "ledger", LL_OPT_TEXT, AT(ledger), "", "JSONL file that every forecast and score is appended to as well" },
    { "json", LL_OPT_BOOL, AT(json), "false", "one JSON document on standard output" },
    { "quiet", LL_OPT_BOOL, AT(quiet), "false", "no progress" },
};
#undef AT

static int print(const ll_sweep *s, const collect_args *a) {
    if (!a->json) {
        ll_say("ladder %s: %lld of %lld rungs are done, %lld in the queue\n", s->id, (long long)s->live.done,
               (long long)s->n, (long long)s->queued);
        return LL_EXIT_DONE;
    }
    ll_json *doc = ll_json_object();
    ll_json_set_str(doc, "schema", "loglog.collect/1");
    ll_json_set_str(doc, "ladder", s->id);
    ll_json_set_int(doc, "rungs", s->n);
    ll_json_set_int(doc, "done", s->live.done);
    ll_json_set_int(doc, "queued", s->queued);
    return ll_cli_json(doc);
}

static int run(const ll_verb *verb, int argc, char **argv) {
    collect_args a;
    ll_words words;
    ll_error err = { 0 };
    int code = ll_cli_parse(verb, &a, &words, argc, argv);
    if (code >= 0) return code;
    if (words.n != 1) return ll_cli_usage("collect: expected one spec, such as 'loglog collect ladder.yaml'");
    if (ll_spec_load(&a.spec, words.at[0], &err) != LL_OK) return ll_cli_fail(&err);
    ll_cli_flags(verb, &a, &words, argc, argv);
    if (!ll_spec_on_slurm(&a.spec))
        return ll_cli_usage("collect: %s: engine.kind is %s, expected slurm", words.at[0], a.spec.engine.kind);
    char store[LL_PATH_MAX], command[512];
    if (ll_sweep_store(store, a.store, words.at[0], &err) != LL_OK) return ll_cli_fail(&err);
    ll_sweep s;
    const ll_sweep_opts o = { .store = store,
                              .where = words.at[0],
                              .ledger = a.ledger,
                              .mode = LL_SLURM_COLLECT,
                              .stop = ll_progress_stop,
                              .program = "/proc/self/exe",
                              .command = ll_launch_command(command, sizeof command, verb, argc, argv) };
    ll_progress_listen();
    if (ll_sweep_prepare(&s, &a.spec, &o, &err) != LL_OK) return ll_cli_fail(&err);
    code = ll_launch(&s, a.quiet, &err) == LL_OK ? print(&s, &a) : ll_cli_fail(&err);
    if (code == LL_EXIT_DONE && s.bends) code = LL_EXIT_REFUSED;
    ll_sweep_clear(&s);
    return code;
}

const ll_verb ll_verb_collect = {
    "collect",
    "take what Slurm's jobs of a ladder have left",
    "usage: loglog collect SPEC.yaml [--store loglog.db]\n\n"
    "The jobs of a ladder with engine.kind slurm write into files of its folder. This\n"
    "verb brings what is there into the store, and submits and cancels nothing.\n\n"
    "example: loglog collect examples/slurm.yaml\n",
    options,
    sizeof options / sizeof *options,
    run,
    ll_spec_table,
    &ll_spec_count
};
