#include "fit/curve/curve_rows.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/words/text.h"
#include "fit/draws/cluster.h"

enum { WHERE = 320 };

/* "curves.csv:12: run a" of a row. */
static const char *where(const ll_curve_data *d, int64_t i, char out[WHERE]) {
    char run[64] = "";
    if (d->name && d->name[i]) ll_text_visible(d->name[i], run, sizeof run);
    snprintf(out, WHERE, "%.200s%s%lld%s%s", d->source ? d->source : "row ", d->source ? ":" : "",
             (long long)(d->line ? d->line[i] : i + 1), *run ? ": run " : "", run);
    return out;
}

static bool judged(const ll_curve_data *d, int64_t i) {
    return d->judged && d->judged[i];
}

static ll_status check_row(const ll_curve_data *d, int64_t i, ll_error *err) {
    char at[WHERE];
    if (!(d->step[i] >= 0 && isfinite(d->step[i])))
        return LL_FAIL(err, LL_EINPUT, "%s: step is %g, expected a number not below 0", where(d, i, at),
                       d->step[i]);
    if (!(d->rate[i] >= 0 && isfinite(d->rate[i])))
        return LL_FAIL(err, LL_EINPUT, "%s: lr is %g, expected a learning rate not below 0", where(d, i, at),
                       d->rate[i]);
    if (d->params && !(d->params[i] > 0 && isfinite(d->params[i])))
        return LL_FAIL(err, LL_EINPUT, "%s: params is %g, expected a number above 0", where(d, i, at),
                       d->params[i]);
    if ((d->fitted[i] || judged(d, i)) && !(d->loss[i] > 0 && isfinite(d->loss[i])))
        return LL_FAIL(err, LL_EINPUT, "%s: loss is %g, expected a number above 0", where(d, i, at), d->loss[i]);
    return LL_OK;
}

/* Rows by run: counts, then places. */
static ll_status sort_runs(ll_curve_rows *c, const ll_curve_data *d, ll_error *err) {
    c->n_runs = 1;
    int32_t *run = d->run ? ll_cluster_number(d->run, d->n, &c->n_runs) : calloc((size_t)d->n, sizeof *run);
    int64_t *next = calloc((size_t)c->n_runs + 1, sizeof *next);
    c->start = calloc((size_t)c->n_runs + 1, sizeof *c->start);
    const bool ok = next && run && c->start;
    for (int64_t i = 0; ok && i < d->n; i++) c->start[run[i] + 1]++;
    for (int64_t r = 0; ok && r < c->n_runs; r++) next[r] = c->start[r], c->start[r + 1] += c->start[r];
    for (int64_t i = 0; ok && i < d->n; i++) c->row[next[run[i]]++] = i;
    free(next);
    free(run);
    return ok ? LL_OK : LL_FAIL(err, LL_ENOMEM, "out of memory for %lld rows", (long long)d->n);
}

static ll_status check_order(const ll_curve_rows *c, const ll_curve_data *d, ll_error *err) {
    char at[WHERE];
    for (int64_t r = 0; r < c->n_runs; r++)
        for (int64_t i = c->start[r] + 1; i < c->start[r + 1]; i++) {
            const double before = d->step[c->row[i - 1]], step = d->step[c->row[i]];
            if (d->params && d->params[c->row[i]] != d->params[c->row[i - 1]])
                return LL_FAIL(err, LL_EINPUT, "%s: params is %g, expected the %g of the run's row before",
                               where(d, c->row[i], at), d->params[c->row[i]], d->params[c->row[i - 1]]);
            if (!(step > before))
                return LL_FAIL(err, LL_EINPUT, "%s: step %g comes after step %g, expected steps that rise",
                               where(d, c->row[i], at), step, before);
        }
    return LL_OK;
}

/* Keeps every so many of the fitted rows of run r, the last one among them. */
static void thin(ll_curve_rows *c, const ll_curve_data *d, int64_t r) {
    int64_t n = 0, seen = 0;
    for (int64_t i = c->start[r]; i < c->start[r + 1]; i++) n += c->fitted[i];
    for (int64_t i = c->start[r]; i < c->start[r + 1] && d->most && n > d->most; i++) {
        if (!c->fitted[i]) continue;
        seen++;
        c->fitted[i] = seen * d->most / n > (seen - 1) * d->most / n;
    }
}

/* A run counts as one integral along its steps, however its points are spaced: each stands for half of the way to its
 * neighbours. */
