/* Rows with which something went wrong, found before a forecast stands on them.
 *
 * A row is sound or, once in a while, bad: ln loss ~ (1 - p) N(m, s^2) + p N(m, s^2 + BAD^2), where m and s are what
 * the sound rows alone say of it (posterior.h: law, departure, noise) and p is learned from the table. The first
 * guess of who is sound is what a fit that heavy residuals hardly pull (Cauchy) finds within six of its scales; then
 * rows and posterior are taken in turn, and a row that the others explain comes back, however far from the law it
 * lies. In two early turns half of the rows are to miss by no more than a normal's quartile: bad rows that are taken
 * for sound swell what they are judged by, and would stay. A broken block cannot vouch for itself, as its rows are out
 * when they are judged. The forecast weighs each row by the probability that it is sound, and leaves out those that
 * are more likely bad.
 *
 * A row that repeats an earlier one, number for number, is that run told twice: it is left out.
 *
 *     ll_triage t;
 *     LL_TRY(ll_triage_new(&t, law, &data, prior, &opts, threads, err));
 *     fit(&t.data);                               the rows of data, weighed; t.bad of them are left out
 *     ll_triage_free(&t);
 *
 * Fewer than LL_TRIAGE_ROWS rows, a law that is no sum of terms, or a table of which more than two in five would be
 * bad, vouch for nothing: only copies are found. A loss a little lower than the others foretell is no fault.
 * Nothing is random.
 */
#ifndef LL_FORECAST_BELIEF_TRIAGE_H
#define LL_FORECAST_BELIEF_TRIAGE_H

#include <stddef.h>

#include "forecast/belief/posterior.h"

enum { LL_TRIAGE_ROWS = 12, LL_TRIAGE_WORDS = 160 };

/* X(id, word, words): what would explain a bad row. */
#define LL_FAULTS(X)                                                        \
    X(NONE, "none", "sound")                                                \
    X(COPY, "copy", "the same run twice")                                   \
    X(HIGH, "high", "undertrained, or its evaluation is broken")            \
    X(LOW, "low", "another text, or its evaluation is broken")              \
    X(BITS, "bits", "its loss is in bits, where others are in nats")        \
    X(NATS, "nats", "its loss is in nats, where others are in bits")        \
    X(PERPLEXITY, "perplexity", "its loss is a perplexity")                 \
    X(PARAMS, "params", "its parameters are in another unit, by thousands") \
    X(TOKENS, "tokens", "its tokens are in another unit, by thousands")

typedef enum ll_fault {
#define LL_FAULT_ENUM(id, word, words) LL_FAULT_##id,
    LL_FAULTS(LL_FAULT_ENUM)
#undef LL_FAULT_ENUM
        LL_FAULT_COUNT
} ll_fault;
extern const char *const ll_fault_names[LL_FAULT_COUNT];

typedef struct ll_triage_row {
    ll_fault fault;
    double bad;   /* probability */
    double miss;  /* ln loss less what the sound rows say of it */
    double z;     /* that in its own sd */
    int64_t twin; /* of a copy: the row that it repeats */
} ll_triage_row;

typedef struct ll_triage {
    int64_t n, bad;      /* rows, and those that have a fault */
    double noise_growth; /* of the prior, as the sound rows' misses have it, each for itself; and its sd */
    double noise_growth_sd;
    double excess_growth; /* of the prior, as the sound rows' evidence has it */
    ll_triage_row *row;   /* [n]; owned */
    double *weight;       /* [n]; owned */
    ll_fit_data data;     /* what was given, with that weight */
} ll_triage;

ll_status ll_triage_new(ll_triage *t, const ll_law *law, const ll_fit_data *data, const ll_prior *prior,
                        const ll_fit_opts *opts, int threads, ll_error *err);
/* How many runs are odd and by how much, how noise grows towards small compute, and the departure up the slopes of a
 * valley, as this table shows it: into the prior, which is returned. */
const ll_prior *ll_triage_learn(const ll_triage *t, ll_prior *prior);
void ll_triage_free(ll_triage *t);

/* All rows of one fault in one line, the first of them named by name(ctx, row, ..); "" where none has it. Returns
 * out. */
typedef void ll_triage_name(const void *ctx, int64_t row, char *out, size_t size);
const char *ll_triage_words(const ll_triage *t, ll_fault fault, ll_triage_name *name, const void *ctx,
                            char out[LL_TRIAGE_WORDS]);

#endif
