#include "support.h"

#include <math.h>
#include <string.h>

#include "fit/approach/frontier.h"
#include "fit/bend.h"
#include "fit/solve/polish.h"
#include "fit/solve/problem.h"
#include "law/published.h"
#include "loglog/fit.h"
#include "loglog/random.h"
#include "planted.h"
#include "runs.h"

enum { E, A, B, ALPHA, BETA };

static runs table;
static planted plant;

static ll_fit_data chinchilla_runs(bool kept) {
    static const char *const names[] = { "N_params", "D_tokens", "loss_nats", "kept_in_fit", NULL };
    char path[LL_PATH_MAX];
    support_data("runs/chinchilla_figure4.csv", path);
    assert_true(runs_read(&table, path, names));
    if (kept) runs_keep(&table, 3, 1);
    assert_int_equal(table.n, kept ? 240 : 245);
    return (ll_fit_data) { .n = table.n, .x = { table.v[0], table.v[1] }, .loss = table.v[2] };
}

static ll_fit fitted(const char *law, const ll_fit_data *data, const ll_fit_opts *opts) {
    ll_fit fit;
    assert_ok(ll_fit_run(&fit, ll_law_find(law), data, opts, err));
    return fit;
}

/* ---- the solver's own derivatives ---- */

static void check_derivatives(const ll_problem *q, const double *theta) {
    double g[P_MAX], H[P_MAX * P_MAX], up[P_MAX], down[P_MAX], unused[P_MAX * P_MAX], t[P_MAX];
    double g_off = 0, g_norm = 0, H_off = 0, H_norm = 0;
    memcpy(t, theta, sizeof t);
    ll_problem_eval(q, theta, g, H);
    for (int j = 0; j < q->p; j++) {
        double h = 2e-6;
        t[j] = theta[j] + h;
        double Fu = ll_problem_eval(q, t, up, unused);
        t[j] = theta[j] - h;
        double Fd = ll_problem_eval(q, t, down, unused);
        t[j] = theta[j];
        g_off = fmax(g_off, fabs((Fu - Fd) / (2 * h) - g[j]));
        g_norm = fmax(g_norm, fabs(g[j]));
        for (int k = 0; k < q->p; k++) {
            H_off = fmax(H_off, fabs((up[k] - down[k]) / (2 * h) - H[j * q->p + k]));
            H_norm = fmax(H_norm, fabs(H[j * q->p + k]));
        }
    }
    assert_true(g_off < 1e-7 * g_norm);
    assert_true(H_off < 1e-5 * H_norm);
}

static void derivatives(void **state) {
    (void)state;
    static const char *const ids[] = { "hoffmann2022", "kaplan2020" };
    static const ll_objective smooth[] = { LL_OBJ_HUBER_LOG, LL_OBJ_LS_LOG, LL_OBJ_LS }; /* lad has corners */
    planted_make(&plant, 4, 10, 5, 0.05, 3);
    for (int l = 0; l < 2; l++)
        for (int o = 0; o < 3; o++) {
            const ll_published *p = ll_published_find(ids[l]);
            ll_fit_opts opts, in = { .objective = smooth[o], .delta = 0.03 };
            ll_rows rows;
            ll_problem q;
            double theta[P_MAX] = { 0 };
            assert_ok(ll_fit_opts_resolve(&in, &opts, err));
            assert_ok(ll_rows_new(&rows, plant.n, err));
            ll_rows_fill(&rows, p->law, &plant.data, smooth[o] != LL_OBJ_LS);
            ll_problem_init(&q, p->law, &opts, &rows);
            ll_problem_theta(&q, p->params, theta);
            check_derivatives(&q, theta);
            ll_rows_free(&rows);
        }
}

/* ---- published fits ---- */

