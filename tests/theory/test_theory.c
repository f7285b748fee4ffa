/* Theories: sums against published digits and brute force, studies against what is known of them, the verb. */
#define _GNU_SOURCE
#include "scratch_program.h"

#include <dirent.h>
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "train/theory/lesson.h"
#include "train/theory/theory.h"
#include "train/theory/zeta.h"

/* ---- Zipf's law ---- */

static void zeta(void **state) {
    (void)state;
    const double pi = acos(-1);
    assert_close(ll_zeta(2, 1), pi * pi / 6, 1e-14);
    assert_close(ll_zeta(4, 1), pow(pi, 4) / 90, 1e-14);
    assert_close(ll_zeta(1.5, 1), 2.6123753486854883, 1e-13);
    assert_close(ll_zeta(2, 0.5), pi * pi / 2, 1e-13);
    assert_close(ll_zeta(3, 1e6), 5.0000050000025e-13, 1e-12); /* 1 / (2 a^2) + 1 / (2 a^3) + 1 / (4 a^4) */
}

/* Hutter's sum and its asymptote; the mass beyond the first m. */
static void memorisation(void **state) {
    (void)state;
    static const struct {
        double alpha, n, E;
    } of[] = { { 0.5, 1e2, 0.2024038 }, { 0.5, 1e3, 0.09413503 }, { 0.5, 1e4, 0.04370235 },
               { 1, 1e2, 0.06884049 },  { 1, 1e3, 0.02184278 },   { 1, 1e4, 0.006909624 } };
    for (size_t i = 0; i < sizeof of / sizeof *of; i++)
        assert_close(ll_zipf_error(1 + of[i].alpha, of[i].n), of[i].E, 2.5e-7); /* half of the last digit */
    for (double alpha = 0.4; alpha < 2; alpha += 0.3) {
        const double b = alpha / (1 + alpha), n = 1e9;
        const double asymptote =
            pow(ll_zeta(1 + alpha, 1), -1 / (1 + alpha)) * tgamma(b) / (1 + alpha) * pow(n, -b);
        assert_close(ll_zipf_error(1 + alpha, n), asymptote, 1e-5);
    }
    assert_close(ll_zipf_tail(1.4, 10), 0.314220, 2e-6);
    assert_close(ll_zipf_tail(1.4, 100), 0.127331, 4e-6);
    assert_close(ll_zipf_tail(1.4, 1000), 0.050783, 1e-5);
    assert_close(ll_zipf_error(2, 0), 1, 1e-13);
}

/* Of 200,000 draws each share within 4.5 standard errors of its chance. */
static void draws(void **state) {
    (void)state;
    enum { N = 200000 };
    for (double s = 1.3; s < 3; s += 0.6) {
        double count[6] = { 0 };
        ll_rng r = ll_rng_at(3, LL_STREAM_NOISE, (uint64_t)(10 * s));
        for (int i = 0; i < N; i++) {
            const int64_t k = ll_zipf_draw(s, &r);
            assert_true(k >= 1);
            count[k <= 4 ? k - 1 : k <= 100 ? 4 : 5]++;
        }
        for (int k = 0; k < 6; k++) {
            const double p = k < 4   ? ll_zipf(s, k + 1)
                             : k < 5 ? ll_zipf_tail(s, 4) - ll_zipf_tail(s, 100)
                                     : ll_zipf_tail(s, 100);
            assert_true(fabs(count[k] / N - p) < 4.5 * sqrt(p * (1 - p) / N));
        }
    }
}

/* ---- studies ---- */

static ll_theory theory_of(const char *kind) {
    ll_theory t;
    assert_ok(ll_options_default(ll_theory_table, ll_theory_count, &t, err));
    snprintf(t.kind, sizeof t.kind, "%s", kind);
    return t;
}

static ll_theory_result result_of(ll_theory *t, int threads) {
    ll_theory_result r;
    assert_ok(ll_theory_resolve(t, "test", err));
    assert_ok(ll_theory_run(&r, t, &(ll_theory_watch) { .threads = threads }, err));
    return r;
}

