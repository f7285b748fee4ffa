/* Planted pairs of recipes: what differs is named, a difference is called where there is none as often as stated,
 * and the interval of the gain holds the planted gain. */
#include "scratch.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/document/json.h"
#include "decide/plan/settle.h"
#include "fit/solve/joint.h"
#include "planted.h"

enum { E, A, B, ALPHA, BETA };

typedef struct pair {
    planted design[2];
    double truth[2][5];
} pair;

static double surface(const double *p, double N, double D) {
    return p[E] + p[A] * pow(N, -p[ALPHA]) + p[B] * pow(D, -p[BETA]);
}

/* The baseline is planted_truth, the other is moved by `by` in one parameter. Five budgets of six sizes each; the
 * second ladder has points of its own when apart, and its noise is `noisier` times as large. */
static void plant(pair *t, int moved, double by, double sd, bool apart, double noisier, uint64_t seed) {
    for (int g = 0; g < 2; g++) {
        planted *d = &t->design[g];
        ll_rng rng = ll_rng_at(seed, LL_STREAM_NOISE, (uint64_t)(1 + g));
        memcpy(t->truth[g], planted_truth, sizeof t->truth[g]);
        if (g) t->truth[g][moved] += by;
        planted_make(d, 5, 10, 6, 0, 1);
        for (int64_t i = 0; i < d->n; i++) {
            if (g && apart) d->N[i] *= 1.1, d->D[i] /= 1.05;
            d->L[i] = surface(t->truth[g], d->N[i], d->D[i]) * exp(sd * (g ? noisier : 1) * ll_rng_normal(&rng));
        }
    }
}

static void run(ll_compare *c, const pair *t, int64_t n_boot) {
    ll_compare_opts o = { .fit = { .objective = LL_OBJ_LS_LOG, .n_boot = n_boot, .n_starts = 300 } };
    assert_ok(ll_compare_run(c, ll_law_find("chinchilla"), &t->design[0].data, &t->design[1].data, &o, err));
}

/* ---- the answer ---- */

/* How many of the studies give the answer. */
static int tally(ll_answer answer, int moved, double by, double sd, bool apart, double noisier, int studies) {
    static pair t;
    int n = 0;
    for (int s = 0; s < studies; s++) {
        ll_compare c;
        plant(&t, moved, by, sd, apart, noisier, (uint64_t)(100 + s));
        run(&c, &t, -1);
        n += c.answer == answer;
        ll_compare_clear(&c);
    }
    return n;
}

/* 150 studies at 5 %: 7.5 alarms expected, more than 16 or none at all come once in a thousand. */
static void false_alarms(void **state) {
    (void)state;
    enum { STUDIES = 150 };
    int pairs = STUDIES - tally(LL_ANSWER_SAME, E, 0, 0.01, false, 1, STUDIES);
    int apart = STUDIES - tally(LL_ANSWER_SAME, E, 0, 0.01, true, 1, STUDIES);
    int unequal = STUDIES - tally(LL_ANSWER_SAME, E, 0, 0.005, true, 4, STUDIES);
    print_message("alarms in %d studies without a difference: %d %d %d\n", STUDIES, pairs, apart, unequal);
    assert_in_range(pairs, 1, 16);
    assert_in_range(apart, 1, 16);
    assert_in_range(unequal, 1, 16);
}

/* The truth is rejected in 5 % of the studies; with 0.1 % of noise nothing else survives. */
static void names_what_moved(void **state) {
    (void)state;
    enum { STUDIES = 40 };
    int floors = tally(LL_ANSWER_FLOOR, E, 0.05, 0.001, true, 1, STUDIES);
    int offsets = tally(LL_ANSWER_OFFSET, B, 300, 0.001, true, 1, STUDIES);
    int exponents = tally(LL_ANSWER_EXPONENT, BETA, 0.01, 0.001, true, 1, STUDIES);
    print_message("named in %d studies: floor %d, offset %d, exponent %d\n", STUDIES, floors, offsets, exponents);
    assert_in_range(floors, 34, STUDIES);
    assert_in_range(offsets, 34, STUDIES);
    assert_in_range(exponents, 34, STUDIES);
}

