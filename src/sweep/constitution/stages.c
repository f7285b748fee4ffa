#define _POSIX_C_SOURCE 200809L
#include "sweep/constitution/stages.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "model/count.h"
#include "probe/local_lm.h"
#include "sweep/workers/worker.h"
#include "train/checkpoint.h"

enum { SEED_REVISE = 1000, SEED_PAIRS = 2000, CHECKPOINT_S = 10, WARMUP_SHARE = 20 };

/* ---- places ---- */

void ll_stage_name(const ll_loop_one *o, const char *stage, char out[LL_STAGE_NAME]) {
    snprintf(out, LL_STAGE_NAME, "%.40s+%.12s%s.%.3s", o->run.name, o->c->name, o->opts->flip ? ".flip" : "",
             stage);
}

int64_t ll_stage_step(const ll_constitution *c, int64_t point) {
    return c->preference.steps * point / c->preference.points;
}

typedef struct places {
    char weights[LL_PATH_MAX], checkpoint[LL_PATH_MAX + 16], branch[LL_PATH_MAX], cost[LL_PATH_MAX + 16];
} places;

/* Point 0: a stage that has none. The last point's weights are the stage's. What only serves on the way bears the
 * constitution's hash: another one of that name finds none of it. */
static ll_status places_of(const ll_loop_one *o, const char *stage, int64_t point, places *p, ll_error *err) {
    char name[LL_STAGE_NAME], of[LL_STAGE_NAME + 64];
    ll_stage_name(o, stage, name);
    snprintf(of, sizeof of, "%s.%.8s", name, o->c->hash);
    LL_TRY(ll_file_join(p->branch, o->folder, of, err));
    snprintf(p->checkpoint, sizeof p->checkpoint, "%.*s.state", LL_PATH_MAX - 1, p->branch);
    snprintf(p->cost, sizeof p->cost, "%.*s.json", LL_PATH_MAX - 1, p->branch);
    if (!point || point == o->c->preference.points) return ll_worker_weights(p->weights, o->folder, name, err);
    snprintf(of, sizeof of, "%s.%.8s.%lld.point", name, o->c->hash, (long long)point);
    return ll_file_join(p->weights, o->folder, of, err);
}

/* Weights belong to a stage of a run under a constitution. */
static void identify(const ll_loop_one *o, const char *stage, char identity[LL_HASH_HEX]) {
    char text[LL_RUN_ID + 256], name[LL_STAGE_NAME];
    ll_stage_name(o, stage, name);
    const int n = snprintf(text, sizeof text, "%s\n%s\n%s\n", o->run.id, name, o->c->hash);
    ll_hash_of(text, (size_t)n, identity);
}

/* False where they are not there, damaged, or those of another constitution. */
static bool read_done(const ll_loop_one *o, const char *stage, const char *path, float *params) {
    ll_checkpoint c = { .model = &o->weights.model, .params = params };
    ll_error none = { 0 };
    identify(o, stage, c.identity);
    return ll_checkpoint_read(&c, path, &none) == LL_OK;
}

static ll_status read_back(const ll_loop_one *o, const char *stage, const char *path, float *params,
                           ll_error *err) {
    if (read_done(o, stage, path, params)) return LL_OK;
    return LL_FAIL(err, LL_EFORMAT, "%s: it was written and cannot be read", path);
}

/* ---- what a stage has cost and found, beside its weights ---- */

/* spent: before anything is trained. texts: how many there are to learn from. */
static ll_status write_cost(const char *path, const ll_loop_spent *spent, int64_t texts, ll_error *err) {
    ll_file f;
    LL_TRY(ll_file_create(&f, path, err));
    fprintf(f.out,
            "{\"schema\":\"loglog.constitution-stage/1\",\"sampling_flops\":%.17g,\"texts\":%lld,\"samples\":%lld,"
            "\"rounds\":%lld}\n",
            spent->flops, (long long)texts, (long long)spent->samples, (long long)spent->rounds);
    return ll_file_commit(&f, err);
}

static ll_status read_cost(const char *path, ll_loop_spent *spent, int64_t *texts, ll_error *err) {
    ll_json *doc;
    LL_TRY(ll_json_load(path, 1 << 16, &doc, err));
    *spent = (ll_loop_spent) { .flops = ll_json_get_num(doc, "sampling_flops"),
                               .samples = ll_json_get_int(doc, "samples", -1),
                               .rounds = ll_json_get_int(doc, "rounds", -1) };
    *texts = ll_json_get_int(doc, "texts", -1);
    ll_json_free(doc);
    if (isfinite(spent->flops) && *texts >= 0 && spent->samples >= 0 && spent->rounds >= 0) return LL_OK;
    return LL_FAIL(err, LL_EFORMAT, "%s: expected what a stage has cost", path);
}