/* A memoriser that draws misses what Hutter's sum says, over 300 seeds. */
static void lookup(void **state) {
    (void)state;
    ll_theory t = theory_of("lookup");
    t.alpha = 0.7;
    t.samples = (ll_list) { 2, { 50, 1000 } };
    t.seeds = 300;
    ll_theory_result r = result_of(&t, 0);
    assert_int_equal(r.runs, 600);
    for (int d = 0; d < 2; d++) {
        double sum = 0, squares = 0;
        for (int i = 300 * d; i < 300 * (d + 1); i++) {
            assert_int_equal(r.run[i].samples, (int64_t)t.samples.v[d]);
            sum += r.run[i].loss;
            squares += r.run[i].loss * r.run[i].loss;
        }
        const double mean = sum / 300, se = sqrt((squares / 300 - mean * mean) / 299);
        assert_true(fabs(mean - ll_zipf_error(1.7, t.samples.v[d])) < 4 * se);
    }
    ll_theory_result_clear(&r);
    t.widths = (ll_list) { 1, { 3 } }; /* room for three: after many samples all but those are missing */
    r = result_of(&t, 0);
    assert_close(r.run[599].loss, ll_zipf_tail(1.7, 3), 1e-9);
    ll_theory_result_clear(&r);
}

/* Gradient descent on 12 of the features, step by step, and the tail; then the exponents that are exact far out. */
static void linear(void **state) {
    (void)state;
    ll_theory t = theory_of("linear");
    double w[12] = { 0 }, direct = 0;
    t.alpha = 0.8;
    t.steps = 40;
    t.points = 1;
    t.widths = (ll_list) { 1, { 12 } };
    for (int step = 0; step < 40; step++)
        for (int i = 0; i < 12; i++) w[i] -= 0.5 * pow(i + 1, -1.8) * (w[i] - 1);
    for (int i = 0; i < 12; i++) direct += pow(i + 1, -1.8) * (w[i] - 1) * (w[i] - 1);
    double tail = pow(1e6 + 0.5, -0.8) / 0.8;
    for (int i = 1000000; i > 12; i--) tail += pow(i, -1.8);
    ll_theory_result r = result_of(&t, 0);
    assert_close(r.run[0].loss, direct + tail, 1e-10);
    ll_theory_result_clear(&r);

    ll_theory_exponent e;
    t = theory_of("linear");
    t.widths = (ll_list) { 3, { 1e4, 1e5, 1e6 } };
    t.steps = 1000000000000000;
    t.points = 1;
    r = result_of(&t, 0);
    assert_ok(ll_theory_exponents(&e, &t, &r, err));
    assert_true(e.along == LL_VAR_N && e.predicted == 0.5);
    assert_close(e.value, 0.5, 2e-5);
    ll_theory_exponent_clear(&e);
    ll_theory_result_clear(&r);
    t = theory_of("linear");
    t.widths = (ll_list) { 1, { 1e6 } };
    t.steps = 10000000;
    t.points = 4;
    r = result_of(&t, 0);
    assert_ok(ll_theory_exponents(&e, &t, &r, err));
    assert_close(e.predicted, 1.0 / 3, 1e-12);
    assert_close(e.value, 1.0 / 3, 1e-3);
    ll_theory_exponent_clear(&e);
    ll_theory_result_clear(&r);
}

static ll_theory tiny_parity(void) {
    ll_theory t = theory_of("parity");
    t.tasks = 4;
    t.bits = 6;
    t.widths = (ll_list) { 2, { 16, 32 } };
    t.steps = 1200;
    t.batch = 128;
    t.seeds = 2;
    t.points = 6;
    return t;
}

/* All four tasks are learned to the last answer: what is left is the tail of which there are no samples. */
static void parity_is_learned(void **state) {
    (void)state;
    ll_theory t = tiny_parity();
    ll_theory_result r = result_of(&t, 0);
    const double tail = ll_zipf_tail(2, 4);
    assert_int_equal(r.runs, 4);
    assert_int_equal(r.points, 24);
    for (int i = 2; i < 4; i++) {
        assert_true(r.run[i].learned == 4 && r.run[i].width == 32);
        assert_close(r.run[i].error, tail, 1e-9);
        assert_true(r.run[i].loss > log(2) * tail && r.run[i].loss < log(2) * tail + 0.02);
        assert_true(r.run[i].best <= r.run[i].loss && r.run[i].tokens == 1200 * 128);
        assert_true(r.point[6 * i].learned == 0 && r.point[6 * i].loss > 0.5);
    }
    ll_theory_result_clear(&r);
}

