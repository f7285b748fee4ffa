/* The figures of a ladder, by name.
 *
 *     const ll_ladder_figure *k = ll_ladder_figure_find("c");
 *     ll_figure *f;
 *     LL_TRY(k->make(&f, evidence, err));
 */
#ifndef LL_REPORT_FIGURES_FIGURES_H
#define LL_REPORT_FIGURES_FIGURES_H

#include "report/evidence/evidence.h"
#include "report/figure/figure.h"

/* Where the report shows it. */
typedef enum ll_figure_place { LL_PLACE_FIGURES = 0, LL_PLACE_DECISION, LL_PLACE_TOP } ll_figure_place;

typedef struct ll_ladder_figure {
    const char *name;    /* a file name's stem and a word of the command line */
    const char *caption; /* how to read it; whole sentences */
    /* LL_ESTATE with what is missing, in words, when the ladder cannot give it. */
    ll_status (*make)(ll_figure **out, const ll_evidence *e, ll_error *err);
    ll_figure_place place;
} ll_ladder_figure;

extern const ll_ladder_figure ll_ladder_figures[]; /* ends with a NULL name */
const ll_ladder_figure *ll_ladder_figure_find(const char *name);
const char *ll_ladder_figure_names(char *buf, size_t size); /* separated by blanks; returns buf */

/* What several of them share: axes, and bits per byte on the right where the ratio is known. */
ll_axis ll_figure_axis(const char *label, const char *unit);
ll_axis ll_figure_n_axis(const ll_evidence *e); /* N, and what it counts */
ll_axis ll_figure_d_axis(void);
void ll_figure_loss_axes(ll_figure *f, const ll_evidence *e, const char *left);

/* A run as it introduces itself when it is pointed at. Returns buf. */
const char *ll_figure_run_words(const ll_evidence *e, const ll_run *r, char *buf, size_t size);

ll_status ll_figure_triptych(ll_figure **out, const ll_evidence *e, ll_error *err);
ll_status ll_figure_of_n(ll_figure **out, const ll_evidence *e, ll_error *err);
ll_status ll_figure_of_d(ll_figure **out, const ll_evidence *e, ll_error *err);
ll_status ll_figure_of_c(ll_figure **out, const ll_evidence *e, ll_error *err);
ll_status ll_figure_isoflop(ll_figure **out, const ll_evidence *e, ll_error *err);
ll_status ll_figure_curves(ll_figure **out, const ll_evidence *e, ll_error *err);
ll_status ll_figure_forecast(ll_figure **out, const ll_evidence *e, ll_error *err);
ll_status ll_figure_residuals(ll_figure **out, const ll_evidence *e, ll_error *err);
ll_status ll_figure_frontier(ll_figure **out, const ll_evidence *e, ll_error *err);
ll_status ll_figure_scored(ll_figure **out, const ll_evidence *e, ll_error *err);
ll_status ll_figure_plan(ll_figure **out, const ll_evidence *e, ll_error *err);

#endif
