#include "support.h"

#include <math.h>
#include <string.h>

#include "forecast/belief/curve.h"
#include "forecast/belief/departure.h"
#include "forecast/belief/posterior_grid.h"
#include "forecast/belief/rehearsal.h"
#include "forecast/belief/split.h"
#include "planted.h"
#include "stat/dense.h"

static void cholesky_by_hand(void **state) {
    (void)state;
    double K[9] = { 4, 12, -16, 0, 37, -43, 0, 0, 98 }; /* L = [2; 6 1; -8 5 3] */
    assert_true(ll_dense_cholesky(K, 3));
    static const double L[6] = { 2, 6, -8, 1, 5, 3 };
    assert_close(K[0], L[0], 1e-14), assert_close(K[1], L[1], 1e-14), assert_close(K[2], L[2], 1e-14);
    assert_close(K[4], L[3], 1e-14), assert_close(K[5], L[4], 1e-14), assert_close(K[8], L[5], 1e-14);
    double b[3] = { 4 + 2 * 12 - 3 * 16, 12 + 2 * 37 - 3 * 43, -16 - 2 * 43 + 3 * 98 }; /* K (1, 2, 3) */
    ll_dense_forward(K, 3, b, 1);
    ll_dense_backward(K, 3, b);
    for (int i = 0; i < 3; i++) assert_close(b[i], i + 1, 1e-12);
    double flat[4] = { 1, 2, 0, 1 }, nan[1] = { NAN };
    assert_false(ll_dense_cholesky(flat, 2));
    assert_false(ll_dense_cholesky(nan, 1));
}

/* K = A A' of every size up to two dozen: the factor gives K back, and the solver the vector that was put in. */
static void cholesky_of_any_size(void **state) {
    (void)state;
    enum { MOST = 24 };
    for (int n = 1; n <= MOST; n++) {
        double K[MOST * MOST] = { 0 }, L[MOST * MOST], b[MOST] = { 0 }, A[MOST * MOST];
        ll_rng rng = ll_rng_at(11, LL_STREAM_NOISE, (uint64_t)n);
        for (int i = 0; i < n * n; i++) A[i] = ll_rng_normal(&rng) + 3 * (i % (n + 1) == 0);
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++)
                for (int k = 0; k < n; k++) K[j * n + i] += A[k * n + i] * A[k * n + j];
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++) b[i] += K[j * n + i] * (j + 1);
        memcpy(L, K, sizeof L);
        assert_true(ll_dense_cholesky(L, n));
        for (int i = 0; i < n; i++)
            for (int j = 0; j <= i; j++) {
                double sum = 0;
                for (int k = 0; k <= j; k++) sum += L[k * n + i] * L[k * n + j];
                assert_true(fabs(sum - K[j * n + i]) < 1e-12 * K[i * n + i] + 1e-12 * K[j * n + j]);
            }
        ll_dense_forward(L, n, b, 1);
        ll_dense_backward(L, n, b);
        for (int i = 0; i < n; i++) assert_close(b[i], i + 1, 1e-7);
    }
}

/* Several right sides at once are each one alone, to the bit. */
static void right_sides_at_once(void **state) {
    (void)state;
    enum { MOST = 529, SIDES = 11 };
    static double K[MOST * MOST], many[SIDES * MOST], alone[SIDES * MOST];
    for (int n = 1; n <= MOST; n += n < 20 ? 1 : n < 139 ? 17 : MOST - 139) {
        ll_rng rng = ll_rng_at(12, LL_STREAM_NOISE, (uint64_t)n);
        for (int i = 0; i < n * n; i++) K[i] = 0.1 * ll_rng_normal(&rng) + n * (i % (n + 1) == 0);
        assert_true(ll_dense_cholesky(K, n));
        for (int m = 2; m <= SIDES; m++) {
            for (int i = 0; i < m * n; i++) many[i] = alone[i] = ll_rng_normal(&rng);
            ll_dense_forward(K, n, many, m);
            for (int k = 0; k < m; k++) ll_dense_forward(K, n, alone + k * n, 1);
            for (int i = 0; i < m * n; i++) assert_true(many[i] == alone[i]);
        }
    }
}

