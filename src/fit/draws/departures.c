#include "fit/draws/departures.h"

#include <math.h>
#include <stdlib.h>

static void wild_sizes(ll_departures *d, const ll_problem *q) {
    double freedom = fmax(1, (double)(d->n - q->n_free)), sum = 0;
    for (int64_t i = 0; i < d->n; i++) sum += d->of[i] * d->of[i];
    double shared = q->n_free / (double)d->n * sum / freedom;
    for (int64_t i = 0; i < d->n; i++) d->of[i] = sqrt(d->of[i] * d->of[i] + shared);
}

/* Where the Huber function of the departures has its least sum: its slope rises, so halving finds it. */
static double centre(const double *e, int64_t n, double delta) {
    enum { HALVINGS = 60 };
    double lo = INFINITY, hi = -INFINITY;
    for (int64_t i = 0; i < n; i++) lo = fmin(lo, e[i]), hi = fmax(hi, e[i]);
    for (int k = 0; k < HALVINGS; k++) {
        double mid = 0.5 * (lo + hi), slope = 0;
        for (int64_t i = 0; i < n; i++) slope += fmin(fmax(e[i] - mid, -delta), delta);
        if (slope > 0) lo = mid;
        else hi = mid;
    }
    return 0.5 * (lo + hi);
}

static void residual_pool(ll_departures *d, const ll_problem *q) {
    int64_t n = 0;
    for (int64_t i = 0; i < d->n; i++)
        if (q->rows->w[i] > 0) d->of[n++] = sqrt(q->rows->w[i]) * d->of[i];
    double middle = centre(d->of, n, q->delta), size = sqrt((double)n / fmax(1, (double)(n - q->n_free)));
    for (int64_t i = 0; i < n; i++) d->of[i] = size * (d->of[i] - middle);
    d->n = n;
}

ll_status ll_departures_new(ll_departures *d, const ll_fit *fit, const ll_problem *q, ll_error *err) {
    *d = (ll_departures) { .fitted = malloc(2 * (size_t)fit->n * sizeof *d->fitted), .n = fit->n };
    if (!d->fitted) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld rows", (long long)fit->n);
    d->of = d->fitted + fit->n;
    for (int64_t i = 0; i < fit->n; i++) {
        const double loss = fit->data.loss[i], left = fit->residual[i];
        d->fitted[i] = fit->law->below_zero ? loss - left : q->log_scale ? log(loss) - left : loss * exp(-left);
        d->of[i] = q->rows->y[i] - d->fitted[i];
    }
    if (fit->opts.resample == LL_RESAMPLE_WILD) wild_sizes(d, q);
    else residual_pool(d, q);
    return LL_OK;
}

void ll_departures_free(ll_departures *d) {
    free(d->fitted);
    *d = (ll_departures) { 0 };
}
