/* The stages of a sweep: recorded, asked for at the gate, trained, sealed, scored. */
#include <stdlib.h>
#include <string.h>

#include "base/system/threads.h"
#include "forecast/ledger/ledger_seal.h"
#include "store/ledger_file.h"
#include "sweep/command/hand_out.h"
#include "sweep/design/rung_places.h"
#include "sweep/ladder_lock.h"
#include "sweep/sweep_running.h"

static ll_status answer(const ll_running *r, ll_error *err) {
    return LL_FAIL(err, r->refused.code, "%s", r->refused.msg);
}

/* What every worker is told. */
static ll_status set_worker(const ll_sweep *s, ll_worker_opts *w, ll_error *err) {
    snprintf(w->prefix, sizeof w->prefix, "%s", s->data_prefix);
    for (int i = 0, at = 0; i < s->also.n; i++)
        at +=
            snprintf(w->also + at, sizeof w->also - (size_t)at, i ? ",%s" : "%s", ll_file_name(s->also_prefix[i]));
    snprintf(w->folder, sizeof w->folder, "%s", s->folder);
    w->ranks = s->ranks;
    if (s->guard) {
        snprintf(w->policy, sizeof w->policy, "%s", s->opts.policy);
        snprintf(w->evidence, sizeof w->evidence, "%s", s->opts.evidence ? s->opts.evidence : "");
        snprintf(w->waivers, sizeof w->waivers, "%s", s->opts.waivers ? s->opts.waivers : "");
        snprintf(w->ladder, sizeof w->ladder, "%s", s->id);
    }
    return ll_file_join(w->spec, s->folder, "spec.yaml", err);
}

static ll_status train_rungs(ll_running *r, ll_task_state *stage, ll_local_use *used, ll_error *err) {
    const ll_sweep *s = r->s;
    ll_local_opts o = { .program = s->opts.program,
                        .workers = s->workers,
                        .cores = ll_threads_available(),
                        .memory = s->memory,
                        .needs = s->needs,
                        .early = !ll_spec_has_command(&s->spec) };
    ll_slurm_opts cluster = { .ladder = s->id, .wish = s->spec.engine.slurm, .mode = s->opts.mode };
    ll_running_listen(r, &o, &cluster);
    LL_TRY(set_worker(s, &o.worker, err));
    if (ll_spec_on_slurm(&s->spec)) return ll_slurm_run(&cluster, s->rungs, stage, s->n, used, err);
    return ll_local_run(&o, s->rungs, stage, s->n, used, err);
}

/* The waiting rungs of the stage, written down; none where all are done. */
static ll_status hand_out(ll_running *r, bool forecast, ll_error *err) {
    ll_sweep *s = r->s;
    ll_hand_out h;
    ll_rung_places p;
    char id[LL_RUN_ID];
    if (r->refused.code != LL_OK) return answer(r, err);
    const char *prefix = ll_spec_has_data(&s->spec) ? s->data_prefix : "";
    LL_TRY(ll_hand_out_open(&h, s->opts.hand_out, err));
    ll_status status = LL_OK;
    for (int64_t i = 0; status == LL_OK && i < s->n; i++) {
        if (ll_running_stage(&s->rungs[i]) != forecast || r->state[i] == LL_TASK_DONE) continue;
        ll_running_id(s, &s->rungs[i], id);
        status = ll_rung_places_of(&p, s->rungs, s->n, i, &s->spec, s->folder, prefix, err);
        if (status == LL_OK)
            status = ll_hand_out_rung(&h, id, s->spec.engine.command, s->spec.engine.shell, &p.places, err);
    }
    s->handed_out = h.rungs;
    if (status == LL_OK && h.rungs) return ll_hand_out_close(&h, err);
    ll_hand_out_abandon(&h);
    return status;
}

