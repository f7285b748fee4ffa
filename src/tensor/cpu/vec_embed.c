/* What depends on a token or on its place: embeddings and rotary positions. */
#include "tensor/cpu/cpu.h"
#include "tensor/cpu/vec.h"

static void embed_fwd(ll_real *x, const int32_t *token, const ll_real *wte, const ll_real *wpe, int64_t R,
                      int64_t T, int64_t C) {
    for (int64_t r = 0, t = 0; r < R; r++, x += C, t = t + 1 < T ? t + 1 : 0)
        for (int64_t c = 0; c < C; c += L) {
            vf sum = vload_some(wte + token[r] * C + c, C - c, 0);
            if (wpe) sum += vload_some(wpe + t * C + c, C - c, 0);
            vstore_some(x + c, C - c, sum);
        }
}

static void add_row(ll_real *sum, const ll_real *x, int64_t from, int64_t to) {
    for (int64_t c = from; c < to; c += L)
        vstore_some(sum + c, to - c, vload_some(sum + c, to - c, 0) + vload_some(x + c, to - c, 0));
}

static void embed_bwd(ll_real *dwte, ll_real *dwpe, const ll_real *dx, const int32_t *token, int64_t R, int64_t T,
                      int64_t C, int64_t from, int64_t to) {
    for (int64_t r = 0, t = 0; r < R; r++, dx += C, t = t + 1 < T ? t + 1 : 0) {
        add_row(dwte + token[r] * C, dx, from, to);
        if (dwpe) add_row(dwpe + t * C, dx, from, to);
    }
}

/* cos and sin of L angles, and of what they grow by from one position to the next. */
typedef struct angles {
    double c[L], s[L], by_c[L], by_s[L];
} angles;

/* Of n pairs from i on at position 0. */
static angles angles_at(int64_t i, int64_t n, int64_t S, int sign) {
    angles a = { 0 };
    for (int j = 0; j < n; j++) {
        const double rate = pow(LL_ROPE_BASE, -2.0 * (double)(i + j) / (double)S);
        a.c[j] = 1, a.s[j] = 0;
        a.by_c[j] = cos(rate), a.by_s[j] = sign * sin(rate);
    }
    return a;
}

/* One position further: a product of complex numbers. Its error grows by about 1e-16 a position. */
static void advance(angles *a) {
    for (int j = 0; j < L; j++) {
        const double c = a->c[j], s = a->s[j];
        a->c[j] = c * a->by_c[j] - s * a->by_s[j];
        a->s[j] = s * a->by_c[j] + c * a->by_s[j];
    }
}

typedef struct turned {
    int64_t T, H, S, from, to; /* rows from .. to - 1 */
} turned;

/* n pairs from pair i on of q and k, at every position. */
ALWAYS void turn(ll_real *qkv, turned of, int sign, int64_t i, int64_t n) {
    const int64_t S = of.S, half = S / 2, T = of.T, begun = of.from / T * T;
    angles a = angles_at(i, n, S, sign);
    for (int64_t t = 0; t < T; t++, advance(&a)) {
        float c[L], s[L];
        int64_t r = begun + t < of.from ? begun + T + t : begun + t;
        for (int64_t j = 0; r < of.to && j < L; j++) c[j] = (float)a.c[j], s[j] = (float)a.s[j];
        for (; r < of.to; r += T) {
            ll_real *x = qkv + r * 3 * of.H * S + i;
            for (int64_t h = 0; h < 2 * of.H; h++, x += S) {
                float lo[L], hi[L];
                for (int64_t j = 0; j < n; j++) lo[j] = x[j], hi[j] = x[half + j];
                for (int64_t j = 0; j < n; j++) x[j] = lo[j] * c[j] - hi[j] * s[j];
                for (int64_t j = 0; j < n; j++) x[half + j] = lo[j] * s[j] + hi[j] * c[j];
            }
        }
    }
}

/* A head is narrow: constants make whole vectors, be they short, of what would be parts of long ones. */
static void rope(ll_real *qkv, int64_t R, int64_t T, int64_t H, int64_t S, int sign, int64_t from, int64_t to) {
    (void)R;
    const turned of = { T, H, S, from, to };
    for (int64_t i = 0, n; i < S / 2; i += n) {
        n = S / 2 - i < L ? S / 2 - i : L;
        if (n == L) turn(qkv, of, sign, i, L);
        else if (n == L / 2) turn(qkv, of, sign, i, L / 2);
        else if (n == L / 4) turn(qkv, of, sign, i, L / 4);
        else turn(qkv, of, sign, i, n);
    }
}

void LL_VEC(_bind_embed)(ll_kernels *k) {
    k->embed_fwd = embed_fwd;
    k->embed_bwd = embed_bwd;
    k->rope = rope;
}
