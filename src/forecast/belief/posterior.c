#include "forecast/belief/posterior_grid.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/threads.h"
#include "forecast/belief/split.h"

/* ---- the rows ---- */

typedef struct place {
    double C;
    int64_t row;
} place;

static bool before(const place *x, const place *y) {
    return x->C != y->C ? x->C > y->C : x->row < y->row;
}

static int downwards(const void *a, const void *b) {
    return before(b, a) - before(a, b);
}

/* v [lo .. hi] so that v[k] is what it would be if sorted, and what comes before it lies before it (Hoare's find). */
static void find(place *v, int64_t lo, int64_t hi, int64_t k) {
    enum { ROUNDS = 100 }; /* far more than are needed where the places are in no order that was made for it */
    for (int round = 0; lo < hi; round++) {
        if (round == ROUNDS) return qsort(v + lo, (size_t)(hi - lo + 1), sizeof *v, downwards);
        const place pivot = v[k];
        int64_t i = lo, j = hi;
        while (i <= j) {
            while (before(&v[i], &pivot)) i++;
            while (before(&pivot, &v[j])) j--;
            if (i > j) break;
            const place t = v[i];
            v[i++] = v[j];
            v[j--] = t;
        }
        if (j < k) lo = i;
        if (k < i) hi = j;
    }
}

/* Every step-th of v, of those in lo .. hi, stands where it would if sorted: the middle one parts the others. */
static void sort_every(place *v, int64_t lo, int64_t hi, int64_t step) {
    const int64_t first = (lo + step - 1) / step, last = hi / step;
    if (hi < lo || last < first) return;
    const int64_t k = (first + last) / 2 * step;
    find(v, lo, hi, k);
    sort_every(v, lo, k - 1, step);
    sort_every(v, k + 1, hi, step);
}

void ll_posterior_logs(const ll_law *law, const double *const *columns, int64_t row, double lnx[LL_VAR_COUNT]) {
    for (int v = 0; v < LL_VAR_COUNT; v++) lnx[v] = law->vars >> v & 1 ? log(columns[v][row]) : 0;
}

static void take_row(ll_posterior *p, const ll_fit_data *data, const place *from) {
    int64_t at = p->n++;
    p->row[at] = from->row;
    if (data->cluster) p->cluster[at] = data->cluster[from->row];
    double weight = data->weight ? data->weight[from->row] : 1;
    p->y[at] = log(data->loss[from->row]);
    ll_posterior_logs(p->curve.law, data->x, from->row, p->lnx + at * LL_VAR_COUNT);
    p->scale[at] = 1 / sqrt(weight);
    p->beneath[at] = log10(p->largest / from->C);
}

static ll_status take_rows(ll_posterior *p, const ll_fit_data *data, place *order, double *C, ll_error *err) {
    int64_t n = 0;
    for (int64_t i = 0; i < data->n; i++) {
        C[i] = ll_split_compute(p->curve.law, data, i);
        if (!data->weight || data->weight[i] > 0) order[n++] = (place) { C[i], i };
    }
    if (n == 0) return LL_FAIL(err, LL_EINPUT, "there are no runs with a weight above 0");
    const int64_t most = p->coarse ? LL_POSTERIOR_SKETCH_ROWS : LL_POSTERIOR_ROWS, step = (n + most - 1) / most;
    sort_every(order, 0, n - 1, step);
    p->largest = order[0].C;
    p->own_compute = data->x[LL_VAR_C] != NULL;
    p->selected = step > 1;
    p->y = malloc((size_t)(n / step + 1) * (LL_VAR_COUNT + 4) * sizeof *p->y);
    p->row = malloc((size_t)(n / step + 1) * sizeof *p->row);
    p->cluster = data->cluster ? malloc((size_t)(n / step + 1) * sizeof *p->cluster) : NULL;
    if (!p->y || !p->row || (data->cluster && !p->cluster))
        return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld runs", (long long)n);
    p->lnx = p->y + n / step + 1;
    p->scale = p->lnx + (n / step + 1) * LL_VAR_COUNT;
    p->growth = p->scale + n / step + 1;
    p->beneath = p->growth + n / step + 1;
    for (int64_t i = 0; i < n; i += step) take_row(p, data, &order[i]);
    return LL_OK;
}

