/* Questions that a probe makes up, to be asked in one call. The items of probes in this folder are made by a seed: item
 * i is the same however many there are.
 *
 *     ll_questions q = { 0 };
 *     const int64_t first = q.n;
 *     for (int c = 0; c < 8; c++) LL_TRY(ll_questions_add(&q, "aC bF a", choice[c], err));
 *     LL_TRY(ll_questions_ask(&q, subject->lm, err));
 *     ll_probe_mean_add(&accuracy, ll_questions_credit(&q, first, 8, right));
 *     ll_questions_clear(&q);
 */
#ifndef LL_PROBE_MADE_QUESTIONS_H
#define LL_PROBE_MADE_QUESTIONS_H

#include "loglog/random.h"
#include "probe/mean.h"

typedef struct ll_made_question {
    size_t context, context_size, continuation, continuation_size; /* where in text */
} ll_made_question;

typedef struct ll_questions {
    ll_made_question *of; /* [n] */
    int64_t n, room;
    char *text;
    size_t size, text_room;
    ll_lm_score *score; /* [n] once they were asked */
} ll_questions;

/* Copies both texts. Choices of one context come one behind the other: that costs one pass for one-token choices. */
ll_status ll_questions_add(ll_questions *q, const char *context, const char *continuation, ll_error *err);
ll_status ll_questions_ask(ll_questions *q, ll_lm *lm, ll_error *err);
void ll_questions_clear(ll_questions *q);

/* What one of n choices earns that is right: 1 where it is the likeliest, 1/m where m are as likely. */
double ll_questions_credit(const ll_questions *q, int64_t first, int n, int right);

/* Tells the listener, where there is one, of the choices from first on. */
void ll_questions_tell(const ll_questions *q, const ll_probe_subject *s, int64_t item, const char *metric,
                       int64_t first, int n, int right);

enum { LL_MADE_INDUCTION = 1, LL_MADE_RECALL, LL_MADE_FEWSHOT, LL_MADE_ARITHMETIC };

/* The random numbers of an item; part: below 256, of a probe that draws several of each. */
ll_rng ll_made_rng(const ll_probe_opts *opts, int probe, int part, int64_t item);

/* 0 .. n - 1 in any order, each as likely. */
void ll_made_shuffle(ll_rng *r, int *out, int n);

#endif
