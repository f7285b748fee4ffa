#define _POSIX_C_SOURCE 200809L
#include "sweep/programme/chart.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "law/laws.h"
#include "loglog/units.h"

enum { SERIES_MOST = 256, DENSE = 48 };

/* ---- points ---- */

typedef struct spot {
    double x, y, se;
    int64_t row;
} spot;

typedef struct bundle {
    const ll_frame *frame;
    const ll_programme_panel *panel;
    bool *keep; /* [rows] */
    int64_t x, y, se;
} bundle;

static int by_x(const void *a, const void *b) {
    const spot *p = a, *q = b;
    if (p->x != q->x) return p->x < q->x ? -1 : 1;
    return (p->row > q->row) - (p->row < q->row);
}

/* The kept rows whose cell in column is text (column -1: all), by x; how many. */
static int64_t gather(const bundle *b, int64_t column, const char *text, spot *out) {
    int64_t n = 0;
    for (int64_t i = 0; i < b->frame->rows; i++) {
        const double x = ll_frame_num(b->frame, i, b->x), y = ll_frame_num(b->frame, i, b->y);
        if (!b->keep[i] || !isfinite(x) || !isfinite(y)) continue;
        if ((b->panel->log_x && x <= 0) || (b->panel->log_y && y <= 0)) continue;
        if (column >= 0 && strcmp(ll_frame_text(b->frame, i, column), text) != 0) continue;
        out[n++] = (spot) { x, y, ll_frame_num(b->frame, i, b->se), i };
    }
    if (n) qsort(out, (size_t)n, sizeof *out, by_x);
    return n;
}

/* "params 25.1k": the scale of colours has no name where panels are parted by several columns. */
static const char *label_of(const bundle *b, const char *text, char buf[160]) {
    char show[32];
    double v;
    if (!ll_units_parse(text, &v)) return text;
    snprintf(buf, 160, "%s %s", b->panel->by, ll_units_show(v, show, sizeof show));
    return buf;
}

static ll_json *series_json(const char *label, const char *kind, double shade, const spot *at, int64_t n) {
    ll_json *o = ll_json_object(), *x = ll_json_array(), *y = ll_json_array(), *se = ll_json_array();
    bool any_se = false;
    for (int64_t i = 0; i < n; i++) {
        ll_json_push(x, ll_json_num(at[i].x));
        ll_json_push(y, ll_json_num(at[i].y));
        ll_json_push(se, ll_json_num(isfinite(at[i].se) ? at[i].se : 0));
        any_se = any_se || isfinite(at[i].se);
    }
    ll_json_set_str(o, "label", label);
    ll_json_set_str(o, "kind", kind);
    ll_json_set_num(o, "shade", shade);
    ll_json_set(o, "x", x);
    ll_json_set(o, "y", y);
    if (any_se) ll_json_set(o, "se", se);
    else {
        ll_json_free(se);
        ll_json_set_num(o, "se", NAN);
    }
    return o;
}

/* ---- the values that part a table into series ---- */

typedef struct parting {
    const char *text[SERIES_MOST]; /* borrowed; by size where all are numbers */
    int n;
    double lo, hi; /* of numbers, more than two; NaN: they are words */
} parting;

static int by_number(const void *a, const void *b) {
    const double x = strtod(*(const char *const *)a, NULL), y = strtod(*(const char *const *)b, NULL);
    return (x > y) - (x < y);
}

static void part(parting *p, const bundle *b, int64_t column) {
    bool numbers = true;
    *p = (parting) { .lo = NAN, .hi = NAN };
    for (int64_t i = 0; i < b->frame->rows && p->n < SERIES_MOST; i++) {
        const char *text = ll_frame_text(b->frame, i, column);
        int k = 0;
        while (k < p->n && strcmp(p->text[k], text) != 0) k++;
        if (!b->keep[i] || k < p->n || !*text) continue;
        p->text[p->n++] = text;
        numbers = numbers && ll_frame_num(b->frame, i, column) > 0;
    }
    if (!numbers || p->n < 3) return;
    qsort(p->text, (size_t)p->n, sizeof *p->text, by_number);
    p->lo = strtod(p->text[0], NULL);
    p->hi = strtod(p->text[p->n - 1], NULL);
}

