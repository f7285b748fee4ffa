/* Plans: the published frontiers to their printed digits, costs, properties of the optimum. */
#include "support.h"

#include <math.h>
#include <string.h>

#include "decide/money/hardware.h"
#include "decide/plan/plan.h"
#include "decide/plan/recipe.h"
#include "decide/plan/shape.h"
#include "decide/plan/valley_search.h"
#include "forecast/belief/rehearsal.h"
#include "law/published.h"
#include "planted.h"

static planted plant;
static ll_fit fit;

static int setup(void **state) {
    (void)state;
    planted_make(&plant, 5, 10, 6, 0.004, 1);
    assert_ok(ll_fit_run(&fit, ll_law_find("chinchilla"), &plant.data, &(ll_fit_opts) { .n_boot = 200 }, err));
    return 0;
}

static int teardown(void **state) {
    (void)state;
    ll_fit_clear(&fit);
    return 0;
}

static ll_plan plan_of(const char *id, ll_plan_ask ask) {
    const ll_published *p = ll_published_find(id);
    assert_non_null(p);
    const ll_plan_law law = ll_plan_law_published(p->law, p->params);
    ll_plan plan;
    assert_ok(ll_plan_make(&plan, &law, &ask, err));
    return plan;
}

/* v rounds to the printed number: half a unit of its last place. */
static void prints(double v, double printed, double unit) {
    if (!(fabs(v - printed) <= 0.5001 * unit)) fail_msg("%.9g does not print as %.9g", v, printed);
}

static double unit_of(double printed, int digits) {
    return pow(10, floor(log10(printed)) + 1 - digits);
}

/* ---- published values ---- */

/* Compute-optimal points of both published surfaces, worked out in double from the papers' constants.
 * Two of the listed N (rounded at 1e22, hoffmann2022 at 1e25) lie a little over half a unit of their last place
 * off. */
static void frontiers(void **state) {
    (void)state;
    static const struct {
        double C, rounded_N, rounded_ratio, hoffmann[3], besiroglu[3];
    } row[] = {
        { 1e18, 8.058e7, 25.7, { 9.466e7, 18.60, 3.44807 }, { 8.062e7, 25.64, 3.48900 } },
        { 1e20, 6.449e8, 40.1, { 7.749e8, 27.76, 2.55342 }, { 8.545e8, 22.82, 2.55251 } },
        { 1e21, 1.824e9, 50.1, { 2.217e9, 33.91, 2.29549 }, { 2.782e9, 21.53, 2.30480 } },
        { 1e22, 5.161e9, 62.6, { 6.343e9, 41.43, 2.11492 }, { 9.058e9, 20.32, 2.14050 } },
        { 5.76e23, 3.219e10, 92.6, { 4.036e10, 58.93, 1.91841 }, { 7.236e10, 18.34, 1.97396 } },
        { 1e25, 1.168e11, 122.1, { 1.486e11, 75.53, 1.83802 }, { 3.126e11, 17.06, 1.91130 } },
        { 3.8e25, 2.135e11, 139.0, { 2.732e11, 84.83, 1.81101 }, { 6.197e11, 16.49, 1.89130 } },
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        const ll_plan_ask ask = { .flops = row[i].C };
        ll_plan r = plan_of("hoffmann2022_rounded", ask);
        prints(r.point.N, row[i].rounded_N, 1.2 * unit_of(row[i].rounded_N, 4));
        prints(r.ratio.value, row[i].rounded_ratio, 0.1);
        for (int k = 0; k < 2; k++) {
            const double *want = k ? row[i].besiroglu : row[i].hoffmann;
            ll_plan p = plan_of(k ? "besiroglu2024" : "hoffmann2022", ask);
            prints(p.params.value, want[0], 1.2 * unit_of(want[0], 4));
            prints(p.ratio.value, want[1], 0.01);
            prints(p.loss.value, want[2], 1e-5);
            assert_close(6 * p.params.value * p.tokens.value, row[i].C, 1e-12);
            assert_true(isnan(p.params.lo) && isnan(p.regret.loss) && p.n_draws == 0);
        }
    }
}

