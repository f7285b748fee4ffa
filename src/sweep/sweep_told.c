/* What an engine tells becomes points, readings and runs of the store; the gate is asked about each. */
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "base/system/clock.h"
#include "forecast/ledger/ledger_seal.h"
#include "sweep/command/trainer.h"
#include "sweep/design/rung_places.h"
#include "sweep/ladder_lock.h"
#include "sweep/sweep_running.h"

#define TELL_S 1.0  /* between two writings of progress.json */
#define NEAR_N 0.01 /* of a command's own account, relative to what was planned */

static void note(ll_running *r, ll_status s, const ll_error *err) {
    if (s == LL_OK || r->store_status != LL_OK) return;
    r->store_status = s;
    r->store_error = *err;
}

static bool on_stop(void *ctx) {
    ll_running *r = ctx;
    return r->store_status != LL_OK || r->refused.code != LL_OK || ll_ladder_is_to_stop(r->s->folder) ||
           (r->watch->stop && r->watch->stop(r->watch->ctx));
}

/* A gate's no ends what runs on other machines, too; otherwise whoever watches is asked. */
static bool on_cancel(void *ctx) {
    ll_running *r = ctx;
    if (r->store_status != LL_OK || r->refused.code != LL_OK) return r->refused.code != LL_OK;
    return r->watch->cancel && r->watch->cancel(r->watch->ctx);
}

static void on_say(void *ctx, const char *line) {
    const ll_running *r = ctx;
    if (r->watch->say) r->watch->say(r->watch->ctx, line);
}

static void on_started(void *ctx, int64_t i) {
    ll_running *r = ctx;
    ll_error err = { 0 };
    ll_run run = ll_running_run_of(r->s, &r->s->rungs[i]);
    run.state = LL_RUN_RUNNING;
    ll_clock_utc(run.started, sizeof run.started);
    note(r, ll_store_put_run(r->store, &run, &err), &err);
    ll_live_started(&r->s->live, &r->s->rungs[i]);
    if (r->watch->started) r->watch->started(r->watch->ctx, i);
}

int ll_running_stage(const ll_rung *r) {
    return r->role == LL_RUNG_FORECAST;
}

static void count_use(ll_running *r, const ll_rung *rung, const ll_message *m) {
    ll_sweep_use *use = &r->s->use[ll_running_stage(rung)];
    const ll_train_result *trained = &m->result;
    for (int p = 0; p < LL_PARTS; p++) use->part_s[p] += trained->cpu_s[p];
    if (m->kind != LL_MESSAGE_DONE) return;
    use->rungs++;
    use->flops += trained->tokens_per_s * trained->wall_s * rung->count.flops_token;
}

/* ---- the gate ---- */

/* The first answer that is no yes is kept, and goes into the ledger. */
static void refuse(ll_running *r, const ll_run *run, const ll_error *why) {
    ll_error err = { 0 };
    if (r->refused.code != LL_OK) return;
    r->refused = *why;
    ll_error_prefix(&r->refused, "ladder %s, rung %s", r->s->id, run->name);
    note(r, ll_guard_record_refusal(r->s->guard, r->store, run->id, why, &err), &err);
}

/* Before a rung about all that it will take; after it about what came. */
static void ask(ll_running *r, const ll_run *run, const ll_forecast *forecast) {
    ll_error why = { 0 };
    ll_guard_moment m = ll_guard_moment_of(run, forecast);
    if (ll_guard_ask(r->s->guard, &m, &why) == LL_OK) return;
    ll_error_prefix(&why, "%s", m.when == LL_GATE_SINCE ? "trained" : "before it starts");
    refuse(r, run, &why);
}

ll_status ll_running_ask(ll_running *r, int64_t i, ll_error *err) {
    char id[LL_RUN_ID];
    ll_run run;
    ll_seal sealed;
    bool found;
    if (!r->s->guard) return LL_OK;
    ll_running_id(r->s, &r->s->rungs[i], id);
    LL_TRY(ll_store_get_run(r->store, id, &run, err));
    LL_TRY(ll_seal_find(r->store, id, &sealed, &found, err));
    ask(r, &run, found ? &sealed.forecast : NULL);
    return LL_OK;
}

/* A run whose patience ended was trained on fewer tokens than planned: those are its own. */
static void end_early(ll_run *run, const ll_rung *rung, int64_t steps) {
    const double share = (double)steps / (double)rung->steps;
    if (steps == rung->steps) return;
    run->steps = (double)steps;
    run->tokens = share * rung->tokens;
    run->unique_tokens = fmin(run->unique_tokens, run->tokens);
    run->flops = share * rung->flops;
    run->flops_exact *= share;
}

/* Its own account goes before ours, and is said where the ladder counted on another N. */
static void take_account(ll_running *r, int64_t i, ll_run *run, const ll_message *m) {
    const double own = ll_rung_counts_total(&r->s->spec) ? m->params_total : m->params;
    const double planned = r->s->rungs[i].count.params;
    ll_message note = { .kind = LL_MESSAGE_NOTE };
    if (m->params > 0) run->params = m->params;
    if (m->params_total > 0) run->params_total = m->params_total;
    if (!(own > 0) || fabs(own / planned - 1) <= NEAR_N) return;
    run->flops *= own / planned;
    LL_FAIL(&note.error, LL_EINPUT, "has %.6g parameters by its own account, the ladder planned %.6g", own,
            planned);
    if (r->watch->message) r->watch->message(r->watch->ctx, i, &note);
}

