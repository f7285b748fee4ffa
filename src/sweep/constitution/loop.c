#define _POSIX_C_SOURCE 200809L
#include "sweep/constitution/loop.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/clock.h"
#include "base/system/threads.h"
#include "model/count.h"
#include "probe/local_lm.h"
#include "sweep/constitution/stages.h"
#include "sweep/sweep.h"
#include "tensor/choice/kernel_tables.h"

typedef struct looping {
    const ll_constitution *c;
    const ll_loop_opts *opts;
    ll_store *store;
    pthread_mutex_t lock; /* of the store, the progress and the first error */
    ll_run *run;          /* [n] */
    int64_t n, done;
    atomic_bool over; /* one has failed or was stopped */
    ll_error first;
} looping;

/* One run, with what the store had of it. */
typedef struct run_loop {
    looping *all;
    ll_loop_one one;
    ll_run_score *kept; /* [n_kept] */
    int64_t n_kept;
    ll_loop_spent spent; /* so far */
    double loss;         /* of plain text before */
} run_loop;

void ll_loop_settings(const ll_constitution *c, char out[LL_LOOP_SETTINGS]) {
    snprintf(out, LL_LOOP_SETTINGS, "constitution=%.12s", c->hash);
}

/* ---- scores ---- */

static void stage_of(const run_loop *r, const char *stage, char out[LL_OPTION_NAME]) {
    snprintf(out, LL_OPTION_NAME, "%s%.24s", r->one.opts->flip ? "flip_" : "", stage);
}

/* Whether the stage was measured, under what the constitution says now. */
static bool is_there(const run_loop *r, const char *stage) {
    char metric[64], settings[LL_LOOP_SETTINGS];
    ll_loop_settings(r->one.c, settings);
    snprintf(metric, sizeof metric, "%s.all", stage);
    for (int64_t i = 0; i < r->n_kept; i++)
        if (!strcmp(r->kept[i].probe, r->one.c->name) && !strcmp(r->kept[i].metric, metric) &&
            r->kept[i].step == (int64_t)r->one.run.steps && !strcmp(r->kept[i].settings, settings))
            return true;
    return false;
}

typedef struct scores {
    const run_loop *of;
    const char *stage;
    ll_run_score at[LL_LOOP_WHAT + LL_PRINCIPLES_MOST];
    int64_t n;
} scores;

static void put(scores *s, const char *what, double value, double se, int64_t items) {
    if (!isfinite(value)) return;
    ll_run_score *to = &s->at[s->n++];
    *to = (ll_run_score) {
        .step = (int64_t)s->of->one.run.steps, .value = value, .se = se, .items = items, .chance = NAN
    };
    snprintf(to->probe, sizeof to->probe, "%s", s->of->one.c->name);
    snprintf(to->metric, sizeof to->metric, "%s.%s", s->stage, what);
    ll_loop_settings(s->of->one.c, to->settings);
}

static void spend(ll_loop_spent *s, const ll_loop_spent *more, double share) {
    s->flops += share * more->flops;
    s->samples += (int64_t)(share * (double)more->samples);
    s->rounds += more->rounds;
    s->pairs += more->pairs;
}

static void put_mean(scores *s, const char *what, const ll_probe_mean *m) {
    if (m->n) put(s, what, m->mean, ll_probe_mean_se(m), m->n);
}

static ll_status put_stage(run_loop *r, const char *stage, const ll_reached *reached, ll_error *err) {
    const ll_constitution *c = r->one.c;
    scores s = { .of = r, .stage = stage };
    put_mean(&s, "all", &reached->all);
    put_mean(&s, "gold", &reached->gold);
    put_mean(&s, "kl", &reached->kl);
    for (int k = 0; k < c->n; k++) put_mean(&s, c->principle[k].id, &reached->principle[k]);
    put(&s, "loss", reached->loss, reached->loss_se, c->windows);
    put(&s, "tax", reached->loss - r->loss, NAN, c->windows);
    put(&s, "flops", r->spent.flops, NAN, 1);
    put(&s, "samples", (double)r->spent.samples, NAN, 1);
    put(&s, "rounds", (double)r->spent.rounds, NAN, 1);
    put(&s, "pairs", (double)r->spent.pairs, NAN, 1);
    pthread_mutex_lock(&r->all->lock);
    const ll_status status = ll_store_put_scores(r->all->store, r->one.run.id, s.at, s.n, err);
    pthread_mutex_unlock(&r->all->lock);
    return status;
}