/* ---- training ---- */

typedef struct tuning {
    const char *stage;
    const ll_train_lesson *lesson;
    const float *from;
    int64_t batch, micro, first, last; /* steps [first, last); first > 0: from the state that was left there */
    double rate;
    places at;
} tuning;

static ll_verdict watch(void *ctx, const ll_train_event *e) {
    const ll_loop_opts *opts = ctx;
    (void)e;
    return opts->stop && opts->stop(opts->ctx) ? LL_CHECKPOINT_AND_STOP : LL_CONTINUE;
}

static ll_status tune(const ll_loop_one *o, const tuning *t, int64_t steps, ll_error *err) {
    char start[LL_PATH_MAX + 32];
    ll_train_result result;
    const int64_t warmup = steps / WARMUP_SHARE;
    ll_train_job job = { .model = o->weights.model,
                         .kernels = o->kernels,
                         .train = &o->train,
                         .val = &o->val,
                         .steps = t->last,
                         .batch = t->batch,
                         .micro = t->micro,
                         .schedule = { LL_SCHEDULE_CONSTANT, t->last, warmup, 0, 1 },
                         .lr = t->rate * o->run.lr,
                         .beta1 = 0.9,
                         .beta2 = 0.99,
                         .eps = 1e-8,
                         .clip = 1,
                         .seed = (uint64_t)o->c->seed,
                         .threads = o->opts->threads > 0 ? o->opts->threads : 2,
                         .params = t->from,
                         .lesson = t->lesson,
                         .eval_points = 1,
                         .eval_windows = 1,
                         .final_windows = 1,
                         .checkpoint = t->at.checkpoint,
                         .checkpoint_s = CHECKPOINT_S,
                         .branch_step = { t->last },
                         .n_branches = t->last < steps,
                         .branch_prefix = t->at.branch,
                         .weights = t->at.weights };
    if (!(job.lr > 0)) return LL_FAIL(err, LL_EINPUT, "%s: its learning rate is not known", o->run.name);
    identify(o, t->stage, job.identity);
    snprintf(start, sizeof start, "%.900s-%lld.safetensors", t->at.branch, (long long)t->first);
    if (t->first) job.start = start;
    LL_TRY(ll_train_run(&job, watch, (void *)o->opts, &result, err));
    unlink(t->at.checkpoint);
    return LL_OK;
}

/* Weights of the model before, where there is nothing to learn from. */
static ll_status stay(const ll_loop_one *o, const tuning *t, ll_error *err) {
    ll_checkpoint c = { .model = &o->weights.model, .params = (float *)t->from, .step = t->last };
    identify(o, t->stage, c.identity);
    return ll_checkpoint_write(&c, t->at.weights, err);
}

static double step_flops(const ll_loop_one *o) {
    return ll_count_of(&o->weights.model).flops_token * (double)o->weights.model.context;
}

/* ---- supervised ---- */

bool ll_stage_is_bad(const ll_loop_one *o, const ll_loop_answer *a) {
    return o->opts->flip ? a->all < 0.5 : a->all > 0.5;
}

bool ll_stage_is_better(const ll_loop_one *o, const ll_loop_answer *a, const ll_loop_answer *than) {
    return o->opts->flip ? a->all > than->all : a->all < than->all;
}

ll_status ll_stage_revise(const ll_loop_one *o, ll_answering *how, ll_answers *all, ll_loop_answer *a,
                          int64_t *rounds, ll_error *err) {
    for (int64_t round = 0; round < o->c->revise.rounds && ll_stage_is_bad(o, a); round++, (*rounds)++) {
        ll_answers tries;
        how->seed = (uint64_t)(o->c->seed + SEED_REVISE + round);
        if (o->opts->flip) a->from = 0;
        LL_TRY(ll_answers_again(&tries, how, a, o->c->revise.tries, err));
        const ll_status s = ll_panel_ask(&o->panel, &tries, false, err);
        for (int64_t i = 0; i < tries.n && s == LL_OK; i++)
            if (ll_stage_is_better(o, &tries.of[i], a)) ll_answer_swap(a, &tries.of[i]);
        all->drawn += tries.drawn;
        all->samples += tries.samples;
        ll_answers_clear(&tries);
        LL_TRY(s);
    }
    return LL_OK;
}

