/* The critical batch: planted hyperbolas and a planted B_crit(L), their intervals, order and threads, and bad input. */
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "fit/approach/critical_batch.h"
#include "loglog/random.h"

enum { MAX = 40000 };

typedef struct sweep {
    int64_t n, run[MAX];
    double N[MAX], B[MAX], S[MAX], L[MAX];
    ll_critical_batch_data data;
} sweep;

static sweep plant;
static const ll_fit_opts none = { .n_boot = -1 };

/* L(S_min) = (Sc / S_min)^alpha_S at steps S = S_min (1 + B_crit / B); alpha_B 0: one B_crit for all losses. sd: of
 * ln S, of each run. */
static void make(sweep *p, int batches, int points, double B_star, double alpha_B, double sd, uint64_t seed) {
    ll_rng rng = ll_rng_at(seed, LL_STREAM_NOISE, 0);
    p->n = 0;
    for (int b = 0; b < batches; b++) {
        const double B = 1000 * pow(2, b), off = exp(sd * ll_rng_normal(&rng));
        for (int k = 0; k < points; k++) {
            const int64_t i = p->n++;
            const double least = 20 * pow(200, k / (points - 1.0)), L = pow(2e3 / least, 0.3) + 1;
            const double crit = alpha_B > 0 ? B_star * pow(L, -1 / alpha_B) : B_star;
            p->run[i] = 50 - 3 * b;
            p->N[i] = 1e6;
            p->B[i] = B;
            p->L[i] = L;
            p->S[i] = off * least * (1 + crit / B);
        }
    }
    p->data = (ll_critical_batch_data) { .n = p->n, .batch = p->B, .steps = p->S, .loss = p->L, .cluster = p->run };
}

static ll_critical_batch fitted(const ll_critical_batch_data *d, const ll_fit_opts *opts) {
    ll_critical_batch f;
    assert_ok(ll_critical_batch_run(&f, d, opts, err));
    return f;
}

static double S_min_at(double L) {
    return 2e3 * pow(L - 1, -1 / 0.3);
}

/* The points alone: exact ones, in any order, weighed or not. */
static void hyperbola(void **state) {
    (void)state;
    static const double crit[] = { 30, 1e3, 5e4 };
    for (int c = 0; c < 3; c++) {
        double b[6], s[6], w[6];
        for (int i = 0; i < 6; i++) {
            const double B = 100 * pow(4, (i * 5) % 6);
            b[i] = log(B);
            s[i] = log(700 * (1 + crit[c] / B));
            w[i] = 1 + i;
        }
        for (int k = 0; k < 2; k++) {
            ll_hyperbola h;
            assert_true(ll_hyperbola_fit(&h, &(ll_hyperbola_points) { 6, b, s, k ? w : NULL }));
            assert_close(exp(h.ln_s_min), 700, 1e-9);
            assert_close(exp(h.ln_b_crit), crit[c], 1e-9);
            assert_true(h.edge == (c == 0) && h.n == 6 && h.batches == 6 && h.rms < 1e-12);
            const double S = 2 * 700, E = 2 * 700 * crit[c]; /* at B = B_crit */
            assert_close(exp(ll_hyperbola_ln_steps(&h, h.ln_b_crit)), S, 1e-9);
            assert_close((S / 700 - 1) * (E / (700 * crit[c]) - 1), 1, 1e-12);
        }
    }
    double flat[3] = { 1, 1, 1 }, b[3] = { 1, 2, 3 }, two[3] = { 1, 1, 2 };
    ll_hyperbola h;
    assert_false(ll_hyperbola_fit(&h, &(ll_hyperbola_points) { 3, b, flat, NULL })); /* steps do not depend on B */
    assert_false(ll_hyperbola_fit(&h, &(ll_hyperbola_points) { 3, two, b, NULL }));
    assert_int_equal(h.batches, 2);
}

