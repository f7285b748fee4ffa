/* The next runs to buy: what runs to come would tell, against formulas of their own; the choice; the verb. */
#define _POSIX_C_SOURCE 200809L
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/document/json.h"
#include "decide/next/lattice.h"
#include "decide/next/next.h"
#include "planted.h"
#include "stat/dense.h"

static char folder[LL_PATH_MAX], out[1 << 16], err_text[4096];
static planted plant;
static ll_posterior *post;
static const double TARGET_N = 2e9, TARGET_D = 4e10; /* 20 tokens a parameter, 4.8e20 FLOPs */

static int setup(void **state) {
    (void)state;
    char text[1 << 15], path[LL_PATH_MAX];
    size_t used = (size_t)snprintf(text, sizeof text, "params,tokens,loss\n");
    support_folder(folder);
    planted_make(&plant, 3, 4, 4, 0.005, 1); /* 1e18 to 1.6e19 */
    for (int64_t i = 0; i < plant.n; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%.17g,%.17g,%.17g\n", plant.N[i], plant.D[i],
                                 plant.L[i]);
    support_write(folder, "runs.csv", text, used, path);
    assert_ok(ll_posterior_new(&post, ll_law_find("chinchilla"), &plant.data, NULL, NULL, 1, err));
    return 0;
}

static int teardown(void **state) {
    (void)state;
    ll_posterior_free(post);
    support_remove(folder);
    return 0;
}

static ll_next choose(const ll_next_ask *ask) {
    const ll_posterior *one = post;
    ll_next n;
    assert_ok(ll_next_choose(&n, &(ll_next_belief) { &one, &one, 1, 1.6e19 }, ask, err));
    return n;
}

static ll_next_ask usual(double budget) {
    return (ll_next_ask) { .params = TARGET_N, .tokens = TARGET_D, .budget = budget, .runs = 8 };
}

/* ---- what runs to come would tell ---- */

/* The variance at the target of one point of the grid by K^-1, and the sd of the mixture from it. */
static double by_inverse(const ll_place *places, int m, const int *set, int n, double largest) {
    const ll_posterior_view view = ll_posterior_look(post);
    double room[LL_POSTERIOR_ROOM], S[36], noise[6], sum = 0, weights = 0, mean = 0, square = 0;
    ll_mixture mix;
    assert_true(m <= 6 && n <= 4);
    assert_ok(ll_posterior_predict(post, places[m - 1].x, room, &mix, err));
    for (int k = 0; k < mix.n; k++) {
        mean += mix.weight[k] * mix.mean[k];
        square += mix.weight[k] * mix.mean[k] * mix.mean[k];
    }
    for (int k = 0; k < view.n; k++) {
        if (view.weight[k] <= 0.003) continue; /* as what_if leaves them out */
        double K[16], t[4], d = view.prior->drift * log10(places[m - 1].x[LL_VAR_C] / largest);
        assert_ok(ll_posterior_covariance(post, k, places, m, S, noise, err));
        double left = S[m * m - 1];
        for (int j = 0; j < n; j++) {
            for (int i = 0; i < n; i++) K[j * n + i] = S[set[j] * m + set[i]];
            K[j * n + j] += noise[set[j]] * noise[set[j]];
            t[j] = S[set[j] * m + m - 1];
        }
        assert_true(ll_dense_cholesky(K, n));
        ll_dense_forward(K, n, t, 1);
        for (int j = 0; j < n; j++) left -= t[j] * t[j];
        const double odd = view.prior->odd_share * view.prior->odd * view.prior->odd;
        sum += view.weight[k] * (left + noise[m - 1] * noise[m - 1] + d * d + odd);
        weights += view.weight[k];
    }
    return sqrt(sum / weights + square - mean * mean);
}

static const ll_place five[6] = { { { 1e8, 2e9, 1.2e18 } },  { { 3e8, 6e9, 1.08e19 } }, { { 1e9, 4e9, 2.4e19 } },
                                  { { 2e8, 2e10, 2.4e19 } }, { { 5e7, 1e9, 3e17 } },    { { 2e9, 4e10, 4.8e20 } } };

