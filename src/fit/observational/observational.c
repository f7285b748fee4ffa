#include "fit/observational/observational.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/clock.h"
#include "base/system/threads.h"
#include "fit/ability/redraw.h"
#include "fit/draws/interval.h"
#include "fit/observational/family_line.h"
#include "stat/quantile.h"

/* Both laws of one choice of models, and what they stand on. */
typedef struct both_laws {
    ll_components components;
    ll_sigmoid law, direct; /* n 0: not fitted */
} both_laws;

/* A worker's room: filled [n][m], S [n][k], P [n]. */
typedef struct room {
    double *filled, *S, *P;
} room;

typedef struct study {
    const ll_observational_data *d;
    ll_observational *out;
    double *lnC;     /* [n] NaN: not known */
    int32_t *family; /* [n] its place in out->family; -1: none */
    int64_t *number; /* [n] the family by number, for resampling */
    double *guess;   /* [n][m] what the missing scores of the whole table are found to be */
    room *rooms;     /* [threads] */
    const ll_redraw *redraw;
    double *v; /* [quantities][draws] */
    int64_t draws;
    double *block;
} study;

static int64_t numbers_of_room(const ll_observational_data *d) {
    return d->n * (d->m + d->k + 1);
}

static ll_status study_new(study *s, const ll_observational_data *d, ll_observational *out, ll_error *err) {
    const int64_t n = d->n, each = numbers_of_room(d);
    const int threads = out->opts.threads;
    *s = (study) { .d = d, .out = out };
    s->block = malloc((size_t)(n + n * d->m + threads * each + 1) * sizeof *s->block);
    s->rooms = malloc((size_t)threads * sizeof *s->rooms);
    s->family = malloc((size_t)(n + 1) * sizeof *s->family);
    s->number = malloc((size_t)(n + 1) * sizeof *s->number);
    out->family = calloc((size_t)(n + 1), sizeof *out->family);
    if (!s->block || !s->rooms || !s->family || !s->number || !out->family)
        return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld models", (long long)n);
    s->lnC = s->block, s->guess = s->lnC + n;
    for (int t = 0; t < threads; t++) {
        double *at = s->guess + n * d->m + t * each;
        s->rooms[t] = (room) { at, at + n * d->m, at + n * (d->m + d->k) };
    }
    for (int64_t i = 0; i < n; i++) s->lnC[i] = d->C && d->C[i] > 0 ? log(d->C[i]) : NAN;
    return LL_OK;
}

static void study_free(study *s) {
    free(s->block);
    free(s->rooms);
    free(s->family);
    free(s->number);
    free(s->v);
}

/* ---- what is refused ---- */

static ll_status check_benchmark(const ll_observational_data *d, int j, ll_error *err) {
    double first = NAN;
    for (int64_t i = 0; i < d->n; i++) {
        const double x = d->x[i * d->m + j];
        if (isnan(first)) first = x;
        else if (!isnan(x) && x != first) return LL_OK;
    }
    if (d->benchmark[j])
        return LL_FAIL(err, LL_EINPUT,
                       "%s: fewer than two different scores, expected a benchmark that tells models apart",
                       d->benchmark[j]);
    return LL_FAIL(err, LL_EINPUT, "benchmark %d: fewer than two different scores", j + 1);
}

static ll_status check(const ll_observational_data *d, int64_t *n, ll_error *err) {
    if (d->m < 1 || d->m > LL_BENCHMARKS_MOST)
        return LL_FAIL(err, LL_EINPUT, "%d benchmarks, expected 1 to %d", d->m, (int)LL_BENCHMARKS_MOST);
    const int most = d->m < LL_COMPONENTS_MOST ? d->m : LL_COMPONENTS_MOST;
    if (d->k < 1 || d->k > most)
        return LL_FAIL(err, LL_EINPUT, "%d components of %d benchmarks, expected 1 to %d", d->k, d->m, most);
    *n = 0;
    for (int64_t i = 0; i < d->n; i++) {
        if (isnan(d->target[i])) continue;
        if (!(d->target[i] >= 0 && d->target[i] <= 1))
            return LL_FAIL(err, LL_EINPUT, "model %lld: %s is %g, expected a share from 0 to 1", (long long)i + 1,
                           d->score ? d->score : "the target", d->target[i]);
        (*n)++;
    }
    if (*n < d->k + 2)
        return LL_FAIL(err, LL_EINPUT, "%lld models have the target, expected at least %d: %d components and two",
                       (long long)*n, d->k + 2, d->k);
    for (int j = 0; j < d->m; j++) LL_TRY(check_benchmark(d, j, err));
    return LL_OK;
}

