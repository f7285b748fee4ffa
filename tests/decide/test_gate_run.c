/* 'run --policy': asked before, while and after a rung trains; what it stops goes on to the same bits. */
#define _POSIX_C_SOURCE 200809L
#include "support.h"

#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/system/clock.h"
#include "decide/gate/waiver.h"
#include "store/sqlite/sqlite.h"
#include "store/store.h"

/* Eight rungs to fit and one to forecast, about two seconds in all. Batch and decay are named: the lines of
 * policies are held against the losses that come of them. */
static const char ladder[] = "schema: loglog.spec/1\n"
                             "name: tiny\n"
                             "data: {source: markov, tokens: 40k}\n"
                             "model: {family: gpt, context: 16, widths: [8, 16, 32]}\n"
                             "train: {eval_windows: 16, final_windows: 64, checkpoint: 0.1, eval_points: 5,\n"
                             "  batch_tokens: 32, decay: 0.1}\n"
                             "design: {kind: grid, params: [1536, 6144, 24576], tokens: [10k, 20k, 40k]}\n";
enum { RUNGS = 9, POINTS = 5 };

#define ADA "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a" /* of RFC 8032, TEST 1 */
static const char ada_seed[] = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
#define HEAD "schema: loglog.policy/1\nname: house\nsign: {by: [{name: ada, key: " ADA "}]}\n"
#define QUIET "evaluate: {needed: false}\n"
#define LEVEL(line) "levels: [{name: l, lines: [" line "], requires: [{name: guarded}]}]\n"

typedef struct study { /* one folder with the ladder, and what its store holds */
    char folder[LL_PATH_MAX], err[8192];
    ll_run *runs;
    int64_t n;
} study;

static void put(const study *s, const char *name, const char *text) {
    char path[LL_PATH_MAX];
    support_write(s->folder, name, text, strlen(text), path);
}

static void begin(study *s) {
    memset(s, 0, sizeof *s);
    support_folder(s->folder);
    put(s, "spec.yaml", ladder);
}

static void end(study *s) {
    free(s->runs);
    support_remove(s->folder);
}

static void run(study *s, int code, const char *flags) {
    char arguments[1024];
    snprintf(arguments, sizeof arguments, "run spec.yaml --quiet %s", flags);
    int got = support_run(s->folder, arguments, NULL, 0, s->err, sizeof s->err);
    if (got != code) fail_msg("'%s' gave %d, expected %d: %s", arguments, got, code, s->err);
}

static void says(const study *s, const char *want) {
    if (!strstr(s->err, want)) fail_msg("'%s' is not in: %s", want, s->err);
}

static ll_store *open_store(const study *s) {
    char path[LL_PATH_MAX];
    ll_store *store;
    assert_ok(ll_file_join(path, s->folder, "loglog.db", err));
    assert_ok(ll_store_open(&store, path, LL_STORE_READ, err));
    return store;
}

static void look(study *s) {
    ll_store *store = open_store(s);
    free(s->runs);
    assert_ok(ll_store_list_runs(store, "", -1, NULL, &s->runs, &s->n, err));
    ll_store_close(store);
}

static int count(study *s, ll_run_state state) {
    int n = 0;
    look(s);
    for (int64_t i = 0; i < s->n; i++) n += s->runs[i].state == state;
    return n;
}

/* How many entries of the ledger hold the text; the chain must be whole. */
static int in_ledger(const study *s, const char *text) {
    ll_store *store = open_store(s);
    ll_entry *entries;
    int64_t n, bad;
    int found = 0;
    assert_ok(ll_store_check_ledger(store, &bad, err));
    assert_ok(ll_store_list_entries(store, &entries, &n, err));
    for (int64_t i = 0; i < n; i++) found += strstr(entries[i].body, text) != NULL;
    ll_entries_free(entries, n);
    ll_store_close(store);
    return found;
}

/* ---- the same bits ---- */

static study reference; /* without a policy */

static int set_up(void **state) {
    (void)state;
    begin(&reference);
    run(&reference, 0, "");
    assert_int_equal(count(&reference, LL_RUN_DONE), RUNGS);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    end(&reference);
    return 0;
}

