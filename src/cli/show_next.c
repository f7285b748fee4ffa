#include "cli/show_next.h"

#include <stdio.h>

#include "base/option.h"
#include "base/text.h"
#include "cli/print.h"
#include "forecast/next_json.h"
#include "loglog/units.h"

static const double LITTLE = 0.95; /* share of the sd that is still there */

static const char *cost(const ll_next *n, double v, char *buf, size_t size) {
    return n->ask.n_paces ? ll_units_show_seconds(v, buf, size) : ll_units_show(v, buf, size);
}

static void show_target(const ll_next *n, const char *source, int64_t runs, double largest) {
    char N[32], D[32], C[32], most[32];
    if (source)
        ll_say("%lld runs of %s, the largest of %s FLOPs\n", (long long)runs, source,
               ll_units_show(largest, most, sizeof most));
    else ll_say("no runs yet: a start by the priors alone\n");
    ll_say("target: %s parameters on %s tokens, %s FLOPs", ll_units_show(n->target.x[LL_VAR_N], N, sizeof N),
           ll_units_show(n->target.x[LL_VAR_D], D, sizeof D), ll_units_show(n->target.x[LL_VAR_C], C, sizeof C));
    if (source) ll_say(", %.3g times the largest", n->target.x[LL_VAR_C] / largest);
    ll_say("\n");
}

static void show_forecast(const ll_next *n, const char *name, double sd, bool level) {
    const ll_next_interval i = ll_next_interval_at(n, sd);
    ll_say("%-28s sd %5.3g %%", name, 100 * sd);
    if (level) ll_say(" of the loss, %g %% [%.4f, %.4f]", 100 * LL_NEXT_LEVEL, i.lo, i.hi);
    ll_say("\n");
}

static void show_runs(const ll_next *n) {
    char N[32], D[32], C[32], c[32];
    ll_say("\n%4s %9s %9s %8s %9s%s  %s\n", "", "N", "D", "D/N", "FLOPs", n->ask.n_paces ? "      time" : "",
           "sd of the forecast then");
    for (int i = 0; i < n->n; i++) {
        const ll_next_run *r = &n->run[i];
        const double before = i ? n->run[i - 1].sd : n->sd;
        ll_say("%4d %9s %9s %8.3g %9s", i + 1, ll_units_show(r->N, N, sizeof N), ll_units_show(r->D, D, sizeof D),
               r->D / r->N, ll_units_show(r->C, C, sizeof C));
        if (n->ask.n_paces) ll_say(" %9s", cost(n, r->cost, c, sizeof c));
        ll_say("  %.3g %%, %.2g %% less\n", 100 * r->sd, 100 * (1 - r->sd / before));
    }
    ll_say("\n");
}

void ll_next_show(const ll_next *n, const char *source, int64_t runs, double largest, const char *written) {
    char spent[32], budget[32], uniform[32], lo[32], hi[32];
    const bool level = source != NULL;
    show_target(n, source, runs, largest);
    show_forecast(n, "forecast now", n->sd, level);
    show_runs(n);
    ll_say("together %s of %s%s\n", cost(n, n->cost, spent, sizeof spent),
           cost(n, n->ask.budget, budget, sizeof budget), n->ask.n_paces ? "" : " FLOPs");
    show_forecast(n, "forecast expected then", n->sd_after, level);
    if (n->uniform.n) {
        show_forecast(n, "by a uniform isoFLOP grid", n->uniform.sd, level);
        ll_say("%-28s %d runs of %s to %s FLOPs, %s in all\n", "", n->uniform.n,
               ll_units_show(n->uniform.C_lo, lo, sizeof lo), ll_units_show(n->uniform.C_hi, hi, sizeof hi),
               cost(n, n->uniform.cost, uniform, sizeof uniform));
    }
    if (n->sd_after > LITTLE * n->sd)
        ll_say("runs of this size buy little: a larger one would, with --largest above %g\n", n->ask.share);
    char word[4 * LL_OPTION_TEXT];
    if (*written)
        ll_say("%s holds these runs: loglog run %s\n", written, ll_text_quoted(written, word, sizeof word));
}
