#include "decide/plan/samples_plan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BETWEEN = 8 }; /* steps from one measured size to the next */

/* Rows of one size, by rising samples. */
typedef struct size_of {
    const ll_samples_row *row;
    int64_t n;
} size_of;

/* ---- the rows ---- */

static int by_size(const void *a, const void *b) {
    const ll_samples_row *p = a, *q = b;
    if (p->params != q->params) return p->params < q->params ? -1 : 1;
    return (p->samples > q->samples) - (p->samples < q->samples);
}

static bool usable(const ll_samples_row *r) {
    const double v[] = { r->params, r->tokens, r->train_flops, r->samples, r->question_flops };
    for (size_t k = 0; k < sizeof v / sizeof *v; k++)
        if (!(v[k] > 0 && isfinite(v[k]))) return false;
    return r->coverage >= 0 && r->coverage <= 1;
}

/* Runs of one size and number of samples become their mean, as doubtful as each: all answered the same items. Returns
 * how many rows are left. */
static int64_t average(ll_samples_row *r, int64_t n) {
    int64_t kept = 0;
    for (int64_t from = 0, to; from < n; from = to) {
        ll_samples_row mean = r[from];
        for (to = from + 1; to < n && by_size(&r[from], &r[to]) == 0; to++) {
            mean.tokens += r[to].tokens, mean.train_flops += r[to].train_flops;
            mean.coverage += r[to].coverage, mean.question_flops += r[to].question_flops;
            mean.se += r[to].se;
        }
        const double runs = (double)(to - from);
        mean.tokens /= runs, mean.train_flops /= runs, mean.coverage /= runs, mean.question_flops /= runs;
        mean.se /= runs;
        r[kept++] = mean;
    }
    return kept;
}

static int64_t split(size_of *sizes, const ll_samples_row *r, int64_t n) {
    int64_t found = 0;
    for (int64_t i = 0; i < n; i++) {
        if (i == 0 || r[i].params != r[i - 1].params) sizes[found++] = (size_of) { &r[i], 0 };
        sizes[found - 1].n++;
    }
    return found;
}

/* ---- between rows ---- */

static double power_between(double a, double b, double w) {
    return exp((1 - w) * log(a) + w * log(b));
}

static ll_samples_row between(const ll_samples_row *a, const ll_samples_row *b, double w) {
    return (ll_samples_row) { .params = power_between(a->params, b->params, w),
                              .tokens = power_between(a->tokens, b->tokens, w),
                              .train_flops = power_between(a->train_flops, b->train_flops, w),
                              .samples = power_between(a->samples, b->samples, w),
                              .coverage = (1 - w) * a->coverage + w * b->coverage,
                              .se = (1 - w) * a->se + w * b->se,
                              .question_flops = power_between(a->question_flops, b->question_flops, w) };
}

/* One size at k samples, which lie in its range. */
static ll_samples_row at_samples(const size_of *s, double k) {
    int64_t i = 0;
    while (i < s->n - 2 && k > s->row[i + 1].samples) i++;
    const ll_samples_row *a = &s->row[i], *b = a + 1;
    return between(a, b, log(k / a->samples) / log(b->samples / a->samples));
}

/* Two sizes, the share w of the second in ln N. */
typedef struct place {
    const size_of *a, *b;
    double w;
} place;

static ll_samples_row look(const place *p, double k) {
    const ll_samples_row a = at_samples(p->a, k);
    if (p->w == 0) return a;
    const ll_samples_row b = at_samples(p->b, k);
    ll_samples_row r = between(&a, &b, p->w);
    r.samples = k;
    return r;
}

static double cost(const ll_samples_row *r, const ll_samples_ask *ask) {
    return r->train_flops + ask->questions * r->question_flops;
}

/* The most samples, a whole number, that the budget pays here, *rest: all that were measured; false where it pays not
 * even the fewest. *least is what those cost. */
