/* A classifier of texts: logistic regression on hashed n-grams of words and of letters, with its own calibration.
 *
 *     ll_classifier *c;
 *     LL_TRY(ll_classifier_train(&c, texts, n, &opts, err));       refused where it is no better than chance
 *     ll_classifier_says(c, text, size)                             the probability of the label
 *     LL_TRY(ll_classifier_write(c, "judge.json", err));            loglog.judge/1
 *     ll_classifier_free(c);
 *
 * A text is the sum of its n-grams, each in the place that a hash gives it, over the root of how many they are. Labels
 * stand at single texts, or at pairs of which the first violates and the second does not: then it is the difference of
 * the two that is learnt (Bradley and Terry 1952), and chance is one half of the pairs.
 *
 * Texts are parted by a hash of their bytes: 70 % to learn from, 15 % to be calibrated on (Platt 1999), 15 % to be
 * judged by. A pair stays together.
 */
#ifndef LL_PROBE_JUDGE_CLASSIFIER_H
#define LL_PROBE_JUDGE_CLASSIFIER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/document/json.h"
#include "base/document/option.h"

enum { LL_CLASSIFIER_BINS = 10 };

typedef struct ll_classifier_opts {
    int64_t bits;    /* 2^bits places */
    int64_t letters; /* n-grams of at most so many bytes; 0: none */
    int64_t words;   /* and of so many words */
    int64_t epochs, seed;
    double decay; /* of the weights, at each text */
} ll_classifier_opts;

#define LL_CLASSIFIER_ROWS(AT)                                                                                \
    { "bits", LL_OPT_INT, AT(bits), "16", "the n-grams' places are so many bits", .min = 4, .max = 22 },      \
        { "letters", LL_OPT_INT, AT(letters), "4", "n-grams of at most so many letters; 0: none", .max = 8 }, \
        { "words", LL_OPT_INT, AT(words), "2", "n-grams of at most so many words; 0: none", .max = 4 },       \
        { "epochs", LL_OPT_INT, AT(epochs), "8", "passes over the texts", .min = 1, .max = 1000 },            \
        { "decay", LL_OPT_REAL, AT(decay), "1e-6", "of the weights, at each text", .max = 0.1 }, {            \
        "seed", LL_OPT_INT, AT(seed), "1", "of the order", .max = 9e15                                        \
    }

typedef struct ll_labelled {
    const char *text; /* [size] */
    size_t size;
    bool label;
    int32_t group; /* an index of the caller's; 0 where there are none */
} ll_labelled;

/* What it reached on the texts that it never saw. */
typedef struct ll_classifier_report {
    bool pairs;
    int64_t learnt, calibrated, judged; /* texts, or pairs */
    double accuracy, lo, hi;            /* the mean over the two labels, or the share of pairs in order; at 90 % */
    double calibration;                 /* mean distance of probability and share, over the bins */
    struct {
        int64_t n;
        double said, share; /* mean probability, and how many of them bear the label */
    } bin[LL_CLASSIFIER_BINS];
} ll_classifier_report;

typedef struct ll_classifier {
    ll_classifier_opts opts;
    double *weight;      /* [2^bits] */
    double scale, shift; /* Platt's: of the sum, to the argument of the logistic function */
    ll_classifier_report report;
} ll_classifier;

/* pairs: text 2i violates and text 2i + 1 does not; else each text has its label. LL_EINPUT for fewer than 20
 * texts, one label alone, and where the interval of the accuracy is not above chance. */
ll_status ll_classifier_train(ll_classifier **out, const ll_labelled *text, int64_t n, bool pairs,
                              const ll_classifier_opts *opts, ll_error *err);
void ll_classifier_free(ll_classifier *c); /* NULL is fine */

double ll_classifier_says(const ll_classifier *c, const char *text, size_t size);

/* Whether a text is one of those that classifiers are judged by; of a pair the first says it. */
bool ll_classifier_held_out(const ll_labelled *text);

ll_status ll_classifier_write(const ll_classifier *c, const char *path, ll_error *err);
ll_status ll_classifier_read(ll_classifier **out, const char *path, ll_error *err);
ll_json *ll_classifier_report_json(const ll_classifier *c);

#endif
