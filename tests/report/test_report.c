/* The page of a planted ladder: what it holds, what it says of nothing, of hostile names, of a broken outcome; and
 * the verbs that write it. */
#define _POSIX_C_SOURCE 200809L
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "hostile.h"
#include "loglog/units.h"
#include "planted_ladder.h"
#include "report/figures/figures.h"

/* ---- the report ---- */

/* Nothing is fetched: the only addresses are XML's names of SVG and XLink. */
static void assert_self_contained(const char *html) {
    assert_int_equal(count(html, "://"), count(html, "xmlns=\"http://www.w3.org/2000/svg\"") +
                                             count(html, "xmlns:xlink=\"http://www.w3.org/1999/xlink\""));
    assert_int_equal(count(html, "<script"), 1); /* ours, which stands in the page */
    assert_non_null(strstr(html, "<script>\n(function(){'use strict';"));
    assert_non_null(strstr(html, "content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-"));
    assert_null(strstr(html, "@import"));
    assert_null(strstr(html, "url("));
    assert_null(strstr(html, " src="));
}

static void report_of_planted_runs_holds_everything(void **state) {
    (void)state;
    char folder[LL_PATH_MAX], store[LL_PATH_MAX], missing[LL_ERROR_MAX];
    ll_status s;
    support_folder(folder);
    assert_ok(ll_file_join(store, folder, "loglog.db", err));
    int n = plant(store, "planted");
    char *html = report_of(folder, store, NULL, &s, missing);
    assert_int_equal(s, LL_OK);
    assert_string_equal(missing, "");
    assert_non_null(strstr(html, "all that are done, among them 1 once held out and scored since"));
    assert_non_null(strstr(html, ">once held out, fitted since its score<"));
    assert_non_null(strstr(html, ">once held out, fitted<")); /* in the legend of the residuals */
    assert_null(strstr(html, "done and not held out"));
    assert_balanced(html, VOIDS);
    assert_self_contained(html);
    assert_int_equal(count(html, "<svg "), 11);
    assert_true(strlen(html) < 1 << 20);
    assert_non_null(strstr(html, "prefers-color-scheme:dark"));
    assert_non_null(strstr(html, "@media print{"));
    static const char *const sizes[] = { "12.0\"", "12.90\"", "15.0\"", "15.00\"",
                                         "17.25\"" }; /* raised, in the plot, else, title */
    int known = 0;
    for (int i = 0; i < 5; i++) {
        char size[32];
        snprintf(size, sizeof size, "font-size=\"%s", sizes[i]);
        known += count(html, size);
    }
    assert_int_equal(count(html, "font-size=\""), known); /* the same in every figure */
    assert_true(strstr(html, "id=\"figure-triptych\"") < strstr(html, "id=\"decision\"")); /* at the top */
    assert_non_null(strstr(html, "wild resampling"));  /* of a law of few runs, by its own rule */
    assert_null(strstr(html, "<section id=\"gate\"")); /* without content: folded */
    assert_non_null(strstr(html, "<details class=\"empty\" id=\"gate\">"));
    assert_non_null(strstr(html, "<title>last-30: N 2.40M, D 8.80M")); /* what a mark says when pointed at */
    assert_non_null(strstr(html, "the 90 % interval covered it"));
    assert_non_null(strstr(html, "2026-01-02T03:30:00Z")); /* when it was sealed */
    assert_non_null(strstr(html, "loglog run planted.yaml --minutes 4"));
    assert_non_null(strstr(html, "aaaaaaaaaaaaaaaa"));
    assert_non_null(strstr(html, "dddddddddddddddd"));
    assert_non_null(strstr(html, "<details>"));
    for (int i = 0; i < n; i++) { /* in each of the two tables of runs */
        char name[64], arm[16] = "last";
        if (i < n - 1) snprintf(arm, sizeof arm, "c%d", i / 6);
        snprintf(name, sizeof name, "%s-%02d\">%s-%02d</th>", arm, i, arm, i);
        assert_int_equal(count(html, name), 2);
    }
    free(html);
    support_remove(folder);
}