/* ---- families ---- */

static int by_size(const void *a, const void *b) {
    const ll_observed_family *x = a, *y = b;
    return x->n != y->n ? (x->n < y->n ? 1 : -1) : strcmp(x->name, y->name);
}

static int32_t place_of(const ll_observational *f, const char *name) {
    for (int k = 0; k < f->n_families; k++)
        if (strcmp(f->family[k].name, name) == 0) return k;
    return -1;
}

/* A model without a family is one of its own where families are resampled. */
static void list_families(study *s) {
    ll_observational *f = s->out;
    const char *const *name = s->d->name;
    for (int64_t i = 0; i < s->d->n; i++) {
        s->number[i] = s->d->n + i, s->family[i] = -1;
        if (!name || !name[i] || !*name[i]) continue;
        int32_t k = place_of(f, name[i]);
        if (k < 0) f->family[k = f->n_families++] = (ll_observed_family) { .name = name[i] };
        f->family[k].n += isfinite(s->lnC[i]);
        s->number[i] = k;
    }
    qsort(f->family, (size_t)f->n_families, sizeof *f->family, by_size);
    while (f->n_families && !f->family[f->n_families - 1].n) f->n_families--;
    for (int64_t i = 0; i < s->d->n; i++)
        if (name && name[i]) s->family[i] = place_of(f, name[i]);
}

static ll_family_rows rows_of(const study *s, const double *P) {
    return (ll_family_rows) { s->d->n, s->d->C, s->family, P };
}

/* ---- both laws of the models with weight ---- */

static void fit_both(const study *s, const double *weight, bool guessed, room *r, both_laws *b) {
    const ll_observational_data *d = s->d;
    const ll_benchmarks of = { d->n, d->m, d->k, d->x };
    if (guessed) memcpy(r->filled, s->guess, (size_t)(d->n * d->m) * sizeof *r->filled);
    ll_components_find(&b->components, &of, weight, guessed, r->filled, r->S);
    if (!ll_sigmoid_fit(&b->law, &(ll_sigmoid_rows) { d->n, d->k, r->S, d->target, weight }, d->floor))
        b->law.n = 0;
    if (!ll_sigmoid_fit(&b->direct, &(ll_sigmoid_rows) { d->n, 1, s->lnC, d->target, weight }, d->floor))
        b->direct.n = 0;
    for (int64_t i = 0; i < d->n; i++) r->P[i] = ll_sigmoid_index(&b->law, r->S + i * d->k);
}

/* ---- draws ---- */

enum { ALPHA, CEILING, DIRECT, BETA = DIRECT + 3 };

static int64_t quantities(const study *s) {
    return BETA + s->d->k + s->d->m + s->out->n_families;
}

static double weight_of(const both_laws *b, int j) {
    double sum = 0;
    for (int k = 0; k < b->components.k; k++) sum += b->law.b[k] * b->components.loading[k][j];
    return sum;
}

/* A component is turned to the side of the whole table's. */
static double beta_of(const study *s, const both_laws *b, int k) {
    double dot = 0;
    for (int j = 0; j < s->d->m; j++) dot += b->components.loading[k][j] * s->out->components.loading[k][j];
    return dot < 0 ? -b->law.b[k] : b->law.b[k];
}

/* All that has an interval, into v with a stride. */
static void put(const study *s, const both_laws *b, const double *P, double *v, int64_t stride) {
    const int k = s->d->k, m = s->d->m, reference = s->out->reference;
    const ll_family_rows rows = rows_of(s, P);
    const bool direct = b->direct.n > 0;
    v[ALPHA * stride] = b->law.a, v[CEILING * stride] = b->law.ceiling;
    v[DIRECT * stride] = direct ? b->direct.a : NAN;
    v[(DIRECT + 1) * stride] = direct ? b->direct.b[0] : NAN;
    v[(DIRECT + 2) * stride] = direct ? b->direct.ceiling : NAN;
    for (int j = 0; j < k; j++) v[(BETA + j) * stride] = beta_of(s, b, j);
    for (int j = 0; j < m; j++) v[(BETA + k + j) * stride] = weight_of(b, j);
    const ll_family_line line = reference < 0 ? (ll_family_line) { NAN, NAN } : ll_family_line_of(&rows, reference);
    for (int f = 0; f < s->out->n_families; f++)
        v[(BETA + k + m + f) * stride] = line.w > 0 ? ll_family_ln_factor(&rows, f, &line) : NAN;
}