static bool choose(const place *p, const ll_samples_ask *ask, ll_samples_choice *out, double *least, bool *rest) {
    const double fewest = fmax(p->a->row[0].samples, p->b->row[0].samples);
    double lo = fewest;
    double hi = fmin(p->a->row[p->a->n - 1].samples, p->b->row[p->b->n - 1].samples);
    ll_samples_row r = look(p, lo);
    *least = hi < lo ? INFINITY : cost(&r, ask);
    if (*least > ask->budget) return false;
    r = look(p, hi);
    *rest = cost(&r, ask) <= ask->budget;
    for (int i = 0; i < 60 && !*rest; i++) {
        const double k = sqrt(lo * hi);
        r = look(p, k);
        *(cost(&r, ask) <= ask->budget ? &lo : &hi) = k;
    }
    r = look(p, *rest ? hi : fmax(floor(lo), fewest));
    *out = (ll_samples_choice) { .at = r, .measured = p->w == 0, .flops = cost(&r, ask) };
    return true;
}

/* ---- the plan ---- */

static ll_status search(ll_samples_plan *p, const size_of *sizes, const ll_samples_ask *ask, ll_error *err) {
    double least, cheapest = INFINITY;
    p->choice = malloc((size_t)(p->n_sizes * BETWEEN + 1) * sizeof *p->choice);
    if (!p->choice) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld sizes", (long long)p->n_sizes);
    for (int64_t i = 0; i < p->n_sizes; i++)
        for (int k = 0; k < (i + 1 < p->n_sizes ? BETWEEN : 1); k++) {
            const place at = { &sizes[i], &sizes[k ? i + 1 : i], (double)k / BETWEEN };
            ll_samples_choice *c = &p->choice[p->n];
            bool rest;
            const bool pays = choose(&at, ask, c, &least, &rest);
            cheapest = fmin(cheapest, least);
            if (!pays) continue;
            if (p->n == 0 || c->at.coverage > p->choice[p->best].at.coverage) p->best = p->n, p->rest = rest;
            p->n++;
        }
    if (p->n) return LL_OK;
    return LL_FAIL(err, LL_EINPUT,
                   "%.4g FLOPs pay for none of the sizes measured with %.4g questions; the cheapest takes %.4g",
                   ask->budget, ask->questions, cheapest);
}

static ll_status check(const ll_samples_row *rows, int64_t n, ll_error *err) {
    for (int64_t i = 0; i < n; i++)
        if (!usable(&rows[i]))
            return LL_FAIL(err, LL_EINPUT,
                           "row %lld: expected sizes, samples and FLOPs above 0, and a coverage between 0 and 1",
                           (long long)i + 1);
    return n > 0 ? LL_OK : LL_FAIL(err, LL_EINPUT, "no run was sampled");
}

static ll_status make(ll_samples_plan *p, ll_samples_row *rows, size_of *sizes, int64_t n,
                      const ll_samples_ask *ask, ll_error *err) {
    qsort(rows, (size_t)n, sizeof *rows, by_size);
    p->n_sizes = split(sizes, rows, average(rows, n));
    for (int64_t i = 0; i < p->n_sizes; i++)
        if (sizes[i].n < 2)
            return LL_FAIL(err, LL_EINPUT, "the size %.4g has one number of samples, expected two at least",
                           sizes[i].row->params);
    return search(p, sizes, ask, err);
}

ll_status ll_samples_plan_make(ll_samples_plan *p, const ll_samples_row *rows, int64_t n, const ll_samples_ask *ask,
                               ll_error *err) {
    *p = (ll_samples_plan) { 0 };
    LL_TRY(check(rows, n, err));
    ll_samples_row *mine = malloc((size_t)n * sizeof *mine);
    size_of *sizes = malloc((size_t)n * sizeof *sizes);
    ll_status status = mine && sizes ? LL_OK : LL_FAIL(err, LL_ENOMEM, "out of memory for %lld rows", (long long)n);
    if (status == LL_OK) {
        memcpy(mine, rows, (size_t)n * sizeof *mine);
        status = make(p, mine, sizes, n, ask, err);
    }
    free(mine);
    free(sizes);
    if (status != LL_OK) ll_samples_plan_free(p);
    return status;
}

void ll_samples_plan_free(ll_samples_plan *p) {
    free(p->choice);
    *p = (ll_samples_plan) { 0 };
}
