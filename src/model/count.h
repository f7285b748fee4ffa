/* Counts are conventions: parameters and FLOPs of a model in every one.
 *
 *     ll_count c = ll_count_of(&model);
 *     double C = 6 * c.params * tokens;            Kaplan's and Chinchilla's estimate
 *     double exact = c.flops_token * tokens;       matrices, head and causal attention
 */
#ifndef LL_MODEL_COUNT_H
#define LL_MODEL_COUNT_H

#include "model/model.h"

typedef struct ll_count {
    double params;       /* non-embedding: the blocks' matrices, no biases or gains (Kaplan et al. 2020, table 1) */
    double params_head;  /* with the head's matrix, tied or not (Porian et al. 2024) */
    double params_total; /* every parameter */
    double flops_token;  /* training, per token: 3 x forward; forward is 2 per parameter of params_head plus causal
                            q k^T and attention-weighted v, 2 (T+1) d per layer that attends */
} ll_count;

ll_count ll_count_of(const ll_model *m);

/* Of a forward pass for n tokens, one after the other, the first of them behind so many others: 2 per parameter of
 * params_head, and of attention 4 d for each token that it sees, in every layer. */
double ll_count_decoding(const ll_model *m, int64_t behind, int64_t n);

/* The shape that the papers' own accounts speak of: attention of heads x key size may differ from the width. */
typedef struct ll_shape {
    double layers, width, ffw, heads, key, vocab, context;
} ll_shape;

double ll_count_kaplan_params(const ll_shape *s);  /* 2 d L (2 d_attn + d_ff) */
double ll_count_kaplan_forward(const ll_shape *s); /* FLOPs per token: 2 N + 2 L T d_attn */

/* Hoffmann et al. 2022, appendix F: forward FLOPs of a sequence of context tokens. vocabulary: with the embedding
 * and logit terms as printed; their own table A4 is reproduced without. */
double ll_count_chinchilla_forward(const ll_shape *s, bool vocabulary);

#endif