static void says_by_how_much(void **state) {
    (void)state;
    enum { STUDIES = 40 };
    static pair t;
    int held = 0;
    for (int s = 0; s < STUDIES; s++) {
        ll_compare c;
        plant(&t, E, 0.03, 0.003, true, 1, (uint64_t)(500 + s));
        run(&c, &t, 100);
        const ll_estimate *e = &c.model[LL_FLOOR].change[E];
        held += e->lo <= 0.03 && 0.03 <= e->hi;
        assert_true(e->hi - e->lo < 0.02);
        ll_compare_clear(&c);
    }
    print_message("the interval of the floor's change holds it in %d of %d studies\n", held, STUDIES);
    assert_in_range(held, 31, STUDIES);
}

/* Of a large side draws take a part, which must not make the small side surer: beside 40 runs, 20,000 say hardly
 * more than 4,000. */
static double se_beside(int64_t large) {
    enum { SMALL = 40, MOST = 20000 };
    static double N[2][MOST], D[2][MOST], L[2][MOST];
    const int64_t n[2] = { large, SMALL };
    ll_fit_data data[2] = { { 0 } };
    ll_compare c;
    for (int g = 0; g < 2; g++) {
        ll_rng rng = ll_rng_at(5, LL_STREAM_NOISE, (uint64_t)g);
        for (int64_t i = 0; i < n[g]; i++) {
            N[g][i] = exp(13.8 + 7 * ll_rng_uniform(&rng));
            D[g][i] = exp(18.4 + 7 * ll_rng_uniform(&rng));
            L[g][i] = surface(planted_truth, N[g][i], D[g][i]) * exp(0.01 * ll_rng_normal(&rng));
        }
        data[g].n = n[g], data[g].loss = L[g];
        data[g].x[LL_VAR_N] = N[g], data[g].x[LL_VAR_D] = D[g];
    }
    ll_compare_opts o = { .fit = { .objective = LL_OBJ_LS_LOG, .n_boot = 100, .n_starts = 100 } };
    assert_ok(ll_compare_run(&c, ll_law_find("chinchilla"), &data[0], &data[1], &o, err));
    const double se = c.model[LL_FLOOR].change[E].se;
    ll_compare_clear(&c);
    return se;
}

static void a_large_side_lends_no_certainty(void **state) {
    (void)state;
    const double few = se_beside(4000), many = se_beside(20000);
    print_message("standard error of the floor's change beside 4,000 runs %g, beside 20,000 %g\n", few, many);
    assert_true(many > 0.7 * few && many < 1.3 * few);
}

static void more_than_one_part(void **state) {
    (void)state;
    static pair t;
    ll_compare c;
    plant(&t, E, 0.2, 0.001, true, 1, 1);
    for (int64_t i = 0; i < t.design[1].n; i++) {
        const double p[5] = { 1.9, 400, 2600, 0.35, 0.36 };
        t.design[1].L[i] = surface(p, t.design[1].N[i], t.design[1].D[i]) * (1 + 0.001 * cos((double)i * 7));
    }
    run(&c, &t, -1);
    assert_int_equal(c.answer, LL_ANSWER_SEVERAL);
    ll_compare_clear(&c);
}

/* ---- pairs ---- */

static void pairs_in_any_order(void **state) {
    (void)state;
    static pair t;
    ll_compare straight, turned;
    plant(&t, E, 0.02, 0.003, false, 1, 3);
    run(&straight, &t, 60);
    assert_true(straight.paired);
    planted *d = &t.design[1];
    for (int64_t i = 0; i < d->n / 2; i++) {
        double *columns[] = { d->N, d->D, d->C, d->L };
        for (int k = 0; k < 4; k++) {
            double swap = columns[k][i];
            columns[k][i] = columns[k][d->n - 1 - i];
            columns[k][d->n - 1 - i] = swap;
        }
    }
    run(&turned, &t, 60);
    assert_true(turned.paired);
    assert_close(turned.model[LL_FLOOR].change[E].hi, straight.model[LL_FLOOR].change[E].hi, 1e-12);
    assert_close(turned.model[LL_SAME].p, straight.model[LL_SAME].p, 1e-12);
    ll_compare_clear(&straight);
    ll_compare_clear(&turned);
    plant(&t, E, 0.02, 0.003, true, 1, 3);
    run(&straight, &t, -1);
    assert_false(straight.paired);
    ll_compare_clear(&straight);
}

/* A table beside itself: nothing differs, and rounding does not say otherwise. */
static void the_same_twice(void **state) {
    (void)state;
    static pair t;
    for (int s = 0; s < 5; s++) {
        ll_compare c;
        plant(&t, E, 0, 0.005, false, 1, (uint64_t)(20 + s));
        memcpy(t.design[1].L, t.design[0].L, sizeof t.design[0].L);
        run(&c, &t, -1);
        assert_int_equal(c.answer, LL_ANSWER_SAME);
        for (int h = LL_SAME; h < LL_HYPOTHESES; h++)
            if (h == LL_SAME || c.model[h].own) assert_close(c.model[h].p, 1, 1e-12);
        ll_compare_clear(&c);
    }
}