/* Those that do not violate any more; where none does not, all. */
static ll_status good_texts(const ll_loop_one *o, ll_lm *lm, const ll_answers *all, ll_answer_texts *texts,
                            ll_error *err) {
    int64_t n = 0, good = 0;
    LL_TRY(ll_answers_encode(texts, lm, o->tokenizer, all, err));
    for (int64_t i = 0; i < all->n; i++) good += !ll_stage_is_bad(o, &all->of[i]) && texts->of[i].n;
    for (int64_t i = 0; i < all->n; i++)
        if (texts->of[i].n && (!good || !ll_stage_is_bad(o, &all->of[i]))) texts->of[n++] = texts->of[i];
    texts->n = n;
    return LL_OK;
}

static ll_status revised(const ll_loop_one *o, ll_lm *lm, ll_answer_texts *texts, const char *cost, ll_error *err) {
    ll_answering how = { lm, &o->learn, o->c->prompts.answer, o->c->prompts.temperature, (uint64_t)o->c->seed };
    ll_answers all;
    ll_loop_spent spent = { 0 };
    LL_TRY(ll_answers_draw(&all, &how, 1, err));
    ll_status s = ll_panel_ask(&o->panel, &all, false, err);
    for (int64_t i = 0; i < all.n && s == LL_OK; i++)
        s = ll_stage_revise(o, &how, &all, &all.of[i], &spent.rounds, err);
    if (s == LL_OK) s = good_texts(o, lm, &all, texts, err);
    spent.flops = (double)all.drawn * lm->token_flops;
    spent.samples = all.samples;
    if (s == LL_OK) s = write_cost(cost, &spent, texts->n, err);
    ll_answers_clear(&all);
    return s;
}

static ll_status supervise(const ll_loop_one *o, tuning *t, ll_lm *lm, ll_error *err) {
    ll_answer_texts texts = { 0 };
    const int64_t batch = o->c->supervised.batch;
    LL_TRY(revised(o, lm, &texts, t->at.cost, err));
    const ll_finetune f = { .text = texts.of,
                            .n = texts.n,
                            .plain = (int64_t)((double)batch * o->c->supervised.plain),
                            .shard = &o->train,
                            .batch = batch,
                            .T = o->weights.model.context,
                            .seed = (uint64_t)o->c->seed };
    const ll_train_lesson lesson = ll_finetune_lesson(&f);
    t->lesson = &lesson;
    const ll_status s = texts.n ? tune(o, t, o->c->supervised.steps, err) : stay(o, t, err);
    ll_answer_texts_clear(&texts);
    return s;
}

ll_status ll_stage_supervised(const ll_loop_one *o, const float *from, float *params, ll_loop_spent *spent,
                              ll_error *err) {
    const int64_t batch = o->c->supervised.batch;
    tuning t = { .stage = "sft",
                 .from = from,
                 .batch = batch,
                 .micro = ll_train_micro(&o->weights.model, batch),
                 .last = o->c->supervised.steps,
                 .rate = o->c->supervised.rate };
    int64_t texts;
    LL_TRY(places_of(o, "sft", 0, &t.at, err));
    if (!read_done(o, "sft", t.at.weights, params)) {
        LL_TRY(supervise(o, &t, o->lm, err));
        LL_TRY(read_back(o, "sft", t.at.weights, params, err));
    }
    LL_TRY(read_cost(t.at.cost, spent, &texts, err));
    if (texts) spent->flops += step_flops(o) * (double)(batch * o->c->supervised.steps);
    return LL_OK;
}

/* ---- preference ---- */

static double better(const ll_loop_one *o, const ll_loop_answer *a, const ll_loop_answer *b) {
    const double t = 0.5 + (b->all - a->all) / 2;
    return o->opts->flip ? 1 - t : t;
}

/* Neighbours among the answers, where the judges prefer one. */
static int64_t pair_up(const ll_loop_one *o, const ll_answers *all, const ll_answer_texts *texts, const double *ref,
                       ll_dpo_pair *pair) {
    int64_t n = 0;
    for (int64_t i = 0; i + 1 < all->n; i += 2) {
        const double t = better(o, &all->of[i], &all->of[i + 1]);
        if (!texts->of[i].n || !texts->of[i + 1].n || fabs(t - 0.5) < 1e-3) continue;
        pair[n++] = (ll_dpo_pair) { texts->of[i], texts->of[i + 1], ref[i], ref[i + 1], t };
    }
    return n;
}