static void draw(void *ctx, int64_t i, int worker) {
    const study *s = ctx;
    room *r = &s->rooms[worker];
    both_laws b;
    fit_both(s, ll_redraw_weights(s->redraw, i, worker, NULL), true, r, &b);
    if (b.law.n) put(s, &b, r->P, s->v + i, s->draws);
    else
        for (int64_t q = 0; q < quantities(s); q++) s->v[q * s->draws + i] = NAN;
}

/* Of the draws in which the quantity is there. */
static ll_estimate estimate(const study *s, const double *value, int64_t q, int p) {
    double *v = s->v + q * s->draws;
    const int64_t groups = s->redraw->n_groups;
    int64_t n = 0;
    for (int64_t i = 0; i < s->draws; i++)
        if (isfinite(v[i])) v[n++] = v[i];
    if (q == ALPHA) s->out->n_draws = n;
    return ll_interval(value[q], v, n, s->out->opts.level, groups, groups - p);
}

static ll_estimate as_factor(ll_estimate ln) {
    return (ll_estimate) { exp(ln.value), ln.se * exp(ln.value), exp(ln.lo), exp(ln.hi) };
}

static void estimate_all(study *s, const double *value) {
    const int k = s->d->k, m = s->d->m, p = k + 2;
    ll_observational *f = s->out;
    f->params.alpha = estimate(s, value, ALPHA, p);
    f->params.ceiling = estimate(s, value, CEILING, p);
    for (int j = 0; j < 3; j++) f->params.direct[j] = estimate(s, value, DIRECT + j, 3);
    for (int j = 0; j < k; j++) f->params.beta[j] = estimate(s, value, BETA + j, p);
    for (int j = 0; j < m; j++) f->params.weight[j] = estimate(s, value, BETA + k + j, p);
    for (int j = 0; j < f->n_families; j++)
        f->family[j].factor = as_factor(estimate(s, value, BETA + k + m + j, p));
}

static ll_status resample(study *s, const both_laws *b, const double *P, ll_error *err) {
    const ll_observational_data *d = s->d;
    const int64_t *cluster = d->cluster ? d->cluster : s->out->n_families > 1 ? s->number : NULL;
    ll_redraw redraw = { 0 };
    s->v = malloc((size_t)(quantities(s) * (s->draws + 1)) * sizeof *s->v);
    if (!s->v) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld draws", (long long)s->draws);
    LL_TRY(ll_redraw_new(&redraw, d->n, cluster, 2, &s->out->opts, err));
    s->redraw = &redraw;
    s->out->clustered = redraw.group != NULL;
    ll_threads_for(s->draws, s->out->opts.threads, draw, s);
    double *value = s->v + quantities(s) * s->draws;
    put(s, b, P, value, 1);
    estimate_all(s, value);
    ll_redraw_free(&redraw);
    return LL_OK;
}

/* ---- of all models ---- */

static double share_left(const study *s, const ll_sigmoid *f, const double *S) {
    double mean = 0, n = 0, total = 0;
    for (int64_t i = 0; i < s->d->n; i++)
        if (!isnan(s->d->target[i]) && isfinite(S[i * f->k])) mean += s->d->target[i], n++;
    mean /= n;
    for (int64_t i = 0; i < s->d->n; i++)
        if (!isnan(s->d->target[i]) && isfinite(S[i * f->k])) total += pow(s->d->target[i] - mean, 2);
    return f->rss / total;
}

static void choose_reference(study *s, const double *P) {
    ll_observational *f = s->out;
    const ll_family_rows rows = rows_of(s, P);
    f->reference = -1;
    for (int k = 0; k < f->n_families; k++) {
        const ll_family_line line = ll_family_line_of(&rows, k);
        f->family[k].w = line.w, f->family[k].b = line.b;
        if (f->reference < 0 && line.w > 0) f->reference = k;
    }
}

