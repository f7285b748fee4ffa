#define _DEFAULT_SOURCE
#include "sweep/sweep.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/system/clock.h"
#include "base/system/threads.h"
#include "base/version.h"
#include "base/words/number.h"
#include "forecast/ledger/ledger_seal.h"
#include "store/ledger_file.h"
#include "sweep/command/hand_out.h"
#include "sweep/command/trainer.h"
#include "sweep/design/rung_places.h"
#include "sweep/ladder_lock.h"
#include "train/checkpoint.h"

#define TELL_S 1.0  /* between two writings of progress.json */
#define NEAR_N 0.01 /* of a command's own account, relative to what was planned */

typedef struct running {
    ll_sweep *s;
    const ll_sweep_watch *watch;
    ll_store *store;
    ll_task_state *state;
    ll_status store_status; /* the first failure of the store, which ends the sweep */
    ll_error store_error;
    int64_t failed, first_failed;
    char failure[256];
    double told;      /* when progress.json was written last */
    ll_error refused; /* the gate's first answer that was no yes, which ends the sweep */
} running;

/* ---- records ---- */

static void run_id(const ll_sweep *s, const ll_rung *r, char id[LL_RUN_ID]) {
    snprintf(id, 64, "%s/%.46s", s->id, r->name);
}

/* Of a rung that a command trains only what the spec says is known. */
static void tell_of_command(const ll_sweep *s, const ll_rung *r, ll_run *run) {
    snprintf(run->kernels, sizeof run->kernels, "command");
    if (ll_rung_counts_total(&s->spec)) run->params = NAN;
    if (!*s->spec.engine.count.flops_token) run->flops_exact = NAN;
    if (ll_spec_has_data(&s->spec)) return;
    run->unique_tokens = isfinite(ll_rung_unique(r)) ? fmin(r->tokens, ll_rung_unique(r)) : NAN;
    run->vocab = 0;
}

/* Everything about a rung that is known before it starts. */
static ll_run run_of(const ll_sweep *s, const ll_rung *r) {
    ll_run run;
    ll_run_init(&run);
    run_id(s, r, run.id);
    snprintf(run.ladder, sizeof run.ladder, "%s", s->id);
    snprintf(run.name, sizeof run.name, "%s", r->name);
    snprintf(run.family, sizeof run.family, "%s", ll_family_name(r->model.family));
    snprintf(run.role, sizeof run.role, "%s", ll_rung_role_name(r->role));
    const ll_number_scope scope = ll_number_begin();
    snprintf(run.arm, sizeof run.arm, "%.3g", r->flops);
    ll_number_end(scope);
    run.seed = (int64_t)r->seed;
    run.params = r->count.params;
    run.params_total = r->count.params_total;
    run.params_head = r->count.params_head;
    run.tokens = r->tokens;
    run.unique_tokens = fmin(r->tokens, fmin(ll_rung_unique(r), (double)s->train.tokens));
    run.flops = r->flops;
    run.flops_exact = r->flops_exact;
    run.layers = r->model.layers, run.width = r->model.width, run.heads = r->model.heads, run.ffw = r->model.ffw;
    run.context = r->model.context, run.vocab = r->model.vocab;
    run.batch_tokens = (double)(r->batch * r->model.context);
    run.steps = (double)r->steps;
    run.lr = r->lr;
    run.bytes_per_token = s->val.bytes_per_token; /* of the tokens that the loss is a mean of */
    if (strcmp(s->train.tokenizer, "byte") != 0)
        snprintf(run.tokenizer, sizeof run.tokenizer, "%.80s%s%.12s", s->train.tokenizer,
                 *s->train.tokenizer_hash ? " " : "", s->train.tokenizer_hash);
    if (s->kernels) {
        snprintf(run.kernels, sizeof run.kernels, "%s", s->kernels->name);
        snprintf(run.precision, sizeof run.precision, "%.15s", s->spec.train.precision);
    } else tell_of_command(s, r, &run);
    snprintf(run.version, sizeof run.version, "%s %s", LL_VERSION, LL_COMMIT);
    if (gethostname(run.host, sizeof run.host - 1) != 0) run.host[0] = 0;
    return run;
}

