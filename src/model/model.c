#include "model/model.h"

#include <math.h>
#include <string.h>

#include "loglog/random.h"
#include "model/family.h"

static const ll_family_ops *const families[LL_FAMILY_COUNT] = { &ll_family_gpt, &ll_family_llama, &ll_family_lstm };

const char *ll_family_name(ll_family family) {
    return families[family]->name;
}

bool ll_family_attends(ll_family family) {
    return families[family]->attends;
}

int64_t ll_family_ffw(ll_family family, int64_t width) {
    return families[family]->ffw(width);
}

ll_status ll_family_named(const char *name, ll_family *out, ll_error *err) {
    for (int f = 0; f < LL_FAMILY_COUNT; f++)
        if (strcmp(families[f]->name, name) == 0) {
            *out = (ll_family)f;
            return LL_OK;
        }
    return LL_FAIL(err, LL_EINPUT, "model.family is '%.40s', expected one of: " LL_FAMILY_NAMES, name);
}

static ll_status bounded(const char *name, int64_t v, int64_t hi, ll_error *err) {
    if (v >= 1 && v <= hi) return LL_OK;
    return LL_FAIL(err, LL_EINPUT, "model.%s is %lld, expected 1 to %lld", name, (long long)v, (long long)hi);
}

ll_status ll_model_check(const ll_model *m, ll_error *err) {
    LL_TRY(bounded("layers", m->layers, 512, err));
    LL_TRY(bounded("width", m->width, 65536, err));
    LL_TRY(bounded("heads", m->heads, m->width, err));
    if (ll_family_attends(m->family)) LL_TRY(bounded("ffw", m->ffw, 1 << 20, err));
    LL_TRY(bounded("context", m->context, 1 << 20, err));
    LL_TRY(bounded("vocab", m->vocab, 65536, err));
    LL_TRY(bounded("base_width", m->base_width, 65536, err));
    LL_TRY(bounded("base_head", m->base_head, 65536, err));
    if (m->width % m->heads != 0)
        return LL_FAIL(err, LL_EINPUT, "model.heads is %lld, expected a divisor of the width %lld",
                       (long long)m->heads, (long long)m->width);
    if (m->family == LL_FAMILY_LLAMA && m->width / m->heads % 2 != 0)
        return LL_FAIL(err, LL_EINPUT, "model.heads is %lld, expected an even head size for rotary positions",
                       (long long)m->heads);
    return LL_OK;
}

int ll_model_tensors(const ll_model *m, ll_tensor out[LL_MODEL_MAX_TENSORS]) {
    int n = families[m->family]->tensors(m, out);
    int64_t at = 0;
    for (int i = 0; i < n; i++) {
        out[i].offset = at;
        at += ll_tensor_size(&out[i]);
    }
    return n;
}

int64_t ll_tensor_size(const ll_tensor *t) {
    return t->layers * t->rows * t->cols;
}

int64_t ll_model_size(const ll_model *m) {
    ll_tensor t[LL_MODEL_MAX_TENSORS];
    int n = ll_model_tensors(m, t);
    return t[n - 1].offset + ll_tensor_size(&t[n - 1]);
}

double ll_model_lr_factor(const ll_model *m, const ll_tensor *t) {
    bool hidden = t->role == LL_ROLE_HIDDEN || t->role == LL_ROLE_RESIDUAL;
    return hidden ? (double)m->base_width / (double)m->width : 1;
}

bool ll_model_decays(const ll_tensor *t) {
    return t->role == LL_ROLE_HIDDEN || t->role == LL_ROLE_RESIDUAL;
}

double ll_model_head_scale(const ll_model *m) {
    return (double)m->base_width / (double)m->width;
}

ll_real ll_model_attention_scale(const ll_model *m) {
    return (ll_real)(sqrt((double)m->base_head) / (double)(m->width / m->heads));
}

static double start_std(const ll_model *m, const ll_tensor *t) {
    switch (t->role) {
    case LL_ROLE_EMBED:
    case LL_ROLE_TIED: return families[m->family]->embed_std;
    case LL_ROLE_HIDDEN: return 1 / sqrt((double)t->cols);
    case LL_ROLE_RESIDUAL: return 1 / sqrt((double)t->cols * 2 * (double)m->layers);
    default: return 0;
    }
}

