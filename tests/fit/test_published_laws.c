/* The laws beyond Chinchilla's: gradients at awkward points, recovery of planted parameters, and what others
 * published from the same tables, each from one command. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/document/json.h"
#include "law/laws.h"
#include "law/published.h"
#include "loglog/fit.h"
#include "loglog/random.h"
#include "support.h"

typedef struct known {
    const ll_law *law;
    double p[LL_LAW_MAX_PARAMS];
    double within;     /* recovery of planted parameters; 0: weakly determined, only the losses count */
    double x_lo, x_hi; /* of X; 0: a count, as N and D are */
} known;

static const known laws[] = {
    { &ll_law_chinchilla_tied, { 1.7, 500, 1500, 0.35 }, 1e-6 },
    { &ll_law_nest, { 1.6, 300, 900, 0.33, 0.36, 0.7 }, 1e-6 },
    { &ll_law_kaplan_ns, { 6.5e13, 2.1e3, 0.077, 0.76 }, 1e-6 },
    { &ll_law_bnsl, { 0.4, 3, 0.06, 1.8, 4e8, 0.2 }, 1e-6 },
    { &ll_law_m3, { 40, 2e-9, 0.2 }, 1e-6 },
    { &ll_law_m4, { 1.5, 9, 20, 0.6, 0.2 }, 1e-6 },
    { &ll_law_data_constrained, { 1.8, 500, 1500, 0.35, 0.36, 12, 5 }, 1e-6 },
    { &ll_law_gadre, { 1.7, 150, 220, 0.17 }, 1e-6 },
    { &ll_law_bnsl2, { 0.4, 3, 0.06, 1.8, 4e7, 0.2, -0.9, 2e10, 0.15 }, 1e-6 },
    { &ll_law_bnsl3, { 0.4, 3, 0.06, 1.2, 2e7, 0.2, -0.9, 5e8, 0.15, 0.6, 3e10, 0.2 }, 1e-6 },
    { &ll_law_rosenfeld, { 300, 900, 0.2, 0.33, 0.36, 2 }, 1e-6 },
    { &ll_law_transfer, { 6e13, 0.08, 0.1, 2e10, 0.3, 0.35 }, 1e-6 },
    { &ll_law_precision, { 1.8, 400, 900, 0.34, 0.3, 2.67 }, 1e-6, 2, 16 },
    { &ll_law_vocabulary, { 1.2, 300, 20, 900, 0.34, 0.5, 0.3 }, 1e-6, 1e5, 1e9 },
    { &ll_law_vocabulary_unigram, { 5.5, 300, 20, 900, 0.34, 0.5, 0.3 }, 1e-6, 1e5, 1e9 },
    { &ll_law_clark, { -0.082, -0.108, 0.009, 1.104, 1.847, 314.478 }, 1e-6, 1, 512 },
    { &ll_law_krajewski, { 18.1, 0.115, 30.8, 0.147, 2.1, 0.58, 0.47 }, 1e-6, 1, 32 },
    { &ll_law_abnar,
      { 16612.50, 0.5962, 5455.67, 0.3954, 0.4598, -0.1666, 17.26, 0.1603, 0.1595, 0.94 },
      1e-6,
      0.02,
      1 },
    { &ll_law_sigmoid, { 0.5, 0.25, 4, 2.4 }, 1e-6, 1.8, 3.5 },
    { &ll_law_sigmoid, { 0.5, 0.25, -3, 2.4 }, 1e-6, 1.8, 3.5 },
    { &ll_law_sigmoid_log, { 0.6, 0.2, 0.7, 3e8 }, 1e-6 },
    { &ll_law_sigmoid_log, { 0.6, 0.2, -0.7, 3e8 }, 1e-6 },
    { &ll_law_overoptimised_bon, { 0.2, 0.3, 0.05 }, 1e-6, 0.2, 5 },
    { &ll_law_overoptimised_rl, { 0.2, 0.3, 0.12 }, 1e-6, 0.2, 9 },
    { &ll_law_loss_to_loss, { 0.9, 0.8, 1.2, 1.1 }, 1e-6, 1.9, 4 },
    { &ll_law_coverage, { 3.2, 0.4 }, 1e-6, 1, 10000 },
    { &ll_law_rule, { 0.3118, -0.125 }, 1e-6 },
    { &ll_law_rule_nd, { 1.79, -0.713, 0.307 }, 1e-6 },
    { &ll_law_farseer, { -0.124, 0.424, 0.123, 88.01, -6.287, -0.1, -0.021, -0.091, 0.169 } },
};
enum { LAWS = sizeof laws / sizeof *laws };

