#include "report/figure/figure_document.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/figure/figure_layout.h"
#include "report/show.h"

static const ll_json_shape series_shape[] = {
    { "label", LL_SHAPE_TEXT },
    { "kind", LL_SHAPE_WORD, .words = "points line dashed faint" },
    { "shade", LL_SHAPE_NUMBER, .or_null = true, .lo = 0, .hi = 1 },
    { "x", LL_SHAPE_NUMBERS },
    { "y", LL_SHAPE_NUMBERS },
    { "se", LL_SHAPE_NUMBERS, .or_null = true },
    { 0 },
};

static const ll_json_shape panel_shape[] = {
    { "title", LL_SHAPE_TEXT, .or_null = true, .may_lack = true },
    { "x", LL_SHAPE_TEXT },
    { "y", LL_SHAPE_TEXT },
    { "log_x", LL_SHAPE_BOOL },
    { "log_y", LL_SHAPE_BOOL },
    { "series", LL_SHAPE_LIST, .lo = 0, .hi = 1000, .of = series_shape },
    { 0 },
};

static const ll_json_shape shade_shape[] = {
    { "label", LL_SHAPE_TEXT },
    { "lo", LL_SHAPE_NUMBER, .lo = 1e-300, .hi = 1e300 },
    { "hi", LL_SHAPE_NUMBER, .lo = 1e-300, .hi = 1e300 },
    { 0 },
};

const ll_json_shape ll_figure_shape[] = {
    { "title", LL_SHAPE_TEXT },
    { "published", LL_SHAPE_TEXT, .or_null = true },
    { "panels", LL_SHAPE_LIST, .lo = 1, .hi = LL_PANELS_MAX, .of = panel_shape },
    { "shade", LL_SHAPE_OBJECT, .may_lack = true, .of = shade_shape },
    { 0 },
};

enum { LABELS_MAX = 64, NAMED_MAX = 400 };

/* What is read, and the labels so far, whose order gives colours. */
typedef struct reader {
    const char *where;
    const char *label[LABELS_MAX];
    int n_labels;
    ll_axis shade;
    ll_error *err;
} reader;

static int index_of(reader *r, const char *label) {
    int i = 0;
    while (i < r->n_labels && strcmp(r->label[i], label) != 0) i++;
    if (i == r->n_labels && r->n_labels < LABELS_MAX) r->label[r->n_labels++] = label;
    return i;
}

static bool text_of(const ll_json *object, const char *key, const char *word) {
    return strcmp(ll_json_get_str(object, key), word) == 0;
}

/* A law in figures stands in the panel rather than in the legend. */
static bool is_equation(const ll_json *series) {
    return text_of(series, "kind", "dashed") && strchr(ll_json_get_str(series, "label"), '=');
}

/* ---- series ---- */

/* The colour of the series before it: a law has that of its runs. */
static ll_colour colour_before(const ll_figure *f) {
    const ll_series *s = f->n_series ? &f->series[f->n_series - 1] : NULL;
    return s && !(s->shade > 0) && s->colour != LL_GREY ? s->colour : LL_BLACK;
}

static void paint(reader *r, const ll_figure *f, const ll_json *series, ll_series *s) {
    static const ll_colour colours[] = { LL_BLUE, LL_VERMILLION, LL_GREEN, LL_PURPLE, LL_ORANGE, LL_BLACK, LL_SKY };
    const double shade = ll_json_get_num(series, "shade");
    const bool faint = text_of(series, "kind", "faint");
    if (shade >= 0) s->shade = r->shade.lo * pow(r->shade.hi / r->shade.lo, shade);
    else if (faint) s->colour = LL_GREY;
    else if (is_equation(series)) s->colour = colour_before(f);
    else {
        const int k = index_of(r, ll_json_get_str(series, "label"));
        s->colour = colours[k % 7];
        s->marker = (ll_marker)(k % LL_RING);
    }
    s->size = faint ? 0.5 : s->kind == LL_SERIES_POINTS ? 0.9 : 1;
}

static void push_marks(ll_figure *f, const ll_series *s, const ll_json *series) {
    const ll_json *x = ll_json_get(series, "x"), *y = ll_json_get(series, "y"), *se = ll_json_get(series, "se");
    const size_t n = ll_json_size(x);
    for (size_t i = 0; i < n; i++) {
        const double at = ll_json_as_num(ll_json_at(x, i)), v = ll_json_as_num(ll_json_at(y, i));
        const double by = 1.645 * ll_json_as_num(ll_json_at(se, i));
        char a[LL_SHOW_SIZE], b[LL_SHOW_SIZE];
        ll_figure_push(f, at, v, v - by, v + by);
        if (s->kind != LL_SERIES_POINTS) continue;
        ll_figure_shade(f, s->shade);
        if (n <= NAMED_MAX) ll_figure_name(f, "%.100s: %s, %s", s->name, ll_show(at, 4, a), ll_show(v, 4, b));
    }
}