static void objective_values(void **state) {
    (void)state;
    static const double rounded[5] = { 1.69, 406.4, 410.7, 0.34, 0.28 };
    const struct {
        const double *p;
        double n240, n245;
    } golden[] = {
        { rounded, 0.0041210091, 0.0050179835 },
        { ll_published_find("hoffmann2022")->params, 0.0012311626, 0.0023233509 },
        { ll_published_find("besiroglu2024")->params, 0.0010186447, 0.0019308999 },
        { (double[]) { exp(.59731639), exp(6.16927953), exp(7.67036499), .34731266, .36718262 }, 0.0010182740,
          0.0019272379 },
    };
    const ll_law *law = ll_law_find("chinchilla");
    for (int all = 0; all < 2; all++) {
        ll_fit_data data = chinchilla_runs(!all);
        for (size_t i = 0; i < sizeof golden / sizeof *golden; i++)
            assert_true(fabs(ll_fit_objective(law, &data, NULL, golden[i].p) -
                             (all ? golden[i].n245 : golden[i].n240)) < 6e-11);
    }
}

static void reference_fit(void **state) {
    (void)state;
    ll_fit_data data = chinchilla_runs(true);
    ll_fit fit = fitted("chinchilla", &data, &(ll_fit_opts) { .n_boot = -1 });
    assert_true(fit.objective <= 0.0010182740179);
    assert_int_equal(fit.stop, LL_FIT_CONVERGED);
    assert_true(fit.starts >= 4500);
    assert_close(fit.params[A].value, 477.826, 2e-6);
    assert_close(fit.params[B].value, 2143.42, 3e-6);
    assert_close(fit.params[E].value, 1.81722, 3e-6);
    assert_close(fit.params[ALPHA].value, .34731, 2e-5);
    assert_close(fit.params[BETA].value, .367172, 2e-6);
    assert_true(isnan(fit.params[E].se) && fit.n_draws == 0 && !fit.influence);
    ll_fit_clear(&fit);
}

/* The reference's 0.0019272379 is the 240-run optimum seen on 245; the optimum of 245 is lower (Besiroglu et al.
 * 2024, Table 3: E 1.89, alpha .345, beta .452, within their rounding and draws). */
static void with_outliers(void **state) {
    (void)state;
    ll_fit_data data = chinchilla_runs(false);
    ll_fit fit = fitted("chinchilla", &data, &(ll_fit_opts) { .n_boot = -1 });
    assert_true(fit.objective < 0.0019272379);
    assert_true(fabs(fit.params[E].value - 1.89) < 0.01 && fabs(fit.params[BETA].value - .452) < 0.01);
    ll_fit_clear(&fit);
}

static void least_absolute_limit(void **state) {
    (void)state;
    static const double published[5] = { 1.81686, 482.005, 2085.43, .347813, .365854 };
    ll_fit_data data = chinchilla_runs(true);
    for (int lad = 0; lad < 2; lad++) {
        ll_fit_opts o = { .n_boot = -1, .delta = 1e-8, .objective = lad ? LL_OBJ_LAD_LOG : LL_OBJ_HUBER_LOG };
        ll_fit fit = fitted("chinchilla", &data, &o);
        for (int j = 0; j < 5; j++) assert_close(fit.params[j].value, published[j], 5e-6);
        ll_fit_clear(&fit);
    }
}

/* 4000 published case resamples: SE of E .0257, alpha .0154, beta .0206; with 1000 of ours about 3 % of chance. */
static void standard_errors(void **state) {
    (void)state;
    ll_fit_data data = chinchilla_runs(true);
    ll_fit fit = fitted("chinchilla", &data, NULL);
    assert_int_equal(fit.n_draws, 1000);
    assert_close(fit.params[E].se, .0257, 0.12);
    assert_close(fit.params[ALPHA].se, .0154, 0.12);
    assert_close(fit.params[BETA].se, .0206, 0.12);
    ll_frontier_estimate f = ll_fit_frontier(&fit);
    assert_close(f.a.value, .5139, 1e-4);
    assert_close(f.a.se, .020, 0.15);
    assert_int_equal(fit.weak, 1u << A | 1u << B);
    assert_true(fit.residual_sd > 0.003 && fit.residual_sd < 0.02);
    ll_fit_clear(&fit);
}

