/* Built in double: the gradients of the networks of theories against central differences. */
#include "support.h"

#include <math.h>
#include <string.h>

#include "loglog/random.h"
#include "train/theory/mlp.h"

enum { R = 7, IN = 5, WIDTH = 6, ROOM = 4096 };

typedef struct net {
    ll_kernels k;
    ll_mlp m;
    ll_mlp_rows rows;
    ll_real x[R * IN], y[R * 3], loss[R], p[ROOM], g[ROOM], work[ROOM];
    int32_t label[R];
} net;

static void set_up(net *n, ll_mlp_loss loss, int64_t depth) {
    memset(n, 0, sizeof *n);
    ll_kernels_ref(&n->k);
    n->m = (ll_mlp) { IN, WIDTH, depth, 3, loss };
    n->rows = (ll_mlp_rows) { R, n->x, n->y, n->label };
    ll_rng r = ll_rng_at(5, LL_STREAM_NOISE, (uint64_t)depth);
    for (int i = 0; i < R * IN; i++) n->x[i] = ll_rng_normal(&r);
    for (int i = 0; i < R * 3; i++) n->y[i] = ll_rng_normal(&r);
    for (int i = 0; i < R; i++) n->label[i] = i % 3;
    ll_mlp_init(&n->m, n->p, 3);
    for (int64_t i = 0; i < ll_mlp_count(&n->m); i++) n->p[i] += 0.1 * ll_rng_normal(&r); /* biases, too */
}

static double mean_loss(net *n) {
    double sum = 0;
    ll_mlp_fwd(&n->k, &n->m, n->p, &n->rows, n->loss, n->work);
    for (int r = 0; r < R; r++) sum += n->loss[r];
    return sum / R;
}

static void gradients(void **state) {
    (void)state;
    static net n;
    for (int loss = LL_MLP_XENT; loss <= LL_MLP_MSE; loss++)
        for (int64_t depth = 1; depth <= 3; depth++) {
            double off = 0, norm = 0;
            set_up(&n, (ll_mlp_loss)loss, depth);
            assert_true(ll_mlp_count(&n.m) <= ROOM && ll_mlp_work(&n.m, R) <= ROOM);
            memset(n.g, 0x7f, sizeof n.g); /* is written over */
            assert_close(ll_mlp_grad(&n.k, &n.m, n.p, &n.rows, n.loss, n.g, n.work), mean_loss(&n), 1e-13);
            for (int64_t i = 0; i < ll_mlp_count(&n.m); i++) {
                const double keep = n.p[i], h = 1e-5, at[] = { 2, 1, -1, -2 };
                double v[4];
                for (int j = 0; j < 4; j++) n.p[i] = keep + at[j] * h, v[j] = mean_loss(&n);
                n.p[i] = keep;
                const double numeric = (8 * (v[1] - v[2]) - (v[0] - v[3])) / (12 * h);
                off += (numeric - n.g[i]) * (numeric - n.g[i]);
                norm += numeric * numeric;
            }
            if (!(sqrt(off) < 1e-7 * sqrt(norm)))
                fail_msg("loss %d, depth %d: %g", loss, (int)depth, sqrt(off / norm));
        }
}

/* By hand: one neuron that is on and one that is off. */
static void known(void **state) {
    (void)state;
    static net n;
    set_up(&n, LL_MLP_MSE, 1);
    n.m = (ll_mlp) { 1, 2, 1, 1, LL_MLP_MSE };
    n.rows.R = 1;
    n.x[0] = 2;
    n.y[0] = 1;
    const ll_real p[] = { 3, -1, 0.5, 1, 2, 7, 0.25 }; /* 6.5 and 0; 2 * 6.5 + 0.25 = 13.25 */
    memcpy(n.p, p, sizeof p);
    assert_int_equal(ll_mlp_count(&n.m), 7);
    assert_close(ll_mlp_grad(&n.k, &n.m, n.p, &n.rows, n.loss, n.g, n.work), 12.25 * 12.25, 1e-14);
    const double d = 2 * 12.25, g[] = { d * 2 * 2, 0, d * 2, 0, d * 6.5, 0, d };
    for (int i = 0; i < 7; i++) assert_true(fabs(n.g[i] - g[i]) < 1e-12);
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(gradients), cmocka_unit_test(known) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
