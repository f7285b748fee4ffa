#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "probe/items/items.h"

/* ---- what an item gives ---- */

double ll_item_best(const ll_item *item, const double *score) {
    int above = 0, ties = 0;
    for (int c = 0; c < item->n; c++) {
        above += score[c] > score[item->right];
        ties += score[c] == score[item->right];
    }
    return above ? 0 : 1.0 / ties;
}

double ll_item_accuracy(const ll_items *items, const ll_item *item) {
    double v[LL_ITEM_CHOICES];
    for (int c = 0; c < item->n; c++) v[c] = items->score[item->first + c].logprob;
    return ll_item_best(item, v);
}

double ll_item_even(const ll_items *items, const ll_item *item) {
    double v[LL_ITEM_CHOICES];
    for (int c = 0; c < item->n; c++) v[c] = -(double)items->score[item->first + c].tokens;
    return ll_item_best(item, v);
}

double ll_item_logprob(const ll_items *items, const ll_item *item) {
    return items->score[item->first + item->right].logprob;
}

double ll_item_difference(const ll_items *items, const ll_item *item) {
    const ll_lm_score *score = items->score + item->first;
    return score[0].logprob - score[1].logprob;
}

/* ---- means ---- */

enum { FEW_CLUSTERS = 30 };

typedef struct mean {
    double value, chance, se;
    int64_t n;
} mean;

static bool is_in(const ll_item *item, int64_t group) {
    return group < 0 || item->group == group;
}

/* The variance of a mean over clusters of any sizes: G/(G-1) times the sum of the squares of the clusters' summed
 * residuals, over n^2 (Liang and Zeger 1986); with clusters of one it is the usual one. *clusters is G, residual [items
 * or clusters] is scratch. */
static double error_over(const ll_items *items, const ll_item_metric *metric, int64_t group, const mean *m,
                         bool clustered, int64_t *clusters, double *residual) {
    const int64_t room = clustered ? items->clusters.n : items->n;
    double square = 0;
    *clusters = 0;
    for (int64_t g = 0; g < room; g++) residual[g] = NAN;
    for (int64_t i = 0; i < items->n; i++) {
        const ll_item *item = &items->of[i];
        if (!is_in(item, group)) continue;
        double *r = &residual[clustered ? item->cluster : i];
        *r = (isnan(*r) ? 0 : *r) + metric->value(items, item) - m->value;
    }
    for (int64_t g = 0; g < room; g++) {
        if (isnan(residual[g])) continue;
        ++*clusters;
        square += residual[g] * residual[g];
    }
    return *clusters > 1 ? sqrt(square * (double)*clusters / (double)(*clusters - 1)) / (double)m->n : NAN;
}

/* By clusters where there are several; but of few clusters that is too small more often than not, and the more so
 * the fewer (Cameron and Miller 2015, sec. VI): then never below what independent items would give. */
static double error_of(const ll_items *items, const ll_item_metric *metric, int64_t group, const mean *m,
                       double *residual) {
    int64_t clusters, n;
    const double apart = error_over(items, metric, group, m, false, &n, residual);
    if (items->clusters.n == 0) return apart;
    const double se = error_over(items, metric, group, m, true, &clusters, residual);
    return clusters > FEW_CLUSTERS ? se : fmax(se, apart);
}

static mean mean_of(const ll_items *items, const ll_item_metric *metric, int64_t group, double *residual) {
    mean m = { .value = 0 };
    for (int64_t i = 0; i < items->n; i++) {
        if (!is_in(&items->of[i], group)) continue;
        m.n++;
        m.value += metric->value(items, &items->of[i]);
        m.chance += metric->chance ? metric->chance(items, &items->of[i]) : NAN;
    }
    if (m.n == 0) return m;
    m.value /= (double)m.n;
    m.chance /= (double)m.n;
    m.se = error_of(items, metric, group, &m, residual);
    return m;
}

static ll_status put(ll_measures *out, const char *name, const mean *m, ll_error *err) {
    if (out->n == LL_MEASURES_MOST)
        return LL_FAIL(err, LL_EINPUT, "'%s': more than %d metrics", name, LL_MEASURES_MOST);
    ll_measured *o = &out->of[out->n++];
    snprintf(o->metric, sizeof o->metric, "%s", name);
    o->value = m->value, o->se = m->se, o->chance = m->chance, o->n = m->n;
    return LL_OK;
}

static double *scratch(const ll_items *items, ll_error *err) {
    const int64_t room = items->clusters.n > items->n ? items->clusters.n : items->n;
    double *v = malloc((size_t)(room > 0 ? room : 1) * sizeof *v);
    if (!v) LL_FAIL(err, LL_ENOMEM, "%s: out of memory", items->format->name);
    return v;
}

ll_status ll_items_measure(const ll_items *items, const ll_item_metric *metrics, int n, ll_measures *out,
                           ll_error *err) {
    double *residual = scratch(items, err);
    ll_status status = residual ? LL_OK : LL_ENOMEM;
    for (int k = 0; k < n && status == LL_OK; k++) {
        const mean m = mean_of(items, &metrics[k], -1, residual);
        status = put(out, metrics[k].name, &m, err);
    }
    free(residual);
    return status;
}

ll_status ll_items_measure_groups(const ll_items *items, const ll_item_metric *metric, ll_measures *out,
                                  ll_error *err) {
    if (items->groups.n < 2) return LL_OK;
    double *residual = scratch(items, err);
    const ll_json *number;
    ll_status status = residual ? LL_OK : LL_ENOMEM;
    for (const char *name = ll_json_next(items->groups.number, NULL, &number); name && status == LL_OK;
         name = ll_json_next(items->groups.number, name, &number)) {
        const mean m = mean_of(items, metric, (int64_t)ll_json_as_num(number), residual);
        if (m.n > 0) status = put(out, name, &m, err);
    }
    free(residual);
    return status;
}

ll_status ll_items_run(const ll_item_format *format, const ll_item_metric *metrics, int n,
                       const ll_probe_subject *s, ll_measures *out, ll_error *err) {
    ll_items items = { .format = format };
    out->n = 0;
    ll_status status = ll_items_read(&items, s->opts, ll_items_row, &items, err);
    if (status == LL_OK) status = ll_items_draw(&items, s->opts, err);
    if (status == LL_OK) status = ll_items_ask(&items, s, err);
    if (status == LL_OK) status = ll_items_measure(&items, metrics, n, out, err);
    if (status == LL_OK) status = ll_items_measure_groups(&items, &metrics[0], out, err);
    ll_items_clear(&items);
    return status;
}
