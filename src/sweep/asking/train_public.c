#include <math.h>
#include <stdio.h>

#include "loglog/train.h"
#include "sweep/sweep.h"

typedef struct watching {
    const ll_sweep *sweep;
    const ll_train_watch *watch;
} watching;

static bool stop(void *ctx) {
    const ll_train_watch *w = ((watching *)ctx)->watch;
    return w && w->stop && w->stop(w->ctx);
}

static void tell(void (*to)(void *, const ll_train_progress *), void *ctx, const ll_train_progress *p) {
    if (to) to(ctx, p);
}

static void message(void *ctx, int64_t rung, const ll_message *m) {
    const watching *on = ctx;
    const ll_train_watch *w = on->watch;
    const ll_rung *r = &on->sweep->rungs[rung];
    const ll_train_event *e = &m->event;
    ll_train_progress p = { .run = r->name,
                            .params = r->count.params,
                            .tokens = r->tokens,
                            .step = e->step,
                            .steps = e->steps,
                            .tokens_seen = e->tokens,
                            .loss = m->kind == LL_MESSAGE_POINT ? e->loss : NAN,
                            .train_loss = e->train_loss,
                            .tokens_per_s = e->tokens_per_s };
    if (!w) return;
    if (m->kind == LL_MESSAGE_PROGRESS) tell(w->progress, w->ctx, &p);
    if (m->kind == LL_MESSAGE_POINT) tell(w->point, w->ctx, &p);
    if (m->kind != LL_MESSAGE_DONE) return;
    p.step = p.steps = r->steps;
    p.tokens_seen = r->tokens;
    p.loss = m->result.loss;
    p.train_loss = m->result.train_loss;
    p.tokens_per_s = m->result.tokens_per_s;
    tell(w->done, w->ctx, &p);
}

ll_status ll_train_ladder(const char *path, const char *store, const ll_train_watch *watch, ll_error *err) {
    ll_spec spec;
    ll_sweep s;
    char at[LL_PATH_MAX];
    LL_TRY(ll_spec_load(&spec, path, err));
    LL_TRY(ll_spec_check(&spec, path, err));
    LL_TRY(ll_sweep_store(at, store ? store : "", path, err));
    watching on = { &s, watch };
    const ll_sweep_opts opts = { .store = at,
                                 .where = path,
                                 .command = "ll_train_ladder",
                                 .program = watch && watch->program ? watch->program : "loglog",
                                 .stop = stop,
                                 .ctx = &on };
    LL_TRY(ll_sweep_prepare(&s, &spec, &opts, err));
    const ll_status status =
        ll_sweep_run(&s, &(ll_sweep_watch) { .stop = stop, .message = message, .ctx = &on }, err);
    ll_sweep_clear(&s);
    return status;
}
