#include "tensor/team/team.h"

#include <stddef.h>
#include <string.h>

#include "base/system/threads.h"

/* Parts of rows and columns are whole multiples of these: groups of rows of the vector tables, and lines of the
 * cache, to which no two threads write then. A matrix has fewer rows than a step has tokens: its gradient is shared out
 * more finely. */
enum { ROWS = 16, COLUMNS = 16, MATRIX_ROWS = 8 };

/* Numbers that go through one pass, below which a second thread is not worth its call; and such passes that a number of
 * another kind costs. */
#define WORTH 8192
#define EXPONENTIAL 4.0
#define PRODUCT 0.125 /* a multiply-add */

typedef struct part {
    const ll_team *team;
    const ll_kernels *k;
    int64_t from, to, n;
    int worker;
} part;

/* What calls share out. Those by rows of activations read only the rows that they write, so that each thread goes
 * through all of them with its own rows. Heads, and the parameters whose gradients are sums over the rows, read what
 * all threads have written, and write what no other call of their kind reads. */
typedef enum sharing { BY_ROWS, BY_HEADS, BY_PARAMETERS } sharing;

enum { MOST_CALLS = 32, ARGS = 112 };

/* A call of a kernel: how many rows, columns or heads, and how a part of them is done. */
typedef struct call {
    int64_t n, unit;
    void (*work)(const void *args, part p);
    _Alignas(16) char args[ARGS];
} call;

/* The calls put off by the thread that leads; a kernel has no argument for it. They are one loop when a call comes that
 * is shared out in another way. */
static _Thread_local struct {
    const ll_team *team;
    sharing how;
    int64_t n, rows; /* calls; rows that each has, where they share rows */
    int64_t units;   /* of the call that has most */
    double passes;   /* numbers times what they cost, of all */
    call calls[MOST_CALLS];
} led;

typedef struct loop {
    const ll_team *team;
    const call *calls;
    int64_t n, parts;
} loop;

static void part_task(void *ctx, int64_t i, int worker) {
    const loop *l = ctx;
    if (worker) ll_threads_flush_denormals(); /* as a leader that trains does itself */
    for (const call *c = l->calls; c < l->calls + l->n; c++) {
        const int64_t units = (c->n + c->unit - 1) / c->unit, from = units * i / l->parts * c->unit,
                      to = units * (i + 1) / l->parts * c->unit, end = to < c->n ? to : c->n;
        if (from < end) c->work(c->args, (part) { l->team, l->team->under, from, end, end - from, worker });
    }
}

static void finish(void) {
    const int64_t threads = led.passes < WORTH ? 1 : led.team->threads;
    loop l = { led.team, led.calls, led.n, threads < led.units ? threads : led.units };
    led.n = led.units = 0;
    led.passes = 0;
    if (l.n) ll_threads_for(l.parts, (int)l.parts, part_task, &l);
}

/* n rows, columns or heads, each thread its part; passes: of the call. */
static void share(sharing how, int64_t n, int64_t unit, double passes, void (*work)(const void *, part),
                  const void *args, size_t size) {
    const int64_t rows = how == BY_ROWS ? n : 0, units = (n + unit - 1) / unit;
    if (how != led.how || rows != led.rows || led.n == MOST_CALLS) finish();
    led.how = how;
    led.rows = rows;
    led.passes += passes;
    if (units > led.units) led.units = units;
    call *c = &led.calls[led.n++];
    c->n = n, c->unit = unit, c->work = work;
    memcpy(c->args, args, size);
}

#define SHARE(how, n, unit, passes, work, ...)                                 \
    do {                                                                       \
        _Static_assert(sizeof(__VA_ARGS__) <= ARGS, "room for the arguments"); \
        share(how, n, unit, passes, work, &__VA_ARGS__, sizeof(__VA_ARGS__));  \
    } while (0)

/* ---- the kernels: their arguments, a part of them, the whole ---- */

typedef struct matmul_args {
    ll_real *c;
    const ll_real *a, *b, *bias;
    int64_t M, N, K;
    unsigned flags;
} matmul_args;

