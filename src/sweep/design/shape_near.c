#include "sweep/design/shape_near.h"

#include <math.h>

#include "sweep/command/shapes.h"
#include "sweep/design/rung_places.h"

enum { MAX_WIDTH = 8192 };

const ll_shape_form ll_shape_plain;

static int64_t ffw_of(ll_family family, double ratio, int64_t width) {
    if (ratio > 0) return (int64_t)fmax(8, 8 * floor(ratio * (double)width / 8 + 0.5));
    return ll_family_ffw(family, width);
}

static ll_model shape_of(const ll_spec *s, int64_t vocab, const ll_shape_form *f, int64_t width) {
    const ll_family family = ll_spec_family(s);
    int64_t head = !ll_family_attends(family) || width < s->model.head ? width : s->model.head;
    int64_t layers = s->model.layers ? s->model.layers : width < 128 ? 2 : width / 64;
    return (ll_model) { .family = family,
                        .layers = f->layers ? f->layers : layers,
                        .width = width,
                        .heads = f->heads ? f->heads : width / head,
                        .ffw = ffw_of(family, f->ffw_ratio, width),
                        .context = s->model.context,
                        .vocab = vocab,
                        .base_width = s->model.base_width,
                        .base_head = s->model.head };
}

static int64_t wider(const ll_shape_form *f, int64_t w) {
    return w + (f->grain ? f->grain : w == 0 ? 8 : w < 16 ? 16 - w : 16);
}

/* The width after w: the list's, or the next of the form's grain, or of 8, 16, 32, 48 and so on the next that heads
 * divide. 0 at the end. */
static int64_t next_width(const ll_spec *s, const ll_shape_form *f, int64_t w) {
    const ll_list *list = &s->model.widths;
    const int64_t head = ll_spec_head(s);
    if (list->n == 0) {
        do w = wider(f, w);
        while (!f->heads && w > head && w % head != 0);
        return w <= MAX_WIDTH ? w : 0;
    }
    int64_t best = 0;
    for (int64_t i = 0; i < list->n; i++)
        if ((int64_t)list->v[i] > w && (best == 0 || (int64_t)list->v[i] < best)) best = (int64_t)list->v[i];
    return best;
}

ll_count ll_shape_count(const ll_spec *s, const ll_model *m) {
    ll_count c = ll_count_of(m);
    ll_rung_count(s, m, &c);
    return c;
}

/* The k-th shape to choose from: of the spec's list, else of the next width. False at the end. */
typedef struct choice {
    ll_listed_shape list[LL_SHAPES_MOST];
    int n, k;
    int64_t width;
} choice;

static ll_status open_choice(const ll_spec *s, choice *c, ll_error *err) {
    c->k = 0;
    c->width = 0;
    return ll_shapes_read(s->design.shapes, c->list, &c->n, err);
}

static bool next_choice(const ll_spec *s, int64_t vocab, const ll_shape_form *f, choice *c, ll_model *m) {
    if (c->n == 0) {
        c->width = next_width(s, f, c->width);
        if (c->width) *m = shape_of(s, vocab, f, c->width);
        return c->width != 0;
    }
    if (c->k == c->n) return false;
    const ll_listed_shape *is = &c->list[c->k++];
    *m = shape_of(s, vocab, f, is->width);
    m->layers = is->layers;
    m->heads = is->heads;
    if (is->ffw) m->ffw = is->ffw;
    return true;
}

ll_status ll_shape_nearest(const ll_spec *s, int64_t vocab, const ll_shape_form *f, double params, ll_model *out,
                           ll_error *err) {
    double best = INFINITY;
    choice c;
    LL_TRY(open_choice(s, &c, err));
    for (ll_model m; next_choice(s, vocab, f, &c, &m);) {
        LL_TRY(ll_model_check(&m, err));
        double miss = fabs(log(ll_shape_count(s, &m).params / params));
        if (!(miss < best - 1e-9)) continue;
        best = miss;
        *out = m;
    }
    if (isfinite(best)) return LL_OK;
    return LL_FAIL(err, LL_EINPUT, "design: %g parameters, expected a number of them that a model can have",
                   params);
}

ll_status ll_shape_sizes(const ll_spec *s, int64_t vocab, double *sizes, int most, int *n, ll_error *err) {
    choice c;
    *n = 0;
    LL_TRY(open_choice(s, &c, err));
    for (ll_model m; *n < most && next_choice(s, vocab, &ll_shape_plain, &c, &m);) {
        LL_TRY(ll_model_check(&m, err));
        sizes[(*n)++] = ll_shape_count(s, &m).params;
    }
    return LL_OK;
}
