#define _POSIX_C_SOURCE 200809L
#include "cli/progress.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "loglog/units.h"

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signal) {
    if (interrupted) _exit(128 + signal);
    interrupted = 1;
}

void ll_progress_listen(void) {
    struct sigaction a = { .sa_handler = on_interrupt, .sa_flags = SA_RESTART };
    sigaction(SIGINT, &a, NULL);
    sigaction(SIGTERM, &a, NULL);
}

bool ll_progress_stop(void *ctx) {
    (void)ctx;
    return interrupted;
}

void ll_progress_init(ll_progress *p, const ll_sweep *sweep, bool quiet) {
    *p = (ll_progress) {
        .sweep = sweep, .quiet = quiet, .live = !quiet && isatty(STDERR_FILENO), .started = ll_clock_now()
    };
    for (int64_t i = 0; i < sweep->n; i++) p->cost_all += sweep->rungs[i].cost;
    ll_progress_listen();
}

/* ---- live lines ---- */

static void erase(ll_progress *p) {
    for (; p->drawn; p->drawn--) fputs("\033[A\033[2K", stderr);
}

static double work_done(const ll_progress *p) {
    double sum = p->cost_done;
    for (int i = 0; i < p->n_lines; i++) {
        const ll_train_event *e = &p->line[i].event;
        if (e->steps) sum += p->sweep->rungs[p->line[i].rung].cost * (double)e->step / (double)e->steps;
    }
    return sum;
}

static void draw(ll_progress *p) {
    char rate[24], left[24], spent[24];
    if (!p->live) return;
    erase(p);
    for (int i = 0; i < p->n_lines; i++, p->drawn++) {
        const ll_train_event *e = &p->line[i].event;
        fprintf(stderr, "  %-16s step %6lld/%-6lld  loss %7.4f  %6s tok/s  %s left\n",
                p->sweep->rungs[p->line[i].rung].name, (long long)e->step, (long long)e->steps, e->train_loss,
                ll_units_show(e->tokens_per_s, rate, sizeof rate),
                ll_units_show_seconds(e->left_s, left, sizeof left));
    }
    double share = work_done(p) / p->cost_all, now = ll_clock_now() - p->started;
    char bar[33];
    for (int i = 0; i < 32; i++) bar[i] = i < (int)(share * 32) ? '#' : '.';
    bar[32] = 0;
    fprintf(stderr, "  [%s] %3.0f%%  %lld/%lld rungs  %s\n", bar, 100 * share, (long long)p->done,
            (long long)p->sweep->n, ll_units_show_seconds(now, spent, sizeof spent));
    p->drawn++;
    fflush(stderr);
}

static int find(ll_progress *p, int64_t rung) {
    for (int i = 0; i < p->n_lines; i++)
        if (p->line[i].rung == rung) return i;
    return -1;
}

/* ---- what the sweep tells ---- */

static void started(void *ctx, int64_t rung) {
    ll_progress *p = ctx;
    if (p->n_lines == LL_PROGRESS_LINES) return;
    p->line[p->n_lines].rung = rung;
    p->line[p->n_lines].started = ll_clock_now();
    p->line[p->n_lines++].event = (ll_train_event) { .train_loss = NAN, .left_s = INFINITY };
}

static void ended(ll_progress *p, int64_t rung, const ll_message *m) {
    const ll_rung *r = &p->sweep->rungs[rung];
    char n[24], d[24], c[24], rate[24], wall[24];
    erase(p);
    if (m->kind == LL_MESSAGE_DONE) {
        p->done++;
        p->cost_done += r->cost;
        double spent = m->result.wall_s > 0 ? m->result.wall_s : 1e-9;
        fprintf(stderr, "%4lld/%lld %-16s N %-6s D %-6s C %-8s loss %.4f +- %.4f  %6s tok/s  %5.1f GF/s  %s\n",
                (long long)p->done, (long long)p->sweep->n, r->name, ll_units_show(r->count.params, n, sizeof n),
                ll_units_show(r->tokens, d, sizeof d), ll_units_show(r->flops, c, sizeof c), m->result.loss,
                m->result.se, ll_units_show(m->result.tokens_per_s, rate, sizeof rate),
                m->result.tokens_per_s * r->count.flops_token / 1e9,
                ll_units_show_seconds(spent, wall, sizeof wall));
    } else fprintf(stderr, "     %-16s %s\n", r->name, m->error.msg);
}

static void message(void *ctx, int64_t rung, const ll_message *m) {
    ll_progress *p = ctx;
    int at = find(p, rung);
    if (m->kind == LL_MESSAGE_PROGRESS || m->kind == LL_MESSAGE_POINT) {
        if (at >= 0) p->line[at].event = m->event;
        return;
    }
    if (m->kind == LL_MESSAGE_NOTE) { /* what was lost is said even to who wants no progress */
        if (!p->quiet) erase(p);
        fprintf(stderr, "     %-16s %s\n", p->sweep->rungs[rung].name, m->error.msg);
        return;
    }
    if (at >= 0) p->line[at] = p->line[--p->n_lines];
    if (!p->quiet) ended(p, rung, m);
}

static void tick(void *ctx) {
    draw(ctx);
}

static void sealed(void *ctx, const ll_forecast *f, const char *why_not) {
    ll_progress *p = ctx;
    if (p->quiet) return;
    erase(p);
    if (!f) fprintf(stderr, "no forecast sealed: %s\n", why_not);
    else
        fprintf(stderr,
                "forecast sealed: %.4f nats per token, 90 %% interval %.4f to %.4f, at %.3g times the largest "
                "fitted compute\n",
                f->quantile[5], f->quantile[2], f->quantile[8], f->reach);
}

/* A bend alarm is said even to who wants no progress. */
static void scored(void *ctx, const ll_forecast *f, const ll_score *s) {
    ll_progress *p = ctx;
    if (!p->quiet) erase(p);
    if (!s->covered99)
        fprintf(
            stderr,
            "BEND ALARM: %.4f came, outside the 99 %% interval %.4f to %.4f that was sealed: the line the forecast "
            "stood on does not reach this far\n",
            s->outcome, f->quantile[0], f->quantile[10]);
    if (p->quiet) return;
    fprintf(stderr,
            "forecast scored: %.4f came (%+.2f %% from the median); the 90 %% interval %.4f to %.4f %s it\n",
            s->outcome, 100 * (s->outcome / f->quantile[5] - 1), f->quantile[2], f->quantile[8],
            s->covered90 ? "covered" : "did NOT cover");
}

ll_sweep_watch ll_progress_watch(ll_progress *p) {
    return (ll_sweep_watch) { ll_progress_stop, started, message, tick, sealed, scored, p };
}

void ll_progress_end(ll_progress *p) {
    if (p->live) erase(p);
}