static void mixture_values(void **state) {
    (void)state;
    ll_mixture one = { 1, (double[]) { 1 }, (double[]) { 2 }, (double[]) { 0.5 } };
    assert_close(ll_mixture_quantile(&one, 0.95), 2 + 0.5 * 1.6448536269514722, 1e-9);
    assert_close(ll_mixture_cdf(&one, 2), 0.5, 1e-12);
    ll_mixture two = { 2, (double[]) { 0.5, 0.5 }, (double[]) { -3, 3 }, (double[]) { 1, 1 } };
    assert_true(fabs(ll_mixture_quantile(&two, 0.5)) < 1e-9);
    assert_true(fabs(ll_mixture_mean(&two)) < 1e-15);
    assert_close(ll_mixture_sd(&two), sqrt(10), 1e-12);
    for (double q = 0.01; q < 1; q += 0.07)
        assert_close(ll_mixture_cdf(&two, ll_mixture_quantile(&two, q)), q, 1e-9);
    /* narrow peaks far apart, where a slope leads nowhere; a wide part beside a narrow one, far out in its tail */
    ll_mixture peaks = { 3, (double[]) { 0.3, 0.4, 0.3 }, (double[]) { -9, 0, 9 },
                         (double[]) { 1e-3, 1e-3, 1e-3 } };
    ll_mixture odd = { 2, (double[]) { 0.98, 0.02 }, (double[]) { 1, 1 }, (double[]) { 0.01, 0.1 } };
    for (double q = 0.001; q < 1; q += 0.0135) {
        assert_close(ll_mixture_cdf(&peaks, ll_mixture_quantile(&peaks, q)), q, 1e-9);
        assert_close(ll_mixture_cdf(&odd, ll_mixture_quantile(&odd, q)), q, 1e-12);
    }
}

static void gradients(void **state) {
    (void)state;
    static const char *const laws[] = { "chinchilla", "kaplan_nd", "power", "power_floor" };
    planted p;
    planted_make(&p, 4, 10, 5, 0.003, 3);
    p.data.x[LL_VAR_X] = p.C;
    for (size_t k = 0; k < sizeof laws / sizeof *laws; k++) {
        ll_curve c;
        const double lnx[LL_VAR_COUNT] = { log(2e9), log(3e10), log(3.6e20), log(3.6e20) };
        assert_ok(ll_curve_init(&c, ll_law_find(laws[k]), &p.data, p.C, NULL, &ll_prior_default, err));
        double theta[LL_LAW_MAX_PARAMS], g[LL_LAW_MAX_PARAMS];
        for (int j = 0; j < c.p; j++) theta[j] = c.centre[j] + (j % 2 ? 0.3 : -0.2); /* off the prior's middle */
        assert_true(isfinite(ll_curve_at(&c, theta, lnx, g)));
        for (int j = 0; j < c.p; j++) {
            double h = 1e-5, at = theta[j];
            theta[j] = at + h;
            double up = ll_curve_at(&c, theta, lnx, NULL);
            theta[j] = at - h;
            double down = ll_curve_at(&c, theta, lnx, NULL);
            theta[j] = at;
            assert_true(fabs((up - down) / (2 * h) - g[j]) < 1e-6);
        }
    }
}