/* Runs far smaller than any the prior was chosen over are further from the floor, and their curves bend more than it
 * knows: what such models learn last, they learn at once. */
static void reach_down(ll_posterior *p) {
    ll_prior *a = &p->prior;
    p->below = ll_law_is_of_x(p->curve.law) ? 0 : fmax(0, log10(a->known / p->largest));
    p->drift = a->drift * exp(a->drift_growth * p->below);
    a->floor *= exp(-a->floor_growth * p->below);
}

static ll_status build(ll_posterior *p, const ll_fit_data *data, const ll_fit_opts *opts, int threads,
                       ll_error *err) {
    place *order = malloc((size_t)data->n * sizeof *order);
    double *C = malloc((size_t)data->n * sizeof *C);
    ll_status s = order && C ? LL_OK : LL_FAIL(err, LL_ENOMEM, "out of memory for %lld runs", (long long)data->n);
    if (s == LL_OK) s = take_rows(p, data, order, C, err);
    if (s == LL_OK) reach_down(p);
    if (s == LL_OK) s = ll_curve_init(&p->curve, p->curve.law, data, C, opts, &p->prior, err);
    free(order);
    free(C);
    return s == LL_OK ? ll_posterior_weigh(p, threads > 0 ? threads : ll_threads_available(), err) : s;
}

ll_status ll_posterior_takes(const ll_law *law, ll_error *err) {
    if (!law->below_zero) return LL_OK;
    return LL_FAIL(err, LL_EINPUT, "law %s: its losses may lie below zero, and of such there is no forecast",
                   law->name);
}

static ll_status make(ll_posterior **out, const ll_law *law, const ll_fit_data *data, const ll_prior *prior,
                      const ll_fit_opts *opts, bool coarse, int threads, ll_error *err) {
    *out = NULL;
    LL_TRY(ll_posterior_takes(law, err));
    if (data->n < 1) return LL_FAIL(err, LL_EINPUT, "there are no runs to forecast from");
    ll_posterior *p = calloc(1, sizeof *p);
    if (!p) return LL_FAIL(err, LL_ENOMEM, "out of memory for a forecast");
    p->prior = prior ? *prior : ll_prior_default;
    p->curve.law = law;
    p->coarse = coarse;
    ll_status s = build(p, data, opts, threads, err);
    if (s != LL_OK) ll_posterior_free(p);
    else *out = p;
    return s;
}

ll_status ll_posterior_new(ll_posterior **out, const ll_law *law, const ll_fit_data *data, const ll_prior *prior,
                           const ll_fit_opts *opts, int threads, ll_error *err) {
    return make(out, law, data, prior, opts, false, threads, err);
}

ll_status ll_posterior_sketch(ll_posterior **out, const ll_law *law, const ll_fit_data *data, const ll_prior *prior,
                              const ll_fit_opts *opts, int threads, ll_error *err) {
    return make(out, law, data, prior, opts, true, threads, err);
}

void ll_posterior_free(ll_posterior *p) {
    if (!p) return;
    ll_posterior_release(p);
    free(p->y);
    free(p->row);
    free(p->cluster);
    free(p);
}

ll_status ll_posterior_of_prior(ll_posterior **out, const ll_law *law, const double x[LL_VAR_COUNT],
                                const ll_prior *prior, ll_error *err) {
    static const double loss = 1, weight = 1e-12; /* of the one run: its noise is a million times a run's */
    ll_fit_data data = { .n = 1, .loss = &loss, .weight = &weight };
    for (int v = 0; v < LL_VAR_COUNT; v++) data.x[v] = &x[v];
    return ll_posterior_new(out, law, &data, prior, NULL, 1, err);
}
