#include <stdlib.h>
#include <string.h>

#include "train/theory/theory.h"

typedef struct usable {
    double *x, *loss;
    int64_t *seed, n;
} usable;

static double place(const ll_theory_row *r, ll_var along) {
    return along == LL_VAR_N ? r->params : along == LL_VAR_D ? r->tokens : (double)r->step;
}

static ll_status fit(const usable *u, ll_estimate *out, ll_error *err) {
    const ll_law *law = ll_law_find("power");
    const ll_fit_data data = { .n = u->n, .x = { [LL_VAR_X] = u->x }, .loss = u->loss, .cluster = u->seed };
    ll_fit f;
    LL_TRY(ll_fit_run(&f, law, &data, &(ll_fit_opts) { .no_influence = true }, err));
    for (int j = 0; j < law->n_params; j++)
        if (strcmp(law->params[j].name, "alpha") == 0) *out = f.params[j];
    ll_fit_clear(&f);
    return LL_OK;
}

ll_status ll_theory_exponent(const ll_theory *t, const ll_theory_result *r, ll_estimate *out, ll_error *err) {
    const ll_var along = ll_theory_along(t);
    const ll_theory_row *row = along == LL_VAR_S ? r->point : r->run;
    const int64_t n = along == LL_VAR_S ? r->points : r->runs;
    const double half = ll_theory_find(t->kind)->guess(t) / 2;
    usable u = { malloc((size_t)n * sizeof *u.x), malloc((size_t)n * sizeof *u.loss),
                 malloc((size_t)n * sizeof *u.seed), 0 };
    ll_status s = u.x && u.loss && u.seed ? LL_OK : LL_FAIL(err, LL_ENOMEM, "out of memory");
    for (int64_t i = 0; i < n && s == LL_OK; i++) {
        if (!(row[i].loss > 0 && row[i].loss < half)) continue;
        u.x[u.n] = place(&row[i], along);
        u.loss[u.n] = row[i].loss;
        u.seed[u.n++] = row[i].seed;
    }
    if (s == LL_OK) s = fit(&u, out, err);
    free(u.x);
    free(u.loss);
    free(u.seed);
    return s;
}
