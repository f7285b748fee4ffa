#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/threads.h"
#include "train/tuning/tuning.h"

/* Each text is a pass of its own, so that nothing depends on what else is asked. */
typedef struct reaching {
    const ll_tuned_model *of;
    const float *reference; /* NULL: only log-probabilities */
    const ll_tuning_text *text;
    double *out;
    int32_t *x, *y; /* [threads][T] */
    float *kept;    /* [threads][T][V] predictions of the policy */
    char *work;     /* [threads] of work_size */
    size_t work_size;
} reaching;

/* ln of the sum of exponentials of logits [V]. */
static double log_sum(const float *logits, int64_t V) {
    double most = logits[0], sum = 0;
    for (int64_t v = 1; v < V; v++) most = fmax(most, logits[v]);
    for (int64_t v = 0; v < V; v++) sum += exp(logits[v] - most);
    return most + log(sum);
}

/* KL of two predictions by their logits. */
static double divergence(const float *p, const float *q, int64_t V) {
    const double zp = log_sum(p, V), zq = log_sum(q, V);
    double sum = 0;
    for (int64_t v = 0; v < V; v++) sum += exp(p[v] - zp) * ((p[v] - zp) - (q[v] - zq));
    return sum;
}

static void reach(void *ctx, int64_t i, int worker) {
    const reaching *r = ctx;
    const ll_model *m = r->of->model;
    const int64_t T = m->context, V = m->vocab;
    int32_t *x = r->x + worker * T, *y = r->y + worker * T;
    char *work = r->work + (size_t)worker * r->work_size;
    int64_t first, end;
    double sum = 0;
    ll_tuning_row(&r->text[i], T, x, y);
    ll_tuning_answer(&r->text[i], T, &first, &end);
    const uint64_t before = ll_threads_flush_denormals();
    const float *logits = ll_model_logits(m, r->of->kernels, r->of->params, NULL, x, 1, work);
    if (!r->reference)
        for (int64_t t = first; t < end; t++) sum += (double)logits[t * V + y[t]] - log_sum(logits + t * V, V);
    else {
        float *kept = r->kept + worker * T * V;
        memcpy(kept, logits, (size_t)(T * V) * sizeof *kept);
        logits = ll_model_logits(m, r->of->kernels, r->reference, NULL, x, 1, work);
        for (int64_t t = first; t < end; t++) sum += divergence(kept + t * V, logits + t * V, V);
    }
    ll_threads_restore_denormals(before);
    r->out[i] = sum;
}

static ll_status reach_all(reaching *r, int64_t n, ll_error *err) {
    const ll_model *m = r->of->model;
    const int threads = r->of->threads > 0 ? r->of->threads : ll_threads_available();
    const size_t rows = (size_t)(threads * m->context);
    r->work_size = (ll_model_work(m, 1) + 63) / 64 * 64;
    r->x = malloc(rows * sizeof *r->x);
    r->y = malloc(rows * sizeof *r->y);
    r->work = aligned_alloc(64, r->work_size * (size_t)threads);
    if (r->reference) r->kept = malloc(rows * (size_t)m->vocab * sizeof *r->kept);
    const bool got = r->x && r->y && r->work && (!r->reference || r->kept);
    if (got) ll_threads_for(n, threads, reach, r);
    free(r->x);
    free(r->y);
    free(r->work);
    free(r->kept);
    return got ? LL_OK : LL_FAIL(err, LL_ENOMEM, "out of memory for a model's pass");
}

ll_status ll_tuning_logprobs(const ll_tuned_model *of, const ll_tuning_text *text, int64_t n, double *out,
                             ll_error *err) {
    return reach_all(&(reaching) { .of = of, .text = text, .out = out }, n, err);
}

ll_status ll_tuning_divergence(const ll_tuned_model *of, const float *reference, const ll_tuning_text *text,
                               int64_t n, double *out, ll_error *err) {
    return reach_all(&(reaching) { .of = of, .reference = reference, .text = text, .out = out }, n, err);
}