/* Central differences of two steps, combined after Richardson, against the analytic gradient. */
static double gradient_error(const ll_law *law, const double *params, const double *x) {
    double g[LL_LAW_MAX_PARAMS], at[LL_LAW_MAX_PARAMS], norm = 0, off = 0;
    memcpy(at, params, sizeof at);
    law->grad(at, x, g);
    for (int j = 0; j < law->n_params; j++) {
        double h = 1e-4 * fabs(at[j]), keep = at[j], d[2];
        for (int s = 0; s < 2; s++) {
            at[j] = keep + h / (1 << s);
            d[s] = law->eval(at, x);
            at[j] = keep - h / (1 << s);
            d[s] = (d[s] - law->eval(at, x)) / (2 * h / (1 << s));
        }
        at[j] = keep;
        off = fmax(off, fabs(((4 * d[1] - d[0]) / 3 - g[j]) * keep));
        norm = fmax(norm, fabs(g[j] * keep));
    }
    return off / norm;
}

static void gradients(void **state) {
    (void)state;
    static const double points[][LL_VAR_COUNT] = { { 1e6, 3e8, 1.8e15, 1e6, 1e8, 3e3 },
                                                   { 3e9, 5e11, 9e21, 4e8, 9e11, 5e5 },
                                                   { 7e9, 3e10, 1.3e21, 1e10, 1e9, 1e4 } };
    for (int k = 0; k < LAWS; k++)
        for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
            double at[LL_VAR_COUNT];
            memcpy(at, points[i], sizeof at);
            if (laws[k].x_lo > 0) at[LL_VAR_X] = ll_law_between(laws[k].x_lo, laws[k].x_hi, 0.1 + 0.35 * (double)i);
            double e = gradient_error(laws[k].law, laws[k].p, at);
            if (!(e < 1e-8)) fail_msg("%s, point %d: %g", laws[k].law->name, (int)i, e);
        }
    const double p[LL_LAW_MAX_PARAMS] = { 0.7, 30, 1.3 }, x[LL_VAR_COUNT] = { [LL_VAR_X] = 3 };
    assert_true(gradient_error(&ll_law_gadre_error, p, x) < 1e-8);
}

/* ---- known limits ---- */

static void limits(void **state) {
    (void)state;
    const double x[LL_VAR_COUNT] = { 1e9, 2e10, 1.2e20, 1e9, 1e12, 1e4 };
    const double c[] = { 1.7, 400, 2000, 0.34, 0.37 }, nest[] = { 1.7, 400, 2000, 0.34, 0.37, 1 };
    double L = ll_law_chinchilla.eval(c, x);
    assert_close(ll_law_nest.eval(nest, x), L, 1e-14);
    /* one pass, and parameters no more than match: Chinchilla */
    const double dc[] = { 1.7, 4000, 2000, 0.34, 0.37, 15, 5 }, few[LL_VAR_COUNT] = { 1e9, 2e10, 0, 0, 1e12 };
    const double as[] = { 1.7, 4000, 2000, 0.34, 0.37 };
    assert_close(ll_law_data_constrained.eval(dc, few), ll_law_chinchilla.eval(as, few), 1e-14);
    /* no break: a power law with a floor */
    const double b[] = { 0.5, 30, 0.2, 0, 1e9, 0.3 }, f[] = { 0.5, 30, 0.2 };
    assert_close(ll_law_bnsl.eval(b, x), ll_law_power_floor.eval(f, x), 1e-14);
    /* tied exponents in Gadre's letters: alpha = 2 eta, a = A 6^eta, b = B 6^eta with M on the other side */
    const double t[] = { 1.7, 400, 900, 0.34 }, g[] = { 1.7, 400 * pow(6, 0.17), 900 * pow(6, 0.17), 0.17 };
    assert_close(ll_law_gadre.eval(g, x), ll_law_chinchilla_tied.eval(t, x), 1e-13);
    /* M4's equation holds where it was solved */
    const double m[] = { 1.5, 9, 20, 0.6, 0.2 };
    double e = ll_law_m4.eval(m, x);
    assert_close((e - 1.5) / pow(9 - e, 0.6), 20 * pow(1e9, -0.2), 1e-12);
}