/* Terms joined at q: their sum at 1, next to the larger one at 0.02, and equal terms keep their sum at any q. */
static void terms_are_joined(void **state) {
    (void)state;
    planted p;
    ll_curve c;
    planted_make(&p, 4, 10, 5, 0.003, 3);
    assert_ok(ll_curve_init(&c, ll_law_find("chinchilla"), &p.data, p.C, NULL, &ll_prior_default, err));
    assert_int_equal(c.p, 6);
    double theta[6] = { log(1.7), log(0.4), log(0.1), log(0.3), log(0.3), 0 };
    const double here[LL_VAR_COUNT] = { c.ref[1], c.ref[2] }; /* each coefficient is its term's size */
    assert_close(exp(ll_curve_at(&c, theta, here, NULL)), 1.7 + 0.4 + 0.1, 1e-12);
    theta[c.mixing] = log(0.02);
    assert_close(exp(ll_curve_at(&c, theta, here, NULL)), 1.7 + 2 * 0.4 * pow(0.5, 0.02), 1e-9);
    theta[2] = theta[1];
    for (double q = 0.05; q < 20; q *= 3) {
        theta[c.mixing] = log(q);
        assert_close(exp(ll_curve_at(&c, theta, here, NULL)), 1.7 + 0.8, 1e-9);
    }
    theta[c.mixing] = -12; /* no power overflows */
    theta[2] = log(0.1);
    assert_close(exp(ll_curve_at(&c, theta, here, NULL)), 1.7 + 0.8, 1e-3);
}

/* Places that are asked about together are each what it is alone, and so are a law's rows. */
static void together_as_alone(void **state) {
    (void)state;
    planted p;
    ll_posterior *post;
    static double room[LL_POSTERIOR_TOGETHER * LL_POSTERIOR_ROOM], one[LL_POSTERIOR_ROOM];
    ll_place x[LL_POSTERIOR_TOGETHER] = { 0 };
    ll_mixture all[LL_POSTERIOR_TOGETHER], m;
    planted_make(&p, 8, 10, 5, 0.003, 3);
    assert_ok(ll_posterior_new(&post, ll_law_find("chinchilla"), &p.data, NULL, NULL, 1, err));
    for (int l = 0; l < LL_POSTERIOR_TOGETHER; l++)
        x[l].x[LL_VAR_N] = 1e8 * (l + 1), x[l].x[LL_VAR_D] = 3e11 / (l + 2);
    for (int some = 1; some <= LL_POSTERIOR_TOGETHER; some++) {
        assert_ok(ll_posterior_predict_some(post, x, some, room, all, err));
        for (int l = 0; l < some; l++) {
            assert_ok(ll_posterior_predict(post, x[l].x, one, &m, err));
            assert_int_equal(all[l].n, m.n);
            for (int k = 0; k < m.n; k++) {
                assert_true(all[l].weight[k] == m.weight[k]);
                assert_true(all[l].mean[k] == m.mean[k]);
                assert_true(all[l].sd[k] == m.sd[k]);
            }
        }
    }
    x[2].x[LL_VAR_N] = -1;
    assert_true(ll_posterior_predict_some(post, x, 4, room, all, NULL) == LL_EINPUT);
    const ll_curve *c = &post->curve;
    double y[13], g[13 * LL_LAW_MAX_PARAMS], g1[LL_LAW_MAX_PARAMS];
    ll_curve_rows(c, post->lead, post->lnx, 13, y, g);
    for (int i = 0; i < 13; i++) {
        assert_true(ll_curve_at(c, post->lead, post->lnx + i * LL_VAR_COUNT, g1) == y[i]);
        for (int j = 0; j < c->p; j++) assert_true(g[j * 13 + i] == g1[j]);
    }
    ll_posterior_free(post);
}

static double median(const ll_fit_data *data, const ll_fit_opts *opts, double N, double D, double *sd) {
    ll_posterior *p;
    ll_mixture m;
    double room[LL_POSTERIOR_ROOM];
    const double x[LL_VAR_COUNT] = { N, D, 6 * N * D };
    assert_ok(ll_posterior_new(&p, ll_law_find("chinchilla"), data, NULL, opts, 1, err));
    assert_ok(ll_posterior_predict(p, x, room, &m, err));
    if (sd) *sd = 0.5 * (ll_mixture_quantile(&m, 0.84134) - ll_mixture_quantile(&m, 0.15866));
    double v = exp(ll_mixture_quantile(&m, 0.5));
    ll_posterior_free(p);
    return v;
}

