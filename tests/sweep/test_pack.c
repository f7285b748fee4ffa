/* How rungs are packed onto cores, and what the pace makes of it. */
#include "support.h"

#include <math.h>
#include <string.h>

#include "base/system/threads.h"
#include "sweep/workers/pace.h"
#include "sweep/workers/pack.h"

/* A branch starts where its trunk ends. */
static ll_rung rung_of(double cost, int64_t trunk) {
    ll_rung r = { .cost = cost, .trunk = trunk, .steps = 100, .micro = 64, .batch = 64 };
    if (trunk >= 0) r.start_step = 100, r.steps = 200;
    return r;
}

/* Trunks count when they are done. */
static int64_t next_of(const ll_rung *rungs, const ll_task_state *state, int64_t n, const double *needs,
                       double left) {
    double path[8];
    ll_pack_paths(rungs, n, path);
    return ll_pack_next(&(ll_pack) { rungs, n, state, NULL, path }, needs, left);
}

static void the_longest_ready_one_is_next(void **state) {
    (void)state;
    const ll_rung rungs[] = { rung_of(3, -1), rung_of(9, 0), rung_of(5, -1), rung_of(4, -1) };
    const double needs[] = { 10, 10, 40, 30 };
    ll_task_state s[4] = { 0 };
    assert_int_equal(next_of(rungs, s, 4, NULL, 0), 0); /* short, but 1 is the longest and waits for it */
    s[0] = LL_TASK_RUNNING;
    assert_int_equal(next_of(rungs, s, 4, NULL, 0), 2);
    assert_int_equal(next_of(rungs, s, 4, needs, 35), 3);
    assert_int_equal(next_of(rungs, s, 4, needs, 30), 3); /* what just fits, fits */
    assert_int_equal(next_of(rungs, s, 4, needs, 9), -1);
    s[0] = LL_TASK_DONE;
    assert_int_equal(next_of(rungs, s, 4, NULL, 0), 1);
    s[0] = LL_TASK_FAILED;
    assert_int_equal(next_of(rungs, s, 4, NULL, 0), 2);
    for (int i = 0; i < 4; i++) s[i] = LL_TASK_RUNNING;
    assert_int_equal(next_of(rungs, s, 4, NULL, 0), -1);
}

static void a_branch_starts_beside_its_trunk(void **state) {
    (void)state;
    ll_rung rungs[] = { rung_of(10, -1), rung_of(1, 0), rung_of(6, 0), rung_of(5, -1) };
    ll_task_state s[4] = { LL_TASK_RUNNING };
    int64_t reached[4] = { 0 };
    double path[4];
    const ll_pack p = { rungs, 4, s, reached, path };
    rungs[1].start_step = 40;
    ll_pack_paths(rungs, 4, path);
    assert_close(path[0], 16, 1e-12); /* its own end and the branch from there; the one from step 40 ends sooner */
    assert_int_equal(ll_pack_next(&p, NULL, 0), 3);
    s[3] = LL_TASK_DONE;
    reached[0] = 39;
    assert_int_equal(ll_pack_next(&p, NULL, 0), -1);
    reached[0] = 40;
    assert_int_equal(ll_pack_next(&p, NULL, 0), 1);
    reached[0] = 100;
    assert_int_equal(ll_pack_next(&p, NULL, 0), 2);
    s[2] = LL_TASK_RUNNING, s[0] = LL_TASK_FAILED; /* what it left stays */
    assert_int_equal(ll_pack_next(&p, NULL, 0), 1);
}

static void a_wide_rung_runs_alone(void **state) {
    (void)state;
    ll_rung rungs[] = { rung_of(9, -1), rung_of(5, -1), rung_of(4, -1) };
    ll_task_state s[3] = { LL_TASK_WAITING, LL_TASK_RUNNING, LL_TASK_WAITING };
    rungs[0].model.width = 256;
    if (ll_threads_available() > rungs[0].micro) skip();
    assert_int_equal(next_of(rungs, s, 3, NULL, 0), 2); /* not beside another */
    s[1] = LL_TASK_DONE;
    assert_int_equal(next_of(rungs, s, 3, NULL, 0), 0);
    s[0] = LL_TASK_RUNNING;
    assert_int_equal(next_of(rungs, s, 3, NULL, 0), -1); /* and no other beside it */
    rungs[0].model.width = 128;
    assert_int_equal(next_of(rungs, s, 3, NULL, 0), 2);
}