static void against_the_inverse(void **state) {
    (void)state;
    const ll_posterior *one = post;
    ll_what_if *w;
    const int set[4] = { 2, 0, 2, 3 };
    assert_ok(ll_what_if_new(&w, &one, 1, five, 6, 1.6e19, err));
    assert_close(ll_what_if_sd(w), by_inverse(five, 6, set, 0, 1.6e19), 1e-9);
    for (int n = 1; n <= 4; n++) {
        ll_what_if_add(w, set[n - 1]);
        assert_close(ll_what_if_sd(w), by_inverse(five, 6, set, n, 2.4e19), 1e-8);
    }
    ll_what_if_move(w, 1, 4);
    assert_close(ll_what_if_sd(w), by_inverse(five, 6, (int[]) { 2, 4, 2, 3 }, 4, 2.4e19), 1e-8);
    ll_what_if_move(w, 1, 0); /* and back */
    assert_close(ll_what_if_sd(w), by_inverse(five, 6, set, 4, 2.4e19), 1e-8);
    ll_what_if_reset(w);
    assert_close(ll_what_if_sd(w), by_inverse(five, 6, set, 0, 1.6e19), 1e-9);
    ll_what_if_free(w);
}

/* What the forecast says of a run today is what what_if says with nothing supposed. */
static void today_is_the_forecast(void **state) {
    (void)state;
    const ll_posterior *one = post;
    double room[LL_POSTERIOR_ROOM];
    ll_mixture m;
    ll_what_if *w;
    assert_ok(ll_posterior_predict(post, five[5].x, room, &m, err));
    assert_ok(ll_what_if_new(&w, &one, 1, five, 6, 1.6e19, err));
    assert_close(ll_what_if_sd(w), ll_mixture_sd(&m), 0.02); /* but for points of small weight */
    assert_close(ll_what_if_mean(w), ll_mixture_mean(&m), 1e-12);
    ll_what_if_free(w);
}

/* n runs at one place, asked there: 1 / (1 / S + n / noise^2). */
static void repeats_of_one_place(void **state) {
    (void)state;
    const ll_place two[2] = { { { 1e9, 2e10, 1.2e20 } }, { { 1e9, 2e10, 1.2e20 } } };
    ll_prior narrow = ll_prior_default;
    narrow.noise_sd = narrow.discrepancy_sd = 0; /* every point of the grid is the same */
    ll_posterior *p;
    ll_what_if *w;
    double S[4], noise[2];
    assert_ok(ll_posterior_of_prior(&p, ll_law_find("chinchilla"), two[0].x, &narrow, err));
    assert_ok(ll_posterior_covariance(p, 0, two, 2, S, noise, err));
    assert_close(noise[0], 0.01, 1e-12);
    assert_close(S[0], S[1], 1e-12);
    const ll_posterior *one = p;
    assert_ok(ll_what_if_new(&w, &one, 1, two, 2, 1.2e20, err));
    for (int n = 1; n <= 12; n++) {
        ll_what_if_add(w, 0);
        double left = 1 / (1 / S[0] + n / 1e-4);
        assert_close(ll_what_if_sd(w), sqrt(left + 1e-4 + narrow.odd_share * narrow.odd * narrow.odd), 1e-6);
    }
    ll_what_if_free(w);
    ll_posterior_free(p);
}

/* Trained on the planted surface, the chosen runs bring about the interval that was promised. */
static void promise_is_kept(void **state) {
    (void)state;
    const ll_next n = choose(&(ll_next_ask) { .params = TARGET_N, .tokens = TARGET_D, .budget = 6e19, .runs = 12 });
    planted more = plant;
    ll_rng rng = ll_rng_at(7, LL_STREAM_NOISE, 1);
    double room[LL_POSTERIOR_ROOM];
    ll_mixture m;
    ll_posterior *p;
    for (int i = 0; i < n.n; i++) {
        const int64_t at = more.n++;
        more.N[at] = n.run[i].N, more.D[at] = n.run[i].D, more.C[at] = n.run[i].C;
        more.L[at] = planted_loss(n.run[i].N, n.run[i].D) * exp(0.005 * ll_rng_normal(&rng));
    }
    more.data = (ll_fit_data) { .n = more.n, .x = { more.N, more.D, more.C }, .loss = more.L };
    assert_ok(ll_posterior_new(&p, ll_law_find("chinchilla"), &more.data, NULL, NULL, 1, err));
    assert_ok(ll_posterior_predict(p, n.target.x, room, &m, err));
    assert_true(ll_mixture_sd(&m) < 1.3 * n.sd_after && ll_mixture_sd(&m) < 0.9 * n.sd);
    assert_true(fabs(ll_mixture_mean(&m) - log(planted_loss(TARGET_N, TARGET_D))) < 3 * n.sd_after);
    ll_posterior_free(p);
}

/* ---- the choice ---- */

