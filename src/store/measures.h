/* Measures of runs by name: a number of the run itself ("best_loss", "layers"; "aspect" is width over layers) or its
 * last score ("position.64").
 *
 *     ll_run_measure m;
 *     LL_TRY(ll_measure_runs(&m, s, "position.64", runs, n, err));
 *     m.value[i], m.se[i]                    of runs[i]; NaN where it was not measured
 *     ll_run_measure_clear(&m);
 */
#ifndef LL_STORE_MEASURES_H
#define LL_STORE_MEASURES_H

#include "store/store.h"

typedef struct ll_run_measure {
    double *value, *se; /* [n] of runs; owned, one block */
    bool nats;          /* it is a loss, in nats per token */
} ll_run_measure;

/* A name that no run has is LL_EINPUT and the measured ones are named; so are scores that were taken with different
 * settings. */
ll_status ll_measure_runs(ll_run_measure *m, ll_store *s, const char *name, const ll_run *runs, int64_t n,
                          ll_error *err);
void ll_run_measure_clear(ll_run_measure *m);

/* Numbers of a run that have no canonical column of a table; NaN: not known. */
enum { LL_MEASURES_BESIDE = 9 };
extern const char *const ll_measures_beside[LL_MEASURES_BESIDE];
double ll_measure_beside(const ll_run *run, int k);

/* Every score of the runs becomes a column of t, behind those it has. ladder: of all the runs, or "". id, [rows of
 * t], says whose each row is. step is NULL, or the rows are points of runs at these steps, and a score belongs to
 * that of its step. */
ll_status ll_measures_add_scores(ll_store *s, const char *ladder, char *const *id, const double *step, ll_table *t,
                                 ll_error *err);

#endif