static ll_point *points_of(const study *s, const char *run, int64_t *n) {
    ll_store *store = open_store(s);
    ll_point *points;
    assert_ok(ll_store_list_points(store, run, &points, n, err));
    ll_store_close(store);
    return points;
}

static void assert_same_curve(const study *s, const char *run) {
    int64_t n, m;
    ll_point *a = points_of(s, run, &n), *b = points_of(&reference, run, &m);
    assert_int_equal(n, m);
    for (int64_t i = 0; i < n; i++) {
        assert_int_equal(a[i].step, b[i].step);
        assert_memory_equal(&a[i].loss, &b[i].loss, sizeof a[i].loss);
    }
    free(a);
    free(b);
}

static void assert_same_as_reference(study *s) {
    assert_int_equal(count(s, LL_RUN_DONE), RUNGS);
    for (int64_t i = 0; i < s->n; i++) {
        const ll_run *a = &s->runs[i], *b = &reference.runs[i];
        assert_string_equal(a->id, b->id);
        if (memcmp(&a->loss, &b->loss, 8) || memcmp(&a->loss_se, &b->loss_se, 8) ||
            memcmp(&a->train_loss, &b->train_loss, 8))
            fail_msg("%s: loss %.17g, expected %.17g", a->name, a->loss, b->loss);
        assert_same_curve(s, a->id);
    }
}

static void sign(const study *s, const char *name, const char *waives, double from, double until) {
    char path[LL_PATH_MAX];
    ll_policy p;
    ll_sign_key key;
    ll_waiver w = { .reason = "a test" };
    double now = ll_clock_unix();
    snprintf(w.waives, sizeof w.waives, "%s", waives);
    snprintf(w.ladder, sizeof w.ladder, "%s", reference.runs[0].ladder);
    ll_clock_iso(now + from, w.issued, sizeof w.issued);
    ll_clock_iso(now + until, w.expires, sizeof w.expires);
    assert_true(ll_sign_key_of(&key, ada_seed));
    assert_ok(ll_file_join(path, s->folder, "policy.yaml", err));
    assert_ok(ll_policy_load(&p, path, err));
    assert_ok(ll_waiver_sign(&w, &p, &key, err));
    assert_ok(ll_file_join(path, s->folder, name, err));
    assert_ok(ll_waiver_write(&w, path, err));
    ll_policy_clear(&p);
}

/* ---- what is asked ---- */

/* Asked at every growth of 1.5 and answered with yes: nothing of it shows. */
static void a_yes_does_not_show(void **state) {
    (void)state;
    study s;
    begin(&s);
    put(&s, "policy.yaml", HEAD "evaluate: {needed: false, every_compute: 1.5}\n" LEVEL("{of: loss, below: 0.1}"));
    run(&s, 0, "--policy policy.yaml");
    assert_same_as_reference(&s);
    assert_int_equal(in_ledger(&s, "loglog.refusal/1"), 0);
    end(&s);
}

/* A loss line is passed while training: checkpoint, stop, exit 3; nothing goes on without a waiver that holds, and
 * with one everything ends in the same bits. One worker: of two, the second is stopped wherever it just is, where
 * the answer may be that the gate cannot tell. */