/* The tuned model as a run of the same ladder, which no law is fitted to. */
static ll_status put_tuned(run_loop *r, const char *stage, const char *file, int64_t steps, double sequences,
                           const ll_reached *reached, ll_error *err) {
    const ll_model *m = &r->one.weights.model;
    const ll_count count = ll_count_of(m);
    const double tokens = (double)steps * sequences * (double)m->context;
    ll_run run = r->one.run;
    char name[LL_STAGE_NAME];
    ll_stage_name(&r->one, file, name);
    const size_t parent = strlen(run.name), head = strlen(run.id) - parent; /* an id ends with the name */
    snprintf(run.id + head, sizeof run.id - head, "%s", name);
    snprintf(run.name, sizeof run.name, "%s", name);
    snprintf(run.role, sizeof run.role, "tuned");
    snprintf(run.arm, sizeof run.arm, "%.15s", stage);
    run.state = LL_RUN_DONE;
    run.steps = (double)steps;
    run.batch_tokens = sequences * (double)m->context;
    run.tokens += tokens;
    run.flops += 6 * run.params * tokens;
    run.flops_exact += count.flops_token * tokens;
    run.loss = reached->loss;
    run.loss_se = reached->loss_se;
    run.train_loss = run.best_loss = run.best_step = run.wall_s = run.tokens_per_s = run.energy_j = NAN;
    ll_clock_utc(run.ended, sizeof run.ended);
    pthread_mutex_lock(&r->all->lock);
    const ll_status status = ll_store_put_run(r->all->store, &run, err);
    pthread_mutex_unlock(&r->all->lock);
    return status;
}

/* ---- the stages of one run ---- */

static ll_status learn_judges(run_loop *r, ll_error *err) {
    ll_loop_one *o = &r->one;
    const int64_t labels = ll_panel_labels(&o->panel);
    const ll_answering how = { o->lm, &o->learn, o->c->prompts.answer, o->c->prompts.temperature,
                               (uint64_t)o->c->seed + 3000 };
    ll_answers answers;
    if (!labels) return LL_OK;
    LL_TRY(ll_answers_draw(&answers, &how, (labels + o->learn.n - 1) / o->learn.n, err));
    ll_status s = ll_panel_ask(&o->panel, &answers, true, err);
    if (s == LL_OK) s = ll_panel_learn(&o->panel, &answers, err);
    r->spent.flops += (double)answers.drawn * o->lm->token_flops;
    r->spent.samples += answers.samples;
    ll_answers_clear(&answers);
    return s;
}

static ll_status before(run_loop *r, ll_error *err) {
    ll_reached reached;
    LL_TRY(ll_train_evaluate(&r->one.weights.model, r->one.kernels, r->one.weights.params, &r->one.val,
                             r->one.c->windows, 1, &r->loss, &reached.loss_se, err));
    if (is_there(r, "before")) return LL_OK;
    const ll_loop_spent spent = r->spent; /* for judges that learn, not for the run as it was */
    LL_TRY(ll_reach(&r->one, r->one.weights.params, &reached, err));
    r->spent = (ll_loop_spent) { 0 };
    const ll_status s = put_stage(r, "before", &reached, err);
    r->spent = spent;
    return s;
}

static ll_status supervised(run_loop *r, float *params, ll_error *err) {
    char stage[LL_OPTION_NAME];
    ll_reached reached;
    ll_loop_spent spent;
    LL_TRY(ll_stage_supervised(&r->one, r->one.weights.params, params, &spent, err));
    spend(&r->spent, &spent, 1);
    stage_of(r, "supervised", stage);
    if (is_there(r, stage)) return LL_OK;
    LL_TRY(ll_reach(&r->one, params, &reached, err));
    LL_TRY(
        put_tuned(r, stage, "sft", r->one.c->supervised.steps, (double)r->one.c->supervised.batch, &reached, err));
    return put_stage(r, stage, &reached, err);
}