static double shade_of(const parting *p, const char *text) {
    return isnan(p->lo) ? NAN : log(strtod(text, NULL) / p->lo) / log(p->hi / p->lo);
}

/* One scale of colours for the figure, where all that is shaded is parted by one column and has its ends. */
typedef struct scale {
    const char *by, *label;
    double lo, hi;
    bool several;
} scale;

static void note_scale(scale *s, const parting *p, const ll_programme_panel *panel) {
    if (isnan(p->lo)) return;
    if (s->by && (strcmp(s->by, panel->by) != 0 || s->lo != p->lo || s->hi != p->hi)) s->several = true;
    *s = (scale) { panel->by, strcmp(panel->by, "params") == 0 ? "parameters" : panel->by, p->lo, p->hi,
                   s->several };
}

/* ---- the law ---- */

typedef struct drawn_law {
    const ll_law *law; /* NULL: none */
    double params[LL_LAW_MAX_PARAMS];
    int64_t column[LL_VAR_COUNT]; /* of the table, for each variable */
    bool along_x;                 /* the law's one variable is what the panel has as x */
    char label[160];
} drawn_law;

static const char *column_of_x(const ll_json *fit) {
    const char *x = ll_json_get_str(fit, "x");
    const ll_json *convention = ll_json_get(fit, "convention");
    const char *header = convention ? ll_json_get_str(convention, "x_column") : NULL;
    return header ? header : x ? x : "flops";
}

/* The column that the fit read as one of the law's variables: --col NAME=COLUMN of its flags, else its own name. */
static int64_t column_of(const ll_frame *frame, const char *flags, const char *name) {
    char word[LL_OPTION_NAME], column[LL_OPTION_NAME];
    const char *col = strstr(flags, "--col ");
    snprintf(word, sizeof word, "%s=", name);
    const char *at = col ? strstr(col, word) : NULL;
    if (!at || (at[-1] != ' ' && at[-1] != ',')) return ll_frame_column(frame, name);
    at += strlen(word);
    snprintf(column, sizeof column, "%.*s", (int)strcspn(at, " ,'"), at);
    return ll_frame_column(frame, column);
}

/* Only what 'fit' says as parameters of a law can be drawn. */
static void take_law(drawn_law *d, const ll_json *fit, const char *flags, const bundle *b) {
    static const char *const names[LL_VAR_COUNT] = { [LL_VAR_N] = "params",
                                                     [LL_VAR_D] = "tokens",
                                                     [LL_VAR_C] = "flops",
                                                     [LL_VAR_U] = "unique_tokens",
                                                     [LL_VAR_S] = "step" };
    const ll_json *params = fit ? ll_json_get(fit, "params") : NULL;
    const char *name = fit ? ll_json_get_str(fit, "law") : NULL;
    *d = (drawn_law) { .law = name && params ? ll_law_find(name) : NULL };
    if (!d->law) return;
    size_t used = (size_t)snprintf(d->label, sizeof d->label, "%s", d->law->name);
    for (int j = 0; j < d->law->n_params; j++) {
        const ll_json *p = ll_json_get(params, d->law->params[j].name);
        d->params[j] = p ? ll_json_get_num(p, "value") : NAN;
        if (used < sizeof d->label)
            used += (size_t)snprintf(d->label + used, sizeof d->label - used, "%s %s %.3g", j ? "," : ":",
                                     d->law->params[j].name, d->params[j]);
    }
    const char *x = column_of_x(fit);
    for (int v = 0; v < LL_VAR_COUNT; v++)
        d->column[v] = column_of(b->frame, flags, v == LL_VAR_X ? x : names[v] ? names[v] : "");
    d->along_x = d->law->vars == 1u << LL_VAR_X && strcmp(x, b->panel->x) == 0;
    if (strcmp(d->law->name, "power") == 0 && d->along_x)
        snprintf(d->label, sizeof d->label, "L = (x/%.3g)^-%.3g", d->params[0], d->params[1]);
}

