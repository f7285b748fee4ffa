/* The report of a table, of a saved fit and of a store: the same question has the answer that 'plan' gives, sealed
 * forecasts appear with the runs that they stand on, and what is asked badly is refused in one line. */
#define _GNU_SOURCE
#include "scratch.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/document/json.h"
#include "decide/plan/plan.h"
#include "planted.h"
#include "report/figures/figures_fan.h"

#define QUICK " --bootstrap 40"

static char out[1 << 17], err_text[4096];

static int setup(void **state) {
    (void)state;
    static planted plant;
    char text[1 << 15], path[LL_PATH_MAX];
    size_t used = (size_t)snprintf(text, sizeof text, "name,N,D,val_loss,kept\n");
    support_folder(folder);
    planted_make(&plant, 4, 10, 6, 0.004, 1);
    for (int64_t i = 0; i < plant.n; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "r%d,%.17g,%.17g,%.17g,%d\n", (int)i, plant.N[i],
                                 plant.D[i], i % 7 ? plant.L[i] : 2 * plant.L[i], i % 7 != 0);
    support_write(folder, "runs.csv", text, used, path);
    return 0;
}

static int call(const char *arguments) {
    return support_run(folder, arguments, out, sizeof out, err_text, sizeof err_text);
}

static void done(const char *arguments) {
    const int code = call(arguments);
    if (code != 0) fail_msg("'%s' exits %d: %s", arguments, code, err_text);
}

static bool exists(const char *name) {
    char path[LL_PATH_MAX];
    assert_ok(ll_file_join(path, folder, name, err));
    return access(path, F_OK) == 0;
}

static char *slurp(const char *name) {
    char path[LL_PATH_MAX], *text;
    assert_ok(ll_file_join(path, folder, name, err));
    assert_ok(ll_file_read(path, 64u << 20, &text, NULL, err));
    return text;
}

static char *reported(const char *arguments) {
    char command[1024];
    snprintf(command, sizeof command, "report %s" QUICK " --out page.html", arguments);
    done(command);
    return slurp("page.html");
}

static ll_json *planned(const char *command) {
    ll_json *doc;
    done(command);
    assert_ok(ll_json_parse(out, strlen(out), "standard output", &doc, err));
    return doc;
}

/* All digits of a number stand in its tool tip. */
static void page_holds(const char *html, const ll_json *plan, const char *key, const char *name) {
    char cell[64];
    snprintf(cell, sizeof cell, "title=\"%.17g\"", ll_json_get_num(ll_json_get(plan, key), "value"));
    if (!strstr(html, cell)) fail_msg("%s: the page has no cell %s", name, cell);
}

static void page_answers(const char *html, const ll_json *plan) {
    static const char *const keys[] = { "params", "tokens", "loss", "law_loss" };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) page_holds(html, plan, keys[i], keys[i]);
}

/* ---- one question, one answer ---- */

static const struct {
    const char *report, *plan;
} questions[] = {
    { "--budget 1e24", "--flops 1e24" },
    { "--budget '512xH100 30d'", "--gpus 512xH100 --days 30 --utilisation 0.44" },
    { "--params 7e9 --tokens 1e12", "--params 7e9 --tokens 1e12" },
    { "--budget 1e23 --unique-tokens 1e11", "--flops 1e23 --unique-tokens 1e11" },
    { "--budget 1e23 --inference-tokens 1e13", "--flops 1e23 --inference-tokens 1e13" },
    { "--budget 1e23 --params 3e9", "--flops 1e23 --params 3e9" },
};

static void a_table_is_planned_for_as_plan_does(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
        char command[512];
        snprintf(command, sizeof command, "runs.csv --where 'kept = 1' %s", questions[i].report);
        char *html = reported(command);
        snprintf(command, sizeof command, "plan runs.csv --where 'kept = 1'" QUICK " %s --json", questions[i].plan);
        ll_json *plan = planned(command);
        page_answers(html, plan);
        ll_json_free(plan);
        free(html);
    }
}

static void a_saved_fit_reports_as_its_table(void **state) {
    (void)state;
    done("fit runs.csv --where 'kept = 1'" QUICK " --save fit.json --no-plot");
    char *html = reported("--fit fit.json --budget 1e24");
    ll_json *plan = planned("plan runs.csv --where 'kept = 1'" QUICK " --flops 1e24 --json");
    page_answers(html, plan);
    assert_non_null(strstr(html, "The runs of a saved fit"));
    ll_json_free(plan);
    free(html);
}

