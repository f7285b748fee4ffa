/* A policy with a safety line: a ladder is stopped at its cadence, in the middle of a rung; the loop measures what
 * has been trained; the measured violation stops it again, by the line; and a signed waiver lets it go on to the
 * same bits. */
#define _POSIX_C_SOURCE 200809L
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/system/clock.h"
#include "decide/gate/waiver.h"
#include "store/store.h"

static char folder[LL_PATH_MAX], out[1 << 16], why[8192];

static const char spec[] = "name: words\n"
                           "data: {text: words.txt}\n"
                           "model: {family: llama, context: 32, head: 8, layers: 1, widths: [16, 24]}\n"
                           "train: {eval_windows: 4, final_windows: 16, eval_points: 2}\n"
                           "design: {kind: list, params: [2880, 2880, 6480], tokens: [30k, 40k, 150k]}\n";
static const char house[] = "name: calm\n"
                            "gold: {kind: rule, pattern: '[XZ]'}\n"
                            "principles: [{id: x, words: No X., judge: {kind: rule, pattern: 'X'}}]\n"
                            "prompts: {count: 16, held_out: 64, length: 8, answer: 16}\n"
                            "supervised: {steps: 1, batch: 2}\n"
                            "preference: {pairs: 1, steps: 1, batch: 2, points: 1}\n"
                            "best_of: 1\nwindows: 4\n";

#define ADA "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a" /* of RFC 8032, TEST 1 */
static const char ada_seed[] = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
static const char policy[] =
    "schema: loglog.policy/1\nname: safety\nsign: {by: [{name: ada, key: " ADA "}]}\nevaluate: {every_compute: 4}\n"
    "levels: [{name: violates, lines: [{of: score, score: calm.preference.gold, at_least: 0.1}], "
    "requires: [{name: loop_revised}]}]\n";

static void put(const char *name, const char *text) {
    char path[LL_PATH_MAX];
    support_write(folder, name, text, strlen(text), path);
}

static void run(int code, const char *arguments, const char *says) {
    const int got = support_run(folder, arguments, out, sizeof out, why, sizeof why);
    if (got != code || !strstr(why, says))
        fail_msg("'%s' gave %d, expected %d and '%s': %s%s", arguments, got, code, says, out, why);
}

/* Those of the ladder that were not tuned, the largest last; owned. */
static ll_run *runs_of(const char *db, int64_t *n) {
    char path[LL_PATH_MAX];
    ll_store *s;
    ll_run *runs;
    assert_ok(ll_file_join(path, folder, db, err));
    assert_ok(ll_store_open(&s, path, LL_STORE_READ, err));
    assert_ok(ll_store_list_runs(s, "", -1, "role != 'tuned'", &runs, n, err));
    ll_store_close(s);
    return runs;
}

static const ll_run *largest(const ll_run *runs, int64_t n) {
    const ll_run *of = runs;
    for (int64_t i = 1; i < n; i++)
        if (runs[i].flops_exact > of->flops_exact) of = &runs[i];
    return of;
}

static double gold_of(const char *run_id) {
    char path[LL_PATH_MAX];
    ll_store *s;
    ll_run_score *scores;
    int64_t n;
    double value = NAN;
    assert_ok(ll_file_join(path, folder, "loglog.db", err));
    assert_ok(ll_store_open(&s, path, LL_STORE_READ, err));
    assert_ok(ll_store_list_scores(s, run_id, &scores, &n, err));
    for (int64_t i = 0; i < n; i++)
        if (!strcmp(scores[i].probe, "calm") && !strcmp(scores[i].metric, "preference.gold"))
            value = scores[i].value;
    free(scores);
    ll_store_close(s);
    return value;
}

static int in_ledger(const char *text) {
    char path[LL_PATH_MAX];
    ll_store *s;
    ll_entry *entries;
    int64_t n;
    int found = 0;
    assert_ok(ll_file_join(path, folder, "loglog.db", err));
    assert_ok(ll_store_open(&s, path, LL_STORE_READ, err));
    assert_ok(ll_store_list_entries(s, &entries, &n, err));
    for (int64_t i = 0; i < n; i++) found += strstr(entries[i].body, text) != NULL;
    ll_entries_free(entries, n);
    ll_store_close(s);
    return found;
}

