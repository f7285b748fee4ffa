#include "fit/doubt/conventions.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char six_nd[] = "6 params tokens";

/* One refit's rows, and what they came from. */
typedef struct counts {
    const ll_fit *fit;
    const ll_table *table;
    const ll_columns *columns;
    ll_var along;
    double *N, *D, *C; /* [n] of this convention; owned, one block */
} counts;

static bool reads(const counts *k, ll_var v) {
    return k->fit->law->vars >> v & 1 || (k->fit->law->vars >> LL_VAR_X & 1 && k->along == v);
}

static bool same(const double *a, const double *b, int64_t n) {
    for (int64_t i = 0; i < n; i++)
        if (!(fabs(a[i] - b[i]) <= 1e-6 * fabs(b[i]))) return false;
    return true;
}

/* Slopes of ln C on ln N and ln D; false where the runs lie on one line. */
static bool elasticities(const counts *k, const double *C, double *u, double *v) {
    const int64_t n = k->fit->n;
    double m[3] = { 0 }, s[3][3] = { { 0 } };
    for (int64_t i = 0; i < n; i++) {
        m[0] += log(k->N[i]) / (double)n;
        m[1] += log(k->D[i]) / (double)n;
        m[2] += log(C[i]) / (double)n;
    }
    for (int64_t i = 0; i < n; i++) {
        const double d[3] = { log(k->N[i]) - m[0], log(k->D[i]) - m[1], log(C[i]) - m[2] };
        for (int a = 0; a < 3; a++)
            for (int b = 0; b < 3; b++) s[a][b] += d[a] * d[b];
    }
    double det = s[0][0] * s[1][1] - s[0][1] * s[0][1];
    *u = (s[0][2] * s[1][1] - s[1][2] * s[0][1]) / det;
    *v = (s[1][2] * s[0][0] - s[0][2] * s[0][1]) / det;
    return det > 1e-9 * s[0][0] * s[1][1] && *u > 0 && *v > 0;
}

/* The exponents of the frontier where C ~ N^u D^v. */
static void frontier(const counts *k, ll_convention *c, const double *C) {
    double u = 1, v = 1;
    c->a = c->b = NAN;
    if (strcmp(k->fit->law->name, "chinchilla") != 0) return;
    if (C && !elasticities(k, C, &u, &v)) return;
    double alpha = c->value[3], beta = c->value[4], sum = u * beta + v * alpha;
    c->a = beta / sum;
    c->b = alpha / sum;
}

/* Whether the law reads what the fit read, number for number. */
static bool reads_the_same(const ll_fit *fit, const ll_fit_data *data) {
    for (int v = 0; v < LL_VAR_COUNT; v++)
        if (fit->law->vars >> v & 1 && memcmp(data->x[v], fit->data.x[v], (size_t)fit->n * sizeof(double)) != 0)
            return false;
    return true;
}

static bool refit(const counts *k, const double *C, ll_convention *c) {
    ll_fit_data data = k->fit->data;
    ll_fit_opts opts = k->fit->opts;
    ll_fit fit;
    opts.n_boot = -1;
    opts.no_influence = true;
    opts.resample = 0;
    data.x[LL_VAR_N] = k->N;
    data.x[LL_VAR_D] = k->D;
    data.x[LL_VAR_C] = C;
    if (data.x[LL_VAR_X]) data.x[LL_VAR_X] = data.x[k->along];
    if (reads_the_same(k->fit, &data)) {
        for (int j = 0; j < k->fit->law->n_params; j++) c->value[j] = k->fit->params[j].value;
        return true;
    }
    if (ll_fit_run(&fit, k->fit->law, &data, &opts, NULL) != LL_OK) return false;
    for (int j = 0; j < fit.law->n_params; j++) c->value[j] = fit.params[j].value;
    ll_fit_clear(&fit);
    return true;
}

/* N as counted: fills D where the table has none, and C = 6 N D. */
static void complete(counts *k) {
    const double *D = ll_columns_told(k->table, LL_COL_TOKENS), *C = ll_columns_told(k->table, LL_COL_FLOPS);
    for (int64_t i = 0; i < k->fit->n; i++) {
        k->D[i] = D && !isnan(D[i]) ? D[i] : C ? C[i] / (6 * k->N[i]) : NAN;
        k->C[i] = 6 * k->N[i] * k->D[i];
    }
}

static void add(ll_conventions *out, const ll_convention *c) {
    if (out->n < LL_CONVENTIONS_MAX) out->of[out->n++] = *c;
}

/* One count of N under C = 6 N D and under the table's FLOPs, where the law or its frontier can tell them apart. */
static void under(ll_conventions *out, counts *k, const char *name, bool own) {
    const double *measured = ll_columns_told(k->table, LL_COL_FLOPS);
    const bool surface = strcmp(k->fit->law->name, "chinchilla") == 0, of_C = reads(k, LL_VAR_C);
    ll_convention c = { .params = name, .flops = surface || of_C ? six_nd : "not read" };
    complete(k);
    bool differ = measured && (surface || of_C) && !same(measured, k->C, k->fit->n);
    c.used = own && !differ;
    if (refit(k, k->C, &c)) {
        frontier(k, &c, NULL);
        add(out, &c);
    }
    c.flops = "table";
    c.used = own;
    if (!differ || (of_C && !reads(k, LL_VAR_N) && !own)) return; /* the table's C is no other for another N */
    if (of_C && !refit(k, measured, &c)) return;
    frontier(k, &c, measured);
    add(out, &c);
}

static void find(ll_conventions *out, counts *k) {
    const ll_table *t = k->table;
    const size_t bytes = (size_t)k->fit->n * sizeof(double);
    const double *N = ll_columns_told(t, LL_COL_PARAMS), *total = ll_columns_told(t, LL_COL_PARAMS_TOTAL);
    const double *C = ll_columns_told(t, LL_COL_FLOPS), *D = ll_columns_told(t, LL_COL_TOKENS);
    if (!k->columns->v[LL_VAR_N]) return;
    memcpy(k->N, k->columns->v[LL_VAR_N], bytes);
    under(out, k, k->columns->params_are, true);
    if (!reads(k, LL_VAR_N) && !reads(k, LL_VAR_C)) return;
    if (N && total) {
        memcpy(k->N, total, bytes);
        under(out, k, "total", false);
    }
    if (!C || !D || (!N && !total)) return;
    for (int64_t i = 0; i < k->fit->n; i++) k->N[i] = C[i] / (6 * D[i]);
    if (!same(k->N, k->columns->v[LL_VAR_N], k->fit->n) && reads(k, LL_VAR_N))
        under(out, k, "flops / (6 tokens)", false);
}

ll_status ll_conventions_find(ll_conventions *c, const ll_fit *fit, const ll_table *t, const ll_columns *columns,
                              ll_var along, ll_error *err) {
    counts k = { .fit = fit, .table = t, .columns = columns, .along = along };
    *c = (ll_conventions) { 0 };
    double *block = malloc(3 * (size_t)fit->n * sizeof *block);
    if (!block) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld rows", (long long)fit->n);
    k.N = block;
    k.D = block + fit->n;
    k.C = block + 2 * fit->n;
    find(c, &k);
    free(block);
    return LL_OK;
}
