#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/source.h"
#include "loglog/random.h"
#include "loglog/units.h"

/* A chain of two states: pi = (0.8, 0.2), h = 0.8 H(0.1) + 0.2 H(0.4). */
static const double two_state[] = { 0.9, 0.1, 0.4, 0.6 };

static void markov_golden(void **state) {
    (void)state;
    ll_source *s;
    assert_ok(ll_source_markov_rows(&s, 2, 1, two_state, err));
    assert_true(fabs(ll_source_entropy(s) - 0.39466871) < 5e-9);
    assert_true(fabs(ll_source_entropy(s) / LL_LN2 - 0.56938659) < 5e-9);
    assert_close(ll_source_context_entropy(s, 1), ll_source_entropy(s), 1e-15);
    assert_close(ll_source_context_entropy(s, 0), -0.8 * log(0.8) - 0.2 * log(0.2), 1e-12);
    assert_true(isnan(ll_source_context_entropy(s, 2)) && isnan(ll_source_context_entropy(s, -1)));
    assert_true(ll_source_entropy_error(s) == 0);
    ll_source_free(s);
}

/* E[H] = psi(V a + 1) - psi(a + 1) over Dirichlet rows; an order-0 chain is one row. */
static void dirichlet_rows(void **state) {
    (void)state;
    static const struct {
        int64_t V;
        double a, mean;
        int draws;
    } golden[] = { { 2, 1, 0.5, 20000 },
                   { 16, 0.1, 1.17480239, 20000 },
                   { 64, 0.05, 1.80918388, 5000 },
                   { 256, 0.01, 1.68367129, 3000 },
                   { 256, 1, 5.12434496, 500 } };
    for (size_t g = 0; g < sizeof golden / sizeof *golden; g++) {
        double sum = 0, square = 0, n = golden[g].draws;
        for (int i = 0; i < golden[g].draws; i++) {
            ll_source *s;
            assert_ok(ll_source_markov(&s, golden[g].V, 0, golden[g].a, (uint64_t)i, err));
            double h = ll_source_entropy(s);
            sum += h;
            square += h * h;
            ll_source_free(s);
        }
        double mean = sum / n, se = sqrt((square / n - mean * mean) / n);
        if (fabs(mean - golden[g].mean) > 4 * se)
            fail_msg("V %d a %g: mean %.8f +- %.8f, expected %.8f", (int)golden[g].V, golden[g].a, mean, se,
                     golden[g].mean);
    }
}

static void hmm_golden(void **state) {
    (void)state;
    static const struct {
        int64_t n;
        double lo, hi;
    } golden[] = { { 4, 0.52919152, 0.53232076 }, { 8, 0.53136110, 0.53136544 }, { 12, 0.53136406, 0.53136406 } };
    ll_source *s;
    assert_ok(ll_source_hmm_flip(&s, 2, 2, 0.1, err));
    for (size_t g = 0; g < 3; g++) {
        double lo, hi;
        assert_ok(ll_source_bounds(s, golden[g].n, &lo, &hi, err));
        assert_true(fabs(lo - golden[g].lo) < 6e-9);
        assert_true(fabs(hi - golden[g].hi) < 6e-9);
    }
    assert_true(fabs(ll_source_entropy(s) - 0.53136406) < 6e-9);
    assert_true(ll_source_entropy_error(s) <= 0.5e-9);
    double lo, hi;
    assert_int_equal(ll_source_bounds(s, 25, &lo, &hi, NULL), LL_EINPUT);
    assert_int_equal(ll_source_bounds(s, 0, &lo, &hi, NULL), LL_EINPUT);
    assert_true(isnan(ll_source_context_entropy(s, 0)));
    ll_source_free(s);
}

/* An HMM that shows its state is the Markov chain itself; its bounds meet at n = 2. */
static void hmm_that_hides_nothing(void **state) {
    (void)state;
    static const double shown[] = { 1, 0, 0, 1 };
    ll_source *s;
    double lo, hi;
    assert_ok(ll_source_hmm(&s, 2, 2, two_state, shown, err));
    assert_ok(ll_source_bounds(s, 2, &lo, &hi, err));
    assert_true(fabs(lo - 0.39466871) < 5e-9 && fabs(hi - 0.39466871) < 5e-9);
    ll_source_free(s);
}