static void on_the_surface(void **state) {
    (void)state;
    planted p;
    double near, far;
    planted_make(&p, 4, 10, 6, 1e-4, 2);
    assert_close(median(&p.data, NULL, 2e9, 2e10, &near), planted_loss(2e9, 2e10), 1e-3);
    assert_close(median(&p.data, NULL, 2e10, 4e11, &far), planted_loss(2e10, 4e11), 0.02);
    assert_true(far > 2 * near);
}

/* Above the bound a selection is used: the answer hardly moves, and nothing is slow. */
static void many_runs(void **state) {
    (void)state;
    planted p;
    planted_make(&p, 8, 3, 60, 0.003, 2); /* 480 */
    double all = median(&p.data, NULL, 2e9, 1e11, NULL);
    assert_close(all, planted_loss(2e9, 1e11), 0.01);
}

static void weights_and_held_parameters(void **state) {
    (void)state;
    planted p;
    double w[PLANTED_MAX];
    planted_make(&p, 4, 10, 6, 0.003, 2);
    double before = median(&p.data, NULL, 5e9, 1e11, NULL);
    int64_t n = p.n;
    for (int64_t i = 0; i < n; i++) w[i] = 1;
    p.N[n] = 1e9, p.D[n] = 2e10, p.C[n] = 1.2e20, p.L[n] = 50, w[n] = 0; /* nonsense of no weight */
    p.data.n = n + 1;
    p.data.weight = w;
    ll_fit_opts held = { .fixed = 1, .fixed_value = { 2.05 } };
    assert_close(median(&p.data, NULL, 5e9, 1e11, NULL), before, 0.02);
    double low = median(&(ll_fit_data) { n, { p.N, p.D, p.C }, p.L, NULL, NULL }, &held, 1e14, 1e15, NULL);
    assert_true(low > 2.0 && low < 2.1); /* nothing but the floor is left */
    for (int64_t i = 0; i <= n; i++) w[i] = 0;
    ll_posterior *q;
    ll_error err = { 0 };
    assert_int_equal(ll_posterior_new(&q, ll_law_find("chinchilla"), &p.data, NULL, NULL, 1, &err), LL_EINPUT);
    assert_null(q);
}

/* Few and odd runs: one run, all alike, one budget only. A wide answer, never a crash. */
static void odd_runs(void **state) {
    (void)state;
    planted p;
    double sd, wide;
    planted_make(&p, 1, 10, 5, 0.003, 2);
    double v = median(&p.data, NULL, 5e9, 1e11, &sd);
    assert_true(isfinite(v) && v > 0 && sd > 0.01);
    p.data.n = 1;
    v = median(&p.data, NULL, 5e9, 1e11, &wide);
    assert_true(isfinite(v) && v > 0 && wide > 0.01);
    planted_make(&p, 2, 10, 6, 0, 2);
    for (int64_t i = 0; i < p.n; i++) p.L[i] = 3;
    v = median(&p.data, NULL, 5e9, 1e11, &sd);
    assert_true(isfinite(v) && v > 1 && v < 3.1);
}

static void splits(void **state) {
    (void)state;
    planted p;
    ll_split s;
    planted_make(&p, 3, 10, 4, 0, 1);
    assert_ok(ll_split_new(&s, ll_law_find("chinchilla"), &p.data, 1e19, err));
    assert_int_equal(s.below.n, 8);
    assert_int_equal(s.n_above, 4);
    assert_int_equal(s.above[0], 8);
    for (int64_t i = 0; i < 8; i++) assert_true(s.below.loss[i] == p.L[i] && s.below.x[LL_VAR_D][i] == p.D[i]);
    assert_null(s.below.weight);
    ll_split_free(&s);
}

