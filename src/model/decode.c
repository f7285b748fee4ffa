#include "model/decode.h"

#include <string.h>

#include "model/family.h"

/* ---- what is kept ---- */

int64_t ll_kept_size(const ll_model *m, int64_t room) {
    return 2 * m->layers * room * m->width;
}

ll_kept ll_kept_in(const ll_model *m, int64_t room, ll_real *memory) {
    return (ll_kept) { .keys = memory, .values = memory + m->layers * room * m->width, .room = room };
}

void ll_kept_copy(const ll_model *m, ll_kept *to, const ll_kept *from, int64_t n) {
    const int64_t C = m->width;
    const size_t size = (size_t)(n * C) * sizeof(ll_real);
    for (int64_t l = 0; l < m->layers; l++) {
        memcpy(to->keys + l * to->room * C, from->keys + l * from->room * C, size);
        memcpy(to->values + l * to->room * C, from->values + l * from->room * C, size);
    }
    to->n = n;
}

int64_t ll_context_length(const ll_context *c) {
    return (c->before ? c->before->n : 0) + c->own.n;
}

/* ---- the decoder ---- */

static void lay_out(ll_arena *a, ll_decoder *d, bool alone) {
    LL_MODEL_LETTERS(d->model);
    const int64_t R = d->rows;
#define REALS(n) ll_arena_push(a, (size_t)(n), sizeof(ll_real))
    if (alone) {
        d->packed = REALS(ll_model_packed(d->model, d->kernels));
        d->one.own = ll_kept_in(d->model, T, REALS(ll_kept_size(d->model, T)));
    }
    d->turn = REALS(3 * T * C / d->model->heads); /* q, k and v of one head: what the kernel turns */
    d->x = REALS(R * C);
    d->part = REALS(R * C);
    d->qkv = REALS(R * 3 * C);
    d->attn = REALS(R * C);
    d->wide = REALS(R * (2 * F > 4 * C ? 2 * F : 4 * C));
    d->act = REALS(R * F);
    d->mean = REALS(R);
    d->rstd = REALS(R);
    d->scores = REALS(LL_ATTENTION_STEP_WORK(T, d->model->heads));
    d->logits = REALS(R * V);
#undef REALS
}

/* Turning q = (1, 0) leaves (cos, sin): the kernel's own angles. Packed to [T,S]. */
static void fill_turn(ll_decoder *d) {
    const int64_t T = d->model->context, S = d->model->width / d->model->heads;
    if (S % 2 != 0) return; /* no rotary positions then */
    for (int64_t t = 0; t < T; t++)
        for (int64_t i = 0; i < S / 2; i++) d->turn[3 * t * S + i] = 1;
    d->kernels->rope(d->turn, T, T, 1, S, 1, 0, T);
    for (int64_t t = 0; t < T; t++)
        for (int64_t i = 0; i < S; i++) d->turn[t * S + i] = d->turn[3 * t * S + i];
}

static ll_status init(ll_decoder *d, bool alone, ll_error *err) {
    lay_out(&d->memory, d, alone);
    LL_TRY(ll_arena_alloc(&d->memory, err));
    lay_out(&d->memory, d, alone);
    fill_turn(d);
    return LL_OK;
}

ll_status ll_decoder_init(ll_decoder *d, const ll_model *model, const ll_kernels *kernels, const ll_real *params,
                          ll_error *err) {
    *d = (ll_decoder) { .model = model, .kernels = kernels, .params = params, .rows = 1 };
    LL_TRY(init(d, true, err));
    for (int64_t i = 0; i < ll_model_matrices(model); i++)
        ll_model_pack(model, kernels, params, (ll_real *)d->packed, i);
    return LL_OK;
}

ll_status ll_decoder_init_rows(ll_decoder *d, const ll_model *model, const ll_kernels *kernels,
                               const ll_real *params, const ll_real *packed, int64_t rows, ll_error *err) {
    *d = (ll_decoder) { .model = model, .kernels = kernels, .params = params, .packed = packed, .rows = rows };
    return init(d, false, err);
}

void ll_decoder_clear(ll_decoder *d) {
    ll_arena_free(&d->memory);
}

void ll_decoder_rewind(ll_decoder *d) {
    d->one.own.n = 0;
}

const ll_real *ll_decoder_step_rows(ll_decoder *d, ll_context *const *row, const int32_t *token, int64_t R) {
    const ll_real scale = (ll_real)ll_model_head_scale(d->model);
    d->row = row;
    d->R = R;
    ll_family_step(d, token);
    for (int64_t i = 0; i < R * d->model->vocab; i++) d->logits[i] *= scale;
    for (int64_t r = 0; r < R; r++) row[r]->own.n++;
    return d->logits;
}

const ll_real *ll_decoder_step(ll_decoder *d, int32_t token) {
    ll_context *const row = &d->one;
    return ll_decoder_step_rows(d, &row, &token, 1);
}

/* ---- what the families share ---- */

void ll_decoder_rotate(ll_decoder *d) {
    const int64_t C = d->model->width, H = d->model->heads, S = C / H;
    for (int64_t r = 0; r < d->R; r++) {
        const ll_real *c = d->turn + ll_context_length(d->row[r]) * S, *s = c + S / 2;
        for (int64_t h = 0; h < 2 * H; h++) { /* the heads of q, then those of k */
            ll_real *lo = d->qkv + r * 3 * C + h * S, *hi = lo + S / 2;
            for (int64_t i = 0; i < S / 2; i++) {
                ll_real x = lo[i], y = hi[i];
                lo[i] = x * c[i] - y * s[i];
                hi[i] = x * s[i] + y * c[i];
            }
        }
    }
}

static ll_kept_part part_of(const ll_kept *kept, int64_t l, int64_t C, int64_t n) {
    const int64_t at = l * kept->room * C;
    return (ll_kept_part) { .keys = kept->keys + at, .values = kept->values + at, .n = n };
}

void ll_kept_put(ll_kept *own, int64_t l, int64_t C, const ll_real *key, const ll_real *value) {
    const int64_t at = (l * own->room + own->n) * C;
    memcpy(own->keys + at, key, (size_t)C * sizeof *key);
    memcpy(own->values + at, value, (size_t)C * sizeof *value);
}

void ll_decoder_attend(ll_decoder *d, int64_t l) {
    const int64_t C = d->model->width, H = d->model->heads;
    for (int64_t r = 0; r < d->R; r++) {
        ll_context *c = d->row[r];
        const ll_real *qkv = d->qkv + r * 3 * C;
        ll_kept_part parts[2];
        int n = 0;
        ll_kept_put(&c->own, l, C, qkv + C, qkv + 2 * C);
        if (c->before) parts[n++] = part_of(c->before, l, C, c->before->n);
        parts[n++] = part_of(&c->own, l, C, c->own.n + 1);
        d->kernels->attention_step(d->attn + r * C, qkv, parts, n, H, C / H, ll_model_attention_scale(d->model),
                                   d->scores);
    }
}