static void same_for_any_threads(void **state) {
    (void)state;
    ll_theory t = tiny_parity(), m = theory_of("manifold"), z = theory_of("zipf");
    t.steps = m.steps = z.steps = 150;
    t.samples = (ll_list) { 2, { 0, 300 } };
    m.widths = (ll_list) { 3, { 4, 12, 8 } };
    z.samples = (ll_list) { 2, { 100, 400 } };
    z.seeds = m.seeds = 2;
    ll_theory *const all[] = { &t, &m, &z };
    for (int k = 0; k < 3; k++) {
        ll_theory_result one = result_of(all[k], 1), many = result_of(all[k], 4);
        assert_int_equal(one.points, many.points);
        assert_memory_equal(one.point, many.point, (size_t)one.points * sizeof *one.point);
        assert_memory_equal(one.run, many.run, (size_t)one.runs * sizeof *one.run);
        for (int64_t i = 0; i < one.runs; i++)
            for (int64_t j = 0; j < i; j++) assert_true(one.run[i].loss != one.run[j].loss);
        ll_theory_result_clear(&one);
        ll_theory_result_clear(&many);
    }
}

/* Answers have mean 0 and variance 1, samples can be made again, and a network of no steps knows nothing. */
static void manifold(void **state) {
    (void)state;
    ll_theory t = theory_of("manifold");
    const ll_lesson_kind *kind = ll_theory_find("manifold")->lesson;
    ll_lesson l;
    ll_real x[64], y, again[64], same;
    double sum = 0, squares = 0;
    int32_t none;
    t.dimension = 3;
    assert_ok(ll_theory_resolve(&t, "test", err));
    assert_ok(ll_lesson_open(&l, &t, 7, err));
    for (uint64_t i = 0; i < 20000; i++) {
        kind->sample(&l, i, x, &y, &none);
        sum += y;
        squares += (double)y * y;
    }
    kind->sample(&l, 19999, again, &same, &none);
    assert_memory_equal(x, again, (size_t)t.space * sizeof *x);
    assert_true(y == same);
    assert_true(fabs(sum / 20000) < 0.1 && fabs(squares / 20000 - 1) < 0.1);
    ll_lesson_close(&l);
    assert_close(ll_theory_find("manifold")->predicted(&t, LL_VAR_N), 4.0 / 3, 1e-12);
}

static bool now(void *ctx) {
    return atomic_fetch_add((atomic_int *)ctx, 1) > 20;
}

static void stops(void **state) {
    (void)state;
    ll_theory t = tiny_parity();
    ll_theory_result r;
    ll_error e = { 0 };
    atomic_int asked = 0;
    assert_ok(ll_theory_resolve(&t, "test", err));
    assert_int_equal(ll_theory_run(&r, &t, &(ll_theory_watch) { .stop = now, .ctx = &asked }, &e), LL_ESTOP);
    assert_true(!r.run && !r.point && atomic_load(&asked) < 100);
    t = theory_of("manifold");
    snprintf(t.optimizer, sizeof t.optimizer, "sgd");
    t.lr = 1e9;
    assert_ok(ll_theory_resolve(&t, "test", err));
    assert_int_equal(ll_theory_run(&r, &t, &(ll_theory_watch) { 0 }, &e), LL_ENUM);
    assert_non_null(strstr(e.msg, "a lower lr may help"));
}

/* ---- the verb ---- */

static int files_here(void) {
    DIR *d = opendir(folder);
    int n = 0;
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d));) n += strncmp(e->d_name, "r.csv", 5) == 0;
    closedir(d);
    return n;
}