/* ---- planted truths ---- */

static void noiseless(void **state) {
    (void)state;
    planted_make(&plant, 5, 10, 5, 0, 1);
    for (int o = LL_OBJ_HUBER_LOG; o <= LL_OBJ_LS; o++) {
        ll_fit fit =
            fitted("chinchilla", &plant.data, &(ll_fit_opts) { .n_boot = -1, .objective = (ll_objective)o });
        for (int j = 0; j < 5; j++) assert_close(fit.params[j].value, planted_truth[j], 1e-6);
        ll_fit_clear(&fit);
    }
}

static void noiseless_other_laws(void **state) {
    (void)state;
    static const char *const ids[] = { "kaplan2020", "kaplan2020_n", "kaplan2020_cmin" };
    planted_make(&plant, 5, 10, 5, 0, 1);
    for (size_t k = 0; k < sizeof ids / sizeof *ids; k++) {
        const ll_published *p = ll_published_find(ids[k]);
        plant.data.x[LL_VAR_X] = plant.N;
        for (int64_t i = 0; i < plant.n; i++)
            plant.L[i] = p->law->eval(p->params, (double[]) { plant.N[i], plant.D[i], 0, plant.N[i] });
        ll_fit fit = fitted(p->law->name, &plant.data, &(ll_fit_opts) { .n_boot = -1 });
        for (int j = 0; j < p->law->n_params; j++) assert_close(fit.params[j].value, p->params[j], 1e-6);
        ll_fit_clear(&fit);
    }
    for (int64_t i = 0; i < plant.n; i++) plant.L[i] = 1.7 + 30 * pow(plant.N[i], -0.2);
    ll_fit fit = fitted("power_floor", &plant.data, &(ll_fit_opts) { .n_boot = -1 });
    assert_close(fit.params[0].value, 1.7, 1e-6);
    assert_close(fit.params[1].value, 30, 1e-6);
    assert_close(fit.params[2].value, 0.2, 1e-6);
    ll_fit_clear(&fit);
}

static void held_parameters(void **state) {
    (void)state;
    planted_make(&plant, 5, 10, 5, 0, 1);
    ll_fit_opts o = { .n_boot = -1, .fixed = 1u << E | 1u << BETA, .fixed_value = { [E] = 1.7, [BETA] = 0.37 } };
    ll_fit fit = fitted("chinchilla", &plant.data, &o);
    for (int j = 0; j < 5; j++) assert_close(fit.params[j].value, planted_truth[j], 1e-6);
    ll_fit_clear(&fit);
    o.fixed_value[E] = -1;
    ll_error err = { 0 };
    assert_int_equal(ll_fit_run(&fit, ll_law_find("chinchilla"), &plant.data, &o, &err), LL_EINPUT);
}

/* A weight of two is a row that stands twice; a weight of zero is a row that is not there. */
static void weights(void **state) {
    (void)state;
    static planted twice;
    double w[PLANTED_MAX];
    planted_make(&plant, 4, 10, 5, 0.01, 5);
    twice = plant;
    for (int64_t i = 0; i < plant.n; i++) w[i] = i % 3 == 0 ? 2 : i % 3 == 1 ? 0 : 1;
    twice.n = 0;
    for (int64_t i = 0; i < plant.n; i++)
        for (int k = 0; k < (int)w[i]; k++, twice.n++)
            twice.N[twice.n] = plant.N[i], twice.D[twice.n] = plant.D[i], twice.L[twice.n] = plant.L[i];
    twice.data = (ll_fit_data) { .n = twice.n, .x = { twice.N, twice.D }, .loss = twice.L };
    plant.data.weight = w;
    ll_fit a = fitted("chinchilla", &plant.data, &(ll_fit_opts) { .n_boot = -1 });
    ll_fit b = fitted("chinchilla", &twice.data, &(ll_fit_opts) { .n_boot = -1 });
    assert_close(a.objective, b.objective, 1e-10);
    for (int j = 0; j < 5; j++) assert_close(a.params[j].value, b.params[j].value, 1e-5);
    ll_fit_clear(&a);
    ll_fit_clear(&b);
}