/* The same runs, so many decades of compute below where the prior's numbers were chosen: the drift alone grows, by
 * exp(drift_growth) a decade, and beyond the largest run alone. Above, nothing changes. */
static void small_runs_drift(void **state) {
    (void)state;
    static const double decades[] = { -3, 0, 4 };
    double room[3][LL_POSTERIOR_ROOM], largest = 0;
    ll_mixture m[3];
    planted p;
    planted_make(&p, 4, 10, 5, 0.003, 3);
    for (int64_t i = 0; i < p.data.n; i++) largest = fmax(largest, p.C[i]);
    for (int inside = 0; inside < 2; inside++) {
        const double N = sqrt(largest * (inside ? 0.5 : 100) / 6);
        const double x[LL_VAR_COUNT] = { [LL_VAR_N] = N, [LL_VAR_D] = N, [LL_VAR_C] = 6 * N * N };
        for (int k = 0; k < 3; k++) {
            ll_posterior *post;
            ll_prior prior = ll_prior_default;
            prior.known = largest * pow(10, decades[k]);
            prior.floor_growth = prior.bend = 0;
            assert_ok(ll_posterior_new(&post, ll_law_find("chinchilla"), &p.data, &prior, NULL, 1, err));
            assert_ok(ll_posterior_predict(post, x, room[k], &m[k], err));
            ll_posterior_free(post);
        }
        const double beyond = inside ? 0 : 2, drift = ll_prior_default.drift * beyond;
        const double more = drift * drift * (exp(2 * 4 * ll_prior_default.drift_growth) - 1);
        for (int i = 0; i < m[0].n; i++) {
            assert_true(m[0].mean[i] == m[1].mean[i] && m[1].mean[i] == m[2].mean[i]);
            assert_close(m[1].sd[i], m[0].sd[i], 1e-12);
            assert_close(m[2].sd[i] * m[2].sd[i], m[1].sd[i] * m[1].sd[i] + more, 1e-9);
        }
    }
}

/* Four decades below: what the bend takes off is summed over the decades of the way that lie below the known ones:
 * (16 - 4) / 2 after two, 16 / 2 after four, and no more of any way that leads further. */
static void small_runs_bend(void **state) {
    (void)state;
    static const double beyond[] = { -0.5, 2, 4, 6 }, taken[] = { 0, 6, 8, 8 };
    const double bend = 0.01;
    double room[LL_POSTERIOR_ROOM], largest = 0;
    planted p;
    planted_make(&p, 4, 10, 5, 0.003, 3);
    for (int64_t i = 0; i < p.data.n; i++) largest = fmax(largest, p.C[i]);
    for (int k = 0; k < 4; k++) {
        const double N = sqrt(largest * pow(10, beyond[k]) / 6);
        const double x[LL_VAR_COUNT] = { [LL_VAR_N] = N, [LL_VAR_D] = N, [LL_VAR_C] = 6 * N * N };
        double mean[2];
        for (int bent = 0; bent < 2; bent++) {
            ll_posterior *post;
            ll_mixture m;
            ll_prior prior = ll_prior_default;
            prior.known = largest * 1e4;
            prior.bend = bent ? bend : 0;
            assert_ok(ll_posterior_new(&post, ll_law_find("chinchilla"), &p.data, &prior, NULL, 1, err));
            assert_ok(ll_posterior_predict(post, x, room, &m, err));
            mean[bent] = ll_mixture_mean(&m);
            ll_posterior_free(post);
        }
        assert_close(mean[0] - mean[1], bend * taken[k], 1e-9);
    }
}