static void matmul_part(const void *args, part p) {
    const matmul_args *a = args;
    p.k->matmul_rows(a->c, a->a, a->b, a->bias, a->M, a->N, a->K, a->flags, p.from, p.to);
}

static void matmul(ll_real *c, const ll_real *a, const ll_real *b, const ll_real *bias, int64_t M, int64_t N,
                   int64_t K, unsigned flags) {
    const bool gradient = flags & LL_MM_TA; /* of a matrix: sums over the rows */
    SHARE(gradient ? BY_PARAMETERS : BY_ROWS, M, gradient ? MATRIX_ROWS : ROWS,
          PRODUCT * (double)M * (double)N * (double)K, matmul_part,
          (matmul_args) { c, a, b, bias, M, N, K, flags });
}

static void matmul_whole(ll_real *c, const ll_real *a, const ll_real *b, const ll_real *bias, int64_t M, int64_t N,
                         int64_t K, unsigned flags) {
    finish();
    led.team->under->matmul(c, a, b, bias, M, N, K, flags);
}

typedef struct copy_args {
    ll_real *y;
    const ll_real *x;
    int64_t C;
} copy_args;

static void copy_part(const void *args, part p) {
    const copy_args *a = args;
    p.k->copy(a->y + p.from * a->C, a->x + p.from * a->C, p.n, a->C);
}

static void copy(ll_real *y, const ll_real *x, int64_t R, int64_t C) {
    SHARE(BY_ROWS, R, ROWS, (double)(R * C), copy_part, (copy_args) { y, x, C });
}

typedef struct sum_rows_args {
    ll_real *out;
    const ll_real *x;
    int64_t R, N, from;
} sum_rows_args;

static void sum_rows_part(const void *args, part p) {
    const sum_rows_args *a = args;
    p.k->sum_rows(a->out, a->x, a->R, a->N, a->from + p.from, a->from + p.to);
}

static void sum_rows(ll_real *out, const ll_real *x, int64_t R, int64_t N, int64_t from, int64_t to) {
    SHARE(BY_PARAMETERS, to - from, COLUMNS, (double)(R * (to - from)), sum_rows_part,
          (sum_rows_args) { out, x, R, N, from });
}

/* The first call of a pass, and a short one. */
static void embed_fwd(ll_real *x, const int32_t *token, const ll_real *wte, const ll_real *wpe, int64_t R,
                      int64_t T, int64_t C) {
    finish();
    led.team->under->embed_fwd(x, token, wte, wpe, R, T, C);
}

typedef struct embed_bwd_args {
    ll_real *dwte, *dwpe;
    const ll_real *dx;
    const int32_t *token;
    int64_t R, T, C, from;
} embed_bwd_args;

static void embed_bwd_part(const void *args, part p) {
    const embed_bwd_args *a = args;
    p.k->embed_bwd(a->dwte, a->dwpe, a->dx, a->token, a->R, a->T, a->C, a->from + p.from, a->from + p.to);
}

static void embed_bwd(ll_real *dwte, ll_real *dwpe, const ll_real *dx, const int32_t *token, int64_t R, int64_t T,
                      int64_t C, int64_t from, int64_t to) {
    SHARE(BY_PARAMETERS, to - from, COLUMNS, (double)(R * (to - from)), embed_bwd_part,
          (embed_bwd_args) { dwte, dwpe, dx, token, R, T, C, from });
}

typedef struct layernorm_fwd_args {
    ll_real *y, *mean, *rstd;
    const ll_real *x, *w, *b;
    int64_t R, C;
} layernorm_fwd_args;

static void layernorm_fwd_part(const void *args, part p) {
    const layernorm_fwd_args *a = args;
    p.k->layernorm_fwd(a->y + p.from * a->C, a->mean + p.from, a->rstd + p.from, a->x + p.from * a->C, a->w, a->b,
                       p.n, a->C);
}

static void layernorm_fwd(ll_real *y, ll_real *mean, ll_real *rstd, const ll_real *x, const ll_real *w,
                          const ll_real *b, int64_t R, int64_t C) {
    SHARE(BY_ROWS, R, ROWS, 2.0 * (double)(R * C), layernorm_fwd_part,
          (layernorm_fwd_args) { y, mean, rstd, x, w, b, R, C });
}

