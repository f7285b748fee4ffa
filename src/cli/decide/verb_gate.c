#include <stdio.h>
#include <string.h>

#include "base/system/clock.h"
#include "cli/cli.h"
#include "cli/decide/show_gate.h"
#include "cli/store_named.h"
#include "decide/gate/effective.h"
#include "sweep/guard/guard.h"

typedef struct check_args {
    ll_facts facts;
    char evidence[LL_OPTION_TEXT], score[LL_OPTION_TEXT], in_place[LL_OPTION_TEXT], waiver[LL_OPTION_TEXT];
    char store[LL_OPTION_TEXT], run[LL_OPTION_TEXT];
    char now[LL_OPTION_NAME];
    bool json;
} check_args;

#define AT(f) offsetof(check_args, f)
#define FACT(f) AT(facts.f)
static const ll_option check_options[] = {
    { "evidence", LL_OPT_TEXT, AT(evidence), "",
      "YAML or JSON file of the form loglog.evidence/1; flags go over it" },
    LL_FACTS_ROWS(FACT),
    { "score", LL_OPT_TEXT, AT(score), "", "NAME=VALUE,LOW,HIGH of an evaluation; several separated by blanks" },
    { "in_place", LL_OPT_TEXT, AT(in_place), "", "names of required measures that are in place, with commas" },
    { "waiver", LL_OPT_TEXT, AT(waiver), "", "signed waivers, with commas" },
    { "run", LL_OPT_TEXT, AT(run), "",
      "a run of the store, whose compute, loss, sealed forecast and probes' scores go over the rest" },
    { "store", LL_OPT_TEXT, AT(store), "loglog.db", "the store" },
    { "now", LL_OPT_NAME, AT(now), "", "another moment to ask as of, for trying a policy" },
    { "json", LL_OPT_BOOL, AT(json), "false", "one JSON document on standard output" },
};
#undef FACT
#undef AT

static int usage(const ll_verb *verb) {
    return ll_cli_usage("%s: expected one policy, such as 'loglog %s policy.yaml'", verb->name, verb->name);
}

/* ---- check ---- */

/* The file first, then the flags once more over it; they were good before. */
static ll_status gather(const ll_verb *verb, check_args *a, const ll_policy *p, int argc, char **argv,
                        ll_error *err) {
    ll_words words;
    char ladder[LL_OPTION_NAME];
    LL_TRY(ll_facts_init(&a->facts, p, err));
    if (*a->evidence) LL_TRY(ll_facts_load(&a->facts, p, a->evidence, err));
    memcpy(ladder, a->facts.ladder, sizeof ladder);
    ll_cli_flags(verb, a, &words, argc, argv);
    if (*ladder && strcmp(ladder, a->facts.ladder) != 0)
        return LL_FAIL(err, LL_EINPUT, "%s: the evidence is about ladder %s, --ladder is '%s'", a->evidence, ladder,
                       a->facts.ladder);
    LL_TRY(ll_facts_scores(&a->facts, a->score, "--score", err));
    LL_TRY(ll_facts_in_place(&a->facts, p, a->in_place, "--in-place", err));
    return ll_facts_check(&a->facts, verb->name, err);
}

static ll_status moment(const check_args *a, double *now, ll_error *err) {
    *now = ll_clock_unix();
    if (!*a->now || ll_clock_parse(a->now, now)) return LL_OK;
    return LL_FAIL(err, LL_EINPUT, "--now is '%s', expected a date such as 2026-11-22", a->now);
}

static ll_status case_of(const check_args *a, double now, ll_run *run, ll_gate_case *c, ll_error *err) {
    ll_store *s;
    if (!*a->run) {
        *c = ll_gate_case_of(&a->facts, now);
        return *a->facts.fit ? ll_effective_from(&c->effective, a->facts.fit, ll_gate_loss(c), err) : LL_OK;
    }
    LL_TRY(ll_cli_open_store(&s, a->store, LL_STORE_READ, err));
    ll_status status = ll_store_find_run(s, a->run, run, err);
    if (status == LL_OK) status = ll_guard_case_of_run(c, &a->facts, s, run, now, err);
    ll_store_close(s);
    return status;
}