/* What both runs of a pair depart by in common says nothing of their difference: pairs narrow the interval. */
static void pairs_share_their_misfit(void **state) {
    (void)state;
    static pair t;
    ll_compare c;
    double width[2];
    for (int apart = 0; apart < 2; apart++) {
        plant(&t, E, 0.02, 1e-4, false, 1, 4);
        for (int g = 0; g < 2; g++)
            for (int64_t i = 0; i < t.design[g].n; i++) {
                t.design[g].L[i] *= 1 + 0.01 * sin((double)i * 2.4);
                if (g && apart) t.design[g].N[i] *= 1.001;
            }
        run(&c, &t, 200);
        assert_int_equal(c.paired, !apart);
        width[apart] = c.model[LL_FLOOR].change[E].hi - c.model[LL_FLOOR].change[E].lo;
        ll_compare_clear(&c);
    }
    assert_true(width[0] < 0.5 * width[1]);
}

/* The test looks at every so-manyth row of a large table; units and rows keep together. */
static void large_tables(void **state) {
    (void)state;
    enum { ROWS = 12000 };
    static double x[2][ROWS], L[2][ROWS];
    for (int g = 0; g < 2; g++) {
        ll_rng rng = ll_rng_at(11, LL_STREAM_NOISE, (uint64_t)g);
        for (int i = 0; i < ROWS; i++) {
            x[g][i] = 1e18 * pow(10, 4 * ll_rng_uniform(&rng));
            L[g][i] = (1.5 + 0.02 * g + 300 * pow(x[g][i], -0.1)) * exp(0.01 * ll_rng_normal(&rng));
        }
    }
    for (int moved = 0; moved < 2; moved++) {
        ll_fit_data d[2] = { { .n = ROWS, .x = { [LL_VAR_X] = x[0] }, .loss = L[0] },
                             { .n = moved ? ROWS : ROWS / 3, .x = { [LL_VAR_X] = x[moved] }, .loss = L[moved] } };
        ll_compare c;
        ll_compare_opts o = { .fit = { .objective = LL_OBJ_LS_LOG, .n_boot = -1 } };
        assert_ok(ll_compare_run(&c, ll_law_find("power_floor"), &d[0], &d[1], &o, err));
        assert_int_equal(c.answer == LL_ANSWER_SAME, !moved);
        if (moved) assert_true(fabs(c.model[LL_FLOOR].change[0].value - 0.02) < 0.002);
        ll_compare_clear(&c);
    }
}

/* ---- the joint problem ---- */

static void joint_gradient(void **state) {
    (void)state;
    static pair t;
    const ll_law *law = ll_law_find("chinchilla");
    ll_fit_opts o;
    ll_rows rows[2];
    ll_joint joint;
    ll_problem q;
    plant(&t, E, 0.1, 0.01, true, 1, 5);
    assert_ok(ll_fit_opts_resolve(&(ll_fit_opts) { .objective = LL_OBJ_LS_LOG }, &o, err));
    for (int g = 0; g < 2; g++) {
        assert_ok(ll_rows_new(&rows[g], t.design[g].n, err));
        ll_rows_fill(&rows[g], law, &t.design[g].data, true);
    }
    ll_joint_init(&q, &joint, law, &o, &rows[0], &rows[1], 1u << E | 1u << BETA);
    assert_int_equal(q.p, 7);
    double theta[P_MAX], grad[P_MAX], hess[P_MAX * P_MAX], up[P_MAX], down[P_MAX], other[P_MAX * P_MAX];
    ll_joint_theta(&q, t.truth[0], t.truth[1], theta);
    theta[5] += 0.3, theta[6] -= 0.02;
    ll_problem_eval(&q, theta, grad, hess);
    for (int j = 0; j < q.p; j++) {
        double at = theta[j], h = 1e-6;
        theta[j] = at + h;
        double high = ll_problem_eval(&q, theta, up, other);
        theta[j] = at - h;
        double low = ll_problem_eval(&q, theta, down, other);
        theta[j] = at;
        assert_true(fabs((high - low) / (2 * h) - grad[j]) < 1e-5 * (1 + fabs(grad[j])));
        for (int k = 0; k < q.p; k++)
            assert_true(fabs((up[k] - down[k]) / (2 * h) - hess[j * q.p + k]) <
                        1e-4 * (1 + fabs(hess[j * q.p + k])));
    }
    for (int g = 0; g < 2; g++) ll_rows_free(&rows[g]);
}