static void a_no_stops_and_a_waiver_lets_go_on(void **state) {
    (void)state;
    study s;
    begin(&s);
    put(&s, "policy.yaml", HEAD QUIET LEVEL("{of: loss, below: 1.9}"));
    run(&s, 3, "--policy policy.yaml --workers 1");
    says(&s, "step ");
    says(&s, "line below 1.9: the line is reached; not in place: guarded");
    assert_int_equal(count(&s, LL_RUN_DONE), 0);
    assert_int_equal(count(&s, LL_RUN_STOPPED), 1);
    assert_int_equal(in_ledger(&s, "loglog.refusal/1"), 1);
    run(&s, 3, "--policy policy.yaml --workers 1"); /* nor does asking again help */
    assert_int_equal(count(&s, LL_RUN_STOPPED), 1);
    sign(&s, "expired.w", "l", -100, -10);
    sign(&s, "other.w", "evaluation", -100, 3600);
    run(&s, 3, "--policy policy.yaml --workers 1 --waiver expired.w");
    says(&s, "the waiver of ada does not hold: it expired");
    run(&s, 3, "--policy policy.yaml --workers 1 --waiver other.w");
    assert_int_equal(in_ledger(&s, "\"l\""), 0);
    sign(&s, "w", "l", -100, 3600);
    run(&s, 0, "--policy policy.yaml --waiver w");
    assert_same_as_reference(&s);
    run(&s, 0, "--policy policy.yaml --waiver w");           /* nothing left to do */
    assert_int_equal(in_ledger(&s, "\"waives\": \"l\""), 1); /* written once */
    assert_int_equal(in_ledger(&s, "a test"), 2);            /* and the one of the evaluation, which held too */
    end(&s);
}

/* The evaluation is 4 times of compute ago in the middle of a rung: exit 4; evaluated anew, it goes on. */
static void an_evaluation_falls_due_while_training(void **state) {
    (void)state;
    study s;
    char now[32], text[512];
    begin(&s);
    double most = 0;
    for (int64_t i = 0; i < reference.n; i++) most = fmax(most, reference.runs[i].flops_exact);
    ll_clock_iso(ll_clock_unix() - 60, now, sizeof now);
    put(&s, "policy.yaml", HEAD LEVEL("{of: effective_flops, at_least: 1e15}"));
    static const char form[] = "gain: [1.5, 1, 2]\nevaluated: %s\nevaluated_flops: %.6g\n";
    snprintf(text, sizeof text, form, now,
             0.75 * most * 2 / 4); /* 2 C > 4 E from three quarters of the largest rung on */
    put(&s, "evidence.yaml", text);
    run(&s, 4, "--policy policy.yaml --evidence evidence.yaml");
    says(&s, "step ");
    says(&s, "evaluation: effective compute over the evaluation's");
    assert_int_equal(count(&s, LL_RUN_STOPPED), 1);
    assert_int_equal(count(&s, LL_RUN_DONE), RUNGS - 1);
    snprintf(text, sizeof text, form, now, most);
    put(&s, "evidence.yaml", text);
    run(&s, 0, "--policy policy.yaml --evidence evidence.yaml");
    assert_same_as_reference(&s);
    end(&s);
}

/* What a rung will take is over a line: it does not start. What must be in place lets it. */
static void nothing_starts_over_a_line(void **state) {
    (void)state;
    study s;
    begin(&s);
    put(&s, "policy.yaml", HEAD QUIET LEVEL("{of: flops, at_least: 5e8}"));
    run(&s, 3, "--policy policy.yaml");
    says(&s, "before it starts");
    assert_int_equal(count(&s, LL_RUN_PLANNED), RUNGS);
    put(&s, "evidence.yaml", "in_place: [guarded]\n");
    run(&s, 0, "--policy policy.yaml --evidence evidence.yaml");
    assert_same_as_reference(&s);
    end(&s);
}

/* Too rarely asked to notice while it trains: what came is held against the line after. */
static void asked_after(void **state) {
    (void)state;
    study s;
    begin(&s);
    put(&s, "policy.yaml", HEAD "evaluate: {needed: false, every_compute: 1e6}\n" LEVEL("{of: loss, below: 1.9}"));
    run(&s, 3, "--policy policy.yaml --workers 1");
    says(&s, "trained: policy house says no");
    assert_int_equal(count(&s, LL_RUN_DONE), 1);
    run(&s, 3, "--policy policy.yaml --workers 1"); /* a done rung is asked about again, so nothing else starts */
    assert_int_equal(count(&s, LL_RUN_DONE), 1);
    end(&s);
}

