/* Chains: what the two kinds of source have inside. Private to this room. */
#ifndef LL_DATA_CHAIN_H
#define LL_DATA_CHAIN_H

#include "data/source.h"

enum { LL_SOURCE_ORDER_MAX = 26, LL_SOURCE_CELLS_MAX = 1 << 26 };

/* A context of k symbols is a number in base V, the latest symbol its last digit. All rows are cumulative; the last
 * possible entry and those behind it are 1. */
struct ll_source {
    int64_t V, k, S;  /* S: contexts V^k of a Markov chain, states of an HMM */
    double *next;     /* Markov [S][V]: of symbols; HMM [S][S]: of states */
    double *emission; /* HMM [S][V]; NULL marks a Markov chain */
    double *start;    /* [S] stationary law */
    double *model;    /* HMM: transition [S][S], emission [S][V] and stationary law [S] as probabilities */
    double entropy, entropy_error;
    double context[LL_SOURCE_ORDER_MAX + 1]; /* Markov: H(X | last j symbols) */
    char name[160];
};

/* Zeroed arrays of S states with rows of the given lengths (emission 0: none). */
ll_status ll_chain_new(ll_source **out, int64_t S, int64_t next, int64_t emission, ll_error *err);

/* Every entry at least 0 and every row's sum within 1e-9 of 1: else LL_EINPUT. */
ll_status ll_chain_check(const double *rows, int64_t n, int64_t width, const char *what, ll_error *err);

/* From probabilities to the cumulative form, in place allowed. */
void ll_chain_accumulate(double *out, const double *rows, int64_t n, int64_t width);

/* Stationary law [S] by power iteration of (I + P) / 2 until a step moves less than 1e-14 in all; halving with the
 * identity changes no stationary law and stops a periodic chain from swinging. step writes pi P into out.
 * LL_ENUM after max_steps. */
typedef void ll_chain_step(const void *chain, const double *pi, double *out);
ll_status ll_chain_stationary(const void *chain, int64_t S, ll_chain_step *step, int64_t max_steps, double *pi,
                              ll_error *err);

/* -p ln p, 0 at 0. */
double ll_chain_surprise(double p);

#endif