/* Trains the waiting rungs of the stage: the fitted ones and their trunks, or the one that is forecast. */
static ll_status train_stage(ll_running *r, bool forecast, ll_error *err) {
    ll_sweep *s = r->s;
    if (s->opts.hand_out && *s->opts.hand_out) return hand_out(r, forecast, err);
    if (r->refused.code != LL_OK) return answer(r, err);
    ll_task_state *stage = calloc((size_t)s->n + 1, sizeof *stage);
    if (!stage) return LL_FAIL(err, LL_ENOMEM, "out of memory");
    for (int64_t i = 0; i < s->n; i++) {
        bool here = ll_running_stage(&s->rungs[i]) == forecast;
        stage[i] = here || r->state[i] == LL_TASK_DONE ? r->state[i] : LL_TASK_SKIPPED;
    }
    ll_local_use used = { 0 };
    ll_status status = train_rungs(r, stage, &used, err);
    s->use[forecast].wall_s = used.wall_s;
    s->use[forecast].cpu_s = used.cpu_s;
    for (int64_t i = 0; i < s->n; i++)
        if (stage[i] != LL_TASK_SKIPPED) r->state[i] = stage[i];
    for (int64_t i = 0; i < s->n; i++) s->queued += stage[i] == LL_TASK_RUNNING;
    free(stage);
    if (r->store_status != LL_OK) return LL_FAIL(err, r->store_status, "%s", r->store_error.msg);
    if (r->refused.code != LL_OK) return answer(r, err);
    if (status == LL_OK && r->failed)
        return LL_FAIL(err, LL_ENUM, "%lld of %lld rungs failed; the first, %s: %s", (long long)r->failed,
                       (long long)s->n, s->rungs[r->first_failed].name, r->failure);
    return status;
}

static ll_status seal(ll_running *r, const ll_rung *rung, ll_error *err) {
    char id[LL_RUN_ID];
    ll_seal stands;
    ll_sealing how;
    bool found;
    ll_running_id(r->s, rung, id);
    LL_TRY(ll_seal_find(r->store, id, &stands, &found, err)); /* a broken chain is never trained on */
    ll_seal_target target = {
        .ladder = r->s->id, .run = id, .params = rung->count.params, .tokens = rung->tokens, .judged_by = ""
    };
    ll_error why = { 0 };
    ll_forecast *f = &stands.forecast;
    ll_status status = found ? LL_OK : ll_seal_forecast(r->store, &target, f, &how, &why);
    if (status != LL_OK && status != LL_ESTATE) return LL_FAIL(err, status, "%s", why.msg);
    if (r->watch->sealed) r->watch->sealed(r->watch->ctx, status == LL_OK ? f : NULL, why.msg);
    return LL_OK;
}

static ll_status score(ll_running *r, const ll_rung *rung, ll_error *err) {
    char id[LL_RUN_ID];
    ll_seal sealed;
    bool found;
    int64_t n;
    ll_running_id(r->s, rung, id);
    LL_TRY(ll_seal_scores(r->store, NULL, &n, err));
    LL_TRY(ll_seal_find(r->store, id, &sealed, &found, err));
    r->s->bends += found && sealed.scored && !sealed.score.covered99 && !sealed.forecast.replicate;
    if (found && sealed.scored && r->watch->scored)
        r->watch->scored(r->watch->ctx, &sealed.forecast, &sealed.score);
    return LL_OK;
}

/* The gate is asked about every rung of the stage, done ones included, before the first of it starts. */
static ll_status ask_stage(ll_running *r, bool forecast, ll_error *err) {
    for (int64_t i = 0; i < r->s->n; i++)
        if ((r->s->rungs[i].role == LL_RUNG_FORECAST) == forecast) LL_TRY(ll_running_ask(r, i, err));
    return LL_OK;
}

static ll_status publish(const ll_running *r, ll_error *err) {
    int64_t added;
    const char *ledger = r->s->opts.ledger;
    return ledger && *ledger ? ll_ledger_publish(r->store, ledger, &added, err) : LL_OK;
}

/* Evidence that is about another model is refused before anything is written. */
static ll_status check_bound(const ll_running *r, ll_error *err) {
    for (int64_t i = 0; i < r->s->n; i++) {
        const ll_run run = ll_running_run_of(r->s, &r->s->rungs[i]);
        LL_TRY(ll_guard_check_bound(r->s->guard, &run, r->s->data_hash, err));
    }
    return LL_OK;
}