/* ---- resampling ---- */

static void same_for_any_threads(void **state) {
    (void)state;
    int64_t cluster[PLANTED_MAX];
    planted_make(&plant, 4, 10, 5, 0.01, 5);
    for (int64_t i = 0; i < plant.n; i++) cluster[i] = 7 * (i / 2) - 3;
    for (int kind = LL_RESAMPLE_CASE; kind <= LL_RESAMPLE_RESIDUAL; kind++) {
        plant.data.cluster = kind == LL_RESAMPLE_RESIDUAL ? NULL : cluster;
        ll_fit_opts o = { .n_boot = 60, .resample = (ll_resample)kind, .n_starts = 400, .threads = 1 };
        ll_fit one = fitted("chinchilla", &plant.data, &o);
        o.threads = 3;
        ll_fit three = fitted("chinchilla", &plant.data, &o);
        assert_int_equal(one.n_draws, three.n_draws);
        assert_memory_equal(one.draws, three.draws, (size_t)one.n_draws * 5 * sizeof(double));
        assert_memory_equal(one.params, three.params, sizeof one.params);
        assert_memory_equal(one.influence, three.influence, (size_t)one.n * sizeof(double));
        o.seed = 2;
        ll_fit other = fitted("chinchilla", &plant.data, &o);
        assert_memory_not_equal(one.draws, other.draws, 5 * sizeof(double));
        ll_fit_clear(&one);
        ll_fit_clear(&three);
        ll_fit_clear(&other);
    }
}

/* A draw is the whole fit's optimum of its resample: warm starts lose nothing against the full grid. */
static void warm_starts_are_enough(void **state) {
    (void)state;
    ll_fit_data data = chinchilla_runs(true);
    ll_fit fit = fitted("chinchilla", &data, &(ll_fit_opts) { .n_boot = 20, .seed = 11 });
    double w[240];
    for (int64_t i = 0; i < fit.n_draws; i++) {
        ll_rng rng = ll_rng_at(11, LL_STREAM_BOOTSTRAP, (uint64_t)i);
        memset(w, 0, sizeof w);
        for (int k = 0; k < 240; k++) w[ll_rng_below(&rng, 240)]++;
        data.weight = w;
        ll_fit full = fitted("chinchilla", &data, &(ll_fit_opts) { .n_boot = -1 });
        double warm = ll_fit_objective(fit.law, &data, NULL, fit.draws + i * 5);
        assert_true(warm <= full.objective * (1 + 1e-7));
        ll_fit_clear(&full);
    }
    ll_fit_clear(&fit);
}

/* 40 planted ladders of 30 runs: the 90 % interval of alpha holds the truth as often as it says. The bounds are
 * three standard errors of a coverage of .90 from 40. */
static void intervals_cover(void **state) {
    (void)state;
    enum { WORLDS = 40 };
    for (int kind = LL_RESAMPLE_CASE; kind <= LL_RESAMPLE_WILD; kind += LL_RESAMPLE_WILD - LL_RESAMPLE_CASE) {
        int covered = 0;
        for (int i = 0; i < WORLDS; i++) {
            planted_make(&plant, 6, 10, 5, 0.005, 100 + (uint64_t)i);
            ll_fit_opts o = { .n_boot = 200, .n_starts = 144, .resample = (ll_resample)kind };
            ll_fit fit = fitted("chinchilla", &plant.data, &o);
            covered += fit.params[ALPHA].lo <= 0.35 && 0.35 <= fit.params[ALPHA].hi;
            ll_fit_clear(&fit);
        }
        print_message("%s: %d of %d intervals of 90 %% cover\n", kind == LL_RESAMPLE_CASE ? "case" : "wild",
                      covered, WORLDS);
        assert_in_range(covered, 30, WORLDS);
    }
}

