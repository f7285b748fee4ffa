#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/threads.h"
#include "loglog/probe.h"
#include "probe/sampling/sample.h"
#include "sweep/asking/weights.h"
#include "tensor/choice/kernel_tables.h"

struct ll_probe {
    ll_weights weights;
    const ll_kernels *kernels;
};

ll_status ll_probe_open(ll_probe **out, const char *store, const char *run, ll_error *err) {
    ll_probe *p = calloc(1, sizeof *p);
    *out = NULL;
    if (!p) return LL_FAIL(err, LL_ENOMEM, "out of memory");
    ll_status status = ll_kernels_named("auto", "fp32", &p->kernels, err);
    if (status == LL_OK) status = ll_weights_load(&p->weights, store, run ? run : "", err);
    if (status == LL_OK) *out = p;
    else free(p);
    return status;
}

void ll_probe_close(ll_probe *p) {
    if (p) ll_weights_clear(&p->weights);
    free(p);
}

int64_t ll_probe_vocab(const ll_probe *p) {
    return p->weights.model.vocab;
}

const char *ll_probe_tokenizer(const ll_probe *p) {
    return p->weights.tokenizer;
}

/* -ln of the probability that the logits [V] give a token. */
static double surprise(const ll_real *logits, int64_t V, int32_t token) {
    double most = logits[0], sum = 0;
    for (int64_t v = 1; v < V; v++) most = fmax(most, logits[v]);
    for (int64_t v = 0; v < V; v++) sum += exp(logits[v] - most);
    return most + log(sum) - logits[token];
}

ll_status ll_probe_loss(ll_probe *p, const int32_t *tokens, int64_t n, double *nats_per_token, ll_error *err) {
    const ll_model *m = &p->weights.model;
    ll_decoder d;
    double sum = 0;
    if (n < 2) return LL_FAIL(err, LL_EINPUT, "a loss needs two tokens at least, here are %lld", (long long)n);
    for (int64_t i = 0; i < n; i++)
        if (tokens[i] < 0 || tokens[i] >= m->vocab)
            return LL_FAIL(err, LL_EINPUT, "token %lld is %d, expected 0 to %lld", (long long)i, (int)tokens[i],
                           (long long)m->vocab - 1);
    LL_TRY(ll_decoder_init(&d, m, p->kernels, p->weights.params, err));
    const uint64_t before = ll_threads_flush_denormals();
    for (int64_t i = 0; i + 1 < n; i++) {
        if (ll_context_length(&d.one) == m->context) { /* full: the later half is read again */
            ll_decoder_rewind(&d);
            for (int64_t j = i - m->context / 2; j < i; j++) ll_decoder_step(&d, tokens[j]);
        }
        sum += surprise(ll_decoder_step(&d, tokens[i]), m->vocab, tokens[i + 1]);
    }
    ll_threads_restore_denormals(before);
    ll_decoder_clear(&d);
    *nats_per_token = sum / (double)(n - 1);
    return LL_OK;
}

ll_status ll_probe_sample(ll_probe *p, const ll_probe_ask *ask, int32_t *out, int64_t room, int64_t *written,
                          ll_error *err) {
    const ll_sample_opts opts = {
        .temperature = ask->temperature, .top_k = ask->top_k, .seed = ask->seed, .stop = -1
    };
    ll_sampler s;
    *written = 0;
    if (ask->n < 1) return LL_FAIL(err, LL_EINPUT, "a sample goes on from one token at least");
    LL_TRY(ll_sampler_init(&s, &p->weights.model, p->kernels, p->weights.params, &opts, err));
    const uint64_t before = ll_threads_flush_denormals();
    ll_status status = ll_sampler_read(&s, ask->prompt, ask->n, err);
    while (status == LL_OK && *written < room && ll_sampler_next(&s, &out[*written])) ++*written;
    ll_threads_restore_denormals(before);
    ll_sampler_clear(&s);
    return status;
}