static double at_x(const ll_law *law, const double *p, double X) {
    return law->eval(p, (double[LL_VAR_COUNT]) { 1e9, 2e10, 1.2e20, X, 1e12, 1e4 });
}

static void limits_of_later_laws(void **state) {
    (void)state;
    const double c[] = { 1.7, 400, 2000, 0.34, 0.37 }, L = at_x(&ll_law_chinchilla, c, 1);
    /* a break without a change of slope is none */
    const double one[] = { 0.4, 3, 0.06, 1.8, 4e8, 0.2 }, two[] = { 0.4, 3, 0.06, 1.8, 4e8, 0.2, 0, 1e9, 0.3 };
    assert_close(at_x(&ll_law_bnsl2, two, 1e9), at_x(&ll_law_bnsl, one, 1e9), 1e-14);
    /* far beyond sharp breaks the slopes have added up: d ln (L - a) / d ln X = -(c0 + c1 + c2 + c3) */
    const double three[] = { 0, 3, 0.1, 0.2, 1e3, 0.1, -0.25, 1e4, 0.1, 0.4, 1e5, 0.1 };
    assert_close(log(at_x(&ll_law_bnsl3, three, 1e30) / at_x(&ll_law_bnsl3, three, 1e31)) / log(10), 0.45, 1e-9);
    /* weights of many bits are whole, of few a share of 1 - 1/e */
    const double pr[] = { 1.7, 400, 2000, 0.34, 0.37, 2.5 };
    assert_close(at_x(&ll_law_precision, pr, 1e3), L, 1e-14);
    assert_close(at_x(&ll_law_precision, pr, 2.5) - L, 400 * pow(1e9, -0.34) * (pow(1 - exp(-1), -0.34) - 1),
                 1e-10);
    /* infinitely fine experts, or a vocabulary without end: the terms of it are gone */
    const double kr[] = { 400, 0.34, 2000, 0.37, 7, 0.5, 1.7 }, vo[] = { 1.7, 400, 7, 2000, 0.34, 0.5, 0.37 };
    assert_close(at_x(&ll_law_krajewski, kr, 1e60), L, 1e-14);
    assert_close(at_x(&ll_law_vocabulary, vo, 1e60), L, 1e-14);
    /* one expert is a dense model of E_start; more and more saturate at E_max */
    const double cl[] = { -0.08, -0.1, 0.01, 1.1, 2, 300 };
    assert_close(log10(at_x(&ll_law_clark, cl, 1)), -0.08 * 9 + (-0.1 + 0.01 * 9) * log10(2) + 1.1, 1e-12);
    assert_close(log10(at_x(&ll_law_clark, cl, 1e15)), -0.08 * 9 + (-0.1 + 0.01 * 9) * log10(300) + 1.1, 1e-9);
    /* half way, a sigmoid is half way; a small error is the sum, a large one the guess */
    const double si[] = { 0.5, 0.25, 4, 2.4 }, sl[] = { 0.5, 0.25, 4, 1e9 };
    assert_close(at_x(&ll_law_sigmoid, si, 2.4), 0.5, 1e-14);
    assert_close(at_x(&ll_law_sigmoid_log, sl, 1e9), 0.5, 1e-14);
    /* highest where the paper's forms are, and one and the same slope of alpha at d = 1 but for beta */
    const double oo[] = { 0.2, 0.3, 0.12 };
    const double peak_bon = 0.3 / 0.24, peak_rl = exp(0.3 / 0.12 - 1);
    for (double off = 0.9; off < 1.2; off += 0.2) {
        assert_true(at_x(&ll_law_overoptimised_bon, oo, peak_bon * off) <
                    at_x(&ll_law_overoptimised_bon, oo, peak_bon));
        assert_true(at_x(&ll_law_overoptimised_rl, oo, peak_rl * off) <
                    at_x(&ll_law_overoptimised_rl, oo, peak_rl));
    }
    assert_close(at_x(&ll_law_overoptimised_rl, oo, 1), 0.5, 1e-14);
    assert_close(at_x(&ll_law_overoptimised_bon, oo, 1), 0.38, 1e-14);
    assert_true(at_x(&ll_law_sigmoid, si, 1) > 0.74 && at_x(&ll_law_sigmoid, si, 9) < 0.26);
    const double small[] = { 400e-8, 2000e-8, 1.7e-8, 0.34, 0.37, 1e8 }, guess[] = { 4e9, 2e9, 1, 0.34, 0.37, 0.9 };
    assert_close(at_x(&ll_law_rosenfeld, small, 1), L, 1e-12);
    assert_close(at_x(&ll_law_rosenfeld, guess, 1), 0.9, 1e-9);
    /* tokens that are worth k D^alpha N^beta of Kaplan's law */
    const double k[] = { 6.4e13, 1.8e13, 0.076, 0.103 }, worth = 2.1e5 * pow(2e10, 0.096) * pow(1e9, 0.38);
    const double tr[] = { 6.4e13, 0.076, 0.103, 1.8e13 / 2.1e5, 0.096, 0.38 };
    const double as[LL_VAR_COUNT] = { [LL_VAR_N] = 1e9, [LL_VAR_D] = worth };
    assert_close(at_x(&ll_law_transfer, tr, 1), ll_law_kaplan_nd.eval(k, as), 1e-12);
}