/* Below, the floor is believed to be further off: a run far beyond the others is foretold to lose less. */
static void small_runs_are_further_from_the_floor(void **state) {
    (void)state;
    static const double decades[] = { -3, 0, 4 };
    double room[LL_POSTERIOR_ROOM], mean[3], largest = 0;
    planted p;
    planted_make(&p, 3, 4, 5, 0.003, 3);
    for (int64_t i = 0; i < p.data.n; i++) largest = fmax(largest, p.C[i]);
    const double N = sqrt(1000 * largest / 6);
    const double x[LL_VAR_COUNT] = { [LL_VAR_N] = N, [LL_VAR_D] = N, [LL_VAR_C] = 6 * N * N };
    for (int k = 0; k < 3; k++) {
        ll_posterior *post;
        ll_mixture m;
        ll_prior prior = ll_prior_default;
        prior.known = largest * pow(10, decades[k]);
        assert_ok(ll_posterior_new(&post, ll_law_find("chinchilla"), &p.data, &prior, NULL, 1, err));
        assert_ok(ll_posterior_predict(post, x, room, &m, err));
        mean[k] = ll_mixture_mean(&m);
        ll_posterior_free(post);
    }
    assert_true(mean[0] == mean[1]);
    assert_true(mean[2] < mean[1] - 0.01);
}

/* Runs of ten rows each, whose noise of 1 % is a run's own by a planted share. */
static void share_of_clusters(void **state) {
    (void)state;
    static const double planted_share[] = { 0, 0.5, 0.95 };
    enum { RUNS = 24, ROWS = 10 };
    double found[3];
    for (int k = 0; k < 3; k++) {
        planted p;
        int64_t cluster[PLANTED_MAX];
        ll_posterior *post;
        ll_rng rng = ll_rng_at(5, LL_STREAM_NOISE, (uint64_t)k);
        planted_make(&p, RUNS / 4, 4, 4, 0, 3);
        p.n = RUNS * ROWS;
        for (int64_t r = RUNS - 1; r >= 0; r--) {
            const double N = p.N[r], D = p.D[r], own = sqrt(planted_share[k]) * 0.01 * ll_rng_normal(&rng);
            for (int64_t i = r * ROWS; i < (r + 1) * ROWS; i++) {
                p.N[i] = N, p.D[i] = D * pow(1.1, (double)(i - r * ROWS)), p.C[i] = 6 * N * p.D[i];
                cluster[i] = r;
                p.L[i] =
                    planted_loss(N, p.D[i]) * exp(own + sqrt(1 - planted_share[k]) * 0.01 * ll_rng_normal(&rng));
            }
        }
        p.data.n = p.n;
        p.data.cluster = cluster;
        ll_prior prior = ll_prior_default;
        prior.noise_growth = 0;
        assert_ok(ll_posterior_new(&post, ll_law_find("chinchilla"), &p.data, &prior, NULL, 1, err));
        found[k] = ll_posterior_share(post);
        ll_posterior_free(post);
    }
    assert_true(found[0] < 0.25 && found[1] > 0.3 && found[1] < 0.75 && found[2] > 0.85);
}

/* Where it is asked how noise grows towards small compute, the runs say it, and what is believed holds them back. */
static void noise_grows_as_the_runs_have_it(void **state) {
    (void)state;
    static const double planted_growth[] = { -0.2, 0.9 };
    for (int k = 0; k < 2; k++)
        for (int asked = 0; asked < 2; asked++) {
            planted p;
            ll_posterior *post;
            double found = 0;
            ll_prior prior = ll_prior_default;
            ll_rng rng = ll_rng_at(6, LL_STREAM_NOISE, (uint64_t)k);
            planted_make(&p, 8, 5, 8, 0, 3);
            for (int64_t i = 0; i < p.n; i++)
                p.L[i] *= exp(0.004 * exp(planted_growth[k] * log10(p.C[p.n - 1] / p.C[i])) * ll_rng_normal(&rng));
            prior.growth_step = asked ? 0.3 : 0;
            assert_ok(ll_posterior_new(&post, ll_law_find("chinchilla"), &p.data, &prior, NULL, 1, err));
            for (int i = 0; i < post->n_points; i++)
                found += post->weight[i] * post->factors[post->points[i]->factor].growth;
            ll_posterior_free(post);
            if (!asked) assert_close(found, prior.noise_growth, 1e-12);
            else if (k == 0) assert_true(found < prior.noise_growth - 0.15 && found > prior.noise_growth - 0.31);
            else assert_true(found > prior.noise_growth + 0.15 && found < prior.noise_growth + 0.31);
        }
}

