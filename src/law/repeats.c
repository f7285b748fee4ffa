#include "law/repeats.h"

#include "law/laws.h"
#include "law/published.h"

/* The published constants of data_constrained, found by its address: this is asked at every point of a search. */
static const ll_published *muennighoff(void) {
    const ll_published *p = ll_published_laws;
    while (p->law != &ll_law_data_constrained) p++;
    return p;
}

enum { R_D = 5, R_N = 6 }; /* of data_constrained */

ll_status ll_repeats_check(const ll_law *law, ll_error *err) {
    if (law == &ll_law_chinchilla || law == &ll_law_chinchilla_tied || law == &ll_law_data_constrained)
        return LL_OK;
    return LL_FAIL(err, LL_EINPUT, "law %s does not say what repeated tokens are worth: expected %s", law->name,
                   "one of the form E + A/N^alpha + B/D^beta");
}

ll_repeats ll_repeats_of(const ll_law *law, const double *p) {
    const bool own = law == &ll_law_data_constrained;
    const ll_published *m = muennighoff();
    const double *from = own ? p : m->params;
    return (ll_repeats) { from[R_D], from[R_N], !own, own ? "the law's own" : m->source };
}

/* A law of one pass as data_constrained, with Muennighoff's R*_D and R*_N for what it does not know. */
static const double *constrained(const ll_law *law, const double *p, double q[LL_LAW_MAX_PARAMS]) {
    if (law == &ll_law_data_constrained) return p;
    const double *m = muennighoff()->params;
    const bool tied = law == &ll_law_chinchilla_tied;
    for (int j = 0; j < 4; j++) q[j] = p[j];
    q[4] = tied ? p[3] : p[4];
    q[R_D] = m[R_D];
    q[R_N] = m[R_N];
    return q;
}

double ll_repeats_loss(const ll_law *law, const double *p, const double *x) {
    double q[LL_LAW_MAX_PARAMS];
    return ll_law_data_constrained.eval(constrained(law, p, q), x);
}
