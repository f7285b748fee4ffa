/* What the store and the ladder's folder know of a rung before it starts. */
#define _DEFAULT_SOURCE
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "base/system/clock.h"
#include "base/version.h"
#include "base/words/number.h"
#include "sweep/design/rung_places.h"
#include "sweep/sweep_running.h"
#include "train/checkpoint.h"

void ll_running_id(const ll_sweep *s, const ll_rung *r, char id[LL_RUN_ID]) {
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
ll_run ll_running_run_of(const ll_sweep *s, const ll_rung *r) {
    ll_run run;
    ll_run_init(&run);
    ll_running_id(s, r, run.id);
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

static ll_status keep_text(const char *folder, const char *name, const char *text, ll_error *err) {
    char path[LL_PATH_MAX];
    ll_file f;
    LL_TRY(ll_file_join(path, folder, name, err));
    LL_TRY(ll_file_create(&f, path, err));
    fputs(text, f.out);
    return ll_file_commit(&f, err);
}

static ll_status record_ladder(const ll_running *r, ll_error *err) {
    const ll_sweep *s = r->s;
    ll_ladder l = { 0 };
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
    ll_status status = l.spec && l.data ? keep_text(s->folder, "spec.yaml", l.spec, err)
                                        : LL_FAIL(err, LL_ENOMEM, "out of memory");
    if (status == LL_OK && s->opts.how) status = keep_text(s->folder, "how.yaml", s->opts.how, err);
    if (status == LL_OK) status = ll_store_put_ladder(r->store, &l, err);
    ll_ladder_clear(&l);
    return status;
}

/* Until a rung is recorded as done its checkpoint stays: whoever was to record it may have been killed. */
void ll_running_forget(const ll_sweep *s, const ll_rung *rung) {
    ll_worker_forget(s->folder, rung->name, !ll_spec_on_slurm(&s->spec));
}

/* Done rungs are left alone; the others are planned anew and will go on from their checkpoints. */
static ll_status record_rungs(ll_running *r, ll_error *err) {
    for (int64_t i = 0; i < r->s->n; i++) {
        ll_run run = ll_running_run_of(r->s, &r->s->rungs[i]), old;
        bool found;
        LL_TRY(ll_store_seek_run(r->store, run.id, &old, &found, err));
        bool done = found && old.state == LL_RUN_DONE;
        r->state[i] = done ? LL_TASK_DONE : LL_TASK_WAITING;
        if (done) ll_running_forget(r->s, &r->s->rungs[i]);
        else LL_TRY(ll_store_put_run(r->store, &run, err));
    }
    return LL_OK;
}

/* The state that a rung starts from, when it is there and sound; a damaged one is set aside. */
static ll_status check_start(ll_running *r, const ll_rung *rung, bool *good, ll_error *err) {
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
static ll_status record_trunks(ll_running *r, ll_error *err) {
    for (int64_t i = 0; i < r->s->n; i++) {
        const ll_rung *rung = &r->s->rungs[i];
        char mailbox[LL_PATH_MAX];
        bool good = true;
        if (rung->trunk < 0 || r->state[i] == LL_TASK_DONE || r->state[rung->trunk] != LL_TASK_DONE) continue;
        LL_TRY(check_start(r, rung, &good, err));
        if (good) continue;
        ll_run trunk = ll_running_run_of(r->s, &r->s->rungs[rung->trunk]);
        r->state[rung->trunk] = LL_TASK_WAITING;
        LL_TRY(ll_worker_mailbox(mailbox, r->s->folder, trunk.name, err));
        unlink(mailbox); /* it says that the trunk is done */
        LL_TRY(ll_store_put_run(r->store, &trunk, err));
    }
    return LL_OK;
}

ll_status ll_running_record(ll_running *r, ll_error *err) {
    LL_TRY(record_ladder(r, err));
    LL_TRY(record_rungs(r, err));
    return record_trunks(r, err);
}
