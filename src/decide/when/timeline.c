#include "decide/when/timeline.h"

#include <math.h>
#include <stdlib.h>

#include "base/system/clock.h"
#include "loglog/random.h"
#include "loglog/units.h"
#include "stat/quantile.h"

const double ll_when_levels[LL_WHEN_LEVELS] = { 0.05, 0.25, 0.5, 0.75, 0.95 };

/* ---- what is assumed ---- */

enum { TIMELINE_MAX_BYTES = 1 << 20 };
#define SCHEMA "loglog.timeline/1"
#define AT(field) offsetof(ll_timeline_text, field)
/* GPT-3 as Brown et al. 2020 and Li 2020 (Lambda Labs) give it; spending and price-performance of Cottier et al.
 * 2024 and Hobbhahn et al. 2022 (machine-learning GPUs); algorithms of Ho et al. 2024. */
const ll_option ll_timeline_table[] = {
    { "schema", LL_OPT_NAME, AT(schema), SCHEMA, "version of the form of a file of assumptions", .names = SCHEMA },
    { "law", LL_OPT_NAME, AT(law), "gpt3_loss", "published law of FLOPs, or of N and D at their optimum" },
    { "bits_per_char", LL_OPT_REAL, AT(bits_per_char), "0", "target: bits per character", .max = 64 },
    { "nats_per_token", LL_OPT_REAL, AT(nats_per_token), "0", "target: nats per token", .max = 1e3 },
    { "chars_per_token", LL_OPT_NAME, AT(chars_per_token), "3.5..4.5",
      "characters in a token: a number, or the range that holds 90 %" },
    { "from.date", LL_OPT_NAME, AT(date), "2020-05-28", "day of the run that growth starts from" },
    { "from.flops", LL_OPT_REAL, AT(flops), "3.14e23", "its training FLOPs", .min_open = true, .max = 1e45 },
    { "from.usd", LL_OPT_MONEY, AT(usd), "$4.6M", "what it cost", .min_open = true, .max = 1e18 },
    { "from.budget", LL_OPT_MONEY, AT(budget), "0", "what may be spent instead from that day on; 0: the same",
      .max = 1e18 },
    { "from.most", LL_OPT_MONEY, AT(most), "0", "where spending stops growing; 0: nowhere", .max = 1e18 },
    { "growth.compute", LL_OPT_NAME, AT(compute), "none", "of the largest runs: 4..5x/1y, 2x/3.4mo" },
    { "growth.spending", LL_OPT_NAME, AT(spending), "2.0..2.9x/1y", "of their cost" },
    { "growth.price", LL_OPT_NAME, AT(price), "2x/2.1..2.5y", "of the FLOPs that a dollar buys" },
    { "growth.algorithms", LL_OPT_NAME, AT(algorithms), "2x/4.5..14.3mo", "of what a FLOP is worth" },
};
#undef AT
const int ll_timeline_count = sizeof ll_timeline_table / sizeof *ll_timeline_table;

ll_status ll_timeline_load(ll_timeline_text *text, const char *path, ll_error *err) {
    return ll_options_load(ll_timeline_table, ll_timeline_count, text, path, TIMELINE_MAX_BYTES, "assumptions",
                           err);
}

static ll_status growth(const char *key, const char *text, ll_spread *g, ll_error *err) {
    if (ll_growth_parse(text, g)) return LL_OK;
    return LL_FAIL(err, LL_EINPUT, "%s: '%s', expected none or a growth such as 4..5x/1y, 2x/2.1..2.5y or 2x/8mo",
                   key, text);
}

