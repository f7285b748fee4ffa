/* lstm (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000): plain stacked layers as in
 * Kaplan et al. 2020, figure 7, the head tied to the token embedding. No positions, norms or residual
 * connections, so that embeddings start at one; the state starts at zero in every window.
 *
 * As PyTorch's nn.LSTM has it, rows in the order i, f, g, o: gates_w [2l] is weight_ih_l{l}, gates_w [2l+1] is
 * weight_hh_l{l}, gates_b [l] is bias_ih_l{l} + bias_hh_l{l}, of which one is as good as two.
 *
 * Rows lie by time, then by sequence: the input products of all steps are one, and a step's recurrent product takes
 * all sequences together. */
#include <string.h>

#include "base/system/arena.h"
#include "model/family.h"

/* name, layers, rows, cols, role. */
#define LSTM_PARAMS(X)                  \
    X(wte, 1, V, C, TIED)               \
    X(gates_w, 2 * L, 4 * C, C, HIDDEN) \
    X(gates_b, L, 1, 4 * C, GATE)

LL_FAMILY_WEIGHTS(LSTM_PARAMS)

/* What the backward pass needs of the forward one; R = B T. Of h, c and d_h the first B rows are the state before the
 * window. */
typedef struct acts {
    int32_t *token;     /* [T,B] */
    ll_real *h;         /* [L+1,B+R,C] what goes into each layer, and out of the last */
    ll_real *c;         /* [L,B+R,C] */
    ll_real *gates;     /* [L,R,4C] after their non-linearities */
    ll_real *top;       /* [R,C] out of the last layer, by sequence */
    ll_real *logits;    /* [R,V] */
    ll_real *d_h, *d_c; /* [B+R,C] [B,C] */
    ll_real *d_top;     /* [R,C] */
} acts;

static acts lay_out(ll_arena *a, const ll_model *m, int64_t B) {
    LL_MODEL_LETTERS(m);
    size_t l = (size_t)L, b = (size_t)B, r = (size_t)(B * T), c = (size_t)C;
#define REALS(n) ll_arena_push(a, (n), sizeof(ll_real))
    acts t;
    t.token = ll_arena_push(a, r, sizeof(int32_t));
    t.h = REALS((l + 1) * (b + r) * c);
    t.c = REALS(l * (b + r) * c);
    t.gates = REALS(l * r * 4 * c);
    t.top = REALS(r * c);
    t.logits = REALS(r * (size_t)V);
    t.d_h = REALS((b + r) * c);
    t.d_c = REALS(b * c);
    t.d_top = REALS(r * c);
    return t;
#undef REALS
}

static size_t lstm_work(const ll_model *m, int64_t B) {
    ll_arena a = { 0 };
    lay_out(&a, m, B);
    return a.used;
}

static acts acts_in(const ll_model *m, int64_t B, void *work) {
    ll_arena a = { .base = work, .size = SIZE_MAX / 2 };
    return lay_out(&a, m, B);
}

static ll_real *lstm_logits(const ll_model *m, int64_t B, void *work) {
    return acts_in(m, B, work).logits;
}

/* Rows of x [n,k,C], the two first axes exchanged: to [k,n,C]. */
static void exchange(ll_real *to, const ll_real *x, int64_t n, int64_t k, int64_t C) {
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < k; j++, x += C) memcpy(to + (j * n + i) * C, x, (size_t)C * sizeof *x);
}

static void clear_rows(ll_real *x, int64_t B, int64_t C) {
    memset(x, 0, (size_t)(B * C) * sizeof *x);
}

static void lstm_forward(const ll_model *m, const ll_kernels *k, const ll_real *params, const ll_real *packed,
                         const int32_t *x, int64_t B, void *work) {
    LL_MODEL_LETTERS(m);
    const int64_t R = B * T, S = B * C;
    weights w = bind(m, params), p = bind_packed(m, k, packed);
    acts a = acts_in(m, B, work);
    for (int64_t t = 0; t < T; t++)
        for (int64_t b = 0; b < B; b++) a.token[t * B + b] = x[b * T + t];
    k->embed_fwd(a.h + S, a.token, w.wte, NULL, R, T, C);
    for (int64_t l = 0; l < L; l++) {
        ll_real *in = a.h + l * (T + 1) * S + S, *h = a.h + (l + 1) * (T + 1) * S, *c = a.c + l * (T + 1) * S,
                *gates = a.gates + l * R * 4 * C;
        const ll_matrix recurrent = LL_MATRIX(gates_w, 2 * l + 1, 4 * C, C);
        ll_linear(k, gates, in, LL_MATRIX(gates_w, 2 * l, 4 * C, C), w.gates_b + l * 4 * C, R);
        clear_rows(h, B, C);
        clear_rows(c, B, C);
        for (int64_t t = 0; t < T; t++, h += S, c += S, gates += 4 * S) {
            ll_linear_add(k, gates, h, recurrent, NULL, B);
            k->lstm_fwd(h + S, c + S, gates, c, B, C);
        }
    }
    exchange(a.top, a.h + L * (T + 1) * S + S, T, B, C);
    ll_linear(k, a.logits, a.top, LL_MATRIX(wte, 0, V, C), NULL, R);
}