static ll_status best_of(run_loop *r, const float *params, ll_error *err) {
    char word[LL_OPTION_NAME], stage[LL_OPTION_NAME];
    ll_reached reached[LL_BEST_OF_MOST];
    ll_loop_spent more;
    int n;
    int64_t most = 1;
    while (2 * most <= r->one.c->best_of) most *= 2;
    snprintf(word, sizeof word, "bestof.%lld", (long long)most);
    stage_of(r, word, stage);
    if (r->one.c->best_of < 2 || is_there(r, stage)) return LL_OK;
    LL_TRY(ll_reach_best_of(&r->one, params, reached, &n, &more, err));
    const ll_loop_spent spent = r->spent;
    for (int i = 0; i < n; i++) {
        snprintf(word, sizeof word, "bestof.%d", 1 << i);
        stage_of(r, word, stage);
        r->spent = spent;
        spend(&r->spent, &more, (double)((int64_t)1 << i) / (double)r->one.c->best_of);
        LL_TRY(put_stage(r, stage, &reached[i], err));
    }
    r->spent = spent;
    return LL_OK;
}

static ll_status preference(run_loop *r, const float *from, float *params, ll_error *err) {
    const ll_constitution *c = r->one.c;
    const ll_loop_spent spent = r->spent;
    for (int64_t point = 1; point <= c->preference.points; point++) {
        char word[LL_OPTION_NAME] = "preference", stage[LL_OPTION_NAME];
        ll_reached reached;
        ll_loop_spent more;
        const bool last = point == c->preference.points;
        if (!last) snprintf(word, sizeof word, "step.%lld", (long long)ll_stage_step(c, point));
        stage_of(r, word, stage);
        LL_TRY(ll_stage_preference(&r->one, from, point, params, &more, err));
        if (is_there(r, stage)) continue;
        r->spent = spent;
        spend(&r->spent, &more, 1);
        LL_TRY(ll_reach(&r->one, params, &reached, err));
        if (last)
            LL_TRY(put_tuned(r, stage, "dpo", c->preference.steps, 2 * (double)c->preference.batch, &reached, err));
        LL_TRY(put_stage(r, stage, &reached, err));
    }
    ll_stage_tidy(&r->one);
    return LL_OK;
}

static ll_status all_stages(run_loop *r, ll_error *err) {
    const size_t size = (size_t)ll_model_size(&r->one.weights.model);
    float *sft = calloc(size, sizeof *sft), *dpo = calloc(size, sizeof *dpo);
    ll_status s = sft && dpo ? learn_judges(r, err) : LL_FAIL(err, LL_ENOMEM, "out of memory for a model");
    if (s == LL_OK) s = before(r, err);
    if (s == LL_OK) s = supervised(r, sft, err);
    if (s == LL_OK) s = best_of(r, sft, err);
    if (s == LL_OK) s = preference(r, sft, dpo, err);
    free(sft);
    free(dpo);
    return s;
}

/* ---- one run ---- */

static ll_status open_texts(ll_loop_one *o, ll_error *err) {
    const ll_constitution *c = o->c;
    LL_TRY(ll_weights_tokenizer(&o->weights, &o->tokenizer, err));
    if (!o->tokenizer) return LL_FAIL(err, LL_EINPUT, "its tokens are no text, which judges read");
    if (c->prompts.length + c->prompts.answer > o->weights.model.context)
        return LL_FAIL(err, LL_EINPUT,
                       "%s: prompts.length and prompts.answer are %lld tokens, and the model sees %lld", c->where,
                       (long long)(c->prompts.length + c->prompts.answer), (long long)o->weights.model.context);
    LL_TRY(ll_weights_validation(&o->weights, &o->val, err));
    LL_TRY(ll_weights_training(&o->weights, &o->train, err));
    if (!o->train.tokens) return LL_FAIL(err, LL_EINPUT, "the text that it was trained on is not there any more");
    LL_TRY(ll_prompts_take(&o->learn, &o->train, o->tokenizer, c->prompts.count, c->prompts.length, err));
    return ll_prompts_take(&o->held, &o->val, o->tokenizer, c->prompts.held_out, c->prompts.length, err);
}

static ll_status open_one(ll_loop_one *o, ll_error *err) {
    char files[LL_PATH_MAX];
    LL_TRY(ll_weights_load(&o->weights, o->opts->store, o->run.id, err));
    LL_TRY(ll_sweep_files(files, o->opts->store, err));
    LL_TRY(ll_file_join(o->folder, files, o->run.ladder, err));
    ll_file_tidy(o->folder);
    LL_TRY(ll_kernels_named("auto", "fp32", &o->kernels, err));
    LL_TRY(open_texts(o, err));
    LL_TRY(
        ll_lm_local(&o->lm, &o->weights.model, o->kernels, o->weights.params, o->tokenizer, o->opts->threads, err));
    return ll_panel_open(&o->panel, o->c, o->opts->store, o->lm, o->opts->threads, err);
}

