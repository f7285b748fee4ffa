#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "probe/local_lm.h"
#include "sweep/constitution/stages.h"

void ll_reach_add(ll_reached *r, const ll_constitution *c, const ll_loop_answer *a) {
    for (int k = 0; k < c->n; k++) ll_probe_mean_add(&r->principle[k], a->violates[k]);
    ll_probe_mean_add(&r->all, a->all);
    if (!isnan(a->gold)) ll_probe_mean_add(&r->gold, a->gold);
}

/* To the run as it was. */
static ll_status diverge(const ll_loop_one *o, const float *params, ll_lm *lm, const ll_answers *answers,
                         ll_reached *out, ll_error *err) {
    const ll_tuned_model of = { &o->weights.model, o->kernels, params, o->opts->threads };
    ll_answer_texts texts;
    int64_t n = 0;
    LL_TRY(ll_answers_encode(&texts, lm, o->tokenizer, answers, err));
    double *kl = calloc((size_t)texts.n + 1, sizeof *kl);
    for (int64_t i = 0; i < texts.n; i++)
        if (texts.of[i].n) texts.of[n++] = texts.of[i];
    ll_status s = kl ? ll_tuning_divergence(&of, o->weights.params, texts.of, n, kl, err)
                     : LL_FAIL(err, LL_ENOMEM, "out of memory for %lld answers", (long long)n);
    for (int64_t i = 0; i < n && s == LL_OK; i++) ll_probe_mean_add(&out->kl, kl[i]);
    free(kl);
    ll_answer_texts_clear(&texts);
    return s;
}

static ll_status draw(const ll_loop_one *o, ll_lm *lm, int64_t samples, ll_answers *answers, ll_error *err) {
    const ll_answering how = { lm, &o->held, o->c->prompts.answer, o->c->prompts.temperature,
                               (uint64_t)o->c->seed };
    LL_TRY(ll_answers_draw(answers, &how, samples, err));
    const ll_status s = ll_panel_ask(&o->panel, answers, true, err);
    if (s != LL_OK) ll_answers_clear(answers);
    return s;
}

static ll_status reach(const ll_loop_one *o, const float *params, ll_lm *lm, ll_reached *out, ll_error *err) {
    ll_answers answers;
    LL_TRY(draw(o, lm, 1, &answers, err));
    for (int64_t i = 0; i < answers.n; i++) ll_reach_add(out, o->c, &answers.of[i]);
    const ll_status s = diverge(o, params, lm, &answers, out, err);
    ll_answers_clear(&answers);
    LL_TRY(s);
    return ll_train_evaluate(&o->weights.model, o->kernels, params, &o->val, o->c->windows, 1, &out->loss,
                             &out->loss_se, err);
}

ll_status ll_reach(const ll_loop_one *o, const float *params, ll_reached *out, ll_error *err) {
    ll_lm *lm;
    *out = (ll_reached) { .loss = NAN, .loss_se = NAN };
    LL_TRY(ll_lm_local(&lm, &o->weights.model, o->kernels, params, o->tokenizer, o->opts->threads, err));
    const ll_status s = reach(o, params, lm, out, err);
    ll_lm_close(lm);
    return s;
}

/* ---- the best of n ---- */

/* The first of the least violating, or with flip of the most. */
static const ll_loop_answer *best(const ll_loop_answer *of, int64_t n, bool flip) {
    const ll_loop_answer *best = of;
    for (int64_t i = 1; i < n; i++)
        if (flip ? of[i].all > best->all : of[i].all < best->all) best = &of[i];
    return best;
}

ll_status ll_reach_best(const ll_loop_one *o, ll_lm *lm, ll_reached out[LL_BEST_OF_MOST], int *n,
                        ll_loop_spent *spent, ll_error *err) {
    ll_answers answers;
    LL_TRY(draw(o, lm, o->c->best_of, &answers, err));
    for (*n = 0; *n < LL_BEST_OF_MOST && (int64_t)1 << *n <= o->c->best_of; (*n)++) {
        const int64_t of = (int64_t)1 << *n;
        ll_reached *r = &out[*n];
        *r = (ll_reached) { .loss = NAN, .loss_se = NAN };
        for (int64_t i = 0; i < answers.n; i += o->c->best_of)
            ll_reach_add(r, o->c, best(&answers.of[i], of, o->opts->flip));
        ll_probe_mean_add(&r->kl, log((double)of) - (double)(of - 1) / (double)of);
    }
    *spent = (ll_loop_spent) { .flops = (double)answers.drawn * lm->token_flops, .samples = answers.samples };
    ll_answers_clear(&answers);
    return LL_OK;
}

ll_status ll_reach_best_of(const ll_loop_one *o, const float *params, ll_reached out[LL_BEST_OF_MOST], int *n,
                           ll_loop_spent *spent, ll_error *err) {
    ll_lm *lm;
    LL_TRY(ll_lm_local(&lm, &o->weights.model, o->kernels, params, o->tokenizer, o->opts->threads, err));
    const ll_status s = ll_reach_best(o, lm, out, n, spent, err);
    ll_lm_close(lm);
    return s;
}
