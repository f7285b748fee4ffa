#include "data/source.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "data/chain.h"

enum { STRETCH = 1 << 20 }; /* tokens that share a position of the generator */

/* ---- what both kinds are made of ---- */

ll_status ll_chain_new(ll_source **out, int64_t S, int64_t next, int64_t emission, ll_error *err) {
    *out = NULL;
    ll_source *s = calloc(1, sizeof *s);
    bool ok = s != NULL;
    if (ok) ok = (s->next = calloc((size_t)(S * next), sizeof(double))) != NULL;
    if (ok) ok = (s->start = calloc((size_t)S, sizeof(double))) != NULL;
    if (ok && emission) {
        ok = (s->emission = calloc((size_t)(S * emission), sizeof(double))) != NULL;
        if (ok) ok = (s->model = calloc((size_t)(S * (next + emission + 1)), sizeof(double))) != NULL;
    }
    if (!ok) {
        ll_source_free(s);
        return LL_FAIL(err, LL_ENOMEM, "out of memory for a source of %lld states", (long long)S);
    }
    s->S = S;
    *out = s;
    return LL_OK;
}

ll_status ll_chain_check(const double *rows, int64_t n, int64_t width, const char *what, ll_error *err) {
    for (int64_t i = 0; i < n; i++) {
        double sum = 0;
        for (int64_t j = 0; j < width; j++) sum += rows[i * width + j] >= 0 ? rows[i * width + j] : NAN;
        if (!(fabs(sum - 1) < 1e-9))
            return LL_FAIL(err, LL_EINPUT, "%s: row %lld must hold probabilities that sum to 1", what,
                           (long long)i);
    }
    return LL_OK;
}

void ll_chain_accumulate(double *out, const double *rows, int64_t n, int64_t width) {
    for (int64_t i = 0; i < n; i++) {
        const double *row = rows + i * width;
        double *sum = out + i * width, total = 0;
        int64_t last = width - 1;
        while (last > 0 && row[last] == 0) last--;
        for (int64_t j = 0; j < last; j++) sum[j] = total += row[j];
        for (int64_t j = last; j < width; j++) sum[j] = 1;
    }
}

ll_status ll_chain_stationary(const void *chain, int64_t S, ll_chain_step *step, int64_t max_steps, double *pi,
                              ll_error *err) {
    double *moved = malloc((size_t)S * sizeof *moved), change = 1;
    if (!moved) return LL_FAIL(err, LL_ENOMEM, "out of memory for a source of %lld states", (long long)S);
    for (int64_t i = 0; i < S; i++) pi[i] = 1 / (double)S;
    for (int64_t t = 0; t < max_steps && change >= 1e-14; t++) {
        step(chain, pi, moved);
        double sum = 0;
        for (int64_t i = 0; i < S; i++) sum += moved[i] + pi[i];
        change = 0;
        for (int64_t i = 0; i < S; i++) {
            double was = pi[i];
            pi[i] = (moved[i] + was) / sum;
            change += fabs(pi[i] - was);
        }
    }
    free(moved);
    if (change < 1e-14) return LL_OK;
    return LL_FAIL(err, LL_ENUM, "the source mixes too slowly: no stationary law after %lld steps",
                   (long long)max_steps);
}

double ll_chain_surprise(double p) {
    return p > 0 ? -p * log(p) : 0;
}

void ll_source_free(ll_source *s) {
    if (!s) return;
    free(s->next);
    free(s->start);
    free(s->emission);
    free(s->model);
    free(s);
}

/* ---- what is asked of them ---- */

int64_t ll_source_vocab(const ll_source *s) {
    return s->V;
}

const char *ll_source_name(const ll_source *s) {
    return s->name;
}

double ll_source_entropy(const ll_source *s) {
    return s->entropy;
}

double ll_source_entropy_error(const ll_source *s) {
    return s->entropy_error;
}

double ll_source_context_entropy(const ll_source *s, int64_t j) {
    return s->emission || j < 0 || j > s->k ? NAN : s->context[j];
}

/* The first entry above u in a cumulative row. */
static int64_t pick(const double *row, int64_t width, double u) {
    int64_t lo = 0, hi = width - 1;
    while (lo < hi) {
        int64_t mid = lo + (hi - lo) / 2;
        if (row[mid] > u) hi = mid;
        else lo = mid + 1;
    }
    return lo;
}

/* Position 0 of a stream draws its start, each later one a stretch of tokens. The upper half of the indices belongs
 * to the rows (markov.c). */
static ll_rng position(const ll_source_stream *at, int64_t stretch) {
    return ll_rng_at(at->seed, LL_STREAM_SOURCE, (uint64_t)(at->stream & 0x7fffffffu) << 32 | (uint64_t)stretch);
}

ll_source_stream ll_source_start(const ll_source *s, uint64_t seed, uint32_t stream) {
    ll_source_stream at = { .source = s, .seed = seed, .stream = stream };
    ll_rng r = position(&at, 0);
    at.state = pick(s->start, s->S, ll_rng_uniform(&r));
    return at;
}

static int64_t next_symbol(const ll_source *s, ll_source_stream *at) {
    double u = ll_rng_uniform(&at->rng);
    if (!s->emission) {
        int64_t x = pick(s->next + at->state * s->V, s->V, u);
        at->state = (at->state * s->V + x) % s->S;
        return x;
    }
    int64_t x = pick(s->emission + at->state * s->V, s->V, u);
    at->state = pick(s->next + at->state * s->S, s->S, ll_rng_uniform(&at->rng));
    return x;
}

void ll_source_next(ll_source_stream *at, uint16_t *tokens, int64_t n) {
    for (int64_t i = 0; i < n; i++, at->at++) {
        if (at->at % STRETCH == 0) at->rng = position(at, 1 + at->at / STRETCH);
        tokens[i] = (uint16_t)next_symbol(at->source, at);
    }
}

void ll_source_fill(const ll_source *s, uint64_t seed, uint32_t stream, uint16_t *tokens, int64_t n) {
    ll_source_stream at = ll_source_start(s, seed, stream);
    ll_source_next(&at, tokens, n);
}
