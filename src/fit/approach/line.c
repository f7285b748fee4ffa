#include "fit/approach/line.h"

#include <math.h>

ll_line ll_line_through(const double *x, const double *y, const double *w, const bool *skip, int64_t n) {
    double W = 0, mx = 0, my = 0, sxx = 0, sxy = 0, syy = 0;
    ll_line l = { NAN, NAN, NAN, 0 };
    for (int64_t i = 0; i < n; i++) {
        if (!(w[i] > 0) || (skip && skip[i])) continue;
        W += w[i];
        mx += w[i] * x[i];
        my += w[i] * y[i];
        l.n++;
    }
    mx /= W;
    my /= W;
    for (int64_t i = 0; i < n; i++) {
        if (!(w[i] > 0) || (skip && skip[i])) continue;
        sxx += w[i] * (x[i] - mx) * (x[i] - mx);
        sxy += w[i] * (x[i] - mx) * (y[i] - my);
        syy += w[i] * (y[i] - my) * (y[i] - my);
    }
    if (l.n < 2 || !(sxx > 0)) return l;
    l.slope = sxy / sxx;
    l.level = my - l.slope * mx;
    l.r2 = sxy * sxy / (sxx * syy);
    return l;
}

double ll_line_ln_G(const ll_line *N) {
    return N->level + N->slope * log(6);
}