static double law_at(const drawn_law *d, const bundle *b, int64_t row, double x_of_one) {
    double x[LL_VAR_COUNT] = { 0 };
    for (int v = 0; v < LL_VAR_COUNT; v++) x[v] = ll_frame_num(b->frame, row, d->column[v]);
    if (d->along_x) x[LL_VAR_X] = x_of_one;
    return d->law->eval(d->params, x);
}

/* Through the rows of one series, or, of a law along x, evenly between its ends. */
static void push_law(ll_json *to, const drawn_law *d, const bundle *b, const spot *at, int64_t n, double shade) {
    spot *line = n > 1 ? malloc((size_t)(n + DENSE) * sizeof *line) : NULL;
    int64_t m = 0;
    if (!line) return;
    const int64_t count = d->along_x ? DENSE : n;
    for (int64_t k = 0; k < count; k++) {
        const double share = (double)k / (double)(count - 1);
        const double x = !d->along_x       ? at[k].x
                         : b->panel->log_x ? at[0].x * pow(at[n - 1].x / at[0].x, share)
                                           : at[0].x + share * (at[n - 1].x - at[0].x);
        const double y = law_at(d, b, at[d->along_x ? 0 : k].row, x);
        if (isfinite(y) && (y > 0 || !b->panel->log_y)) line[m++] = (spot) { x, y, NAN, 0 };
    }
    if (m > 1) ll_json_push(to, series_json(d->label, "dashed", shade, line, m));
    free(line);
}

/* ---- panels ---- */

static ll_status open_bundle(bundle *b, const ll_frame *frame, const ll_programme_panel *panel, ll_error *err) {
    *b = (bundle) { .frame = frame,
                    .panel = panel,
                    .keep = malloc((size_t)frame->rows + 1),
                    .x = ll_frame_column(frame, panel->x),
                    .y = ll_frame_column(frame, panel->y),
                    .se = *panel->se ? ll_frame_column(frame, panel->se) : -1 };
    if (!b->keep) return LL_FAIL(err, LL_ENOMEM, "out of memory for a figure");
    const ll_status s = ll_frame_where(frame, panel->where, b->keep, err);
    if (s != LL_OK) free(b->keep);
    return s;
}

/* Every run of the table as a line in grey, whatever the panel shows of it; runs of two arms may have one name. */
static ll_status push_behind(ll_json *to, const ll_frame *frame, const ll_programme_panel *panel, ll_error *err) {
    ll_programme_panel all = *panel;
    bundle b;
    *all.where = 0;
    LL_TRY(open_bundle(&b, frame, &all, err));
    const int64_t run = ll_frame_column(frame, "run"), arm = ll_frame_column(frame, "arm");
    spot *at = malloc(((size_t)frame->rows + 1) * sizeof *at);
    for (int64_t first = 0, end; at && first < frame->rows; first = end) { /* rows of a run follow each other */
        for (end = first + 1; end < frame->rows &&
                              strcmp(ll_frame_text(frame, end, run), ll_frame_text(frame, first, run)) == 0 &&
                              strcmp(ll_frame_text(frame, end, arm), ll_frame_text(frame, first, arm)) == 0;)
            end++;
        const ll_frame part = { frame->column, frame->n_columns, frame->row + first, end - first, 0 };
        bundle one = b;
        one.frame = &part;
        one.keep = b.keep + first;
        one.se = -1;
        const int64_t n = gather(&one, -1, "", at);
        if (n > 1) ll_json_push(to, series_json("learning curves", "faint", NAN, at, n));
    }
    free(b.keep);
    free(at);
    return at ? LL_OK : LL_FAIL(err, LL_ENOMEM, "out of memory for a figure");
}

