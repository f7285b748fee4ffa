/* Figures: data in, SVG, PNG or PDF out, drawn by gnuplot as a program.
 *
 *     ll_figure *f;
 *     LL_TRY(ll_figure_new(&f, "Loss against parameters", err));
 *     f->x = (ll_axis) { .label = "N", .unit = "parameters", .log = true };
 *     f->y = (ll_axis) { .label = "loss", .unit = "nats/token", .log = true };
 *     ll_figure_add(f, (ll_series) { .kind = LL_SERIES_POINTS, .label = "runs", .colour = LL_BLUE });
 *     ll_figure_push(f, 1e6, 4.0, NAN, NAN);
 *     LL_TRY(ll_figure_render(f, LL_FIGURE_SVG, "n.svg", err));
 *     ll_figure_free(f);
 *
 * Every text is shown as it is written, whatever it holds, and one that is too long for its place is wrapped. The
 * same figure gives the same bytes on one machine. Marks and lines that have a name say it in an SVG when pointed
 * at. A figure belongs to one thread; memory that runs out while it is built is reported when it is drawn.
 */
#ifndef LL_REPORT_FIGURE_FIGURE_H
#define LL_REPORT_FIGURE_FIGURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loglog/error.h"

/* Okabe and Ito's colours, told apart by eyes that miss red or green; the lightest last. */
typedef enum ll_colour {
    LL_BLACK = 0,
    LL_BLUE,
    LL_VERMILLION,
    LL_GREEN,
    LL_PURPLE,
    LL_ORANGE,
    LL_SKY,
    LL_YELLOW,
    LL_GREY, /* what stands behind */
    LL_COLOUR_COUNT
} ll_colour;

typedef enum ll_dash { LL_SOLID = 0, LL_DASHED, LL_DOTTED, LL_DASH_DOT, LL_DASH_COUNT } ll_dash;

typedef enum ll_marker {
    LL_CIRCLE = 0,
    LL_SQUARE,
    LL_TRIANGLE,
    LL_DIAMOND,
    LL_WEDGE, /* a triangle on its tip */
    LL_RING,
    LL_FRAME,
    LL_STAR,
    LL_MARKER_COUNT
} ll_marker;

enum { LL_FIGURE_TEXT = 160 };

typedef struct ll_axis {
    char label[LL_FIGURE_TEXT], unit[LL_FIGURE_TEXT]; /* shown as "label (unit)" */
    bool log, hidden;                                 /* hidden: neither ticks nor grid */
    bool counts;                                      /* marked 200M instead of 2×10^8 */
    double lo, hi;                                    /* both 0: from the data, with a margin */
} ll_axis;

typedef enum ll_series_kind { LL_SERIES_POINTS = 1, LL_SERIES_LINE, LL_SERIES_STEP, LL_SERIES_BAND } ll_series_kind;

typedef struct ll_mark {
    double x, y, lo, hi; /* lo, hi: error bar of a point, edges of a band; NaN: none */
    double shade;        /* of a point, above 0: coloured by the figure's shade axis; set by ll_figure_shade */
    char *name;          /* set by ll_figure_name; owned */
    char *run;           /* whose id; set by ll_figure_run; owned */
} ll_mark;

/* A mark that is not finite, or not above zero on a log axis, is left out and breaks a line. */
typedef struct ll_series {
    ll_series_kind kind;
    char label[LL_FIGURE_TEXT]; /* "": not in the legend, which stands below the plot */
    ll_colour colour;
    ll_marker marker;
    ll_dash dash;
    double size;                   /* of markers and lines; 0: 1 */
    double opacity;                /* of a band; 0: 0.18 */
    double shade;                  /* of a line, above 0: coloured by the figure's shade axis instead */
    char name[2 * LL_FIGURE_TEXT]; /* what a line says when pointed at */
    char end[64];                  /* written at the last mark, where there is room */
    ll_mark *marks;
    int64_t n, room; /* set by push */
} ll_series;

typedef struct ll_note {
    double x, y;      /* where on the axes; x NaN: a line of its own under the title, or in a corner */
    bool corner;      /* of the plot, where they hide least; lines of it stand above each other, in their order */
    ll_colour colour; /* of a corner's */
    char text[LL_FIGURE_TEXT];
} ll_note;

typedef struct ll_figure {
    char title[LL_FIGURE_TEXT];
    ll_axis x, y;
    ll_axis right; /* the y axis in another unit, where right_scale is above 0 */
    double right_scale;
    ll_axis shade; /* the scale of shaded series, dark to light; hidden: without its bar */
    ll_series *series;
    int64_t n_series;
    ll_note *notes;
    int64_t n_notes;
    struct ll_figure *beside; /* a panel to the right, under the same title; where its y axis is the same, in words
                                 and kind, it shares the range and has no words of its own; owned */
    bool exhausted;           /* memory ran out while it was built */
} ll_figure;

ll_status ll_figure_new(ll_figure **out, const char *title, ll_error *err);
void ll_figure_free(ll_figure *f); /* NULL is fine */

/* Adds an empty series, drawn above those before it. */
void ll_figure_add(ll_figure *f, ll_series series);

/* Adds a mark to the newest series. */
void ll_figure_push(ll_figure *f, double x, double y, double lo, double hi);

/* Of the newest mark: its place on the shade axis, what it says when pointed at, and the run that it stands for. */
void ll_figure_shade(ll_figure *f, double shade);
void ll_figure_name(ll_figure *f, const char *fmt, ...) LL_PRINTF(2, 3);
void ll_figure_run(ll_figure *f, const char *id);

/* Text at a place on the axes, or under the title when x is NaN; in a corner. */
void ll_figure_note(ll_figure *f, double x, double y, const char *text);
void ll_figure_corner(ll_figure *f, ll_colour colour, const char *text);

bool ll_figure_exhausted(const ll_figure *f); /* memory ran out while it, or a panel beside it, was built */

typedef enum ll_figure_format { LL_FIGURE_SVG = 1, LL_FIGURE_PNG, LL_FIGURE_PDF } ll_figure_format;

/* "svg", "png", "pdf"; 0 for another word. */
ll_figure_format ll_figure_format_named(const char *name);

/* The one of these that a file's name ends in; "svg" where it has no ending, another is LL_EINPUT. */
ll_status ll_figure_ending(const char *path, const char **out, ll_error *err);

/* The picture in memory, zero-terminated; *out is the caller's to free. A figure without a mark, or with an
 * empty axis range, is LL_EINPUT; without gnuplot LL_EIO. */
ll_status ll_figure_draw(const ll_figure *f, ll_figure_format format, char **out, size_t *size, ll_error *err);

/* The same into a file, written beside and renamed. */
ll_status ll_figure_render(const ll_figure *f, ll_figure_format format, const char *path, ll_error *err);

/* The same in the format of the path's ending; f is taken. */
ll_status ll_figure_save(ll_figure *f, const char *path, ll_error *err);

#endif
