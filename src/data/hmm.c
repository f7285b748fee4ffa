#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/chain.h"

enum { STRINGS_MAX = 1 << 24, DEPTH_MAX = 24, STATES_MAX = 1024 };
#define WORK_MAX 4e9 /* multiply-adds that one bound, or the stationary law, may cost */

/* Pointers into model. */
typedef struct hmm {
    int64_t S, V;
    const double *T, *E, *pi; /* [S][S], [S][V], [S] */
} hmm;

static hmm view(const ll_source *s) {
    return (hmm) {
        .S = s->S, .V = s->V, .T = s->model, .E = s->model + s->S * s->S, .pi = s->model + s->S * (s->S + s->V)
    };
}

static void step(const void *chain, const double *pi, double *out) {
    const hmm *m = chain;
    memset(out, 0, (size_t)m->S * sizeof *out);
    for (int64_t i = 0; i < m->S; i++)
        for (int64_t j = 0; j < m->S; j++) out[j] += pi[i] * m->T[i * m->S + j];
}

/* The forward recursion over the tree of strings. ahead [S] is p(x_1..t, s_t+1); the answer is
 * sum over strings of p(x_1..n-1) H(X_n | x_1..n-1) with n - 1 = left more symbols below this node. scratch holds
 * [left][2][S]. */
static double descend(const hmm *m, const double *ahead, int64_t left, double *scratch) {
    double *here = scratch, *next = scratch + m->S, h = 0, sum = 0;
    for (int64_t x = 0; x < m->V; x++) {
        double p = 0;
        for (int64_t i = 0; i < m->S; i++) p += here[i] = ahead[i] * m->E[i * m->V + x];
        sum += p;
        if (left == 0) h += ll_chain_surprise(p);
        if (left == 0 || p == 0) continue;
        step(m, here, next);
        h += descend(m, next, left - 1, scratch + 2 * m->S);
    }
    return left == 0 ? h - ll_chain_surprise(sum) : h;
}

/* V^n, at most STRINGS_MAX + 1. */
static int64_t strings(int64_t V, int64_t n) {
    int64_t count = 1;
    for (int64_t i = 0; i < n && count <= STRINGS_MAX && V > 1; i++) count *= V;
    return count <= STRINGS_MAX ? count : STRINGS_MAX + 1;
}

static ll_status bounds(const hmm *m, int64_t n, double *lo, double *hi, ll_error *err) {
    double *scratch = calloc((size_t)((2 * n + 1) * m->S), sizeof *scratch);
    if (!scratch) return LL_FAIL(err, LL_ENOMEM, "out of memory for strings of %lld symbols", (long long)n);
    double *ahead = scratch + 2 * n * m->S;
    *hi = descend(m, m->pi, n - 1, scratch);
    *lo = 0;
    for (int64_t i = 0; i < m->S; i++) {
        memset(ahead, 0, (size_t)m->S * sizeof *ahead);
        ahead[i] = m->pi[i];
        *lo += descend(m, ahead, n - 1, scratch);
    }
    free(scratch);
    return LL_OK;
}

ll_status ll_source_bounds(const ll_source *s, int64_t n, double *lo, double *hi, ll_error *err) {
    if (!s->emission) {
        *lo = *hi = s->entropy;
        return LL_OK;
    }
    if (n < 1 || n > DEPTH_MAX || strings(s->V, n) > STRINGS_MAX)
        return LL_FAIL(err, LL_EINPUT, "strings of %lld of %lld symbols, expected at most %d strings", (long long)n,
                       (long long)s->V, STRINGS_MAX);
    hmm m = view(s);
    return bounds(&m, n, lo, hi, err);
}

