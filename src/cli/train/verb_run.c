#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/threads.h"
#include "cli/cli.h"
#include "cli/progress.h"
#include "cli/train/dry_slurm.h"
#include "cli/train/launch.h"
#include "cli/train/sweep_use.h"
#include "loglog/units.h"
#include "sweep/workers/pace.h"
#include "tensor/choice/device.h"

typedef struct run_args {
    ll_spec spec; /* first: the spec's own table binds it */
    ll_how how;
    char store[LL_OPTION_TEXT], export[LL_OPTION_TEXT];
    bool dry_run, json, quiet, detach, attach;
} run_args;

#define AT(f) offsetof(run_args, f)
static const ll_option options[] = {
    { "dry_run", LL_OPT_BOOL, AT(dry_run), "false", "print every rung's N, D, C, memory and time; train nothing" },
    { "export", LL_OPT_TEXT, AT(export), "",
      "write the rungs that are next to this .csv or .sh, to be trained by hand; 'runs import' brings them back" },
    { "store", LL_OPT_TEXT, AT(store), "",
      "the store, a file or postgresql://...; none: loglog.db beside the spec" },
    { "ledger", LL_OPT_TEXT, AT(how.ledger), "",
      "JSONL file that every forecast and score is appended to as well" },
    { "device", LL_OPT_NAME, AT(spec.train.device), "auto", LL_DEVICE_HELP "; over train.device" },
    { "workers", LL_OPT_INT, AT(how.workers), "0", "runs at a time, of Slurm on paper only; 0: as the spec says",
      .max = 1 << 20 },
    { "ranks", LL_OPT_INT, AT(how.ranks), "1",
      "processes of OpenMPI that train each run together, to the same bits", .min = 1, .max = LL_RANKS_MAX },
    { "memory", LL_OPT_BYTES, AT(how.memory), "0", "bound on all runs together; 0: as the spec says", .max = 1e18 },
    { "changed_text", LL_OPT_NAME, AT(how.changed_text), "refuse",
      "when the text is another than its shards were built from", .names = "refuse keep rebuild" },
    { "policy", LL_OPT_TEXT, AT(how.policy), "",
      "asked before, while and after each run trains; see 'gate check'" },
    { "evidence", LL_OPT_TEXT, AT(how.evidence), "", "what the policy may know of the model" },
    { "waiver", LL_OPT_TEXT, AT(how.waiver), "", "signed waivers, with commas" },
    { "detach", LL_OPT_BOOL, AT(detach), "false", "of Slurm: submit the jobs and come back" },
    { "attach", LL_OPT_BOOL, AT(attach), "false", "of Slurm: watch the jobs that were submitted" },
    { "json", LL_OPT_BOOL, AT(json), "false", "one JSON document on standard output" },
    { "quiet", LL_OPT_BOOL, AT(quiet), "false", "no progress" },
};
#undef AT

/* ---- dry run ---- */

typedef struct forecast_of_work {
    double *seconds, makespan;
    bool on_slurm;
    ll_slurm_dry slurm; /* where Slurm trains */
} forecast_of_work;

static ll_status measure(const ll_sweep *s, int64_t slots, forecast_of_work *w, ll_error *err) {
    ll_pace pace = { .kernels = s->kernels };
    w->seconds = calloc((size_t)s->n + 1, sizeof *w->seconds);
    if (!w->seconds) return LL_FAIL(err, LL_ENOMEM, "out of memory");
    w->on_slurm = ll_spec_on_slurm(&s->spec);
    for (int64_t i = 0; !s->kernels && i < s->n; i++) w->seconds[i] = NAN; /* nobody knows the pace of a command */
    if (w->on_slurm) {
        LL_TRY(ll_slurm_dry_make(&w->slurm, &pace, &s->spec, s->rungs, s->needs, s->n, slots, w->seconds, err));
        w->makespan = w->slurm.makespan;
    } else if (s->kernels) w->makespan = ll_pace_makespan(&pace, &s->spec, s->rungs, s->n, s->workers, w->seconds);
    else w->makespan = NAN;
    return LL_OK;
}

static void clear_work(forecast_of_work *w) {
    free(w->seconds);
    ll_slurm_dry_clear(&w->slurm);
}

static double needs_of(const ll_sweep *s, int64_t i) {
    return s->needs[i] > 0 ? s->needs[i] : NAN;
}

static double exact_of(const ll_sweep *s, int64_t i) {
    return s->kernels || *s->spec.engine.count.flops_token ? s->rungs[i].flops_exact : NAN;
}

