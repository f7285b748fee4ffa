#include "report/figure/figure_room.h"

#include <math.h>

#define PIECE 0.5 /* em of a line */
enum { PIECES_MAX = 200 };

/* em from the panel's lower left */
typedef struct spot {
    double x, y;
} spot;

static spot spot_of(const ll_layout *l, const ll_box *b, const ll_mark *m) {
    return (spot) { ll_range_at(b->x, b->figure->x.log, m->x) * (b->right - b->left) * l->width,
                    ll_range_at(b->y, b->figure->y.log, m->y) * (b->top - b->bottom) * l->height };
}

typedef struct block {
    double left, right, bottom, top;
} block;

static bool lies_in(const block *k, spot p) {
    return p.x > k->left && p.x < k->right && p.y > k->bottom && p.y < k->top;
}

/* What all notes of the corner take. */
static block block_of(const ll_layout *l, const ll_box *b, ll_corner c) {
    const double across = (b->right - b->left) * l->width, up = (b->top - b->bottom) * l->height;
    double width = 0, height = 0;
    for (int64_t i = 0; i < b->figure->n_notes; i++) {
        const ll_note *n = &b->figure->notes[i];
        if (!n->corner) continue;
        width = fmax(width, LL_EM_SMALL * LL_EM_CHAR * (double)ll_figure_characters(n->text));
        height += LL_EM_CORNER_LINE;
    }
    width += 2 * LL_EM_CORNER_EDGE, height += LL_EM_CORNER_EDGE;
    return (block) { c.right ? across - width : 0, c.right ? across : width, c.upper ? up - height : 0,
                     c.upper ? up : height };
}

static int hidden_of(const ll_layout *l, const ll_box *b, const ll_series *s, const block *k) {
    const bool line = s->kind == LL_SERIES_LINE || s->kind == LL_SERIES_STEP;
    int n = 0;
    for (int64_t j = 0; j < s->n; j++) {
        if (!ll_figure_sees(b->figure, &s->marks[j])) continue;
        const spot to = spot_of(l, b, &s->marks[j]);
        n += lies_in(k, to);
        if (!line || j == 0 || !ll_figure_sees(b->figure, &s->marks[j - 1])) continue;
        const spot from = spot_of(l, b, &s->marks[j - 1]);
        const double pieces = fmin(PIECES_MAX, ceil(hypot(to.x - from.x, to.y - from.y) / PIECE));
        for (int i = 1; i < pieces; i++) {
            const double t = i / pieces;
            n += lies_in(k, (spot) { from.x + t * (to.x - from.x), from.y + t * (to.y - from.y) });
        }
    }
    return n;
}

ll_corner ll_figure_room(const ll_layout *l, const ll_box *b) {
    static const ll_corner corners[] = { { false, false }, { true, true }, { false, true }, { true, false } };
    ll_corner best = corners[0];
    int least = -1;
    for (int c = 0; c < 4; c++) {
        const block k = block_of(l, b, corners[c]);
        int hidden = 0;
        for (int64_t i = 0; i < b->figure->n_series; i++) hidden += hidden_of(l, b, &b->figure->series[i], &k);
        if (least >= 0 && hidden >= least) continue;
        least = hidden;
        best = corners[c];
    }
    return best;
}
