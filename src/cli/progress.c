#define _POSIX_C_SOURCE 200809L
#include "cli/progress.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/print.h"
#include "loglog/units.h"

enum { MOST_LINES = 16 };

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

void ll_progress_runs(void *ctx, int64_t done, int64_t all) {
    (void)ctx;
    ll_say_to(stderr, "\r\033[2K%lld of %lld runs", (long long)done, (long long)all);
}

void ll_progress_init(ll_progress *p, const ll_sweep *sweep, bool quiet) {
    *p = (ll_progress) { .sweep = sweep, .quiet = quiet, .live = !quiet && ll_say_width(stderr) > 0 };
    ll_progress_listen();
}

/* ---- live lines ---- */

static void erase(ll_progress *p) {
    for (; p->drawn; p->drawn--) ll_say_to(stderr, "\033[A\033[2K");
}

static int within(int v, int least, int most) {
    return v < least ? least : v > most ? most : v;
}

/* "  N24k-D680k       step    120/900     loss  3.1234   1.2M tok/s  12s left"; what finds no room in the line is
 * left out, the rate first, and the name is cut last. */
static void draw_rung(const ll_live_rung *at, int width) {
    char rate[24], left[24], loss[24] = "-", tail[160];
    if (!isnan(at->train_loss))
        snprintf(loss, sizeof loss, fabs(at->train_loss) < 1e4 ? "%.4f" : "%.3g", at->train_loss);
    const bool roomy = width >= 78;
    snprintf(tail, sizeof tail, roomy ? " step %6lld/%-6lld  loss %7s  %6s tok/s" : " %lld/%lld  loss %s",
             (long long)at->step, (long long)at->steps, loss, ll_units_show(at->tokens_per_s, rate, sizeof rate));
    ll_units_show_seconds(at->left_s, left, sizeof left);
    const int name = within(width - 10 - (int)strlen(tail) - (int)strlen(left), 4, 16);
    ll_say_to(stderr, "  %-*.*s%s  %s left\n", name, name, at->name, tail, left);
}

static void draw(ll_progress *p) {
    char left[24], spent[24], tail[120], bar[33];
    const ll_live *l = &p->sweep->live;
    if (!p->live) return;
    erase(p);
    const int width = ll_say_width(stderr);
    for (int i = 0; i < l->n && i < MOST_LINES; i++, p->drawn++) draw_rung(&l->at[i], width);
    snprintf(tail, sizeof tail, "%3.0f%%  %lld/%lld rungs  %s%s%s%s", floor(100 * l->share), (long long)l->done,
             (long long)l->rungs, ll_units_show_seconds(l->spent_s, spent, sizeof spent),
             isnan(l->left_s) ? "" : ", about ",
             isnan(l->left_s) ? "" : ll_units_show_seconds(l->left_s, left, sizeof left),
             isnan(l->left_s) ? "" : " left");
    const int cells = within(width - 7 - (int)strlen(tail), 4, 32);
    for (int i = 0; i < cells; i++) bar[i] = i < (int)(l->share * cells) ? '#' : '.';
    bar[cells] = 0;
    ll_say_to(stderr, "  [%s] %s\n", bar, tail);
    p->drawn++;
    fflush(stderr);
}

/* ---- what the sweep tells ---- */

/* A command tells no standard error. */
static const char *margin_of(const ll_train_result *t, char buf[24]) {
    if (isnan(t->se)) return "";
    snprintf(buf, 24, " +- %.4f", t->se);
    return buf;
}

/* "  3/21 N24k-D680k  loss 2.3456 +- 0.0012  N 24.0k D 680k  ...": parts that find no room in the line are left
 * out. */
static void draw_done(const ll_progress *p, const ll_rung *r, const ll_train_result *t) {
    char n[24], d[24], c[24], rate[24], wall[24], margin[24], parts[5][64];
    const int width = ll_say_width(stderr);
    int at =
        snprintf(parts[0], sizeof parts[0], "%4lld/%lld ", (long long)p->sweep->live.done, (long long)p->sweep->n);
    at += 16 + snprintf(parts[1], sizeof parts[1], "  loss %.4f%s  %s", t->loss, margin_of(t, margin),
                        ll_units_show_seconds(t->wall_s, wall, sizeof wall));
    snprintf(parts[2], sizeof parts[2], "  N %s D %s", ll_units_show(r->count.params, n, sizeof n),
             ll_units_show(r->tokens, d, sizeof d));
    snprintf(parts[3], sizeof parts[3], "  6ND %s", ll_units_show(r->flops, c, sizeof c));
    snprintf(parts[4], sizeof parts[4], "  %s tok/s %.1f GF/s", ll_units_show(t->tokens_per_s, rate, sizeof rate),
             t->tokens_per_s * r->count.flops_token / 1e9);
    ll_say_to(stderr, "%s%-16s%s", parts[0], r->name, parts[1]);
    for (int i = 2; i < 5 && (width == 0 || (at += (int)strlen(parts[i])) < width); i++)
        ll_say_to(stderr, "%s", parts[i]);
    ll_say_to(stderr, "\n");
    if (t->steps == r->steps) return;
    ll_say_prose(stderr,
                 "     %-16s ended at step %lld of %lld, no better since step %lld: %.0f %% of its compute saved",
                 r->name, (long long)t->steps, (long long)r->steps, (long long)t->best_step,
                 100 * (1 - (double)t->steps / (double)r->steps));
}