static ll_json *rung_json(const ll_sweep *s, int64_t i, double seconds) {
    const ll_rung *r = &s->rungs[i];
    ll_json *o = ll_json_object();
    ll_json_set_str(o, "name", r->name);
    ll_json_set_str(o, "role", ll_rung_role_name(r->role));
    ll_json_set_num(o, "params", r->count.params);
    ll_json_set_num(o, "params_total", r->count.params_total);
    ll_json_set_num(o, "tokens", r->tokens);
    ll_json_set_num(o, "flops", r->flops);
    ll_json_set_num(o, "flops_exact", exact_of(s, i));
    ll_json_set_int(o, "layers", r->model.layers);
    ll_json_set_int(o, "width", r->model.width);
    ll_json_set_int(o, "heads", r->model.heads);
    ll_json_set_int(o, "ffw", r->model.ffw);
    ll_json_set_int(o, "steps", r->steps);
    ll_json_set_num(o, "batch_tokens", (double)(r->batch * r->model.context));
    ll_json_set_num(o, "lr", r->lr);
    ll_json_set_num(o, "decay", r->decay);
    ll_json_set_num(o, "memory_bytes", needs_of(s, i));
    ll_json_set_num(o, "seconds", seconds);
    return o;
}

static int dry_json(const ll_sweep *s, const forecast_of_work *w) {
    ll_json *doc = ll_json_object(), *rungs = ll_json_array();
    ll_json_set_str(doc, "schema", "loglog.dry-run/1");
    ll_json_set(doc, "spec", ll_options_json(ll_spec_table, ll_spec_count, &s->spec));
    ll_json_set_str(doc, "spec_hash", s->spec_hash);
    ll_json_set_str(doc, "ladder", s->id);
    for (int64_t i = 0; i < s->n; i++) ll_json_push(rungs, rung_json(s, i, w->seconds[i]));
    ll_json_set(doc, "rungs", rungs);
    ll_json_set_num(doc, "makespan_s", w->makespan);
    if (w->on_slurm) ll_json_set(doc, "slurm", ll_slurm_dry_json(&w->slurm, s->rungs, w->seconds));
    return ll_cli_json(doc);
}

static int dry_table(const ll_sweep *s, const forecast_of_work *w) {
    char n[24], d[24], c[24], x[24], m[24], t[24], *text = ll_spec_text(&s->spec);
    if (text) ll_say_lines(text);
    ll_say("\n");
    free(text);
    ll_say("%-20s %-8s %-10s %8s %8s %9s %9s %7s %7s %7s %7s %9s %7s\n", "rung", "role", "shape", "N", "D", "6ND",
           "exact", "steps", "batch", "rate", "decay", "memory", "time");
    for (int64_t i = 0; i < s->n; i++) {
        const ll_rung *r = &s->rungs[i];
        char shape[32];
        snprintf(shape, sizeof shape, "%lldx%lld/%lld", (long long)r->model.layers, (long long)r->model.width,
                 (long long)r->model.heads);
        ll_say("%-20s %-8s %-10s %8s %8s %9s %9s %7lld %7lld %7.3g %7.3g %9s %7s\n", r->name,
               ll_rung_role_name(r->role), shape, ll_units_show(r->count.params, n, sizeof n),
               ll_units_show(r->tokens, d, sizeof d), ll_units_show(r->flops, c, sizeof c),
               ll_units_show(exact_of(s, i), x, sizeof x), (long long)r->steps,
               (long long)(r->batch * r->model.context), r->lr, r->decay,
               ll_units_show_bytes(needs_of(s, i), m, sizeof m), ll_units_show_seconds(w->seconds[i], t, sizeof t));
    }
    if (w->on_slurm) ll_slurm_dry_print(&w->slurm, s->rungs, w->seconds);
    else {
        ll_say("\n%lld rung%s on %d worker%s, ", (long long)s->n, s->n == 1 ? "" : "s", s->workers,
               s->workers == 1 ? "" : "s");
        if (isfinite(w->makespan)) ll_say("about %s in all", ll_units_show_seconds(w->makespan, t, sizeof t));
        else ll_say("for as long as the command takes");
    }
    ll_say("; spec hash %.16s%s%s\n", s->spec_hash, *s->id ? ", ladder " : "", s->id);
    return LL_EXIT_DONE;
}

static int dry_run(const ll_sweep *s, int64_t slots, bool json) {
    ll_error err = { 0 };
    forecast_of_work w = { 0 };
    ll_status status = measure(s, slots, &w, &err);
    int code = status != LL_OK ? ll_cli_fail(&err) : json ? dry_json(s, &w) : dry_table(s, &w);
    clear_work(&w);
    return code;
}

/* ---- the verb ---- */

static void print_handed_out(const ll_sweep *s, const char *path) {
    if (!s->handed_out) {
        ll_say("all %lld rungs are done: nothing to write\n", (long long)s->n);
        return;
    }
    ll_say("%lld of %lld rungs are in ", (long long)s->handed_out, (long long)s->n);
    ll_say("%s", path);
    ll_say("; train them, then bring their losses back with 'loglog runs import' and call this again\n");
}