static int answer(const check_args *a, const ll_policy *p, double now) {
    ll_waiver waivers[LL_WAIVER_MOST];
    ll_gate g;
    ll_gate_case c;
    ll_run run; /* c borrows its ladder */
    ll_error err = { 0 };
    int n;
    if (ll_waivers_load(waivers, &n, a->waiver, &err) != LL_OK || case_of(a, now, &run, &c, &err) != LL_OK)
        return ll_cli_fail(&err);
    ll_gate_ask(&g, p, &c, waivers, n);
    if (!a->json) ll_show_gate(&g, p, &c, waivers);
    else if (ll_cli_json(ll_gate_json(&g, p, &c, waivers, n)) != LL_EXIT_DONE) return LL_EXIT_FAILED;
    return ll_show_gate_code(g.answer);
}

static int run_check(const ll_verb *verb, int argc, char **argv) {
    static check_args a; /* its lists of numbers are too large for a stack */
    ll_words words;
    ll_policy p;
    ll_error err = { 0 };
    double now;
    int code = ll_cli_parse(verb, &a, &words, argc, argv);
    if (code >= 0) return code;
    if (words.n != 1) return usage(verb);
    if (ll_policy_load(&p, words.at[0], &err) != LL_OK) return ll_cli_fail(&err);
    bool good = gather(verb, &a, &p, argc, argv, &err) == LL_OK && moment(&a, &now, &err) == LL_OK;
    code = good ? answer(&a, &p, now) : ll_cli_fail(&err);
    ll_policy_clear(&p);
    return code;
}

const ll_verb ll_verb_gate_check = {
    "gate check",
    "ask a policy whether training may go on",
    "usage: loglog gate check POLICY.yaml [--evidence FILE] [--flops C] [--gain LOW,HIGH] [--score "
    "NAME=V,LOW,HIGH]\n\n"
    "Every line of the policy is held against what is known. The answer is pass, fail or investigate, with the\n"
    "exit codes 0, 3 and 4. An interval across a line, an estimate without an interval, and an evaluation that is\n"
    "missing, too old or dated in the future are never a pass.\n\n"
    "Evidence that names a ladder, run or data_hash is about no other: with --run they must be that run's.\n\n"
    "Effective compute is --flops times --gain, or what the recipe of --fit would need for the loss.\n\n"
    "A line of: score names an evaluation, or a probe's metric such as arithmetic.exact: of a --run it is what "
    "'probe\n"
    "run' measured, with the interval of its standard error.\n\n"
    "example: loglog gate check examples/policies/legal.yaml --flops 3e24\n"
    "         loglog gate check examples/policies/ability.yaml --run RUN\n",
    check_options,
    sizeof check_options / sizeof *check_options,
    run_check,
    NULL,
    NULL,
};

/* ---- show ---- */

typedef struct show_args {
    bool json;
} show_args;

static const ll_option show_options[] = {
    { "json", LL_OPT_BOOL, offsetof(show_args, json), "false", "one JSON document on standard output" },
};

static int run_show(const ll_verb *verb, int argc, char **argv) {
    show_args a;
    ll_words words;
    ll_policy p;
    ll_error err = { 0 };
    int code = ll_cli_parse(verb, &a, &words, argc, argv);
    if (code >= 0) return code;
    if (words.n != 1) return usage(verb);
    if (ll_policy_load(&p, words.at[0], &err) != LL_OK) return ll_cli_fail(&err);
    code = a.json ? ll_cli_json(ll_policy_json(&p)) : (ll_show_policy(&p), LL_EXIT_DONE);
    ll_policy_clear(&p);
    return code;
}

const ll_verb ll_verb_gate_show = {
    "gate show",
    "print a policy as it is read, with its hash",
    "usage: loglog gate show POLICY.yaml [--json]\n\nexample: loglog gate show examples/policies/rsp-v1.yaml\n",
    show_options,
    sizeof show_options / sizeof *show_options,
    run_show,
    NULL,
    NULL,
};