/* ---- the gain ---- */

/* The frontier of the surface is E + K C^-g: what the baseline needs for the other's loss has a closed form. */
static double planted_gain(const pair *t, double C) {
    double K[2], g[2], loss = 0;
    for (int i = 0; i < 2; i++) {
        const double *p = t->truth[i];
        ll_frontier f = ll_chinchilla_frontier(p[A], p[B], p[ALPHA], p[BETA]);
        g[i] = p[ALPHA] * p[BETA] / (p[ALPHA] + p[BETA]);
        K[i] = (p[A] * pow(f.G, -p[ALPHA]) + p[B] * pow(f.G, p[BETA])) * pow(6, g[i]);
        loss = p[E] + K[i] * pow(C, -g[i]);
    }
    return pow(K[0] / (loss - t->truth[0][E]), 1 / g[0]) / C;
}

static void gain_without_noise(void **state) {
    (void)state;
    static pair t;
    ll_compare c;
    ll_gain g;
    plant(&t, B, -200, 0, true, 1, 6);
    run(&c, &t, -1);
    assert_ok(ll_gain_make(&g, &c, err));
    for (int k = 0; k < LL_GAIN_POINTS; k++) {
        const ll_gain_point *p = &g.point[k];
        assert_close(p->times.value, planted_gain(&t, p->x), 1e-4);
        assert_true(p->times.value > 1 && p->percent.value > 0 && isnan(p->times.lo));
        assert_int_equal(p->inside, k <= LL_GAIN_INSIDE);
    }
    assert_close(g.point[LL_GAIN_POINTS - 1].x, 10 * g.point[LL_GAIN_INSIDE].x, 1e-12);
    ll_compare_clear(&c);
}

static void gain_covers(void **state) {
    (void)state;
    enum { STUDIES = 30 };
    static pair t;
    int held[2] = { 0 }, at[2] = { LL_GAIN_INSIDE, LL_GAIN_POINTS - 1 };
    for (int s = 0; s < STUDIES; s++) {
        ll_compare c;
        ll_gain g;
        plant(&t, B, -300, 0.005, true, 1, (uint64_t)(900 + s));
        run(&c, &t, 100);
        assert_ok(ll_gain_make(&g, &c, err));
        for (int k = 0; k < 2; k++) {
            const ll_gain_point *p = &g.point[at[k]];
            held[k] += p->times.lo <= planted_gain(&t, p->x) && planted_gain(&t, p->x) <= p->times.hi;
        }
        ll_compare_clear(&c);
    }
    print_message("the gain's interval holds it in %d and, ten times beyond, %d of %d studies\n", held[0], held[1],
                  STUDIES);
    assert_in_range(held[0], 23, STUDIES);
    assert_in_range(held[1], 23, STUDIES);
}

/* A loss below the baseline's floor has no compute of the baseline's. */
static void gain_without_end(void **state) {
    (void)state;
    static pair t;
    ll_compare c;
    ll_gain g;
    plant(&t, E, -0.6, 0, false, 1, 7);
    run(&c, &t, -1);
    assert_ok(ll_gain_make(&g, &c, err));
    assert_true(g.point[LL_GAIN_POINTS - 1].times.value >= LL_GAIN_MOST);
    ll_json *list = ll_gain_json(&g, 0.9);
    const ll_json *last = ll_json_get(ll_json_at(list, LL_GAIN_POINTS - 1), "gain");
    assert_true(isnan(ll_json_get_num(last, "value")));
    ll_json_free(list);
    ll_compare_clear(&c);
}

static void gain_of_one_variable(void **state) {
    (void)state;
    double x[20], L[2][20];
    ll_compare c;
    ll_gain g;
    for (int i = 0; i < 20; i++) {
        x[i] = 1e18 * pow(10, i / 5.0);
        L[0][i] = 1.5 + 300 * pow(x[i], -0.1);
        L[1][i] = 1.5 + 300 * pow(2.5 * x[i], -0.1); /* each FLOP counts for two and a half */
    }
    ll_fit_data d[2] = { { .n = 20, .x = { [LL_VAR_X] = x }, .loss = L[0] },
                         { .n = 20, .x = { [LL_VAR_X] = x }, .loss = L[1] } };
    ll_compare_opts o = { .fit = { .objective = LL_OBJ_LS_LOG, .n_boot = -1 } };
    assert_ok(ll_compare_run(&c, ll_law_find("power_floor"), &d[0], &d[1], &o, err));
    assert_ok(ll_gain_make(&g, &c, err));
    for (int k = 0; k < LL_GAIN_POINTS; k++) assert_close(g.point[k].times.value, 2.5, 1e-4);
    ll_compare_clear(&c);
}