static int train(ll_sweep *s, const run_args *a) {
    ll_error err = { 0 };
    ll_status status = ll_launch(s, a->quiet, &err);
    if (status == LL_OK && a->json) {
        ll_json *doc = ll_json_object();
        ll_json_set_str(doc, "schema", "loglog.run/1");
        ll_json_set_str(doc, "ladder", s->id);
        ll_json_set_str(doc, "spec_hash", s->spec_hash);
        ll_json_set_str(doc, "data_hash", s->data_hash);
        ll_json_set_int(doc, "rungs", s->n);
        ll_json_set(doc, "use", ll_use_json(s));
        ll_json_set_int(doc, "bends", s->bends);
        ll_json_set_int(doc, "queued", s->queued);
        const int code = ll_cli_json(doc);
        return code == LL_EXIT_DONE && s->bends ? LL_EXIT_REFUSED : code;
    }
    if (status != LL_OK) return ll_cli_fail(&err);
    if (*a->export) print_handed_out(s, a->export);
    if (s->queued) ll_queued_print(s, a->quiet);
    return s->bends ? LL_EXIT_REFUSED : LL_EXIT_DONE;
}

static int work(ll_sweep *s, const run_args *a) {
    ll_error err = { 0 };
    int code;
    ll_cli_unread(s->train.unread, s->train.first_unread);
    if (a->how.workers) s->workers = (int)a->how.workers;
    if (a->how.memory > 0) s->memory = a->how.memory;
    if (ll_sweep_ranks(s, a->how.ranks, &err) != LL_OK) code = ll_cli_fail(&err);
    else code = a->dry_run ? dry_run(s, a->how.workers, a->json) : train(s, a);
    ll_sweep_clear(s);
    return code;
}

static int run(const ll_verb *verb, int argc, char **argv) {
    run_args a;
    ll_words words;
    ll_error err = { 0 };
    int code = ll_cli_parse(verb, &a, &words, argc, argv);
    if (code >= 0) return code;
    if (words.n != 1) return ll_cli_usage("run: expected one spec, such as 'loglog run examples/ladder.yaml'");
    if (ll_spec_load(&a.spec, words.at[0], &err) != LL_OK) return ll_cli_fail(&err);
    ll_cli_flags(verb, &a, &words, argc, argv); /* over what the file says; they were good before */
    if ((a.detach || a.attach) && !ll_spec_on_slurm(&a.spec))
        return ll_cli_usage("run: --detach and --attach are of engine.kind slurm, this is %s", a.spec.engine.kind);
    if (a.detach && a.attach) return ll_cli_usage("run: expected one of --detach and --attach");
    char store[LL_PATH_MAX], command[512], *how;
    if (ll_sweep_store(store, a.store, words.at[0], &err) != LL_OK) return ll_cli_fail(&err);
    if (ll_how_text(&a.how, &how, &err) != LL_OK) return ll_cli_fail(&err);
    ll_sweep s;
    ll_sweep_opts o = { .store = store,
                        .where = words.at[0],
                        .ledger = a.how.ledger,
                        .changed = a.how.changed_text,
                        .dry = a.dry_run,
                        .hand_out = a.export,
                        .policy = a.how.policy,
                        .evidence = a.how.evidence,
                        .waivers = a.how.waiver,
                        .stop = ll_progress_stop,
                        .mode = a.detach   ? LL_SLURM_DETACH
                                : a.attach ? LL_SLURM_ATTACH
                                           : LL_SLURM_WATCH,
                        .how = *a.export ? NULL : how,
                        .program = "/proc/self/exe",
                        .command = ll_launch_command(command, sizeof command, verb, argc, argv) };
    if (!a.dry_run) ll_progress_listen();
    code = ll_sweep_prepare(&s, &a.spec, &o, &err) == LL_OK ? work(&s, &a) : ll_cli_fail(&err);
    free(how);
    return code;
}

const ll_verb ll_verb_run = {
    "run",
    "train the ladder that a spec describes",
    "usage: loglog run SPEC.yaml [--dry-run] [--workers 2] [--device cpu] [--train.lr 0.01]\n\n"
    "The ladder is trained, its last run forecast before and scored after. Ctrl-C stops\n"
    "cleanly; the same command goes on. Results go to the store, by default loglog.db\n"
    "beside the spec.\n\n"
    "With --policy a gate is asked before each run, at each growth of compute that the\n"
    "policy names, and after. Where it does not say yes the runs stop with checkpoints and\n"
    "the exit code is 3 (no) or 4 (cannot tell); the same command goes on once it does,\n"
    "or with a signed waiver. The exit code is 3 too for a bend alarm: a run came outside the\n"
    "99 % interval that was sealed for it, and all the work is done.\n\n"
    "With engine.kind slurm the runs are tasks of job arrays on a cluster: --detach submits\n"
    "them and comes back, --attach watches them, 'collect' takes what came. Ctrl-C asks\n"
    "before it cancels jobs; without a terminal they go on.\n\n"
    "example: loglog run examples/ladder.yaml --dry-run\n",
    options,
    sizeof options / sizeof *options,
    run,
    ll_spec_table,
    &ll_spec_count
};