/* Six runs a parameter, and more than twenty runs, are drawn as cases; of fewer it is the residuals; below ten,
 * signs. */
static void few_runs_are_resampled_otherwise(void **state) {
    (void)state;
    static const struct {
        int budgets, sizes;
        uint32_t fixed;
        ll_resample kind;
    } designs[] = { { 4, 2, 0, LL_RESAMPLE_WILD },        { 4, 3, 0, LL_RESAMPLE_RESIDUAL },
                    { 4, 5, 0x1e, LL_RESAMPLE_RESIDUAL }, { 7, 4, 0, LL_RESAMPLE_RESIDUAL },
                    { 7, 4, 1, LL_RESAMPLE_CASE },        { 6, 5, 0, LL_RESAMPLE_CASE } };
    for (size_t k = 0; k < sizeof designs / sizeof *designs; k++) {
        ll_fit_opts o = { .n_boot = 2, .n_starts = 16, .fixed = designs[k].fixed };
        memcpy(o.fixed_value, planted_truth, sizeof planted_truth);
        planted_make(&plant, designs[k].budgets, 10, designs[k].sizes, 0.005, 3);
        ll_fit fit = fitted("chinchilla", &plant.data, &o);
        assert_int_equal(fit.opts.resample, designs[k].kind);
        ll_fit_clear(&fit);
    }
}

/* Every row standing three times: cluster resampling sees through it, case resampling does not. */
static void clusters_count_once(void **state) {
    (void)state;
    int64_t cluster[PLANTED_MAX];
    planted_make(&plant, 5, 10, 6, 0.01, 9);
    int64_t n = plant.n;
    ll_fit once = fitted("chinchilla", &plant.data, &(ll_fit_opts) { .n_boot = 400 });
    for (int64_t i = 0; i < 3 * n; i++) {
        plant.N[i] = plant.N[i % n], plant.D[i] = plant.D[i % n], plant.L[i] = plant.L[i % n];
        cluster[i] = i % n;
    }
    plant.data.n = 3 * n;
    ll_fit naive = fitted("chinchilla", &plant.data, &(ll_fit_opts) { .n_boot = 400 });
    plant.data.cluster = cluster;
    ll_fit honest = fitted("chinchilla", &plant.data, &(ll_fit_opts) { .n_boot = 400 });
    assert_int_equal(honest.opts.resample, LL_RESAMPLE_CLUSTER);
    assert_close(honest.params[ALPHA].se, once.params[ALPHA].se, 0.25);
    assert_true(naive.params[ALPHA].se < 0.75 * once.params[ALPHA].se);
    ll_fit_clear(&once);
    ll_fit_clear(&naive);
    ll_fit_clear(&honest);
}

/* Six runs for five parameters: the intervals are wide, never a point. */
static void few_runs_are_not_certain(void **state) {
    (void)state;
    planted_make(&plant, 2, 100, 3, 0.01, 2);
    ll_fit fit = fitted("chinchilla", &plant.data, &(ll_fit_opts) { .n_boot = 100 });
    assert_int_equal(fit.opts.resample, LL_RESAMPLE_WILD);
    assert_true(fit.params[ALPHA].se > 1e-3 && fit.params[ALPHA].hi > fit.params[ALPHA].lo);
    assert_true(fit.n_warnings > 0);
    ll_fit_clear(&fit);
}

/* ---- diagnostics ---- */

static void bend_false_alarms(void **state) {
    (void)state;
    enum { WORLDS = 120 };
    int alarms = 0;
    for (int i = 0; i < WORLDS; i++) {
        planted_make(&plant, 4, 10, 5, 0.01, 1000 + (uint64_t)i);
        ll_fit fit = fitted("chinchilla", &plant.data, &(ll_fit_opts) { .n_boot = -1, .n_starts = 100 });
        alarms += ll_fit_bend_p(&fit, &plant.data, LL_VAR_C, 1) <= 0.1;
        ll_fit_clear(&fit);
    }
    print_message("%d of %d straight ladders called bent at the 10 %% level\n", alarms, WORLDS);
    assert_in_range(alarms, 2, 23); /* 12 expected; 3.3 standard errors */
}