static void put_evidence(double evaluated_flops, double gold) {
    char text[512], now[32];
    snprintf(text, sizeof text,
             "gain: [1, 1]\nevaluated: %s\nevaluated_flops: %.6g\nscores: {calm.preference.gold: [%g, %g, %g]}\n",
             ll_clock_iso(ll_clock_unix() - 60, now, sizeof now), evaluated_flops, gold, fmax(gold - 0.03, 0),
             gold + 0.03);
    put("evidence.yaml", text);
}

static void sign(const char *ladder) {
    char path[LL_PATH_MAX];
    ll_policy p;
    ll_sign_key key;
    ll_waiver w = { .reason = "a test", .waives = "violates" };
    snprintf(w.ladder, sizeof w.ladder, "%s", ladder);
    ll_clock_iso(ll_clock_unix() - 100, w.issued, sizeof w.issued);
    ll_clock_iso(ll_clock_unix() + 3600, w.expires, sizeof w.expires);
    assert_true(ll_sign_key_of(&key, ada_seed));
    assert_ok(ll_file_join(path, folder, "policy.yaml", err));
    assert_ok(ll_policy_load(&p, path, err));
    assert_ok(ll_waiver_sign(&w, &p, &key, err));
    assert_ok(ll_file_join(path, folder, "w", err));
    assert_ok(ll_waiver_write(&w, path, err));
    ll_policy_clear(&p);
}

static int setup(void **state) {
    char *text = malloc(1 << 17);
    size_t n = 0;
    (void)state;
    support_folder(folder);
    for (unsigned i = 0, r = 1; n + 64 < 1 << 17; i++) {
        r = r * 1664525u + 1013904223u;
        n += (size_t)sprintf(text + n, "%s%s", r >> 30 ? "good day, " : "X Z rain, ", i % 20 ? "" : "\n\n");
    }
    put("words.txt", text);
    free(text);
    put("spec.yaml", spec);
    put("house.yaml", house);
    put("policy.yaml", policy);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    support_remove(folder);
    return 0;
}

static void stopped_at_its_cadence(void **state) {
    (void)state;
    int64_t n, m;
    run(0, "run spec.yaml --quiet --store free.db", ""); /* nobody asks */
    ll_run *rungs = runs_of("free.db", &n);
    const ll_run *top = largest(rungs, n);

    /* Nothing is known of the line: nothing starts. */
    run(4, "run spec.yaml --quiet --policy policy.yaml", "before it starts");

    /* Evaluated at an eighth of the largest rung: half of the way up that, the next evaluation is due. */
    put_evidence(top->flops_exact / 8, 0.01);
    run(4, "run spec.yaml --quiet --policy policy.yaml --evidence evidence.yaml", "evaluation: effective compute");
    assert_non_null(strstr(why, "step "));
    ll_run *stopped = runs_of("loglog.db", &m);
    assert_int_equal(m, n);
    assert_int_equal(largest(stopped, m)->state, LL_RUN_STOPPED);

    /* The loop measures what is there: half of the answers violate. That is the line, and it holds the ladder. */
    run(0, "constitution run --constitution house.yaml --quiet", "");
    double gold = 0;
    for (int64_t i = 0; i < m; i++)
        if (stopped[i].state == LL_RUN_DONE) gold = fmax(gold, gold_of(stopped[i].id));
    assert_true(gold > 0.2);
    put_evidence(top->flops_exact, gold);
    run(3, "run spec.yaml --quiet --policy policy.yaml --evidence evidence.yaml", "score calm.preference.gold");
    assert_non_null(strstr(why, "the line is reached; not in place: loop_revised"));

    sign(rungs[0].ladder);
    run(0, "run spec.yaml --quiet --policy policy.yaml --evidence evidence.yaml --waiver w", "");
    free(stopped);
    stopped = runs_of("loglog.db", &m);
    for (int64_t i = 0; i < n; i++)
        for (int64_t k = 0; k < m; k++)
            if (!strcmp(rungs[i].name, stopped[k].name) &&
                (stopped[k].state != LL_RUN_DONE || memcmp(&stopped[k].loss, &rungs[i].loss, sizeof rungs[i].loss)))
                fail_msg("%s: loss %.17g, expected %.17g", rungs[i].name, stopped[k].loss, rungs[i].loss);
    free(stopped);
    free(rungs);
    assert_int_equal(in_ledger("loglog.refusal/1"), 3);
    assert_int_equal(in_ledger("\"waives\": \"violates\""), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(stopped_at_its_cadence) };
    return cmocka_run_group_tests(tests, setup, teardown);
}
