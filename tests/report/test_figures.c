/* Ticks, figures as SVG, PNG and PDF, those of a planted ladder, and the plot of the terminal. */
#define _POSIX_C_SOURCE 200809L
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "hostile.h"
#include "loglog/units.h"
#include "planted_ladder.h"
#include "report/figure/figure_room.h"
#include "report/figure/figure_when.h"
#include "report/figures/figures.h"
#include "report/terminal.h"
#include "report/ticks.h"

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
    ll_ticks_make(&t, 5e2, 2e7, &(ll_tick_style) { .log = true });
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
            ll_ticks_make(&t, ranges[i][0], ranges[i][1], &(ll_tick_style) { .log = log });
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
            ll_ticks_make(&t, lo, hi, &(ll_tick_style) { .log = log });
            for (int k = 0; k < t.n; k++) {
                labels += *t.at[k].label != 0;
                double slack = log ? 1e-6 * t.at[k].v : 1e-6 * (hi - lo);
                assert_true(t.at[k].v >= lo - slack && t.at[k].v <= hi + slack);
            }
            assert_in_range(labels, 2, 16);
        }
}

static bool has_label(const ll_ticks *t, const char *label) {
    for (int i = 0; i < t->n; i++)
        if (strcmp(t->at[i].label, label) == 0) return true;
    return false;
}

static void counts_are_written_as_people_do(void **state) {
    (void)state;
    ll_ticks t;
    ll_ticks_make(&t, 8e7, 9e8, &(ll_tick_style) { .log = true, .counts = true });
    assert_true(has_label(&t, "100M") && has_label(&t, "200M") && has_label(&t, "500M"));
    ll_ticks_make(&t, 1e2, 3e13, &(ll_tick_style) { .log = true, .counts = true });
    assert_true(has_label(&t, "100") && has_label(&t, "1k") && has_label(&t, "10B") && has_label(&t, "10T"));
    for (int i = 0; i < t.n; i++) assert_null(strchr(t.at[i].label, '^'));
    ll_ticks_make(&t, 8e7, 9e8, &(ll_tick_style) { .log = true });
    assert_true(has_label(&t, "2×10^{8}"));
}