/* Hoffmann et al. 2022, Table A3, approach 3: FLOPs and tokens for each size. 175B is printed as 1.26e24, a slip:
 * 6 x 175e9 x 12.0e12 is ten times that. The table's own rows lie on N ~ C^0.4587, not on the 0.4565 of the
 * constants in the paper's source, so that sizes agree to 8 %; the rounded constants are off by up to 30 %. */
static void table_a3(void **state) {
    (void)state;
    static const double row[][3] = { { 400e6, 2.21e19, 9.2e9 },    { 1e9, 1.62e20, 27.1e9 },
                                     { 10e9, 2.46e22, 410.1e9 },   { 67e9, 1.71e24, 4.1e12 },
                                     { 175e9, 1.26e25, 12.0e12 },  { 280e9, 3.52e25, 20.1e12 },
                                     { 520e9, 1.36e26, 43.5e12 },  { 1e12, 5.65e26, 94.1e12 },
                                     { 10e12, 8.55e28, 1425.5e12 } };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        ll_plan p = plan_of("hoffmann2022", (ll_plan_ask) { .flops = row[i][1] });
        assert_close(p.params.value, row[i][0], 0.08);
        assert_close(p.tokens.value, row[i][2], 0.11);
    }
}

/* Hoffmann's text: 40B parameters at Gopher's budget, which the rounded constants do not give. */
static void gopher(void **state) {
    (void)state;
    prints(plan_of("hoffmann2022", (ll_plan_ask) { .flops = 5.76e23 }).params.value, 40e9, 1e9);
}

/* Sardana et al. 2024: the quality of a 7B Chinchilla model that serves 1e11 tokens is cheapest at 6B parameters
 * on 1.18 times the data. */
static void served(void **state) {
    (void)state;
    const ll_published *h = ll_published_find("hoffmann2022");
    ll_frontier f = ll_chinchilla_frontier(h->params[1], h->params[2], h->params[3], h->params[4]);
    ll_plan chinchilla = plan_of("hoffmann2022", (ll_plan_ask) { .flops = 6 * pow(7e9 / f.G, 1 / f.a) });
    assert_close(chinchilla.point.N, 7e9, 1e-6);
    const ll_plan_ask ask = { .loss = chinchilla.loss.value, .inference_tokens = 1e11 };
    prints(plan_of("hoffmann2022", ask).point.N, 6e9, 1e9);
    double flops = ll_plan_flops_at(h->law, h->params, &ask, 6e9, ask.loss);
    prints((flops / 6e9 - 2 * 1e11) / 6 / chinchilla.point.D, 1.18, 0.01);
}

/* Muennighoff et al. 2023: 19.613 tokens a parameter at every budget; four passes over 44B tokens cost an 8.7B
 * model well under one percent of the loss (0.5 % was measured); where data binds, passes are bought before
 * parameters. */
static void unique_data(void **state) {
    (void)state;
    const ll_published *m = ll_published_find("muennighoff2023");
    for (double C = 1e18; C < 1e26; C *= 100)
        prints(plan_of("muennighoff2023_c4", (ll_plan_ask) { .flops = C }).ratio.value, 19.613, 1e-3);
    double once = ll_plan_loss(m->law, m->params, &(ll_plan_ask) { 0 }, 8.7e9, 4 * 44e9);
    double often = ll_plan_loss(m->law, m->params, &(ll_plan_ask) { .unique_tokens = 44e9 }, 8.7e9, 4 * 44e9);
    assert_true(often > once && often < 1.01 * once);
    ll_plan p = plan_of("muennighoff2023", (ll_plan_ask) { .flops = 9.3e21, .unique_tokens = 25e9 });
    assert_true(p.point.N < 0.85 * p.free.N && p.point.D > p.free.D && p.epochs > 4);
    assert_true(p.point.loss > p.free.loss);
    assert_close(p.epochs * 25e9, p.point.D, 1e-12);
    ll_plan plenty = plan_of("muennighoff2023", (ll_plan_ask) { .flops = 9.3e21, .unique_tokens = 1e13 });
    assert_close(plenty.point.N, plenty.free.N, 1e-6);
    assert_true(plenty.repeats.R_D == 15.387756 && plenty.repeats.R_N == 5.309743); /* their Appendix A */
    assert_string_equal(plenty.repeats.source, "the law's own");
    ll_plan lent = plan_of("hoffmann2022", (ll_plan_ask) { .flops = 9.3e21, .unique_tokens = 25e9 });
    assert_true(lent.repeats.R_D == 15.387756 && lent.repeats.R_N == 5.309743);
    assert_non_null(strstr(lent.repeats.source, "2305.16264"));
    assert_null(plan_of("hoffmann2022", (ll_plan_ask) { .flops = 9.3e21 }).repeats.source);
}