/* One hyperbola for every loss: B_crit is the same, S_min is that of the loss. */
static void planted(void **state) {
    (void)state;
    make(&plant, 7, 4000, 12e3, 0, 0, 1);
    ll_critical_batch_data d = plant.data;
    for (int64_t i = 0; i < plant.n; i++) plant.L[i] = pow(plant.L[i] - 1, 0.5); /* a power of S_min: straight */
    ll_critical_batch f = fitted(&d, &none);
    assert_int_equal(f.n_found, LL_CRITICAL_LOSSES);
    for (int64_t l = 0; l < f.n_losses; l++) {
        assert_close(f.loss[l].B_crit.value, 12e3, 1e-6);
        assert_close(f.loss[l].S_min.value, 2e3 * pow(f.loss[l].loss, -2 / 0.3), 1e-6);
        assert_close(f.loss[l].E_min.value, 12e3 * f.loss[l].S_min.value, 1e-6);
    }
    assert_true(fabs(f.alpha_B.value) > 1e5); /* a level line has no exponent */
    ll_critical_batch_clear(&f);
}

/* The curves are read between rows so close that ln S on ln L is straight. */
static void planted_power(void **state) {
    (void)state;
    make(&plant, 7, 4000, 2e6, 0.21, 0, 1);
    ll_critical_batch f = fitted(&plant.data, &none);
    assert_int_equal(f.n_found, LL_CRITICAL_LOSSES);
    assert_close(f.B_star.value, 2e6, 1e-5);
    assert_close(f.alpha_B.value, 0.21, 1e-5);
    assert_true(f.r2 > 1 - 1e-9 && isnan(f.alpha_B.se));
    for (int64_t l = 0; l < f.n_losses; l++) {
        const double L = f.loss[l].loss;
        assert_close(f.loss[l].S_min.value, S_min_at(L), 1e-5);
        assert_close(f.loss[l].B_crit.value, ll_critical_batch_at(2e6, 0.21, L), 1e-5);
        if (l) assert_true(L < f.loss[l - 1].loss);
    }
    ll_critical_batch_clear(&f);
}

/* Two sizes of other speed share one B_crit(L): apart they give it, taken for one they do not. */
static void sizes(void **state) {
    (void)state;
    make(&plant, 6, 400, 2e6, 0.21, 0, 1);
    const int64_t n = plant.n;
    for (int64_t i = 0; i < n; i++) {
        plant.N[n + i] = 4e6;
        plant.B[n + i] = plant.B[i];
        plant.L[n + i] = plant.L[i];
        plant.S[n + i] = plant.S[i] / 3;
        plant.run[n + i] = 1000 + plant.run[i];
    }
    plant.data.n = 2 * n;
    plant.data.params = plant.N;
    ll_critical_batch f = fitted(&plant.data, &none);
    assert_int_equal(f.n_sizes, 2);
    assert_int_equal(f.n_losses, 2 * LL_CRITICAL_LOSSES);
    assert_close(f.alpha_B.value, 0.21, 1e-3);
    assert_close(f.B_star.value, 2e6, 1e-2);
    for (int64_t l = 0; l < LL_CRITICAL_LOSSES; l++)
        assert_close(f.loss[l].S_min.value, 3 * f.loss[l + LL_CRITICAL_LOSSES].S_min.value, 1e-6);
    ll_critical_batch_clear(&f);
}

/* Runs that differ by 3 % in steps: both truths lie in nine intervals of ten, or nearly. */
static void covers(void **state) {
    (void)state;
    enum { WORLDS = 60 };
    int alpha = 0, star = 0, crit = 0;
    for (int k = 0; k < WORLDS; k++) {
        make(&plant, 8, 60, 2e6, 0.21, 0.03, 100 + (uint64_t)k);
        ll_critical_batch f = fitted(&plant.data, &(ll_fit_opts) { .n_boot = 200, .level = 0.9 });
        const double B = ll_critical_batch_at(2e6, 0.21, f.loss[6].loss);
        alpha += f.alpha_B.lo <= 0.21 && 0.21 <= f.alpha_B.hi;
        star += f.B_star.lo <= 2e6 && 2e6 <= f.B_star.hi;
        crit += f.loss[6].B_crit.lo <= B && B <= f.loss[6].B_crit.hi;
        ll_critical_batch_clear(&f);
    }
    printf("covered: alpha_B %d, B_star %d, B_crit %d of %d\n", alpha, star, crit, WORLDS);
    assert_true(alpha >= 47 && star >= 47 && crit >= 47);
}

