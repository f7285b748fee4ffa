#define _POSIX_C_SOURCE 200809L
#include "cli/show/show_coverage.h"

#include <stdio.h>
#include <unistd.h>

#include "base/system/clock.h"
#include "cli/print.h"

typedef struct watch {
    int64_t studies;
    double drawn;
} watch;

static void tick(void *ctx, int64_t done) {
    watch *w = ctx;
    double now = ll_clock_now();
    if (now - w->drawn < 0.1) return;
    w->drawn = now;
    ll_say_to(stderr, "\r\033[2Kcoverage: %lld of %lld simulated studies", (long long)done, (long long)w->studies);
    fflush(stderr);
}

ll_status ll_cover_fit(ll_coverage *c, const ll_fit *fit, int64_t studies, ll_error *err) {
    ll_trial t;
    watch w = { .studies = studies };
    bool live = isatty(STDERR_FILENO);
    ll_trial_of_fit(&t, fit);
    t.studies = studies;
    t.ctx = &w;
    if (live) t.tick = tick;
    ll_status s = ll_coverage_run(c, &t, err);
    if (live) ll_say_to(stderr, "\r\033[2K");
    return s;
}

void ll_show_coverage(const ll_coverage *c) {
    ll_say(
        "how often the nominal %g %% interval holds the planted value: %lld simulated studies of these runs, noise "
        "%.3g %%, %lld resamples each\n",
        100 * c->level, (long long)c->studies, 100 * c->noise_sd, (long long)c->draws);
    if (c->failed) ll_say("warning: %lld more studies could not be fitted\n", (long long)c->failed);
    for (int k = 0; k < c->n_items; k++) {
        const ll_coverage_item *i = &c->item[k];
        ll_say("  %-9s %-12.6g covered %5.1f %% +- %.1f   (interval below it %lld, above it %lld)\n", i->name,
               i->planted, 100 * i->share, 100 * i->se, (long long)i->below, (long long)i->above);
    }
}
