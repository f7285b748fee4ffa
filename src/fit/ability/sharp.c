#include "fit/ability/sharp.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/threads.h"
#include "loglog/random.h"
#include "stat/quantile.h"

enum { FREE = 4, SIMULATIONS = 400 };

static const char *const names[] = { "cannot tell", "smooth", "sharp" };

const char *ll_sharpness_name(ll_sharpness s) {
    return names[s];
}

double ll_sharp_sudden(const char *x) {
    return strcmp(x, "flops") == 0 ? 100 : strcmp(x, "loss") == 0 ? 1.2 : 10;
}

/* The two laws on one set of places. */
typedef struct rivals {
    const ll_places *places;
    int64_t n;    /* rows */
    double least; /* sum of squares below which there is none: the values' own rounding */
    ll_climb_grid smooth, broken;
} rivals;

typedef struct pair {
    ll_climb smooth, broken;
    double ratio;
} pair;

static void fit_both(const rivals *r, const double *y, double within, pair *out) {
    ll_climb_fit_fast(&out->smooth, &r->smooth, r->places, y, within);
    ll_climb_fit_fast(&out->broken, &r->broken, r->places, y, within);
    out->ratio = (double)r->n / 2 * log((out->smooth.rss + r->least) / (out->broken.rss + r->least));
}

/* ---- simulation ---- */

/* Means of the places and the sum of squares within them, as the curve and noise of its own size make them. */
static double simulate(const rivals *r, const ll_climb *c, ll_rng *rng, double y[LL_PLACES_MOST]) {
    const ll_places *p = r->places;
    const double sd = sqrt((c->rss + r->least) / (double)(r->n - FREE));
    for (int k = 0; k < p->m; k++) y[k] = ll_climb_at(c, p->t[k]) + sd / sqrt(p->w[k]) * ll_rng_normal(rng);
    return r->n > p->m ? 2 * sd * sd * ll_rng_gamma(rng, (double)(r->n - p->m) / 2) : 0;
}

typedef struct trial {
    const rivals *r;
    const pair *found;
    uint64_t seed;
    int64_t n;
    double *of_smooth, *of_again,
        *of_broken; /* [n] ratios: of the smooth law's tables, of theirs, of the broken's */
} trial;

static void try_once(void *ctx, int64_t i, int worker) {
    const trial *t = ctx;
    ll_rng rng = ll_rng_at(t->seed, LL_STREAM_ABILITY, (uint64_t)i);
    double y[LL_PLACES_MOST];
    pair p;
    (void)worker;
    double within = simulate(t->r, &t->found->broken, &rng, y);
    fit_both(t->r, y, within, &p);
    t->of_broken[i] = p.ratio;
    within = simulate(t->r, &t->found->smooth, &rng, y);
    fit_both(t->r, y, within, &p);
    t->of_smooth[i] = p.ratio;
    within = simulate(t->r, &p.smooth, &rng, y);
    fit_both(t->r, y, within, &p);
    t->of_again[i] = p.ratio;
}

/* Of sorted values: how many are at least v, or at most v, the table itself counted in. */
static double share_from(const double *sorted, int64_t n, double v) {
    int64_t k = 0;
    for (int64_t i = 0; i < n; i++) k += sorted[i] >= v;
    return (double)(k + 1) / (double)(n + 1);
}

static double share_to(const double *sorted, int64_t n, double v) {
    int64_t k = 0;
    for (int64_t i = 0; i < n; i++) k += sorted[i] <= v;
    return (double)(k + 1) / (double)(n + 1);
}

static double share_above(const double *v, int64_t n, double line) {
    int64_t k = 0;
    for (int64_t i = 0; i < n; i++) k += v[i] > line;
    return (double)k / (double)n;
}

/* One rejected and the other not. */
static ll_sharpness decide(const ll_sharp *s) {
    const bool no_smooth = s->p_smooth <= s->opts.alarm, no_broken = s->p_broken <= s->opts.alarm;
    if (no_smooth == no_broken) return LL_UNTOLD;
    return no_smooth ? LL_SHARP : LL_SMOOTH;
}

static ll_status judge(ll_sharp *out, const rivals *r, ll_error *err) {
    const int64_t n = out->opts.simulations;
    double *v = malloc((size_t)(3 * n) * sizeof *v);
    pair found;
    if (!v) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld simulations", (long long)n);
    fit_both(r, r->places->y, r->places->within, &found);
    trial t = { r, &found, out->opts.seed, n, v, v + n, v + 2 * n };
    ll_threads_for(n, out->opts.threads, try_once, &t);
    ll_sort(t.of_smooth, n);
    ll_sort(t.of_again, n);
    out->smooth = found.smooth, out->broken = found.broken;
    out->ratio = found.ratio;
    out->critical = ll_quantile(t.of_smooth, n, 1 - out->opts.alarm);
    out->p_smooth = share_from(t.of_smooth, n, found.ratio);
    out->p_broken = share_to(t.of_broken, n, found.ratio);
    out->alarm = share_above(t.of_smooth, n, ll_quantile(t.of_again, n, 1 - out->opts.alarm));
    out->power = share_above(t.of_broken, n, out->critical);
    out->answer = decide(out);
    free(v);
    return LL_OK;
}

static ll_sharp_opts resolve(const ll_sharp_opts *in) {
    ll_sharp_opts o = in ? *in : (ll_sharp_opts) { 0 };
    if (!(o.sudden > 0)) o.sudden = 10;
    if (!(o.alarm > 0)) o.alarm = 0.05;
    if (o.simulations <= 0) o.simulations = SIMULATIONS;
    if (!o.seed) o.seed = 1;
    if (o.threads <= 0) o.threads = ll_threads_available();
    return o;
}

static double total_of(const ll_places *p) {
    double sum = p->within;
    for (int k = 0; k < p->m; k++) sum += p->w[k] * p->y[k] * p->y[k];
    return sum;
}

ll_status ll_sharp_ask(ll_sharp *out, const ll_scored_rows *rows, const ll_sharp_opts *opts, ll_error *err) {
    const double span = rows->hi - rows->lo, margin = span / 2;
    *out = (ll_sharp) { .opts = resolve(opts) };
    const double least = log(out->opts.sudden);
    if (!(out->opts.sudden > 1))
        return LL_FAIL(err, LL_EINPUT, "sudden is %g, expected a factor above 1", out->opts.sudden);
    const ll_climb_range smooth = { LL_SMOOTH_SHAPES,
                                    { rows->lo - margin, rows->hi + margin },
                                    { least, 3 * fmax(span, least) } };
    const ll_climb_range broken = { 1 << LL_RAMP, { rows->lo, rows->hi }, { 0, span } };
    rivals r = { .places = &rows->places, .n = rows->of->n, .least = 1e-14 * total_of(&rows->places) };
    LL_TRY(ll_climb_grid_new(&r.smooth, r.places, &smooth, err));
    ll_status s = ll_climb_grid_new(&r.broken, r.places, &broken, err);
    if (s == LL_OK) s = judge(out, &r, err);
    ll_climb_grid_free(&r.smooth);
    ll_climb_grid_free(&r.broken);
    return s;
}