/* The command that stands beside a plan, as a reader copies it out of the page. */
static void copied(const char *html, char *to, size_t size) {
    const char *from = strstr(html, "loglog plan ");
    size_t n = 0;
    assert_non_null(from);
    for (from += strlen("loglog "); *from != '<' && n + 1 < size;) {
        const bool quote = strncmp(from, "&#39;", 5) == 0;
        assert_true(quote || *from != '&');
        to[n++] = quote ? '\'' : *from;
        from += quote ? 5 : 1;
    }
    to[n] = 0;
}

static void the_command_beside_a_plan_gives_it_again(void **state) {
    (void)state;
    char command[1024];
    char *html = reported("runs.csv --where 'kept = 1' --delta 0.01 --budget 1e24");
    copied(html, command, sizeof command - 8);
    assert_non_null(strstr(command, "--where 'kept = 1'"));
    strcat(command, " --json");
    ll_json *plan = planned(command);
    page_answers(html, plan);
    ll_json_free(plan);
    free(html);
}

/* A run far from the best size is dear, and no sign that the law is wrong. */
static void a_settled_size_does_not_speak_against_the_law(void **state) {
    (void)state;
    char *html = reported("runs.csv --where 'kept = 1' --params 1e8 --tokens 1e12");
    assert_null(strstr(html, "does not follow"));
    assert_non_null(strstr(html, "Against the best size for the same compute"));
    free(html);
    done("plan runs.csv --where 'kept = 1'" QUICK " --params 1e8 --tokens 1e12");
    assert_null(strstr(out, "does not follow"));
}

/* ---- words ---- */

static void a_table_is_no_ladder(void **state) {
    (void)state;
    char *html = reported("runs.csv --where 'kept = 1'");
    static const char *const says[] = { "The runs of runs.csv, their scaling laws and their forecast",
                                        "parameters (count not stated)", "20 runs, " };
    static const char *const says_not[] = { "A ladder of models", "this ladder", "How every run was trained",
                                            "unstated count" };
    for (size_t i = 0; i < sizeof says / sizeof *says; i++)
        if (!strstr(html, says[i])) fail_msg("the page does not say '%s'", says[i]);
    for (size_t i = 0; i < sizeof says_not / sizeof *says_not; i++)
        if (strstr(html, says_not[i])) fail_msg("the page says '%s'", says_not[i]);
    free(html);
}

/* Of kaplan_nd the first parameter is no floor, and Hoffmann's formula is not its frontier. */
static void another_law_is_not_read_as_chinchilla(void **state) {
    (void)state;
    char *html = reported("runs.csv --where 'kept = 1' --law kaplan_nd --budget 1e24");
    assert_null(strstr(html, "floor of the loss"));
    assert_null(strstr(html, "towards a floor"));
    assert_null(strstr(html, "to the power –"));
    assert_null(strstr(html, "Compute-optimal size and tokens by the law"));
    free(html);
}

/* ---- sealed forecasts ---- */

static void a_forecast_appears_with_the_runs_that_it_stands_on(void **state) {
    (void)state;
    char path[LL_PATH_MAX], *other = slurp("runs.csv");
    other[strlen(other) - 2] = '0'; /* the last run is not kept: another table */
    support_write(folder, "other.csv", other, strlen(other), path);
    done("forecast seal runs.csv --where 'kept = 1'" QUICK " --params 2e10 --tokens 4e11 --run big --store s.db");
    char *html = reported("runs.csv --where 'kept = 1' --store s.db");
    assert_non_null(strstr(html, "The sealed distribution"));
    assert_non_null(strstr(html, "sealed forecast</text>")); /* in the legend of the fan */
    free(html);
    html = reported("other.csv --where 'kept = 1' --store s.db");
    assert_null(strstr(html, "The sealed distribution"));
    free(html);
    free(other);
}

/* ---- the fan ---- */

