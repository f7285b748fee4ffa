/* What theories of scaling say of an exponent, and whether it comes out of training: small studies with a known answer.
 *
 *     ll_theory t;
 *     LL_TRY(ll_options_default(ll_theory_table, ll_theory_count, &t, err));
 *     strcpy(t.kind, "parity");
 *     LL_TRY(ll_theory_resolve(&t, "here", err));                    the kind's own numbers where nothing is said
 *     ll_theory_result r;
 *     LL_TRY(ll_theory_run(&r, &t, &(ll_theory_watch) { 0 }, err));
 *     r.run[0].params, r.run[0].loss
 *     ll_theory_result_clear(&r);
 *
 * A study is a grid: every width with every number of samples and every seed is a run, on one thread. Runs share
 * nothing, and the numbers are the same for any number of threads. Some kinds train a network (mlp.h), some have
 * losses that are computed.
 */
#ifndef LL_TRAIN_THEORY_THEORY_H
#define LL_TRAIN_THEORY_THEORY_H

#include <stdio.h>

#include "base/document/option.h"
#include "loglog/law.h"

enum { LL_THEORY_POINTS = 64 }; /* of a run, at most */

typedef struct ll_theory {
    char kind[LL_OPTION_NAME];
    double alpha;                /* of the law of frequencies, or of the spectrum */
    int64_t tasks, bits, subset; /* features or tasks; bits that a task may ask for, and how many it asks for */
    int64_t answers;             /* of zipf */
    int64_t dimension, space;    /* of the manifold, and of the space that it lies in */
    ll_list widths, samples;     /* of samples 0: fresh ones in every step */
    int64_t depth, batch, steps;
    double lr;
    char schedule[LL_OPTION_NAME], optimizer[LL_OPTION_NAME];
    int64_t seeds, seed, points;
} ll_theory;

extern const ll_option ll_theory_table[];
extern const int ll_theory_count;

/* A row of a table: a run at its end, or a point on the way. */
typedef struct ll_theory_row {
    int64_t width, samples, seed, step; /* samples 0: fresh ones */
    double params, tokens, flops;       /* tokens: different samples that were seen */
    double loss;                        /* expected, of a new sample */
    double error;                       /* share of wrong answers over that of a guess; of the manifold the loss */
    double learned;                     /* tasks or features; NaN: there are none to count */
    double best;                        /* the lowest loss so far */
} ll_theory_row;

typedef struct ll_theory_result {
    ll_theory_row *run, *point; /* owned; points in the order of the runs */
    int64_t runs, points;
} ll_theory_result;

typedef struct ll_theory_watch {
    int threads;                                            /* 0: all cores */
    bool (*stop)(void *ctx);                                /* asked from any thread; NULL: never */
    void (*progress)(void *ctx, int64_t done, int64_t all); /* runs; one call at a time; or NULL */
    void *ctx;
} ll_theory_watch;

typedef struct ll_theory_kind {
    const char *name, *question, *source;
    ll_theory preset;                                      /* zero fields: not read */
    double (*guess)(const ll_theory *t);                   /* loss of who knows nothing */
    double (*predicted)(const ll_theory *t, ll_var along); /* NaN: theory says nothing */
    const struct ll_lesson_kind *lesson;                   /* what a network is taught; NULL: none learns */
    double (*computed)(const ll_theory *t, const ll_theory_row *at); /* the loss; NaN: out of memory */
} ll_theory_kind;

extern const ll_theory_kind *const ll_theory_kinds[]; /* ends with NULL */
const ll_theory_kind *ll_theory_find(const char *name);

/* Fills what is 0 or empty from the kind's own. LL_EINPUT: no such kind, or numbers that do not go together. */
ll_status ll_theory_resolve(ll_theory *t, const char *where, ll_error *err);

/* Multiplies the steps so that it takes so many seconds here on so many threads, by a few steps of each width; they are
 * at least 10. *predicted: the seconds of what it comes to, 0 where nothing is trained. */
ll_status ll_theory_fit_to_time(ll_theory *t, int threads, double seconds, double *predicted, ll_error *err);

/* LL_ESTOP: stopped. LL_ENUM: a loss that is not finite, with its run. On an error there is no result. */
ll_status ll_theory_run(ll_theory_result *out, const ll_theory *t, const ll_theory_watch *watch, ll_error *err);
void ll_theory_result_clear(ll_theory_result *r);

/* Along what the runs differ: widths, else samples, else the steps of each run. */
ll_var ll_theory_along(const ll_theory *t);

/* The exponent alpha of loss ~ x^-alpha, of each seed by least squares of the logarithms, and their mean with Student's
 * interval: seeds are independent, rows of one are not. Along samples it is that of the error. Runs that know
 * no more than a guess are left out, and points of a curve above half of a guess's. NaN: of some seed there are not
 * two. */
typedef struct ll_theory_exponent {
    ll_var along;
    double value, lo, hi; /* at 90 %; lo and hi NaN of one seed */
    double predicted;     /* NaN: theory says nothing */
    double *of;           /* [n] owned */
    int64_t n;
} ll_theory_exponent;
ll_status ll_theory_exponents(ll_theory_exponent *out, const ll_theory *t, const ll_theory_result *r,
                              ll_error *err);
void ll_theory_exponent_clear(ll_theory_exponent *e);
ll_status ll_theory_exponent_write(const char *path, const ll_theory *t, const ll_theory_exponent *e,
                                   ll_error *err);

/* CSV: run, seed, width, params, tokens, flops, step, loss, error, learned, best. */
ll_status ll_theory_write(const char *path, const ll_theory *t, const ll_theory_row *row, int64_t n, ll_error *err);

#endif