/* A worker that was killed could not end what its command had started. */
static void end_left(const ll_sweep *s, const ll_rung *rung) {
    char out[LL_PATH_MAX];
    if (ll_spec_has_command(&s->spec) && ll_rung_out(out, s->folder, rung->name, NULL) == LL_OK)
        ll_trainer_end_left(out);
}

static void finish(ll_running *r, int64_t i, const ll_message *m) {
    ll_error err = { 0 };
    char id[LL_RUN_ID];
    ll_run run;
    ll_running_id(r->s, &r->s->rungs[i], id);
    if (ll_store_get_run(r->store, id, &run, &err) != LL_OK) return note(r, err.code, &err);
    ll_clock_utc(run.ended, sizeof run.ended);
    count_use(r, &r->s->rungs[i], m);
    if (m->kind == LL_MESSAGE_DONE) {
        run.state = LL_RUN_DONE;
        end_early(&run, &r->s->rungs[i], m->result.steps);
        take_account(r, i, &run, m);
        run.loss = m->result.loss, run.loss_se = m->result.se, run.train_loss = m->result.train_loss;
        run.best_loss = m->result.best_loss, run.best_step = (double)m->result.best_step;
        run.wall_s = m->result.wall_s, run.tokens_per_s = m->result.tokens_per_s;
        run.memory_bytes = m->memory_bytes;
        run.energy_j = m->energy_j;
        snprintf(run.host, sizeof run.host, "%.60s", m->host);
    } else {
        run.state = ll_message_is_stop(m) ? LL_RUN_STOPPED : LL_RUN_FAILED;
        snprintf(run.failure, sizeof run.failure, "%.250s", m->error.msg);
        if (run.state == LL_RUN_FAILED && r->failed++ == 0) {
            r->first_failed = i;
            snprintf(r->failure, sizeof r->failure, "%.250s", m->error.msg);
        }
    }
    note(r, ll_store_put_run(r->store, &run, &err), &err);
    if (run.state == LL_RUN_DONE && r->store_status == LL_OK) ll_running_forget(r->s, &r->s->rungs[i]);
    if (run.state == LL_RUN_FAILED) end_left(r->s, &r->s->rungs[i]);
    if (run.state == LL_RUN_DONE) ask(r, &run, NULL);
    else if (ll_message_is_stop(m) && m->error.code != LL_ESTOP) refuse(r, &run, &m->error);
}

static ll_status put_readings(ll_store *store, const char *id, const ll_message *m, ll_error *err) {
    ll_run_score scores[LL_TRAIN_READINGS] = { 0 };
    for (int i = 0; i < m->event.n_readings; i++) {
        const ll_train_reading *from = &m->readings[i];
        scores[i] = (ll_run_score) {
            .step = m->event.step, .value = from->value, .se = from->se, .items = from->n, .chance = NAN
        };
        snprintf(scores[i].probe, sizeof scores[i].probe, "%s", from->probe);
        snprintf(scores[i].metric, sizeof scores[i].metric, "%s", from->metric);
    }
    return m->event.n_readings ? ll_store_put_scores(store, id, scores, m->event.n_readings, err) : LL_OK;
}

static void on_message(void *ctx, int64_t i, const ll_message *m) {
    ll_running *r = ctx;
    ll_error err = { 0 };
    if (m->kind == LL_MESSAGE_POINT) {
        char id[LL_RUN_ID];
        ll_running_id(r->s, &r->s->rungs[i], id);
        if (m->event.rewound) note(r, ll_store_cut_points(r->store, id, m->event.step, &err), &err);
        ll_point p = { m->event.step, m->event.tokens, m->event.loss, m->event.se, m->event.train_loss };
        note(r, ll_store_put_point(r->store, id, &p, &err), &err);
        note(r, put_readings(r->store, id, m, &err), &err);
    }
    if (m->kind == LL_MESSAGE_POINT || m->kind == LL_MESSAGE_PROGRESS)
        ll_live_event(&r->s->live, &r->s->rungs[i], &m->event);
    else if (m->kind == LL_MESSAGE_DONE || m->kind == LL_MESSAGE_FAILED) {
        ll_live_ended(&r->s->live, &r->s->rungs[i], m->kind == LL_MESSAGE_DONE);
        finish(r, i, m);
    }
    if (r->watch->message) r->watch->message(r->watch->ctx, i, m);
}

static void on_tick(void *ctx) {
    ll_running *r = ctx;
    const double now = ll_clock_now();
    ll_live_update(&r->s->live);
    if (now - r->told > TELL_S) ll_live_write(&r->s->live, r->s->folder), r->told = now;
    if (r->watch->tick) r->watch->tick(r->watch->ctx);
}

void ll_running_listen(ll_running *r, ll_local_opts *local, ll_slurm_opts *cluster) {
    local->stop = on_stop;
    local->started = on_started;
    local->message = on_message;
    local->tick = on_tick;
    local->ctx = r;
    cluster->local = local;
    cluster->cancel = on_cancel;
    cluster->say = on_say;
}
