#include "fit/draws/residual.h"

#include <math.h>
#include <stdlib.h>

#include "stat/quantile.h"

int64_t ll_fit_freedom(const ll_fit *fit) {
    int64_t left = fit->n;
    for (int j = 0; j < fit->law->n_params; j++) left -= !(fit->opts.fixed >> j & 1);
    return left;
}

static double predicted(const ll_fit *fit, int64_t row) {
    double x[LL_VAR_COUNT] = { 0 };
    for (int v = 0; v < LL_VAR_COUNT; v++)
        if (fit->law->vars >> v & 1) x[v] = fit->data.x[v][row];
    return fit->law->eval(fit->optima[0].params, x);
}

ll_status ll_fit_residuals(ll_fit *fit, ll_error *err) {
    double *scratch = malloc((size_t)fit->n * sizeof *scratch);
    fit->residual = malloc((size_t)fit->n * sizeof *fit->residual);
    if (!scratch || !fit->residual) {
        free(scratch);
        return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld rows", (long long)fit->n);
    }
    for (int64_t i = 0; i < fit->n; i++) {
        const double loss = fit->data.loss[i], of_law = predicted(fit, i);
        fit->residual[i] = scratch[i] = fit->law->below_zero ? loss - of_law : log(loss) - log(of_law);
    }
    fit->residual_sd = ll_residual_sd(scratch, fit->n, fit->n - ll_fit_freedom(fit));
    free(scratch);
    return LL_OK;
}
