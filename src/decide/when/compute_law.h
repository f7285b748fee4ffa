/* The loss that a budget of compute reaches, and the compute that a loss takes: L(C) and its inverse, by a law of C
 * alone or by a law of N and D at its optimum under C = 6 N D.
 *
 *     ll_compute_law law;
 *     LL_TRY(ll_compute_law_published(&law, "gpt3_loss", err));
 *     double C = ll_compute_flops(&law, LL_COMPUTE_POINT, 0.86);       INFINITY: no budget reaches it
 *
 * Losses are in the unit of the law. Pure and thread-safe.
 */
#ifndef LL_DECIDE_WHEN_COMPUTE_LAW_H
#define LL_DECIDE_WHEN_COMPUTE_LAW_H

#include "law/paper.h"
#include "law/published.h"
#include "loglog/fit.h"

#define LL_COMPUTE_POINT ((int64_t)-1) /* the law's own parameters; 0 .. n_draws - 1: a draw's */

typedef struct ll_compute_law {
    const char *id, *form, *source;
    const ll_published *published; /* one of the three is set */
    const ll_paper *paper;         /* its output L, of FLOPs alone */
    const ll_fit *fit;             /* borrowed */
    int64_t n_draws;               /* 0: published */
} ll_compute_law;

/* An unknown id, or a law that gives no loss from FLOPs alone: LL_EINPUT. */
ll_status ll_compute_law_published(ll_compute_law *out, const char *id, ll_error *err);

/* Of a fit of N and D, or of one variable that is FLOPs (along_flops). */
ll_status ll_compute_law_fitted(ll_compute_law *out, const ll_fit *fit, bool along_flops, ll_error *err);

double ll_compute_loss(const ll_compute_law *law, int64_t draw, double C);
double ll_compute_flops(const ll_compute_law *law, int64_t draw, double loss);

#endif