typedef struct layernorm_bwd_args {
    ll_real *dx;
    const ll_real *dy, *x, *w, *mean, *rstd;
    int64_t R, C;
} layernorm_bwd_args;

static void layernorm_bwd_part(const void *args, part p) {
    const layernorm_bwd_args *a = args;
    p.k->layernorm_bwd(a->dx + p.from * a->C, a->dy + p.from * a->C, a->x + p.from * a->C, a->w, a->mean + p.from,
                       a->rstd + p.from, p.n, a->C);
}

static void layernorm_bwd(ll_real *dx, const ll_real *dy, const ll_real *x, const ll_real *w, const ll_real *mean,
                          const ll_real *rstd, int64_t R, int64_t C) {
    SHARE(BY_ROWS, R, ROWS, 2.0 * (double)(R * C), layernorm_bwd_part,
          (layernorm_bwd_args) { dx, dy, x, w, mean, rstd, R, C });
}

typedef struct rmsnorm_fwd_args {
    ll_real *y, *rstd;
    const ll_real *x, *w;
    int64_t R, C;
} rmsnorm_fwd_args;

static void rmsnorm_fwd_part(const void *args, part p) {
    const rmsnorm_fwd_args *a = args;
    p.k->rmsnorm_fwd(a->y + p.from * a->C, a->rstd + p.from, a->x + p.from * a->C, a->w, p.n, a->C);
}

static void rmsnorm_fwd(ll_real *y, ll_real *rstd, const ll_real *x, const ll_real *w, int64_t R, int64_t C) {
    SHARE(BY_ROWS, R, ROWS, 2.0 * (double)(R * C), rmsnorm_fwd_part, (rmsnorm_fwd_args) { y, rstd, x, w, R, C });
}

typedef struct rmsnorm_bwd_args {
    ll_real *dx;
    const ll_real *dy, *x, *w, *rstd;
    int64_t R, C;
} rmsnorm_bwd_args;

static void rmsnorm_bwd_part(const void *args, part p) {
    const rmsnorm_bwd_args *a = args;
    p.k->rmsnorm_bwd(a->dx + p.from * a->C, a->dy + p.from * a->C, a->x + p.from * a->C, a->w, a->rstd + p.from,
                     p.n, a->C);
}

static void rmsnorm_bwd(ll_real *dx, const ll_real *dy, const ll_real *x, const ll_real *w, const ll_real *rstd,
                        int64_t R, int64_t C) {
    SHARE(BY_ROWS, R, ROWS, 2.0 * (double)(R * C), rmsnorm_bwd_part,
          (rmsnorm_bwd_args) { dx, dy, x, w, rstd, R, C });
}

typedef struct norm_params_bwd_args {
    ll_real *dw, *db;
    const ll_real *dy, *x, *mean, *rstd;
    int64_t R, C, from;
} norm_params_bwd_args;

static void norm_params_bwd_part(const void *args, part p) {
    const norm_params_bwd_args *a = args;
    p.k->norm_params_bwd(a->dw, a->db, a->dy, a->x, a->mean, a->rstd, a->R, a->C, a->from + p.from, a->from + p.to);
}

static void norm_params_bwd(ll_real *dw, ll_real *db, const ll_real *dy, const ll_real *x, const ll_real *mean,
                            const ll_real *rstd, int64_t R, int64_t C, int64_t from, int64_t to) {
    SHARE(BY_PARAMETERS, to - from, COLUMNS, 2.0 * (double)(R * (to - from)), norm_params_bwd_part,
          (norm_params_bwd_args) { dw, db, dy, x, mean, rstd, R, C, from });
}

typedef struct gelu_fwd_args {
    ll_real *y;
    const ll_real *x;
    int64_t R, F;
} gelu_fwd_args;

static void gelu_fwd_part(const void *args, part p) {
    const gelu_fwd_args *a = args;
    p.k->gelu_fwd(a->y + p.from * a->F, a->x + p.from * a->F, p.n, a->F);
}