/* The sealed forecast, and not what the evidence says, is asked about before the rung that it speaks of. */
static void the_sealed_forecast_is_asked_about(void **state) {
    (void)state;
    study s;
    begin(&s);
    put(&s, "policy.yaml", HEAD QUIET LEVEL("{of: forecast_loss, below: 1.9}"));
    run(&s, 4, "--policy policy.yaml"); /* fitted rungs have no forecast: not known is not yes */
    assert_int_equal(count(&s, LL_RUN_DONE), 0);
    put(&s, "evidence.yaml", "forecast_loss: [2, 3]\n");
    run(&s, 3, "--policy policy.yaml --evidence evidence.yaml");
    says(&s, "24.6k-40.0k: before it starts");
    assert_int_equal(count(&s, LL_RUN_DONE), RUNGS - 1);
    sign(&s, "w", "l", -100, 3600);
    run(&s, 0, "--policy policy.yaml --evidence evidence.yaml --waiver w");
    assert_same_as_reference(&s);
    end(&s);
}

/* Time alone: an evaluation grows too old while a long rung trains. */
static void time_passes(void **state) {
    (void)state;
    study s;
    char text[256], now[32];
    begin(&s);
    put(&s, "spec.yaml",
        "schema: loglog.spec/1\nname: long\ndata: {source: markov, tokens: 40k}\n"
        "model: {family: gpt, context: 16, widths: [64]}\ntrain: {eval_windows: 16, final_windows: 64}\n"
        "design: {kind: list, params: [98304], tokens: [40M]}\nforecast: {hold_out: none}\n");
    put(&s, "policy.yaml", HEAD "evaluate: {every: 5s}\n" LEVEL("{of: effective_flops, at_least: 1e20}"));
    snprintf(text, sizeof text, "gain: [1, 1]\nevaluated: %s\nevaluated_flops: 2e13\n",
             ll_clock_iso(ll_clock_unix(), now, sizeof now));
    put(&s, "evidence.yaml", text);
    run(&s, 4, "--policy policy.yaml --evidence evidence.yaml");
    says(&s, "step ");
    says(&s, "days old");
    end(&s);
}

/* A run of the store as evidence: its compute, its measured loss, and the forecast that was sealed of it. */
static void runs_are_evidence(void **state) {
    (void)state;
    static const struct {
        const char *line, *run;
        int code;
    } cases[] = {
        { "{of: loss, below: 1.0}", "24.6k-40.0k", 0 },
        { "{of: loss, below: 1.9}", "24.6k-40.0k", 3 },
        { "{of: flops, at_least: 1e12}", "24.6k-40.0k", 0 },
        { "{of: flops, at_least: 1e9}", "24.6k-40.0k", 3 },
        { "{of: forecast_loss, below: 0.5}", "24.6k-40.0k", 0 },
        { "{of: forecast_loss, below: 0.5}", "24.6k-20.0k", 4 }, /* none was sealed of it */
        { "{of: bits_per_byte, below: 0.5}", "24.6k-40.0k", 4 }, /* symbols of a source are no bytes */
        { "{of: loss, below: 1.0}", "none", 2 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[1024], arguments[256], out[4096];
        snprintf(text, sizeof text, HEAD QUIET LEVEL("%s"), cases[i].line);
        put(&reference, "check.yaml", text);
        snprintf(arguments, sizeof arguments, "gate check check.yaml --run %s", cases[i].run);
        int got = support_run(reference.folder, arguments, out, sizeof out, reference.err, sizeof reference.err);
        if (got != cases[i].code)
            fail_msg("%s of %s gave %d: %s%s", cases[i].line, cases[i].run, got, out, reference.err);
    }
}

static int check(study *s, const char *flags, char *out, size_t size) {
    char arguments[512];
    snprintf(arguments, sizeof arguments, "gate check check.yaml --run 24.6k-40.0k %s", flags);
    return support_run(s->folder, arguments, out, size, s->err, sizeof s->err);
}

/* What evidence is about must be what is asked about: run, ladder and data. */
static void evidence_is_bound(void **state) {
    (void)state;
    char text[1024], out[8192];
    ll_ladder ladder;
    ll_store *store = open_store(&reference);
    assert_ok(ll_store_get_ladder(store, "", &ladder, err));
    ll_store_close(store);
    const struct {
        const char *key, *value;
        int code;
        const char *says;
    } cases[] = {
        { "ladder", ladder.id, 0, "" },
        { "run", "24.6k-40.0k", 0, "" },
        { "data_hash", ladder.data_hash, 0, "" },
        { "ladder", "ffffffffffffffff", 2, "the evidence is about ladder ffffffffffffffff, run " },
        { "run", "24.6k-20.0k", 2, "the evidence is about run 24.6k-20.0k, asked is about run " },
        { "data_hash", ladder.spec_hash, 2, "the evidence is about data " },
    };
    put(&reference, "check.yaml", HEAD QUIET LEVEL("{of: flops, at_least: 1e12}"));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(text, sizeof text, "%s: %s\n", cases[i].key, cases[i].value);
        put(&reference, "bound.yaml", text);
        int got = check(&reference, "--evidence bound.yaml", out, sizeof out);
        if (got != cases[i].code) fail_msg("%s gave %d: %s%s", text, got, out, reference.err);
        says(&reference, cases[i].says);
    }
    snprintf(text, sizeof text, "run: %s/24.6k-40.0k\n", ladder.id);
    put(&reference, "bound.yaml", text);
    assert_int_equal(check(&reference, "--evidence bound.yaml", out, sizeof out), 0);
    ll_ladder_clear(&ladder);
}

