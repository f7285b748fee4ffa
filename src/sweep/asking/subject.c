#include "sweep/asking/subject.h"

#include <string.h>

#include "probe/local_lm.h"
#include "tensor/choice/kernel_tables.h"

/* What is said to it and what it says goes through its tokenizer. */
static ll_status give_words(ll_subject *s, int threads, ll_error *err) {
    LL_TRY(ll_kernels_named("auto", "fp32", &s->kernels, err));
    if (!s->tokenizer) return LL_OK;
    return ll_lm_local(&s->lm, &s->weights.model, s->kernels, s->weights.params, s->tokenizer, threads, err);
}

static ll_status closed_on(ll_status status, ll_subject *s) {
    if (status != LL_OK) ll_subject_close(s);
    return status;
}

ll_status ll_subject_run(ll_subject *out, const char *store, const char *run, int threads, ll_error *err) {
    *out = (ll_subject) { 0 };
    ll_status status = ll_weights_load(&out->weights, store, run, err);
    if (status == LL_OK) status = ll_weights_tokenizer(&out->weights, &out->tokenizer, err);
    if (status == LL_OK) status = give_words(out, threads, err);
    return closed_on(status, out);
}

static ll_status read_file(ll_subject *s, const char *path, const char *tokenizer, int threads, ll_error *err) {
    LL_TRY(ll_weights_file(&s->weights, path, err));
    LL_TRY(ll_tokenizer_open(&s->tokenizer, tokenizer, err));
    if (s->tokenizer->vocab != s->weights.model.vocab)
        return LL_FAIL(
            err, LL_EINPUT,
            "%s: a vocabulary of %lld, and that of the tokenizer '%.80s' is %lld: expected the tokenizer "
            "that it was trained with",
            path, (long long)s->weights.model.vocab, tokenizer, (long long)s->tokenizer->vocab);
    return give_words(s, threads, err);
}

ll_status ll_subject_file(ll_subject *out, const char *path, const char *tokenizer, int threads, ll_error *err) {
    *out = (ll_subject) { 0 };
    return closed_on(read_file(out, path, tokenizer, threads, err), out);
}

ll_status ll_subject_endpoint(ll_subject *out, const ll_endpoint_opts *opts, ll_error *err) {
    *out = (ll_subject) { 0 };
    return ll_lm_endpoint(&out->lm, opts, err);
}

void ll_subject_close(ll_subject *s) {
    ll_lm_close(s->lm);
    ll_tokenizer_free(s->tokenizer);
    ll_weights_clear(&s->weights);
    *s = (ll_subject) { 0 };
}

/* ---- asking ---- */

/* val and train may be NULL. */
static ll_status ask_words(const ll_subject *s, const ll_ask *ask, const ll_shard *val, const ll_shard *train,
                           ll_measures *out, ll_error *err) {
    const bool here = s->weights.params;
    const ll_probe_subject subject = { .lm = s->lm,
                                       .model = here ? &s->weights.model : NULL,
                                       .kernels = s->kernels,
                                       .params = s->weights.params,
                                       .val = val,
                                       .train = train,
                                       .train_windows = s->weights.windows,
                                       .train_seed = s->weights.seed,
                                       .tokenizer = s->tokenizer,
                                       .opts = ask->opts,
                                       .item = ask->item,
                                       .ctx = ask->ctx };
    out->n = 0;
    return ask->probe->run(&subject, out, err);
}

static ll_status ask_with_text(const ll_subject *s, const ll_ask *ask, const ll_shard *val, ll_measures *out,
                               ll_error *err) {
    ll_shard train;
    LL_TRY(ll_weights_training(&s->weights, &train, err));
    const ll_status status = ask_words(s, ask, val, train.tokens ? &train : NULL, out, err);
    ll_shard_close(&train);
    return status;
}

ll_status ll_subject_ask(ll_subject *s, const ll_ask *ask, ll_measures *out, ll_error *err) {
    ll_shard val;
    const char *name = ask->probe->name;
    if (!ask->probe->needs_model) {
        if (s->lm) return ask_words(s, ask, NULL, NULL, out, err);
        return LL_FAIL(err, LL_EINPUT, "%s asks in words, and this model's tokens are no text", name);
    }
    if (!s->weights.params || !*s->weights.shards)
        return LL_FAIL(err, LL_EINPUT,
                       "%s needs the weights of a run and the text that validated them: a run of a store", name);
    LL_TRY(ll_weights_validation(&s->weights, &val, err));
    const ll_status status = ask_with_text(s, ask, &val, out, err);
    ll_shard_close(&val);
    return status;
}