static void weigh(ll_curve_rows *c, int64_t r) {
    const double *step = c->rates[r].step;
    int64_t n = 0, before = -1;
    double total = 0;
    for (int64_t i = c->start[r]; i < c->start[r + 1]; i++) {
        if (!c->fitted[i]) continue;
        if (before >= 0) {
            const double half = (step[i - c->start[r]] - step[before - c->start[r]]) / 2;
            c->weight[before] += half;
            c->weight[i] += half;
            total += 2 * half;
        }
        before = i;
        n++;
    }
    for (int64_t i = c->start[r]; i < c->start[r + 1]; i++)
        if (c->fitted[i]) c->weight[i] = n > 1 ? c->weight[i] * (double)n / total : 1;
}

/* Which rows of run r count: those behind its warm-up. */
static void choose(ll_curve_rows *c, const ll_curve_data *d, int64_t r) {
    const ll_rates *rates = &c->rates[r];
    bool curve = false, falls = false;
    for (int64_t i = 0; i < rates->n; i++) {
        const int64_t at = c->start[r] + i, row = c->row[at];
        const bool warm = i < rates->peak || !(rates->sum[i] > 0);
        c->loss[at] = d->loss[row];
        c->fitted[at] = d->fitted[row] && !warm;
        c->judged[at] = judged(d, row) && !warm;
        c->n_warm += warm && (d->fitted[row] || judged(d, row));
        c->n_judged += c->judged[at];
        curve = curve || c->fitted[at];
        falls = falls || (c->fitted[at] && rates->n_before[i] > rates->n_rises &&
                          rates->sum[i] > rates->drop_sum[rates->n_rises]);
    }
    thin(c, d, r);
    weigh(c, r);
    for (int64_t i = c->start[r]; i < c->start[r + 1]; i++) c->n_fitted += c->fitted[i];
    c->params[r] = d->params ? d->params[c->row[c->start[r]]] : NAN;
    c->n_curves += curve;
    c->n_falling += falls;
}

static void share(double *rate, int64_t n) {
    double most = 0;
    for (int64_t i = 0; i < n; i++) most = fmax(most, rate[i]);
    for (int64_t i = 0; i < n && most > 0; i++) rate[i] /= most;
}

static ll_status take_rates(ll_curve_rows *c, const ll_curve_data *d, ll_error *err) {
    double *step = malloc((size_t)(2 * d->n) * sizeof *step), *rate = step + d->n;
    ll_status status = step ? LL_OK : LL_FAIL(err, LL_ENOMEM, "out of memory for %lld rows", (long long)d->n);
    for (int64_t r = 0; status == LL_OK && r < c->n_runs; r++) {
        const int64_t first = c->start[r], n = c->start[r + 1] - first;
        for (int64_t i = 0; i < n; i++) step[i] = d->step[c->row[first + i]], rate[i] = d->rate[c->row[first + i]];
        if (d->relative) share(rate, n);
        status = ll_rates_new(&c->rates[r], step, rate, n, d->warmup, err);
        if (status == LL_OK) choose(c, d, r);
    }
    free(step);
    return status;
}

static ll_status fill(ll_curve_rows *c, const ll_curve_data *d, ll_error *err) {
    const size_t n = (size_t)d->n;
    for (int64_t i = 0; i < d->n; i++) LL_TRY(check_row(d, i, err));
    c->row = malloc(n * sizeof *c->row);
    c->loss = malloc(n * sizeof *c->loss);
    c->weight = calloc(n, sizeof *c->weight);
    c->fitted = calloc(n, sizeof *c->fitted);
    c->judged = calloc(n, sizeof *c->judged);
    if (!c->row || !c->loss || !c->weight || !c->fitted || !c->judged)
        return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld rows", (long long)d->n);
    LL_TRY(sort_runs(c, d, err));
    LL_TRY(check_order(c, d, err));
    c->rates = calloc((size_t)c->n_runs, sizeof *c->rates);
    c->params = malloc((size_t)c->n_runs * sizeof *c->params);
    if (!c->rates || !c->params)
        return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld runs", (long long)c->n_runs);
    return take_rates(c, d, err);
}

ll_status ll_curve_rows_new(ll_curve_rows *c, const ll_curve_data *d, ll_error *err) {
    *c = (ll_curve_rows) { .n = d->n };
    if (d->n < 1)
        return LL_FAIL(err, LL_EINPUT, "%s: no rows, expected the points of learning curves",
                       d->source ? d->source : "curves");
    const ll_status status = fill(c, d, err);
    if (status != LL_OK) ll_curve_rows_free(c);
    return status;
}

void ll_curve_rows_free(ll_curve_rows *c) {
    for (int64_t r = 0; c->rates && r < c->n_runs; r++) ll_rates_free(&c->rates[r]);
    free(c->start);
    free(c->rates);
    free(c->params);
    free(c->row);
    free(c->loss);
    free(c->weight);
    free(c->fitted);
    free(c->judged);
    *c = (ll_curve_rows) { 0 };
}