/* More context never hurts; the whole context is the entropy; an i.i.d. source gains nothing. */
static void context_gains(void **state) {
    (void)state;
    ll_source *s;
    assert_ok(ll_source_markov(&s, 5, 4, 0.3, 11, err));
    for (int64_t j = 1; j <= 4; j++)
        assert_true(ll_source_context_entropy(s, j) < ll_source_context_entropy(s, j - 1));
    assert_true(ll_source_context_entropy(s, 0) <= log(5));
    assert_close(ll_source_context_entropy(s, 4), ll_source_entropy(s), 1e-15);
    ll_source_free(s);
    double same[27];
    for (int i = 0; i < 27; i++) same[i] = (double[]) { 0.5, 0.3, 0.2 }[i % 3];
    assert_ok(ll_source_markov_rows(&s, 3, 2, same, err));
    for (int64_t j = 0; j <= 2; j++)
        assert_close(ll_source_context_entropy(s, j), -0.5 * log(0.5) - 0.3 * log(0.3) - 0.2 * log(0.2), 1e-12);
    ll_source_free(s);
}

/* The stream follows the rows: counts of order 2 against the rows, and the mean surprise against the entropy rate.
 */
static void stream_follows_the_rows(void **state) {
    (void)state;
    enum { V = 3, N = 400000 };
    static double rows[V * V * V];
    static uint16_t x[N];
    ll_rng r = ll_rng_at(5, LL_STREAM_NOISE, 0);
    for (int c = 0; c < V * V; c++) {
        double sum = 0;
        for (int j = 0; j < V; j++) sum += rows[c * V + j] = 0.05 + ll_rng_uniform(&r);
        for (int j = 0; j < V; j++) rows[c * V + j] /= sum;
    }
    rows[0] = 0, rows[1] = 0.25, rows[2] = 0.75; /* a symbol that never comes */
    ll_source *s;
    assert_ok(ll_source_markov_rows(&s, V, 2, rows, err));
    ll_source_fill(s, 42, 0, x, N);
    int64_t count[V * V][V] = { { 0 } };
    double sum = 0, square = 0;
    for (int t = 2; t < N; t++) {
        int c = x[t - 2] * V + x[t - 1];
        count[c][x[t]]++;
        double surprise = -log(rows[c * V + x[t]]);
        sum += surprise;
        square += surprise * surprise;
    }
    assert_int_equal(count[0][0], 0);
    for (int c = 0; c < V * V; c++) {
        double n = (double)(count[c][0] + count[c][1] + count[c][2]);
        for (int j = 0; j < V; j++) {
            double p = rows[c * V + j], se = sqrt(p * (1 - p) / n);
            assert_true(fabs((double)count[c][j] / n - p) <= 5 * se);
        }
    }
    double n = N - 2, mean = sum / n;
    assert_true(fabs(mean - ll_source_entropy(s)) < 6 * sqrt((square / n - mean * mean) / n));
    ll_source_free(s);
}

/* The mean surprise of an HMM's stream under its own forward recursion is its entropy rate. */
static void hmm_stream(void **state) {
    (void)state;
    enum { N = 200000 };
    static const double T[] = { 0.8, 0.2, 0.3, 0.7 }, E[] = { 0.7, 0.2, 0.1, 0.1, 0.1, 0.8 };
    static uint16_t x[N];
    ll_source *s;
    assert_ok(ll_source_hmm(&s, 2, 3, T, E, err));
    ll_source_fill(s, 3, 0, x, N);
    double f[2] = { 0.6, 0.4 }, sum = 0, square = 0; /* 0.6 x 0.2 = 0.4 x 0.3 */
    for (int t = 0; t < N; t++) {
        double g[2] = { f[0] * E[x[t]], f[1] * E[3 + x[t]] }, p = g[0] + g[1];
        sum -= log(p);
        square += log(p) * log(p);
        for (int i = 0; i < 2; i++) f[i] = (g[0] * T[i] + g[1] * T[2 + i]) / p;
    }
    double mean = sum / N, se = sqrt((square / N - mean * mean) / N);
    assert_true(fabs(mean - ll_source_entropy(s)) < 6 * se + ll_source_entropy_error(s));
    ll_source_free(s);
}

static void streams(void **state) {
    (void)state;
    enum { N = 3 << 20 };
    uint16_t *whole = malloc(N * sizeof *whole), *parts = malloc(N * sizeof *parts);
    ll_source *s, *other;
    assert_ok(ll_source_markov(&s, 16, 1, 0.1, 1, err));
    assert_ok(ll_source_markov(&other, 16, 1, 0.1, 1, err));
    ll_source_fill(s, 7, 0, whole, N);
    ll_source_stream at = ll_source_start(other, 7, 0);
    for (int64_t done = 0, k = 1; done < N; done += k, k = k * 3 + 1) {
        if (k > N - done) k = N - done;
        ll_source_next(&at, parts + done, k);
    }
    assert_memory_equal(whole, parts, N * sizeof *whole); /* same seed, same source, any cut */
    for (int64_t i = 0; i < N; i++) assert_true(whole[i] < 16);
    ll_source_fill(s, 7, 1, parts, N);
    assert_true(memcmp(whole, parts, 4096) != 0);
    ll_source_fill(s, 8, 0, parts, N);
    assert_true(memcmp(whole, parts, 4096) != 0);
    ll_source_free(s);
    ll_source_free(other);
    free(whole);
    free(parts);
}

