/* A frame of 'top' as text: as many lines as the terminal has rows, none of them wider than it.
 *
 *     char *text = ll_top_frame(&data, &view);          for free(); NULL: out of memory
 */
#ifndef LL_CLI_TOP_TOP_FRAME_H
#define LL_CLI_TOP_TOP_FRAME_H

#include "cli/top/top_data.h"

typedef struct ll_top_view {
    int width, height; /* of the terminal */
    bool unicode, colour;
    int axis;   /* of the curves: 0 tokens, 1 steps, 2 FLOPs */
    bool alone; /* only the curve of the rung that is chosen */
    bool paused;
    char chosen[LL_TOP_NAME]; /* by its name: the list moves under it */
    int64_t at;               /* where it stands in the list, found by the frame */
    char trouble[256];        /* why the data could not be had; "": they are there */
} ll_top_view;

char *ll_top_frame(const ll_top_data *d, ll_top_view *v);

#endif
