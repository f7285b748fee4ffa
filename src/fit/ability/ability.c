#include "fit/ability/ability.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Rows where both a and b are measured; b NULL: a alone. Columns of one block, owned. */
typedef struct kept {
    int64_t n;
    double *x, *a, *b;
    int64_t *cluster; /* NULL where the data has none */
    double *block;
    int64_t *groups;
} kept;

static ll_status keep(kept *k, const ll_ability_data *d, const double *a, const double *b, ll_error *err) {
    *k = (kept) { .block = malloc((size_t)(3 * d->n + 1) * sizeof *k->block),
                  .groups = malloc((size_t)(d->n + 1) * sizeof *k->groups) };
    if (!k->block || !k->groups) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld rows", (long long)d->n);
    k->x = k->block, k->a = k->x + d->n, k->b = k->a + d->n;
    k->cluster = d->cluster ? k->groups : NULL;
    for (int64_t i = 0; i < d->n; i++) {
        if (isnan(a[i]) || (b && isnan(b[i]))) continue;
        k->x[k->n] = d->x[i], k->a[k->n] = a[i], k->b[k->n] = b ? b[i] : 0;
        if (d->cluster) k->groups[k->n] = d->cluster[i];
        k->n++;
    }
    return LL_OK;
}

static void drop(kept *k) {
    free(k->block);
    free(k->groups);
}

static ll_status ask_metric(ll_ability_metric *m, const kept *k, bool falling, const ll_ability_opts *o,
                            ll_error *err) {
    const ll_scored d = { .n = k->n, .x = k->x, .y = k->a, .cluster = k->cluster, .falling = falling };
    ll_scored_rows rows;
    LL_TRY(ll_rise_find(&m->rise, &d, &o->fit, err));
    LL_TRY(ll_scored_rows_new(&rows, &d, err));
    const ll_status s = ll_sharp_ask(&m->sharp, &rows, &o->sharp, err);
    ll_scored_rows_free(&rows);
    return s;
}

/* A pair of which p^L cannot be asked has no link. */
static ll_status ask_link(ll_ability *out, const kept *k, int sharp, int smooth, const ll_ability_opts *o,
                          ll_error *err) {
    ll_error why = { 0 };
    ll_ability_link *l = &out->link[out->n_links];
    *l = (ll_ability_link) { .sharp = sharp, .smooth = smooth };
    const ll_status s = ll_power_of_find(&l->of, k->b, k->a, k->cluster, k->n, &o->fit, &why);
    if (s == LL_ENOMEM) return LL_FAIL(err, s, "%s", why.msg);
    out->n_links += s == LL_OK;
    return LL_OK;
}

/* The smooth metric that a broken one follows from; -1: none. */
static int explained_by(const ll_ability *a, int sharp) {
    for (int k = 0; k < a->n_links; k++)
        if (a->link[k].sharp == sharp && a->link[k].of.follows &&
            a->metric[a->link[k].smooth].sharp.answer == LL_SMOOTH)
            return a->link[k].smooth;
    return -1;
}

static void conclude(ll_ability *a) {
    int smooth = 0, explained = 0, by = -1, last = -1;
    for (int k = 0; k < a->n_metrics; k++) {
        const ll_sharpness s = a->metric[k].sharp.answer;
        smooth += s == LL_SMOOTH;
        if (s != LL_SHARP) continue;
        if ((by = explained_by(a, k)) < 0) {
            a->verdict = LL_SHARP;
            snprintf(a->why, sizeof a->why, "a break is preferred in %.60s, which follows from no smooth metric",
                     a->metric[k].name);
            return;
        }
        explained++, last = k;
    }
    const bool all = smooth + explained == a->n_metrics;
    a->verdict = all || explained ? LL_SMOOTH : LL_UNTOLD;
    if (explained) {
        by = explained_by(a, last);
        snprintf(a->why, sizeof a->why, "%.60s breaks, and follows by p^L from %.60s, which is smooth",
                 a->metric[last].name, a->metric[by].name);
    } else if (all) snprintf(a->why, sizeof a->why, "no metric breaks, and a broken law is given up for each");
    else snprintf(a->why, sizeof a->why, "these runs do not tell a broken law from a smooth one");
}

ll_status ll_ability_ask(ll_ability *out, const ll_ability_data *d, const ll_ability_opts *o, ll_error *err) {
    *out = (ll_ability) { .n_metrics = d->n_metrics };
    ll_status s = LL_OK;
    for (int i = 0; i < d->n_metrics && s == LL_OK; i++) {
        kept k;
        out->metric[i].name = d->metric[i].name;
        s = keep(&k, d, d->metric[i].y, NULL, err);
        if (s == LL_OK) s = ask_metric(&out->metric[i], &k, d->falling, o, err);
        if (s != LL_OK && s != LL_ENOMEM) ll_error_prefix(err, "%s", d->metric[i].name);
        drop(&k);
    }
    for (int i = 0; i < d->n_metrics && s == LL_OK; i++)
        for (int j = 0; j < d->n_metrics && s == LL_OK; j++) {
            kept k;
            if (i == j || !out->metric[i].rise.share) continue;
            s = keep(&k, d, d->metric[i].y, d->metric[j].y, err);
            if (s == LL_OK) s = ask_link(out, &k, i, j, o, err);
            drop(&k);
        }
    if (s == LL_OK) conclude(out);
    return s;
}