/* Kaplan's Table 3 and Muennighoff's D/N, reference 1.7 and 7.1. */
static void published_values(void **state) {
    (void)state;
    const ll_published *ns = ll_published_find("kaplan2020_ns"), *c4 = ll_published_find("muennighoff2023_c4");
    static const double golden[][3] = { { 1e8, 1e4, 3.10823 }, { 1e9, 1e4, 2.65285 }, { 1e9, 2.5e5, 2.37389 } };
    for (int i = 0; i < 3; i++) {
        const double x[LL_VAR_COUNT] = { [LL_VAR_N] = golden[i][0], [LL_VAR_S] = golden[i][1] };
        assert_true(fabs(ll_published_loss(ns, x) - golden[i][2]) < 6e-6);
    }
    const double *p = c4->params;
    ll_frontier f = ll_chinchilla_frontier(p[1], p[2], p[3], p[3]);
    assert_true(fabs(1 / (f.G * f.G) - 19.613) < 1e-3);
}

/* ---- planted laws come back ---- */

enum { SIDE = 7, DESIGN = SIDE * SIDE };

static void planted(void **state) {
    (void)state;
    double x[LL_VAR_COUNT][DESIGN], loss[DESIGN];
    for (int i = 0; i < DESIGN; i++) {
        x[LL_VAR_N][i] = 1e7 * pow(10, 0.4 * (i % SIDE));
        x[LL_VAR_D][i] = 3e8 * pow(10, 0.4 * (i / SIDE));
        x[LL_VAR_C][i] = 6 * x[LL_VAR_N][i] * x[LL_VAR_D][i];
        x[LL_VAR_U][i] = x[LL_VAR_D][i] / (1 << (i * 5 % 7));
        x[LL_VAR_S][i] = 500 * pow(10, 0.4 * (i / SIDE));
    }
    for (int k = 0; k < LAWS; k++) {
        ll_fit fit;
        ll_fit_data data = { .n = DESIGN, .loss = loss };
        for (int v = 0; v < LL_VAR_COUNT; v++) data.x[v] = x[v];
        for (int i = 0; i < DESIGN; i++) {
            double at[LL_VAR_COUNT],
                share = laws[k].law->vars == 1u << LL_VAR_X ? i / (DESIGN - 1.0) : i * 3 % 8 / 7.0;
            x[LL_VAR_X][i] = 1e6 * pow(10, 6.0 * i / DESIGN);
            if (laws[k].x_lo > 0) x[LL_VAR_X][i] = ll_law_between(laws[k].x_lo, laws[k].x_hi, share);
            for (int v = 0; v < LL_VAR_COUNT; v++) at[v] = x[v][i];
            loss[i] = laws[k].law->eval(laws[k].p, at);
        }
        int64_t starts = laws[k].law->n_params < 9 ? 24 : 240;
        assert_ok(ll_fit_run(&fit, laws[k].law, &data, &(ll_fit_opts) { .n_boot = -1, .n_starts = starts }, err));
        double worst = 0, worst_residual = 0;
        for (int j = 0; j < laws[k].law->n_params; j++)
            worst = fmax(worst, fabs(fit.params[j].value / laws[k].p[j] - 1));
        for (int i = 0; i < DESIGN; i++) worst_residual = fmax(worst_residual, fabs(fit.residual[i]));
        if (!(worst_residual < 1e-3 && (laws[k].within == 0 || worst < laws[k].within)))
            fail_msg("%s: parameters to %.1e, losses to %.1e", laws[k].law->name, worst, worst_residual);
        ll_fit_clear(&fit);
    }
}

