#include "sweep/design/rung.h"

#include <math.h>
#include <string.h>

const char *ll_rung_role_name(ll_rung_role role) {
    static const char *const names[] = { "fit", "forecast", "trunk" };
    return names[role];
}

double ll_rung_unique(const ll_rung *r) {
    return r->windows ? (double)(r->windows * r->model.context) : INFINITY;
}

int ll_rung_threads(const ll_rung *r, int cores) {
    return ll_family_attends(r->model.family) || r->micro > cores ? cores : (int)r->micro;
}

int64_t ll_rung_points(const ll_rung *r, const ll_spec *s) {
    enum { LEAST = 10, MOST = 40 };
    static const double share = 0.02, forward = 1 / 3.0; /* a step goes forward once, backward twice as long */
    if (s->train.eval_points > 0) return s->train.eval_points;
    if (!strcmp(s->design.kind, "batch")) return MOST; /* the steps to a loss are read between them */
    const double trained = (double)(r->steps - r->start_step) * (double)r->batch;
    ll_spec_also also;
    ll_spec_list_also(s, "", &also, NULL);
    const double most = 1 + share * trained / (forward * (double)s->train.eval_windows * (1 + also.n));
    return most < LEAST ? LEAST : most < MOST ? (int64_t)most : MOST;
}

ll_train_job ll_rung_job(const ll_rung *r, const ll_spec *s) {
    return (ll_train_job) { .model = r->model,
                            .steps = r->steps,
                            .batch = r->batch,
                            .micro = r->micro,
                            .schedule = r->schedule,
                            .lr = r->lr,
                            .beta1 = s->train.beta1,
                            .beta2 = s->train.beta2,
                            .eps = s->train.eps,
                            .decay = r->decay,
                            .clip = s->train.clip,
                            .seed = r->seed,
                            .windows = r->windows,
                            .patience = r->role == LL_RUNG_FIT && r->trunk < 0 ? s->train.patience : 0,
                            .threads = 1,
                            .eval_points = ll_rung_points(r, s),
                            .eval_windows = s->train.eval_windows,
                            .final_windows = s->train.final_windows,
                            .checkpoint_s = s->train.checkpoint };
}
