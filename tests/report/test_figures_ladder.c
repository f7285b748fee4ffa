/* The figures of a planted ladder: what stands on them, and where. */
#define _POSIX_C_SOURCE 200809L
#include "planted_ladder.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "loglog/units.h"
#include "report/figure/figure_room.h"
#include "report/figures/figures.h"

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
        put_run(s, &r);
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
    for (int i = 0; i < 9; i++) { /* an even number leaves a flat bottom, and two fits two places on it */
        ll_run r = planted_run(&l, i, "n", 1e4 * pow(2, i), 1e8);
        const double u = log(r.params / 1e5);
        r.loss = 3 * exp(-0.08 * u - 0.004 * u * u);
        put_run(s, &r);
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(laws_stand_on_their_runs),
        cmocka_unit_test(a_floor_at_zero_does_not_hide_the_power_law),
        cmocka_unit_test(budgets_are_a_scale),
        cmocka_unit_test(panels_share_their_axis),
        cmocka_unit_test(the_count_is_said_in_full),
        cmocka_unit_test(compute_that_is_not_stated_is_6nd),
        cmocka_unit_test(curves_are_named_at_their_ends),
        cmocka_unit_test(curves_stand_over_compute_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
