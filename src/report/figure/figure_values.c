#include "report/figure/figure_values.h"

#include <math.h>

#include "report/figure/figure_layout.h"

static const char *const colours[] = {
    [LL_BLACK] = "black", [LL_BLUE] = "blue",     [LL_VERMILLION] = "vermillion",
    [LL_GREEN] = "green", [LL_PURPLE] = "purple", [LL_ORANGE] = "orange",
    [LL_SKY] = "sky",     [LL_YELLOW] = "yellow", [LL_GREY] = "grey",
};
static const char *const dashes[] = {
    [LL_SOLID] = "solid", [LL_DASHED] = "dashed", [LL_DOTTED] = "dotted", [LL_DASH_DOT] = "dash-dot"
};
static const char *const markers[] = {
    [LL_CIRCLE] = "circle", [LL_SQUARE] = "square", [LL_TRIANGLE] = "triangle", [LL_DIAMOND] = "diamond",
    [LL_WEDGE] = "wedge",   [LL_RING] = "ring",     [LL_FRAME] = "frame",       [LL_STAR] = "star",
};
static const char *const kinds[] = {
    [LL_SERIES_POINTS] = "points", [LL_SERIES_LINE] = "line", [LL_SERIES_STEP] = "step", [LL_SERIES_BAND] = "band"
};

/* An axis and the range that it is drawn over; null where there is none. */
static ll_json *axis(const ll_axis *a, ll_range r) {
    if (!(r.lo < r.hi)) return NULL;
    ll_json *o = ll_json_object();
    ll_json_set_str(o, "label", a->label);
    ll_json_set_str(o, "unit", a->unit);
    ll_json_set_bool(o, "log", a->log);
    ll_json_set_bool(o, "counts", a->counts);
    ll_json_set_bool(o, "hidden", a->hidden);
    ll_json_set(o, "range", ll_json_interval(true, r.lo, r.hi));
    return o;
}

static void set_axis(ll_json *o, const char *key, ll_json *a) {
    ll_json_set(o, key, a ? a : ll_json_num(NAN));
}

static double x_of(const ll_mark *m) {
    return m->x;
}
static double y_of(const ll_mark *m) {
    return m->y;
}
static double lo_of(const ll_mark *m) {
    return m->lo;
}
static double hi_of(const ll_mark *m) {
    return m->hi;
}
static double shade_of(const ll_mark *m) {
    return m->shade > 0 ? m->shade : NAN;
}

/* One number of every mark; absent where none has it and it may be. */
static void set_numbers(ll_json *o, const char *key, const ll_series *s, double (*of)(const ll_mark *),
                        bool always) {
    bool any = always;
    for (int64_t i = 0; i < s->n && !any; i++) any = isfinite(of(&s->marks[i]));
    if (!any) return;
    ll_json *list = ll_json_array();
    for (int64_t i = 0; i < s->n; i++) ll_json_push(list, ll_json_num(of(&s->marks[i])));
    ll_json_set(o, key, list);
}

static const char *name_of(const ll_mark *m) {
    return m->name;
}
static const char *run_of(const ll_mark *m) {
    return m->run;
}

static void set_words(ll_json *o, const char *key, const ll_series *s, const char *(*of)(const ll_mark *)) {
    bool any = false;
    for (int64_t i = 0; i < s->n && !any; i++) any = of(&s->marks[i]) != NULL;
    if (!any) return;
    ll_json *list = ll_json_array();
    for (int64_t i = 0; i < s->n; i++) ll_json_push(list, ll_json_str(of(&s->marks[i]) ? of(&s->marks[i]) : ""));
    ll_json_set(o, key, list);
}

static ll_json *series(const ll_series *s) {
    ll_json *o = ll_json_object();
    ll_json_set_str(o, "kind", kinds[s->kind]);
    ll_json_set_str(o, "label", s->label);
    ll_json_set_str(o, "colour", colours[s->colour]);
    ll_json_set_str(o, "marker", markers[s->marker]);
    ll_json_set_str(o, "dash", dashes[s->dash]);
    ll_json_set_num(o, "size", s->size > 0 ? s->size : 1);
    ll_json_set_num(o, "opacity", s->opacity > 0 ? s->opacity : 0.18);
    ll_json_set_num(o, "shade", s->shade > 0 ? s->shade : NAN);
    ll_json_set_str(o, "name", s->name);
    ll_json_set_str(o, "end", s->end);
    set_numbers(o, "x", s, x_of, true);
    set_numbers(o, "y", s, y_of, true);
    set_numbers(o, "lo", s, lo_of, false);
    set_numbers(o, "hi", s, hi_of, false);
    set_numbers(o, "shades", s, shade_of, false);
    set_words(o, "names", s, name_of);
    set_words(o, "runs", s, run_of);
    return o;
}

static ll_json *note(const ll_note *n) {
    ll_json *o = ll_json_object();
    ll_json_set_str(o, "text", n->text);
    ll_json_set_num(o, "x", n->x);
    ll_json_set_num(o, "y", n->y);
    ll_json_set_bool(o, "corner", n->corner);
    return o;
}

static ll_json *panel(const ll_box *b) {
    const ll_figure *f = b->figure;
    ll_json *o = ll_json_object(), *all = ll_json_array(), *notes = ll_json_array(), *right = NULL;
    set_axis(o, "x", axis(&f->x, b->x));
    set_axis(o, "y", axis(&f->y, b->y));
    if (f->right_scale > 0) {
        right = axis(&f->right, (ll_range) { b->y.lo * f->right_scale, b->y.hi * f->right_scale });
        if (right) ll_json_set_num(right, "scale", f->right_scale);
    }
    set_axis(o, "right", right);
    set_axis(o, "shade", axis(&f->shade, b->shade));
    for (int64_t i = 0; i < f->n_series; i++) ll_json_push(all, series(&f->series[i]));
    for (int64_t i = 0; i < f->n_notes; i++) ll_json_push(notes, note(&f->notes[i]));
    ll_json_set(o, "series", all);
    ll_json_set(o, "notes", notes);
    return o;
}

ll_status ll_figure_values(ll_json **out, const ll_figure *f, ll_error *err) {
    ll_layout l;
    *out = NULL;
    if (ll_figure_exhausted(f)) return LL_FAIL(err, LL_ENOMEM, "figure '%s': out of memory", f->title);
    LL_TRY(ll_figure_lay_out(&l, f, err));
    ll_json *panels = ll_json_array();
    *out = ll_json_object();
    ll_json_set_str(*out, "title", f->title);
    ll_json_set(*out, "panels", panels);
    for (int i = 0; i < l.n; i++) ll_json_push(panels, panel(&l.box[i]));
    return LL_OK;
}
