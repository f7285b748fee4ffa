/* An arm of a programme that tries a theory (train/theory/theory.h) in place of training a ladder: its settings and its
 * tables are files of the programme's folder.
 *
 *     LL_TRY(ll_theory_arm_write(&theory, "theory/parity.yaml", "as a comment", err));
 *     LL_TRY(ll_theory_arm_load(&theory, "theory/parity.yaml", err));
 *     LL_TRY(ll_theory_arm_run(&theory, "theory", "parity", &watch, err));        where they are there: nothing
 *     LL_TRY(ll_theory_arm_table("theory", "parity", "exponents", &text, &size, err));
 */
#ifndef LL_SWEEP_PROGRAMME_THEORY_ARM_H
#define LL_SWEEP_PROGRAMME_THEORY_ARM_H

#include <stddef.h>

#include "train/theory/theory.h"

ll_status ll_theory_arm_load(ll_theory *t, const char *path, ll_error *err);
ll_status ll_theory_arm_write(const ll_theory *t, const char *path, const char *comment, ll_error *err);

/* FOLDER/ARM.runs.csv, ARM.curves.csv and, last, ARM.exponents.csv, whose presence says that all are there. */
ll_status ll_theory_arm_run(const ll_theory *t, const char *folder, const char *arm, const ll_theory_watch *watch,
                            ll_error *err);

/* One of them: runs, curves or exponents. The caller frees text, which is zero-terminated. */
ll_status ll_theory_arm_table(const char *folder, const char *arm, const char *table, char **text, size_t *size,
                              ll_error *err);

#endif