static void lstm_backward(const ll_model *m, const ll_kernels *k, const ll_real *params, const ll_real *packed,
                          ll_real *grads, const int32_t *x, int64_t B, void *work) {
    LL_MODEL_LETTERS(m);
    (void)x;
    const int64_t R = B * T, S = B * C;
    weights w = bind(m, params), p = bind_packed(m, k, packed), g = bind(m, grads);
    acts a = acts_in(m, B, work);
    ll_linear_params_bwd(k, g.wte, NULL, a.logits, a.top, LL_MATRIX(wte, 0, V, C), R);
    ll_linear_bwd(k, a.d_top, a.logits, LL_MATRIX(wte, 0, V, C), R);
    exchange(a.d_h + S, a.d_top, B, T, C);
    for (int64_t l = L - 1; l >= 0; l--) {
        const ll_real *in = a.h + l * (T + 1) * S + S, *h = a.h + (l + 1) * (T + 1) * S, *c = a.c + l * (T + 1) * S;
        ll_real *gates = a.gates + l * R * 4 * C;
        const ll_matrix recurrent = LL_MATRIX(gates_w, 2 * l + 1, 4 * C, C);
        clear_rows(a.d_c, B, C);
        clear_rows(a.d_h, B, C);
        for (int64_t t = T - 1; t >= 0; t--) {
            ll_real *at = gates + t * 4 * S;
            k->lstm_bwd(a.d_c, at, a.d_h + (t + 1) * S, c + (t + 1) * S, c + t * S, B, C);
            k->matmul(a.d_h + t * S, at, recurrent.backward, NULL, B, C, 4 * C,
                      LL_MM_ADD | recurrent.backward_packed);
        }
        k->matmul(g.gates_w + (2 * l + 1) * 4 * C * C, gates, h, NULL, 4 * C, C, R, LL_MM_TA);
        ll_linear_params_bwd(k, g.gates_w + 2 * l * 4 * C * C, g.gates_b + l * 4 * C, gates, in,
                             LL_MATRIX(gates_w, 2 * l, 4 * C, C), R);
        ll_linear_bwd(k, a.d_h + S, gates, LL_MATRIX(gates_w, 2 * l, 4 * C, C), R);
    }
    k->embed_bwd(g.wte, NULL, a.d_h + S, a.token, R, T, C, 0, C);
}

/* The state of layer l that each context ends with, to h and c [R,C]; zero where nothing has been read. */
static void gather_state(const ll_decoder *d, int64_t l, ll_real *h, ll_real *c) {
    const int64_t C = d->model->width;
    for (int64_t r = 0; r < d->R; r++, h += C, c += C) {
        const ll_kept *last = d->row[r]->own.n ? &d->row[r]->own : d->row[r]->before;
        if (!last || !last->n) {
            clear_rows(h, 1, C);
            clear_rows(c, 1, C);
            continue;
        }
        memcpy(h, last->keys + (l * last->room + last->n - 1) * C, (size_t)C * sizeof *h);
        memcpy(c, last->values + (l * last->room + last->n - 1) * C, (size_t)C * sizeof *c);
    }
}

static void lstm_step(ll_decoder *d, const int32_t *token) {
    LL_MODEL_LETTERS(d->model);
    const int64_t R = d->R;
    const ll_kernels *k = d->kernels;
    weights w = bind(d->model, d->params), p = bind_packed(d->model, k, d->packed);
    ll_real *h = d->attn, *c = d->part;
    k->embed_fwd(d->x, token, w.wte, NULL, R, 1, C);
    for (int64_t l = 0; l < L; l++) {
        gather_state(d, l, h, c);
        ll_linear(k, d->wide, d->x, LL_MATRIX(gates_w, 2 * l, 4 * C, C), w.gates_b + l * 4 * C, R);
        ll_linear_add(k, d->wide, h, LL_MATRIX(gates_w, 2 * l + 1, 4 * C, C), NULL, R);
        k->lstm_fwd(d->x, c, d->wide, c, R, C);
        for (int64_t r = 0; r < R; r++) ll_kept_put(&d->row[r]->own, l, C, d->x + r * C, c + r * C);
    }
    ll_linear(k, d->logits, d->x, LL_MATRIX(wte, 0, V, C), NULL, R);
}

static int64_t lstm_ffw(int64_t width) {
    (void)width;
    return 0;
}

const ll_family_ops ll_family_lstm = { .name = "lstm",
                                       .attends = false,
                                       .embed_std = 1,
                                       .ffw = lstm_ffw,
                                       .tensors = list_tensors,
                                       .work = lstm_work,
                                       .forward = lstm_forward,
                                       .logits = lstm_logits,
                                       .backward = lstm_backward,
                                       .step = lstm_step };