/* Neither the order of the rows nor the number of threads changes a bit; the seed does. */
static void order_threads_seed(void **state) {
    (void)state;
    static sweep turned;
    make(&plant, 6, 60, 2e6, 0.21, 0.03, 5);
    turned.n = plant.n;
    for (int64_t i = 0; i < plant.n; i++) {
        const int64_t from = (i * 7) % plant.n;
        turned.run[i] = plant.run[from], turned.B[i] = plant.B[from], turned.S[i] = plant.S[from];
        turned.L[i] = plant.L[from];
    }
    turned.data = (ll_critical_batch_data) {
        .n = turned.n, .batch = turned.B, .steps = turned.S, .loss = turned.L, .cluster = turned.run
    };
    for (int how = LL_RESAMPLE_CLUSTER; how <= LL_RESAMPLE_WILD; how++) {
        const ll_resample r = (ll_resample)how;
        ll_critical_batch f = fitted(&plant.data, &(ll_fit_opts) { .resample = r, .n_boot = 100, .threads = 1 });
        ll_critical_batch g = fitted(&turned.data, &(ll_fit_opts) { .resample = r, .n_boot = 100, .threads = 3 });
        ll_critical_batch h = fitted(&plant.data, &(ll_fit_opts) { .resample = r, .n_boot = 100, .seed = 2 });
        assert_memory_equal(&f.alpha_B, &g.alpha_B, sizeof f.alpha_B);
        assert_memory_equal(&f.loss[3].B_crit, &g.loss[3].B_crit, sizeof f.alpha_B);
        assert_true(f.alpha_B.value == h.alpha_B.value && f.alpha_B.se != h.alpha_B.se);
        ll_critical_batch_clear(&f);
        ll_critical_batch_clear(&g);
        ll_critical_batch_clear(&h);
    }
}

static void refused(const ll_critical_batch_data *d, const ll_fit_opts *opts, const char *words) {
    ll_critical_batch f;
    ll_error err = { 0 };
    assert_int_equal(ll_critical_batch_run(&f, d, opts, &err), LL_EINPUT);
    if (!strstr(err.msg, words)) fail_msg("'%s', expected '%s'", err.msg, words);
    assert_null(f.loss);
}

static void bad_input(void **state) {
    (void)state;
    make(&plant, 2, 30, 2e6, 0.21, 0, 1);
    refused(&plant.data, &none, "no three");
    make(&plant, 5, 30, 2e6, 0.21, 0, 1);
    ll_critical_batch_data d = plant.data;
    refused(&d, &(ll_fit_opts) { .resample = LL_RESAMPLE_CASE }, "wild or cluster");
    d.cluster = NULL;
    refused(&d, &none, "--cluster");
    d = plant.data;
    d.n = 0;
    refused(&d, &none, "0 learning curves");
    d.n = plant.n;
    plant.B[4] *= 2;
    refused(&d, &none, "one learning curve holds batches");
    plant.B[4] = NAN;
    refused(&d, &none, "row 5");
    make(&plant, 5, 30, 2e6, 0.21, 0, 1);
    for (int64_t i = 0; i < plant.n; i++) plant.S[i] = S_min_at(plant.L[i]); /* no batch is too small */
    refused(&d, &none, "have a critical batch");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hyperbola), cmocka_unit_test(planted), cmocka_unit_test(planted_power),
        cmocka_unit_test(sizes),     cmocka_unit_test(covers),  cmocka_unit_test(order_threads_seed),
        cmocka_unit_test(bad_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