static ll_evidence *gathered(void) {
    static const ll_study_opts opts = { .law = NULL, .fit = { .n_boot = 40 } };
    char path[LL_PATH_MAX], store[LL_PATH_MAX];
    ll_study study;
    ll_evidence *e;
    ll_study_opts how = opts;
    how.law = ll_law_find("chinchilla");
    how.table.where = "kept = 1";
    assert_ok(ll_file_join(path, folder, "runs.csv", err));
    assert_ok(ll_file_join(store, folder, "none.db", err));
    assert_ok(ll_study_read(&study, path, NULL, &how, err));
    assert_ok(ll_study_fit(&study, err));
    assert_ok(ll_evidence_gather(&e, &(ll_evidence_opts) { .store = store, .study = &study }, err));
    return e;
}

/* It is the study's forecast of the best run of each budget, from the largest run to the farthest plan. */
static void the_fan_is_the_forecast_of_the_best_runs(void **state) {
    (void)state;
    ll_evidence *e = gathered();
    double lo, hi, N, D;
    assert_true(ll_evidence_span(e, &lo, &hi));
    assert_int_equal(e->fan.n, LL_EVIDENCE_FAN);
    assert_close(e->fan.at[0].flops, hi, 1e-6);
    assert_close(e->fan.at[e->fan.n - 1].flops, 100 * hi, 1e-6);
    for (int i = 0; i < e->fan.n; i += 8) {
        const ll_outlook *o = &e->fan.at[i];
        ll_outlook again;
        assert_ok(ll_plan_best_run(&e->study, o->flops, 0, &N, &D, err));
        assert_ok(ll_study_outlook(&e->study, N, D, 0, &again, err));
        for (int q = 0; q < LL_FORECAST_QUANTILES; q++) {
            assert_close(o->forecast.quantile[q], again.forecast.quantile[q], 1e-6);
            assert_true(q == 0 || o->forecast.quantile[q] > o->forecast.quantile[q - 1]);
        }
        assert_close(o->forecast.quantile[LL_FORECAST_MEDIAN], planted_loss(N, D), 0.1);
    }
    ll_evidence_free(e);
}

/* Bands one within the other, in the figure of compute and in that panel of the triptych alone. */
static int fans_in(const ll_figure *f) {
    int bands = 0;
    for (int64_t i = 0; i < f->n_series; i++)
        bands += f->series[i].kind == LL_SERIES_BAND && strncmp(f->series[i].label, "forecast, ", 10) == 0;
    return bands;
}

static void the_fan_stands_in_the_figure_of_compute(void **state) {
    (void)state;
    ll_evidence *e = gathered();
    ll_figure *c, *three;
    assert_ok(ll_figure_of_c(&c, e, err));
    assert_ok(ll_figure_triptych(&three, e, err));
    assert_int_equal(fans_in(c), 3);
    assert_int_equal(fans_in(three), 3);
    assert_int_equal(fans_in(three->beside), 0);
    assert_true(three->x.hi > e->fan.at[e->fan.n - 1].flops || three->x.hi == 0);
    ll_figure_free(c);
    ll_figure_free(three);
    ll_evidence_free(e);
}

/* Nested shades around one line, and what came as a mark on it. */
static void a_sealed_forecast_is_one_bar(void **state) {
    (void)state;
    ll_evidence *e = gathered();
    ll_sealed sealed = { .run = -1, .came = true, .score = { .outcome = 1.98 } };
    ll_figure *f;
    int bands = 0, marks = 0;
    for (int q = 0; q < LL_FORECAST_QUANTILES; q++) sealed.seal.forecast.quantile[q] = 1.9 + 0.02 * q;
    strcpy(sealed.seal.forecast.run, "00aa/big"); /* no run of the store: its ladder's id says nothing there */
    free(e->sealed);
    e->sealed = malloc(sizeof sealed);
    assert_non_null(e->sealed);
    *e->sealed = sealed;
    e->n_sealed = 1;
    assert_ok(ll_figure_forecast(&f, e, err));
    double y = NAN, opacity = 0, width = INFINITY;
    for (int64_t i = 0; i < f->n_series; i++) {
        const ll_series *s = &f->series[i];
        if (s->kind == LL_SERIES_POINTS) {
            marks++;
            assert_true(s->n == 1 && s->marks[0].x == 1.98 && s->marks[0].y == y);
        }
        if (s->kind != LL_SERIES_BAND) continue;
        bands++;
        assert_true(isnan(y) || s->marks[0].y == y);
        y = s->marks[0].y;
        assert_true(s->opacity > opacity && s->marks[1].x - s->marks[0].x < width);
        opacity = s->opacity;
        width = s->marks[1].x - s->marks[0].x;
    }
    assert_int_equal(bands, 3);
    assert_int_equal(marks, 1);
    assert_int_equal(strncmp(f->notes[0].text, "big: median 2, ", 15), 0);
    ll_figure_free(f);
    ll_evidence_free(e);
}