/* Cohen 1988, table 2.4.1: runs of each for d = sd / gain of 1, .8 and .5 at a two-sided 5 % and a power of .80. */
static void runs_that_settle(void **state) {
    (void)state;
    static const double d[] = { 1, 0.8, 0.5 };
    static const int64_t n[] = { 17, 26, 64 };
    ll_compare c = { .law = ll_law_find("chinchilla"), .opts = { .alarm = 0.05 } };
    c.fit[0].residual_sd = c.fit[1].residual_sd = 0.01;
    for (int i = 0; i < 3; i++) {
        ll_settle s = ll_settle_make(&c, NULL, 0.01 * d[i], 0.8);
        assert_true(llabs(s.runs - n[i]) <= 1);
        assert_false(s.replicated);
    }
}

static void noise_of_replicates(void **state) {
    (void)state;
    double N[6] = { 1e6, 1e6, 1e6, 1e7, 1e7, 1e8 }, D[6] = { 1e9, 1e9, 1e9, 1e9, 1e9, 1e9 };
    double L[6] = { 3 * exp(0.01), 3 * exp(-0.01), 3, 2 * exp(0.02), 2 * exp(-0.02), 1.5 };
    ll_compare c = { .law = ll_law_find("chinchilla"), .opts = { .alarm = 0.05 } };
    for (int g = 0; g < 2; g++) {
        c.fit[g].law = c.law;
        c.fit[g].data = (ll_fit_data) { .n = 6, .x = { N, D }, .loss = L };
    }
    ll_settle s = ll_settle_make(&c, NULL, 0.01, 0.8);
    assert_true(s.replicated);
    assert_int_equal(s.replicates, 6);
    assert_close(s.noise_sd, sqrt((2e-4 + 8e-4) / 3), 1e-12);
}

/* ---- the verb ---- */

static char out[1 << 17], err_text[4096];

static int setup(void **state) {
    (void)state;
    static pair t;
    static char text[1 << 15];
    char path[LL_PATH_MAX];
    size_t used = (size_t)snprintf(text, sizeof text, "name,N,tokens,val_loss,recipe,other\n");
    support_folder(folder);
    plant(&t, B, -300, 0.003, true, 1, 8);
    for (int64_t i = 0; i < 2 * t.design[0].n; i++) {
        const planted *d = &t.design[i % 2];
        used += (size_t)snprintf(text + used, sizeof text - used, "r%d,%.17g,%.17g,%.17g,%s,%d\n", (int)i,
                                 d->N[i / 2], d->D[i / 2], d->L[i / 2], i % 2 ? "muon's" : "adam w", (int)i % 3);
    }
    support_write(folder, "runs.csv", text, used, path);
    support_write(folder, "bits.csv", "N,tokens,val_bpb\n1e6,1e9,1.2\n", 29, path);
    return 0;
}

static void verb_json(void **state) {
    (void)state;
    ll_json *o;
    int code = support_run(folder, "compare runs.csv --by recipe --bootstrap 50 --json --out gain.svg", out,
                           sizeof out, err_text, sizeof err_text);
    if (code != 0) fail_msg("compare exits %d: %s", code, err_text);
    assert_ok(ll_json_parse(out, strlen(out), "standard output", &o, err));
    assert_string_equal(ll_json_get_str(o, "schema"), "loglog.compare/1");
    assert_string_equal(ll_json_get_str(ll_json_get(o, "baseline"), "name"), "adam w");
    assert_string_equal(ll_json_get_str(ll_json_get(o, "other"), "name"), "muon's");
    assert_int_equal(ll_json_get_int(ll_json_get(ll_json_get(o, "other"), "fit"), "n", -1), 30);
    assert_true(ll_json_get_num(ll_json_get(ll_json_get(o, "models"), "same"), "p") < 0.05);
    assert_int_equal(ll_json_size(ll_json_get(o, "scales")), LL_GAIN_POINTS);
    const ll_json *gain = ll_json_get(ll_json_at(ll_json_get(o, "scales"), LL_GAIN_INSIDE), "gain");
    assert_true(ll_json_get_num(gain, "value") > 1);
    assert_true(ll_json_get_int(ll_json_get(o, "settle"), "runs_each", -1) >= 2);
    ll_json_free(o);
    char path[LL_PATH_MAX], *text;
    size_t size;
    assert_ok(ll_file_join(path, folder, "gain.svg", err));
    assert_ok(ll_file_read(path, 1 << 22, &text, &size, err));
    assert_non_null(strstr(text, "Compute-equivalent gain"));
    free(text);
}