static void limits_are_kept(void **state) {
    (void)state;
    static const double sizes[] = { 5e7, 1e8, 2e8, 4e8 };
    ll_next_ask ask = usual(3e19);
    ask.sizes = sizes, ask.n_sizes = 4, ask.spread = 6, ask.share = 0.03;
    const ll_next n = choose(&ask);
    double cost = 0, before = n.sd;
    assert_true(n.n >= 1 && n.n <= 8);
    for (int i = 0; i < n.n; i++) {
        const ll_next_run *r = &n.run[i];
        bool exists = false;
        for (int k = 0; k < 4; k++) exists |= r->N == sizes[k];
        assert_true(exists);
        assert_close(r->C, 6 * r->N * r->D, 1e-9);
        assert_true(r->C <= 0.03 * 4.8e20 * 1.000001);
        assert_true(r->D / r->N >= 20 / 6.001 && r->D / r->N <= 20 * 6.001);
        assert_true(r->sd <= before * (1 + 1e-12));
        before = r->sd;
        cost += r->cost;
    }
    assert_close(n.cost, cost, 1e-12);
    assert_true(n.cost <= 3e19 * 1.000001);
    assert_true(n.sd_after == before);
}

static void more_never_hurts(void **state) {
    (void)state;
    double last = INFINITY;
    for (double budget = 1e18; budget < 1e21; budget *= 4) {
        const ll_next_ask ask = usual(budget);
        const ll_next n = choose(&ask);
        assert_true(n.cost <= budget * 1.000001);
        assert_true(n.sd_after <= last * 1.02 && n.sd_after < n.sd); /* a search, so to within 2 % */
        if (n.uniform.n) assert_true(n.uniform.cost <= n.cost * 1.000001 && n.sd_after < n.uniform.sd * 1.001);
        last = n.sd_after;
    }
}

static void paces(void **state) {
    (void)state;
    static const ll_next_pace p[] = { { 1e7, 1e7 }, { 1e9, 1e4 } }; /* tokens/s = 1e7 (N / 1e7)^-1.5 */
    const ll_next_ask ask = { .paces = p, .n_paces = 2 }, flops = { 0 };
    const ll_place middle = ll_place_at(1e8, 6e8 * 1e9), small = ll_place_at(1e6, 6e6 * 1e9),
                   large = ll_place_at(1e10, 6e10 * 1e9);
    assert_close(ll_lattice_cost(&flops, &middle), 6e17, 1e-12);
    assert_close(ll_lattice_cost(&ask, &middle), 1e9 / 1e7 * pow(10, 1.5), 1e-9);
    assert_close(ll_lattice_cost(&ask, &small), 1e9 / 1e8, 1e-9);
    assert_close(ll_lattice_cost(&ask, &large), 1e9 / 1e3, 1e-9);
    ll_next_ask timed = usual(36e3);
    timed.paces = p, timed.n_paces = 2;
    const ll_next n = choose(&timed);
    assert_true(n.n >= 1 && n.cost <= 36e3 * 1.000001);
}

/* The optimum of a forecast from many nearly exact runs is the planted frontier's. */
static void optimum(void **state) {
    (void)state;
    planted p;
    ll_posterior *q;
    ll_place at;
    planted_make(&p, 5, 4, 8, 1e-4, 3);
    assert_ok(ll_posterior_new(&q, ll_law_find("chinchilla"), &p.data, NULL, NULL, 1, err));
    const ll_posterior *one = q;
    assert_ok(ll_next_optimum(&one, 1, 6e20, 20, &at, err));
    const ll_frontier f = ll_chinchilla_frontier(480, 2100, 0.35, 0.37);
    assert_close(at.x[LL_VAR_N], f.G * pow(1e20, f.a), 0.3);
    assert_close(6 * at.x[LL_VAR_N] * at.x[LL_VAR_D], 6e20, 1e-9);
    ll_posterior_free(q);
}

/* ---- the verb ---- */

static int verb(const char *arguments) {
    return support_run(folder, arguments, out, sizeof out, err_text, sizeof err_text);
}

static ll_json *document(const char *arguments) {
    ll_json *doc;
    if (verb(arguments) != 0) fail_msg("%s: %s", arguments, err_text);
    assert_ok(ll_json_parse(out, strlen(out), "next", &doc, err));
    return doc;
}

static void as_json(void **state) {
    (void)state;
    ll_json *doc = document("next runs.csv --target-flops 5e20 --budget 2e19 --runs 5 --json");
    assert_string_equal(ll_json_get_str(doc, "schema"), "loglog.next/1");
    assert_int_equal(ll_json_get_int(doc, "runs_so_far", 0), 12);
    assert_int_equal(ll_json_size(ll_json_get(doc, "runs")), 5);
    const ll_json *now = ll_json_get(doc, "now"), *after = ll_json_get(doc, "after");
    assert_true(ll_json_get_num(after, "sd_ln_loss") < ll_json_get_num(now, "sd_ln_loss"));
    assert_close(ll_json_get_num(ll_json_get(doc, "target"), "flops"), 5e20, 1e-9);
    assert_true(ll_json_get_num(doc, "cost") <= 2e19 * 1.000001);
    assert_int_equal(ll_json_size(ll_json_get(now, "ci")), 2);
    ll_json_free(doc);
}

