/* What repeated tokens are worth, to a law that reads unique tokens and to one of one pass.
 *
 *     x[LL_VAR_U] = fmin(unique, x[LL_VAR_D]);
 *     L = ll_repeats_loss(law, params, x);
 *
 * A law of one pass, E + A/N^alpha + B/D^beta, is read as data_constrained (Muennighoff et al. 2023, eqs. 4 to 6)
 * with that paper's R*_D and R*_N, which no run of the law's own has confirmed. Pure and thread-safe.
 */
#ifndef LL_LAW_REPEATS_H
#define LL_LAW_REPEATS_H

#include <stdbool.h>

#include "loglog/error.h"
#include "loglog/law.h"

/* How soon repeated tokens, and parameters beyond those that suit the unique tokens, stop being worth anything. */
typedef struct ll_repeats {
    double R_D, R_N;
    bool borrowed;      /* of another's runs: no interval of this law holds their doubt */
    const char *source; /* NULL: tokens never run out */
} ll_repeats;

/* LL_EINPUT, and which can, for a law that does not say what repeated tokens are worth. */
ll_status ll_repeats_check(const ll_law *law, ll_error *err);

/* Those that ll_repeats_loss takes for a law with parameters p: its own where it has them, else the published. */
ll_repeats ll_repeats_of(const ll_law *law, const double *p);

/* The loss at x [LL_VAR_COUNT] with x[LL_VAR_U] unique among x[LL_VAR_D] tokens, by a law that passes the check. */
double ll_repeats_loss(const ll_law *law, const double *p, const double *x);

#endif