static void bend_is_seen(void **state) {
    (void)state;
    planted_make(&plant, 6, 10, 5, 0.003, 4);
    for (int64_t i = 0; i < plant.n; i++) { /* the largest rungs undertrained by up to 6 % */
        double l = log10(plant.C[i] / 1e18);
        plant.L[i] *= 1 + 0.06 * pow(l / 5, 6);
    }
    ll_fit fit = fitted("chinchilla", &plant.data, &(ll_fit_opts) { .n_boot = -1, .objective = LL_OBJ_LS_LOG });
    assert_true(ll_fit_bend_p(&fit, &plant.data, LL_VAR_C, 1) < 0.05);
    ll_fit_clear(&fit);
}

/* Along several variables at once as along each alone. */
static void bends_together(void **state) {
    (void)state;
    double p[LL_VAR_COUNT];
    planted_make(&plant, 6, 10, 5, 0.01, 4);
    ll_fit fit = fitted("chinchilla", &plant.data, &(ll_fit_opts) { .n_boot = -1, .n_starts = 100 });
    ll_fit_bends(&fit, &plant.data, 1u << LL_VAR_N | 1u << LL_VAR_D | 1u << LL_VAR_C, 1, p);
    for (int v = 0; v < LL_VAR_COUNT; v++) {
        if (v > LL_VAR_C) assert_true(isnan(p[v]));
        else assert_true(p[v] > 0 && p[v] == ll_fit_bend_p(&fit, &plant.data, (ll_var)v, 1));
    }
    ll_fit_clear(&fit);
}

static void influence_names_the_culprit(void **state) {
    (void)state;
    enum { CULPRIT = 19 };
    planted_make(&plant, 4, 10, 5, 0.002, 8);
    plant.data.x[LL_VAR_X] = plant.C;
    for (int64_t i = 0; i < plant.n; i++)
        plant.L[i] *= pow(plant.C[i], -0.05) / plant.L[i] * (1 + 1e-3 * (double)(i % 3));
    plant.L[CULPRIT] *= 1.3; /* the largest C comes out too high: without it the line is steeper */
    ll_fit fit = fitted("power", &plant.data, &(ll_fit_opts) { .n_boot = 200, .objective = LL_OBJ_LS_LOG });
    for (int64_t i = 0; i < fit.n; i++)
        if (i != CULPRIT) assert_true(fabs(fit.influence[i]) < fit.influence[CULPRIT]);
    ll_fit_clear(&fit);
}

/* ---- awkward and hostile rows ---- */

static ll_status try_rows(int64_t n, double *N, double *D, double *L, ll_error *err) {
    ll_fit fit;
    ll_fit_data data = { .n = n, .x = { N, D }, .loss = L };
    ll_status s = ll_fit_run(&fit, ll_law_find("chinchilla"), &data, &(ll_fit_opts) { .n_boot = 20 }, err);
    if (s == LL_OK) {
        assert_true(isfinite(fit.objective) && fit.objective >= 0);
        for (int j = 0; j < 5; j++) assert_true(isfinite(fit.params[j].value));
        ll_fit_clear(&fit);
    } else {
        assert_null(fit.draws);
        assert_null(fit.residual);
    }
    return s;
}

static void refused_rows(void **state) {
    (void)state;
    static const double poison[] = { NAN, INFINITY, -INFINITY, 0, -1 };
    ll_error err = { 0 };
    planted_make(&plant, 4, 10, 5, 0.01, 1);
    assert_int_equal(try_rows(4, plant.N, plant.D, plant.L, &err), LL_EINPUT);
    assert_string_equal(err.msg, "4 runs cannot fix the 5 parameters of chinchilla");
    assert_int_equal(try_rows(0, plant.N, plant.D, plant.L, &err), LL_EINPUT);
    assert_int_equal(try_rows(20, NULL, plant.D, plant.L, &err), LL_EINPUT);
    for (size_t k = 0; k < sizeof poison / sizeof *poison; k++)
        for (int c = 0; c < 3; c++) {
            double *column = c == 0 ? plant.N : c == 1 ? plant.D : plant.L, keep = column[2];
            column[2] = poison[k];
            assert_int_equal(try_rows(20, plant.N, plant.D, plant.L, &err), LL_EINPUT);
            assert_non_null(strstr(err.msg, "row 3: "));
            column[2] = keep;
        }
}