static void gelu_fwd(ll_real *y, const ll_real *x, int64_t R, int64_t F) {
    SHARE(BY_ROWS, R, ROWS, EXPONENTIAL * (double)(R * F), gelu_fwd_part, (gelu_fwd_args) { y, x, R, F });
}

typedef struct gelu_bwd_args {
    ll_real *dx;
    const ll_real *dy, *x;
    int64_t R, F;
} gelu_bwd_args;

static void gelu_bwd_part(const void *args, part p) {
    const gelu_bwd_args *a = args;
    p.k->gelu_bwd(a->dx + p.from * a->F, a->dy + p.from * a->F, a->x + p.from * a->F, p.n, a->F);
}

static void gelu_bwd(ll_real *dx, const ll_real *dy, const ll_real *x, int64_t R, int64_t F) {
    SHARE(BY_ROWS, R, ROWS, EXPONENTIAL * (double)(R * F), gelu_bwd_part, (gelu_bwd_args) { dx, dy, x, R, F });
}

typedef struct swiglu_fwd_args {
    ll_real *y;
    const ll_real *x;
    int64_t R, F;
} swiglu_fwd_args;

static void swiglu_fwd_part(const void *args, part p) {
    const swiglu_fwd_args *a = args;
    p.k->swiglu_fwd(a->y + p.from * a->F, a->x + 2 * p.from * a->F, p.n, a->F);
}

static void swiglu_fwd(ll_real *y, const ll_real *x, int64_t R, int64_t F) {
    SHARE(BY_ROWS, R, ROWS, EXPONENTIAL * (double)(R * F), swiglu_fwd_part, (swiglu_fwd_args) { y, x, R, F });
}

typedef struct swiglu_bwd_args {
    ll_real *dx;
    const ll_real *dy, *x;
    int64_t R, F;
} swiglu_bwd_args;

static void swiglu_bwd_part(const void *args, part p) {
    const swiglu_bwd_args *a = args;
    p.k->swiglu_bwd(a->dx + 2 * p.from * a->F, a->dy + p.from * a->F, a->x + 2 * p.from * a->F, p.n, a->F);
}

static void swiglu_bwd(ll_real *dx, const ll_real *dy, const ll_real *x, int64_t R, int64_t F) {
    SHARE(BY_ROWS, R, ROWS, EXPONENTIAL * (double)(R * F), swiglu_bwd_part, (swiglu_bwd_args) { dx, dy, x, R, F });
}

typedef struct rope_args {
    ll_real *qkv;
    int64_t R, T, H, S;
    int sign;
    int64_t from;
} rope_args;

static void rope_part(const void *args, part p) {
    const rope_args *a = args;
    p.k->rope(a->qkv, a->R, a->T, a->H, a->S, a->sign, a->from + p.from, a->from + p.to);
}

static void rope(ll_real *qkv, int64_t R, int64_t T, int64_t H, int64_t S, int sign, int64_t from, int64_t to) {
    SHARE(BY_ROWS, to - from, ROWS, 2.0 * (double)((to - from) * H * S), rope_part,
          (rope_args) { qkv, R, T, H, S, sign, from });
}

static ll_real *room_of(const part *p, ll_real *leaders) {
    return p->worker ? p->team->room + (p->worker - 1) * p->team->each : leaders;
}

typedef struct attention_fwd_args {
    ll_real *o, *lse;
    const ll_real *qkv;
    int64_t B, T, H, S;
    ll_real scale, *work;
    int64_t from;
} attention_fwd_args;

static void attention_fwd_part(const void *args, part p) {
    const attention_fwd_args *a = args;
    p.k->attention_fwd(a->o, a->lse, a->qkv, a->B, a->T, a->H, a->S, a->scale, room_of(&p, a->work),
                       a->from + p.from, a->from + p.to);
}

static void attention_fwd(ll_real *o, ll_real *lse, const ll_real *qkv, int64_t B, int64_t T, int64_t H, int64_t S,
                          ll_real scale, ll_real *work, int64_t from, int64_t to) {
    SHARE(BY_HEADS, to - from, 1, (double)(to - from) * (double)(T * T), attention_fwd_part,
          (attention_fwd_args) { o, lse, qkv, B, T, H, S, scale, work, from });
}

