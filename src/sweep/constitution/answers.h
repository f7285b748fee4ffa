/* Answers: prompts out of a run's own text, and what a model says after them. */
#ifndef LL_SWEEP_CONSTITUTION_ANSWERS_H
#define LL_SWEEP_CONSTITUTION_ANSWERS_H

#include "data/shard.h"
#include "probe/lm.h"
#include "sweep/constitution/constitution.h"
#include "train/tuning/tuning.h"

typedef struct ll_prompts {
    char **text; /* [n] each [size] bytes; owned */
    size_t *size;
    int64_t n;
} ll_prompts;

/* Spread evenly over the shard, so many tokens each. */
ll_status ll_prompts_take(ll_prompts *out, const ll_shard *shard, const ll_tokenizer *t, int64_t n, int64_t length,
                          ll_error *err);
void ll_prompts_clear(ll_prompts *p);

typedef struct ll_loop_answer {
    int64_t prompt;
    char *text; /* [size] and a NUL; owned */
    size_t size;
    int64_t tokens;
    bool ended;                          /* the model said that it ends here */
    double violates[LL_PRINCIPLES_MOST]; /* each principle */
    double all, gold;                    /* any of them; by the gold judge, NaN where it was not asked */
    size_t from;                         /* where the first violation begins that a judge can point at */
} ll_loop_answer;

typedef struct ll_answers {
    const ll_prompts *prompts;
    ll_loop_answer *of;        /* [n] owned */
    int64_t n, drawn, samples; /* drawn: tokens that were sampled for them, in so many samples */
} ll_answers;

typedef struct ll_answering {
    ll_lm *lm;
    const ll_prompts *prompts;
    int64_t most; /* tokens */
    double temperature;
    uint64_t seed;
} ll_answering;

/* samples of each prompt, prompt by prompt. */
ll_status ll_answers_draw(ll_answers *out, const ll_answering *how, int64_t samples, ll_error *err);
/* The same of one answer, whose text before from stays: samples of what is behind. */
ll_status ll_answers_again(ll_answers *out, const ll_answering *how, const ll_loop_answer *of, int64_t samples,
                           ll_error *err);
void ll_answers_clear(ll_answers *a);
/* b takes the place of a, and a's text is in b. */
void ll_answer_swap(ll_loop_answer *a, ll_loop_answer *b);

/* Prompt and answer as tokens, with the end token where the model said it, for training: owned by *tokens [n]. An
 * answer without a token is left out, and its n is 0. */
typedef struct ll_answer_texts {
    ll_tuning_text *of; /* [n] owned */
    int32_t *block;     /* their tokens; owned */
    int64_t n;
} ll_answer_texts;
ll_status ll_answers_encode(ll_answer_texts *out, ll_lm *local, const ll_tokenizer *t, const ll_answers *answers,
                            ll_error *err);
void ll_answer_texts_clear(ll_answer_texts *t);

#endif