static ll_status add_series(reader *r, ll_figure *f, const ll_json *series, const char *at) {
    const char *label = ll_json_get_str(series, "label");
    const size_t n = ll_json_size(ll_json_get(series, "x")), n_se = ll_json_size(ll_json_get(series, "se"));
    ll_series s = { .kind = text_of(series, "kind", "points") ? LL_SERIES_POINTS : LL_SERIES_LINE,
                    .dash = text_of(series, "kind", "dashed") ? LL_DASHED : LL_SOLID };
    if (ll_json_size(ll_json_get(series, "y")) != n)
        return LL_FAIL(r->err, LL_EFORMAT, "%s: %s.y: expected as many numbers as in x", r->where, at);
    if (n_se != n && ll_json_kind_of(ll_json_get(series, "se")) == LL_JSON_ARRAY)
        return LL_FAIL(r->err, LL_EFORMAT, "%s: %s.se: expected as many numbers as in x", r->where, at);
    paint(r, f, series, &s);
    snprintf(s.name, sizeof s.name, "%s", label);
    if (is_equation(series)) ll_figure_corner(f, s.colour, label);
    else if (!(s.shade > 0) || r->shade.hidden) snprintf(s.label, sizeof s.label, "%s", label);
    ll_figure_add(f, s);
    if (!f->exhausted) push_marks(f, &s, series);
    return LL_OK;
}

/* ---- panels ---- */

static void read_axis(ll_axis *a, const ll_json *panel, const char *label, const char *log) {
    snprintf(a->label, sizeof a->label, "%s", ll_json_get_str(panel, label));
    ll_json_get_bool(panel, log, &a->log);
    a->counts = strstr(a->label, "param") || strstr(a->label, "token");
}

static ll_status read_panel(reader *r, ll_figure *f, const ll_json *panel, size_t k) {
    const ll_json *series = ll_json_get(panel, "series");
    const char *title = ll_json_get_str(panel, "title");
    char at[64];
    if (title) ll_figure_corner(f, LL_BLACK, title);
    read_axis(&f->x, panel, "x", "log_x");
    read_axis(&f->y, panel, "y", "log_y");
    f->shade = r->shade;
    f->shade.hidden = r->shade.hidden || k > 0;
    for (size_t i = 0; i < ll_json_size(series); i++) {
        snprintf(at, sizeof at, "panels[%zu].series[%zu]", k, i);
        LL_TRY(add_series(r, f, ll_json_at(series, i), at));
    }
    return LL_OK;
}

static ll_status read_shade(reader *r, const ll_json *shade) {
    r->shade = (ll_axis) { .log = true, .counts = true, .hidden = !shade, .lo = 1, .hi = 10 };
    if (!shade) return LL_OK;
    snprintf(r->shade.label, sizeof r->shade.label, "%s", ll_json_get_str(shade, "label"));
    r->shade.lo = ll_json_get_num(shade, "lo");
    r->shade.hi = ll_json_get_num(shade, "hi");
    if (r->shade.lo < r->shade.hi) return LL_OK;
    return LL_FAIL(r->err, LL_EFORMAT, "%s: shade.hi: expected a number above shade.lo", r->where);
}

static ll_status read_panels(reader *r, ll_figure **out, const ll_json *figure) {
    const ll_json *panels = ll_json_get(figure, "panels");
    const char *title = ll_json_get_str(figure, "title"), *published = ll_json_get_str(figure, "published");
    char after[LL_FIGURE_TEXT];
    ll_figure **next = out;
    for (size_t k = 0; k < ll_json_size(panels); k++, next = &(*next)->beside) {
        LL_TRY(ll_figure_new(next, title, r->err));
        if (k == 0 && published && *published) {
            snprintf(after, sizeof after, "after %s", published);
            ll_figure_note(*next, NAN, NAN, after);
        }
        LL_TRY(read_panel(r, *next, ll_json_at(panels, k), k));
    }
    return LL_OK;
}

ll_status ll_figure_of_document(ll_figure **out, const ll_json *figure, const char *where, ll_error *err) {
    reader r = { .where = where, .err = err };
    *out = NULL;
    ll_status s = read_shade(&r, ll_json_get(figure, "shade"));
    if (s == LL_OK) s = read_panels(&r, out, figure);
    if (s == LL_OK) return LL_OK;
    ll_figure_free(*out);
    *out = NULL;
    return s;
}