ll_status ll_timeline_resolve(const ll_timeline_text *s, ll_timeline *t, ll_error *err) {
    *t = (ll_timeline) { .flops = s->flops, .usd = s->usd, .target = { s->bits_per_char, s->nats_per_token } };
    if ((s->bits_per_char > 0) == (s->nats_per_token > 0))
        return LL_FAIL(err, LL_EINPUT,
                       "expected one target, as a flag or in the file: --bits-per-char or --nats-per-token");
    t->budget = s->budget > 0 ? s->budget : s->usd;
    t->most = s->most > 0 ? s->most : INFINITY;
    if (!ll_clock_year(s->date, &t->year))
        return LL_FAIL(err, LL_EINPUT, "from.date: '%s', expected a day such as 2020-05-28", s->date);
    if (!ll_spread_parse(s->chars_per_token, &t->chars_per_token))
        return LL_FAIL(err, LL_EINPUT, "chars_per_token: '%s', expected a number or a range such as 3.5..4.5",
                       s->chars_per_token);
    LL_TRY(growth("growth.compute", s->compute, &t->compute, err));
    LL_TRY(growth("growth.spending", s->spending, &t->spending, err));
    LL_TRY(growth("growth.price", s->price, &t->price, err));
    LL_TRY(growth("growth.algorithms", s->algorithms, &t->algorithms, err));
    if (t->compute.lo > 0 && (t->spending.lo > 0 || t->price.lo > 0))
        return LL_FAIL(err, LL_EINPUT, "growth.compute counts spending and price already: give it, or those two");
    if (!(t->compute.lo + t->spending.lo + t->price.lo + t->algorithms.lo > 0))
        return LL_FAIL(err, LL_EINPUT, "nothing grows: give one of growth.compute, spending, price, algorithms");
    if (t->budget > t->most)
        return LL_FAIL(err, LL_EINPUT, "from.most: $%g, expected no less than the budget of $%g", t->most,
                       t->budget);
    return LL_OK;
}

/* ---- one future ---- */

/* Years until `need` doublings are there, at `rest` doublings a year and `spending` on top for `until` years. */
static double years(double need, double rest, double spending, double until) {
    if (need <= 0) return 0;
    if (need <= (rest + spending) * until) return need / (rest + spending);
    return rest > 0 ? until + (need - (rest + spending) * until) / rest : INFINITY;
}

/* The parts are drawn in a fixed order, so that two targets share their futures. */
static double future(const ll_timeline *t, const ll_compute_law *law, const ll_when_target *target, uint64_t seed,
                     int64_t i) {
    ll_rng rng = ll_rng_at(seed, LL_STREAM_TIMELINE, (uint64_t)i);
    const double compute = ll_spread_at(&t->compute, ll_rng_normal(&rng));
    const double spending = ll_spread_at(&t->spending, ll_rng_normal(&rng));
    const double price = ll_spread_at(&t->price, ll_rng_normal(&rng));
    const double algorithms = ll_spread_at(&t->algorithms, ll_rng_normal(&rng));
    const double chars = ll_spread_at(&t->chars_per_token, ll_rng_normal(&rng));
    const double nats =
        target->bits_per_char > 0 ? ll_units_nats_per_token(target->bits_per_char, chars) : target->nats_per_token;
    const int64_t draw = law->n_draws > 0 ? i % law->n_draws : LL_COMPUTE_POINT;
    const double C = ll_compute_flops(law, draw, nats);
    const double need = log2(C / t->flops) - log2(t->budget / t->usd);
    const double until = spending > 0 ? log2(t->most / t->budget) / spending : 0;
    return t->year + years(need, compute + price + algorithms, spending, until);
}

/* ---- all of them ---- */

static void tell(ll_when *w, const ll_timeline *t, const ll_compute_law *law, const ll_when_target *target) {
    w->nats_per_token = target->bits_per_char > 0
                            ? ll_units_nats_per_token(target->bits_per_char, ll_spread_at(&t->chars_per_token, 0))
                            : target->nats_per_token;
    w->flops = ll_compute_flops(law, LL_COMPUTE_POINT, w->nats_per_token);
    w->times = w->flops / t->flops;
    int64_t past = 0, never = 0;
    for (int64_t i = 0; i < w->n; i++) {
        past += w->futures[i] <= t->year;
        never += isinf(w->futures[i]) != 0;
    }
    w->past = (double)past / (double)w->n;
    w->never = (double)never / (double)w->n;
    for (int k = 0; k < LL_WHEN_LEVELS; k++) { /* whole futures: between a year and never there is no number */
        const int64_t at = (int64_t)ceil(ll_when_levels[k] * (double)w->n) - 1;
        w->year[k] = w->futures[at < 0 ? 0 : at];
    }
}

ll_status ll_when_run(ll_when *w, const ll_timeline *t, const ll_compute_law *law, const ll_when_target *target,
                      int64_t n, uint64_t seed, ll_error *err) {
    *w = (ll_when) { .n = n, .futures = malloc((size_t)n * sizeof *w->futures) };
    if (!w->futures) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld futures", (long long)n);
    for (int64_t i = 0; i < n; i++) w->futures[i] = future(t, law, target, seed, i);
    ll_sort(w->futures, n);
    tell(w, t, law, target);
    return LL_OK;
}

void ll_when_clear(ll_when *w) {
    free(w->futures);
    *w = (ll_when) { 0 };
}