static ll_json *data_json(const ll_sweep *s) {
    ll_json *o = ll_json_object();
    const ll_shard_info *sides[2] = { &s->train, &s->val };
    static const char *const names[2] = { "train", "val" };
    ll_json_set_str(o, "prefix", s->data_prefix);
    ll_json_set_str(o, "origin", s->train.origin);
    ll_json_set_str(o, "tokenizer", s->train.tokenizer);
    ll_json_set_str(o, "tokenizer_hash", s->train.tokenizer_hash);
    ll_json_set_num(o, "bytes_per_token", s->val.bytes_per_token);
    ll_json_set_num(o, "entropy", s->train.entropy);
    ll_json_set_int(o, "bytes", s->train.bytes + s->val.bytes);
    ll_json_set_int(o, "documents", s->train.documents + s->val.documents);
    ll_json_set_int(o, "duplicates", s->train.duplicates + s->val.duplicates);
    ll_json_set_int(o, "tokens", s->train.tokens + s->val.tokens);
    for (int i = 0; i < 2; i++) {
        ll_json *side = ll_json_group(o, names[i]);
        ll_json_set_str(side, "hash", sides[i]->hash);
        ll_json_set_int(side, "bytes", sides[i]->bytes);
        ll_json_set_int(side, "documents", sides[i]->documents);
        ll_json_set_int(side, "tokens", sides[i]->tokens);
    }
    return o;
}

static ll_status record_ladder(const running *r, ll_error *err) {
    const ll_sweep *s = r->s;
    ll_ladder l = { 0 };
    char path[LL_PATH_MAX];
    ll_json *data = data_json(s);
    snprintf(l.id, sizeof l.id, "%s", s->id);
    snprintf(l.name, sizeof l.name, "%s", s->spec.name);
    snprintf(l.spec_hash, sizeof l.spec_hash, "%s", s->spec_hash);
    snprintf(l.data_hash, sizeof l.data_hash, "%s", s->data_hash);
    snprintf(l.command, sizeof l.command, "%s", s->opts.command);
    snprintf(l.version, sizeof l.version, "%s %s", LL_VERSION, LL_COMMIT);
    ll_clock_utc(l.created, sizeof l.created);
    l.spec = ll_spec_text(&s->spec);
    l.data = ll_json_text(data, false);
    ll_json_free(data);
    ll_status status = l.spec && l.data ? ll_file_join(path, s->folder, "spec.yaml", err)
                                        : LL_FAIL(err, LL_ENOMEM, "out of memory");
    ll_file f;
    if (status == LL_OK) status = ll_file_create(&f, path, err);
    if (status == LL_OK) {
        fputs(l.spec, f.out);
        status = ll_file_commit(&f, err);
    }
    if (status == LL_OK) status = ll_store_put_ladder(r->store, &l, err);
    ll_ladder_clear(&l);
    return status;
}

/* Until a rung is recorded as done its checkpoint stays: whoever was to record it may have been killed. */
static void forget(const ll_sweep *s, const ll_rung *rung) {
    ll_worker_forget(s->folder, rung->name, !ll_spec_on_slurm(&s->spec));
}

/* Done rungs are left alone; the others are planned anew and will go on from their checkpoints. */
static ll_status record_rungs(running *r, ll_error *err) {
    for (int64_t i = 0; i < r->s->n; i++) {
        ll_run run = run_of(r->s, &r->s->rungs[i]), old;
        bool found;
        LL_TRY(ll_store_seek_run(r->store, run.id, &old, &found, err));
        bool done = found && old.state == LL_RUN_DONE;
        r->state[i] = done ? LL_TASK_DONE : LL_TASK_WAITING;
        if (done) forget(r->s, &r->s->rungs[i]);
        else LL_TRY(ll_store_put_run(r->store, &run, err));
    }
    return LL_OK;
}

