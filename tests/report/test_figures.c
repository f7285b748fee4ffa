/* Ticks, figures as SVG, PNG and PDF, and the plot of the terminal; those of a ladder are in test_figures_ladder.c. */
#define _POSIX_C_SOURCE 200809L
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "hostile.h"
#include "loglog/random.h"
#include "loglog/units.h"
#include "planted_ladder.h"
#include "report/figure/figure_room.h"
#include "report/figure/figure_thin.h"
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

/* Of 2,500 marks with a name at most a thousand say it, of ten all do; the run stands there as the text that it is. */
static void marks_that_speak_are_bounded(void **state) {
    (void)state;
    static const int sizes[] = { 10, 2500 };
    for (int k = 0; k < 2; k++) {
        ll_figure *f = small_figure("Loss");
        ll_figure_add(f, (ll_series) { .kind = LL_SERIES_POINTS, .label = "named", .colour = LL_BLUE });
        for (int i = 0; i < sizes[k]; i++) {
            ll_figure_push(f, 1e3 * pow(1.003, i), 2 + i % 50 * 0.01, NAN, NAN);
            ll_figure_name(f, "run <%d>", i);
            ll_figure_run(f, "\"><script>");
        }
        char *svg;
        size_t size;
        assert_ok(ll_figure_draw(f, LL_FIGURE_SVG, &svg, &size, err));
        const int n = (int)count(svg, "<circle class=\"hover\"");
        if (k == 0) assert_int_equal(n, 10);
        else assert_in_range(n, 500, 1000);
        assert_int_equal(count(svg, " data-run=\"&quot;&gt;&lt;script&gt;\""), n);
        assert_int_equal(count(svg, "<title>run &lt;"), n);
        assert_null(strstr(svg, "<script"));
        free(svg);
        ll_figure_free(f);
    }
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

/* ---- what is drawn of a line ---- */

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

static void ends_of(const ll_series *s, double *lo, double *hi) {
    *lo = INFINITY, *hi = -INFINITY;
    for (int64_t j = 0; j < s->n; j++) *lo = fmin(*lo, s->marks[j].y), *hi = fmax(*hi, s->marks[j].y);
}

/* Of a million marks of a noisy line few are drawn, in their order, and each mark that stands out among them. */
static void a_line_of_a_million_marks_is_thinned(void **state) {
    (void)state;
    enum { MANY = 1000000, OUT = 654321 };
    ll_rng rng = ll_rng_at(3, LL_STREAM_NOISE, 0);
    const ll_figure *thin;
    ll_figure *f;
    double lo, hi, thin_lo, thin_hi;
    bool stands = false;
    assert_ok(ll_figure_new(&f, "Noisy", err));
    f->x.log = true;
    ll_figure_add(f, (ll_series) { .kind = LL_SERIES_LINE });
    for (int i = 0; i < MANY; i++) ll_figure_push(f, i + 1, i == OUT ? 5 : ll_rng_uniform(&rng), NAN, NAN);
    assert_ok(ll_figure_thin(f, &thin, err));
    assert_ptr_not_equal(thin, f);
    const ll_series *s = &thin->series[0];
    assert_in_range(s->n, 500, 4000);
    ends_of(&f->series[0], &lo, &hi);
    ends_of(s, &thin_lo, &thin_hi);
    assert_true(lo == thin_lo && hi == thin_hi);
    for (int64_t j = 0; j < s->n; j++) {
        stands = stands || (s->marks[j].x == OUT + 1 && s->marks[j].y == 5);
        assert_true(j == 0 || s->marks[j].x > s->marks[j - 1].x);
    }
    assert_true(stands && s->marks[0].x == 1 && s->marks[s->n - 1].x == MANY);
    ll_figure_thin_free(thin, f);
    ll_figure_free(f);
}

/* Of points that lie on one another one is drawn, and the figure says so; a figure of few is drawn as it is. */
static void points_that_hide_one_another_are_thinned(void **state) {
    (void)state;
    enum { MANY = 100000, FEW = 2000 };
    ll_rng rng = ll_rng_at(3, LL_STREAM_NOISE, 1);
    for (int n = FEW; n <= MANY; n += MANY - FEW) {
        const ll_figure *thin;
        ll_figure *f;
        assert_ok(ll_figure_new(&f, "Cloud", err));
        ll_figure_add(f, (ll_series) { .kind = LL_SERIES_POINTS });
        ll_figure_push(f, 50, 50, NAN, NAN); /* alone */
        for (int i = 1; i < n; i++) ll_figure_push(f, ll_rng_uniform(&rng), ll_rng_uniform(&rng), NAN, NAN);
        assert_ok(ll_figure_thin(f, &thin, err));
        if (n == FEW) assert_ptr_equal(thin, f);
        else {
            assert_in_range(thin->series[0].n, 1, 3000);
            assert_true(thin->series[0].marks[0].x == 50);
            assert_non_null(strstr(thin->notes[0].text, "of 100000 marks"));
        }
        ll_figure_thin_free(thin, f);
        ll_figure_free(f);
    }
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
        cmocka_unit_test(a_fine_line_is_drawn_as_it_is_seen),
        cmocka_unit_test(a_line_of_a_million_marks_is_thinned),
        cmocka_unit_test(points_that_hide_one_another_are_thinned),
        cmocka_unit_test(years_are_marked_on_the_line),
        cmocka_unit_test(a_terminal_gets_what_it_can_show),
        cmocka_unit_test(svg_is_well_formed_and_labelled),
        cmocka_unit_test(formats_have_their_magic_and_repeat),
        cmocka_unit_test(marks_that_speak_are_bounded),
        cmocka_unit_test(hostile_texts_are_only_shown),
        cmocka_unit_test(notes_stand_where_they_hide_least),
        cmocka_unit_test(awkward_numbers_are_left_out),
        cmocka_unit_test(missing_gnuplot_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