/* Of number j where nothing is drawn. */
static ll_real start_value(const ll_tensor *t, int64_t j) {
    const bool forget = t->role == LL_ROLE_GATE && j * 4 / t->cols % 4 == 1;
    return t->role == LL_ROLE_GAIN || forget ? 1 : 0;
}

void ll_model_init(const ll_model *m, ll_real *params, uint64_t seed) {
    ll_tensor t[LL_MODEL_MAX_TENSORS];
    int n = ll_model_tensors(m, t);
    for (int i = 0; i < n; i++) {
        ll_rng r = ll_rng_at(seed, LL_STREAM_INIT, (uint64_t)i);
        double std = start_std(m, &t[i]);
        ll_real *p = params + t[i].offset;
        for (int64_t j = 0; j < ll_tensor_size(&t[i]); j++)
            p[j] = std > 0 ? (ll_real)(std * ll_rng_normal(&r)) : start_value(&t[i], j);
    }
}

size_t ll_model_work(const ll_model *m, int64_t B) {
    return families[m->family]->work(m, B);
}

void ll_model_loss(const ll_model *m, const ll_kernels *k, const ll_real *params, const ll_real *packed,
                   const int32_t *x, const int32_t *y, int64_t B, ll_real *loss, void *work) {
    const ll_family_ops *f = families[m->family];
    f->forward(m, k, params, packed, x, B, work);
    k->xent_fwd(loss, f->logits(m, B, work), y, B * m->context, m->vocab, (ll_real)ll_model_head_scale(m));
    k->finish();
}

const ll_real *ll_model_logits(const ll_model *m, const ll_kernels *k, const ll_real *params, const ll_real *packed,
                               const int32_t *x, int64_t B, void *work) {
    const ll_family_ops *f = families[m->family];
    const ll_real scale = (ll_real)ll_model_head_scale(m);
    f->forward(m, k, params, packed, x, B, work);
    k->finish();
    ll_real *logits = f->logits(m, B, work);
    for (int64_t i = 0; i < B * m->context * m->vocab; i++) logits[i] *= scale;
    return logits;
}

void ll_family_step(ll_decoder *d, const int32_t *token) {
    families[d->model->family]->step(d, token);
}

/* The backward pass writes the gradients of matrices whole and adds to all others. */
static void clear_sums(const ll_model *m, ll_real *grads) {
    ll_tensor t[LL_MODEL_MAX_TENSORS];
    int n = ll_model_tensors(m, t);
    for (int i = 0; i < n; i++)
        if (!ll_role_multiplies(t[i].role))
            memset(grads + t[i].offset, 0, (size_t)ll_tensor_size(&t[i]) * sizeof *grads);
}

void ll_model_grad(const ll_model *m, const ll_kernels *k, const ll_real *params, const ll_real *packed,
                   ll_real *grads, const int32_t *x, const int32_t *y, int64_t B, double scale, ll_real *loss,
                   void *work) {
    const ll_family_ops *f = families[m->family];
    f->forward(m, k, params, packed, x, B, work);
    k->xent_grad(loss, f->logits(m, B, work), y, B * m->context, m->vocab, (ll_real)ll_model_head_scale(m),
                 (ll_real)scale);
    clear_sums(m, grads);
    f->backward(m, k, params, packed, grads, x, B, work);
    k->finish();
}

void ll_model_grad_weighted(const ll_model *m, const ll_kernels *k, const ll_real *params, const ll_real *packed,
                            ll_real *grads, const int32_t *x, const int32_t *y, int64_t B,
                            const ll_model_weights *weights, ll_real *loss, void *work) {
    const ll_family_ops *f = families[m->family];
    const ll_real alpha = (ll_real)ll_model_head_scale(m), *weight = weights->weight;
    const int64_t V = m->vocab;
    f->forward(m, k, params, packed, x, B, work);
    ll_real *logits = f->logits(m, B, work), ignored;
    k->xent_fwd(loss, logits, y, B * m->context, V, alpha);
    k->finish();
    weights->weigh(weights->ctx, loss, weights->weight);
    for (int64_t r = 0; r < B * m->context; r++)
        if (weight[r] != 0) k->xent_grad(&ignored, logits + r * V, y + r, 1, V, alpha, weight[r]);
        else memset(logits + r * V, 0, (size_t)V * sizeof *logits);
    clear_sums(m, grads);
    f->backward(m, k, params, packed, grads, x, B, work);
    k->finish();
}