static void verb(void **state) {
    (void)state;
    char command[LL_PATH_MAX + 256];
    snprintf(command, sizeof command,
             "cd %s && timeout -s INT 1 %s theory run parity --steps 1e9 --out r.csv 2>.err", folder, LL_PROGRAM);
    assert_int_equal(system(command) >> 8 & 0xff, 124); /* timeout's word for it */
    assert_int_equal(files_here(), 0);
    assert_int_equal(runs("theory run lookup --seeds 3 --out r.csv --curves c.csv"), 0);
    assert_non_null(strstr(out, "theory says 0.5"));
    assert_int_equal(runs("fit r.csv --law power --x tokens --cluster seed --bootstrap 50"), 0);
    assert_int_equal(runs("theory list"), 0);
    assert_non_null(strstr(out, "parity"));
    static const struct {
        const char *arguments, *says;
    } bad[] = {
        { "theory run partiy", "did you mean 'parity'?" },
        { "theory run", "expected one theory" },
        { "theory run parity zipf", "expected one theory" },
        { "theory run parity --answers 4", "answers means nothing to parity" },
        { "theory run parity --bits 3 --subset 4", "subset is 4, expected at most the 3 bits" },
        { "theory run manifold --dimension 9 --space 4", "space is 4" },
        { "theory run parity --widths 0", "widths holds 0" },
        { "theory run lookup --samples 0", "samples holds 0" },
        { "theory run lookup --alpha 1e-9", "alpha is 1e-09" },
        { "theory run parity --optimizer lion", "expected adam or sgd" },
        { "theory run parity --schedule step", "step" },
        { "theory run parity --seeds -1", "seeds" },
        { "theory run absent.yaml", "absent.yaml" },
        { "theory list all", "unexpected word" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (runs(bad[i].arguments) != 2) fail_msg("%s: not refused: %s", bad[i].arguments, err_text);
        if (!strstr(err_text, bad[i].says) || strchr(err_text, '\n') != err_text + strlen(err_text) - 1)
            fail_msg("%s: %s", bad[i].arguments, err_text);
    }
}

/* An arm of a theory: its tables, its exponent, the same once more from the specs of the first. */
static void programme(void **state) {
    (void)state;
    static const char text[] =
        "schema: loglog.programme/1\nname: small\nexperiments:\n"
        " - name: e\n   question: q\n   arms:\n"
        "    - {name: a, theory: {kind: parity, tasks: 3, bits: 5, widths: [4, 8, 16], seeds: 3, batch: 64}}\n"
        "    - {name: b, theory: {kind: lookup, seeds: 3}}\n   quantities:\n"
        "    - {name: n, meaning: m, table: exponents, take: mean.alpha, where: arm = b, value: 0.5, source: s}\n"
        "    - {name: l, meaning: m, take: mean.loss, where: arm = a and width > 10}\n"
        "   figure: {panels: [{x: tokens, y: loss, by: arm}, {table: curves, x: step, y: loss, where: arm = a}]}\n";
    char path[LL_PATH_MAX], first[sizeof out];
    support_write(folder, "small.yaml", text, sizeof text - 1, path);
    assert_int_equal(runs("programme run small.yaml --minutes 0.02 --out one --quiet"), 0);
    snprintf(first, sizeof first, "%s", out);
    first[strcspn(first, "/")] = 0;
    assert_non_null(strstr(first, "0.5"));
    assert_int_equal(runs("programme run small.yaml --like one --out two --quiet"), 0);
    first[strlen(first) - strlen("one")] = 0;
    assert_memory_equal(first, out, strlen(first));
    assert_int_equal(runs("theory run one/b.yaml --quiet"), 0);
    assert_int_equal(runs("report --programme two/result.json --out p.html"), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zeta),      cmocka_unit_test(memorisation),
        cmocka_unit_test(draws),     cmocka_unit_test(lookup),
        cmocka_unit_test(linear),    cmocka_unit_test(parity_is_learned),
        cmocka_unit_test(manifold),  cmocka_unit_test(same_for_any_threads),
        cmocka_unit_test(stops),     cmocka_unit_test(verb),
        cmocka_unit_test(programme),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
