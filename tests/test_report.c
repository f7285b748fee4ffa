#define _POSIX_C_SOURCE 200809L
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "forecast/forecast.h"
#include "loglog/random.h"
#include "loglog/units.h"
#include "report/evidence.h"
#include "report/figures.h"
#include "report/report.h"
#include "report/ticks.h"

static const char HOSTILE[] =
    "x'; set print '/tmp/pwned' `touch pwned` \"$(touch pwned)\" <script>alert(1)</script> & @x "
    "{/Bold a}^_~ \n set output 'pwned'\n \xff\xc3\x28 ü";

/* ---- a planted ladder: L = E + A/N^alpha + B/D^beta with half a per cent of noise ---- */

static double planted_loss(double N, double D) {
    return 0.9 + 14 * pow(N, -0.33) + 60 * pow(D, -0.36);
}

static ll_run planted_run(const ll_ladder *l, int i, const char *arm, double N, double D) {
    ll_rng r = ll_rng_at(5, LL_STREAM_NOISE, (uint64_t)i);
    ll_run run = { .state = LL_RUN_DONE,
                   .seed = 1,
                   .layers = 2 + i % 4,
                   .width = 16 * (1 + i % 6),
                   .heads = 4,
                   .context = 128,
                   .vocab = 257,
                   .params = N,
                   .params_head = N + 257 * 32,
                   .params_total = N + 385 * 32,
                   .tokens = D,
                   .unique_tokens = D,
                   .flops = 6 * N * D,
                   .flops_exact = 7.1 * N * D,
                   .batch_tokens = 2048,
                   .steps = D / 2048,
                   .lr = 4e-3 * pow(N / 1e4, -0.2),
                   .bytes_per_token = 1.01,
                   .wall_s = N * D / 1e10,
                   .tokens_per_s = 4e8 / N,
                   .energy_j = NAN,
                   .memory_bytes = 40 * N };
    run.loss = planted_loss(N, D) * exp(0.005 * ll_rng_normal(&r));
    run.loss_se = 0.004;
    run.train_loss = run.loss - 0.01;
    snprintf(run.ladder, sizeof run.ladder, "%s", l->id);
    snprintf(run.name, sizeof run.name, "%s-%02d", arm, i);
    snprintf(run.id, sizeof run.id, "%s/%.40s", l->id, run.name);
    snprintf(run.arm, sizeof run.arm, "%s", arm);
    strcpy(run.family, "gpt");
    strcpy(run.role, "fit");
    strcpy(run.kernels, "avx512");
    strcpy(run.precision, "fp32");
    strcpy(run.host, "bench");
    strcpy(run.version, "0.1.0");
    snprintf(run.started, sizeof run.started, "2026-01-02T03:%02d:00Z", i % 60);
    snprintf(run.ended, sizeof run.ended, "2026-01-02T04:%02d:00Z", i % 60);
    return run;
}

static void put_run(ll_store *s, const ll_run *r) {
    assert_ok(ll_store_put_run(s, r, err));
    for (double share = 1.0 / 256; share <= 1; share *= 2) {
        double D = share * r->tokens;
        ll_point p = { .step = (int64_t)(r->steps * share),
                       .tokens = D,
                       .se = 0.004,
                       .loss = planted_loss(r->params, D) + 0.6 * (1 - share) * pow(share, -0.2) };
        p.train_loss = p.loss;
        assert_ok(ll_store_put_point(s, r->id, &p, err));
    }
}

static ll_ladder planted_ladder(const char *name) {
    static char spec[] = "schema: loglog.spec/1\nname: planted\ndata: {text: /usr/include}\n";
    static char data[] =
        "{\"bytes\":6000000,\"documents\":412,\"bytes_per_token\":1.01,\"paths\":[\"/usr/include\"]}";
    ll_ladder l = { .spec = spec, .data = data };
    snprintf(l.name, sizeof l.name, "%s", name);
    strcpy(l.id, "0123456789abcdef");
    memset(l.spec_hash, 'a', 64);
    memset(l.data_hash, 'd', 64);
    strcpy(l.command, "loglog run planted.yaml --minutes 4");
    strcpy(l.version, "0.1.0");
    strcpy(l.created, "2026-01-02T03:00:00Z");
    return l;
}