static ll_status reference_of(const ll_loop_one *o, const float *from, const ll_answer_texts *texts, double *ref,
                              ll_error *err) {
    const ll_tuned_model of = { &o->weights.model, o->kernels, from, o->opts->threads };
    for (int64_t i = 0; i < texts->n; i++)
        if (texts->of[i].n) LL_TRY(ll_tuning_logprobs(&of, &texts->of[i], 1, &ref[i], err));
    return LL_OK;
}

static ll_status prefer(const ll_loop_one *o, tuning *t, const ll_answers *all, const ll_answer_texts *texts,
                        const ll_loop_spent *spent, ll_error *err) {
    double *ref = calloc((size_t)all->n + 1, sizeof *ref);
    ll_dpo_pair *pair = calloc((size_t)all->n + 1, sizeof *pair);
    ll_status s = ref && pair ? reference_of(o, t->from, texts, ref, err)
                              : LL_FAIL(err, LL_ENOMEM, "out of memory for %lld answers", (long long)all->n);
    if (s == LL_OK) {
        const ll_dpo d = { .pair = pair,
                           .n = pair_up(o, all, texts, ref, pair),
                           .beta = o->c->preference.beta,
                           .batch = t->batch,
                           .T = o->weights.model.context,
                           .seed = (uint64_t)o->c->seed };
        const ll_train_lesson lesson = ll_dpo_lesson(&d);
        t->lesson = &lesson;
        s = write_cost(t->at.cost, spent, d.n, err);
        if (s == LL_OK) s = d.n ? tune(o, t, o->c->preference.steps, err) : stay(o, t, err);
    }
    free(ref);
    free(pair);
    return s;
}

static ll_status draw_and_prefer(const ll_loop_one *o, tuning *t, ll_lm *lm, ll_error *err) {
    const ll_answering how = { lm, &o->learn, o->c->prompts.answer, o->c->prompts.temperature,
                               (uint64_t)(o->c->seed + SEED_PAIRS) };
    ll_answers all;
    ll_answer_texts texts = { 0 };
    LL_TRY(ll_answers_draw(&all, &how, 2 * o->c->preference.pairs, err));
    ll_status s = ll_panel_ask(&o->panel, &all, false, err);
    if (s == LL_OK) s = ll_answers_encode(&texts, lm, o->tokenizer, &all, err);
    const ll_loop_spent spent = { .flops = (double)all.drawn * lm->token_flops, .samples = all.samples };
    if (s == LL_OK) s = prefer(o, t, &all, &texts, &spent, err);
    ll_answer_texts_clear(&texts);
    ll_answers_clear(&all);
    return s;
}

static ll_status train_point(const ll_loop_one *o, tuning *t, ll_error *err) {
    ll_lm *lm;
    LL_TRY(ll_lm_local(&lm, &o->weights.model, o->kernels, t->from, o->tokenizer, o->opts->threads, err));
    const ll_status s = draw_and_prefer(o, t, lm, err);
    ll_lm_close(lm);
    return s;
}

ll_status ll_stage_preference(const ll_loop_one *o, const float *from, int64_t point, float *params,
                              ll_loop_spent *spent, ll_error *err) {
    const int64_t batch = 2 * o->c->preference.batch;
    tuning t = { .stage = "dpo",
                 .from = from,
                 .batch = batch,
                 .micro = ll_dpo_micro(ll_train_micro(&o->weights.model, batch), batch),
                 .first = ll_stage_step(o->c, point - 1),
                 .last = ll_stage_step(o->c, point),
                 .rate = o->c->preference.rate };
    int64_t pairs;
    LL_TRY(places_of(o, "dpo", point, &t.at, err));
    if (!read_done(o, "dpo", t.at.weights, params)) {
        LL_TRY(train_point(o, &t, err));
        LL_TRY(read_back(o, "dpo", t.at.weights, params, err));
    }
    LL_TRY(read_cost(t.at.cost, spent, &pairs, err));
    if (!pairs) return LL_OK;
    spent->pairs = o->c->preference.batch * t.last;
    spent->flops += step_flops(o) * (double)(batch * t.last);
    return LL_OK;
}

void ll_stage_tidy(const ll_loop_one *o) {
    char path[LL_PATH_MAX + 32];
    for (int64_t point = 1; point < o->c->preference.points; point++) {
        places at;
        if (places_of(o, "dpo", point, &at, NULL) != LL_OK) return;
        unlink(at.weights);
        snprintf(path, sizeof path, "%.900s-%lld.safetensors", at.branch, (long long)ll_stage_step(o->c, point));
        unlink(path);
    }
}
