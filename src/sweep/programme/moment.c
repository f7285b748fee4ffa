#include "sweep/programme/moment.h"

#include <math.h>
#include <stdlib.h>

#include "stat/student.h"

#define LEVEL 0.9

/* The quantile of chi squared over its freedom, which is Fisher's F with freedom enough below. */
static double chi_squared_share(double q, double freedom) {
    double lo = 0, hi = 1000;
    for (int i = 0; i < 200 && hi - lo > 1e-12 * hi; i++) {
        const double x = (lo + hi) / 2;
        *(ll_fisher_cdf(x, freedom, 1e7) < q ? &lo : &hi) = x;
    }
    return hi;
}

static ll_json *estimate_json(double value, double lo, double hi) {
    ll_json *o = ll_json_object();
    ll_json_set_num(o, "value", value);
    ll_json_set(o, "ci", ll_json_interval(isfinite(lo) && isfinite(hi), lo, hi));
    ll_json_set_num(o, "level", LEVEL);
    return o;
}

ll_status ll_moment_json(ll_json **out, const ll_frame *f, const char *column, const char *where, ll_error *err) {
    const int64_t c = ll_frame_column(f, column);
    bool *keep = malloc((size_t)f->rows + 1);
    double sum = 0, squares = 0, n = 0;
    *out = NULL;
    if (!keep) return LL_FAIL(err, LL_ENOMEM, "out of memory for a table");
    ll_status s = c >= 0 ? ll_frame_where(f, where, keep, err)
                         : LL_FAIL(err, LL_EINPUT, "the table has no column '%.40s'", column);
    for (int pass = 0; pass < 2 && s == LL_OK; pass++)
        for (int64_t i = 0; i < f->rows; i++) {
            const double v = ll_frame_num(f, i, c);
            if (!keep[i] || !isfinite(v)) continue;
            if (pass == 0) sum += v, n++;
            else squares += (v - sum / n) * (v - sum / n);
        }
    free(keep);
    if (s != LL_OK) return s;
    if (n < 2) return LL_FAIL(err, LL_EINPUT, "%s: %g numbers, expected two or more", column, n);
    const double mean = sum / n, sd = sqrt(squares / (n - 1));
    const double half = ll_student_quantile(0.5 + LEVEL / 2, n - 1) * sd / sqrt(n);
    ll_json *o = *out = ll_json_object();
    ll_json_set(ll_json_group(o, "mean"), column, estimate_json(mean, mean - half, mean + half));
    ll_json_set(ll_json_group(o, "sd"), column,
                estimate_json(sd, sd / sqrt(chi_squared_share(0.5 + LEVEL / 2, n - 1)),
                              sd / sqrt(chi_squared_share(0.5 - LEVEL / 2, n - 1))));
    return LL_OK;
}
