#include "model/decode.h"

#include <math.h>

#include "model/family.h"

static void lay_out(ll_arena *a, ll_decoder *d) {
    LL_MODEL_LETTERS(d->model);
#define REALS(n) ll_arena_push(a, (size_t)(n), sizeof(ll_real))
    d->packed = REALS(ll_model_packed(d->model, d->kernels));
    d->keys = REALS(L * T * C);
    d->values = REALS(L * T * C);
    d->turn = REALS(3 * T * C / d->model->heads); /* q, k and v of one head: what the kernel turns */
    d->x = REALS(C);
    d->part = REALS(C);
    d->qkv = REALS(3 * C);
    d->attn = REALS(C);
    d->wide = REALS(2 * F > 4 * C ? 2 * F : 4 * C);
    d->act = REALS(F);
    d->scores = REALS(T);
    d->logits = REALS(V);
#undef REALS
}

/* Turning q = (1, 0) leaves (cos, sin): the kernel's own angles. Packed to [T,S]. */
static void fill_turn(ll_decoder *d) {
    const int64_t T = d->model->context, S = d->model->width / d->model->heads;
    if (S % 2 != 0) return; /* no rotary positions then */
    for (int64_t t = 0; t < T; t++)
        for (int64_t i = 0; i < S / 2; i++) d->turn[3 * t * S + i] = 1;
    d->kernels->rope(d->turn, T, T, 1, S, 1);
    for (int64_t t = 0; t < T; t++)
        for (int64_t i = 0; i < S; i++) d->turn[t * S + i] = d->turn[3 * t * S + i];
}

ll_status ll_decoder_init(ll_decoder *d, const ll_model *model, const ll_kernels *kernels, const ll_real *params,
                          ll_error *err) {
    *d = (ll_decoder) { .model = model, .kernels = kernels, .params = params };
    lay_out(&d->memory, d);
    LL_TRY(ll_arena_alloc(&d->memory, err));
    lay_out(&d->memory, d);
    for (int64_t i = 0; i < ll_model_matrices(model); i++) ll_model_pack(model, kernels, params, d->packed, i);
    fill_turn(d);
    return LL_OK;
}

void ll_decoder_clear(ll_decoder *d) {
    ll_arena_free(&d->memory);
}

void ll_decoder_rewind(ll_decoder *d) {
    d->at = 0;
}

const ll_real *ll_decoder_step(ll_decoder *d, int32_t token) {
    ll_family_step(d, token);
    const ll_real scale = (ll_real)ll_model_head_scale(d->model);
    for (int64_t v = 0; v < d->model->vocab; v++) d->logits[v] *= scale;
    d->at++;
    return d->logits;
}

/* ---- what the families share ---- */

void ll_decoder_rotate(ll_decoder *d) {
    const int64_t H = d->model->heads, S = d->model->width / H;
    const ll_real *c = d->turn + d->at * S, *s = c + S / 2;
    for (int64_t h = 0; h < 2 * H; h++) { /* the heads of q, then those of k */
        ll_real *lo = d->qkv + h * S, *hi = lo + S / 2;
        for (int64_t i = 0; i < S / 2; i++) {
            ll_real x = lo[i], y = hi[i];
            lo[i] = x * c[i] - y * s[i];
            hi[i] = x * s[i] + y * c[i];
        }
    }
}

/* In place over x [n], scaled first. */
static void softmax(ll_real *x, int64_t n, ll_real scale) {
    ll_real top = -INFINITY;
    double sum = 0;
    for (int64_t i = 0; i < n; i++) top = x[i] > top ? x[i] : top; /* scale is above zero */
    for (int64_t i = 0; i < n; i++) sum += x[i] = (ll_real)exp((double)(scale * (x[i] - top)));
    for (int64_t i = 0; i < n; i++) x[i] = (ll_real)(x[i] / sum);
}

void ll_decoder_attend(ll_decoder *d, int64_t l) {
    const int64_t T = d->model->context, C = d->model->width, H = d->model->heads, S = C / H, n = d->at + 1;
    const ll_real scale = ll_model_attention_scale(d->model);
    for (int64_t h = 0; h < H; h++) {
        const ll_real *q = d->qkv + h * S, *k = q + C, *v = k + C;
        ll_real *keys = d->keys + (l * H + h) * T * S, *values = d->values + (l * H + h) * T * S;
        for (int64_t i = 0; i < S; i++) {
            keys[d->at * S + i] = k[i];
            values[d->at * S + i] = v[i];
        }
        d->kernels->matmul(d->scores, q, keys, NULL, 1, n, S, LL_MM_TB);
        softmax(d->scores, n, scale);
        d->kernels->matmul(d->attn + h * S, d->scores, values, NULL, 1, S, n, 0);
    }
}
