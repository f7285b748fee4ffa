/* What a run will end at: planted worlds whose ends are known, one finished run, curves that are a recipe's and one
 * that is not, curves out of a store, and bad input. */
#define _GNU_SOURCE
#include "scratch_program.h"
#include "scratch_store.h"

#include <math.h>
#include <string.h>

#include "forecast/end/run_end.h"
#include "loglog/random.h"

enum { RUNS = 8, POINTS = 40 };

/* ---- planted worlds: L = E + A/N^alpha + B/D^beta, a gain by the rate's fall, each run's B and every point noisy
 * ---- */

typedef struct world {
    double E, A, alpha, B, beta, gain, own, point;
    bool d_over_n; /* tokens in proportion to parameters; else any */
    ll_course run[RUNS];
    double at[RUNS][POINTS], loss[RUNS][POINTS];
} world;

static double fallen(double x) { /* of a cosine's rate, by share of the run */
    return (1 - cos(acos(-1.0) * x)) / 2;
}

static void plant(world *w, uint64_t seed) {
    ll_rng rng = ll_rng_at(seed, LL_STREAM_NOISE, 1);
    w->E = 1.4 + 0.8 * ll_rng_uniform(&rng);
    w->alpha = 0.25 + 0.2 * ll_rng_uniform(&rng);
    w->beta = 0.2 + 0.2 * ll_rng_uniform(&rng);
    w->A = 1.2 * pow(1e7, w->alpha);
    w->B = 1.2 * pow(2e8, w->beta);
    w->gain = 0.1 * ll_rng_uniform(&rng);
    w->own = 0.03 * ll_rng_uniform(&rng);
    w->point = 1e-4 + 1e-3 * ll_rng_uniform(&rng);
    w->d_over_n = ll_rng_below(&rng, 2);
    for (int i = 0; i < RUNS; i++) {
        const double N = 1e6 * pow(2, i), ratio = w->d_over_n ? 20 : 20 * exp(2 * ll_rng_uniform(&rng) - 1),
                     D = ratio * N, B = w->B * exp(w->own * ll_rng_normal(&rng));
        w->run[i] = (ll_course) { "r", N, D, POINTS, w->at[i], w->loss[i] };
        for (int k = 0; k < POINTS; k++) {
            const double x = (k + 1.0) / POINTS;
            w->at[i][k] = x * D;
            w->loss[i][k] =
                (w->E + w->A * pow(N, -w->alpha) + B * pow(x * D, -w->beta) * (1 - w->gain * fallen(x))) *
                exp(w->point * ll_rng_normal(&rng));
        }
    }
}

static double end_of(const ll_course *c) {
    return c->loss[c->n - 1];
}

/* Runs at 2, 8 and 64 times the parameters of the largest that is finished. */
static void planted_ends_are_covered(void **state) {
    (void)state;
    enum { WORLDS = 90, SHARES = 4 };
    static const double share[SHARES] = { 0.1, 0.25, 0.5, 0.75 };
    static const double most[SHARES] = { 0.015, 0.012, 0.01, 0.006 };
    static const int finished[] = { RUNS - 1, 5, 2 };
    static world w;
    ll_error err = { 0 };
    double error[SHARES] = { 0 };
    int held[SHARES] = { 0 };
    for (int s = 0; s < WORLDS; s++) {
        const int n = finished[s % 3];
        ll_end_ground *g;
        plant(&w, (uint64_t)s + 1);
        assert_int_equal(ll_end_ground_new(&g, w.run, n, true, 1, &err), LL_OK);
        for (int k = 0; k < SHARES; k++) {
            ll_run_end e;
            const double L = end_of(&w.run[RUNS - 1]);
            assert_int_equal(ll_run_end_of(&e, g, &w.run[RUNS - 1], share[k], 0.9, &err), LL_OK);
            assert_int_equal(e.n_curves, n);
            assert_true(fabs(e.seen - share[k]) < 1e-9);
            assert_int_equal(isfinite(e.law.value), n == RUNS - 1);
            held[k] += L >= e.loss.lo && L <= e.loss.hi;
            if (n == RUNS - 1) error[k] += fabs(e.loss.value / L - 1) / (WORLDS / 3);
        }
        ll_end_ground_free(g);
    }
    for (int k = 0; k < SHARES; k++) {
        print_message("%.2f: mean error at twice the size %.2f %%, 90 %% holds %d of %d\n", share[k],
                      100 * error[k], held[k], WORLDS);
        assert_true(held[k] >= 0.83 * WORLDS && held[k] <= 0.99 * WORLDS);
        assert_true(error[k] < most[k]);
    }
}

