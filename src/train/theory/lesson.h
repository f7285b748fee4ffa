/* What a network is taught: samples by their number, and a test that covers every task.
 *
 * A sample is a function of seed and number, so that any of them can be made again and none is kept. A test has rows in
 * groups, a group a task; its weights sum to the share of the world that the tasks make up, and the rest of the world
 * costs what a guess costs. So a law of infinitely many tasks is measured with finitely many: those beyond the last
 * are met by nobody.
 */
#ifndef LL_TRAIN_THEORY_LESSON_H
#define LL_TRAIN_THEORY_LESSON_H

#include "loglog/random.h"
#include "train/theory/mlp.h"
#include "train/theory/theory.h"

typedef struct ll_lesson {
    const ll_theory *of;
    uint64_t seed;
    int64_t inputs, outputs, tests, group; /* group: rows of one task; 0: there are no tasks */
    ll_mlp_loss loss;
    double *reach;  /* [tasks] theta_1 + ... + theta_k over the tasks' sum; owned; NULL */
    double *number; /* what the kind keeps; owned; NULL */
} ll_lesson;

typedef struct ll_lesson_kind {
    ll_status (*open)(ll_lesson *l, ll_error *err);
    /* x [inputs], and y [outputs] or the label, whichever the loss asks for */
    void (*sample)(const ll_lesson *l, uint64_t number, ll_real *x, ll_real *y, int32_t *label);
    /* The same of a row of the test; its weight. */
    double (*test)(const ll_lesson *l, int64_t row, ll_real *x, ll_real *y, int32_t *label);
} ll_lesson_kind;

/* Closed by ll_lesson_close on an error as well. */
ll_status ll_lesson_open(ll_lesson *l, const ll_theory *t, int64_t seed, ll_error *err);
void ll_lesson_close(ll_lesson *l);

/* For kinds whose tasks follow Zipf's law of 1 + alpha: reach, room for a number [tasks], and a task by reach,
 * 0 up to tasks - 1. */
ll_status ll_lesson_tasks(ll_lesson *l, ll_error *err);
int64_t ll_lesson_task(const ll_lesson *l, ll_rng *r);

/* One run from its first step to its last: point [points] is filled, and how many in *n; the last is the run's end. */
ll_status ll_lesson_learn(const ll_theory *t, const ll_theory_row *run, const ll_theory_watch *watch,
                          ll_theory_row *point, int64_t *n, ll_error *err);

/* The steps of the points of a run, rising; their number, at most t->points. */
int64_t ll_lesson_points(const ll_theory *t, int64_t *step);

/* LL_ENUM, with the run, where the loss of the row is not finite. */
ll_status ll_lesson_finite(const ll_theory_row *at, ll_error *err);

#endif