/* Every core is given out, none twice, and no rung goes without; but a rung gets no more than it can use. */
static void cores_are_shared_out(void **state) {
    (void)state;
    const int here = ll_threads_available();
    ll_rung one = rung_of(1, -1);
    for (int running = 1; running <= 9; running++) {
        int sum = 0, least = here, most = 0;
        for (int p = 0; p < running; p++) {
            int threads = ll_pack_threads(&one, here, running, p);
            sum += threads;
            least = threads < least ? threads : least;
            most = threads > most ? threads : most;
        }
        assert_int_equal(sum, here > 64 && running == 1 ? 64 : here > running ? here : running);
        assert_true(least >= 1 && most - least <= 1);
    }
    one.micro = 1;
    assert_int_equal(ll_pack_threads(&one, here, 1, 0), here); /* its sequence is shared out */
    one.model.family = LL_FAMILY_LSTM;
    assert_int_equal(ll_pack_threads(&one, here, 1, 0), 1);
}

/* ---- the makespan, from times that are given and not measured ---- */

enum { MOST = 24 };

typedef struct plan {
    ll_spec spec;
    ll_pace pace;
    ll_rung rungs[MOST];
    int64_t n;
} plan;

/* A rung of so many seconds on one thread, alone or from a step of its trunk on. */
static void add_from(plan *p, double seconds, int64_t trunk, int64_t start_step, ll_rung_role role) {
    ll_rung r = rung_of(seconds, trunk);
    r.role = role;
    r.model = (ll_model) { .context = 10 };
    r.start_step = start_step;
    r.steps = start_step + (int64_t)llround(1e4 * seconds);
    r.batch = r.micro = 64;
    p->rungs[p->n++] = r;
}

static void add(plan *p, double seconds, int64_t trunk, ll_rung_role role) {
    add_from(p, seconds, trunk, trunk < 0 ? 0 : p->rungs[trunk].steps, role);
}

static void start(plan *p) {
    memset(p, 0, sizeof *p);
    p->spec.train.eval_points = 1; /* and no window: all time is training */
    p->pace.n = 1;
    p->pace.shape[0].model = (ll_model) { .context = 10 };
    p->pace.shape[0].token_s = 1 / (1e4 * 64 * 10);
}

static double makespan(plan *p, int workers) {
    return ll_pace_makespan(&p->pace, &p->spec, p->rungs, p->n, workers, NULL);
}

static double work(plan *p) {
    double sum = 0;
    for (int64_t i = 0; i < p->n; i++) sum += ll_pace_seconds(&p->pace, &p->rungs[i], &p->spec);
    return sum;
}

static void on_one_core_a_stage_takes_its_work(void **state) {
    (void)state;
    plan p;
    start(&p);
    for (int i = 0; i < 9; i++) add(&p, 1 + i % 4, -1, LL_RUNG_FIT);
    if (ll_threads_available() == 1) assert_close(makespan(&p, 1), work(&p), 1e-9);
    else assert_true(makespan(&p, 1) < work(&p));
}

/* However uneven: every core is busy to the end, and what is lost is what a further thread is not worth. */
static void a_stage_ends_with_its_work(void **state) {
    (void)state;
    const int cores = ll_threads_available();
    static const double uneven[][5] = {
        { 100, 1, 1, 1, 1 }, { 5, 4, 3, 3, 3 }, { 1, 1, 1, 1, 1 }, { 9, 9, 1, 1, 1 }
    };
    for (int k = 0; k < 4; k++) {
        plan p;
        start(&p);
        for (int i = 0; i < 5; i++) add(&p, uneven[k][i], -1, LL_RUNG_FIT);
        double span = makespan(&p, cores), least = work(&p) / cores;
        assert_true(span >= least * (1 - 1e-9));
        if (cores <= 4) assert_true(span <= 1.1 * least);
    }
}

