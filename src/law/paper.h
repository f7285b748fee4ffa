/* What papers printed beside laws of the loss: frontiers, rules for batch and rate, conversions, terms of a law.
 *
 *     const ll_paper *p = ll_paper_find("kaplan2020_lr");
 *     double x[LL_IN_COUNT];
 *     ll_paper_blank(x);                      every input NaN: not given
 *     x[LL_IN_PARAMS] = 1e9;
 *     p->out[0].value(p->constant, x)         NaN where an input is missing
 */
#ifndef LL_LAW_PAPER_H
#define LL_LAW_PAPER_H

/* Inputs: name of the flag, meaning. Also those of the laws in law/published.h. */
#define LL_PAPER_INPUTS(X)                                         \
    X(PARAMS, "params", "parameters N, as the paper counts them")  \
    X(TOKENS, "tokens", "training tokens D")                       \
    X(FLOPS, "flops", "training FLOPs C")                          \
    X(LOSS, "loss", "loss, nats per token")                        \
    X(STEPS, "steps", "optimiser steps S")                         \
    X(BATCH, "batch", "tokens per step B")                         \
    X(UNIQUE, "unique", "unique tokens U")                         \
    X(RATIO, "ratio", "N over the efficient N")                    \
    X(BITS, "bits", "precision P in bits")                         \
    X(EXPERTS, "experts", "experts E of a mixture")                \
    X(GRANULARITY, "granularity", "granularity G of a mixture")    \
    X(SPARSITY, "sparsity", "share S of inactive experts, 0 to 1") \
    X(FINETUNE, "finetune", "characters D_F of fine-tuning text")  \
    X(SAMPLES, "samples", "samples n drawn per problem")           \
    X(CORRECT, "correct", "of them correct, c")                    \
    X(K, "k", "tries k, or tokens of an answer")                   \
    X(VOCAB, "vocab", "parameters of the vocabulary N_v")

typedef enum ll_paper_input {
#define LL_PAPER_ENUM(id, name, help) LL_IN_##id,
    LL_PAPER_INPUTS(LL_PAPER_ENUM)
#undef LL_PAPER_ENUM
        LL_IN_COUNT
} ll_paper_input;

enum { LL_PAPER_CONSTANTS = 12, LL_PAPER_OUTPUTS = 4 };

typedef struct ll_paper_output {
    const char *name, *unit;
    double (*value)(const double *constant, const double *x); /* x [LL_IN_COUNT] */
} ll_paper_output;

typedef struct ll_paper {
    const char *id, *form, *source;
    const char *status; /* how the constants were read: "checked", "partly checked", "second-hand", "derived" */
    const char *names;  /* of the constants, separated by blanks */
    double constant[LL_PAPER_CONSTANTS];
    ll_paper_output out[LL_PAPER_OUTPUTS]; /* those with a name */
    const char *note;                      /* NULL, or a trap */
} ll_paper;

extern const ll_paper ll_papers_kaplan[], ll_papers_recipe[], ll_papers_later[]; /* each ends with id NULL */
extern const ll_paper *const ll_papers[];                                        /* all tables; ends with NULL */

const ll_paper *ll_paper_find(const char *id); /* NULL when there is none */
void ll_paper_blank(double x[LL_IN_COUNT]);

#endif
