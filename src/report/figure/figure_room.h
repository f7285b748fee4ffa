/* The corner of a panel in which its notes hide least. */
#ifndef LL_REPORT_FIGURE_FIGURE_ROOM_H
#define LL_REPORT_FIGURE_FIGURE_ROOM_H

#include "report/figure/figure_layout.h"

#define LL_EM_SMALL 0.86      /* a letter that is written into the plot, over one outside of it */
#define LL_EM_CORNER_LINE 1.2 /* from line to line there */
#define LL_EM_CORNER_EDGE 0.7

typedef struct ll_corner {
    bool right, upper;
} ll_corner;

/* Of the four, the first with the fewest marks and pieces of lines under the notes: lower left, where a falling curve
 * leaves room, upper right, upper left, lower right. */
ll_corner ll_figure_room(const ll_layout *l, const ll_box *b);

#endif
