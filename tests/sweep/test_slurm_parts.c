/* The parts of the Slurm engine that need no Slurm: mailboxes, what is asked of sbatch, arrays, the time on paper. */
#define _POSIX_C_SOURCE 200809L
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/document/option.h"
#include "loglog/random.h"
#include "sweep/design/spec.h"
#include "sweep/design/wish.h"
#include "sweep/slurm/arrays.h"
#include "sweep/slurm/queue.h"
#include "sweep/workers/mailbox.h"

/* ---- mailboxes ---- */

enum { LETTER = 300, MOST = 64 };

typedef struct box {
    int n;
    char first[MOST];
} box;

static void take(void *ctx, const void *letter) {
    box *b = ctx;
    assert_true(b->n < MOST);
    b->first[b->n++] = *(const char *)letter;
}

static void send(const char *path, char c) {
    char letter[LETTER];
    memset(letter, c, sizeof letter);
    assert_ok(ll_mailbox_put(path, letter, sizeof letter, err));
}

static void append(const char *path, const void *bytes, size_t n) {
    FILE *f = fopen(path, "ab");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    fclose(f);
}

static const char *read_box(box *b, const char *path, int64_t *at) {
    *b = (box) { 0 };
    assert_ok(ll_mailbox_read(path, at, LETTER, take, b, err));
    return b->first;
}

static void letters_come_once_and_in_order(void **state) {
    (void)state;
    char folder[LL_PATH_MAX], path[LL_PATH_MAX];
    int64_t at = 0;
    box b;
    support_folder(folder);
    assert_ok(ll_file_join(path, folder, "a.mail", err));
    assert_string_equal(read_box(&b, path, &at), "");
    send(path, 'a'), send(path, 'b');
    assert_string_equal(read_box(&b, path, &at), "ab");
    assert_string_equal(read_box(&b, path, &at), "");
    send(path, 'c');
    assert_string_equal(read_box(&b, path, &at), "c");
    at = 0;
    assert_string_equal(read_box(&b, path, &at), "abc");
    support_remove(folder);
}

/* A writer may be killed after any byte, and another goes on behind what it left. */
static void torn_letters_are_passed_over(void **state) {
    (void)state;
    char folder[LL_PATH_MAX], path[LL_PATH_MAX], whole[LL_PATH_MAX], *record;
    size_t size;
    support_folder(folder);
    assert_ok(ll_file_join(whole, folder, "whole.mail", err));
    assert_ok(ll_file_join(path, folder, "torn.mail", err));
    send(whole, 'x');
    assert_ok(ll_file_read(whole, 4096, &record, &size, err));
    assert_int_equal(size, 16 + LETTER);
    for (size_t cut = 1; cut < size; cut++) {
        int64_t at = 0;
        box b;
        remove(path);
        send(path, 'a');
        append(path, record, cut);
        assert_string_equal(read_box(&b, path, &at), "a");
        assert_string_equal(read_box(&b, path, &at), "");
        send(path, 'b');
        assert_string_equal(read_box(&b, path, &at), "b");
    }
    free(record);
    support_remove(folder);
}

static void damage_costs_one_letter(void **state) {
    (void)state;
    char folder[LL_PATH_MAX], path[LL_PATH_MAX], *bytes;
    size_t size;
    support_folder(folder);
    assert_ok(ll_file_join(path, folder, "a.mail", err));
    for (char c = 'a'; c < 'f'; c++) send(path, c);
    assert_ok(ll_file_read(path, 4096, &bytes, &size, err));
    for (size_t k = 0; k < size; k++) {
        char left[8] = "", changed[4096];
        int64_t at = 0;
        box b;
        memcpy(changed, bytes, size);
        changed[k] ^= 0x5a;
        remove(path);
        append(path, changed, size);
        for (size_t i = 0; i < 5; i++)
            if (i != k / (16 + LETTER)) left[strlen(left)] = (char)('a' + i);
        if (k >= 4 && k < 8) { /* a size that another build would write, at the very beginning */
            assert_int_equal(ll_mailbox_read(path, &at, LETTER, take, &b, &(ll_error) { 0 }), LL_EFORMAT);
            continue;
        }
        assert_string_equal(read_box(&b, path, &at), left);
    }
    free(bytes);
    support_remove(folder);
}

