#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/chain.h"

enum { WORK_MAX = 1 << 30 }; /* multiply-adds of the power iteration, times 16 */

typedef struct rows {
    const double *p; /* [S][V] */
    int64_t S, V;
} rows;

/* Context c and symbol x lead to the context (c V + x) mod S. */
static void step(const void *chain, const double *pi, double *out) {
    const rows *r = chain;
    memset(out, 0, (size_t)r->S * sizeof *out);
    for (int64_t c = 0; c < r->S; c++)
        for (int64_t x = 0, to = c * r->V % r->S; x < r->V; x++) {
            out[to] += pi[c] * r->p[c * r->V + x];
            to = to + 1 == r->S ? 0 : to + 1;
        }
}

/* H(X | context) of a joint law [contexts][V]: minus the sum of J ln(J / its row's sum). */
static double conditional_entropy(const double *joint, int64_t contexts, int64_t V) {
    double h = 0;
    for (int64_t c = 0; c < contexts; c++) {
        double sum = 0, inside = 0;
        for (int64_t x = 0; x < V; x++) {
            sum += joint[c * V + x];
            inside += ll_chain_surprise(joint[c * V + x]);
        }
        h += inside - ll_chain_surprise(sum);
    }
    return h > 0 ? h : 0;
}

/* Fills context[0..k] from the joint law of context and symbol, which is folded over its earliest symbol from one j
 * to the one below. */
static ll_status measure(ll_source *s, const double *p, const double *pi, ll_error *err) {
    int64_t cells = s->S * s->V;
    double *joint = malloc((size_t)cells * sizeof *joint);
    if (!joint) return LL_FAIL(err, LL_ENOMEM, "out of memory for a source of %lld states", (long long)s->S);
    for (int64_t i = 0; i < cells; i++) joint[i] = pi[i / s->V] * p[i];
    for (int64_t j = s->k, contexts = s->S; j >= 0; j--) {
        s->context[j] = conditional_entropy(joint, contexts, s->V);
        int64_t fewer = contexts; /* cells of the next joint law: V^(j-1) V */
        for (int64_t i = fewer; i < contexts * s->V && j > 0; i++) joint[i % fewer] += joint[i];
        contexts /= s->V;
    }
    free(joint);
    s->entropy = s->context[s->k];
    return LL_OK;
}

/* s->next holds probabilities and becomes cumulative. */
static ll_status finish(ll_source *s, ll_error *err) {
    rows r = { .p = s->next, .S = s->S, .V = s->V };
    int64_t cells = s->S * s->V, most = (int64_t)WORK_MAX * 16 / cells;
    LL_TRY(ll_chain_stationary(&r, s->S, step, most > 1000000 ? 1000000 : most, s->start, err));
    LL_TRY(measure(s, s->next, s->start, err));
    ll_chain_accumulate(s->next, s->next, s->S, s->V);
    ll_chain_accumulate(s->start, s->start, 1, s->S);
    return LL_OK;
}

static ll_status make(ll_source **out, int64_t V, int64_t k, ll_error *err) {
    *out = NULL;
    if (V < 1 || V > 65536) return LL_FAIL(err, LL_EINPUT, "%lld symbols, expected 1 to 65536", (long long)V);
    if (k < 0 || k > LL_SOURCE_ORDER_MAX)
        return LL_FAIL(err, LL_EINPUT, "order %lld, expected 0 to %d", (long long)k, LL_SOURCE_ORDER_MAX);
    int64_t S = 1;
    for (int64_t j = 0; j < k && S <= LL_SOURCE_CELLS_MAX; j++) S *= V;
    if (S * V > LL_SOURCE_CELLS_MAX)
        return LL_FAIL(err, LL_EINPUT, "%lld symbols at order %lld make a table of more than %d entries",
                       (long long)V, (long long)k, LL_SOURCE_CELLS_MAX);
    LL_TRY(ll_chain_new(out, S, V, 0, err));
    (*out)->V = V;
    (*out)->k = k;
    return LL_OK;
}

/* A row of Dirichlet(a, ..., a): gammas over their sum. Where all of them underflow (tiny a) one symbol has it all.
 */
static void draw_row(double *row, int64_t V, double a, ll_rng *r) {
    double sum = 0;
    for (int64_t x = 0; x < V; x++) sum += row[x] = ll_rng_gamma(r, a);
    if (!(sum > 0)) row[ll_rng_below(r, V)] = sum = 1;
    for (int64_t x = 0; x < V; x++) row[x] /= sum;
}

static ll_status finish_or_free(ll_source **out, ll_error *err) {
    ll_status s = finish(*out, err);
    if (s == LL_OK) return LL_OK;
    ll_source_free(*out);
    *out = NULL;
    return s;
}

ll_status ll_source_markov(ll_source **out, int64_t V, int64_t k, double a, uint64_t seed, ll_error *err) {
    *out = NULL;
    if (!(a > 0 && a <= 1e6)) return LL_FAIL(err, LL_EINPUT, "alpha is %g, expected above 0 and at most 1e6", a);
    LL_TRY(make(out, V, k, err));
    ll_source *s = *out;
    for (int64_t c = 0; c < s->S; c++) {
        ll_rng r = ll_rng_at(seed, LL_STREAM_SOURCE, (uint64_t)1 << 63 | (uint64_t)c);
        draw_row(s->next + c * V, V, a, &r);
    }
    snprintf(s->name, sizeof s->name, "markov, order %lld, %lld symbols, alpha %g, seed %llu", (long long)k,
             (long long)V, a, (unsigned long long)seed);
    return finish_or_free(out, err);
}

ll_status ll_source_markov_rows(ll_source **out, int64_t V, int64_t k, const double *p, ll_error *err) {
    LL_TRY(make(out, V, k, err));
    ll_source *s = *out;
    memcpy(s->next, p, (size_t)(s->S * V) * sizeof *p);
    snprintf(s->name, sizeof s->name, "markov, order %lld, %lld symbols, given rows", (long long)k, (long long)V);
    if (ll_chain_check(p, s->S, V, "markov", err) == LL_OK) return finish_or_free(out, err);
    ll_source_free(s);
    *out = NULL;
    return LL_EINPUT;
}