/* Without noise two runs of one size and length lose the same: the second ends where the first did. */
static void a_twin_ends_where_the_first_did(void **state) {
    (void)state;
    static world w;
    ll_curve_end e;
    ll_error err = { 0 };
    plant(&w, 3);
    ll_course twin = w.run[2];
    assert_int_equal(ll_collapse_end(&e, &w.run[2], 1, &twin, 0.5, &err), LL_OK);
    for (int64_t k = 0; k < e.parts; k++) assert_true(fabs(e.part[k].mean - log(end_of(&twin))) < 1e-9);
    ll_curve_end_clear(&e);
    assert_int_equal(ll_collapse_end(&e, w.run, 1, w.run, 0.5, &err), LL_EINPUT); /* itself says nothing */
    assert_int_equal(ll_collapse_end(&e, w.run, 2, &w.run[5], 0.01, &err), LL_EINPUT);
    assert_non_null(strstr(err.msg, "no point"));
}

/* One run whose loss stays behind until late, as one's does whose rate is too low; and worlds without such a one. */
static void a_run_trained_otherwise_is_named(void **state) {
    (void)state;
    enum { WORLDS = 60 };
    static world w;
    int found = 0, false_alarms = 0;
    for (int s = 0; s < WORLDS; s++) {
        plant(&w, (uint64_t)s + 1000);
        const int odd = s % RUNS;
        bool alarm = false;
        for (int i = 0; i < RUNS; i++) alarm |= ll_collapse_belongs(w.run, RUNS, i) < 0.05 / RUNS;
        false_alarms += alarm;
        for (int k = 0; k < POINTS; k++) w.loss[odd][k] *= 1 + 0.1 * (1 - (k + 1.0) / POINTS);
        found += ll_collapse_belongs(w.run, RUNS, odd) < 0.05 / RUNS;
    }
    print_message("named %d of %d, worlds with a false alarm %d\n", found, WORLDS, false_alarms);
    assert_true(found >= 0.8 * WORLDS);
    assert_true(false_alarms <= 0.05 * WORLDS);
}

/* ---- out of a store ---- */

static void put(ll_store *s, const ll_course *c, const char *name, ll_run_state state, int points) {
    ll_run r = make_run("0123456789abcdef", name, 6 * c->params * c->end, end_of(c));
    r.params = c->params;
    r.tokens = c->end;
    r.state = state;
    if (state != LL_RUN_DONE) r.loss = NAN;
    put_run(s, r);
    for (int k = 0; k < points; k++)
        assert_ok(ll_store_put_point(s, r.id, &(ll_point) { k + 1, c->at[k], c->loss[k], NAN, NAN }, err));
}

