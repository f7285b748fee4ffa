#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "cli/cli.h"
#include "cli/store_named.h"
#include "report/report.h"
#include "sweep/guard.h"

typedef struct report_args {
    char store[LL_OPTION_TEXT], ladder[LL_OPTION_TEXT], out[LL_OPTION_TEXT];
    char policy[LL_OPTION_TEXT], evidence[LL_OPTION_TEXT], waiver[LL_OPTION_TEXT];
    bool json;
} report_args;

static const ll_option options[] = {
    { "store", LL_OPT_TEXT, offsetof(report_args, store), "loglog.db", "the store" },
    { "ladder", LL_OPT_TEXT, offsetof(report_args, ladder), "", "id of the ladder; the newest without it" },
    { "out", LL_OPT_TEXT, offsetof(report_args, out), "report.html", "the file to write" },
    { "policy", LL_OPT_TEXT, offsetof(report_args, policy), "",
      "a policy whose answer about the ladder's largest run is shown; see 'gate check'" },
    { "evidence", LL_OPT_TEXT, offsetof(report_args, evidence), "", "what the policy may know of the model" },
    { "waiver", LL_OPT_TEXT, offsetof(report_args, waiver), "", "signed waivers, with commas" },
    { "json", LL_OPT_BOOL, offsetof(report_args, json), "false", "list the files written as JSON" },
};

/* ---- the gate's answer ---- */

typedef struct asked {
    ll_guard *guard; /* NULL: no policy was given */
    ll_run run;
    ll_gate_case about;
    ll_gate answer;
    char words[256], command[5 * LL_OPTION_TEXT];
} asked;

/* The run of most compute; *found false where the ladder has none. */
static ll_status largest_run(ll_store *s, const char *ladder, ll_run *out, bool *found, ll_error *err) {
    ll_run *runs;
    int64_t n;
    LL_TRY(ll_store_list_runs(s, ladder, -1, NULL, &runs, &n, err));
    *found = n > 0;
    for (int64_t i = 0; i < n; i++)
        if (i == 0 || runs[i].flops > out->flops) *out = runs[i];
    free(runs);
    return LL_OK;
}

static ll_status about_ladder(const report_args *a, ll_store *s, asked *q, ll_error *err) {
    const double now = ll_clock_unix();
    ll_ladder ladder = { 0 };
    bool found;
    if (ll_store_get_ladder(s, a->ladder, &ladder, err) != LL_OK && (*a->ladder || err->code != LL_EINPUT))
        return err->code;
    const ll_status status = largest_run(s, ladder.id, &q->run, &found, err);
    ll_ladder_clear(&ladder);
    if (status != LL_OK) return status;
    if (found) return ll_guard_case_of_run(&q->about, &q->guard->facts, s, &q->run, now, err);
    q->about = ll_gate_case_of(&q->guard->facts, now);
    return LL_OK;
}

static void in_words(const report_args *a, asked *q) {
    const bool run = *q->run.id != 0;
    snprintf(q->words, sizeof q->words, "%s%.64s", run ? "run " : "the evidence alone: there is no run",
             run ? q->run.name : "");
    snprintf(q->command, sizeof q->command, "loglog gate check %s%s%s%s%s%s%s%s%s", a->policy,
             *a->evidence ? " --evidence " : "", a->evidence, *a->waiver ? " --waiver " : "", a->waiver,
             run ? " --run " : "", q->run.id, run ? " --store " : "", run ? a->store : "");
}

static ll_status ask(const report_args *a, asked *q, ll_error *err) {
    ll_store *s;
    LL_TRY(ll_guard_open(&q->guard, &(ll_guard_opts) { a->policy, a->evidence, a->waiver, "", 0 }, err));
    if (!q->guard) return LL_OK;
    LL_TRY(ll_cli_open_store(&s, a->store, LL_STORE_READ, err));
    const ll_status status = about_ladder(a, s, q, err);
    ll_store_close(s);
    if (status != LL_OK) return status;
    ll_gate_ask(&q->answer, &q->guard->policy, &q->about, q->guard->waiver, q->guard->n_waivers);
    in_words(a, q);
    return LL_OK;
}

/* ---- the verb ---- */

static ll_status write_report(const report_args *a, char missing[LL_ERROR_MAX], ll_error *err) {
    asked q = { 0 };
    LL_TRY(ll_cli_check_store(a->store, err));
    ll_status s = ask(a, &q, err);
    if (s == LL_OK && q.guard) {
        const ll_report_gate gate = {
            &q.guard->policy, &q.answer, q.guard->waiver, q.words, q.command, q.about.now
        };
        s = ll_report_write(a->store, a->ladder, a->out, &gate, missing, err);
    } else if (s == LL_OK) s = ll_report_write(a->store, a->ladder, a->out, NULL, missing, err);
    ll_guard_close(q.guard);
    return s;
}

static int run_report(const ll_verb *verb, int argc, char **argv) {
    report_args a;
    ll_words words;
    ll_error err = { 0 };
    char missing[LL_ERROR_MAX];
    int code = ll_cli_parse(verb, &a, &words, argc, argv);
    if (code >= 0) return code;
    if (words.n > 0) return ll_cli_usage("report: unexpected word '%.80s'; --out names the file", words.at[0]);
    if (write_report(&a, missing, &err) != LL_OK) return ll_cli_fail(&err);
    if (*missing) ll_say_to(stderr, "loglog: the report has no figures: %s\n", missing);
    if (!a.json) {
        ll_say_to(stderr, "wrote %s\n", a.out);
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
    "usage: loglog report [--store FILE] [--ladder ID] [--policy POLICY.yaml] [--out FILE] [--json]\n\n"
    "The file begins with the decision: the sealed forecast and what came, how all forecasts of the ledger have\n"
    "held, what 10 and 100 times the compute would buy best, and what the policy says. Then the laws with\n"
    "intervals, the figures, every run and where each number comes from. It needs no network and no other file.\n"
    "The policy is asked about the ladder's run of most compute, and its answer is no exit code here.\n\n"
    "  loglog report --out report.html\n"
    "  loglog report --policy examples/policies/legal.yaml\n",
    options,
    sizeof options / sizeof *options,
    run_report,
};