/* Lambda Labs on GPT-3: 3.14e23 FLOP at 28 TFLOPS of a V100 is 355.4 GPU-years, $4.67M at $1.5 an hour. */
static void gpt3_bill(void **state) {
    (void)state;
    ll_rig rig = {
        .utilisation = 28.0 / 125, .utilisation_lo = 28.0 / 125, .utilisation_hi = 28.0 / 125, .pue = 1
    };
    assert_ok(ll_rig_parse("1000xV100", &rig, err));
    ll_bill b = ll_rig_bill(&rig, 3.14e23);
    prints(b.gpu_hours / 24 / 365.2425, 355.4, 0.1);
    prints(b.usd, 4.67e6, 1e4);
    assert_close(b.usd_lo, b.usd, 1e-12);
    assert_close(b.kwh, b.gpu_hours * 0.3, 1e-12);
    assert_close(b.days, b.gpu_hours / 24000, 1e-12);
    assert_close(ll_rig_flops(&rig, b.gpu_hours), 3.14e23, 1e-12);
    assert_int_equal((int)ll_rig_devices(&rig, 175e9), 88); /* 2.8 TB in 32 GB */
}

static void rates_and_batches(void **state) {
    (void)state;
    ll_recipe r;
    assert_ok(ll_recipe_of("deepseek2024", 1, 1e12, 1e19, &r, err));
    prints(r.lr, 1.3148e-3, 1e-7);
    prints(r.batch_tokens, 4.7894e5, 10);
    assert_close(r.steps * r.batch_tokens, 1e12, 1e-12);
    assert_ok(ll_recipe_of("steplaw2025", 1e9, 2e10, 1, &r, err));
    prints(r.lr, 9.9602e-4, 1e-8);
    prints(r.batch_tokens, 4.4189e5, 10);
    assert_ok(ll_recipe_of("porian2024_hparams", 1e8, 1, 1, &r, err));
    prints(r.lr, 4.8775e-3, 1e-7);
    prints(r.batch_tokens / 2048, 155.7, 0.1);
    ll_error e = { 0 };
    assert_int_equal(ll_recipe_of("pearce2024", 1, 1, 1, &r, &e), LL_EINPUT);
}

/* ---- properties ---- */

/* Any step along the budget line costs loss; the least budget for that loss is the budget. */
static void optimum_is_the_bottom(void **state) {
    (void)state;
    static const char *const laws[] = { "hoffmann2022",    "besiroglu2024", "muennighoff2023_c4",
                                        "muennighoff2023", "kaplan2020",    "sardana2024_100" };
    enum { OF_ONE_PASS = 4 }; /* the last two: Kaplan's form, and a surface that 5e9 unique tokens exhaust */
    for (int i = 0; i < 6; i++)
        for (int k = 0; k < 4; k++) {
            const ll_published *l = ll_published_find(laws[i]);
            const ll_plan_ask ask = { .unique_tokens = k & 1 ? 5e9 : 0, .inference_tokens = k & 2 ? 1e11 : 0 };
            if (i >= OF_ONE_PASS && ask.unique_tokens > 0) continue;
            ll_plan_point p = ll_plan_spend(l->law, l->params, &ask, 1e22);
            assert_close(6 * p.N * p.D + 2 * p.N * ask.inference_tokens, 1e22, 1e-9);
            for (double step = 0.1; step < 10; step *= 1.17) {
                double N = p.N * step, D = 1e22 / (6 * N) - ask.inference_tokens / 3;
                if (D > 0) assert_true(ll_plan_loss(l->law, l->params, &ask, N, D) >= p.loss);
            }
            ll_plan_point back = ll_plan_reach(l->law, l->params, &ask, p.loss);
            assert_close(back.C, 1e22, 1e-6);
            assert_close(back.loss, p.loss, 1e-9);
        }
}

