#define _POSIX_C_SOURCE 200809L
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "planted_ladder.h"
#include "report/figures.h"
#include "report/ticks.h"

static const char HOSTILE[] =
    "x'; set print '/tmp/pwned' `touch pwned` \"$(touch pwned)\" <script>alert(1)</script> & @x "
    "{/Bold a}^_~ \n set output 'pwned'\n \xff\xc3\x28 ü";

static ll_figure *small_figure(const char *title) {
    ll_figure *f;
    assert_ok(ll_figure_new(&f, title, err));
    f->x = (ll_axis) { .label = "N", .unit = "parameters", .log = true };
    f->y = (ll_axis) { .label = "loss", .unit = "nats/token", .log = true };
    ll_figure_add(f, (ll_series) { .kind = LL_SERIES_POINTS, .label = "runs" });
    for (int k = 3; k <= 7; k++) ll_figure_push(f, pow(10, k), 5 - 0.5 * k, 4.9 - 0.5 * k, 5.1 - 0.5 * k);
    ll_figure_add(f, (ll_series) { .kind = LL_SERIES_LINE, .label = "law", .colour = LL_BLUE });
    for (int k = 3; k <= 7; k++) ll_figure_push(f, pow(10, k), 5 - 0.5 * k, NAN, NAN);
    return f;
}

/* ---- ticks ---- */

static void ticks_stand_at_every_decade(void **state) {
    (void)state;
    ll_ticks t;
    ll_ticks_make(&t, 5e2, 2e7, true);
    int labels = 0, minor = 0;
    for (int i = 0; i < t.n; i++) {
        if (!*t.at[i].label) minor++;
        else assert_close(log10(t.at[i].v), 3 + labels++, 1e-12);
    }
    assert_int_equal(labels, 5);            /* 10^3 .. 10^7 */
    assert_int_equal(minor, 5 + 4 * 8 + 1); /* 5..9 of 10^2, 2..9 of four decades, 2 of the last */
}

/* Where a step is lost in rounding, or is beyond any number, ticks may be few, but they end. */
static void ticks_end(void **state) {
    (void)state;
    const double ranges[][2] = { { 1, 1 + 5e-16 },      { 1e20, 1e20 + 2e5 }, { 1e308, 1e308 * (1 + 4e-16) },
                                 { -1.7e308, 1.7e308 }, { 0, 5e-324 },        { 1e300, 1e300 * (1 + 1e-14) },
                                 { 1e308, 1.79e308 },   { 1e300, INFINITY } };
    for (int log = 0; log < 2; log++)
        for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
            ll_ticks t;
            if (log && ranges[i][0] <= 0) continue;
            ll_ticks_make(&t, ranges[i][0], ranges[i][1], log);
            assert_in_range(t.n, 0, 40);
        }
}

static void ticks_fit_any_range(void **state) {
    (void)state;
    const double ranges[][2] = { { 1.1, 1.3 }, { 0.9, 4.2 },   { 3, 80 },     { 1e-300, 1e300 },
                                 { 1, 1e9 },   { 2.5e3, 4e3 }, { 1e20, 3e24 } };
    for (int log = 0; log < 2; log++)
        for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
            ll_ticks t;
            int labels = 0;
            double lo = ranges[i][0], hi = ranges[i][1];
            ll_ticks_make(&t, lo, hi, log);
            for (int k = 0; k < t.n; k++) {
                labels += *t.at[k].label != 0;
                double slack = log ? 1e-6 * t.at[k].v : 1e-6 * (hi - lo);
                assert_true(t.at[k].v >= lo - slack && t.at[k].v <= hi + slack);
            }
            assert_in_range(labels, 2, 16);
        }
}

/* ---- figures ---- */

static void svg_is_well_formed_and_labelled(void **state) {
    (void)state;
    ll_figure *f = small_figure("Loss & <size>");
    char *svg, *again;
    size_t size, size_again;
    assert_ok(ll_figure_draw(f, LL_FIGURE_SVG, &svg, &size, err));
    assert_int_equal(strlen(svg), size);
    assert_balanced(svg, "");
    assert_non_null(strstr(svg, "Loss &amp; &lt;size>"));
    assert_non_null(strstr(svg, "N (parameters)"));
    assert_non_null(strstr(svg, "loss (nats/token)"));
    assert_non_null(strstr(svg, ">runs<"));
    for (int k = 3; k <= 7; k++) { /* 10 with k raised, once */
        char raised[32];
        snprintf(raised, sizeof raised, "px\">%d</tspan>", k);
        assert_int_equal(count(svg, raised), 1);
    }
    assert_ok(ll_figure_draw(f, LL_FIGURE_SVG, &again, &size_again, err));
    assert_string_equal(svg, again);
    free(svg);
    free(again);
    ll_figure_free(f);
}

