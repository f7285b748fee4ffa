/* Sources whose entropy is known exactly: order-k Markov chains and hidden Markov models (REFERENCE: Cover and
 * Thomas, ch. 4). On such a source a fitted floor can be checked against truth.
 *
 *     ll_source *s;
 *     LL_TRY(ll_source_markov(&s, 16, 1, 0.1, seed, err));
 *     double h = ll_source_entropy(s);                        nats per token
 *     ll_source_fill(s, seed, 0, tokens, n);
 *     ll_source_free(s);
 */
#ifndef LL_DATA_SOURCE_H
#define LL_DATA_SOURCE_H

#include <stdint.h>

#include "loglog/error.h"
#include "loglog/random.h"

typedef struct ll_source ll_source;

/* Order-k chain over V symbols, each of the V^k rows drawn from Dirichlet(a, ..., a). V^(k+1) at most 2^26. */
ll_status ll_source_markov(ll_source **out, int64_t V, int64_t k, double a, uint64_t seed, ll_error *err);

/* The same with given rows [V^k][V], each summing to one; copied. */
ll_status ll_source_markov_rows(ll_source **out, int64_t V, int64_t k, const double *rows, ll_error *err);

/* Hidden chain of S states with transitions [S][S], emitting one of V symbols by [S][V]; copied. */
ll_status ll_source_hmm(ll_source **out, int64_t S, int64_t V, const double *transition, const double *emission,
                        ll_error *err);

/* The symmetric one: a state stays with probability 1 - flip, else becomes one of the others; it shows its own
 * symbol (state mod V) with probability 1 - flip, else one of the others. S = V = 2 is the binary symmetric chain.
 */
ll_status ll_source_hmm_flip(ll_source **out, int64_t S, int64_t V, double flip, ll_error *err);
void ll_source_free(ll_source *s);

int64_t ll_source_vocab(const ll_source *s);
const char *ll_source_name(const ll_source *s); /* "markov, order 1, 16 symbols, alpha 0.1, seed 7" */

/* Markov: the stationary law by power iteration to 1e-14, then sum pi_i H(P_i). HMM: the middle of the bounds
 * below at the first n where they meet within 1e-9, or at n_max. Nats per token. */
double ll_source_entropy(const ll_source *s);
double ll_source_entropy_error(const ll_source *s); /* half the distance of the bounds; 0 for Markov */

/* HMM: H(X_n | X_1..n-1, S_1) <= h <= H(X_n | X_1..n-1), by forward recursion over all V^n strings, V^n <= 2^24. */
ll_status ll_source_bounds(const ll_source *s, int64_t n, double *lo, double *hi, ll_error *err);

/* H(X_t | the last j symbols) of a Markov source, j in 0..k: what a context of j gains. */
double ll_source_context_entropy(const ll_source *s, int64_t j);

/* n tokens of a stream, started from the stationary law. Same seed and stream, same tokens; the streams of one seed
 * are independent of each other and of the rows drawn with it. Streams are below 2^31. */
void ll_source_fill(const ll_source *s, uint64_t seed, uint32_t stream, uint16_t *tokens, int64_t n);

/* The same in parts of any size: start once, then next as often as needed. */
typedef struct ll_source_stream {
    const ll_source *source;
    uint64_t seed;
    uint32_t stream;
    int64_t at, state; /* tokens so far; the context of a Markov chain, the hidden state of an HMM */
    ll_rng rng;
} ll_source_stream;
ll_source_stream ll_source_start(const ll_source *s, uint64_t seed, uint32_t stream);
void ll_source_next(ll_source_stream *at, uint16_t *tokens, int64_t n);

#endif