static void curve(void **state) {
    (void)state;
    ll_plan p = plan_of("besiroglu2024", (ll_plan_ask) { .flops = 1e22 });
    for (int k = 0; k < LL_PLAN_CURVE; k++) {
        const ll_plan_size *c = &p.curve[k];
        assert_close(c->at.N, c->size * p.point.N, 1e-12);
        assert_close(6 * c->at.N * c->at.D, 1e22, 1e-12);
        assert_true(k == 2 || (c->at.loss > p.point.loss && c->more_flops > 1.05));
    }
    assert_close(p.curve[2].more_flops, 1, 1e-6);
    /* at N the loss is reached by D = (B / (L - E - A/N^alpha))^(1/beta) */
    const double *q = ll_published_find("besiroglu2024")->params, N = 2 * p.point.N;
    double D = pow(q[2] / (p.point.loss - q[0] - q[1] * pow(N, -q[3])), 1 / q[4]);
    assert_close(p.curve[3].more_flops, 6 * N * D / 1e22, 1e-9);
}

/* Kaplan et al. 2020, App. B: from 0.6 to 2.2 times the best size costs at most 20 % more compute. It holds on the
 * surfaces with a floor. */
static void kaplans_rule(void **state) {
    (void)state;
    static const char *const laws[] = { "hoffmann2022", "besiroglu2024", "muennighoff2023_c4" };
    const ll_plan_ask none = { 0 };
    for (int i = 0; i < 3; i++)
        for (double C = 1e18; C < 1e27; C *= 1e3) {
            const ll_published *l = ll_published_find(laws[i]);
            ll_plan_point p = ll_plan_spend(l->law, l->params, &none, C);
            double small = ll_plan_flops_at(l->law, l->params, &none, 0.6 * p.N, p.loss);
            double large = ll_plan_flops_at(l->law, l->params, &none, 2.2 * p.N, p.loss);
            assert_true(small > C && small < 1.2 * C && large > C && large < 1.2 * C);
        }
}

/* Under Hoffmann's law at Gopher's budget, Besiroglu's size costs what the law says at that size. */
static void another_law(void **state) {
    (void)state;
    ll_plan p = plan_of("hoffmann2022", (ll_plan_ask) { .flops = 5.76e23 });
    const ll_published *h = ll_published_find("hoffmann2022");
    assert_int_equal(p.n_others, LL_PLAN_OTHERS - 1);
    assert_string_equal(p.other[0].id, "besiroglu2024");
    prints(p.other[0].N, 7.236e10, 1e7);
    const double x[LL_VAR_COUNT] = { [LL_VAR_N] = p.other[0].N, [LL_VAR_D] = 5.76e23 / 6 / p.other[0].N };
    assert_close(p.other[0].loss, h->law->eval(h->params, x), 1e-9);
    for (int k = 0; k < p.n_others; k++) {
        assert_true(p.other[k].loss > p.point.loss && p.other[k].flops > 0 && p.other[k].flops < 1);
        ll_plan_ask less = { .flops = 5.76e23 * (1 - p.other[k].flops) };
        assert_close(plan_of("hoffmann2022", less).point.loss, p.other[k].loss, 1e-9);
    }
}

/* Kaplan et al. 2020, Table 6: 1.3e9 C^0.73 in PF-days is 804B at Gopher's budget; the lowest L(N, D) at 6 N D lies at
 * 242B. Two laws. */
static void kaplan_twice(void **state) {
    (void)state;
    const double C = 5.76e23;
    ll_plan p = plan_of("hoffmann2022", (ll_plan_ask) { .flops = C });
    const ll_plan_other *kaplan = &p.other[p.n_others - 1];
    assert_string_equal(kaplan->id, "kaplan2020_frontier");
    prints(kaplan->N, 804e9, 1e9);
    assert_close(kaplan->D, C / (6 * kaplan->N), 1e-12);
    p = plan_of("kaplan2020", (ll_plan_ask) { .flops = C });
    prints(p.point.N, 242e9, 1e9);
    assert_string_equal(p.other[p.n_others - 1].id, "kaplan2020_frontier");
}

