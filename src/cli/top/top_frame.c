#include "cli/top/top_frame.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/words/printed.h"
#include "base/words/text.h"
#include "loglog/units.h"
#include "report/terminal.h"

enum { LEAST_PLOT = 8, HEAD = 3, FOOT = 1, CURVES = 200, PIECE = 512 };
#define DIM "2"
#define BOLD "1"
#define TURNED "7"
#define ALARM "1;38;5;209"

typedef struct frame {
    const ll_top_data *d;
    ll_top_view *v;
    FILE *out;
    int used;  /* columns of the line so far */
    int lines; /* ended */
} frame;

/* ---- pieces of a line ---- */

/* Cut where the line ends. */
static void piece(frame *f, const char *code, const char *fmt, ...) LL_PRINTF(3, 4);
static void piece(frame *f, const char *code, const char *fmt, ...) {
    char text[PIECE], shown[LL_TEXT_SHOWN];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (f->v->colour && *code) fprintf(f->out, "\x1b[%sm", code);
    for (int at = 0, used; text[at]; at += used) {
        const char *s = ll_text_shown(text + at, &used, shown);
        const int columns = ll_text_columns(text + at, used);
        if (f->used + columns > f->v->width) break;
        fputs(s, f->out);
        f->used += columns;
    }
    if (f->v->colour && *code) fputs("\x1b[0m", f->out);
}

/* A text in so many columns, cut or padded. */
static void padded(frame *f, const char *code, const char *text, int columns) {
    char cut[PIECE], shown[LL_TEXT_SHOWN];
    int n = 0, room = columns;
    for (int at = 0, used; text[at]; at += used) {
        ll_text_shown(text + at, &used, shown);
        const int wide = ll_text_columns(text + at, used);
        if (wide > room || n + used >= (int)sizeof cut) break;
        memcpy(cut + n, text + at, (size_t)used);
        n += used;
        room -= wide;
    }
    cut[n] = 0;
    piece(f, code, "%s%*s", cut, room, "");
}

static void end_line(frame *f) {
    fputc('\n', f->out);
    f->used = 0;
    f->lines++;
}

static const char *mark(const frame *f, const char *unicode, const char *plain) {
    return f->v->unicode ? unicode : plain;
}

/* Eighths of a cell where there are such letters. */
static void bar(frame *f, double share, int cells) {
    static const char *const eighths[] = { "", "▏", "▎", "▍", "▌", "▋", "▊", "▉" };
    const double part = fmin(fmax(isnan(share) ? 0 : share, 0), 1) * cells;
    int full = (int)part;
    for (int i = 0; i < full; i++) piece(f, "38;5;32", "%s", mark(f, "█", "#"));
    if (f->v->unicode && full < cells && (int)(8 * (part - full)) > 0)
        piece(f, "38;5;32", "%s", eighths[(int)(8 * (part - full))]), full++;
    for (int i = full; i < cells; i++) piece(f, DIM, "%s", mark(f, "·", "."));
}

/* ---- the head ---- */

static void head(frame *f) {
    const ll_json *at = f->d->at, *states = ll_json_get(at, "states");
    const double share = ll_json_get_num(at, "share"), left = ll_json_get_num(at, "left_s");
    char buf[32];
    const char *name = ll_json_get_str(at, "name"), *comma = "";
    padded(f, BOLD, name ? name : "", f->v->width / 3 < 24 ? f->v->width / 3 : 24);
    if (!isnan(share)) {
        piece(f, "", " ");
        bar(f, share, f->v->width / 4);
        piece(f, BOLD, " %3.0f %%", floor(100 * share));
    }
    if (!isnan(left)) piece(f, "", "  about %s left", ll_units_show_seconds(left, buf, sizeof buf));
    if (f->v->paused) piece(f, TURNED, " paused ");
    end_line(f);
    for (int k = 0; k < LL_RUN_STATES; k++) {
        const int64_t n = ll_json_get_int(states, ll_run_state_name((ll_run_state)k), 0);
        if (n == 0) continue;
        piece(f, k == LL_RUN_FAILED ? ALARM : "", "%s%lld %s", comma, (long long)n,
              ll_run_state_name((ll_run_state)k));
        comma = ", ";
    }
    const double rate = ll_json_get_num(at, "train_flops_per_s");
    if (!isnan(rate)) piece(f, DIM, "   %s FLOP/s", ll_units_show(rate, buf, sizeof buf));
    if (f->d->n_ladders > 1)
        piece(f, DIM, "   ladder %lld of %lld", (long long)f->d->ladder + 1, (long long)f->d->n_ladders);
    end_line(f);
}

/* ---- the curves ---- */

static int gather(const frame *f, ll_terminal_curve *curves) {
    int n = 0;
    for (int64_t i = 0; i < f->d->n && n < CURVES; i++) {
        const ll_top_rung *r = &f->d->rungs[i];
        const bool chosen = i == f->v->at;
        if (r->n < 2 || (f->v->alone && !chosen)) continue;
        curves[n++] = (ll_terminal_curve) { r->n, r->x[f->v->axis], r->y, r->hue, chosen };
    }
    return n;
}

