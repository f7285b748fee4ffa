#include <math.h>
#include <stdlib.h>

#include "base/system/file.h"
#include "base/words/number.h"
#include "stat/student.h"
#include "train/theory/theory.h"

/* Straight line of ln y on ln x. */
typedef struct line {
    double n, x, y, xx, xy;
} line;

static void add(line *l, double x, double y) {
    x = log(x);
    y = log(y);
    l->n++;
    l->x += x;
    l->y += y;
    l->xx += x * x;
    l->xy += x * y;
}

/* NaN below two different x. */
static double slope(const line *l) {
    const double spread = l->xx - l->x * l->x / l->n;
    return l->n >= 2 && spread > 1e-9 ? (l->xy - l->x * l->y / l->n) / spread : NAN;
}

ll_var ll_theory_along(const ll_theory *t) {
    return t->widths.n > 1 ? LL_VAR_N : t->samples.n > 1 ? LL_VAR_D : LL_VAR_S;
}

/* Points of a curve count from where half is learned: before, it stands still. Whoever has seen few samples is sure of
 * what is wrong: its loss says how sure, its error how much is missing. */
static void add_row(line *to, const ll_theory_row *r, ll_var along, double guess) {
    const double x = along == LL_VAR_N ? r->params : along == LL_VAR_D ? r->tokens : (double)r->step;
    const double y = along == LL_VAR_D ? r->error : r->loss / guess;
    if (y > 0 && y < (along == LL_VAR_S ? 0.5 : 1) && x > 0) add(to, x, y);
}

ll_status ll_theory_exponents(ll_theory_exponent *out, const ll_theory *t, const ll_theory_result *r,
                              ll_error *err) {
    const ll_var along = ll_theory_along(t);
    const ll_theory_row *row = along == LL_VAR_S ? r->point : r->run;
    const int64_t n = along == LL_VAR_S ? r->points : r->runs;
    const ll_theory_kind *kind = ll_theory_find(t->kind);
    line *of = calloc((size_t)t->seeds, sizeof *of);
    double sum = 0, squares = 0;
    *out = (ll_theory_exponent) { .along = along,
                                  .predicted = kind->predicted(t, along),
                                  .lo = NAN,
                                  .hi = NAN,
                                  .n = t->seeds,
                                  .of = calloc((size_t)t->seeds, sizeof *out->of) };
    for (int64_t i = 0; of && i < n; i++) add_row(&of[row[i].seed - t->seed], &row[i], along, kind->guess(t));
    for (int64_t i = 0; of && out->of && i < t->seeds; i++) sum += out->of[i] = -slope(&of[i]);
    free(of);
    if (!of || !out->of) return LL_FAIL(err, LL_ENOMEM, "out of memory");
    out->value = sum / (double)t->seeds;
    for (int64_t i = 0; i < t->seeds; i++) squares += (out->of[i] - out->value) * (out->of[i] - out->value);
    if (t->seeds < 2) return LL_OK;
    const double freedom = (double)t->seeds - 1;
    const double half = ll_student_quantile(0.95, freedom) * sqrt(squares / freedom / (double)t->seeds);
    out->lo = out->value - half;
    out->hi = out->value + half;
    return LL_OK;
}

void ll_theory_exponent_clear(ll_theory_exponent *e) {
    free(e->of);
    e->of = NULL;
}

ll_status ll_theory_exponent_write(const char *path, const ll_theory *t, const ll_theory_exponent *e,
                                   ll_error *err) {
    char buf[LL_NUMBER_TEXT];
    ll_file f;
    LL_TRY(ll_file_create(&f, path, err));
    fprintf(f.out, "run,seed,along,alpha\n");
    for (int64_t i = 0; i < e->n; i++)
        fprintf(f.out, "%s-s%lld,%lld,%s,%s\n", t->kind, (long long)(t->seed + i), (long long)(t->seed + i),
                ll_var_name(e->along), isnan(e->of[i]) ? "" : ll_number_show(e->of[i], buf));
    return ll_file_commit(&f, err);
}