static void shapes(void **state) {
    (void)state;
    ll_planned_shape s;
    ll_error e = { 0 };
    for (double N = 1e4; N < 1e13; N *= 1.3) {
        assert_ok(ll_plan_shape(N, &s, err));
        assert_true(fabs(log(s.params / N)) < (N < 1e7 ? 0.3 : 0.05));
        assert_close(s.params, 12 * s.layers * s.width * s.width, 1e-12);
        double head = s.width / s.heads, aspect = s.width / s.layers;
        assert_true(head == 4 || head == 16 || head == 64 || head == 128);
        assert_true(N < 1e7 || (head >= 64 && aspect > 40 && aspect < 180));
        assert_true(s.width < 4096 || fmod(s.width, 512) == 0);
    }
    assert_int_equal(ll_plan_shape(10, &s, &e), LL_EINPUT);
    assert_int_equal(ll_plan_shape(NAN, &s, &e), LL_EINPUT);
}

static void inside(const ll_estimate *e) {
    assert_true(isfinite(e->lo) && e->lo <= e->value && e->value <= e->hi);
}

/* A plan that promises less than a run of no more compute already reached says so. */
static void what_was_seen(void **state) {
    (void)state;
    double loss[PLANTED_MAX];
    ll_fit_data data = plant.data;
    ll_fit odd;
    ll_plan p;
    for (int64_t i = 0; i < plant.n; i++) loss[i] = plant.L[i];
    loss[plant.n - 3] = 1.5; /* below the planted floor */
    data.loss = loss;
    assert_ok(ll_fit_run(&odd, ll_law_find("chinchilla"), &data, &(ll_fit_opts) { .n_boot = -1 }, err));
    const ll_plan_law law = ll_plan_law_fitted(&odd), sound = ll_plan_law_fitted(&fit);
    assert_ok(ll_plan_make(&p, &law, &(ll_plan_ask) { .flops = 1e24 }, err));
    assert_true(p.seen == 1.5 && ll_plan_is_beaten(&p));
    assert_ok(ll_plan_make(&p, &law, &(ll_plan_ask) { .flops = 1e18 }, err)); /* of less compute than that run */
    assert_true(p.seen > 1.5);
    assert_ok(ll_plan_make(&p, &sound, &(ll_plan_ask) { .flops = 1e24 }, err));
    assert_true(p.seen > p.law.value);
    ll_fit_clear(&odd);
}

/* With draws and a belief: intervals hold the point, doubt costs something, a harder target is less probable, and a
 * target's budget is where the forecast's median is the target. */