/* Between the ends of two labels there is a character, whatever the range and the room; two labels are left. */
static void ticks_do_not_collide(void **state) {
    (void)state;
    ll_rng r = ll_rng_at(3, LL_STREAM_NOISE, 1);
    for (int k = 0; k < 4000; k++) {
        const bool log = k % 2, counts = k % 4 < 2;
        const double lo = pow(10, 12 * ll_rng_uniform(&r)), hi = lo * pow(10, 0.1 + 8 * ll_rng_uniform(&r));
        const double room = 30 + 60 * ll_rng_uniform(&r);
        ll_ticks t;
        const ll_tick *before = NULL;
        int labels = 0;
        ll_ticks_make(&t, lo, hi, &(ll_tick_style) { log, counts, false, room });
        for (int i = 0; i < t.n; i++) {
            const ll_tick *at = &t.at[i];
            if (!*at->label) continue;
            labels++;
            if (before) {
                const double gap =
                    log ? log10(at->v / before->v) / log10(hi / lo) : (at->v - before->v) / (hi - lo);
                assert_true(room * gap >= (ll_tick_width(at->label) + ll_tick_width(before->label)) / 2 + 1);
            }
            before = at;
        }
        assert_in_range(labels, 1, 40);
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
    ll_figure_note(f, NAN, NAN, "'begins with a quote");
    assert_ok(ll_figure_draw(f, LL_FIGURE_SVG, &svg, &size, err));
    assert_int_not_equal(access("pwned", F_OK), 0);
    assert_int_not_equal(access("/tmp/pwned", F_OK), 0);
    assert_balanced(svg, "");
    assert_int_equal(count(svg, "&lt;script>alert(1)&lt;/script>"), 5);
    assert_int_equal(count(svg, "`touch pwned`"), 5);
    assert_non_null(strstr(svg, ">'begins with a quote<"));
    assert_null(strstr(svg, "<script"));
    free(svg);
    ll_figure_free(f);
    assert_int_equal(chdir(was), 0);
    support_remove(folder);
}

/* A label that is longer than its axis goes on in a next line, to its last letter. */
static void long_labels_are_wrapped_not_cut(void **state) {
    (void)state;
    static const char words[] =
        "what the baseline would have to be given to come to the same loss as this one, counted "
        "in times, with the scatter of single runs in mind";
    char lines[LL_WRAPPED], *svg;
    size_t size;
    assert_true(ll_figure_wrap(words, 40, lines) >= 4);
    for (const char *p = lines; *p; p += strcspn(p, "\n") + (p[strcspn(p, "\n")] != 0))
        assert_in_range(strcspn(p, "\n"), 1, 40);
    for (char *p = lines; *p; p++) *p = *p == '\n' ? ' ' : *p;
    assert_string_equal(lines, words);
    assert_int_equal(ll_figure_wrap("unbroken", 3, lines), 3);
    assert_string_equal(lines, "unb\nrok\nen");
    ll_figure *f = small_figure("Loss");
    snprintf(f->y.label, sizeof f->y.label, "%s", words);
    snprintf(f->series[0].label, LL_FIGURE_TEXT, "%s", words);
    assert_ok(ll_figure_draw(f, LL_FIGURE_SVG, &svg, &size, err));
    assert_int_equal(count(svg, "in mind"), 2);
    assert_null(strstr(svg, words)); /* not in one line */
    free(svg);
    ll_figure_free(f);
}

/* With marks in three corners the fourth is taken, whichever it is; with none the lower left. A line that only
 * passes through counts as well. */
static void notes_stand_where_they_hide_least(void **state) {
    (void)state;
    for (int free = 0; free <= 4; free++) {
        ll_figure *f;
        ll_layout l;
        assert_ok(ll_figure_new(&f, "Corners", err));
        f->x.lo = f->y.lo = 0, f->x.hi = f->y.hi = 1;
        ll_figure_corner(f, LL_BLACK, "L = (N / 1B)");
        for (int c = 0; c < 4; c++) {
            if (c == free || free == 4) continue;
            ll_figure_add(f, (ll_series) { .kind = LL_SERIES_POINTS });
            ll_figure_push(f, c % 2 ? 0.95 : 0.05, c / 2 ? 0.95 : 0.05, NAN, NAN);
        }
        ll_figure_add(f, (ll_series) { .kind = LL_SERIES_POINTS });
        ll_figure_push(f, 0.5, 0.5, NAN, NAN);
        assert_ok(ll_figure_lay_out(&l, f, err));
        ll_corner at = ll_figure_room(&l, l.box);
        assert_int_equal(at.right + 2 * at.upper, free % 4);
        ll_figure_add(f, (ll_series) { .kind = LL_SERIES_LINE });
        ll_figure_push(f, -1, -1, NAN, NAN); /* from corner to corner, without a mark inside */
        ll_figure_push(f, 2, 2, NAN, NAN);
        at = ll_figure_room(&l, l.box);
        if (free == 4) assert_int_equal(at.right + 2 * at.upper, 2);
        ll_figure_free(f);
    }
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

/* ---- the figures of a ladder ---- */

static const ll_series *series_named(const ll_figure *f, const char *label) {
    for (int64_t i = 0; i < f->n_series; i++)
        if (strcmp(f->series[i].label, label) == 0) return &f->series[i];
    return NULL;
}

static int of_kind(const ll_figure *f, ll_series_kind kind) {
    int n = 0;
    for (int64_t i = 0; i < f->n_series; i++) n += f->series[i].kind == kind;
    return n;
}

typedef struct ladder {
    char folder[LL_PATH_MAX];
    ll_evidence *e;
} ladder;

/* With one more run, of so much compute at one size alone, which no law of compute takes; 0: without. */
static ladder gathered_with(double C) {
    ladder l;
    char store[LL_PATH_MAX];
    support_folder(l.folder);
    assert_ok(ll_file_join(store, l.folder, "loglog.db", err));
    const int n = plant(store, "planted");
    if (C > 0) {
        ll_store *s;
        const ll_ladder planted = planted_ladder("planted");
        const ll_run r = planted_run(&planted, n, "small", sqrt(C / 60), sqrt(C * 60) / 6);
        assert_ok(ll_store_open(&s, store, LL_STORE_WRITE, err));
        assert_ok(ll_store_put_run(s, &r, err));
        ll_store_close(s);
    }
    assert_ok(ll_evidence_gather(&l.e, &(ll_evidence_opts) { .store = store }, err));
    return l;
}

static ladder gathered(void) {
    return gathered_with(0);
}

static void drop(ladder *l) {
    ll_evidence_free(l->e);
    support_remove(l->folder);
}

/* Laws and bands begin where their runs begin and end where the last run does; one band alone; runs outside the law
 * are told apart by colour. */
static void laws_stand_on_their_runs(void **state) {
    (void)state;
    ladder l = gathered_with(1e7);
    ll_figure *f;
    assert_ok(ll_figure_of_c(&f, l.e, err));
    const ll_series *law = series_named(f, "power law"), *runs = series_named(f, "runs of the law");
    const ll_series *others = series_named(f, "other runs"), *held_out = series_named(f, "held out, forecast");
    assert_true(law && runs && others && held_out);
    assert_int_equal(of_kind(f, LL_SERIES_BAND), 1 + 3); /* and the three of the forecast */
    double first = INFINITY, last = held_out->marks[0].x, leftmost = INFINITY;
    for (int64_t i = 0; i < runs->n; i++)
        first = fmin(first, runs->marks[i].x), last = fmax(last, runs->marks[i].x);
    for (int64_t i = 0; i < others->n; i++) {
        leftmost = fmin(leftmost, others->marks[i].x);
        last = fmax(last, others->marks[i].x);
        assert_true(others->marks[i].shade > 0 && others->marks[i].name);
    }
    assert_true(leftmost < 0.5 * first); /* there is a left to run into */
    for (int64_t i = 0; i < f->n_series; i++) {
        const ll_series *s = &f->series[i];
        if (s->kind == LL_SERIES_POINTS || strncmp(s->label, "forecast, ", 10) == 0) continue;
        assert_close(s->marks[0].x, first, 1e-9);
        assert_close(s->marks[s->n - 1].x, last, 1e-9);
    }
    ll_figure_free(f);
    drop(&l);
}

/* Losses that bend below a power law leave no floor: then the power law is what is seen. */
static void a_floor_at_zero_does_not_hide_the_power_law(void **state) {
    (void)state;
    char folder[LL_PATH_MAX], store[LL_PATH_MAX];
    ll_store *s;
    ll_evidence *e;
    ll_figure *f;
    const ll_ladder l = planted_ladder("no floor");
    support_folder(folder);
    assert_ok(ll_file_join(store, folder, "loglog.db", err));
    assert_ok(ll_store_open(&s, store, LL_STORE_WRITE, err));
    assert_ok(ll_store_put_ladder(s, &l, err));
    for (int i = 0; i < 8; i++) {
        ll_run r = planted_run(&l, i, "n", 1e4 * pow(2, i), 1e8);
        const double u = log(r.params / 1e5);
        r.loss = 3 * exp(-0.08 * u - 0.004 * u * u);
        assert_ok(ll_store_put_run(s, &r, err));
    }
    ll_store_close(s);
    assert_ok(ll_evidence_gather(&e, &(ll_evidence_opts) { .store = store }, err));
    assert_non_null(e->lines.along[LL_VAR_N].floor.law);
    assert_ok(ll_figure_of_n(&f, e, err));
    assert_non_null(series_named(f, "power law"));
    assert_null(series_named(f, "law with a floor"));
    assert_string_equal(f->notes[0].text, "The floor fits at zero.");
    ll_figure_free(f);
    ll_evidence_free(e);
    support_remove(folder);
}

/* Budgets are coloured by their order, few or many, and say theirs. */
static void budgets_are_a_scale(void **state) {
    (void)state;
    ladder l = gathered();
    ll_figure *f;
    int lines = 0;
    assert_ok(ll_figure_isoflop(&f, l.e, err));
    for (int64_t i = 0; i < f->n_series; i++) {
        if (f->series[i].kind != LL_SERIES_LINE) continue;
        lines++;
        assert_true(f->series[i].shade > 0 && *f->series[i].end);
    }
    assert_int_equal(lines, 5);
    ll_figure_free(f);
    drop(&l);
}

static void panels_share_their_axis(void **state) {
    (void)state;
    ladder l = gathered();
    ll_figure *f;
    ll_layout layout;
    char *svg;
    size_t size;
    assert_ok(ll_figure_triptych(&f, l.e, err));
    assert_ok(ll_figure_lay_out(&layout, f, err));
    assert_int_equal(layout.n, 3);
    for (int k = 0; k < 3; k++) {
        const ll_box *b = &layout.box[k];
        assert_true(b->y.lo == layout.box[0].y.lo && b->y.hi == layout.box[0].y.hi);
        assert_true(b->bottom == layout.box[0].bottom && b->top == layout.box[0].top);
        assert_true(b->left < b->right && (k == 0 || layout.box[k - 1].right < b->left));
    }
    int curves = 0;
    for (int64_t i = 0; i < f->n_series; i++)
        curves += f->series[i].kind == LL_SERIES_LINE && f->series[i].colour == LL_GREY;
    assert_int_equal(curves, 31);
    assert_ok(ll_figure_draw(f, LL_FIGURE_SVG, &svg, &size, err));
    assert_balanced(svg, "");
    assert_int_equal(count(svg, ">validation loss (nats/token)<"), 1); /* said once, for all */
    assert_int_equal(count(svg, ">loss (bits/byte)<"), 1);
    assert_int_equal(count(svg, ">power law<"), 1);
    assert_int_equal(count(svg, ">C = 6ND (FLOPs)<") + count(svg, ">D, training tokens<"),
                     3); /* and a colour bar's */
    assert_true(size < 250000);
    free(svg);
    ll_figure_free(f);
    drop(&l);
}

/* Every axis of every figure is whole: what the picture holds is what the figure says. */
static void the_count_is_said_in_full(void **state) {
    (void)state;
    ladder l = gathered();
    ll_figure *f;
    char *svg;
    size_t size;
    for (int64_t i = 0; i < l.e->n_runs; i++) l.e->runs[i].params_unstated = l.e->runs[i].params;
    l.e->params_are = LL_PARAMS_UNSTATED;
    assert_ok(ll_figure_of_n(&f, l.e, err));
    assert_ok(ll_figure_draw(f, LL_FIGURE_SVG, &svg, &size, err));
    assert_non_null(strstr(svg, ">N, parameters (count not stated)<"));
    free(svg);
    ll_figure_free(f);
    drop(&l);
}

/* C of a run that does not state it is 6ND, for figures as for the study. */
static void compute_that_is_not_stated_is_6nd(void **state) {
    (void)state;
    ladder l = gathered();
    ll_figure *f, *g;
    assert_ok(ll_figure_of_c(&f, l.e, err));
    for (int64_t i = 0; i < l.e->n_runs; i++) l.e->runs[i].flops = NAN;
    assert_ok(ll_figure_of_c(&g, l.e, err));
    const ll_series *with = series_named(f, "runs of the law"), *without = series_named(g, "runs of the law");
    assert_true(with && without && with->n == without->n);
    for (int64_t i = 0; i < with->n; i++) assert_close(without->marks[i].x / with->marks[i].x, 1, 1e-12);
    ll_figure_free(f);
    ll_figure_free(g);
    drop(&l);
}

static void curves_are_named_at_their_ends(void **state) {
    (void)state;
    ladder l = gathered();
    ll_figure *f;
    char *svg;
    size_t size;
    assert_ok(ll_figure_curves(&f, l.e, err));
    assert_ok(ll_figure_draw(f, LL_FIGURE_SVG, &svg, &size, err));
    const ll_run *longest = l.e->runs; /* its end is the rightmost: nothing can stand in its way */
    for (int64_t i = 0; i < l.e->n_runs; i++)
        if (l.e->runs[i].tokens > longest->tokens) longest = &l.e->runs[i];
    char N[32], label[40];
    snprintf(label, sizeof label, ">%s<", ll_units_show(longest->params, N, sizeof N));
    assert_non_null(strstr(svg, label));
    free(svg);
    ll_figure_free(f);
    drop(&l);
}

/* Over compute each curve is itself, C / D times as far to the right. */
static void curves_stand_over_compute_too(void **state) {
    (void)state;
    ladder l = gathered();
    ll_figure *f;
    assert_ok(ll_figure_curves(&f, l.e, err));
    assert_non_null(f->beside);
    assert_int_equal(f->beside->n_series, f->n_series);
    for (int64_t i = 0; i < f->n_series; i++) {
        const ll_series *over_d = &f->series[i], *over_c = &f->beside->series[i];
        assert_int_equal(over_c->n, over_d->n);
        assert_true(over_c->shade == over_d->shade);
        for (int64_t j = 0; j < over_c->n; j++) {
            assert_close(over_c->marks[j].x / over_d->marks[j].x, 6 * over_d->shade, 1e-9);
            assert_true(over_c->marks[j].y == over_d->marks[j].y);
        }
    }
    ll_figure_free(f);
    drop(&l);
}

/* Of a line with more marks than there are pixels so many are drawn as can be seen, both ends among them, and breaks
 * stay breaks. */
static void a_fine_line_is_drawn_as_it_is_seen(void **state) {
    (void)state;
    enum { MANY = 40000 };
    ll_figure *f;
    ll_layout l;
    char *svg;
    size_t size;
    int64_t last = -1;
    int kept = 0;
    assert_ok(ll_figure_new(&f, "Fine", err));
    ll_figure_add(f, (ll_series) { .kind = LL_SERIES_LINE, .name = "fine" });
    for (int i = 0; i < MANY; i++) ll_figure_push(f, i, i == MANY / 2 ? NAN : sin(i * 6.0 / MANY), NAN, NAN);
    assert_ok(ll_figure_lay_out(&l, f, err));
    for (int64_t j = 0; j < MANY; j++) {
        if (isnan(f->series[0].marks[j].y) || !ll_figure_keeps(&l, &l.box[0], f->series, j, last, 0.12)) continue;
        last = j;
        kept++;
    }
    assert_int_equal(last, MANY - 1);
    assert_in_range(kept, 100, 1500);
    assert_ok(ll_figure_draw(f, LL_FIGURE_SVG, &svg, &size, err));
    assert_in_range(size, 1000, 40000);
    free(svg);
    ll_figure_free(f);
}

static void years_are_marked_on_the_line(void **state) {
    (void)state;
    double futures[100];
    for (int i = 0; i < 100; i++) futures[i] = 2026 + 0.1 * (i + 1);
    const ll_when w = { .n = 100, .futures = futures };
    const ll_when *const when[] = { &w };
    const char *const labels[] = { "1e28" };
    ll_figure *f;
    assert_ok(ll_figure_when(&f, when, labels, 1, err));
    const ll_series *marks = &f->series[f->n_series - 1];
    assert_int_equal(marks->n, 3);
    static const double years[] = { 2026.5, 2031, 2035.5 }, levels[] = { 0.05, 0.5, 0.95 };
    for (int k = 0; k < 3; k++) {
        char year[32];
        assert_close(marks->marks[k].x, years[k], 1e-9);
        assert_close(marks->marks[k].y, levels[k], 1e-12);
        snprintf(year, sizeof year, "%g %%: %.1f", 100 * levels[k], years[k]);
        assert_string_equal(f->notes[k].text, year);
    }
    ll_figure_free(f);
}

/* ---- the terminal's plot ---- */

/* Letters of the widest line, escape sequences apart. */
static int widest(const char *text) {
    int most = 0, n = 0;
    for (const char *p = text; *p; p++) {
        if (*p == '\x1b') p += strcspn(p, "m");
        else if (*p == '\n') n = 0;
        else if ((*p & 0xc0) != 0x80) most = ++n > most ? n : most;
    }
    return most;
}

static void a_terminal_gets_what_it_can_show(void **state) {
    (void)state;
    static const double x[] = { 1e6, 1e7, 1e8 }, y[] = { 4, 3, 2.25 };
    ll_terminal_plot p = { .x_label = "params",
                           .y_label = "loss, nats per token",
                           .x_counts = true,
                           .n = 3,
                           .x = x,
                           .y = y,
                           .n_line = 3,
                           .at = x,
                           .law = y,
                           .height = 20 };
    char *text;
    for (int width = 40; width <= 100; width += 20)
        for (int k = 0; k < 4; k++) {
            const bool unicode = k & 1, colour = k & 2;
            p.width = width;
            p.unicode = unicode;
            p.colour = colour;
            assert_ok(ll_terminal_draw(&p, &text, err));
            assert_int_equal(count(text, "\n"), 20);
            assert_in_range(widest(text), width - 12, width);
            assert_int_equal(strchr(text, '\x1b') != NULL, colour);
            assert_int_equal(strstr(text, "\xe2\xa0") != NULL, unicode); /* U+2800 to U+283F: braille */
            for (const char *p = text; !unicode && *p; p++) assert_true((unsigned char)*p < 0x80);
            assert_non_null(strstr(text, "10M"));
            if (!unicode && !colour)
                assert_int_equal(count(text, "o"), 3 + 3); /* and in 'loss', 'token' and the legend */
            if (unicode && !colour) assert_int_equal(count(text, "•"), 3 + 1); /* and of the legend */
            free(text);
        }
    const ll_terminal_plot none = { .x_label = "", .y_label = "", .width = 60, .height = 20 };
    ll_error why = { 0 };
    assert_int_equal(ll_terminal_draw(&none, &text, &why), LL_EINPUT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ticks_stand_at_every_decade),
        cmocka_unit_test(ticks_fit_any_range),
        cmocka_unit_test(ticks_end),
        cmocka_unit_test(counts_are_written_as_people_do),
        cmocka_unit_test(ticks_do_not_collide),
        cmocka_unit_test(long_labels_are_wrapped_not_cut),
        cmocka_unit_test(laws_stand_on_their_runs),
        cmocka_unit_test(a_floor_at_zero_does_not_hide_the_power_law),
        cmocka_unit_test(budgets_are_a_scale),
        cmocka_unit_test(panels_share_their_axis),
        cmocka_unit_test(the_count_is_said_in_full),
        cmocka_unit_test(compute_that_is_not_stated_is_6nd),
        cmocka_unit_test(curves_are_named_at_their_ends),
        cmocka_unit_test(curves_stand_over_compute_too),
        cmocka_unit_test(a_fine_line_is_drawn_as_it_is_seen),
        cmocka_unit_test(years_are_marked_on_the_line),
        cmocka_unit_test(a_terminal_gets_what_it_can_show),
        cmocka_unit_test(svg_is_well_formed_and_labelled),
        cmocka_unit_test(formats_have_their_magic_and_repeat),
        cmocka_unit_test(hostile_texts_are_only_shown),
        cmocka_unit_test(notes_stand_where_they_hide_least),
        cmocka_unit_test(awkward_numbers_are_left_out),
        cmocka_unit_test(missing_gnuplot_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