/* From nothing to a spec that run takes: every run is there, repeats with seeds of their own. */
static void spec_for_run(void **state) {
    (void)state;
    ll_json *doc =
        document("next --target-flops 1e12 --budget 1e11 --runs 20 --data.source markov --out n.yaml --json");
    const size_t runs = ll_json_size(ll_json_get(doc, "runs"));
    const double cost = ll_json_get_num(doc, "cost");
    assert_true(ll_json_size(ll_json_get(ll_json_get(doc, "now"), "ci")) == 0); /* no level without runs */
    ll_json_free(doc);
    doc = document("run n.yaml --dry-run --json");
    const ll_json *rungs = ll_json_get(doc, "rungs");
    assert_int_equal(ll_json_size(rungs), runs);
    double flops = 0;
    for (size_t i = 0; i < runs; i++) flops += ll_json_get_num(ll_json_at(rungs, i), "flops");
    assert_close(flops, cost, 0.05); /* whole steps */
    ll_json_free(doc);
    assert_int_equal(verb("next --target-flops 1e12 --budget 1e11 --base n.yaml --out again.yaml"), 0);
    assert_non_null(strstr(out, "no runs yet"));
    doc = document("run again.yaml --dry-run --json"); /* with seeds that are not those of its base */
    assert_true(ll_json_get_int(ll_json_get(doc, "spec"), "seed", 0) > 50);
    ll_json_free(doc);
}

static void refused(void **state) {
    (void)state;
    static const struct {
        const char *arguments, *says;
    } bad[] = {
        { "runs.csv --target-flops 1e19 --budget 1e18", "within the runs" },
        { "runs.csv --target-flops 1e21", "--budget is missing" },
        { "runs.csv --target-flops 1e21 --budget -3", "budget is -3" },
        { "runs.csv --target-flops 1e21 --budget 36h", "a time needs --pace" },
        { "runs.csv --target-flops 1e21 --budget nan", "budget" },
        { "runs.csv --target-flops 1e21 --budget 3", "buys no run" },
        { "runs.csv --target-flops 1e21 --budget 20k", "FLOPs buys no run of 1000 parameters" },
        { "runs.csv --budget 1e18", "a target is" },
        { "runs.csv --target-params 1e9 --budget 1e18", "a target is" },
        { "runs.csv --target-flops 1e21 --target-params 1e9 --target-tokens 1e10 --budget 1e18", "a target is" },
        { "runs.csv --target-flops 1e21 --budget 1e18 --runs 0", "runs" },
        { "runs.csv --target-flops 1e21 --budget 1h --pace 1M", "SIZE=TOKENS_PER_SECOND" },
        { "runs.csv --target-flops 1e21 --budget 1h --pace 1M=1k,1k=3", "ascending" },
        { "runs.csv --target-flops 1e21 --budget 1h --pace 1M=0", "tokens per second" },
        { "runs.csv --target-flops 1e21 --budget 1e18 --law power", "not one of N and D" },
        { "runs.csv --target-flops 1e21 --budget 1e18 --law nothing", "--law is 'nothing'" },
        { "runs.csv --target-flops 1e21 --budget 1e18 --out x.yaml", "one of data.text" },
        { "runs.csv --target-flops 1e21 --budget 1e18 --base missing.yaml", "missing.yaml" },
        { "nothing.csv --target-flops 1e21 --budget 1e18", "nothing.csv" },
        { "runs.csv runs.csv --target-flops 1e21 --budget 1e18", "one table" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char command[512], path[LL_PATH_MAX];
        snprintf(command, sizeof command, "next %s", bad[i].arguments);
        int code = verb(command);
        if (code != 2) fail_msg("%s exits %d: %s", command, code, err_text);
        if (!strstr(err_text, bad[i].says)) fail_msg("%s says: %s", command, err_text);
        if (strchr(err_text, '\n') != err_text + strlen(err_text) - 1) fail_msg("not one line: %s", err_text);
        assert_string_equal(out, "");
        snprintf(path, sizeof path, "%.900s/x.yaml", folder);
        assert_int_not_equal(access(path, F_OK), 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(against_the_inverse),
        cmocka_unit_test(today_is_the_forecast),
        cmocka_unit_test(repeats_of_one_place),
        cmocka_unit_test(promise_is_kept),
        cmocka_unit_test(limits_are_kept),
        cmocka_unit_test(more_never_hurts),
        cmocka_unit_test(paces),
        cmocka_unit_test(optimum),
        cmocka_unit_test(as_json),
        cmocka_unit_test(spec_for_run),
        cmocka_unit_test(refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