/* The planted law comes back through the store: what the report shows is what the runs say. */
static void evidence_finds_the_planted_law(void **state) {
    (void)state;
    char folder[LL_PATH_MAX], store[LL_PATH_MAX];
    ll_evidence *e;
    support_folder(folder);
    assert_ok(ll_file_join(store, folder, "loglog.db", err));
    int n = plant(store, "planted");
    assert_ok(ll_evidence_gather(&e, &(ll_evidence_opts) { .store = store }, err));
    assert_int_equal(e->n_runs, n);
    assert_int_equal(e->study.data.n, n); /* the run that was held out is scored: an observation like the others */
    assert_int_equal(e->n_sealed, 1);
    assert_true(e->sealed[0].came && e->sealed[0].score.covered90);
    assert_close(e->bytes_per_token, 1.01, 1e-12);
    assert_close(e->study.fit.params[0].value, 0.9, 0.05);
    assert_close(e->study.fit.params[3].value, 0.33, 0.1);
    assert_int_equal(e->lines.n_valleys, 5);
    for (int64_t i = 0; i < e->n_runs; i++) assert_true(fabs(ll_evidence_residual(e, &e->runs[i])) < 0.03);
    ll_evidence_free(e);
    support_remove(folder);
}

static void report_of_nothing_says_so(void **state) {
    (void)state;
    char folder[LL_PATH_MAX], store[LL_PATH_MAX], missing[LL_ERROR_MAX], *html;
    ll_status s;
    ll_store *db;
    support_folder(folder);
    assert_ok(ll_file_join(store, folder, "loglog.db", err));
    html = report_of(folder, store, NULL, &s, missing); /* no store at all */
    assert_int_equal(s, LL_OK);
    assert_balanced(html, VOIDS);
    assert_non_null(strstr(html, "There is no run yet"));
    assert_int_equal(count(html, "<section id="), 5); /* decision, plan, laws, figures and provenance speak */
    assert_true(count(html, "<details class=\"empty\"") > 10);
    free(html);
    ll_ladder l = planted_ladder("lonely"); /* a ladder of one run that failed */
    ll_run r = planted_run(&l, 0, "only", 1e4, 1e6);
    r.state = LL_RUN_FAILED;
    r.loss = NAN;
    strcpy(r.failure, "loss is not finite at step 12");
    assert_ok(ll_store_open(&db, store, LL_STORE_WRITE, err));
    assert_ok(ll_store_put_ladder(db, &l, err));
    assert_ok(ll_store_put_run(db, &r, err));
    ll_store_close(db);
    html = report_of(folder, store, NULL, &s, missing);
    assert_int_equal(s, LL_OK);
    assert_balanced(html, VOIDS);
    assert_int_equal(count(html, "<svg "), 0);
    assert_non_null(strstr(html, "No forecast of these runs is sealed"));
    assert_non_null(strstr(html, "only-00 failed: loss is not finite at step 12"));
    free(html);
    support_remove(folder);
}

