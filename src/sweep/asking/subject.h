/* Subjects: a model opened to be asked.
 *
 *     ll_subject s;
 *     LL_TRY(ll_subject_run(&s, "loglog.db", "N24k-D680k", threads, err));
 *     LL_TRY(ll_subject_ask(&s, &(ll_ask) { .probe = &ll_probe_position, .opts = &opts }, &measures, err));
 *     ll_subject_close(&s);
 *
 * It stays where it was opened: what is inside points to it.
 */
#ifndef LL_SWEEP_ASKING_SUBJECT_H
#define LL_SWEEP_ASKING_SUBJECT_H

#include "probe/endpoint/endpoint.h"
#include "probe/probes.h"
#include "sweep/asking/weights.h"

typedef struct ll_subject {
    ll_weights weights; /* params NULL: the model is behind an endpoint */
    const ll_kernels *kernels;
    ll_tokenizer *tokenizer; /* NULL as lm: the tokens are no text */
    ll_lm *lm;
} ll_subject;

/* A trained run of a store. */
ll_status ll_subject_run(ll_subject *out, const char *store, const char *run, int threads, ll_error *err);

/* A safetensors file of ours. tokenizer: as for ll_tokenizer_open; LL_EINPUT where its vocabulary is another than the
 * model's. */
ll_status ll_subject_file(ll_subject *out, const char *path, const char *tokenizer, int threads, ll_error *err);

/* A model behind an endpoint. */
ll_status ll_subject_endpoint(ll_subject *out, const ll_endpoint_opts *opts, ll_error *err);
void ll_subject_close(ll_subject *s);

typedef struct ll_ask {
    const ll_probe_kind *probe;
    const ll_probe_opts *opts;
    void (*item)(void *ctx, ll_json *item); /* as of ll_probe_subject; NULL: nobody listens */
    void *ctx;
} ll_ask;

/* LL_EINPUT where the probe needs what the subject has not: text, or weights and the text that validated them. */
ll_status ll_subject_ask(ll_subject *s, const ll_ask *ask, ll_measures *out, ll_error *err);

#endif
