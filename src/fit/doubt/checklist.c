#include "fit/doubt/checklist.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/starved.h"
#include "base/version.h"
#include "loglog/units.h"
#include "stat/quantile.h"

typedef struct facts {
    ll_checklist *list;
    const ll_fit *fit;
    const ll_table *t;
    const ll_columns *c;
    const ll_diagnosis *d;
} facts;

/* An item more than there is room for stays away. */
LL_PRINTF(3, 4) static void state(const facts *f, const char *item, const char *fmt, ...) {
    if (f->list->n == LL_CHECKLIST_MAX) return;
    int at = f->list->n++;
    va_list ap;
    va_start(ap, fmt);
    f->list->of[at].item = item;
    f->list->of[at].stated = true;
    vsnprintf(f->list->of[at].answer, LL_CHECKLIST_TEXT, fmt, ap);
    va_end(ap);
}

static void unknown(const facts *f, const char *item) {
    state(f, item, "not stated in the table");
    f->list->of[f->list->n - 1].stated = false;
}

/* The numbers of v that there are, ascending, into sorted; how many of them. */
static int64_t present(const double *v, int64_t n, double *sorted) {
    int64_t there = 0;
    for (int64_t i = 0; v && i < n; i++)
        if (!isnan(v[i])) sorted[there++] = v[i];
    ll_sort(sorted, there);
    return there;
}

/* "3 values from 1e-3 to 4e-3", of a column. */
static void span(const facts *f, const char *item, const double *v, const char *how) {
    double *sorted = ll_counted(malloc((size_t)(f->t->rows + 1) * sizeof *sorted));
    char lo[32], hi[32];
    int64_t n = sorted ? present(v, f->t->rows, sorted) : 0, distinct = n > 0;
    for (int64_t i = 1; i < n; i++) distinct += sorted[i] != sorted[i - 1];
    if (n == 0) unknown(f, item);
    else if (distinct == 1)
        state(f, item, "%s%s%s", ll_units_show(sorted[0], lo, sizeof lo), *how ? ", " : "", how);
    else
        state(f, item, "%lld values from %s to %s%s%s", (long long)distinct,
              ll_units_show(sorted[0], lo, sizeof lo), ll_units_show(sorted[n - 1], hi, sizeof hi),
              *how ? ", " : "", how);
    free(sorted);
}

static void the_runs(const facts *f, const char *where, const char *left, const char *source) {
    state(f, "runs", "%lld, from %s%s%s", (long long)f->fit->n, source, f->t->hash[0] ? ", SHA-256 " : "",
          f->t->hash);
    if (*left) state(f, "not fitted", "%s; the reason is yours to give", left);
    if (f->t->dropped)
        state(f, "left out, and why", "%lld rows where not: %s; the reason is yours to give",
              (long long)f->t->dropped, where);
    else if (!*left) state(f, "left out, and why", "none by this fit; what was never in the table is yours to say");
    if (f->t->cluster) state(f, "independence", "rows of one cluster belong together");
    else state(f, "independence", "every row is taken for a run of its own: checkpoints of one run are not");
    span(f, "seeds", f->t->num[LL_COL_SEED], "");
}

static void the_counts(const facts *f) {
    const ll_columns *c = f->c;
    if (strcmp(c->params_are, "unstated") == 0) unknown(f, "N counts");
    else state(f, "N counts", "%s parameters", c->params_are);
    span(f, "sizes N", c->v[LL_VAR_N], strcmp(c->params_from, "table") ? c->params_from : "");
    span(f, "tokens D", c->v[LL_VAR_D], strcmp(c->tokens_from, "table") ? c->tokens_from : "");
    span(f, "FLOPs C", c->v[LL_VAR_C], strcmp(c->flops_from, "table") ? c->flops_from : "as the table counts them");
    span(f, "unique tokens", c->unique, "");
    state(f, "loss", "%s, column '%s'", c->loss_unit, f->t->header[LL_COL_LOSS]);
    unknown(f, "data of the loss (training, held-out, which text)");
}

static void the_training(const facts *f) {
    span(f, "learning rates", f->t->num[LL_COL_LR], "");
    span(f, "tokens per step", f->t->num[LL_COL_BATCH_TOKENS], "");
    unknown(f, "schedule, and whether it ends with the tokens");
    unknown(f, "how rate and batch were tuned at each size");
    span(f, "context", f->t->num[LL_COL_CONTEXT], "");
    span(f, "vocabulary", f->t->num[LL_COL_VOCAB], "");
    if (f->d->undertuned.rungs)
        state(f, "undertuned sizes", "%d of %lld lie above the law by more than chance", f->d->undertuned.n,
              (long long)f->d->undertuned.rungs);
}

static void the_fit(const facts *f) {
    const ll_fit *fit = f->fit;
    char delta[48] = "";
    if (fit->opts.objective == LL_OBJ_HUBER_LOG) snprintf(delta, sizeof delta, ", delta %g", fit->opts.delta);
    state(f, "law", "%s: %s (%s)", fit->law->name, fit->law->form, fit->law->source);
    state(f, "objective", "%s%s, summed over runs%s", ll_objective_name(fit->opts.objective), delta,
          fit->data.weight ? ", weighted" : "");
    state(f, "solver", "%lld starts, damped Newton, %s; %d optim%s; loglog %s", (long long)fit->starts,
          ll_fit_stop_name(fit->stop), fit->n_optima, fit->n_optima == 1 ? "um" : "a", LL_VERSION);
    if (fit->n_draws)
        state(f, "intervals", "%g %%, %lld %s resamples, seed %llu", 100 * fit->opts.level, (long long)fit->n_draws,
              ll_resample_name(fit->opts.resample), (unsigned long long)fit->opts.seed);
    else state(f, "intervals", "none");
}

static void the_claim(const facts *f) {
    const ll_asymptote *a = &f->d->asymptote;
    const ll_reach *r = &f->d->reach;
    if (a->at >= 0)
        state(f, "asymptote", "E is fitted, between %.4g and %.4g", f->fit->params[a->at].lo,
              f->fit->params[a->at].hi);
    else state(f, "asymptote", "none that is fitted with an interval");
    if (f->d->aims)
        state(f, "extrapolation", "to %s = %.3g, %.3g times the largest run; the runs span a factor of %.3g",
              r->axis, r->target, r->factor, r->hi / r->lo);
    state(f, "other conventions",
          f->d->conventions.n > 1 ? "%d counts of N and C in the table give the exponents above"
                                  : "the table holds %d count of N and C",
          f->d->conventions.n);
}

void ll_checklist_fill(ll_checklist *list, const ll_fit *fit, const ll_table *t, const ll_columns *columns,
                       const ll_diagnosis *d, const char *where, const char *left, const char *source) {
    *list = (ll_checklist) { 0 };
    const facts f = { list, fit, t, columns, d };
    the_fit(&f);
    the_counts(&f);
    the_runs(&f, where, left, source);
    the_training(&f);
    the_claim(&f);
}

ll_json *ll_checklist_json(const ll_checklist *list) {
    ll_json *out = ll_json_array();
    for (int k = 0; k < list->n; k++) {
        ll_json *o = ll_json_object();
        ll_json_set_str(o, "item", list->of[k].item);
        ll_json_set_str(o, "answer", list->of[k].answer);
        ll_json_set_bool(o, "stated", list->of[k].stated);
        ll_json_push(out, o);
    }
    return out;
}