/* A number is compared as one, in a table and in a store. */
static void verb_of_store(void **state) {
    (void)state;
    static pair t;
    static char text[1 << 15];
    char path[LL_PATH_MAX];
    size_t used = (size_t)snprintf(text, sizeof text, "run,params,tokens,loss,seed\n");
    plant(&t, B, -300, 0.003, true, 1, 8);
    for (int64_t i = 0; i < 2 * t.design[0].n; i++) {
        const planted *d = &t.design[i % 2];
        used += (size_t)snprintf(text + used, sizeof text - used, "r%d,%.17g,%.17g,%.17g,%d\n", (int)i, d->N[i / 2],
                                 d->D[i / 2], d->L[i / 2], (int)i % 2 + 1);
    }
    support_write(folder, "seeds.csv", text, used, path);
    assert_int_equal(support_run(folder, "runs import seeds.csv --store s.db", out, sizeof out, NULL, 0), 0);
    static const char *const of[] = { "compare seeds.csv --by seed=1,2.0 --bootstrap 8",
                                      "compare --store s.db --by seed=1,2.0 --bootstrap 8" };
    for (int i = 0; i < 2; i++) {
        const int code = support_run(folder, of[i], out, sizeof out, err_text, sizeof err_text);
        if (code != 0 || !strstr(out, "2.0: 30 runs"))
            fail_msg("%s: exit %d, '%s' '%s'", of[i], code, out, err_text);
    }
}

static void verb_refuses(void **state) {
    (void)state;
    static const struct {
        const char *arguments, *says;
    } cases[] = {
        { "compare runs.csv", "expected two tables, or one and --by COLUMN, got 1" },
        { "compare runs.csv --by other", "3 values (0, 1, 2), expected two: --by other=BASELINE,OTHER" },
        { "compare runs.csv --by other=0", "expected COLUMN or COLUMN=BASELINE,OTHER" },
        { "compare runs.csv --by other=0,7", "no row has other = '7'" },
        { "compare runs.csv --by nothing", "there is no column 'nothing'" },
        { "compare runs.csv bits.csv --params-are total", "in bits per byte: expected one unit" },
        { "compare runs.csv --by recipe --where 'N > 1.2e10'", "adam w: 3 runs cannot fix the 5 parameters" },
        { "compare runs.csv --by recipe --out gain.gif", "expected a name in .svg, .png or .pdf" },
        { "compare runs.csv --by recipe --law farseer --bootstrap 8 --starts 40 --out gain.svg",
          "no gain to draw" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int code = support_run(folder, cases[i].arguments, out, sizeof out, err_text, sizeof err_text);
        if (code != 2 || !strstr(err_text, cases[i].says))
            fail_msg("%s: exit %d, '%s'", cases[i].arguments, code, err_text);
        assert_string_equal(out, "");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(false_alarms),
        cmocka_unit_test(names_what_moved),
        cmocka_unit_test(says_by_how_much),
        cmocka_unit_test(a_large_side_lends_no_certainty),
        cmocka_unit_test(more_than_one_part),
        cmocka_unit_test(pairs_in_any_order),
        cmocka_unit_test(pairs_share_their_misfit),
        cmocka_unit_test(the_same_twice),
        cmocka_unit_test(large_tables),
        cmocka_unit_test(joint_gradient),
        cmocka_unit_test(gain_without_noise),
        cmocka_unit_test(gain_covers),
        cmocka_unit_test(gain_without_end),
        cmocka_unit_test(gain_of_one_variable),
        cmocka_unit_test(runs_that_settle),
        cmocka_unit_test(noise_of_replicates),
        cmocka_unit_test(verb_json),
        cmocka_unit_test(verb_of_store),
        cmocka_unit_test(verb_refuses),
    };
    return cmocka_run_group_tests(tests, setup, scratch_remove);
}
