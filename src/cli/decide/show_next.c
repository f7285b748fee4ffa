#include "cli/decide/show_next.h"

#include <stdio.h>
#include <string.h>

#include "base/document/option.h"
#include "base/words/text.h"
#include "cli/print.h"
#include "loglog/units.h"

static const double LITTLE = 0.95;  /* share of the sd that is still there */
static const double MATTERS = 0.95; /* share of what all runs take off the sd that the listed ones do */

static const char *cost(const ll_next *n, double v, char *buf, size_t size) {
    return n->ask.n_paces ? ll_units_show_seconds(v, buf, size) : ll_units_show(v, buf, size);
}

static void show_target(const ll_next_told *told) {
    const ll_next *n = told->next;
    const double *x = n->target.x;
    char N[32], D[32], C[32];
    if (told->study) ll_say("%lld runs of %s\n", (long long)told->study->data.n, told->study->source);
    else ll_say("no runs yet: a start by the priors alone\n");
    ll_say("target: %s parameters on %s tokens, %s FLOPs", ll_units_show(x[LL_VAR_N], N, sizeof N),
           ll_units_show(x[LL_VAR_D], D, sizeof D), ll_units_show(x[LL_VAR_C], C, sizeof C));
    if (told->now) ll_say(", %.3g times the largest", told->now->reach);
    ll_say("\n");
}

static void show_forecast(const ll_next_told *told, const char *name, double sd) {
    const ll_estimate e = ll_next_then(told, sd);
    ll_say("%-25s sd %.3g %%", name, 100 * sd);
    if (told->now) ll_say(": %.6g, %g %% [%.6g, %.6g]", e.value, 100 * told->now->level, e.lo, e.hi);
    ll_say("\n");
}

/* How many runs from i on are of one size and as many tokens: seeds of one another. */
static int alike(const ll_next *n, int i, int end) {
    int k = i + 1;
    while (k < end && n->run[k].N == n->run[i].N && n->run[k].D == n->run[i].D) k++;
    return k - i;
}

static void show_row(const ll_next *n, int i, int count) {
    const ll_next_run *r = &n->run[i];
    const double before = i ? n->run[i - 1].sd : n->sd, after = n->run[i + count - 1].sd;
    char N[32], D[32], C[32], c[32];
    ll_say("%4d %9s %9s %8.3g %9s", count, ll_units_show(r->N, N, sizeof N), ll_units_show(r->D, D, sizeof D),
           r->D / r->N, ll_units_show(r->C, C, sizeof C));
    if (n->ask.n_paces) ll_say(" %9s", cost(n, r->cost, c, sizeof c));
    ll_say("  %.3g %%, %.2g %% less\n", 100 * after, 100 * (1 - after / before));
}

static void show_runs(const ll_next *n) {
    const int listed = ll_next_that_matter(n, MATTERS);
    ll_say("\n%4s %9s %9s %8s %9s%s  %s\n", "runs", "N", "D", "D/N", "FLOPs", n->ask.n_paces ? "      time" : "",
           "sd of the forecast then");
    for (int i = 0, count; i < listed; i += count) show_row(n, i, count = alike(n, i, listed));
    if (listed < n->n) {
        const double before = listed ? n->run[listed - 1].sd : n->sd;
        ll_say("     %d more within the budget take off another %.2g %%\n", n->n - listed,
               100 * (1 - n->sd_after / before));
    }
    ll_say("\n");
}

static void show_uniform(const ll_next_told *told) {
    const ll_next *n = told->next;
    char uniform[32], lo[32], hi[32];
    if (!n->uniform.n) return;
    show_forecast(told, "by a uniform isoFLOP grid", n->uniform.sd);
    ll_say("  %d runs of %s to %s FLOPs, %s in all\n", n->uniform.n, ll_units_show(n->uniform.C_lo, lo, sizeof lo),
           ll_units_show(n->uniform.C_hi, hi, sizeof hi), cost(n, n->uniform.cost, uniform, sizeof uniform));
}

void ll_next_show(const ll_next_told *told) {
    const ll_next *n = told->next;
    const char *written = told->written, *dot = strrchr(written, '.');
    char spent[32], budget[32];
    show_target(told);
    show_forecast(told, "forecast now", n->sd);
    show_runs(n);
    ll_say("together %s of %s%s\n", cost(n, n->cost, spent, sizeof spent),
           cost(n, n->ask.budget, budget, sizeof budget), n->ask.n_paces ? "" : " FLOPs");
    show_forecast(told, "forecast expected then", n->sd_after);
    show_uniform(told);
    if (n->sd_after > LITTLE * n->sd)
        ll_say("runs of this size buy little: a larger one would, with --largest above %g\n", n->ask.share);
    char word[4 * LL_OPTION_TEXT];
    if (*written && dot && strcmp(dot, ".csv") == 0) ll_say("%s lists these runs\n", written);
    else if (*written)
        ll_say("%s holds these runs: loglog run %s\n", written, ll_text_quoted(written, word, sizeof word));
}