/* Of a run, its own ladder decides which waivers hold; another one is a contradiction, not a way round. */
static void a_waiver_is_not_replayed_for_another_ladder(void **state) {
    (void)state;
    char path[LL_PATH_MAX], out[8192];
    ll_policy p;
    ll_sign_key key;
    ll_waiver w = {
        .reason = "r", .waives = "l", .ladder = "ffffffffffffffff", .issued = "2026-01-01", .expires = "2126-01-01"
    };
    put(&reference, "policy.yaml", HEAD QUIET LEVEL("{of: flops, at_least: 1e9}"));
    put(&reference, "check.yaml", HEAD QUIET LEVEL("{of: flops, at_least: 1e9}"));
    assert_true(ll_sign_key_of(&key, ada_seed));
    assert_ok(ll_file_join(path, reference.folder, "check.yaml", err));
    assert_ok(ll_policy_load(&p, path, err));
    assert_ok(ll_waiver_sign(&w, &p, &key, err));
    ll_policy_clear(&p);
    assert_ok(ll_file_join(path, reference.folder, "replayed.w", err));
    assert_ok(ll_waiver_write(&w, path, err));
    put(&reference, "bound.yaml", "ladder: ffffffffffffffff\n");
    assert_int_equal(check(&reference, "--waiver replayed.w", out, sizeof out), 3);
    assert_int_equal(check(&reference, "--waiver replayed.w --ladder ffffffffffffffff", out, sizeof out), 2);
    assert_int_equal(check(&reference, "--waiver replayed.w --evidence bound.yaml", out, sizeof out), 2);
    sign(&reference, "own.w", "l", -100, 3600);
    assert_int_equal(check(&reference, "--waiver own.w", out, sizeof out), 0);
}

/* A ladder is not asked with the evidence of another, and leaves nothing behind when it is tried. */
static void a_ladder_takes_its_own_evidence(void **state) {
    (void)state;
    study s;
    char text[128];
    begin(&s);
    put(&s, "policy.yaml", HEAD QUIET LEVEL("{of: flops, at_least: 1e12}"));
    put(&s, "evidence.yaml", "ladder: ffffffffffffffff\n");
    run(&s, 2, "--policy policy.yaml --evidence evidence.yaml");
    says(&s, "the evidence is about ladder ffffffffffffffff");
    assert_int_equal(count(&s, LL_RUN_PLANNED), 0);
    snprintf(text, sizeof text, "ladder: %s\n", reference.runs[0].ladder);
    put(&s, "evidence.yaml", text);
    run(&s, 0, "--policy policy.yaml --evidence evidence.yaml");
    assert_same_as_reference(&s);
    end(&s);
}