static void message(void *ctx, int64_t rung, const ll_message *m) {
    ll_progress *p = ctx;
    const ll_rung *r = &p->sweep->rungs[rung];
    const bool lost = m->kind == LL_MESSAGE_NOTE; /* is said even to who wants no progress */
    if (m->kind == LL_MESSAGE_PROGRESS || m->kind == LL_MESSAGE_POINT || (p->quiet && !lost)) return;
    if (!p->quiet) erase(p);
    if (m->kind == LL_MESSAGE_DONE) draw_done(p, r, &m->result);
    else ll_say_prose(stderr, "     %-16s %s", r->name, m->error.msg);
}

static void tick(void *ctx) {
    draw(ctx);
}

static void sealed(void *ctx, const ll_forecast *f, const char *why_not) {
    ll_progress *p = ctx;
    if (p->quiet) return;
    erase(p);
    if (!f) ll_say_prose(stderr, "no forecast sealed: %s", why_not);
    else
        ll_say_prose(stderr,
                     "forecast sealed: %.4f nats per token, 90 %% interval %.4f to %.4f, at %.3g times the largest "
                     "fitted compute",
                     f->quantile[LL_FORECAST_MEDIAN], f->quantile[LL_FORECAST_LO90], f->quantile[LL_FORECAST_HI90],
                     f->reach);
}

/* A bend alarm is said even to who wants no progress. */
static void scored(void *ctx, const ll_forecast *f, const ll_score *s) {
    ll_progress *p = ctx;
    if (!p->quiet) erase(p);
    if (!s->covered99)
        ll_say_prose(stderr,
                     "BEND ALARM: %.4f came, outside the 99 %% interval %.4f to %.4f that was sealed: the line the "
                     "forecast stood on does not reach this far",
                     s->outcome, f->quantile[LL_FORECAST_LO99], f->quantile[LL_FORECAST_HI99]);
    if (p->quiet) return;
    ll_say_prose(
        stderr, "forecast scored: %.4f came (%+.2f %% from the median); the 90 %% interval %.4f to %.4f %s it",
        s->outcome, 100 * (s->outcome / f->quantile[LL_FORECAST_MEDIAN] - 1), f->quantile[LL_FORECAST_LO90],
        f->quantile[LL_FORECAST_HI90], s->covered90 ? "covered" : "did NOT cover");
}

/* Said even to who wants no progress: a no was left behind. */
static void unasked(void *ctx, const ll_unasked *u) {
    ll_progress *p = ctx;
    if (!p->quiet) erase(p);
    ll_say_prose(
        stderr,
        "NO POLICY ASKED: a gate refused run %s on %s and the ledger holds no waiver; this run was started "
        "without --policy, which the ledger notes. It said: %s",
        u->run, u->when, u->why);
}

static void say(void *ctx, const char *line) {
    ll_progress *p = ctx;
    if (!p->quiet) erase(p);
    ll_say_prose(stderr, "slurm: %s", line);
}

/* Jobs outlive their watcher: they end only where somebody at a terminal says so. */
static bool cancel(void *ctx) {
    char answer[16] = "";
    ll_progress *p = ctx;
    if (p->keep_jobs || !isatty(STDIN_FILENO) || !isatty(STDERR_FILENO)) return false;
    erase(p);
    interrupted = 0;
    ll_say_to(stderr, "cancel the jobs in Slurm's queue, too? [y/N] ");
    fflush(stderr);
    const bool read = fgets(answer, sizeof answer, stdin) != NULL;
    interrupted = 1;
    return read && (answer[0] == 'y' || answer[0] == 'Y');
}

ll_sweep_watch ll_progress_watch(ll_progress *p) {
    return (ll_sweep_watch) { .stop = ll_progress_stop,
                              .message = message,
                              .tick = tick,
                              .sealed = sealed,
                              .scored = scored,
                              .unasked = unasked,
                              .say = say,
                              .cancel = cancel,
                              .ctx = p };
}

void ll_progress_end(ll_progress *p) {
    if (p->live) erase(p);
}