/* The state that a rung starts from, when it is there and sound; a damaged one is set aside. */
static ll_status check_start(running *r, const ll_rung *rung, bool *good, ll_error *err) {
    char path[LL_PATH_MAX], aside[LL_PATH_MAX];
    const ll_rung *trunk = &r->s->rungs[rung->trunk];
    ll_message m = { .kind = LL_MESSAGE_NOTE };
    if (ll_spec_has_command(&r->s->spec)) { /* what it holds is the command's business */
        LL_TRY(ll_rung_out(path, r->s->folder, trunk->name, err));
        *good = access(path, F_OK) == 0;
        return LL_OK;
    }
    LL_TRY(ll_worker_branch(path, r->s->folder, trunk->name, rung->start_step, err));
    ll_status s = ll_checkpoint_check(&trunk->model, path, &m.error);
    *good = s == LL_OK;
    if (*good || (s != LL_EFORMAT && s != LL_EINPUT)) return *good ? LL_OK : (*err = m.error, s);
    if (s == LL_EFORMAT) LL_TRY(ll_file_set_aside(aside, path, err));
    ll_error why = m.error;
    LL_FAIL(&m.error, s, "%.700s: the trunk %s is trained again", why.msg, trunk->name);
    if (r->watch->message) r->watch->message(r->watch->ctx, rung->trunk, &m);
    return LL_OK;
}

/* A trunk is done only while the states that waiting rungs start from are there: else it is trained again, which
 * gives the same to the last bit. */
static ll_status record_trunks(running *r, ll_error *err) {
    for (int64_t i = 0; i < r->s->n; i++) {
        const ll_rung *rung = &r->s->rungs[i];
        char mailbox[LL_PATH_MAX];
        bool good = true;
        if (rung->trunk < 0 || r->state[i] == LL_TASK_DONE || r->state[rung->trunk] != LL_TASK_DONE) continue;
        LL_TRY(check_start(r, rung, &good, err));
        if (good) continue;
        ll_run trunk = run_of(r->s, &r->s->rungs[rung->trunk]);
        r->state[rung->trunk] = LL_TASK_WAITING;
        LL_TRY(ll_worker_mailbox(mailbox, r->s->folder, trunk.name, err));
        unlink(mailbox); /* it says that the trunk is done */
        LL_TRY(ll_store_put_run(r->store, &trunk, err));
    }
    return LL_OK;
}

/* ---- what the engine tells ---- */

static void note(running *r, ll_status s, const ll_error *err) {
    if (s == LL_OK || r->store_status != LL_OK) return;
    r->store_status = s;
    r->store_error = *err;
}

static bool on_stop(void *ctx) {
    running *r = ctx;
    return r->store_status != LL_OK || r->refused.code != LL_OK || ll_ladder_is_to_stop(r->s->folder) ||
           (r->watch->stop && r->watch->stop(r->watch->ctx));
}

/* A gate's no ends what runs on other machines, too; otherwise whoever watches is asked. */
static bool on_cancel(void *ctx) {
    running *r = ctx;
    if (r->store_status != LL_OK || r->refused.code != LL_OK) return r->refused.code != LL_OK;
    return r->watch->cancel && r->watch->cancel(r->watch->ctx);
}

static void on_say(void *ctx, const char *line) {
    const running *r = ctx;
    if (r->watch->say) r->watch->say(r->watch->ctx, line);
}

static void on_started(void *ctx, int64_t i) {
    running *r = ctx;
    ll_error err = { 0 };
    ll_run run = run_of(r->s, &r->s->rungs[i]);
    run.state = LL_RUN_RUNNING;
    ll_clock_utc(run.started, sizeof run.started);
    note(r, ll_store_put_run(r->store, &run, &err), &err);
    ll_live_started(&r->s->live, &r->s->rungs[i]);
    if (r->watch->started) r->watch->started(r->watch->ctx, i);
}

static int stage_of(const ll_rung *r) {
    return r->role == LL_RUNG_FORECAST;
}

