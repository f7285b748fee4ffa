/* Where everything of a figure stands: ranges of the axes, boxes of the panels, rows of the legend. In em, the size
 * of the text, which is the same in every figure; and in shares of the picture, from its lower left. */
#ifndef LL_REPORT_FIGURE_FIGURE_LAYOUT_H
#define LL_REPORT_FIGURE_FIGURE_LAYOUT_H

#include "report/figure/figure.h"
#include "report/ticks.h"

enum { LL_PANELS_MAX = 4, LL_LEGEND_MAX = 24, LL_WRAPPED = 2 * LL_FIGURE_TEXT + 8 };

typedef struct ll_range {
    double lo, hi; /* lo < hi */
} ll_range;

typedef struct ll_box {
    const ll_figure *figure;
    ll_range x, y, shade; /* shade: lo > hi when nothing is shaded */
    double left, right, bottom, top;
    double y_words; /* of the y axis, from the picture's left; NaN: the panel before says them */
} ll_box;

typedef struct ll_legend_entry {
    const ll_series *series;
    double x, y; /* of its sample's middle, in em from the lower left */
} ll_legend_entry;

typedef struct ll_layout {
    double width, height; /* em */
    ll_box box[LL_PANELS_MAX];
    int n;
    ll_legend_entry entry[LL_LEGEND_MAX];
    int n_entries, legend_room; /* characters of a line of an entry */
    double right_words;         /* em from the right edge to the middle of the right axis's first line */
    int lines_above;            /* notes under the title, wrapped */
} ll_layout;

/* In em: the width of a character, from the axis to the words below its ticks, from the picture's edge to words. */
#define LL_EM_CHAR 0.6
#define LL_EM_TICKS 2.4
#define LL_EM_EDGE 0.6

/* LL_EINPUT when no mark can be shown, a range is empty or there are too many panels. */
ll_status ll_figure_lay_out(ll_layout *l, const ll_figure *f, ll_error *err);

bool ll_figure_sees(const ll_figure *f, const ll_mark *m); /* can it be shown on these axes? */

/* Whether mark j of a line, which can be shown, is drawn: one that is nearer than so many em to the last that was is
 * not, but at an end or a break. last: its index; -1 before the first. */
bool ll_figure_keeps(const ll_layout *l, const ll_box *b, const ll_series *s, int64_t j, int64_t last, double em);
bool ll_figure_has_bar(const ll_figure *f, const ll_mark *m); /* has it an error bar, or edges? */
bool ll_figure_sees_any(const ll_figure *f, const ll_series *s);
bool ll_figure_shades(const ll_series *s); /* does the shade axis colour its marks? */

/* Share of the axis at which v stands. */
double ll_range_at(ll_range r, bool log, double v);

/* text in lines of at most so many characters, separated by '\n', broken at blanks where there are any. Returns how
 * many lines. */
int ll_figure_wrap(const char *text, int room, char out[LL_WRAPPED]);

/* "label (unit)" */
void ll_figure_axis_text(const ll_axis *a, char out[LL_WRAPPED]);

/* Whether the scale of its shades stands above the panel. */
bool ll_figure_has_shade_bar(const ll_box *b);

int64_t ll_figure_characters(const char *utf8);

#endif
