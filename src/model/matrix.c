#include "model/family.h"

bool ll_role_multiplies(ll_role role) {
    return role == LL_ROLE_TIED || role == LL_ROLE_HIDDEN || role == LL_ROLE_RESIDUAL || role == LL_ROLE_HEAD;
}

int64_t ll_matrix_packed(const ll_kernels *k, int64_t O, int64_t I) {
    return k->packed(O, I, LL_MM_TB) + k->packed(I, O, 0);
}

int64_t ll_model_matrices(const ll_model *m) {
    ll_tensor t[LL_MODEL_MAX_TENSORS];
    int64_t count = 0;
    for (int i = 0, n = ll_model_tensors(m, t); i < n; i++)
        count += ll_role_multiplies(t[i].role) ? t[i].layers : 0;
    return count;
}

int64_t ll_model_packed(const ll_model *m, const ll_kernels *k) {
    ll_tensor t[LL_MODEL_MAX_TENSORS];
    int64_t reals = 0;
    for (int i = 0, n = ll_model_tensors(m, t); i < n; i++)
        if (ll_role_multiplies(t[i].role)) reals += t[i].layers * ll_matrix_packed(k, t[i].rows, t[i].cols);
    return reals;
}

/* The reals that it has become. */
static int64_t pack(const ll_kernels *k, ll_real *to, const ll_real *w, int64_t N, int64_t K, unsigned flags) {
    const int64_t size = k->packed(N, K, flags);
    if (size) k->pack(to, w, N, K, flags);
    return size;
}

void ll_model_pack(const ll_model *m, const ll_kernels *k, const ll_real *params, ll_real *packed, int64_t i) {
    ll_tensor t[LL_MODEL_MAX_TENSORS];
    ll_model_tensors(m, t);
    for (const ll_tensor *a = t;; a++) {
        if (!ll_role_multiplies(a->role)) continue;
        const int64_t O = a->rows, I = a->cols, each = ll_matrix_packed(k, O, I);
        if (i < a->layers) {
            const ll_real *w = params + a->offset + i * O * I;
            packed += i * each;
            packed += pack(k, packed, w, O, I, LL_MM_TB);
            pack(k, packed, w, I, O, 0);
            return;
        }
        i -= a->layers;
        packed += a->layers * each;
    }
}

/* ---- products with a matrix ---- */

ll_matrix ll_matrix_at(const ll_kernels *k, const ll_real *w, const ll_real *packed, int64_t l, int64_t O,
                       int64_t I) {
    ll_matrix m = { .forward = w + l * O * I, .backward = w + l * O * I, .O = O, .I = I };
    if (!packed) return m;
    const int64_t forward = k->packed(O, I, LL_MM_TB), backward = k->packed(I, O, 0);
    packed += l * (forward + backward);
    if (forward) m.forward = packed, m.forward_packed = LL_MM_PACKED;
    if (backward) m.backward = packed + forward, m.backward_packed = LL_MM_PACKED;
    return m;
}

void ll_linear(const ll_kernels *k, ll_real *y, const ll_real *x, ll_matrix w, const ll_real *bias, int64_t R) {
    k->matmul(y, x, w.forward, bias, R, w.O, w.I, LL_MM_TB | w.forward_packed);
}

void ll_linear_add(const ll_kernels *k, ll_real *y, const ll_real *x, ll_matrix w, const ll_real *bias, int64_t R) {
    k->matmul(y, x, w.forward, bias, R, w.O, w.I, LL_MM_TB | LL_MM_ADD | w.forward_packed);
}

void ll_linear_residual(const ll_kernels *k, ll_real *y, const ll_real *x, const ll_real *part, ll_matrix w,
                        const ll_real *bias, int64_t R) {
    k->copy(y, x, R, w.O);
    ll_linear_add(k, y, part, w, bias, R);
}

void ll_linear_bwd(const ll_kernels *k, ll_real *dx, const ll_real *dy, ll_matrix w, int64_t R) {
    k->matmul(dx, dy, w.backward, NULL, R, w.I, w.O, w.backward_packed);
}

void ll_linear_params_bwd(const ll_kernels *k, ll_real *dw, ll_real *db, const ll_real *dy, const ll_real *x,
                          ll_matrix w, int64_t R) {
    k->matmul(dw, dy, x, NULL, w.O, w.I, R, LL_MM_TA);
    if (db) k->sum_rows(db, dy, R, w.O, 0, w.O);
}
