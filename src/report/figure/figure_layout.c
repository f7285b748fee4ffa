#include "report/figure/figure_layout.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* All in em. */
#define SINGLE_WIDTH 42.6
#define PANEL_WIDTH 28.4
#define PLOT_HEIGHT 20.0
#define GAP 1.6
#define TITLE 2.5
#define NOTE_LINE 1.25
#define SHADE_BAR 2.6
#define AXIS_LABEL 1.3
#define TICK 1.7 /* with the blanks around the words of ticks */
#define LEGEND_ROW 1.5
#define SAMPLE 3.0 /* of a legend's entry: the line or mark before its words */

static bool shown(double v, bool log) {
    return isfinite(v) && (!log || v > 0);
}

bool ll_figure_sees(const ll_figure *f, const ll_mark *m) {
    return shown(m->x, f->x.log) && shown(m->y, f->y.log);
}

bool ll_figure_has_bar(const ll_figure *f, const ll_mark *m) {
    return shown(m->lo, f->y.log) && shown(m->hi, f->y.log);
}

bool ll_figure_sees_any(const ll_figure *f, const ll_series *s) {
    for (int64_t j = 0; j < s->n; j++)
        if (ll_figure_sees(f, &s->marks[j]) && (s->kind != LL_SERIES_BAND || ll_figure_has_bar(f, &s->marks[j])))
            return true;
    return false;
}

bool ll_figure_shades(const ll_series *s) {
    for (int64_t j = 0; j < s->n; j++)
        if (s->marks[j].shade > 0) return true;
    return s->shade > 0;
}

double ll_range_at(ll_range r, bool log, double v) {
    return log ? (v > 0 ? log10(v / r.lo) / log10(r.hi / r.lo) : NAN) : (v - r.lo) / (r.hi - r.lo);
}

bool ll_figure_keeps(const ll_layout *l, const ll_box *b, const ll_series *s, int64_t j, int64_t last, double em) {
    const ll_figure *f = b->figure;
    if (last < 0 || j + 1 >= s->n || !ll_figure_sees(f, &s->marks[j - 1]) || !ll_figure_sees(f, &s->marks[j + 1]))
        return true;
    const ll_mark *m = &s->marks[j], *was = &s->marks[last];
    const double dx = ll_range_at(b->x, f->x.log, m->x) - ll_range_at(b->x, f->x.log, was->x);
    const double dy = ll_range_at(b->y, f->y.log, m->y) - ll_range_at(b->y, f->y.log, was->y);
    return hypot(dx * (b->right - b->left) * l->width, dy * (b->top - b->bottom) * l->height) >= em;
}

/* ---- words ---- */

int64_t ll_figure_characters(const char *utf8) {
    int64_t n = 0;
    for (; *utf8; utf8++) n += (*utf8 & 0xc0) != 0x80;
    return n;
}

int ll_figure_wrap(const char *text, int room, char out[LL_WRAPPED]) {
    int lines = 1, used = 0;
    size_t n = 0, blank = 0; /* blank: where the line can be broken, 0: nowhere */
    for (const char *p = text; *p && n + 2 < LL_WRAPPED; p++) {
        const bool starts = (*p & 0xc0) != 0x80;
        if (starts && used >= room && room > 0) {
            if (blank) out[blank] = '\n', used = (int)(n - blank - 1);
            else out[n++] = '\n', used = 0;
            blank = 0;
            lines++;
        }
        if (*p == ' ' || *p == '\n') blank = n;
        out[n++] = *p == '\n' ? ' ' : *p;
        used += starts;
    }
    out[n] = 0;
    return lines;
}

void ll_figure_axis_text(const ll_axis *a, char out[LL_WRAPPED]) {
    snprintf(out, LL_WRAPPED, *a->unit && *a->label ? "%s (%s)" : "%s%s", a->label, a->unit);
}

static int lines_of(const char *text, double room_em) {
    char wrapped[LL_WRAPPED];
    return *text ? ll_figure_wrap(text, (int)(room_em / LL_EM_CHAR), wrapped) : 0;
}

static int axis_lines(const ll_axis *a, double room_em) {
    char text[LL_WRAPPED];
    ll_figure_axis_text(a, text);
    return lines_of(text, room_em);
}

/* ---- ranges ---- */

static void widen(ll_range *r, double v) {
    r->lo = fmin(r->lo, v);
    r->hi = fmax(r->hi, v);
}

static void with_margin(ll_range *r, bool log) {
    double share = 0.04;
    if (log) {
        double by = r->hi > r->lo ? pow(r->hi / r->lo, share) : 1.3;
        *r = (ll_range) { r->lo / by, r->hi * by };
    } else {
        double by = r->hi > r->lo ? share * (r->hi - r->lo) : fmax(1e-3, 0.1 * fabs(r->hi));
        *r = (ll_range) { r->lo - by, r->hi + by };
    }
}