/* ---- published fits ---- */

/* The document of one command over a public table. */
static ll_json *fitted(const char *table, const char *arguments) {
    static char out[1 << 16];
    char path[LL_PATH_MAX], command[2 * LL_PATH_MAX], err_text[1024];
    ll_json *doc;
    support_data(table, path);
    snprintf(command, sizeof command, "fit '%s' --json --bootstrap 0 %s", path, arguments);
    int code = support_run(".", command, out, sizeof out, err_text, sizeof err_text);
    if (code != 0) fail_msg("%s exits %d: %s", command, code, err_text);
    assert_ok(ll_json_parse(out, strlen(out), "standard output", &doc, err));
    return doc;
}

static void params_of(const ll_json *doc, const ll_law *law, double *p) {
    for (int j = 0; j < law->n_params; j++)
        p[j] = ll_json_get_num(ll_json_get(ll_json_get(doc, "params"), law->params[j].name), "value");
}

/* Muennighoff et al. 2023: R*_D 15.3878, R*_N 5.3097 at .01582594, and a lower optimum at 46.99, 2.330, .0158074.
 * Both are reported; lowest is R*_D 95.4, R*_N 1.71. */
static void datablations_optima(void **state) {
    (void)state;
    ll_json *doc = fitted("runs/datablations_182.csv",
                          "--law data_constrained --col unique_tokens=U_unique_tokens --fix "
                          "E=1.8691436784054485,A=520.8249516599187,B=1487.716093782861,alpha=0.3526596,"
                          "beta=0.3526596");
    const ll_json *optima = ll_json_get(ll_json_get(doc, "diagnostics"), "optima");
    bool published = false, lower = false;
    for (size_t k = 0; k < ll_json_size(optima); k++) {
        const ll_json *o = ll_json_at(optima, k), *p = ll_json_get(o, "params");
        double value = ll_json_get_num(o, "objective"), R_D = ll_json_get_num(p, "R*_D"),
               R_N = ll_json_get_num(p, "R*_N");
        lower = lower || (fabs(value - .0158074) < 5e-8 && fabs(R_D - 46.99) < 5e-3 && fabs(R_N - 2.330) < 5e-4);
        /* theirs stopped a hair above the bottom */
        published = published || (fabs(value - .01582594) < 1e-8 && fabs(R_D - 15.3878) < 0.02);
    }
    assert_true(lower && published);
    const ll_json *lowest = ll_json_get(ll_json_at(optima, 0), "params");
    assert_true(ll_json_get_num(ll_json_at(optima, 0), "objective") < .0158074);
    assert_true(fabs(ll_json_get_num(lowest, "R*_D") - 95.4) < .05 &&
                fabs(ll_json_get_num(lowest, "R*_N") - 1.71) < 5e-3);
    ll_json_free(doc);
}

/* The reference's own fit has an RMSLE of .0005985 over the 14 training points. */
static void bnsl_addition(void **state) {
    (void)state;
    ll_json *doc = fitted("runs/bnsl_4digit_addition.csv",
                          "--law bnsl --x tokens --objective ls_log --where 'is_train = 1' --col "
                          "tokens=train_set_size_examples,loss=test_cross_entropy_nats");
    assert_int_equal(ll_json_get_int(doc, "n", 0), 14);
    assert_true(sqrt(ll_json_get_num(ll_json_get(doc, "objective"), "value") / 14) <= .0005985);
    ll_json_free(doc);
}