/* A rehearsal is of runs that are not known yet: where each row above a cut is a later point of a run below, no cut
 * says anything. Told as runs of their own, the same rows do. */
static void known_runs_are_no_rehearsal(void **state) {
    (void)state;
    enum { SIZES = 6 };
    planted p;
    int64_t cluster[PLANTED_MAX];
    planted_make(&p, 6, 5, SIZES, 0.003, 3);
    for (int told = 0; told < 2; told++) {
        ll_posterior *post;
        for (int64_t i = 0; i < p.n; i++) cluster[i] = told ? i : i % SIZES;
        p.data.cluster = cluster;
        assert_ok(ll_posterior_new(&post, ll_law_find("chinchilla"), &p.data, NULL, NULL, 1, err));
        assert_ok(ll_rehearse(post, &p.data, NULL, 1, err));
        if (told) assert_true(fabs(post->prior.spread - ll_prior_default.spread) > 0.01);
        else assert_close(post->prior.spread, ll_prior_default.spread, 1e-12);
        ll_posterior_free(post);
    }
}

/* Matern 3/2 by its formula, with the C library's functions: of one place with itself, and with so many others that the
 * last eight are not whole. */
static void correlations(void **state) {
    enum { PLACES = 19 };
    (void)state;
    double places[PLACES][LL_VAR_COUNT] = { { 0 } }, alike[PLACES + 1];
    const ll_prior *a = &ll_prior_default;
    for (int i = 0; i < PLACES; i++) places[i][LL_VAR_N] = 14 + 0.3 * i, places[i][LL_VAR_D] = 20 - 0.5 * i;
    for (int n = 1; n <= PLACES; n++) {
        alike[n] = -7;
        ll_departure_correlations(a, places[0], places[0], n, alike);
        for (int i = 0; i < n; i++) {
            const double N = 0.3 * i, D = 0.5 * i;
            const double r = sqrt(3 * (a->length_ratio * N * N + D * D / a->length_ratio)) / (log(10) * a->length);
            assert_close(alike[i], (1 + r) * exp(-r), 1e-14);
            assert_true(alike[i] == ll_departure_correlation(a, places[0], places[i]));
        }
        assert_true(alike[n] == -7);
    }
}

/* What many knots say of some places is the sum over correlations, one by one, and the most alike of them. */
static void knots_are_heard(void **state) {
    enum { KNOTS = 21, PLACES = 19 };
    (void)state;
    double knots[KNOTS][LL_VAR_COUNT] = { { 0 } }, size[KNOTS], weight[KNOTS],
           places[PLACES][LL_VAR_COUNT] = { { 0 } };
    double sum[PLACES + 1], alike[KNOTS];
    int64_t nearest[PLACES + 1];
    const unsigned vars = 1u << LL_VAR_N | 1u << LL_VAR_D;
    const ll_knots all = { KNOTS, knots[0], size, weight };
    for (int i = 0; i < KNOTS; i++) {
        knots[i][LL_VAR_N] = 14 + 0.31 * i, knots[i][LL_VAR_D] = 20 + 0.2 * (i * i % 17);
        size[i] = 1 + 0.1 * i, weight[i] = i % 2 ? 3 : -2;
    }
    for (int i = 0; i < PLACES; i++) places[i][LL_VAR_N] = 12 + 0.7 * i, places[i][LL_VAR_D] = 23 - 0.1 * i;
    for (int m = 1; m <= PLACES; m++) {
        int far = 0;
        sum[m] = -7;
        ll_departure_hear(&ll_prior_default, vars, places[0], m, &all, 0.9, sum, nearest);
        for (int i = 0; i < m; i++) {
            double known = 0, most = 0.9;
            int64_t which = -1;
            ll_departure_correlations(&ll_prior_default, places[i], knots[0], KNOTS, alike);
            for (int k = 0; k < KNOTS; k++) {
                known += size[k] * alike[k] * weight[k];
                if (alike[k] > most) most = alike[k], which = k;
            }
            assert_close(sum[i], known, 1e-12);
            assert_true(nearest[i] == which);
            far += which < 0;
        }
        if (m == PLACES) assert_in_range(far, 1, PLACES - 1);
        assert_true(sum[m] == -7);
    }
}