static ll_status fit_all(study *s, ll_error *err) {
    ll_observational *f = s->out;
    room *r = &s->rooms[0];
    both_laws b;
    fit_both(s, NULL, false, r, &b);
    if (!b.law.n) return LL_FAIL(err, LL_ENUM, "the components of these models do not fix the sigmoid");
    memcpy(s->guess, r->filled, (size_t)(s->d->n * s->d->m) * sizeof *s->guess);
    f->components = b.components, f->law = b.law, f->direct = b.direct;
    f->left[LL_JUDGED_LAW] = share_left(s, &b.law, r->S);
    f->left[LL_JUDGED_DIRECT] = b.direct.n ? share_left(s, &b.direct, s->lnC) : NAN;
    for (int64_t i = 0; i < s->d->n * s->d->m; i++) f->missing += isnan(s->d->x[i]);
    choose_reference(s, r->P);
    double *P = malloc((size_t)(s->d->n + 1) * sizeof *P); /* the room is a worker's */
    if (!P) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld models", (long long)s->d->n);
    memcpy(P, r->P, (size_t)s->d->n * sizeof *P);
    const ll_status status = resample(s, &b, P, err);
    free(P);
    return status;
}

/* ---- judged above a cutoff ---- */

static bool placed(const study *s, int64_t i) {
    return !isnan(s->d->target[i]) && isfinite(s->lnC[i]);
}

static double cutoff_of(const study *s, double *room) {
    int64_t n = 0;
    if (s->d->cutoff > 0) return s->d->cutoff;
    for (int64_t i = 0; i < s->d->n; i++)
        if (placed(s, i)) room[n++] = s->d->C[i];
    ll_sort(room, n);
    return ll_quantile(room, n, 0.75);
}

static void miss(ll_observational *f, int which, double off) {
    f->judged.error[which] += fabs(off) / (double)f->judged.n;
    f->judged.worst[which] = fmax(f->judged.worst[which], fabs(off));
}

/* Models whose compute is not known stand aside. */
static void judge(study *s, double *weight) {
    ll_observational *f = s->out;
    const ll_observational_data *d = s->d;
    room *r = &s->rooms[0];
    both_laws b;
    f->judged.cutoff = cutoff_of(s, weight);
    for (int64_t i = 0; i < d->n; i++) {
        weight[i] = isfinite(s->lnC[i]) && d->C[i] <= f->judged.cutoff;
        if (placed(s, i)) *(weight[i] > 0 ? &f->judged.n_fit : &f->judged.n) += 1;
    }
    fit_both(s, weight, false, r, &b);
    if (!f->judged.n || !b.law.n || !b.direct.n) {
        snprintf(f->judged.missing, sizeof f->judged.missing,
                 "%lld models up to the cutoff and %lld above, expected at least %d and one",
                 (long long)f->judged.n_fit, (long long)f->judged.n, d->k + 2);
        f->judged.n = 0;
        return;
    }
    for (int64_t i = 0; i < d->n; i++) {
        if (!placed(s, i) || weight[i] > 0) continue;
        miss(f, LL_JUDGED_LAW, ll_sigmoid_at(&b.law, r->S + i * d->k) - d->target[i]);
        miss(f, LL_JUDGED_DIRECT, ll_sigmoid_at(&b.direct, &s->lnC[i]) - d->target[i]);
    }
}

ll_status ll_observational_run(ll_observational *out, const ll_observational_data *d, const ll_fit_opts *opts,
                               ll_error *err) {
    const double start = ll_clock_now();
    study s = { 0 };
    *out = (ll_observational) { .models = d->n, .reference = -1 };
    LL_TRY(check(d, &out->n, err));
    LL_TRY(ll_fit_opts_resolve(opts, &out->opts, err));
    ll_status status = study_new(&s, d, out, err);
    if (status == LL_OK) {
        s.draws = out->opts.n_boot > 0 ? out->opts.n_boot : 0;
        list_families(&s);
        status = fit_all(&s, err);
    }
    if (status == LL_OK) judge(&s, s.guess); /* which no draw reads any more */
    study_free(&s);
    out->wall_s = ll_clock_now() - start;
    if (status != LL_OK) ll_observational_clear(out);
    return status;
}

void ll_observational_clear(ll_observational *f) {
    free(f->family);
    *f = (ll_observational) { 0 };
}

int ll_observational_better(const ll_observational *f) {
    return f->judged.error[LL_JUDGED_DIRECT] < f->judged.error[LL_JUDGED_LAW] ? LL_JUDGED_DIRECT : LL_JUDGED_LAW;
}

double ll_observational_equivalent(const ll_observational *f, double P) {
    if (f->reference < 0) return NAN;
    return exp((P - f->family[f->reference].b) / f->family[f->reference].w);
}