/* Two and three breaks, of which one is the special case, fit no worse. */
static void bnsl_more_breaks(void **state) {
    (void)state;
    static const char *const names[] = { "bnsl", "bnsl2", "bnsl3" };
    double least = INFINITY;
    for (int k = 0; k < 3; k++) {
        char arguments[256];
        snprintf(arguments, sizeof arguments,
                 "--law %s --x train_set_size_examples --objective ls_log --where 'is_train = 1' --col "
                 "loss=test_cross_entropy_nats",
                 names[k]);
        ll_json *doc = fitted("runs/bnsl_4digit_addition.csv", arguments);
        double value = ll_json_get_num(ll_json_get(doc, "objective"), "value");
        if (!(value <= least * (1 + 1e-9))) fail_msg("%s: %g after %g", names[k], value, least);
        assert_string_equal(ll_json_get_str(ll_json_get(doc, "convention"), "x_column"), "train_set_size_examples");
        least = value;
        ll_json_free(doc);
    }
}

/* Gadre et al. 2024: from five small runs (M = 20 of four sizes, 320 of the smallest) the relative error of the C4
 * loss of RPJ-trained models is 0.7103 % at 1.4B with M = 640 and 0.7320 % at 6.9B with M = 20. */
static void gadre_errors(void **state) {
    (void)state;
    static const struct {
        double N, D, loss, percent;
    } golden[] = { { 1439795200, 921468928000, 2.502053562117363, .7103 },
                   { 6889410560, 137788211200, 2.424993099368689, .7320 } };
    ll_json *doc =
        fitted("runs/gadre_overtraining_c4_rpj.csv",
               "--law gadre --objective ls --col "
               "params=N_params,tokens=D_tokens,flops=C_flop_6ND,loss=loss_c4_val --where 'dataset_name = "
               "rpj and N_params < 5e8 and cc_mult >= 1 and tok_mult != 40 and tok_mult != 80 and tok_mult "
               "!= 160 and tok_mult != 640 and name != \"rpj-d=512_l=8_h=4-16.0\" and name != "
               "\"rpj-d=576_l=24_h=8-16.0\" and name != \"rpj-d=1024_l=24_h=8-16.0\"'");
    double p[LL_LAW_MAX_PARAMS];
    assert_int_equal(ll_json_get_int(doc, "n", 0), 5);
    params_of(doc, &ll_law_gadre, p);
    for (int i = 0; i < 2; i++) {
        const double x[LL_VAR_COUNT] = { golden[i].N, golden[i].D };
        double error = 100 * fabs(ll_law_gadre.eval(p, x) - golden[i].loss) / golden[i].loss;
        assert_true(fabs(error - golden[i].percent) < 5.1e-5);
    }
    ll_json_free(doc);
}

/* Tables with a known end: of four choices a model that knows nothing gets one in four right. */
static void chance(void **state) {
    (void)state;
    ll_json *mmlu = fitted("runs/obs_base_llm_benchmarks.csv",
                           "--law sigmoid_log --x 'FLOPs (1E21)' --col loss=MMLU,flops= --objective ls "
                           "--where '\"FLOPs (1E21)\" > 0'");
    ll_json *arc = fitted("runs/gadre_overtraining_c4_rpj.csv",
                          "--law gadre_error --x loss_c4_val --col loss=err_arc_easy --objective ls "
                          "--where 'dataset_name = rpj'");
    double b = ll_json_get_num(ll_json_get(ll_json_get(mmlu, "params"), "b"), "value");
    double epsilon = ll_json_get_num(ll_json_get(ll_json_get(arc, "params"), "epsilon"), "value");
    if (!(fabs(b - 0.25) < 0.02)) fail_msg("MMLU begins at %g", b);
    if (!(fabs(epsilon - 0.75) < 0.02)) fail_msg("ARC-Easy's error begins at %g", epsilon);
    ll_json_free(mmlu);
    ll_json_free(arc);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients),
        cmocka_unit_test(limits),
        cmocka_unit_test(limits_of_later_laws),
        cmocka_unit_test(published_values),
        cmocka_unit_test(planted),
        cmocka_unit_test(datablations_optima),
        cmocka_unit_test(bnsl_addition),
        cmocka_unit_test(bnsl_more_breaks),
        cmocka_unit_test(gadre_errors),
        cmocka_unit_test(chance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