static void close_one(ll_loop_one *o) {
    ll_panel_close(&o->panel);
    ll_lm_close(o->lm);
    ll_prompts_clear(&o->learn);
    ll_prompts_clear(&o->held);
    ll_shard_close(&o->train);
    ll_shard_close(&o->val);
    ll_tokenizer_free(o->tokenizer);
    ll_weights_clear(&o->weights);
}

static ll_status loop_one(looping *l, int64_t i, ll_error *err) {
    run_loop r = { .all = l, .one = { .c = l->c, .opts = l->opts, .run = l->run[i] } };
    char last[LL_OPTION_NAME];
    pthread_mutex_lock(&l->lock);
    ll_status s = ll_store_list_scores(l->store, l->run[i].id, &r.kept, &r.n_kept, err);
    pthread_mutex_unlock(&l->lock);
    stage_of(&r, "preference", last);
    if (s == LL_OK && !is_there(&r, last)) {
        s = open_one(&r.one, err);
        if (s == LL_OK) s = all_stages(&r, err);
        close_one(&r.one);
    }
    free(r.kept);
    return s;
}

static void loop_task(void *ctx, int64_t i, int worker) {
    looping *l = ctx;
    ll_error err = { 0 };
    (void)worker;
    if (atomic_load(&l->over)) return;
    if (l->opts->stop && l->opts->stop(l->opts->ctx)) LL_FAIL(&err, LL_ESTOP, "stopped");
    else if (loop_one(l, i, &err) != LL_OK) ll_error_prefix(&err, "%.120s", l->run[i].name);
    pthread_mutex_lock(&l->lock);
    if (err.code == LL_OK) l->done++;
    else if (!atomic_exchange(&l->over, true)) l->first = err;
    if (l->opts->progress) l->opts->progress(l->opts->ctx, l->done, l->n);
    pthread_mutex_unlock(&l->lock);
}

/* ---- all of them ---- */

static int largest_first(const void *a, const void *b) {
    const ll_run *x = a, *y = b;
    if (x->params != y->params) return x->params < y->params ? 1 : -1;
    return strcmp(x->id, y->id);
}

ll_status ll_loop_select_runs(ll_store *store, const ll_loop_opts *opts, ll_run **out, int64_t *n, ll_error *err) {
    ll_ladder ladder;
    int64_t all, kept = 0;
    LL_TRY(ll_store_get_ladder(store, opts->ladder, &ladder, err));
    const ll_status s = ll_store_list_runs(store, ladder.id, LL_RUN_DONE, opts->where, out, &all, err);
    ll_ladder_clear(&ladder);
    LL_TRY(s);
    for (int64_t i = 0; i < all; i++)
        if (strcmp((*out)[i].role, "tuned") != 0 && strcmp((*out)[i].role, "trunk") != 0)
            (*out)[kept++] = (*out)[i];
    *n = kept;
    if (kept) return LL_OK;
    free(*out);
    *out = NULL;
    return LL_FAIL(err, LL_EINPUT, "%s: no run is done for which that holds", opts->store);
}

static ll_status check_names(const looping *l, ll_error *err) {
    for (int64_t i = 0; i < l->n; i++)
        if (strlen(l->run[i].name) > 40)
            return LL_FAIL(err, LL_EINPUT,
                           "%s: its name is longer than 40 letters, and the tuned ones are longer still",
                           l->run[i].name);
    return LL_OK;
}

ll_status ll_loop_run(const ll_constitution *c, const ll_loop_opts *opts, ll_error *err) {
    looping l = { .c = c, .opts = opts, .lock = PTHREAD_MUTEX_INITIALIZER };
    LL_TRY(ll_store_open_there(&l.store, opts->store, LL_STORE_WRITE, err));
    ll_status s = ll_loop_select_runs(l.store, opts, &l.run, &l.n, err);
    if (s == LL_OK) s = check_names(&l, err);
    if (s == LL_OK) {
        qsort(l.run, (size_t)l.n, sizeof *l.run, largest_first);
        ll_threads_for(l.n, opts->threads > 0 ? opts->threads : ll_threads_available(), loop_task, &l);
        if (atomic_load(&l.over)) *err = l.first, s = l.first.code;
    }
    free(l.run);
    ll_store_close(l.store);
    return s;
}