/* The table of the valleys' bottoms against the search at each place, of N in so many of its unit. */
static void check_bottoms(double unit) {
    enum { PLACES = 500 };
    static double lnx[PLACES][LL_VAR_COUNT], known[PLACES], read[PLACES];
    static ll_bottoms bottoms;
    const ll_law *law = ll_law_find("chinchilla");
    double C[PLACES], lo = INFINITY, hi = -INFINITY, lean = 0, theta[LL_LAW_MAX_PARAMS], most = 0;
    double N[PLACES], D[PLACES], L[PLACES];
    for (int i = 0; i < PLACES; i++) {
        N[i] = exp(14 + 0.016 * i), D[i] = N[i] * exp(-2 + 8.0 * (i * 37 % PLACES) / PLACES);
        L[i] = 1.7 + 400 / pow(N[i], 0.34) + 400 / pow(D[i], 0.28);
        N[i] /= unit, C[i] = 6 * N[i] * D[i];
        lnx[i][LL_VAR_N] = log(N[i]), lnx[i][LL_VAR_D] = log(D[i]);
        lo = fmin(lo, log(N[i] * D[i])), hi = fmax(hi, log(N[i] * D[i]));
        lean += log(N[i] / D[i]) / PLACES;
    }
    const ll_fit_data data = { .n = PLACES, .x = { N, D }, .loss = L };
    ll_curve c;
    assert_ok(ll_curve_init(&c, law, &data, C, NULL, &ll_prior_default, err));
    memcpy(theta, c.centre, sizeof theta);
    ll_departure_excess(&c, theta, lnx[0], PLACES, known);
    ll_bottoms_look(&bottoms, &c, theta, lo, hi, lean);
    ll_bottoms_excess(&bottoms, lnx[0], PLACES, read);
    for (int i = 0; i < PLACES; i++) {
        assert_true(fabs(read[i] - known[i]) < 1e-6);
        most = fmax(most, known[i]);
    }
    assert_true(most > 0.05);
}

static void bottoms_are_those_of_the_valleys(void **state) {
    (void)state;
    check_bottoms(1);
    check_bottoms(1e9);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knots_are_heard),
        cmocka_unit_test(bottoms_are_those_of_the_valleys),
        cmocka_unit_test(cholesky_by_hand),
        cmocka_unit_test(cholesky_of_any_size),
        cmocka_unit_test(correlations),
        cmocka_unit_test(right_sides_at_once),
        cmocka_unit_test(mixture_values),
        cmocka_unit_test(together_as_alone),
        cmocka_unit_test(gradients),
        cmocka_unit_test(terms_are_joined),
        cmocka_unit_test(on_the_surface),
        cmocka_unit_test(many_runs),
        cmocka_unit_test(weights_and_held_parameters),
        cmocka_unit_test(odd_runs),
        cmocka_unit_test(splits),
        cmocka_unit_test(small_runs_drift),
        cmocka_unit_test(small_runs_bend),
        cmocka_unit_test(small_runs_are_further_from_the_floor),
        cmocka_unit_test(share_of_clusters),
        cmocka_unit_test(noise_grows_as_the_runs_have_it),
        cmocka_unit_test(known_runs_are_no_rehearsal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
