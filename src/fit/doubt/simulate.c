#include "fit/doubt/simulate.h"

#include <math.h>
#include <stdlib.h>

#include "fit/draws/cluster.h"
#include "loglog/random.h"

static int n_free(const ll_trial *t) {
    int n = 0;
    for (int j = 0; j < t->law->n_params; j++) n += !(t->opts.fixed >> j & 1);
    return n;
}

static ll_status planted_loss(ll_simulator *s, ll_error *err) {
    const ll_trial *t = s->trial;
    for (int64_t i = 0; i < s->n; i++) {
        double x[LL_VAR_COUNT] = { 0 };
        for (int v = 0; v < LL_VAR_COUNT; v++)
            if (t->data->x[v]) x[v] = t->data->x[v][i];
        double loss = t->law->eval(t->params, x);
        if (!(loss > 0 && isfinite(loss)))
            return LL_FAIL(err, LL_EINPUT, "row %lld: law %s gives a loss of %g, nothing to simulate",
                           (long long)i + 1, t->law->name, loss);
        s->ln_loss[i] = log(loss);
    }
    return LL_OK;
}

/* A weight is 1 / se^2; the mean is over the rows that count. */
static void scales(ll_simulator *s) {
    const double *w = s->trial->data->weight;
    double sum = 0;
    s->n_pool = 0;
    for (int64_t i = 0; i < s->n; i++) {
        s->scale[i] = 1;
        if (w && !(w[i] > 0)) continue;
        sum += w ? w[i] : 1;
        s->n_pool++;
    }
    for (int64_t i = 0; w && i < s->n; i++)
        s->scale[i] = w[i] > 0 ? sqrt(sum / (double)s->n_pool / w[i]) : 0; /* it counts for nothing */
}

/* Takes each cluster's mean out of its rows: members [n_groups] is scratch. */
static void part_clusters(ll_simulator *s, double *members) {
    int64_t at = 0;
    for (int64_t i = 0; i < s->n; i++) {
        if (!(s->scale[i] > 0)) continue;
        s->between[s->group[i]] += s->within[at++];
        members[s->group[i]]++;
    }
    for (int64_t g = 0; g < s->n_groups; g++)
        if (members[g] > 0) s->between[g] /= members[g];
    at = 0;
    for (int64_t i = 0; i < s->n; i++)
        if (s->scale[i] > 0) s->within[at++] -= s->between[s->group[i]];
}

static ll_status residual_noise(ll_simulator *s, ll_error *err) {
    const int p = n_free(s->trial);
    if (s->n_pool <= p)
        return LL_FAIL(err, LL_EINPUT, "%lld runs and %d parameters leave no residuals to draw noise from",
                       (long long)s->n_pool, p);
    int64_t at = 0;
    double sum = 0;
    for (int64_t i = 0; i < s->n; i++) {
        if (!(s->scale[i] > 0)) continue;
        double r = s->within[at++] = s->trial->residual[i] / s->scale[i];
        sum += r * r;
    }
    s->total_sd = sqrt(sum / (double)(s->n_pool - p));
    s->extra_sd = sqrt(p / (double)s->n_pool) * s->total_sd;
    if (!s->group) return LL_OK;
    double *members = calloc((size_t)s->n_groups, sizeof *members);
    if (!members) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld clusters", (long long)s->n_groups);
    part_clusters(s, members);
    free(members);
    return LL_OK;
}

static ll_status fill(ll_simulator *s, ll_error *err) {
    const ll_trial *t = s->trial;
    if (t->data->cluster && t->residual) {
        s->group = ll_cluster_number(t->data->cluster, s->n, &s->n_groups);
        if (!s->group) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld rows", (long long)s->n);
    }
    s->block = calloc((size_t)(4 * s->n), sizeof *s->block); /* at most as many clusters as rows */
    if (!s->block) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld rows", (long long)s->n);
    s->ln_loss = s->block;
    s->scale = s->block + s->n;
    s->within = s->block + 2 * s->n;
    s->between = s->block + 3 * s->n;
    scales(s);
    LL_TRY(planted_loss(s, err));
    return t->residual ? residual_noise(s, err) : LL_OK;
}

ll_status ll_simulator_new(ll_simulator *s, const ll_trial *trial, ll_error *err) {
    *s = (ll_simulator) { .trial = trial, .n = trial->data->n, .extra_sd = trial->sd, .total_sd = trial->sd };
    if (s->n < 1) return LL_FAIL(err, LL_EINPUT, "there are no runs to simulate");
    ll_status status = fill(s, err);
    if (status != LL_OK) ll_simulator_free(s);
    return status;
}

void ll_simulator_free(ll_simulator *s) {
    free(s->block);
    free(s->group);
    *s = (ll_simulator) { 0 };
}

void ll_simulate(const ll_simulator *s, int64_t i, double *loss, double *effect) {
    ll_rng rng = ll_rng_at(s->trial->opts.seed, LL_STREAM_STUDY, (uint64_t)i);
    for (int64_t g = 0; g < s->n_groups; g++) effect[g] = s->between[ll_rng_below(&rng, s->n_groups)];
    for (int64_t r = 0; r < s->n; r++) {
        double noise = s->extra_sd * ll_rng_normal(&rng);
        if (s->trial->residual) noise += s->within[ll_rng_below(&rng, s->n_pool)];
        if (s->group) noise += effect[s->group[r]];
        loss[r] = exp(s->ln_loss[r] + s->scale[r] * noise);
    }
}