static void own_fit(void **state) {
    (void)state;
    ll_posterior *belief;
    assert_ok(ll_rehearsed_posterior(&belief, fit.law, &fit.data, NULL, &fit.opts, 0, err));
    ll_plan_law law = ll_plan_law_fitted(&fit);
    law.belief = belief;
    ll_plan p, harder, cheap, there;
    assert_ok(ll_plan_make(&p, &law, &(ll_plan_ask) { .flops = 1e23, .loss = 2.05 }, err));
    inside(&p.params);
    inside(&p.tokens);
    inside(&p.law);
    inside(&p.loss);
    inside(&p.ratio);
    assert_true(p.flops.lo == 1e23 && p.flops.hi == 1e23);
    assert_true(p.params.hi > 1.01 * p.params.lo && p.n_draws > 150);
    assert_true(p.regret.loss > 0 && p.regret.flops > 0 && p.regret.flops < 1);
    assert_close(p.reach, 1e23 / 1e22, 1e-9);
    assert_close(p.below, 1e18 / 1e23, 1e-9);
    assert_close(p.loss.value, p.law.value, 0.02);
    assert_true(p.loss.hi - p.loss.lo > p.law.hi - p.law.lo);
    assert_true(p.loss.hi - p.loss.lo > 3 * fit.residual_sd * p.loss.value); /* 3.3 of the scatter alone */
    assert_ok(ll_plan_make(&harder, &law, &(ll_plan_ask) { .flops = 1e23, .loss = p.loss.value }, err));
    assert_close(harder.probability, 0.5, 1e-6); /* its median */
    assert_ok(ll_plan_make(&harder, &law, &(ll_plan_ask) { .flops = 1e23, .loss = p.loss.value - 0.02 }, err));
    assert_ok(ll_plan_make(&p, &law, &(ll_plan_ask) { .flops = 1e23, .loss = p.loss.value + 0.02 }, err));
    assert_true(harder.probability < 0.5 && p.probability > 0.5);
    assert_ok(ll_plan_make(&cheap, &law, &(ll_plan_ask) { .loss = 2.5 }, err));
    inside(&cheap.flops);
    assert_close(cheap.loss.value, 2.5, 1e-9);
    assert_true(cheap.unreachable == 0);
    assert_ok(ll_plan_make(&there, &law, &(ll_plan_ask) { .flops = cheap.point.C }, err));
    assert_true(there.loss.value == cheap.loss.value && there.point.N == cheap.point.N);
    assert_ok(ll_plan_make(&there, &law, &(ll_plan_ask) { .flops = cheap.flops.lo }, err));
    assert_close(there.loss.lo, 2.5, 1e-9); /* the quantile that reaches it first */
    assert_ok(ll_plan_make(&there, &law, &(ll_plan_ask) { .flops = cheap.flops.hi }, err));
    assert_close(there.loss.hi, 2.5, 1e-9);
    ll_posterior_free(belief);
}

/* Small models that end above the law they were planted by: the fitted law cannot follow, the forecast does. */
static double bent_loss(double N, double D) {
    return planted_loss(N, D) * (1 + 0.5 * sqrt(1e8 / N));
}

static ll_plan foreseen(const ll_plan_law *law, ll_plan_ask ask) {
    ll_plan p;
    assert_ok(ll_plan_make(&p, law, &ask, err));
    if (law->belief) assert_close(p.curve[LL_PLAN_CURVE / 2].forecast, p.loss.value, 1e-12);
    return p;
}

/* Where the forecast is lower at another size by more than the law's regret, the plan says which, how much lower, and
 * what it costs; and there the true loss is lower too. Where the law holds it says nothing. */
static void lower_elsewhere(void **state) {
    (void)state;
    static planted bent;
    ll_fit law_fit;
    ll_posterior *belief;
    planted_make(&bent, 5, 10, 6, 0.004, 1);
    for (int64_t i = 0; i < bent.n; i++)
        bent.L[i] *= bent_loss(bent.N[i], bent.D[i]) / planted_loss(bent.N[i], bent.D[i]);
    for (int k = 0; k < 2; k++) {
        const ll_fit_data *data = k ? &plant.data : &bent.data;
        assert_ok(ll_fit_run(&law_fit, ll_law_find("chinchilla"), data, &(ll_fit_opts) { .n_boot = 200 }, err));
        assert_ok(ll_rehearsed_posterior(&belief, law_fit.law, &law_fit.data, NULL, &law_fit.opts, 0, err));
        ll_plan_law law = ll_plan_law_fitted(&law_fit);
        const double regret = foreseen(&law, (ll_plan_ask) { .flops = 1e18 }).regret.loss;
        law.belief = belief;
        const ll_plan p = foreseen(&law, (ll_plan_ask) { .flops = 1e18 });
        if (k) assert_true(isnan(p.lower.size));
        else {
            const ll_plan_size *c = &p.lower;
            assert_true(c->size > 1 && c->forecast < p.loss.value - regret);
            assert_true(bent_loss(c->at.N, c->at.D) < bent_loss(p.point.N, p.point.D) - regret);
            assert_close(p.regret.loss, p.loss.value - c->forecast, 1e-12);
            assert_true(c->more_flops < 1 && p.regret.flops >= 1 - c->more_flops);
            const double less = c->more_flops * p.point.C;
            const ll_plan there = foreseen(&law, (ll_plan_ask) { .params = c->at.N, .flops = less });
            assert_close(there.loss.value, p.loss.value, 1e-6);
            assert_true(isfinite(foreseen(&law, (ll_plan_ask) { .loss = p.loss.value }).lower.size));
        }
        ll_posterior_free(belief);
        ll_fit_clear(&law_fit);
    }
}