static void runs_under_way_in_a_store(void **state) {
    (void)state;
    static world w;
    plant(&w, 5);
    ll_store *s = open_store(LL_STORE_WRITE);
    put_ladder(s, "0123456789abcdef", "small");
    for (int i = 0; i < RUNS - 1; i++) put(s, &w.run[i], (char[]) { 'a', (char)('0' + i), 0 }, LL_RUN_DONE, POINTS);
    put(s, &w.run[RUNS - 1], "big", LL_RUN_RUNNING, POINTS / 4);
    put(s, &w.run[RUNS - 1], "failed", LL_RUN_FAILED, POINTS / 4);
    ll_store_close(s);
    ll_courses c;
    ll_run_end e, by_hand;
    ll_end_ground *g;
    ll_store *r = open_store(LL_STORE_READ);
    assert_ok(ll_courses_of_store(&c, r, "0123456789abcdef", err));
    ll_store_close(r);
    assert_int_equal(c.n, RUNS);
    assert_int_equal(c.n_finished, RUNS - 1);
    assert_string_equal(c.at[RUNS - 1].name, "big");
    assert_ok(ll_end_ground_new(&g, c.at, c.n_finished, true, 1, err));
    assert_ok(ll_run_end_of(&e, g, &c.at[RUNS - 1], 1, 0.9, err));
    ll_end_ground_free(g);
    assert_ok(ll_end_ground_new(&g, w.run, RUNS - 1, true, 1, err));
    assert_ok(ll_run_end_of(&by_hand, g, &w.run[RUNS - 1], 0.25, 0.9, err));
    ll_end_ground_free(g);
    assert_true(e.loss.value == by_hand.loss.value && e.loss.lo == by_hand.loss.lo && e.seen == 0.25);
    gives("status --store loglog.db", 0);
    says(out, "will end at");
    gives("forecast end --store loglog.db", 0);
    says(out, "big");
    char line[64];
    snprintf(line, sizeof line, "25 %%      7  %.4f", e.loss.value);
    says(out, line);
    ll_courses_clear(&c);
    /* a policy's line on the forecast is held against that end, though nothing was sealed of the run */
    static const char *const policy =
        "schema: loglog.policy/1\nname: house\nevaluate: {needed: false}\n"
        "levels: [{name: l, lines: [{of: forecast_loss, below: %s}], requires: [{name: guarded}]}]\n";
    char text[512], path[LL_PATH_MAX];
    snprintf(text, sizeof text, policy, "100");
    support_write(folder, "reached.yaml", text, strlen(text), path);
    snprintf(text, sizeof text, policy, "0.01");
    support_write(folder, "far.yaml", text, strlen(text), path);
    gives("gate check reached.yaml --store loglog.db --run big", 3);
    snprintf(line, sizeof line, "forecast_loss %.4g", e.loss.value);
    says(out, line);
    gives("gate check far.yaml --store loglog.db --run big", 0);
}

/* ---- tables ---- */

static void put_table(const char *name, const char *text) {
    char path[LL_PATH_MAX];
    support_write(folder, name, text, strlen(text), path);
}

static void bad_tables_are_refused_by_line(void **state) {
    (void)state;
    static const struct {
        const char *table, *arguments, *words;
    } cases[] = {
        { "step,loss\n1,3\n2,2\n", "", "no column run" },
        { "run,loss\na,3\na,2\n", "", "no column tokens or step" },
        { "run,step,loss\na,1,3\na,1,2\n", "", "bad.csv:3: run a: step 1 comes after 1" },
        { "run,step,loss\na,1,3\na,2,-2\n", "", "bad.csv:3: run a: loss is -2" },
        { "run,step,loss\na,-1,3\na,2,2\n", "", "bad.csv:2: run a: step is -1" },
        { "run,step,loss\na,1,3\na,2,2\n", "--share 0.5", "no other finished run" },
        { "run,step,loss\na,1,3\na,2,2\nb,1,3\nb,2,2\n", "--run c", "called 'c'" },
        { "run,step,loss\na,1,3\na,2,2\nb,1,3\nb,2,2\n", "--until 9", "--run" },
        { "run,step,loss\na,1,3\na,2,2\nb,1,3\nb,2,2\n", "--run b --until 2", "more than the 2 steps" },
        { "run,step,loss\na,1,3\na,2,2\nb,1,3\nb,2,2\n", "--share 0.3", "no point" },
        { "run,step,loss\n", "", "loss" },
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        char words[256];
        put_table("bad.csv", cases[k].table);
        snprintf(words, sizeof words, "forecast end bad.csv %s", cases[k].arguments);
        if (k + 1 < sizeof cases / sizeof *cases) answers(words, 2, cases[k].words);
        else runs(words);
    }
    put_table("good.csv", "run,step,loss\na,1,3\na,2,2.5\na,4,2\nb,1,3.1\nb,2,2.6\n");
    answers("forecast end good.csv --run b --until 4", 0, "50 %      1  2.1");
}