static void formats_have_their_magic_and_repeat(void **state) {
    (void)state;
    ll_figure *f = small_figure("Loss");
    const struct {
        ll_figure_format format;
        const char *magic;
    } formats[] = { { LL_FIGURE_PNG, "\x89PNG" }, { LL_FIGURE_PDF, "%PDF" } };
    for (int i = 0; i < 2; i++) {
        char *a, *b;
        size_t n, m;
        assert_ok(ll_figure_draw(f, formats[i].format, &a, &n, err));
        assert_memory_equal(a, formats[i].magic, 4);
        if (i == 1) sleep(1); /* a PDF would carry the second it was made in */
        assert_ok(ll_figure_draw(f, formats[i].format, &b, &m, err));
        assert_int_equal(n, m);
        assert_memory_equal(a, b, n);
        free(a);
        free(b);
    }
    ll_figure_free(f);
}

/* Whatever stands in a text is shown, and none of it is obeyed. */
static void hostile_texts_are_only_shown(void **state) {
    (void)state;
    char folder[LL_PATH_MAX], was[LL_PATH_MAX], *svg;
    size_t size;
    support_folder(folder);
    assert_non_null(getcwd(was, sizeof was));
    assert_int_equal(chdir(folder), 0);
    ll_figure *f = small_figure(HOSTILE);
    snprintf(f->x.label, sizeof f->x.label, "%s", HOSTILE);
    snprintf(f->series[0].label, LL_FIGURE_TEXT, "%s", HOSTILE);
    ll_figure_note(f, NAN, NAN, HOSTILE);
    ll_figure_note(f, 1e5, 2, HOSTILE);
    assert_ok(ll_figure_draw(f, LL_FIGURE_SVG, &svg, &size, err));
    assert_int_not_equal(access("pwned", F_OK), 0);
    assert_int_not_equal(access("/tmp/pwned", F_OK), 0);
    assert_balanced(svg, "");
    assert_int_equal(count(svg, "&lt;script>alert(1)&lt;/script>"), 6); /* a legend's text also names its marks */
    assert_int_equal(count(svg, "`touch pwned`"), 6);
    assert_null(strstr(svg, "<script"));
    free(svg);
    ll_figure_free(f);
    assert_int_equal(chdir(was), 0);
    support_remove(folder);
}

static void awkward_numbers_are_left_out(void **state) {
    (void)state;
    const double bad[] = { NAN, INFINITY, -INFINITY, 0, -1 };
    ll_figure *f = small_figure("Loss");
    char *svg;
    size_t size;
    ll_error err = { 0 };
    for (int i = 0; i < 5; i++) ll_figure_push(f, bad[i], 1, NAN, NAN), ll_figure_push(f, 1e4, bad[i], bad[i], 1);
    assert_ok(ll_figure_draw(f, LL_FIGURE_SVG, &svg, &size, err));
    assert_null(strstr(svg, "nan"));
    free(svg);
    ll_figure_free(f);

    assert_ok(ll_figure_new(&f, "nothing", err));
    assert_int_equal(ll_figure_draw(f, LL_FIGURE_SVG, &svg, &size, &err), LL_EINPUT);
    ll_figure_add(f, (ll_series) { .kind = LL_SERIES_LINE });
    ll_figure_push(f, NAN, NAN, NAN, NAN);
    assert_int_equal(ll_figure_draw(f, LL_FIGURE_SVG, &svg, &size, &err), LL_EINPUT);
    assert_non_null(strstr(err.msg, "nothing to show"));
    ll_figure_free(f);

    assert_ok(ll_figure_new(&f, "one point", err)); /* a range of no width gets one */
    ll_figure_add(f, (ll_series) { .kind = LL_SERIES_POINTS });
    ll_figure_push(f, 3, 3, NAN, NAN);
    assert_ok(ll_figure_draw(f, LL_FIGURE_SVG, &svg, &size, err));
    free(svg);
    ll_figure_free(f);
}

static void missing_gnuplot_is_named(void **state) {
    (void)state;
    char folder[LL_PATH_MAX], path[LL_PATH_MAX], *was = strdup(getenv("PATH"));
    ll_error err = { 0 };
    ll_figure *f = small_figure("Loss");
    support_folder(folder);
    assert_ok(ll_file_join(path, folder, "x.svg", err));
    setenv("PATH", folder, 1);
    ll_status s = ll_figure_render(f, LL_FIGURE_SVG, path, &err);
    setenv("PATH", was, 1);
    assert_int_equal(s, LL_EIO);
    assert_non_null(strstr(err.msg, "gnuplot-nox"));
    assert_int_not_equal(access(path, F_OK), 0);
    free(was);
    ll_figure_free(f);
    support_remove(folder);
}