static void plot(frame *f, int height) {
    static const char *const axes[LL_TOP_AXES] = { "tokens", "steps", "FLOPs, 6ND" };
    static ll_terminal_curve curves[CURVES];
    ll_error none;
    char *text = NULL;
    const ll_terminal_plot p = { .x_label = axes[f->v->axis],
                                 .y_label = "loss on validation data",
                                 .x_counts = f->v->axis < 2,
                                 .n_curves = gather(f, curves),
                                 .curves = curves,
                                 .width = f->v->width,
                                 .height = height,
                                 .unicode = f->v->unicode,
                                 .colour = f->v->colour };
    const int begin = f->lines;
    if (ll_terminal_draw(&p, &text, &none) == LL_OK) {
        fputs(text, f->out);
        for (const char *at = text; *at; at++) f->lines += *at == '\n';
    } else {
        piece(f, DIM, "no curve yet");
        end_line(f);
    }
    free(text);
    while (f->lines < begin + height) end_line(f);
}

/* ---- the rungs ---- */

typedef struct layout {
    int name, bar;
    bool size, rate;
} layout;

static layout layout_of(const frame *f) {
    const int width = f->v->width;
    layout l = { .size = width >= 76, .rate = width >= 88 };
    const int fixed = 2 + 5 + 8 + 9 + (l.size ? 16 : 0) + (l.rate ? 10 : 0); /* mark, share, loss, time left */
    l.name = width >= 120 ? 32 : 20;
    l.bar = width - fixed - l.name - 2;
    if (l.bar > 32) l.bar = 32;
    return l;
}

static void header(frame *f, const layout *l) {
    padded(f, DIM, "  rung", l->name + 2);
    if (l->size) piece(f, DIM, "%8s%8s", "N", "D");
    piece(f, DIM, "  %-*s", l->bar + 5, "done");
    piece(f, DIM, "%8s", "loss");
    if (l->rate) piece(f, DIM, "%10s", "tokens/s");
    piece(f, DIM, "%9s", "left");
    end_line(f);
}

static const char *state_mark(const frame *f, int state) {
    switch ((ll_run_state)state) {
    case LL_RUN_RUNNING: return mark(f, "▶", ">");
    case LL_RUN_DONE: return mark(f, "✓", "+");
    case LL_RUN_FAILED: return mark(f, "✗", "x");
    case LL_RUN_STOPPED: return mark(f, "‖", "|");
    default: return mark(f, "·", ".");
    }
}

static double share_of(const ll_top_rung *r) {
    if (r->state == LL_RUN_DONE) return 1;
    if (r->steps > 0) return r->step / r->steps;
    return r->n && r->tokens > 0 ? r->x[0][r->n - 1] / r->tokens : 0;
}

static void row(frame *f, const layout *l, const ll_top_rung *r, bool chosen) {
    char a[32], b[32];
    const double share = share_of(r), loss = !isnan(r->loss) ? r->loss : r->n ? r->y[r->n - 1] : r->train_loss;
    piece(f, r->state == LL_RUN_FAILED ? ALARM : ll_terminal_hue(r->hue, chosen), "%s ", state_mark(f, r->state));
    padded(f, chosen ? TURNED : "", r->name, l->name);
    if (l->size)
        piece(f, "", "%8s%8s", ll_units_show(r->params, a, sizeof a), ll_units_show(r->tokens, b, sizeof b));
    if (r->state == LL_RUN_FAILED) {
        piece(f, ALARM, "  %s", r->failure);
        return end_line(f);
    }
    piece(f, "", "  ");
    bar(f, share, l->bar);
    piece(f, "", "%4.0f%%", floor(100 * share));
    if (isnan(loss)) piece(f, DIM, "%8s", "-");
    else piece(f, "", fabs(loss) < 100 ? "%8.4f" : "%8.3g", loss);
    if (l->rate) piece(f, "", "%10s", isnan(r->rate) ? "" : ll_units_show(r->rate, a, sizeof a));
    piece(f, "", "%9s", isnan(r->left_s) ? "" : ll_units_show_seconds(r->left_s, b, sizeof b));
    end_line(f);
}

static void list(frame *f, int rows) {
    const layout l = layout_of(f);
    const int64_t n = f->d->n, shown = rows - 1;
    int64_t from = f->v->at - shown / 2;
    if (from > n - shown) from = n - shown;
    if (from < 0) from = 0;
    header(f, &l);
    for (int64_t i = from; i < n && i < from + shown; i++) row(f, &l, &f->d->rungs[i], i == f->v->at);
}

static void foot(frame *f) {
    while (f->lines < f->v->height - 1) end_line(f);
    if (*f->v->trouble) piece(f, ALARM, "%s", f->v->trouble);
    else piece(f, DIM, "%s  x axis  o only this  tab ladder  space pause  q quit", mark(f, "↑↓", "jk"));
}

/* ---- the whole ---- */

/* The rung that is chosen, or the first. */
static void find_chosen(const ll_top_data *d, ll_top_view *v) {
    v->at = 0;
    for (int64_t i = 0; *v->chosen && i < d->n; i++)
        if (strcmp(d->rungs[i].name, v->chosen) == 0) v->at = i;
}

char *ll_top_frame(const ll_top_data *d, ll_top_view *v) {
    ll_printed printed;
    frame f = { .d = d, .v = v, .out = ll_printed_open(&printed) };
    const int room = v->height - HEAD - FOOT;
    const int want = (int)d->n + 1, most = room - LEAST_PLOT;
    const int rows = want < room / 2 ? want : room / 2 > most && most > 1 ? most : room / 2;
    if (!f.out) return NULL;
    find_chosen(d, v);
    if (d->at) {
        head(&f);
        if (room - rows >= LEAST_PLOT) plot(&f, room - rows);
        if (rows > 1) list(&f, rows);
    } else if (!*v->trouble) {
        piece(&f, "", "no runs yet");
        end_line(&f);
    }
    foot(&f);
    return ll_printed_close(&printed);
}