static void report_escapes_hostile_names(void **state) {
    (void)state;
    char folder[LL_PATH_MAX], store[LL_PATH_MAX], missing[LL_ERROR_MAX], *html;
    ll_status s;
    ll_store *db;
    support_folder(folder);
    assert_ok(ll_file_join(store, folder, "loglog.db", err));
    plant(store, "<script>alert('ladder')</script>");
    assert_ok(ll_store_open(&db, store, LL_STORE_WRITE, err));
    ll_ladder l = planted_ladder("<img src=x onerror=alert(1)>");
    l.spec = (char *)HOSTILE;
    l.data = (char *)"{\"<b>\":\"<script>\",\"n\":{\"a\":\"</dd>\"}}";
    snprintf(l.command, sizeof l.command, "%s", HOSTILE);
    assert_ok(ll_store_put_ladder(db, &l, err));
    ll_run r = planted_run(&l, 99, "evil", 1e5, 1e7);
    strcpy(r.name, "\"><script>alert('run')</script>");
    strcpy(r.family, "<i>");
    strcpy(r.host, "&<>\"'");
    strcpy(r.failure, "<b>");
    put_run(db, &r);
    ll_store_close(db);
    html = report_of(folder, store, NULL, &s, missing);
    assert_int_equal(s, LL_OK);
    assert_balanced(html, VOIDS);
    assert_int_equal(count(html, "<script"), 1); /* the page's own */
    assert_null(strstr(html, "<img"));
    assert_null(strstr(html, "<b>"));
    assert_non_null(strstr(html, "&quot;&gt;&lt;script&gt;alert(&#39;run&#39;)&lt;/script&gt;"));
    free(html);
    support_remove(folder);
}

/* Changes the loss of the ladder's held-out run in the table of runs, as rot or a hand would. */
static void change_loss(ll_store *s, double times) {
    ll_run *runs;
    int64_t n;
    assert_ok(ll_store_list_runs(s, "", -1, "role = 'forecast'", &runs, &n, err));
    assert_int_equal(n, 1);
    runs->loss *= times;
    assert_ok(ll_store_put_run(s, runs, err));
    free(runs);
}

/* Seals a second forecast of the planted ladder, and an outcome of so many times its median. */
static void seal_and_judge(ll_store *s, double times) {
    ll_ladder l = planted_ladder("planted");
    ll_run target = planted_run(&l, 90, "later", 3e6, 9e6);
    ll_seal sealed;
    bool found;
    seal(s, &l, &target);
    assert_ok(ll_seal_find(s, target.id, &sealed, &found, err));
    assert_true(found);
    assert_ok(ll_seal_outcome(s, &sealed, times * sealed.forecast.quantile[LL_FORECAST_MEDIAN], err));
}

static void shows(const char *folder, const char *store, const char *text, bool there) {
    char missing[LL_ERROR_MAX];
    ll_status status;
    char *html = report_of(folder, store, NULL, &status, missing);
    assert_non_null(html);
    if (!strstr(html, text) == there) fail_msg("'%s' is %s", text, there ? "missing" : "shown");
    free(html);
}

/* What came is what was sealed: a loss that changed in the table of runs is said to differ, and is no outcome. */
static void the_sealed_outcome_is_what_came(void **state) {
    (void)state;
    char folder[LL_PATH_MAX], store[LL_PATH_MAX];
    ll_store *s;
    support_folder(folder);
    assert_ok(ll_file_join(store, folder, "loglog.db", err));
    plant(store, "planted");
    shows(folder, store, "one of the two was changed since", false);
    assert_ok(ll_store_open(&s, store, LL_STORE_WRITE, err));
    change_loss(s, 1.2);
    ll_store_close(s);
    shows(folder, store, "one of the two was changed since", true);
    shows(folder, store, "Bend alarm", false);
    support_remove(folder);
}

/* A run outside its 99 % interval is said to be a bend; one inside is not. The interval planted is 0.02 (5 + 5)
 * wide in ln loss. */
static void a_bend_is_an_alarm(void **state) {
    (void)state;
    char folder[LL_PATH_MAX], store[LL_PATH_MAX];
    ll_store *s;
    support_folder(folder);
    assert_ok(ll_file_join(store, folder, "loglog.db", err));
    plant(store, "planted");
    shows(folder, store, "Bend alarm", false);
    assert_ok(ll_store_open(&s, store, LL_STORE_WRITE, err));
    seal_and_judge(s, 1.2);
    ll_store_close(s);
    shows(folder, store, "Bend alarm: the outcome lies outside the 99 % interval", true);
    support_remove(folder);
}