static void awkward_chains(void **state) {
    (void)state;
    static const double swing[] = { 0, 1, 1, 0 }, one[] = { 1 };
    ll_source *s;
    uint16_t x[100];
    assert_ok(ll_source_markov_rows(&s, 2, 1, swing, err)); /* periodic: no noise at all */
    assert_true(ll_source_entropy(s) == 0);
    assert_close(ll_source_context_entropy(s, 0), LL_LN2, 1e-12);
    ll_source_fill(s, 1, 0, x, 100);
    for (int t = 1; t < 100; t++) assert_int_equal(x[t], 1 - x[t - 1]);
    ll_source_free(s);
    assert_ok(ll_source_markov_rows(&s, 1, 3, one, err)); /* one symbol */
    assert_true(ll_source_entropy(s) == 0);
    ll_source_fill(s, 1, 0, x, 100);
    assert_int_equal(x[99], 0);
    ll_source_free(s);
    assert_ok(ll_source_hmm(&s, 1, 1, one, one, err));
    assert_true(ll_source_entropy(s) == 0);
    ll_source_free(s);
    assert_ok(ll_source_markov(&s, 4, 2, 1e-4, 1, err)); /* gammas underflow */
    assert_true(ll_source_entropy(s) >= 0 && ll_source_entropy(s) < 0.5);
    ll_source_free(s);
    assert_ok(ll_source_markov(&s, 8, 1, 1e6, 1, err)); /* all but uniform */
    assert_true(fabs(ll_source_entropy(s) - log(8)) < 1e-5);
    ll_source_free(s);
    assert_ok(ll_source_markov(&s, 65536, 0, 1, 1, err));
    assert_int_equal(ll_source_vocab(s), 65536);
    ll_source_free(s);
    ll_source_free(NULL);
}

static void refusals(void **state) {
    (void)state;
    static const double short_row[] = { 0.5, 0.4, 0.5, 0.5 }, negative[] = { 1.5, -0.5, 0.5, 0.5 },
                        nan_row[] = { NAN, 1, 0.5, 0.5 };
    ll_source *s;
    assert_int_equal(ll_source_markov_rows(&s, 2, 1, short_row, NULL), LL_EINPUT);
    assert_null(s);
    assert_int_equal(ll_source_markov_rows(&s, 2, 1, negative, NULL), LL_EINPUT);
    assert_int_equal(ll_source_markov_rows(&s, 2, 1, nan_row, NULL), LL_EINPUT);
    assert_int_equal(ll_source_hmm(&s, 2, 2, negative, two_state, NULL), LL_EINPUT);
    assert_int_equal(ll_source_hmm_flip(&s, 2, 2, 1.5, NULL), LL_EINPUT);
    assert_int_equal(ll_source_hmm_flip(&s, 1024, 65536, 0.1, NULL), LL_EINPUT);
    assert_int_equal(ll_source_hmm(&s, 0, 2, two_state, two_state, NULL), LL_EINPUT);
    assert_int_equal(ll_source_hmm(&s, INT64_MAX, 2, two_state, two_state, NULL), LL_EINPUT);
    static const struct {
        int64_t V, k;
        double a;
    } bad[] = { { 0, 1, 1 },  { -1, 1, 1 },    { 65537, 0, 1 }, { 2, -1, 1 },         { 2, 27, 1 },
                { 2, 26, 1 }, { 65536, 1, 1 }, { 2, 1, 0 },     { INT64_MAX, 26, 1 }, { 2, 1, NAN } };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(ll_source_markov(&s, bad[i].V, bad[i].k, bad[i].a, 1, NULL), LL_EINPUT);
        assert_null(s);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(markov_golden),  cmocka_unit_test(dirichlet_rows),
        cmocka_unit_test(hmm_golden),     cmocka_unit_test(hmm_that_hides_nothing),
        cmocka_unit_test(context_gains),  cmocka_unit_test(stream_follows_the_rows),
        cmocka_unit_test(hmm_stream),     cmocka_unit_test(streams),
        cmocka_unit_test(awkward_chains), cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