static ll_status measure(ll_source *s, ll_error *err) {
    hmm m = view(s);
    double lo = 0, hi = 0, S = (double)s->S;
    for (int64_t n = 1; n <= DEPTH_MAX && strings(s->V, n) <= STRINGS_MAX; n++) {
        if (n > 1 && (double)strings(s->V, n) * S * S * (S + 1) > WORK_MAX) break;
        LL_TRY(bounds(&m, n, &lo, &hi, err));
        if (hi - lo < 1e-9) break;
    }
    s->entropy = (lo + hi) / 2;
    s->entropy_error = hi > lo ? (hi - lo) / 2 : 0;
    return LL_OK;
}

static ll_status finish(ll_source *s, ll_error *err) {
    hmm m = view(s);
    int64_t most = (int64_t)WORK_MAX / (s->S * s->S);
    LL_TRY(ll_chain_stationary(&m, s->S, step, most < 1000000 ? most : 1000000, s->start, err));
    memcpy(s->model + s->S * (s->S + s->V), s->start, (size_t)s->S * sizeof *s->start);
    LL_TRY(measure(s, err));
    ll_chain_accumulate(s->next, m.T, s->S, s->S);
    ll_chain_accumulate(s->emission, m.E, s->S, s->V);
    ll_chain_accumulate(s->start, m.pi, 1, s->S);
    return LL_OK;
}

static ll_status check_sizes(int64_t S, int64_t V, ll_error *err) {
    if (S < 1 || S > STATES_MAX)
        return LL_FAIL(err, LL_EINPUT, "%lld states, expected 1 to %d", (long long)S, STATES_MAX);
    if (V < 1 || V > 65536) return LL_FAIL(err, LL_EINPUT, "%lld symbols, expected 1 to 65536", (long long)V);
    if ((double)V * (double)(S * (S + 1)) > WORK_MAX)
        return LL_FAIL(err, LL_EINPUT, "%lld states of %lld symbols are more than an entropy can be computed for",
                       (long long)S, (long long)V);
    return LL_OK;
}

ll_status ll_source_hmm(ll_source **out, int64_t S, int64_t V, const double *transition, const double *emission,
                        ll_error *err) {
    *out = NULL;
    LL_TRY(check_sizes(S, V, err));
    LL_TRY(ll_chain_check(transition, S, S, "transitions", err));
    LL_TRY(ll_chain_check(emission, S, V, "emissions", err));
    LL_TRY(ll_chain_new(out, S, S, V, err));
    ll_source *s = *out;
    s->V = V;
    memcpy(s->model, transition, (size_t)(S * S) * sizeof *transition);
    memcpy(s->model + S * S, emission, (size_t)(S * V) * sizeof *emission);
    snprintf(s->name, sizeof s->name, "hmm, %lld states, %lld symbols", (long long)S, (long long)V);
    ll_status status = finish(s, err);
    if (status == LL_OK) return LL_OK;
    ll_source_free(s);
    *out = NULL;
    return status;
}

static void fill_flipped(double *rows, int64_t n, int64_t width, double flip) {
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < width; j++)
            rows[i * width + j] = width == 1 ? 1 : j == i % width ? 1 - flip : flip / (double)(width - 1);
}

ll_status ll_source_hmm_flip(ll_source **out, int64_t S, int64_t V, double flip, ll_error *err) {
    *out = NULL;
    LL_TRY(check_sizes(S, V, err));
    if (!(flip >= 0 && flip <= 1)) return LL_FAIL(err, LL_EINPUT, "flip is %g, expected 0 to 1", flip);
    double *rows = malloc((size_t)(S * (S + V)) * sizeof *rows);
    if (!rows) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld states", (long long)S);
    fill_flipped(rows, S, S, flip);
    fill_flipped(rows + S * S, S, V, flip);
    ll_status s = ll_source_hmm(out, S, V, rows, rows + S * S, err);
    free(rows);
    if (s == LL_OK)
        snprintf((*out)->name, sizeof(*out)->name, "hmm, %lld states, %lld symbols, flip %g", (long long)S,
                 (long long)V, flip);
    return s;
}