static void seal(ll_store *s, const ll_ladder *l, const ll_run *target) {
    ll_forecast f = { .x = { [LL_VAR_N] = target->params, [LL_VAR_D] = target->tokens, [LL_VAR_C] = target->flops },
                      .mean = log(target->loss),
                      .sd = 0.02,
                      .reach = 4.2,
                      .bytes_per_token = 1.01,
                      .n_fitted = 30 };
    for (int i = 0; i < LL_FORECAST_QUANTILES; i++) f.quantile[i] = target->loss * exp(0.02 * (i - 5) - 0.01);
    snprintf(f.run, sizeof f.run, "%s", target->id);
    strcpy(f.question, "What will the validation loss of the last rung be?");
    strcpy(f.law, "chinchilla");
    strcpy(f.form, "E + A/N^alpha + B/D^beta");
    strcpy(f.convention, "nonembedding");
    strcpy(f.sealed, "2026-01-02T03:30:00Z");
    strcpy(f.judged_by, "validation loss, nats/token");
    memcpy(f.spec_hash, l->spec_hash, sizeof f.spec_hash);
    memcpy(f.data_hash, l->data_hash, sizeof f.data_hash);
    ll_json *body = ll_forecast_json(&f);
    char *text = ll_json_text(body, false);
    ll_entry entry;
    assert_ok(ll_store_append(s, text, &entry, err));
    free(entry.body);
    free(text);
    ll_json_free(body);
}

/* Five budgets of six sizes, and the rung that is forecast. Returns the number of runs. */
static int plant(const char *path, const char *name) {
    ll_store *s;
    ll_ladder l = planted_ladder(name);
    int n = 0;
    assert_ok(ll_store_open(&s, path, LL_STORE_WRITE, err));
    assert_ok(ll_store_put_ladder(s, &l, err));
    for (int b = 0; b < 5; b++)
        for (int k = 0; k < 6; k++) {
            double C = pow(10, 9.5 + b), N = 0.3 * pow(C / 6, 0.5) * pow(2.2, k - 2.5);
            char arm[16];
            snprintf(arm, sizeof arm, "c%d", b);
            ll_run r = planted_run(&l, n++, arm, N, C / (6 * N));
            put_run(s, &r);
        }
    ll_run last = planted_run(&l, n++, "last", 2.4e6, 8.8e6);
    strcpy(last.role, "forecast");
    put_run(s, &last);
    seal(s, &l, &last);
    ll_store_close(s);
    return n;
}

/* ---- helpers ---- */

static char *slurp(const char *path) {
    char *text;
    assert_ok(ll_file_read(path, 64u << 20, &text, NULL, err));
    return text;
}

static int count(const char *text, const char *what) {
    int n = 0;
    for (const char *p = strstr(text, what); p; p = strstr(p + strlen(what), what)) n++;
    return n;
}

/* Tags are balanced, '&' starts an entity, '<' a tag; voids: names that need no end. */
static void assert_balanced(const char *text, const char *voids) {
    char stack[64][32];
    int depth = 0;
    for (const char *p = text; *p; p++) {
        if (*p == '&') {
            size_t n = strcspn(p, ";");
            if (n > 8 || strcspn(p, " <\"'") < n) fail_msg("bare '&' at: %.60s", p);
        }
        if (*p != '<') continue;
        if (strncmp(p, "<?", 2) == 0 || strncmp(p, "<!", 2) == 0) {
            p += strcspn(p, ">");
            continue;
        }
        if (strncmp(p, "<style>", 7) == 0) { /* raw text */
            p = strstr(p, "</style>") + 7;
            continue;
        }
        bool closing = p[1] == '/';
        char name[32];
        assert_int_equal(sscanf(p + 1 + closing, "%31[A-Za-z0-9:]", name), 1);
        char quote = 0;
        const char *end = p;
        for (; *end && (quote || *end != '>'); end++) {
            if (quote ? *end == quote : (*end == '"' || *end == '\'')) quote = quote ? 0 : *end;
            if (*end == '<' && end != p) fail_msg("'<' within a tag: %.60s", p);
        }
        char word[40];
        snprintf(word, sizeof word, " %s ", name);
        if (closing) {
            if (depth == 0 || strcmp(stack[depth - 1], name) != 0) fail_msg("</%s> closes nothing", name);
            depth--;
        } else if (end[-1] != '/' && !strstr(voids, word)) {
            assert_true(depth < 64);
            strcpy(stack[depth++], name);
        }
        p = end;
    }
    if (depth) fail_msg("<%s> is never closed", stack[depth - 1]);
}

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