/* An entry that was changed in the database: the gate cannot tell, and no waiver changes that. */
static void a_tampered_ledger_is_no_pass(void **state) {
    (void)state;
    study s;
    char path[LL_PATH_MAX], out[8192];
    ll_store *store;
    begin(&s);
    put(&s, "policy.yaml", HEAD QUIET LEVEL("{of: flops, at_least: 1e12}"));
    put(&s, "check.yaml", HEAD QUIET LEVEL("{of: flops, at_least: 1e12}"));
    run(&s, 0, "");
    assert_int_equal(check(&s, "", out, sizeof out), 0);
    sign(&s, "w", "l", -100, 3600);
    assert_ok(ll_file_join(path, s.folder, "loglog.db", err));
    assert_ok(ll_store_open(&store, path, LL_STORE_WRITE, err));
    assert_ok(ll_sqlite_exec(
        store, "DROP TRIGGER ledger_update; UPDATE ledger SET body = body || ' ' WHERE seq = 1", err));
    ll_store_close(store);
    assert_int_equal(check(&s, "--waiver w", out, sizeof out), 4);
    assert_non_null(strstr(out, "investigate: the ledger: chain"));
    assert_int_equal(check(&s, "--json", out, sizeof out), 4);
    assert_non_null(strstr(out, "\"verdict\": \"investigate\""));
    end(&s);
}

/* Refused with a policy, started again without: it goes on, says so, and the ledger holds it once. */
static void a_refusal_is_not_left_behind_in_silence(void **state) {
    (void)state;
    study s;
    begin(&s);
    put(&s, "policy.yaml", HEAD QUIET LEVEL("{of: forecast_loss, below: 1.9}"));
    put(&s, "evidence.yaml", "forecast_loss: [2, 3]\n");
    run(&s, 3, "--policy policy.yaml --evidence evidence.yaml");
    run(&s, 0, "");
    says(&s, "NO POLICY ASKED: a gate refused run ");
    says(&s, "24.6k-40.0k");
    assert_int_equal(in_ledger(&s, "loglog.unasked/1"), 1);
    assert_same_as_reference(&s);
    run(&s, 0, ""); /* nothing is left to train */
    assert_null(strstr(s.err, "NO POLICY ASKED"));
    assert_int_equal(in_ledger(&s, "loglog.unasked/1"), 1);
    end(&s);
    begin(&s); /* what was waived is not left behind */
    put(&s, "policy.yaml", HEAD QUIET LEVEL("{of: forecast_loss, below: 1.9}"));
    put(&s, "evidence.yaml", "forecast_loss: [1, 1.1]\n");
    run(&s, 3, "--policy policy.yaml --evidence evidence.yaml");
    sign(&s, "w", "l", -100, 3600);
    run(&s, 0, "--policy policy.yaml --evidence evidence.yaml --waiver w");
    assert_int_equal(in_ledger(&s, "loglog.waiver/1"), 1);
    run(&s, 0, "");
    assert_null(strstr(s.err, "NO POLICY ASKED"));
    assert_int_equal(in_ledger(&s, "loglog.unasked/1"), 0);
    end(&s);
}

/* Without its terminal, from another folder and after a long command line: the policy is asked again, and trains on
 * when it says yes. */
