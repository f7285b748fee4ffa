/* IsoFLOP valleys of one shape, fitted together, so that a budget that is noisy, or has three sizes, borrows its
 * curvature from all, and the noise is that of all rows. Of budget k
 *
 *     loss = level_k + curvature (C / C0)^-f S(ln N - ln N0 - a ln(C / C0)),
 *     S(u) = 2 / (alpha + beta) (exp(-alpha u) / alpha + exp(beta u) / beta) - its value at 0,   f = alpha beta /
 *     (alpha + beta).
 *
 * That is the valley of a surface E + A/N^alpha + B/D^beta at C = 6 N D, whose depth fades as C^-f; near its bottom
 * S = u^2. Here the levels are free, and so is the line: a is not beta / (alpha + beta), but between 0 and 1, as more
 * compute buys no smaller model and no less data. C0 is the mean budget. Sizes that are near each other do not tell
 * alpha and beta: they then stand at 1/3, or where 0.05 to 0.7 ends. */
#ifndef LL_FIT_APPROACH_SHARED_VALLEY_H
#define LL_FIT_APPROACH_SHARED_VALLEY_H

#include <stdbool.h>
#include <stdint.h>

/* Noise is relative: the squares that are summed are weight (loss - fitted)^2 / loss^2. Borrowed. */
typedef struct ll_shared_rows {
    int64_t n, n_budgets;
    const int64_t *budget;            /* [n] 0 .. n_budgets-1; below 0: the row is left out */
    const double *ln_n, *ln_c, *loss; /* [n] */
    const double *weight;             /* [n] or NULL */
} ll_shared_rows;

typedef enum ll_shared_param {
    LL_SHARED_LN_N0,
    LL_SHARED_A,
    LL_SHARED_CURVATURE,
    LL_SHARED_ALPHA,
    LL_SHARED_BETA,
    LL_SHARED_PARAMS
} ll_shared_param;

typedef struct ll_shared_valley {
    double p[LL_SHARED_PARAMS], ln_c0;
    double lo, hi; /* ln N of the sizes that were run, moved along C^(1/2) to C0 */
    double sum;    /* of squares that is left */
    /* Levels, and what the parameters at no bound take: of alpha and beta the share that the rows tell beside
     * their bounds. */
    double n_free;
    unsigned free;  /* bit j: p[j] is at none */
    int64_t n_used; /* rows of weight */
} ll_shared_valley;

/* Doubles of scratch that a fit takes. */
int64_t ll_shared_valley_room(const ll_shared_rows *rows);

/* Least squares; residual [n] or NULL takes sqrt(weight) (loss - fitted) / loss, 0 where a row is left out. False:
 * together the budgets do not turn, or so far away from the sizes that were run that nothing tells where. */
bool ll_shared_valley_fit(ll_shared_valley *v, const ll_shared_rows *rows, double *residual, double *room);

/* How far the budgets' own bottoms lie off the line: what is summed of squares by letting each budget have its own, per
 * degree of freedom, and the p-value of so much from the noise of the rows alone (F). */
typedef struct ll_shared_scatter {
    double p;        /* NaN where nothing tells: two budgets, or no row to spare */
    int64_t freedom; /* budgets less two, as a rule */
    double variance;
} ll_shared_scatter;

/* Of a fit of these rows. room [ll_shared_valley_room(rows) + (n_budgets + LL_SHARED_PARAMS) n]. */
ll_shared_scatter ll_shared_valley_scatter(const ll_shared_valley *v, const ll_shared_rows *rows, double *room);

#endif