static void a_trunk_comes_before_its_branches(void **state) {
    (void)state;
    plan p, apart;
    start(&p);
    add(&p, 4, -1, LL_RUNG_TRUNK);
    add(&p, 8, 0, LL_RUNG_FIT);
    start(&apart);
    add(&apart, 4, -1, LL_RUNG_TRUNK);
    double trunk = makespan(&apart, 2);
    start(&apart);
    add(&apart, 8, -1, LL_RUNG_FIT);
    assert_close(makespan(&p, 2), trunk + makespan(&apart, 2), 1e-9);
    p.rungs[1].role = LL_RUNG_FORECAST; /* which waits, with or without a trunk */
    p.rungs[1].trunk = -1;
    assert_close(makespan(&p, 2), trunk + makespan(&apart, 2), 1e-9);
}

/* On paper, of rungs that share out their sequences over the cores: the trunk of bench/packing and its branches,
 * which start as it passes them, take their work over the cores, but for what a second thread is not worth. */
static void a_trunk_does_not_wait(void **state) {
    (void)state;
    const int cores = ll_threads_available();
    static const double at[] = { 0.25, 0.5, 1 };
    plan p;
    start(&p);
    add(&p, 8, -1, LL_RUNG_TRUNK);
    for (int b = 0; b < 3; b++)
        add_from(&p, 2 * at[b], 0, (int64_t)(at[b] * (double)p.rungs[0].steps), LL_RUNG_FIT);
    const double span = makespan(&p, cores), least = work(&p) / cores;
    assert_true(span >= least * (1 - 1e-9));
    if (cores == 2) assert_true(span <= 1.06 * least);
    /* The branches of a trunk that cannot be shared out fill the cores beside it: it is the chain. */
    start(&p);
    add(&p, 8, -1, LL_RUNG_TRUNK);
    for (int b = 0; b < 3; b++) add_from(&p, 2, 0, (int64_t)(at[b] * (double)p.rungs[0].steps), LL_RUNG_FIT);
    for (int64_t i = 0; i < p.n; i++) p.rungs[i].model.family = LL_FAMILY_LSTM, p.rungs[i].micro = 1;
    p.pace.shape[0].model.family = LL_FAMILY_LSTM;
    if (cores >= 2) assert_close(makespan(&p, cores), 10 + 2 * 0.05, 1e-3);
}

/* Nor do branches wait for its final evaluation. */
static void a_trunk_is_judged_beside_its_last_branch(void **state) {
    (void)state;
    enum { WINDOWS = 4000000 }; /* of 10 tokens: about 2 s */
    plan p;
    start(&p);
    p.spec.train.final_windows = WINDOWS;
    add(&p, 4, -1, LL_RUNG_TRUNK);
    add(&p, 3, 0, LL_RUNG_FIT);
    p.pace.shape[0].model.family = LL_FAMILY_LSTM; /* which is not shared out */
    for (int64_t i = 0; i < p.n; i++) p.rungs[i].model.family = LL_FAMILY_LSTM, p.rungs[i].micro = 1;
    const double final = work(&p) - (4 + 3 + 2 * 0.05); /* of both */
    assert_true(final > 3);
    if (ll_threads_available() >= 2) assert_close(makespan(&p, 2), work(&p) - final / 2, 1e-3);
}

/* A thread that shares every micro-batch with another is worth less than one with a micro-batch of its own. */
static void a_team_is_slower_than_its_threads(void **state) {
    (void)state;
    ll_rung one = rung_of(1, -1), many = one;
    one.micro = 1, many.micro = 8;
    assert_close(ll_pace_speed(&one, 1), 1, 1e-12);
    assert_close(ll_pace_speed(&many, 1), 1, 1e-12);
    for (int threads = 2; threads <= 8; threads *= 2) {
        assert_true(ll_pace_speed(&one, threads) < ll_pace_speed(&many, threads));
        assert_true(ll_pace_speed(&one, threads) > ll_pace_speed(&one, threads / 2));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_longest_ready_one_is_next),
        cmocka_unit_test(cores_are_shared_out),
        cmocka_unit_test(a_wide_rung_runs_alone),
        cmocka_unit_test(on_one_core_a_stage_takes_its_work),
        cmocka_unit_test(a_stage_ends_with_its_work),
        cmocka_unit_test(a_trunk_does_not_wait),
        cmocka_unit_test(a_branch_starts_beside_its_trunk),
        cmocka_unit_test(a_trunk_comes_before_its_branches),
        cmocka_unit_test(a_trunk_is_judged_beside_its_last_branch),
        cmocka_unit_test(a_team_is_slower_than_its_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