static void another_builds_letters_are_refused(void **state) {
    (void)state;
    char folder[LL_PATH_MAX], path[LL_PATH_MAX];
    int64_t at = 0;
    ll_error why = { 0 };
    box b = { 0 };
    support_folder(folder);
    assert_ok(ll_file_join(path, folder, "a.mail", err));
    assert_ok(ll_mailbox_put(path, "short", 5, err));
    assert_int_equal(ll_mailbox_read(path, &at, LETTER, take, &b, &why), LL_EFORMAT);
    assert_non_null(strstr(why.msg, "another build"));
    support_remove(folder);
}

/* ---- what is asked of sbatch ---- */

static void wishes_are_passed_on(void **state) {
    (void)state;
    ll_slurm_wish w;
    assert_ok(ll_slurm_wish_read(
        &w, "partition=gpu,gres=gpu:1,shard:2,cpus_per_task=4,throttle=64,exclusive=true,x11=false,poll=2.5", err));
    assert_int_equal(w.n, 4);
    assert_string_equal(w.option[0], "--partition=gpu");
    assert_string_equal(w.option[1], "--gres=gpu:1,shard:2");
    assert_string_equal(w.option[2], "--cpus-per-task=4");
    assert_string_equal(w.option[3], "--exclusive");
    assert_string_equal(w.partition, "gpu");
    assert_int_equal(w.throttle, 64);
    assert_int_equal(w.cpus, 4);
    assert_true(w.poll_s == 2.5 && !w.memory);
    assert_ok(ll_slurm_wish_read(&w, "mem-per-cpu=4G", err));
    assert_true(w.memory && w.n == 1 && w.cpus == 1 && w.throttle == 0);
    assert_ok(ll_slurm_wish_read(&w, "", err));
    assert_int_equal(w.n, 0);
}

static void bad_wishes_are_named(void **state) {
    (void)state;
    static const char *const bad[][2] = {
        { "array=0-3", "array" },       { "dependency=x", "dependency" },
        { "partition", "partition" },   { "throttle=0", "throttle" },
        { "throttle=1.5", "throttle" }, { "poll=0", "poll" },
        { "cpus-per-task=-1", "cpus" }, { "p=gpu", "'p'" },
        { "time=1\n2", "time" },        { "--time=1", "--time" },
        { "job_name=x", "job-name" },   { "Time=1", "Time" },
    };
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        ll_slurm_wish w;
        ll_error err = { 0 };
        assert_int_equal(ll_slurm_wish_read(&w, bad[k][0], &err), LL_EINPUT);
        if (!strstr(err.msg, bad[k][1])) fail_msg("%s: %s", bad[k][0], err.msg);
    }
    char many[2048] = "aa=1";
    for (int k = 0; k < 40; k++) strcat(many, ",bb=1");
    ll_slurm_wish w;
    assert_int_equal(ll_slurm_wish_read(&w, many, &(ll_error) { 0 }), LL_EINPUT);
}