/* A run that nothing is known of, but its size, takes the law from nobody. */
static void a_run_without_a_loss_counts_for_nothing(void **state) {
    (void)state;
    static char text[1 << 14], before[1 << 14];
    size_t used = (size_t)sprintf(text, "run,params,tokens,loss\n");
    for (int r = 0; r < 8; r++)
        for (int k = 1; k <= 10; k++) {
            const double N = 1e5 * pow(2, r % 4), D = (r < 4 ? 1e7 : 4e7) * k / 10;
            used += (size_t)sprintf(text + used, "r%d,%.17g,%.17g,%.17g\n", r, N, D,
                                    1.7 + 60 * pow(N, -0.34) + 200 * pow(D, -0.28));
        }
    put_table("alone.csv", text);
    gives("forecast end alone.csv --run r7 --share 0.5 --json", 0);
    strcpy(before, strstr(out, "\"runs\""));
    assert_null(strstr(before, "\"law\": null"));
    sprintf(text + used, "dead,5e5,1000,\nborn,5e5,0,5.5\n");
    put_table("alone.csv", text);
    gives("forecast end alone.csv --run r7 --share 0.5 --json", 0);
    assert_string_equal(strstr(out, "\"runs\""), before);
}

static void a_backtest_takes_curves(void **state) {
    (void)state;
    static world w;
    static char text[1 << 16];
    size_t used = (size_t)sprintf(text, "run,params,tokens,loss\n");
    ll_json *doc;
    plant(&w, 8);
    for (int i = 0; i < RUNS; i++)
        for (int k = 0; k < POINTS; k++)
            used += (size_t)sprintf(text + used, "r%d,%.17g,%.17g,%.17g\n", i, w.run[i].params, w.at[i][k],
                                    w.loss[i][k]);
    put_table("curves.csv", text);
    gives("backtest curves.csv --share 0.1,0.5 --factor 3 --json", 0);
    assert_ok(ll_json_parse(out, strlen(out), "out", &doc, err));
    const ll_json *methods = ll_json_get(doc, "methods");
    const ll_json *early = ll_json_get(ll_json_get(methods, "end_0.1"), "3"),
                  *late = ll_json_get(ll_json_get(methods, "end_0.5"), "3");
    double largest = 0;
    int64_t below = 0;
    for (int i = 0; i < RUNS; i++) largest = fmax(largest, w.run[i].params * w.run[i].end);
    for (int i = 0; i < RUNS; i++) below += w.run[i].params * w.run[i].end <= largest / 3;
    assert_int_equal(ll_json_get_int(early, "n_fit", -1), below);
    assert_int_equal(ll_json_get_int(early, "n_test", -1), RUNS - below);
    assert_true(ll_json_get_num(early, "median_abs_rel_err") < 0.02);
    assert_true(ll_json_get_num(late, "interval_score") < ll_json_get_num(early, "interval_score"));
    ll_json_free(doc);
    answers("backtest curves.csv --share 1.5", 2, "--share: 1.5");
    answers("backtest curves.csv --share 0.01", 2, "no point");
}

static void public_curves_from_their_first_quarter(void **state) {
    (void)state;
    char path[LL_PATH_MAX], words[LL_PATH_MAX + 64];
    support_data("runs/gemstones_hot.csv", path);
    snprintf(words, sizeof words, "forecast end '%s' --json", path);
    gives(words, 0);
    ll_json *doc;
    assert_ok(ll_json_parse(out, strlen(out), "out", &doc, err));
    int held = 0, near = 0;
    const ll_json *runs_ = ll_json_get(doc, "runs");
    const int64_t n = (int64_t)ll_json_size(runs_);
    for (int64_t i = 0; i < n; i++) {
        const ll_json *e = ll_json_at(runs_, (size_t)i), *f = ll_json_get(e, "forecast"),
                      *ci = ll_json_get(f, "ci");
        const double L = ll_json_get_num(e, "ended");
        held += L >= ll_json_as_num(ll_json_at(ci, 0)) && L <= ll_json_as_num(ll_json_at(ci, 1));
        near += fabs(ll_json_get_num(f, "value") / L - 1) < 0.01;
    }
    assert_int_equal(n, 22);
    assert_true(near >= 20);
    assert_true(held >= 18);
    ll_json_free(doc);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(planted_ends_are_covered),
        cmocka_unit_test(a_twin_ends_where_the_first_did),
        cmocka_unit_test(a_run_trained_otherwise_is_named),
        cmocka_unit_test(runs_under_way_in_a_store),
        cmocka_unit_test(bad_tables_are_refused_by_line),
        cmocka_unit_test(a_run_without_a_loss_counts_for_nothing),
        cmocka_unit_test(a_backtest_takes_curves),
        cmocka_unit_test(public_curves_from_their_first_quarter),
    };
    return cmocka_run_group_tests(tests, store_make, scratch_remove);
}
