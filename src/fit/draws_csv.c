#include "fit/draws_csv.h"

#include "base/file.h"
#include "base/number.h"

ll_status ll_fit_draws_write(const ll_fit *fit, const char *path, ll_error *err) {
    const int p = fit->law->n_params;
    ll_file f;
    if (fit->n_draws < 1) return LL_FAIL(err, LL_EINPUT, "%s: the fit has no draws to write", path);
    LL_TRY(ll_file_create(&f, path, err));
    for (int j = 0; j < p; j++) fprintf(f.out, "%s%s", j ? "," : "", fit->law->params[j].name);
    fputc('\n', f.out);
    const ll_number_scope scope = ll_number_begin();
    for (int64_t i = 0; i < fit->n_draws; i++)
        for (int j = 0; j < p; j++) fprintf(f.out, "%.17g%c", fit->draws[i * p + j], j + 1 < p ? ',' : '\n');
    ll_number_end(scope);
    return ll_file_commit(&f, err);
}