/* The map of YAML is the list of the flag, and none of it changes what the ladder is. */
static void a_spec_says_it_either_way(void **state) {
    (void)state;
    static const char map[] = "data: {source: markov}\nengine:\n  kind: slurm\n  slurm: {partition: gpu, time: "
                              "2:00:00, gres: \"gpu:1,shard:2\"}\n";
    static const char local[] = "data: {source: markov}\n";
    char folder[LL_PATH_MAX], path[LL_PATH_MAX], a[LL_HASH_HEX], b[LL_HASH_HEX];
    ll_spec spec, here;
    support_folder(folder);
    support_write(folder, "a.yaml", map, strlen(map), path);
    assert_ok(ll_spec_load(&spec, path, err));
    assert_string_equal(spec.engine.slurm, "partition=gpu,time=2:00:00,gres=gpu:1,shard:2");
    assert_true(ll_spec_on_slurm(&spec));
    support_write(folder, "b.yaml", local, strlen(local), path);
    assert_ok(ll_spec_load(&here, path, err));
    assert_ok(ll_spec_hash(&spec, a, err));
    assert_ok(ll_spec_hash(&here, b, err));
    assert_string_equal(a, b);
    support_remove(folder);
}

/* ---- Slurm's refusals ---- */

/* A squeue that says so. */
static ll_status ask(const char *folder, const char *words) {
    char text[512], path[LL_PATH_MAX];
    ll_slurm_queue q;
    snprintf(text, sizeof text, "#!/bin/sh\necho '%s' >&2\nexit 1\n", words);
    support_write(folder, "squeue", text, strlen(text), path);
    assert_int_equal(chmod(path, 0755), 0);
    return ll_slurm_queue_read(&q, "0123456789abcdef", NULL);
}

/* What passes by itself is waited for; what does not ends the call. */
static void refusals_that_pass(void **state) {
    (void)state;
    char folder[LL_PATH_MAX], path[3 * LL_PATH_MAX], old[LL_PATH_MAX];
    support_folder(folder);
    snprintf(old, sizeof old, "%s", getenv("PATH"));
    snprintf(path, sizeof path, "%s:%s", folder, old);
    setenv("PATH", path, 1);
    assert_int_equal(ask(folder, "slurm_load_jobs error: Unable to contact slurm controller (connect failure)"),
                     LL_ESTATE);
    assert_int_equal(ask(folder, "slurm_load_jobs error: Protocol authentication error"), LL_ESTATE);
    assert_int_equal(ask(folder, "squeue: error: Munge encode failed: Failed to access /run/munge"), LL_ESTATE);
    assert_int_equal(ask(folder, "slurm_load_jobs error: Invalid user id"), LL_EINPUT);
    setenv("PATH", old, 1);
    support_remove(folder);
}

/* ---- arrays ---- */

static int64_t below(ll_rng *r, int64_t n) {
    return ll_rng_below(r, n);
}

static void make(ll_slurm_rung *rungs, int64_t n, ll_rng *r, int64_t trunks) {
    for (int64_t i = 0; i < n; i++) {
        const double seconds = exp(8 * ll_rng_uniform(r));
        rungs[i] = (ll_slurm_rung) { .cost = 1e9 * seconds,
                                     .seconds = seconds,
                                     .memory = 1e6 * (double)(1 + below(r, 100)),
                                     .after = i >= trunks && trunks ? below(r, trunks) : -1,
                                     .waits = i < trunks || below(r, 10) > 0 };
    }
}

/* Each waiting rung is in one array; an array is of one length within a factor of 4, of one trunk, and not too long;
 * its memory is that of its largest. */
static void arrays_hold_each_waiting_rung_once(void **state) {
    (void)state;
    enum { N = 3000, LIMIT = 100 };
    static ll_slurm_rung rungs[N];
    static int seen[N];
    ll_rng r = ll_rng_at(7, LL_STREAM_SAMPLE, 0);
    ll_slurm_plan p;
    make(rungs, N, &r, 20);
    assert_ok(ll_slurm_plan_make(&p, rungs, N, LIMIT, err));
    memset(seen, 0, sizeof seen);
    for (int64_t k = 0; k < p.n; k++) {
        const ll_slurm_group *g = &p.at[k];
        double least = INFINITY, most = 0, memory = 0;
        assert_true(g->n > 0 && g->n <= LIMIT);
        for (int64_t t = 0; t < g->n; t++) {
            const ll_slurm_rung *i = &rungs[p.order[g->first + t]];
            seen[p.order[g->first + t]]++;
            assert_true(i->waits && i->after == g->after);
            if (t) assert_true(i->cost <= rungs[p.order[g->first + t - 1]].cost);
            least = fmin(least, i->cost), most = fmax(most, i->cost), memory = fmax(memory, i->memory);
        }
        assert_true(most <= 4 * least * (1 + 1e-9) && memory == g->memory);
    }
    for (int64_t i = 0; i < N; i++) assert_int_equal(seen[i], rungs[i].waits);
    ll_slurm_plan_free(&p);
}