/* ---- the report ---- */

/* Nothing is fetched: the only addresses are XML's names of SVG and XLink. */
static void assert_self_contained(const char *html) {
    assert_int_equal(count(html, "http"), count(html, "xmlns=\"http://www.w3.org/2000/svg\"") +
                                              count(html, "xmlns:xlink=\"http://www.w3.org/1999/xlink\""));
    assert_null(strstr(html, "<script"));
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
    assert_balanced(html, VOIDS);
    assert_self_contained(html);
    assert_int_equal(count(html, "<svg "), 10);
    assert_non_null(strstr(html, "the 90 % interval covered it"));
    assert_non_null(strstr(html, "2026-01-02T03:30:00Z")); /* when it was sealed */
    assert_non_null(strstr(html, "loglog run planted.yaml --minutes 4"));
    assert_non_null(strstr(html, "aaaaaaaaaaaaaaaa"));
    assert_non_null(strstr(html, "dddddddddddddddd"));
    assert_non_null(strstr(html, "<details>"));
    for (int i = 0; i < n; i++) { /* in each of the two tables of runs */
        char id[64], arm[16] = "last";
        if (i < n - 1) snprintf(arm, sizeof arm, "c%d", i / 6);
        snprintf(id, sizeof id, "%s-%02d\">", arm, i);
        assert_int_equal(count(html, id), 2);
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
    assert_ok(ll_evidence_gather(&e, store, "", err));
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
    assert_non_null(strstr(html, "No forecast of this ladder is sealed"));
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
    assert_null(strstr(html, "<script"));
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
    assert_ok(ll_seal_outcome(s, &sealed, times * sealed.forecast.quantile[5], err));
}

/* What came is what was sealed: a loss that changed in the table of runs is said to differ, and is no outcome. */
static void the_sealed_outcome_is_what_came(void **state) {
    (void)state;
    char folder[LL_PATH_MAX], store[LL_PATH_MAX], missing[LL_ERROR_MAX];
    ll_store *s;
    ll_status status;
    support_folder(folder);
    assert_ok(ll_file_join(store, folder, "loglog.db", err));
    plant(store, "planted");
    char *html = report_of(folder, store, NULL, &status, missing);
    assert_non_null(html);
    assert_null(strstr(html, "one of the two was changed since"));
    free(html);
    assert_ok(ll_store_open(&s, store, LL_STORE_WRITE, err));
    change_loss(s, 1.2);
    ll_store_close(s);
    html = report_of(folder, store, NULL, &status, missing);
    assert_non_null(html);
    assert_non_null(strstr(html, "one of the two was changed since"));
    assert_null(strstr(html, "Bend alarm"));
    free(html);
    support_remove(folder);
}

/* A run outside its 99 % interval is said to be a bend; one inside is not. The interval planted is 0.02 (5 + 5)
 * wide in ln loss. */
static void a_bend_is_an_alarm(void **state) {
    (void)state;
    char folder[LL_PATH_MAX], store[LL_PATH_MAX], missing[LL_ERROR_MAX];
    ll_store *s;
    ll_status status;
    support_folder(folder);
    assert_ok(ll_file_join(store, folder, "loglog.db", err));
    plant(store, "planted");
    char *html = report_of(folder, store, NULL, &status, missing);
    assert_non_null(html);
    assert_null(strstr(html, "Bend alarm"));
    free(html);
    assert_ok(ll_store_open(&s, store, LL_STORE_WRITE, err));
    seal_and_judge(s, 1.2);
    ll_store_close(s);
    html = report_of(folder, store, NULL, &status, missing);
    assert_non_null(html);
    assert_non_null(strstr(html, "Bend alarm: the outcome lies outside the 99 % interval"));
    free(html);
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
        cmocka_unit_test(ticks_stand_at_every_decade),
        cmocka_unit_test(ticks_fit_any_range),
        cmocka_unit_test(ticks_end),
        cmocka_unit_test(svg_is_well_formed_and_labelled),
        cmocka_unit_test(formats_have_their_magic_and_repeat),
        cmocka_unit_test(hostile_texts_are_only_shown),
        cmocka_unit_test(awkward_numbers_are_left_out),
        cmocka_unit_test(missing_gnuplot_is_named),
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