static void range_of_series(ll_box *b, const ll_series *s) {
    const ll_figure *f = b->figure;
    if (s->shade > 0) widen(&b->shade, s->shade);
    for (int64_t j = 0; j < s->n; j++) {
        const ll_mark *m = &s->marks[j];
        if (!ll_figure_sees(f, m)) continue;
        widen(&b->x, m->x);
        widen(&b->y, m->y);
        if (m->shade > 0) widen(&b->shade, m->shade);
        if (!ll_figure_has_bar(f, m)) continue;
        widen(&b->y, m->lo);
        widen(&b->y, m->hi);
    }
}

/* Room to the right of the last mark for the words at the ends of lines. */
static void leave_room(ll_box *b, double width_em) {
    int64_t longest = 0;
    for (int64_t i = 0; i < b->figure->n_series; i++)
        longest = (int64_t)fmax((double)longest, (double)ll_figure_characters(b->figure->series[i].end));
    if (longest == 0) return;
    const double need = fmin(0.5, ((double)longest * LL_EM_CHAR + 1) / width_em), by = need / (1 - need);
    if (b->figure->x.log) b->x.hi *= pow(b->x.hi / b->x.lo, by);
    else b->x.hi += by * (b->x.hi - b->x.lo);
}

/* The ranges that are asked for, else those of the data with a margin. */
static ll_status ranges(ll_box *b, double width_em, ll_error *err) {
    const ll_figure *f = b->figure;
    b->x = b->y = b->shade = (ll_range) { INFINITY, -INFINITY };
    for (int64_t i = 0; i < f->n_series; i++) range_of_series(b, &f->series[i]);
    if (b->x.lo > b->x.hi) return LL_FAIL(err, LL_EINPUT, "figure '%s': there is nothing to show", f->title);
    with_margin(&b->x, f->x.log);
    with_margin(&b->y, f->y.log);
    if (f->x.lo != 0 || f->x.hi != 0) b->x = (ll_range) { f->x.lo, f->x.hi };
    if (f->y.lo != 0 || f->y.hi != 0) b->y = (ll_range) { f->y.lo, f->y.hi };
    if (b->shade.lo <= b->shade.hi && f->shade.lo < f->shade.hi) b->shade = (ll_range) { f->shade.lo, f->shade.hi };
    if (b->shade.lo == b->shade.hi) with_margin(&b->shade, true);
    if (!(b->x.lo < b->x.hi && b->y.lo < b->y.hi) || !shown(b->x.lo, f->x.log) || !shown(b->y.lo, f->y.log) ||
        !isfinite(b->x.hi) || !isfinite(b->y.hi))
        return LL_FAIL(err, LL_EINPUT, "figure '%s': the range of an axis is empty", f->title);
    leave_room(b, width_em);
    return LL_OK;
}

static bool same_axis(const ll_axis *a, const ll_axis *b) {
    return a->log == b->log && a->hidden == b->hidden && strcmp(a->label, b->label) == 0 &&
           strcmp(a->unit, b->unit) == 0;
}

/* Of neighbours whose y axis is the same; the first of them says its words. */
static void share_y(ll_layout *l) {
    for (int first = 0, end; first < l->n; first = end) {
        ll_range all = l->box[first].y;
        for (end = first + 1; end < l->n; end++) {
            if (!same_axis(&l->box[first].figure->y, &l->box[end].figure->y)) break;
            widen(&all, l->box[end].y.lo), widen(&all, l->box[end].y.hi);
        }
        for (int k = first; k < end; k++) l->box[k].y = all, l->box[k].y_words = k == first ? 0 : NAN;
    }
}

/* ---- places ---- */

/* From the edge of the picture to the axis: label, tick labels, ticks. scale: of the range, for the right axis. */
static double beside_plot(const ll_axis *a, ll_range r, double scale) {
    ll_ticks t;
    double widest = 0;
    if (a->hidden) return 1.2;
    ll_ticks_make(&t, scale * r.lo, scale * r.hi,
                  &(ll_tick_style) { a->log, a->counts, true, PLOT_HEIGHT / NOTE_LINE });
    for (int i = 0; i < t.n; i++) widest = fmax(widest, ll_tick_width(t.at[i].label));
    return LL_EM_EDGE + AXIS_LABEL * axis_lines(a, PLOT_HEIGHT) + LL_EM_CHAR * widest + TICK;
}

static bool listed(const ll_layout *l, const ll_series *s) {
    for (int i = 0; i < l->n_entries; i++)
        if (strcmp(l->entry[i].series->label, s->label) == 0) return true;
    return false;
}

/* The points of all panels before their lines: what was measured, then what is said of it. Each label once. Returns how
 * many characters the longest has. */
static int64_t list_entries(ll_layout *l) {
    int64_t longest = 0;
    for (int pass = 0; pass < 2; pass++)
        for (int k = 0; k < l->n; k++)
            for (int64_t i = 0; i < l->box[k].figure->n_series; i++) {
                const ll_series *s = &l->box[k].figure->series[i];
                if ((s->kind == LL_SERIES_POINTS) != (pass == 0)) continue;
                if (!*s->label || l->n_entries == LL_LEGEND_MAX || listed(l, s)) continue;
                if (!ll_figure_sees_any(l->box[k].figure, s)) continue;
                l->entry[l->n_entries++].series = s;
                longest = (int64_t)fmax((double)longest, (double)ll_figure_characters(s->label));
            }
    return longest;
}