typedef struct attention_bwd_args {
    ll_real *dqkv;
    const ll_real *do_, *qkv, *o, *lse;
    int64_t B, T, H, S;
    ll_real scale, *work;
    int64_t from;
} attention_bwd_args;

static void attention_bwd_part(const void *args, part p) {
    const attention_bwd_args *a = args;
    p.k->attention_bwd(a->dqkv, a->do_, a->qkv, a->o, a->lse, a->B, a->T, a->H, a->S, a->scale,
                       room_of(&p, a->work), a->from + p.from, a->from + p.to);
}

static void attention_bwd(ll_real *dqkv, const ll_real *do_, const ll_real *qkv, const ll_real *o,
                          const ll_real *lse, int64_t B, int64_t T, int64_t H, int64_t S, ll_real scale,
                          ll_real *work, int64_t from, int64_t to) {
    SHARE(BY_HEADS, to - from, 1, (double)(to - from) * (double)(T * T), attention_bwd_part,
          (attention_bwd_args) { dqkv, do_, qkv, o, lse, B, T, H, S, scale, work, from });
}

typedef struct xent_fwd_args {
    ll_real *loss;
    const ll_real *logits;
    const int32_t *target;
    int64_t R, V;
    ll_real alpha;
} xent_fwd_args;

static void xent_fwd_part(const void *args, part p) {
    const xent_fwd_args *a = args;
    p.k->xent_fwd(a->loss + p.from, a->logits + p.from * a->V, a->target + p.from, p.n, a->V, a->alpha);
}

static void xent_fwd(ll_real *loss, const ll_real *logits, const int32_t *target, int64_t R, int64_t V,
                     ll_real alpha) {
    SHARE(BY_ROWS, R, ROWS, EXPONENTIAL * (double)(R * V), xent_fwd_part,
          (xent_fwd_args) { loss, logits, target, R, V, alpha });
}

typedef struct xent_grad_args {
    ll_real *loss, *logits;
    const int32_t *target;
    int64_t R, V;
    ll_real alpha, scale;
} xent_grad_args;

static void xent_grad_part(const void *args, part p) {
    const xent_grad_args *a = args;
    p.k->xent_grad(a->loss + p.from, a->logits + p.from * a->V, a->target + p.from, p.n, a->V, a->alpha, a->scale);
}

static void xent_grad(ll_real *loss, ll_real *logits, const int32_t *target, int64_t R, int64_t V, ll_real alpha,
                      ll_real scale) {
    SHARE(BY_ROWS, R, ROWS, EXPONENTIAL * (double)(R * V), xent_grad_part,
          (xent_grad_args) { loss, logits, target, R, V, alpha, scale });
}

/* ---- the table ---- */

void ll_team_join(const ll_team *team, ll_kernels *shared) {
    led.team = team;
    *shared = *team->under;
    shared->finish = finish;
    shared->matmul = shared->whole ? matmul_whole : matmul;
    shared->copy = copy;
    shared->embed_fwd = embed_fwd;
    shared->sum_rows = sum_rows;
    shared->embed_bwd = embed_bwd;
    shared->layernorm_fwd = layernorm_fwd;
    shared->layernorm_bwd = layernorm_bwd;
    shared->rmsnorm_fwd = rmsnorm_fwd;
    shared->rmsnorm_bwd = rmsnorm_bwd;
    shared->norm_params_bwd = norm_params_bwd;
    shared->gelu_fwd = gelu_fwd;
    shared->gelu_bwd = gelu_bwd;
    shared->swiglu_fwd = swiglu_fwd;
    shared->swiglu_bwd = swiglu_bwd;
    shared->rope = rope;
    shared->attention_fwd = attention_fwd;
    shared->attention_bwd = attention_bwd;
    shared->xent_fwd = xent_fwd;
    shared->xent_grad = xent_grad;
}

void ll_team_leave(void) {
    led.team = NULL;
}