static void started_again_it_asks_again(void **state) {
    (void)state;
    study s;
    char flags[700] = "--policy policy.yaml --evidence ", deeper[LL_PATH_MAX];
    char how[2 * LL_PATH_MAX], aside[sizeof how + 8];
    begin(&s);
    put(&s, "policy.yaml", HEAD QUIET LEVEL("{of: forecast_loss, below: 1.9}"));
    put(&s, "evidence.yaml", "forecast_loss: [2, 3]\n");
    for (int i = 0; i < 300; i++) strcat(flags, "./");
    run(&s, 3, strcat(flags, "evidence.yaml"));
    assert_int_equal(count(&s, LL_RUN_DONE), RUNGS - 1);
    assert_ok(ll_file_join(deeper, s.folder, "deeper", err));
    assert_ok(ll_file_mkdir(deeper, err));
    assert_int_equal(support_run(deeper, "ladder start --store ../loglog.db", NULL, 0, s.err, sizeof s.err), 1);
    says(&s, "run.log says why");
    assert_int_equal(count(&s, LL_RUN_DONE), RUNGS - 1);
    snprintf(how, sizeof how, "%s/loglog.d/%s/how.yaml", s.folder, s.runs[0].ladder);
    snprintf(aside, sizeof aside, "%s.aside", how);
    assert_int_equal(rename(how, aside), 0); /* nobody knows how: it may be with a policy */
    assert_int_equal(support_run(deeper, "ladder start --store ../loglog.db", NULL, 0, s.err, sizeof s.err), 1);
    says(&s, "its own command asks the policy again");
    assert_int_equal(rename(aside, how), 0);
    put(&s, "policy.yaml", HEAD QUIET LEVEL("{of: loss, below: 0.1}"));
    assert_int_equal(support_run(deeper, "ladder start --store ../loglog.db", NULL, 0, s.err, sizeof s.err), 0);
    for (int i = 0; i < 300 && count(&s, LL_RUN_DONE) < RUNGS; i++) poll(NULL, 0, 100);
    assert_same_as_reference(&s);
    assert_int_equal(in_ledger(&s, "loglog.unasked/1"), 0);
    end(&s);
}

/* The ledger remembers a later moment than the clock shows. */
static void a_clock_set_back(void **state) {
    (void)state;
    study s;
    char path[LL_PATH_MAX];
    ll_store *store;
    ll_entry entry;
    begin(&s);
    put(&s, "policy.yaml", HEAD QUIET LEVEL("{of: loss, below: 0.1}"));
    assert_ok(ll_file_join(path, s.folder, "loglog.db", err));
    assert_ok(ll_store_open(&store, path, LL_STORE_WRITE, err));
    assert_ok(ll_store_append(store, "{\"schema\": \"x\", \"time\": \"2099-01-01T00:00:00Z\"}", &entry, err));
    free(entry.body);
    ll_store_close(store);
    run(&s, 4, "--policy policy.yaml");
    says(&s, "2099-01-01T00:00:00Z, after now");
    assert_int_equal(count(&s, LL_RUN_PLANNED), RUNGS);
    end(&s);
}

static void unusable(void **state) {
    (void)state;
    study s;
    begin(&s);
    put(&s, "policy.yaml", HEAD QUIET LEVEL("{of: colour, below: 1.9}"));
    run(&s, 2, "--policy policy.yaml");
    run(&s, 2, "--policy none.yaml");
    run(&s, 2, "--policy spec.yaml");
    run(&s, 2, "--evidence policy.yaml");
    says(&s, "--policy");
    run(&s, 2, "--waiver w");
    put(&s, "policy.yaml", HEAD QUIET LEVEL("{of: loss, below: 1.9}"));
    run(&s, 2, "--policy policy.yaml --waiver none");
    run(&s, 2, "--policy policy.yaml --evidence none");
    run(&s, 2, "--policy policy.yaml --dry-run --evidence none");
    end(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_yes_does_not_show),
        cmocka_unit_test(a_no_stops_and_a_waiver_lets_go_on),
        cmocka_unit_test(an_evaluation_falls_due_while_training),
        cmocka_unit_test(nothing_starts_over_a_line),
        cmocka_unit_test(asked_after),
        cmocka_unit_test(the_sealed_forecast_is_asked_about),
        cmocka_unit_test(time_passes),
        cmocka_unit_test(runs_are_evidence),
        cmocka_unit_test(evidence_is_bound),
        cmocka_unit_test(a_waiver_is_not_replayed_for_another_ladder),
        cmocka_unit_test(a_ladder_takes_its_own_evidence),
        cmocka_unit_test(a_tampered_ledger_is_no_pass),
        cmocka_unit_test(a_refusal_is_not_left_behind_in_silence),
        cmocka_unit_test(started_again_it_asks_again),
        cmocka_unit_test(a_clock_set_back),
        cmocka_unit_test(unusable),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