static const char VOIDS[] = " meta br link img input hr ";

static char *report_of(const char *folder, const char *store, ll_status *status, char missing[LL_ERROR_MAX]) {
    char path[LL_PATH_MAX];
    ll_error err = { 0 };
    assert_ok(ll_file_join(path, folder, "report.html", err));
    *status = ll_report_write(store, "", path, missing, &err);
    return *status == LL_OK ? slurp(path) : NULL;
}

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
    char *html = report_of(folder, store, &s, missing);
    assert_int_equal(s, LL_OK);
    assert_string_equal(missing, "");
    assert_balanced(html, VOIDS);
    assert_self_contained(html);
    assert_int_equal(count(html, "<svg "), 8);
    assert_non_null(strstr(html, "the 90 % interval covered it"));
    assert_non_null(strstr(html, "2026-01-02T03:30:00Z")); /* when it was sealed */
    assert_non_null(strstr(html, "loglog run planted.yaml --minutes 4"));
    assert_non_null(strstr(html, "aaaaaaaaaaaaaaaa"));
    assert_non_null(strstr(html, "dddddddddddddddd"));
    assert_non_null(strstr(html, "<details>"));
    for (int i = 0; i < n; i++) { /* in each of the two tables of runs */
        char id[64];
        snprintf(id, sizeof id, "-%02d\">", i);
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
    assert_int_equal(e->study.data.n, n - 1); /* the forecast run is held out */
    assert_int_equal(e->n_sealed, 1);
    assert_true(e->sealed[0].came && e->sealed[0].score.covered90);
    assert_close(e->bytes_per_token, 1.01, 1e-12);
    assert_close(e->study.surface.params[0].value, 0.9, 0.05);
    assert_close(e->study.surface.params[3].value, 0.33, 0.1);
    assert_int_equal(e->study.n_valleys, 5);
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
    html = report_of(folder, store, &s, missing); /* no store at all */
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
    html = report_of(folder, store, &s, missing);
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
    html = report_of(folder, store, &s, missing);
    assert_int_equal(s, LL_OK);
    assert_balanced(html, VOIDS);
    assert_null(strstr(html, "<script"));
    assert_null(strstr(html, "<img"));
    assert_null(strstr(html, "<b>"));
    assert_non_null(strstr(html, "&quot;&gt;&lt;script&gt;alert(&#39;run&#39;)&lt;/script&gt;"));
    free(html);
    support_remove(folder);
}

/* A run outside its 99 % interval is said to be a bend; one inside is not. */
static void a_bend_is_an_alarm(void **state) {
    (void)state;
    char folder[LL_PATH_MAX], store[LL_PATH_MAX], missing[LL_ERROR_MAX];
    ll_store *s;
    ll_run *runs;
    ll_status status;
    int64_t n;
    support_folder(folder);
    assert_ok(ll_file_join(store, folder, "loglog.db", err));
    plant(store, "planted");
    char *html = report_of(folder, store, &status, missing);
    assert_non_null(html);
    assert_null(strstr(html, "Bend alarm"));
    free(html);
    assert_ok(ll_store_open(&s, store, LL_STORE_WRITE, err));
    assert_ok(ll_store_list_runs(s, "", -1, "role = 'forecast'", &runs, &n, err));
    assert_int_equal(n, 1);
    runs->loss *= 1.2;
    assert_ok(ll_store_put_run(s, runs, err));
    free(runs);
    ll_store_close(s);
    html = report_of(folder, store, &status, missing);
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
    char *html = report_of(folder, store, &s, missing);
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
        cmocka_unit_test(report_without_gnuplot_keeps_its_words),
        cmocka_unit_test(verbs_write_files_and_list_them),
        cmocka_unit_test(verbs_refuse_in_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