/* Below the plots, where it hides nothing. Returns its height. */
static double legend(ll_layout *l) {
    const int64_t longest = list_entries(l);
    const double each = SAMPLE + LL_EM_CHAR * (double)longest + 1, left = l->box[0].left;
    const int most = (int)fmax(1, floor((l->width - left) / each));
    const int columns = most < l->n_entries ? most : l->n_entries ? l->n_entries : 1;
    const int rows = (l->n_entries + columns - 1) / columns;
    double used = 0; /* by the rows from the top */
    l->legend_room = (int)(((columns > 1 ? each : l->width - left) - SAMPLE - 0.5) / LL_EM_CHAR);
    for (int row = 0; row < rows; row++) {
        int lines = 1;
        for (int i = row * columns; i < (row + 1) * columns && i < l->n_entries; i++) {
            l->entry[i].x = left + each * (i % columns) + SAMPLE / 2;
            l->entry[i].y = -(used + LEGEND_ROW / 2);
            const int own = lines_of(l->entry[i].series->label, l->legend_room * LL_EM_CHAR);
            lines = own > lines ? own : lines;
        }
        used += LEGEND_ROW + NOTE_LINE * (lines - 1);
    }
    for (int i = 0; i < l->n_entries; i++) l->entry[i].y += LL_EM_EDGE + used;
    return LL_EM_EDGE + used;
}

bool ll_figure_has_shade_bar(const ll_box *b) {
    return b->shade.lo < b->shade.hi && !b->figure->shade.hidden;
}

static double above(ll_layout *l) {
    bool shaded = false;
    for (int k = 0; k < l->n; k++) shaded = shaded || ll_figure_has_shade_bar(&l->box[k]);
    const ll_figure *f = l->box[0].figure;
    for (int64_t i = 0; i < f->n_notes; i++)
        if (isnan(f->notes[i].x) && !f->notes[i].corner)
            l->lines_above += lines_of(f->notes[i].text, l->width - l->box[0].left);
    return TITLE + NOTE_LINE * l->lines_above + (shaded ? SHADE_BAR : 0);
}

static double below(const ll_layout *l, double panel) {
    int lines = 0;
    for (int k = 0; k < l->n; k++) {
        const int n = axis_lines(&l->box[k].figure->x, panel);
        lines = n > lines ? n : lines;
    }
    return LL_EM_TICKS + AXIS_LABEL * lines;
}

static void to_shares(ll_layout *l) {
    for (int k = 0; k < l->n; k++) {
        ll_box *b = &l->box[k];
        b->left /= l->width, b->right /= l->width, b->y_words /= l->width;
        b->bottom /= l->height, b->top /= l->height;
    }
}

ll_status ll_figure_lay_out(ll_layout *l, const ll_figure *f, ll_error *err) {
    *l = (ll_layout) { 0 };
    for (const ll_figure *p = f; p; p = p->beside) {
        if (l->n == LL_PANELS_MAX)
            return LL_FAIL(err, LL_EINPUT, "figure '%s': more than %d panels", f->title, LL_PANELS_MAX);
        l->box[l->n++].figure = p;
    }
    const double rough = l->n == 1 ? SINGLE_WIDTH - 7 : PANEL_WIDTH - 3;
    for (int k = 0; k < l->n; k++) LL_TRY(ranges(&l->box[k], rough, err));
    share_y(l);
    const ll_figure *last = l->box[l->n - 1].figure;
    double left[LL_PANELS_MAX], room = 0; /* of each panel: what stands left of it */
    for (int k = 0; k < l->n; k++) {
        const ll_box *b = &l->box[k];
        left[k] = isnan(b->y_words) ? GAP : beside_plot(&b->figure->y, b->y, 1) + (k ? GAP : 0);
        room += left[k];
    }
    const double right = last->right_scale > 0 ? beside_plot(&last->right, l->box[0].y, last->right_scale) : 2;
    l->right_words = LL_EM_EDGE + AXIS_LABEL * (axis_lines(&last->right, PLOT_HEIGHT) - 0.5);
    l->width = l->n == 1 ? SINGLE_WIDTH : PANEL_WIDTH * l->n;
    const double panel = (l->width - room - right) / l->n;
    for (int k = 0; k < l->n; k++) {
        ll_box *b = &l->box[k];
        const double from = k ? l->box[k - 1].right : 0;
        b->y_words += from + (k ? GAP : 0) + LL_EM_EDGE;
        b->left = from + left[k];
        b->right = b->left + panel;
    }
    const double bottom = legend(l) + below(l, panel), top = above(l);
    l->height = bottom + PLOT_HEIGHT + top;
    for (int k = 0; k < l->n; k++) l->box[k].bottom = bottom, l->box[k].top = bottom + PLOT_HEIGHT;
    to_shares(l);
    return LL_OK;
}
