#include "decide/when/compute_law.h"

#include <math.h>
#include <string.h>

#include "decide/plan/plan.h"

static const ll_plan_ask endless = { 0 };

/* Does the law read C, by its own name or as the one variable it has? */
static bool reads_flops(const ll_law *law, bool along_flops) {
    return law->vars == 1u << LL_VAR_C || (law->vars == 1u << LL_VAR_X && along_flops);
}

static const ll_law *form_of(const ll_compute_law *l) {
    return l->published ? l->published->law : l->fit ? l->fit->law : NULL;
}

static ll_status refuse(const char *id, ll_error *err) {
    return LL_FAIL(err, LL_EINPUT, "law %s gives no loss from FLOPs alone: expected %s", id,
                   "one of FLOPs, such as gpt3_loss, or of N and D, such as hoffmann2022");
}

ll_status ll_compute_law_published(ll_compute_law *out, const char *id, ll_error *err) {
    *out = (ll_compute_law) { .id = id, .published = ll_published_find(id), .paper = ll_paper_find(id) };
    const ll_published *p = out->published;
    if (p) {
        out->form = p->law->form;
        out->source = p->source;
        return ll_plan_can(p->law) || reads_flops(p->law, p->along == LL_VAR_C) ? LL_OK : refuse(id, err);
    }
    if (!out->paper) return LL_FAIL(err, LL_EINPUT, "no published law '%s': 'loglog paper' lists them", id);
    out->form = out->paper->form;
    out->source = out->paper->source;
    return isfinite(ll_compute_loss(out, LL_COMPUTE_POINT, 1e20)) ? LL_OK : refuse(id, err);
}

ll_status ll_compute_law_fitted(ll_compute_law *out, const ll_fit *fit, bool along_flops, ll_error *err) {
    *out = (ll_compute_law) { .id = fit->law->name,
                              .form = fit->law->form,
                              .source = fit->law->source,
                              .fit = fit,
                              .n_draws = fit->n_draws };
    return ll_plan_can(fit->law) || reads_flops(fit->law, along_flops) ? LL_OK : refuse(fit->law->name, err);
}

/* The parameters of a draw, or the law's own, in p. */
static void params_of(const ll_compute_law *l, int64_t draw, double p[LL_LAW_MAX_PARAMS]) {
    const int n = form_of(l)->n_params;
    if (l->published) memcpy(p, l->published->params, (size_t)n * sizeof *p);
    else if (draw >= 0) memcpy(p, l->fit->draws + draw * n, (size_t)n * sizeof *p);
    else
        for (int j = 0; j < n; j++) p[j] = l->fit->params[j].value;
}

static double paper_loss(const ll_paper *paper, double C) {
    double x[LL_IN_COUNT];
    ll_paper_blank(x);
    x[LL_IN_FLOPS] = C;
    for (int k = 0; k < LL_PAPER_OUTPUTS && paper->out[k].name; k++)
        if (strcmp(paper->out[k].name, "L") == 0) return paper->out[k].value(paper->constant, x);
    return NAN;
}

double ll_compute_loss(const ll_compute_law *l, int64_t draw, double C) {
    double p[LL_LAW_MAX_PARAMS];
    if (l->paper) return paper_loss(l->paper, C);
    const ll_law *law = form_of(l);
    params_of(l, draw, p);
    if (ll_plan_can(law)) return ll_plan_spend(law, p, &endless, C).loss;
    const double unit = l->published && l->published->per_unit > 0 ? l->published->per_unit : 1;
    const double x[LL_VAR_COUNT] = { [LL_VAR_C] = C, [LL_VAR_X] = C / unit };
    return law->eval(p, x);
}

/* Halves the decades in which a falling L(C) meets the loss. */
static double bisect(const ll_compute_law *l, int64_t draw, double loss) {
    double lo = 0, hi = log(LL_PLAN_MOST);
    if (!(ll_compute_loss(l, draw, LL_PLAN_MOST) <= loss)) return INFINITY;
    while (hi - lo > 1e-12 * hi) {
        const double mid = (lo + hi) / 2;
        *(ll_compute_loss(l, draw, exp(mid)) <= loss ? &hi : &lo) = mid;
    }
    return exp(hi);
}

double ll_compute_flops(const ll_compute_law *l, int64_t draw, double loss) {
    double p[LL_LAW_MAX_PARAMS];
    const ll_law *law = form_of(l);
    if (!law || !ll_plan_can(law)) return bisect(l, draw, loss);
    params_of(l, draw, p);
    const double C = ll_plan_reach(law, p, &endless, loss).C;
    return C < LL_PLAN_MOST ? C : INFINITY;
}
