#include "decide/plan/shape.h"

#include <math.h>

#include "model/count.h"

/* A narrower or wider shape by a factor e costs as much as being a tenth off in size. */
#define ASPECT_WEIGHT 0.1

static double head_size(double width) {
    return width >= 1024 ? 128 : width >= 256 ? 64 : width >= 64 ? 16 : 4;
}

/* Widths are whole heads; wide ones whole groups of heads, so that devices can share them out. */
static double width_step(double width) {
    return width >= 8192 ? 1024 : width >= 4096 ? 512 : width >= 2048 ? 256 : head_size(width);
}

/* Table A9: 64 at 74M, 90 at 6.8B, 109 at 12B; 102 of Chinchilla itself, 128 of GPT-3. */
static double aspect_of(double N) {
    return 64 * pow(N / 1e8, 0.08);
}

static double params_of(double layers, double width) {
    return ll_count_kaplan_params(
        &(ll_shape) { .layers = layers, .width = width, .ffw = 4 * width, .heads = 1, .key = width });
}

ll_status ll_plan_shape(double N, ll_planned_shape *out, ll_error *err) {
    if (!(N >= LL_SHAPE_LEAST && N <= LL_SHAPE_MOST))
        return LL_FAIL(err, LL_EINPUT, "no shape has %.3g parameters: expected %g to %g", N, LL_SHAPE_LEAST,
                       LL_SHAPE_MOST);
    double best = INFINITY;
    for (double width = 4; width <= cbrt(N) * 8; width += width_step(width)) {
        double layers = fmax(1, round(N / params_of(1, width))), params = params_of(layers, width);
        double off = fabs(log(params / N)) + ASPECT_WEIGHT * fabs(log(width / layers / aspect_of(N)));
        if (off >= best) continue;
        best = off;
        *out = (ll_planned_shape) {
            .layers = layers, .width = width, .heads = width / head_size(width), .ffw = 4 * width, .params = params
        };
    }
    return LL_OK;
}