/* A run of a store may come without FLOPs: they are 6 N D. */
static void runs_without_flops_count_six_n_d(void **state) {
    (void)state;
    ll_run runs[2];
    ll_evidence e = { .runs = runs, .n_runs = 2, .params_are = LL_PARAMS_TOTAL };
    double lo, hi;
    for (int i = 0; i < 2; i++) {
        ll_run_init(&runs[i]);
        runs[i].state = LL_RUN_DONE;
        runs[i].loss = 2;
        runs[i].params_total = 1e6;
        runs[i].tokens = 1e8;
    }
    runs[1].flops = 1e17;
    assert_true(ll_evidence_span(&e, &lo, &hi));
    assert_close(lo, 6e14, 1e-12);
    assert_close(hi, 1e17, 1e-12);
}

/* ---- refusals ---- */

/* Of more runs than a page has room for some are shown, with the largest; the law and the counts are those of all. */
static void of_very_many_runs_some_are_shown(void **state) {
    (void)state;
    enum { N = 4400 };
    static char text[1 << 19];
    char path[LL_PATH_MAX];
    size_t used = (size_t)snprintf(text, sizeof text, "run,params,tokens,loss\n");
    for (int i = 0; i < N; i++) {
        const double P = 1e6 * pow(1e3, (i % 90) / 90.0), D = 1e8 * pow(1e3, (i / 90) / 100.0);
        used += (size_t)snprintf(text + used, sizeof text - used, "m%d,%.0f,%.0f,%.5f\n", i, P, D,
                                 (1.7 + 400 / pow(P, 0.34) + 410 / pow(D, 0.28)) * (1 + 0.002 * (i * 7 % 5 - 2)));
    }
    support_write(folder, "many.csv", text, used, path);
    done("runs import many.csv --store many.db");
    char *page = reported("--store many.db");
    assert_non_null(strstr(page, "2201 of 4400 runs are shown"));
    assert_non_null(strstr(page, "4400 runs, 1.00M to"));
    assert_non_null(strstr(page, ">m4319</th>")); /* the largest, which is no second one */
    assert_non_null(strstr(page, ">m0</th>"));
    assert_null(strstr(page, ">m1</th>"));
    assert_null(strstr(page, "No run is left out"));
    free(page);
}