static void refused_options(void **state) {
    (void)state;
    static const ll_fit_opts bad[] = {
        { .delta = -1 },      { .delta = NAN },
        { .level = 1 },       { .level = -0.1 },
        { .n_starts = -1 },   { .objective = 9 },
        { .resample = 9 },    { .n_boot = 1000000000 },
        { .fixed = 1u << 9 }, { .resample = LL_RESAMPLE_CLUSTER },
    };
    planted_make(&plant, 4, 10, 5, 0.01, 1);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ll_error err = { 0 };
        ll_fit fit;
        assert_int_equal(ll_fit_run(&fit, ll_law_find("chinchilla"), &plant.data, &bad[i], &err), LL_EINPUT);
        assert_true(err.msg[0] != 0);
    }
}

static void awkward_rows(void **state) {
    (void)state;
    ll_error err = { 0 };
    planted_make(&plant, 1, 10, 8, 0.01, 1); /* one budget only */
    assert_int_equal(try_rows(8, plant.N, plant.D, plant.L, &err), LL_OK);
    assert_int_equal(try_rows(5, plant.N, plant.D, plant.L, &err), LL_OK); /* as many runs as parameters */
    for (int64_t i = 0; i < 8; i++) plant.L[i] = 3;                        /* equal losses */
    assert_int_equal(try_rows(8, plant.N, plant.D, plant.L, &err), LL_EINPUT);
    for (int64_t i = 0; i < 20; i++) plant.N[i] = 1e6, plant.D[i] = 1e9, plant.L[i] = 3; /* one row, repeated */
    assert_int_equal(try_rows(20, plant.N, plant.D, plant.L, &err), LL_EINPUT);
    planted_make(&plant, 4, 10, 5, 0.01, 1);
    for (int64_t i = 0; i < plant.n; i++) plant.L[i] = 10 - plant.L[i]; /* worse with scale */
    assert_int_equal(try_rows(plant.n, plant.N, plant.D, plant.L, &err), LL_OK);
    for (int64_t i = 0; i < plant.n; i++) plant.N[i] *= 1e200, plant.L[i] *= 1e-200; /* absurd scales */
    try_rows(plant.n, plant.N, plant.D, plant.L, &err);
    for (int64_t i = 0; i < plant.n; i++) plant.L[i] = i % 2 ? 1e-300 : 1e300;
    try_rows(plant.n, plant.N, plant.D, plant.L, &err);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(derivatives),
        cmocka_unit_test(objective_values),
        cmocka_unit_test(reference_fit),
        cmocka_unit_test(with_outliers),
        cmocka_unit_test(least_absolute_limit),
        cmocka_unit_test(standard_errors),
        cmocka_unit_test(noiseless),
        cmocka_unit_test(noiseless_other_laws),
        cmocka_unit_test(held_parameters),
        cmocka_unit_test(weights),
        cmocka_unit_test(same_for_any_threads),
        cmocka_unit_test(warm_starts_are_enough),
        cmocka_unit_test(intervals_cover),
        cmocka_unit_test(few_runs_are_resampled_otherwise),
        cmocka_unit_test(clusters_count_once),
        cmocka_unit_test(few_runs_are_not_certain),
        cmocka_unit_test(bend_false_alarms),
        cmocka_unit_test(bend_is_seen),
        cmocka_unit_test(bends_together),
        cmocka_unit_test(influence_names_the_culprit),
        cmocka_unit_test(refused_rows),
        cmocka_unit_test(refused_options),
        cmocka_unit_test(awkward_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