/* A model that is settled: N, D or both are held, and being wrong is measured against the free choice. */
static void settled_model(void **state) {
    (void)state;
    const ll_plan_law law = ll_plan_law_fitted(&fit);
    ll_plan p;
    ll_error e = { 0 };
    assert_ok(ll_plan_make(&p, &law, &(ll_plan_ask) { .params = 7e9, .tokens = 1e12 }, err));
    assert_close(p.point.C, 6 * 7e9 * 1e12, 1e-12);
    assert_true(p.params.value == 7e9 && p.params.lo == 7e9 && p.params.hi == 7e9 && p.tokens.hi == 1e12);
    assert_true(p.regret.loss > 0); /* such a run is over-trained, and the law knows a better one */
    assert_ok(ll_plan_make(&p, &law, &(ll_plan_ask) { .params = 7e9, .flops = 4.2e22 }, err));
    assert_close(p.point.D, 1e12, 1e-12);
    assert_ok(ll_plan_make(&p, &law, &(ll_plan_ask) { .tokens = 1e12, .flops = 4.2e22 }, err));
    assert_close(p.point.N, 7e9, 1e-12);
    assert_ok(ll_plan_make(&p, &law, &(ll_plan_ask) { .params = 7e9, .loss = planted_loss(7e9, 1e12) }, err));
    assert_close(log(p.point.D), log(1e12), 0.05);
    assert_int_equal(ll_plan_make(&p, &law, &(ll_plan_ask) { .params = 1e9 }, &e), LL_EINPUT);
    assert_int_equal(ll_plan_make(&p, &law, &(ll_plan_ask) { .params = 1e9, .tokens = 1e9, .flops = 1e20 }, &e),
                     LL_EINPUT);
    assert_int_equal(ll_plan_make(&p, &law, &(ll_plan_ask) { .params = 1e6, .loss = 2 }, &e), LL_EINPUT);
    assert_non_null(strstr(e.msg, "floor"));
}

/* A target between the floors of the draws: some never reach it, and the interval has no end rather than a
 * false one. */
static void some_never_reach(void **state) {
    (void)state;
    const ll_plan_law law = ll_plan_law_fitted(&fit);
    const ll_plan_ask none = { 0 };
    ll_estimate floor = ll_plan_floor(&law, &none);
    ll_plan p;
    inside(&floor);
    assert_ok(ll_plan_make(&p, &law, &(ll_plan_ask) { .loss = (floor.value + floor.hi) / 2 }, err));
    assert_true(p.unreachable > 0.05 && p.unreachable < 0.5);
    assert_true(p.flops.hi > 1e30 && p.params.hi > 1e30 && p.ratio.hi < 1e6);
    ll_error e = { 0 };
    assert_int_equal(ll_plan_make(&p, &law, &(ll_plan_ask) { .loss = floor.lo }, &e), LL_EINPUT);
    assert_non_null(strstr(e.msg, "floor"));
    assert_non_null(strstr(e.msg, "90 %"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frontiers),
        cmocka_unit_test(table_a3),
        cmocka_unit_test(gopher),
        cmocka_unit_test(served),
        cmocka_unit_test(unique_data),
        cmocka_unit_test(gpt3_bill),
        cmocka_unit_test(rates_and_batches),
        cmocka_unit_test(optimum_is_the_bottom),
        cmocka_unit_test(curve),
        cmocka_unit_test(kaplans_rule),
        cmocka_unit_test(another_law),
        cmocka_unit_test(kaplan_twice),
        cmocka_unit_test(shapes),
        cmocka_unit_test(what_was_seen),
        cmocka_unit_test(own_fit),
        cmocka_unit_test(lower_elsewhere),
        cmocka_unit_test(settled_model),
        cmocka_unit_test(some_never_reach),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
