#include "fit/observational/family_line.h"

#include <math.h>
#include <stdbool.h>

static bool has(const ll_family_rows *r, int64_t i, int32_t family) {
    return r->of[i] == family && r->C[i] > 0 && isfinite(r->C[i]);
}

ll_family_line ll_family_line_of(const ll_family_rows *r, int32_t family) {
    double n = 0, x = 0, y = 0, xx = 0, xy = 0;
    for (int64_t i = 0; i < r->n; i++)
        if (has(r, i, family)) n++, x += log(r->C[i]), y += r->P[i];
    x /= n, y /= n;
    for (int64_t i = 0; i < r->n; i++) {
        if (!has(r, i, family)) continue;
        const double dx = log(r->C[i]) - x;
        xx += dx * dx, xy += dx * (r->P[i] - y);
    }
    if (!(xx > 1e-12)) return (ll_family_line) { NAN, NAN };
    return (ll_family_line) { xy / xx, y - xy / xx * x };
}

double ll_family_ln_factor(const ll_family_rows *r, int32_t family, const ll_family_line *reference) {
    double sum = 0, n = 0;
    for (int64_t i = 0; i < r->n; i++)
        if (has(r, i, family)) sum += (r->P[i] - reference->b) / reference->w - log(r->C[i]), n++;
    return sum / n;
}
