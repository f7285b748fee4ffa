/* A rung's kernels shared out over a team of threads: the same bits for any number of them, under every table, for
 * every family that attends, whatever the shape; and the loop that they are shared out by. */
#include "support.h"

#include <stdatomic.h>
#include <string.h>

#include "base/system/threads.h"
#include "loglog/random.h"
#include "model/model.h"
#include "tensor/choice/kernel_tables.h"
#include "tensor/team/team.h"

/* ---- the loop ---- */

typedef struct tally {
    atomic_int done[512];
    int64_t plain[512]; /* written by whoever has the task, read behind the loop */
    atomic_int at_work[4];
} tally;

static void count_task(void *ctx, int64_t i, int worker) {
    tally *t = ctx;
    assert_int_equal(atomic_fetch_add(&t->at_work[worker], 1), 0);
    t->plain[i] += i;
    atomic_fetch_add(&t->done[i], 1);
    atomic_fetch_sub(&t->at_work[worker], 1);
}

/* Thousands of short loops, so that threads come early, late and not at all. */
static void every_task_is_done_once(void **state) {
    (void)state;
    for (int loop = 0; loop < 20000; loop++) {
        static tally t;
        const int64_t n = 1 + loop * 7 % (loop % 100 ? 9 : 500);
        memset(&t, 0, sizeof t);
        ll_threads_for(n, 1 + loop % 4, count_task, &t);
        for (int64_t i = 0; i < n; i++) {
            assert_int_equal(atomic_load(&t.done[i]), 1);
            assert_int_equal(t.plain[i], i);
        }
        assert_int_equal(atomic_load(&t.done[n]), 0);
    }
}

/* ---- gradients ---- */

enum { MOST = 3 }; /* sequences */

typedef struct net {
    ll_model m;
    int64_t B;
    float *params, *packed, *grads[2], *loss[2], *weight;
    int32_t *x, *y;
    void *work;
} net;

static void begin(net *n, const ll_kernels *k) {
    const int64_t size = ll_model_size(&n->m), R = n->B * n->m.context;
    ll_rng rng = ll_rng_at(5, LL_STREAM_SAMPLE, 0);
    n->params = calloc((size_t)size, sizeof(float));
    n->packed = calloc((size_t)ll_model_packed(&n->m, k), sizeof(float));
    n->x = calloc((size_t)R, sizeof(int32_t)), n->y = calloc((size_t)R, sizeof(int32_t));
    n->weight = calloc((size_t)R, sizeof(float));
    n->work = aligned_alloc(64, (ll_model_work(&n->m, n->B) + 63) / 64 * 64);
    for (int i = 0; i < 2; i++) {
        n->grads[i] = calloc((size_t)size, sizeof(float));
        n->loss[i] = calloc((size_t)R, sizeof(float));
    }
    assert_true(n->params && n->packed && n->x && n->y && n->weight && n->work && n->grads[1] && n->loss[1]);
    ll_model_init(&n->m, n->params, 3);
    for (int64_t i = 0; i < ll_model_matrices(&n->m); i++) ll_model_pack(&n->m, k, n->params, n->packed, i);
    for (int64_t r = 0; r < R; r++) {
        n->x[r] = (int32_t)ll_rng_below(&rng, n->m.vocab);
        n->y[r] = (int32_t)ll_rng_below(&rng, n->m.vocab);
    }
}

static void end(net *n) {
    free(n->params), free(n->packed), free(n->x), free(n->y), free(n->weight), free(n->work);
    for (int i = 0; i < 2; i++) free(n->grads[i]), free(n->loss[i]);
}

static void unequal(void *ctx, float *loss, float *weight) {
    const net *n = ctx;
    for (int64_t r = 0; r < n->B * n->m.context; r++) weight[r] = r % 3 ? loss[r] * 1e-3f : 0;
}

/* Each pass whose results are read when it returns. */
static void pass(net *n, const ll_kernels *k, int which, int into) {
    const int64_t R = n->B * n->m.context, V = n->m.vocab;
    float *grads = n->grads[into], *loss = n->loss[into];
    if (which == 0) ll_model_grad(&n->m, k, n->params, n->packed, grads, n->x, n->y, n->B, 1e-3, loss, n->work);
    if (which == 1) {
        const ll_model_weights weights = { unequal, n, n->weight };
        ll_model_grad_weighted(&n->m, k, n->params, n->packed, grads, n->x, n->y, n->B, &weights, loss, n->work);
    }
    if (which == 2) ll_model_loss(&n->m, k, n->params, n->packed, n->x, n->y, n->B, loss, n->work);
    if (which == 3) {
        const float *logits = ll_model_logits(&n->m, k, n->params, n->packed, n->x, n->B, n->work);
        for (int64_t r = 0; r < R; r++) loss[r] = logits[r * V + n->y[r]];
    }
}

static void compare(const ll_kernels *k, ll_model m, int64_t B) {
    net n = { .m = m, .B = B };
    const size_t size = (size_t)ll_model_size(&m) * sizeof(float);
    ll_kernels shared;
    begin(&n, k);
    ll_threads_flush_denormals();
    ll_team team = { .under = k, .each = LL_ATTENTION_WORK(m.context, m.width / m.heads) };
    team.room = calloc((size_t)(4 * team.each), sizeof(float));
    assert_non_null(team.room);
    ll_team_join(&team, &shared);
    for (int which = 0; which < 4; which++) {
        pass(&n, k, which, 0);
        for (team.threads = 1; team.threads <= 4; team.threads++) {
            if (which < 2) memset(n.grads[1], 0xff, size); /* NaN: what is not written is seen */
            memset(n.loss[1], 0xff, (size_t)(B * m.context) * sizeof(float));
            pass(&n, &shared, which, 1);
            assert_memory_equal(n.loss[1], n.loss[0], (size_t)(B * m.context) * sizeof(float));
            assert_memory_equal(n.grads[1], n.grads[0], size);
        }
    }
    ll_team_leave();
    free(team.room);
    end(&n);
}

/* Widths and contexts that do not divide, one head and three, one sequence and several. */
static void a_team_does_not_show(void **state) {
    (void)state;
    static const ll_model shapes[] = { { 0, 2, 64, 4, 160, 128, 257, 32, 16 },
                                       { 0, 1, 72, 3, 100, 77, 131, 32, 16 },
                                       { 0, 2, 16, 1, 48, 130, 50, 16, 16 } };
    char list[256];
    snprintf(list, sizeof list, "%s", ll_kernels_list(NULL));
    for (char *name = strtok(list, " "); name; name = strtok(NULL, " ")) {
        const ll_kernels *k;
        assert_ok(ll_kernels_named(name, NULL, &k, err));
        const bool slow = strcmp(name, "ref") == 0;
        for (int f = 0; f < LL_FAMILY_COUNT; f++)
            for (int s = slow ? 2 : 0; s < 3 && ll_family_attends((ll_family)f); s++) {
                ll_model m = shapes[s];
                m.family = (ll_family)f;
                compare(k, m, 1 + (s + f) % MOST);
                if (s == 0) compare(k, m, 1);
            }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_task_is_done_once),
        cmocka_unit_test(a_team_does_not_show),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