/* Whose ladder a gate has refused, and who asks no policy now, is told so, and the ledger too. */
static ll_status note_unasked(const ll_running *r, ll_error *err) {
    ll_unasked u;
    bool waiting = false;
    for (int64_t i = 0; i < r->s->n; i++) waiting |= r->state[i] != LL_TASK_DONE;
    if (r->s->guard || !waiting) return LL_OK;
    LL_TRY(ll_unasked_find(&u, r->store, r->s->id, err));
    if (!*u.refusal) return LL_OK;
    LL_TRY(ll_unasked_record(&u, r->store, r->s->id, err));
    if (r->watch->unasked) r->watch->unasked(r->watch->ctx, &u);
    return LL_OK;
}

/* Rungs that are still in Slurm's queue, or are not collected yet, are not. */
static bool is_trained(const ll_running *r, bool forecast) {
    for (int64_t i = 0; i < r->s->n; i++)
        if (ll_running_stage(&r->s->rungs[i]) == forecast && r->state[i] != LL_TASK_DONE) return false;
    return true;
}

/* The fitted rungs; then every forecast is sealed before the first of the held-out rungs starts. */
static ll_status stages(ll_running *r, ll_error *err) {
    const ll_rung *rungs = r->s->rungs;
    LL_TRY(check_bound(r, err));
    int64_t bad;
    LL_TRY(ll_store_check_ledger(r->store, &bad, err));
    LL_TRY(ll_running_record(r, err));
    ll_live_begin(&r->s->live, rungs, r->state, r->s->n);
    LL_TRY(note_unasked(r, err));
    LL_TRY(ll_guard_check_clock(r->s->guard, r->store, err));
    LL_TRY(ll_guard_record_waivers(r->s->guard, r->store, err));
    LL_TRY(ask_stage(r, false, err));
    LL_TRY(train_stage(r, false, err));
    if (!is_trained(r, false)) return LL_OK;
    for (int64_t i = 0; i < r->s->n; i++)
        if (rungs[i].role == LL_RUNG_FORECAST && r->state[i] != LL_TASK_DONE) LL_TRY(seal(r, &rungs[i], err));
    LL_TRY(publish(r, err));
    LL_TRY(ask_stage(r, true, err));
    LL_TRY(train_stage(r, true, err));
    if (!is_trained(r, true)) return publish(r, err);
    for (int64_t i = 0; i < r->s->n; i++)
        if (rungs[i].role == LL_RUNG_FORECAST) LL_TRY(score(r, &rungs[i], err));
    return publish(r, err);
}

/* What killed processes left: of the ladder, and of a build that another process did since. */
static void tidy(const ll_sweep *s) {
    char data[LL_PATH_MAX];
    ll_file_folder(data, s->data_prefix);
    if (!ll_spec_on_slurm(&s->spec)) ll_file_tidy(s->folder); /* there the engine knows when nobody is at it */
    if (!*s->spec.data.shards) ll_file_tidy(data);
}

ll_status ll_sweep_run(ll_sweep *s, const ll_sweep_watch *watch, ll_error *err) {
    ll_running r = { .s = s, .watch = watch };
    int lock;
    memset(s->use, 0, sizeof s->use);
    s->live = (ll_live) { 0 };
    s->bends = s->queued = 0;
    LL_TRY(ll_ladder_lock(s->folder, s->id, &lock, err));
    tidy(s);
    ll_status status = ll_store_open(&r.store, s->opts.store, LL_STORE_WRITE, err);
    if (status == LL_OK) {
        r.state = calloc((size_t)s->n + 1, sizeof *r.state);
        status = r.state ? stages(&r, err) : LL_FAIL(err, LL_ENOMEM, "out of memory");
        ll_live_update(&s->live);
        if (s->live.rungs) ll_live_write(&s->live, s->folder);
        ll_store_close(r.store);
        free(r.state);
    }
    ll_ladder_unlock(s->folder, lock);
    return status;
}