static void push_series(ll_json *to, const bundle *b, const ll_json *fit, const char *flags, scale *shades,
                        spot *at) {
    char label[160];
    const int64_t by = *b->panel->by ? ll_frame_column(b->frame, b->panel->by) : -1;
    const char *kind = b->panel->lines ? "line" : "points";
    drawn_law law;
    parting p;
    take_law(&law, fit, flags, b);
    if (by >= 0) part(&p, b, by), note_scale(shades, &p, b->panel);
    for (int k = 0; by >= 0 && k < p.n; k++) {
        const int64_t n = gather(b, by, p.text[k], at);
        if (n) ll_json_push(to, series_json(label_of(b, p.text[k], label), kind, shade_of(&p, p.text[k]), at, n));
        if (law.law && !law.along_x) push_law(to, &law, b, at, n, shade_of(&p, p.text[k]));
    }
    const int64_t n = gather(b, -1, "", at);
    if (by < 0 && n) ll_json_push(to, series_json("runs", kind, NAN, at, n));
    if (law.law && (law.along_x || by < 0)) push_law(to, &law, b, at, n, NAN);
}

/* The quantity of that name; -1: none. */
static int quantity_named(const ll_programme_experiment *e, const char *name) {
    for (int k = 0; k < e->n_quantities; k++)
        if (*name && strcmp(e->quantity[k].name, name) == 0) return k;
    return -1;
}

static ll_status panel_json(ll_json **out, const ll_chart_source *s, const ll_programme_panel *panel, scale *shades,
                            ll_error *err) {
    const int q = quantity_named(s->experiment, panel->law);
    const ll_frame *frame = s->table(s->ctx, panel->table);
    ll_json *o = *out = ll_json_object(), *series = ll_json_array();
    if (*panel->title) ll_json_set_str(o, "title", panel->title);
    ll_json_set_str(o, "x", *panel->x_label ? panel->x_label : panel->x);
    ll_json_set_str(o, "y", *panel->y_label ? panel->y_label : panel->y);
    ll_json_set_bool(o, "log_x", panel->log_x);
    ll_json_set_bool(o, "log_y", panel->log_y);
    ll_json_set(o, "series", series);
    if (*panel->behind) LL_TRY(push_behind(series, s->table(s->ctx, panel->behind), panel, err));
    bundle b;
    LL_TRY(open_bundle(&b, frame, panel, err));
    spot *at = malloc(((size_t)frame->rows + 1) * sizeof *at);
    if (at)
        push_series(series, &b, q < 0 ? NULL : s->fit[q], q < 0 ? "" : s->experiment->quantity[q].fit, shades, at);
    free(b.keep);
    free(at);
    return at ? LL_OK : LL_FAIL(err, LL_ENOMEM, "out of memory for a figure");
}

ll_status ll_chart_json(ll_json **out, const ll_chart_source *source, ll_error *err) {
    const ll_programme_experiment *e = source->experiment;
    *out = NULL;
    if (e->n_panels == 0) return LL_OK;
    ll_json *o = ll_json_object(), *panels = ll_json_array();
    scale shades = { 0 };
    ll_json_set_str(o, "title", *e->figure_title ? e->figure_title : e->name);
    ll_json_set_str(o, "published", e->figure_of);
    ll_json_set(o, "panels", panels);
    ll_status s = LL_OK;
    for (int k = 0; k < e->n_panels && s == LL_OK; k++) {
        ll_json *panel = NULL;
        s = panel_json(&panel, source, &e->panel[k], &shades, err);
        if (panel) ll_json_push(panels, panel);
    }
    if (shades.by && !shades.several) {
        ll_json *shade = ll_json_group(o, "shade");
        ll_json_set_str(shade, "label", shades.label);
        ll_json_set_num(shade, "lo", shades.lo);
        ll_json_set_num(shade, "hi", shades.hi);
    }
    if (s == LL_OK) *out = o;
    else ll_json_free(o);
    return s;
}