static void bad_questions_are_refused(void **state) {
    (void)state;
    static const char *const bad[][2] = {
        { "--budget 64xH100", "expected FLOPs such as 1e23" },
        { "--budget '64xH100 30d x'", "expected FLOPs such as 1e23" },
        { "--budget '64xFOO 30d'", "no accelerator 'FOO'" },
        { "--budget '0xH100 3d'", "COUNTxDEVICE" },
        { "--budget 'H100 30d'", "expected FLOPs such as 1e23" },
        { "--budget '64xH100 0d'", "expected FLOPs such as 1e23" },
        { "--budget '64xH100 -3d'", "expected FLOPs such as 1e23" },
        { "--budget 0", "expected FLOPs such as 1e23" },
        { "--budget -1e20", "expected FLOPs such as 1e23" },
        { "--budget nan", "expected FLOPs such as 1e23" },
        { "--budget '$-3'", "expected FLOPs such as 1e23" },
        { "--params 7e9", "no question" },
        { "--params 7e9 --tokens 1e12 --budget 1e23", "leave out --budget" },
        { "--unique-tokens 1e9", "no question" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char command[256];
        snprintf(command, sizeof command, "report runs.csv %s --out refused.html", bad[i][0]);
        assert_int_equal(call(command), 2);
        if (!strstr(err_text, bad[i][1])) fail_msg("%s: %s", bad[i][0], err_text);
        assert_ptr_equal(strchr(err_text, '\n'), err_text + strlen(err_text) - 1);
        if (strncmp(bad[i][0], "--budget", 8) == 0) assert_non_null(strstr(err_text, "--budget is"));
        assert_false(exists("refused.html"));
    }
}

/* In which unit the losses are, and what becomes of a table in bits. */
static void another_unit_is_named(void **state) {
    (void)state;
    static const char bits[] = "params,tokens,val_bpb,acc\n1e7,2e8,1.5,0.2\n2e7,4e8,1.4,0.3\n4e7,8e8,1.3,0.4\n"
                               "1e8,2e9,1.2,0.5\n2e8,4e9,1.1,0.6\n4e8,8e9,1.05,0.65\n8e8,2e10,1.01,0.7\n";
    char path[LL_PATH_MAX];
    support_write(folder, "bits.csv", bits, sizeof bits - 1, path);
    static const char *const verbs[] = { "report bits.csv --out refused.html", "plot bits.csv --out refused.svg",
                                         "forecast seal bits.csv --params 1e9 --tokens 1e10 --store refused.db" };
    for (int v = 0; v < 3; v++) {
        assert_int_equal(call(verbs[v]), 2);
        assert_non_null(strstr(err_text, "'runs import' converts a table that has bytes_per_token"));
    }
    assert_int_equal(call("report bits.csv --y acc --out refused.html"), 2);
    assert_non_null(strstr(err_text, "the losses of bits.csv in acc\n"));
    assert_false(exists("refused.html"));
}

/* Without a program that prints, the page is there and the PDF is said to be not. */
static void a_pdf_that_cannot_be_printed_is_said(void **state) {
    (void)state;
    char *command, *path = strdup(getenv("PATH") ? getenv("PATH") : "");
    assert_true(asprintf(&command, "mkdir '%s/bin' && ln -s \"$(command -v timeout)\" '%s/bin'", folder, folder) >
                0);
    assert_int_equal(system(command), 0);
    free(command);
    assert_true(asprintf(&command, "%s/bin", folder) > 0);
    setenv("PATH", command, 1);
    const int code = call("report runs.csv --where 'kept = 1'" QUICK " --out alone.html --pdf alone.pdf");
    setenv("PATH", path, 1);
    free(command);
    free(path);
    if (code == 127) {
        print_message("SKIPPED: the program does not start without its PATH here\n");
        skip();
    }
    assert_int_equal(code, 1);
    assert_non_null(strstr(err_text, "no PDF was made: neither chromium nor weasyprint is installed"));
    assert_true(exists("alone.html"));
    assert_false(exists("alone.pdf"));
}

/* The first run of a ladder: no law yet, but a place on the axes. */
static void a_lone_run_is_drawn(void **state) {
    (void)state;
    static const char one[] = "run,params,tokens,loss\na,1e6,1e8,3\n";
    char path[LL_PATH_MAX];
    support_write(folder, "one.csv", one, strlen(one), path);
    done("runs import one.csv --store one.db");
    done("plot triptych --store one.db --out one.svg");
    char *svg = slurp("one.svg");
    assert_non_null(strstr(svg, "No law of C: too few budgets."));
    free(svg);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_is_planned_for_as_plan_does),
        cmocka_unit_test(a_saved_fit_reports_as_its_table),
        cmocka_unit_test(the_command_beside_a_plan_gives_it_again),
        cmocka_unit_test(a_settled_size_does_not_speak_against_the_law),
        cmocka_unit_test(a_table_is_no_ladder),
        cmocka_unit_test(another_law_is_not_read_as_chinchilla),
        cmocka_unit_test(a_forecast_appears_with_the_runs_that_it_stands_on),
        cmocka_unit_test(the_fan_is_the_forecast_of_the_best_runs),
        cmocka_unit_test(the_fan_stands_in_the_figure_of_compute),
        cmocka_unit_test(a_sealed_forecast_is_one_bar),
        cmocka_unit_test(runs_without_flops_count_six_n_d),
        cmocka_unit_test(of_very_many_runs_some_are_shown),
        cmocka_unit_test(bad_questions_are_refused),
        cmocka_unit_test(another_unit_is_named),
        cmocka_unit_test(a_lone_run_is_drawn),
        cmocka_unit_test(a_pdf_that_cannot_be_printed_is_said),
    };
    return cmocka_run_group_tests(tests, setup, scratch_remove);
}