static ll_slurm_paper paper_of(const ll_slurm_rung *rungs, int64_t n, int64_t slots, int64_t throttle) {
    ll_slurm_plan p;
    assert_ok(ll_slurm_plan_make(&p, rungs, n, 1000, err));
    ll_slurm_paper out = ll_slurm_on_paper(&p, rungs, n, slots, throttle);
    ll_slurm_plan_free(&p);
    return out;
}

static void small_schedules_are_known(void **state) {
    (void)state;
    ll_slurm_rung rungs[3] = { { .cost = 3, .seconds = 3, .after = -1, .waits = true },
                               { .cost = 2, .seconds = 2, .after = -1, .waits = true },
                               { .cost = 2, .seconds = 2, .after = -1, .waits = true } };
    assert_true(paper_of(rungs, 3, 1, 0).makespan == 7);
    assert_true(paper_of(rungs, 3, 2, 0).makespan == 4);
    assert_true(paper_of(rungs, 3, 3, 0).makespan == 3);
    assert_true(paper_of(rungs, 3, 3, 1).makespan == 7); /* one array, one at a time */
    rungs[2].after = 0;
    assert_true(paper_of(rungs, 3, 3, 0).makespan == 5);
    assert_true(paper_of(rungs, 3, 3, 0).bound == 5);
    assert_true(paper_of(rungs, 3, 1, 0).bound == 7);
    assert_true(paper_of(rungs, 0, 1, 0).makespan == 0);
}

/* A schedule that leaves no slot idle while something may start takes at most the work over the slots and the longest
 * chain (Graham 1969), and at least the larger of the two. 10,000 rungs on 512 nodes come within 2 % of the bound. */
static void ten_thousand_rungs_on_paper(void **state) {
    (void)state;
    enum { N = 10000, SLOTS = 512 };
    static ll_slurm_rung rungs[N];
    for (int trial = 0; trial < 3; trial++) {
        ll_rng r = ll_rng_at(11, LL_STREAM_SAMPLE, trial);
        make(rungs, N, &r, trial * 30);
        const ll_slurm_paper p = paper_of(rungs, N, SLOTS, 0);
        double work = 0, longest = 0;
        for (int64_t i = 0; i < N; i++) {
            if (!rungs[i].waits) continue;
            work += rungs[i].seconds;
            longest = fmax(longest, rungs[i].seconds + (rungs[i].after >= 0 ? rungs[rungs[i].after].seconds : 0));
        }
        assert_true(p.bound == fmax(work / SLOTS, longest));
        assert_true(p.makespan >= p.bound * (1 - 1e-12) && p.makespan <= work / SLOTS + longest);
        if (trial == 0) assert_true(p.makespan < 1.02 * p.bound);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(letters_come_once_and_in_order),
        cmocka_unit_test(torn_letters_are_passed_over),
        cmocka_unit_test(damage_costs_one_letter),
        cmocka_unit_test(another_builds_letters_are_refused),
        cmocka_unit_test(wishes_are_passed_on),
        cmocka_unit_test(bad_wishes_are_named),
        cmocka_unit_test(a_spec_says_it_either_way),
        cmocka_unit_test(refusals_that_pass),
        cmocka_unit_test(arrays_hold_each_waiting_rung_once),
        cmocka_unit_test(small_schedules_are_known),
        cmocka_unit_test(ten_thousand_rungs_on_paper),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