static void report_without_gnuplot_keeps_its_words(void **state) {
    (void)state;
    char folder[LL_PATH_MAX], store[LL_PATH_MAX], missing[LL_ERROR_MAX], *was = strdup(getenv("PATH"));
    ll_status s;
    support_folder(folder);
    assert_ok(ll_file_join(store, folder, "loglog.db", err));
    plant(store, "planted");
    setenv("PATH", folder, 1);
    char *html = report_of(folder, store, NULL, &s, missing);
    setenv("PATH", was, 1);
    assert_int_equal(s, LL_OK);
    assert_non_null(strstr(missing, "gnuplot-nox"));
    assert_non_null(strstr(html, "gnuplot-nox"));
    assert_int_equal(count(html, "<svg "), 0);
    assert_balanced(html, VOIDS);
    free(html);
    free(was);
    support_remove(folder);
}

/* ---- the verbs ---- */

static void verbs_write_files_and_list_them(void **state) {
    (void)state;
    char folder[LL_PATH_MAX], store[LL_PATH_MAX], path[LL_PATH_MAX], out[8192], err_text[4096];
    support_folder(folder);
    assert_ok(ll_file_join(store, folder, "loglog.db", err));
    plant(store, "planted");
    assert_int_equal(support_run(folder, "plot --format svg --json", out, sizeof out, err_text, sizeof err_text),
                     0);
    assert_string_equal(err_text, "");
    for (const ll_ladder_figure *k = ll_ladder_figures; k->name; k++) {
        char name[64];
        snprintf(name, sizeof name, "figures/%s.svg", k->name);
        assert_non_null(strstr(out, name));
        assert_ok(ll_file_join(path, folder, name, err));
        assert_int_equal(access(path, R_OK), 0);
    }
    assert_int_equal(support_run(folder, "plot c --out c.pdf", out, sizeof out, NULL, 0), 0);
    assert_ok(ll_file_join(path, folder, "c.pdf", err)); /* drawn as its name says */
    char head[5] = "";
    FILE *pdf = fopen(path, "rb");
    assert_true(pdf && fread(head, 1, 4, pdf) == 4);
    fclose(pdf);
    assert_string_equal(head, "%PDF");
    assert_int_equal(support_run(folder, "report --json", out, sizeof out, NULL, 0), 0);
    assert_non_null(strstr(out, "report.html"));
    support_remove(folder);
}

static void verbs_refuse_in_one_line(void **state) {
    (void)state;
    const struct {
        const char *arguments;
        int code;
        const char *words;
    } cases[] = {
        { "plot nonsense", 2, "residuals" },
        { "plot c --format gif", 2, "svg png pdf" },
        { "plot c", 1, "no run that is done" }, /* an empty store */
        { "plot c d", 2, "'d'" },
        { "report --ladder nosuch", 2, "nosuch" },
        { "report --out nowhere/deep/report.html", 2, "nowhere/deep/report.html" },
        { "report extra", 2, "extra" },
        { "plot c --out c.jpg", 2, "c.jpg" },
        { "plot c isoflop", 2, "'isoflop'" },
    };
    char folder[LL_PATH_MAX], text[4096];
    support_folder(folder);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(support_run(folder, cases[i].arguments, NULL, 0, text, sizeof text), cases[i].code);
        if (!strstr(text, cases[i].words)) fail_msg("%s: %s", cases[i].arguments, text);
        assert_int_equal(count(text, "\n"), 1);
    }
    support_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(evidence_finds_the_planted_law),
        cmocka_unit_test(report_of_planted_runs_holds_everything),
        cmocka_unit_test(report_of_nothing_says_so),
        cmocka_unit_test(report_escapes_hostile_names),
        cmocka_unit_test(a_bend_is_an_alarm),
        cmocka_unit_test(the_sealed_outcome_is_what_came),
        cmocka_unit_test(report_without_gnuplot_keeps_its_words),
        cmocka_unit_test(verbs_write_files_and_list_them),
        cmocka_unit_test(verbs_refuse_in_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
