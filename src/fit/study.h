/* The laws of one ladder: the surface L(N, D), the lines L(N), L(D), L(C), the frontier and the isoFLOP valleys.
 *
 *     ll_study_data d = { .n = n, .params = N, .tokens = D, .flops = C, .loss = L };
 *     ll_study s;
 *     LL_TRY(ll_study_run(&s, &d, &(ll_fit_opts){ .seed = 1 }, err));
 *     if (s.surface.law) use(s.surface.params[3].value, ll_fit_n_opt(&s.surface, 1e21).lo);
 *     ll_study_clear(&s);
 *
 * A law that the runs cannot carry is absent (its fit has law NULL) and says why; that is no error.
 */
#ifndef LL_FIT_STUDY_H
#define LL_FIT_STUDY_H

#include "fit/frontier.h"
#include "loglog/fit.h"

enum { LL_STUDY_LINES = 3, LL_STUDY_TEXT = 256 };

/* Of the Huber loss unless the caller says otherwise: about the scatter of small runs, so that most count by their
 * squares. The papers' 1e-3 is next to least absolute deviations, which on a dozen runs passes through three or
 * four of them and does not see the rest. */
#define LL_STUDY_DELTA 1e-2

typedef struct ll_study_data {
    int64_t n;
    const double *params, *tokens, *flops, *loss; /* [n] each; flops NULL: 6 N D */
    const double *se;                             /* [n] standard errors of the losses, or NULL */
} ll_study_data;

/* One law of one variable, in Kaplan's form and with a floor. */
typedef struct ll_study_line {
    ll_var along;                  /* LL_VAR_N, LL_VAR_D or LL_VAR_C */
    ll_fit power, floor;           /* law NULL: absent */
    int64_t n, *rows;              /* the runs it stands on, as rows of the data; owned */
    char chosen[LL_STUDY_TEXT];    /* how they were chosen */
    char missing[LL_STUDY_TEXT];   /* why a form is absent; "" when both are there */
    double bend_power, bend_floor; /* p-values of a bend; NaN where absent or untestable */
} ll_study_line;

/* One compute budget: loss = loss_min + curvature (ln N - ln n_opt)^2. */
typedef struct ll_valley {
    double flops;           /* geometric mean of its runs */
    int64_t n;              /* its runs */
    double n_opt, loss_min; /* at the bottom of the parabola; NaN when concave */
    double curvature;
    bool edge;    /* the bottom lies outside the sizes that were run */
    bool concave; /* there is no bottom, or none nearer to the sizes than they span */
} ll_valley;

typedef struct ll_study {
    ll_study_data data; /* its own copy; owned */
    ll_fit surface;     /* chinchilla over all runs; law NULL: absent */
    char missing[LL_STUDY_TEXT];
    ll_frontier_estimate frontier; /* NaN without a surface */
    double bend[LL_STUDY_LINES];   /* p-values of a bend of the surface along N, D, C */
    double evaluation_sd;          /* median of se / loss: the part of residual_sd that is measurement; or NaN */
    ll_study_line line[LL_STUDY_LINES]; /* along N, D, C */
    ll_valley *valleys;                 /* by rising flops; owned */
    int n_valleys;
} ll_study;

/* opts are those of every fit in it; its fixed parameters are ignored. Fails only on unusable numbers or memory. */
ll_status ll_study_run(ll_study *s, const ll_study_data *data, const ll_fit_opts *opts, ll_error *err);
void ll_study_clear(ll_study *s);

#endif