static void count_use(running *r, const ll_rung *rung, const ll_message *m) {
    ll_sweep_use *use = &r->s->use[stage_of(rung)];
    const ll_train_result *trained = &m->result;
    for (int p = 0; p < LL_PARTS; p++) use->part_s[p] += trained->cpu_s[p];
    if (m->kind != LL_MESSAGE_DONE) return;
    use->rungs++;
    use->flops += trained->tokens_per_s * trained->wall_s * rung->count.flops_token;
}

/* ---- the gate ---- */

/* The first answer that is no yes is kept, and goes into the ledger. */
static void refuse(running *r, const ll_run *run, const ll_error *why) {
    ll_error err = { 0 };
    if (r->refused.code != LL_OK) return;
    r->refused = *why;
    ll_error_prefix(&r->refused, "ladder %s, rung %s", r->s->id, run->name);
    note(r, ll_guard_record_refusal(r->s->guard, r->store, run->id, why, &err), &err);
}

/* Before a rung about all that it will take; after it about what came. */
static void ask(running *r, const ll_run *run, const ll_forecast *forecast) {
    ll_error why = { 0 };
    ll_guard_moment m = ll_guard_moment_of(run, forecast);
    if (ll_guard_ask(r->s->guard, &m, &why) == LL_OK) return;
    ll_error_prefix(&why, "%s", m.when == LL_GATE_SINCE ? "trained" : "before it starts");
    refuse(r, run, &why);
}

static ll_status ask_rung(running *r, int64_t i, ll_error *err) {
    char id[LL_RUN_ID];
    ll_run run;
    ll_seal sealed;
    bool found;
    if (!r->s->guard) return LL_OK;
    run_id(r->s, &r->s->rungs[i], id);
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
static void take_account(running *r, int64_t i, ll_run *run, const ll_message *m) {
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

static void finish(running *r, int64_t i, const ll_message *m) {
    ll_error err = { 0 };
    char id[LL_RUN_ID];
    ll_run run;
    run_id(r->s, &r->s->rungs[i], id);
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
    if (run.state == LL_RUN_DONE && r->store_status == LL_OK) forget(r->s, &r->s->rungs[i]);
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
    running *r = ctx;
    ll_error err = { 0 };
    if (m->kind == LL_MESSAGE_POINT) {
        char id[LL_RUN_ID];
        run_id(r->s, &r->s->rungs[i], id);
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
    running *r = ctx;
    const double now = ll_clock_now();
    ll_live_update(&r->s->live);
    if (now - r->told > TELL_S) ll_live_write(&r->s->live, r->s->folder), r->told = now;
    if (r->watch->tick) r->watch->tick(r->watch->ctx);
}

/* ---- stages ---- */

static ll_status answer(const running *r, ll_error *err) {
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

static ll_status train_rungs(running *r, ll_task_state *stage, ll_local_use *used, ll_error *err) {
    const ll_sweep *s = r->s;
    ll_local_opts o = { .program = s->opts.program,
                        .workers = s->workers,
                        .cores = ll_threads_available(),
                        .memory = s->memory,
                        .needs = s->needs,
                        .early = !ll_spec_has_command(&s->spec),
                        .stop = on_stop,
                        .started = on_started,
                        .message = on_message,
                        .tick = on_tick,
                        .ctx = r };
    const ll_slurm_opts cluster = { .local = &o,
                                    .ladder = s->id,
                                    .wish = s->spec.engine.slurm,
                                    .mode = s->opts.mode,
                                    .cancel = on_cancel,
                                    .say = on_say };
    LL_TRY(set_worker(s, &o.worker, err));
    if (ll_spec_on_slurm(&s->spec)) return ll_slurm_run(&cluster, s->rungs, stage, s->n, used, err);
    return ll_local_run(&o, s->rungs, stage, s->n, used, err);
}

/* The waiting rungs of the stage, written down; none where all are done. */
static ll_status hand_out(running *r, bool forecast, ll_error *err) {
    ll_sweep *s = r->s;
    ll_hand_out h;
    ll_rung_places p;
    char id[LL_RUN_ID];
    if (r->refused.code != LL_OK) return answer(r, err);
    const char *prefix = ll_spec_has_data(&s->spec) ? s->data_prefix : "";
    LL_TRY(ll_hand_out_open(&h, s->opts.hand_out, err));
    ll_status status = LL_OK;
    for (int64_t i = 0; status == LL_OK && i < s->n; i++) {
        if (stage_of(&s->rungs[i]) != forecast || r->state[i] == LL_TASK_DONE) continue;
        run_id(s, &s->rungs[i], id);
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
static ll_status train_stage(running *r, bool forecast, ll_error *err) {
    ll_sweep *s = r->s;
    if (s->opts.hand_out && *s->opts.hand_out) return hand_out(r, forecast, err);
    if (r->refused.code != LL_OK) return answer(r, err);
    ll_task_state *stage = calloc((size_t)s->n + 1, sizeof *stage);
    if (!stage) return LL_FAIL(err, LL_ENOMEM, "out of memory");
    for (int64_t i = 0; i < s->n; i++) {
        bool here = stage_of(&s->rungs[i]) == forecast;
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

static ll_status seal(running *r, const ll_rung *rung, ll_error *err) {
    char id[LL_RUN_ID];
    ll_seal stands;
    ll_sealing how;
    bool found;
    run_id(r->s, rung, id);
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

static ll_status score(running *r, const ll_rung *rung, ll_error *err) {
    char id[LL_RUN_ID];
    ll_seal sealed;
    bool found;
    int64_t n;
    run_id(r->s, rung, id);
    LL_TRY(ll_seal_scores(r->store, NULL, &n, err));
    LL_TRY(ll_seal_find(r->store, id, &sealed, &found, err));
    r->s->bends += found && sealed.scored && !sealed.score.covered99;
    if (found && sealed.scored && r->watch->scored)
        r->watch->scored(r->watch->ctx, &sealed.forecast, &sealed.score);
    return LL_OK;
}

/* The gate is asked about every rung of the stage, done ones included, before the first of it starts. */
static ll_status ask_stage(running *r, bool forecast, ll_error *err) {
    for (int64_t i = 0; i < r->s->n; i++)
        if ((r->s->rungs[i].role == LL_RUNG_FORECAST) == forecast) LL_TRY(ask_rung(r, i, err));
    return LL_OK;
}

static ll_status publish(const running *r, ll_error *err) {
    int64_t added;
    const char *ledger = r->s->opts.ledger;
    return ledger && *ledger ? ll_ledger_publish(r->store, ledger, &added, err) : LL_OK;
}

/* Evidence that is about another model is refused before anything is written. */
static ll_status check_bound(const running *r, ll_error *err) {
    for (int64_t i = 0; i < r->s->n; i++) {
        const ll_run run = run_of(r->s, &r->s->rungs[i]);
        LL_TRY(ll_guard_check_bound(r->s->guard, &run, r->s->data_hash, err));
    }
    return LL_OK;
}

/* Whose ladder a gate has refused, and who asks no policy now, is told so, and the ledger too. */
static ll_status note_unasked(const running *r, ll_error *err) {
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
static bool is_trained(const running *r, bool forecast) {
    for (int64_t i = 0; i < r->s->n; i++)
        if (stage_of(&r->s->rungs[i]) == forecast && r->state[i] != LL_TASK_DONE) return false;
    return true;
}

/* The fitted rungs; then every forecast is sealed before the first of the held-out rungs starts. */
static ll_status stages(running *r, ll_error *err) {
    const ll_rung *rungs = r->s->rungs;
    LL_TRY(check_bound(r, err));
    int64_t bad;
    LL_TRY(ll_store_check_ledger(r->store, &bad, err));
    LL_TRY(record_ladder(r, err));
    LL_TRY(record_rungs(r, err));
    LL_TRY(record_trunks(r, err));
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
    running r = { .s = s, .watch = watch };
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
