#include "fit/curve/curve_fit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/clock.h"
#include "base/system/threads.h"
#include "fit/curve/curve_problem.h"
#include "fit/draws/interval.h"
#include "fit/solve/polish.h"
#include "loglog/random.h"

/* ---- what can be fitted ---- */

static ll_status check(const ll_curve_fit *f, const ll_curve_rows *c, int n_free, ll_error *err) {
    const ll_law *law = &f->law->law;
    for (int j = 0; j < law->n_params; j++) {
        const ll_law_param *p = &law->params[j];
        if (f->opts.fixed >> j & 1 && !(f->opts.fixed_value[j] >= p->lo && f->opts.fixed_value[j] <= p->hi))
            return LL_FAIL(err, LL_EINPUT, "%s: %s is held at %g, expected %g to %g", law->name, p->name,
                           f->opts.fixed_value[j], p->lo, p->hi);
    }
    if (c->n_fitted <= n_free)
        return LL_FAIL(err, LL_EINPUT, "%lld rows behind a warm-up for %d parameters of %s, expected more rows",
                       (long long)c->n_fitted, n_free, law->name);
    if (!c->n_falling && !(f->opts.fixed >> LL_CURVE_FALL & 1))
        return LL_FAIL(err, LL_EINPUT,
                       "no fitted row lies behind a fall of the learning rate: %s has nothing to learn %s from",
                       law->name, law->params[LL_CURVE_FALL].name);
    if (f->opts.resample && f->opts.resample != LL_RESAMPLE_WILD)
        return LL_FAIL(err, LL_EINPUT, "curves are resampled by blocks whose signs turn: --resample %s cannot be",
                       ll_resample_name(f->opts.resample));
    return LL_OK;
}

static ll_status resolve(ll_curve_fit *f, const ll_fit_opts *opts, ll_error *err) {
    LL_TRY(ll_fit_opts_resolve(opts, &f->opts, err));
    f->opts.resample = opts ? opts->resample : (ll_resample)0;
    for (int j = 0; j < f->law->law.n_params; j++) {
        const ll_curve_prior *prior = &f->law->prior[j];
        if (f->opts.fixed >> j & 1 || prior->at == 0 || prior->sd > 0) continue;
        f->opts.fixed |= 1u << j;
        f->opts.fixed_value[j] = prior->at;
    }
    return LL_OK;
}

/* ---- draws ---- */

typedef struct pool {
    const ll_curve_fit *f;
    const ll_curve_rows *c;
    ll_curve_room *room; /* [threads] */
    const double *theta, *at, *off,
        *mean;            /* the fit; at it the value and the departure of each row, and a run's mean departure */
    const double *centre; /* of the priors */
    const int64_t *block; /* [n] of each row, from 0 */
    int64_t n_blocks;
    double *draws; /* [n_draws][p] theta */
} pool;

static void one_draw(void *ctx, int64_t i, int worker) {
    pool *p = ctx;
    ll_curve_room *room = &p->room[worker];
    double *theta = p->draws + i * room->q.p, value;
    ll_rng rng = ll_rng_at(p->f->opts.seed, LL_STREAM_SIGNS, (uint64_t)i);
    for (int64_t r = 0; r < p->c->n_runs; r++) {
        const double together = (ll_rng_below(&rng, 2) ? 1 : -1) * p->mean[r];
        int64_t block = -1;
        double sign = 1;
        for (int64_t k = p->c->start[r]; k < p->c->start[r + 1]; k++) {
            if (!p->c->fitted[k]) continue;
            if (p->block[k] != block) sign = ll_rng_below(&rng, 2) ? 1 : -1, block = p->block[k];
            room->y[k] = p->at[k] + together + sign * (p->off[k] - p->mean[r]);
        }
    }
    for (int j = 0; j < room->q.p; j++)
        room->centre[j] = p->centre[j] + p->f->law->prior[j].sd * ll_rng_normal(&rng);
    memcpy(theta, p->theta, (size_t)room->q.p * sizeof *theta);
    ll_polish(&room->q, theta, 1e-5, &value);
}

/* Numbers the blocks of every curve's fitted rows; returns how many there are. */
static int64_t number_blocks(const ll_curve_rows *c, int64_t *block) {
    int64_t n = 0;
    for (int64_t r = 0; r < c->n_runs; r++) {
        int64_t rows = 0, seen = 0;
        for (int64_t i = c->start[r]; i < c->start[r + 1]; i++) rows += c->fitted[i];
        const int64_t blocks = rows < LL_CURVE_BLOCKS ? rows : LL_CURVE_BLOCKS;
        for (int64_t i = c->start[r]; i < c->start[r + 1]; i++)
            if (c->fitted[i]) block[i] = n + seen++ * blocks / rows;
        n += blocks;
    }
    return n;
}

static ll_status draw_all(pool *p, ll_curve_fit *f, ll_error *err) {
    const int64_t n = f->opts.n_boot < LL_CURVE_DRAWS ? f->opts.n_boot : LL_CURVE_DRAWS;
    const int q = f->law->law.n_params, n_free = p->room[0].q.n_free;
    double *column;
    if (n < 2 || n_free == 0) return LL_OK;
    p->draws = malloc((size_t)n * (size_t)(q + 1) * sizeof *p->draws);
    if (!p->draws) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld resamples", (long long)n);
    column = p->draws + n * q;
    ll_threads_for(n, f->opts.threads, one_draw, p);
    f->n_draws = n;
    for (int a = 0; a < n_free; a++) {
        const int j = p->room[0].q.free_at[a];
        for (int64_t i = 0; i < n; i++)
            column[i] = p->room[0].q.log[j] ? exp(p->draws[i * q + j]) : p->draws[i * q + j];
        f->params[j] = ll_interval(f->params[j].value, column, n, f->opts.level, p->n_blocks, p->n_blocks - n_free);
    }
    free(p->draws);
    return LL_OK;
}

/* Fills at, off and mean; the fit's scatter. */
static void take_departures(ll_curve_fit *f, const ll_curve_room *room, double *at, double *off, double *mean) {
    const ll_curve_rows *c = room->rows;
    double sum = 0;
    for (int64_t r = 0; r < c->n_runs; r++) {
        int64_t rows = 0;
        for (int64_t i = c->start[r]; i < c->start[r + 1]; i++) {
            if (!c->fitted[i]) continue;
            at[i] = room->q.log_scale ? log(room->L[i]) : room->L[i];
            off[i] = room->y[i] - at[i];
            mean[r] += (off[i] - mean[r]) / (double)++rows;
            sum += pow(log(c->loss[i] / room->L[i]), 2);
        }
    }
    f->residual_sd = sqrt(sum / (double)(c->n_fitted - room->q.n_free));
}

/* Every thread gets a room. */
static ll_status resample(ll_curve_fit *f, ll_curve_room *first, const double *theta, ll_error *err) {
    const ll_curve_rows *c = first->rows;
    const int64_t n = c->n;
    double *at = calloc((size_t)(2 * n + c->n_runs), sizeof *at), *off = at + n, *mean = off + n;
    int64_t *block = calloc((size_t)n, sizeof *block);
    ll_curve_room *room = calloc((size_t)f->opts.threads, sizeof *room);
    ll_status status = LL_OK;
    if (!at || !block || !room) status = LL_FAIL(err, LL_ENOMEM, "out of memory for %lld rows", (long long)n);
    else take_departures(f, first, at, off, mean);
    for (int t = 0; status == LL_OK && t < f->opts.threads; t++)
        status = ll_curve_room_new(&room[t], f->law, c, &f->opts, err);
    if (status == LL_OK) {
        pool p = { .f = f,
                   .c = c,
                   .room = room,
                   .theta = theta,
                   .centre = first->centre,
                   .at = at,
                   .off = off,
                   .mean = mean,
                   .block = block };
        p.n_blocks = number_blocks(c, block);
        status = draw_all(&p, f, err);
    }
    for (int t = 0; room && t < f->opts.threads; t++) ll_curve_room_free(&room[t]);
    free(room);
    free(block);
    free(at);
    return status;
}

/* ---- judgement ---- */

/* Of the rows first to end that are wanted. */
static ll_curve_score score(const ll_curve_rows *c, const bool *want, const double *L, int64_t first, int64_t end) {
    ll_curve_score s = { .row = -1 };
    double mean = 0, left = 0, all = 0, errors = 0;
    for (int64_t i = first; i < end; i++)
        if (want[i]) mean += (c->loss[i] - mean) / (double)++s.n;
    for (int64_t i = first; i < end; i++) {
        if (!want[i]) continue;
        const double off = L[i] - c->loss[i], share = fabs(off) / c->loss[i];
        left += off * off;
        all += (c->loss[i] - mean) * (c->loss[i] - mean);
        errors += share;
        s.worst_abs_rel_err = fmax(s.worst_abs_rel_err, share);
        s.end_rel_err = off / c->loss[i];
    }
    s.r2 = 1 - left / all;
    s.mean_abs_rel_err = errors / (double)s.n;
    return s;
}

/* room has the fit's values at the fitted rows. */
static ll_status judge(ll_curve_fit *f, ll_curve_room *room, const double *params, ll_error *err) {
    const ll_curve_rows *c = room->rows;
    f->fitted = score(c, c->fitted, room->L, 0, c->n);
    if (!c->n_judged) return LL_OK;
    f->curve = calloc((size_t)c->n_runs, sizeof *f->curve);
    if (!f->curve) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld curves", (long long)c->n_runs);
    ll_curve_room_eval(room, c->judged, params, false);
    f->judged = score(c, c->judged, room->L, 0, c->n);
    ll_curve_score mean = { .row = -1 };
    for (int64_t r = 0; r < c->n_runs; r++) {
        ll_curve_score s = score(c, c->judged, room->L, c->start[r], c->start[r + 1]);
        if (!s.n) continue;
        s.row = c->row[c->start[r]];
        f->curve[f->n_judged_curves++] = s;
        mean.n += s.n;
        mean.r2 += s.r2;
        mean.mean_abs_rel_err += s.mean_abs_rel_err;
        mean.worst_abs_rel_err += s.worst_abs_rel_err;
        mean.end_rel_err += fabs(s.end_rel_err);
    }
    mean.r2 /= (double)f->n_judged_curves;
    mean.mean_abs_rel_err /= (double)f->n_judged_curves;
    mean.worst_abs_rel_err /= (double)f->n_judged_curves;
    mean.end_rel_err /= (double)f->n_judged_curves;
    f->of_curves = mean;
    return LL_OK;
}

/* ---- the fit itself ---- */

static ll_status run(ll_curve_fit *f, const ll_curve_rows *c, ll_error *err) {
    double theta[P_MAX], params[P_MAX];
    ll_curve_room room;
    LL_TRY(ll_curve_room_new(&room, f->law, c, &f->opts, err));
    ll_status status = check(f, c, room.q.n_free, err);
    if (status == LL_OK) {
        f->stop = ll_curve_room_search(&room, theta, &f->objective, &f->starts);
        if (!isfinite(f->objective)) {
            ll_curve_room_free(&room);
            return LL_FAIL(err, LL_EINPUT, "%s has no finite loss along these curves: are the rates in range?",
                           f->law->law.name);
        }
        ll_problem_params(&room.q, theta, params);
        for (int j = 0; j < room.q.p; j++) f->params[j] = (ll_estimate) { params[j], NAN, NAN, NAN };
        ll_curve_room_eval(&room, c->fitted, params, false);
        status = resample(f, &room, theta, err);
    }
    if (status == LL_OK) status = judge(f, &room, params, err);
    ll_curve_room_free(&room);
    return status;
}

ll_status ll_curve_fit_run(ll_curve_fit *f, const ll_curve_law *law, const ll_curve_data *data,
                           const ll_fit_opts *opts, ll_error *err) {
    const double start = ll_clock_now();
    ll_curve_rows c;
    *f = (ll_curve_fit) { .law = law };
    LL_TRY(resolve(f, opts, err));
    LL_TRY(ll_curve_rows_new(&c, data, err));
    f->n = c.n_fitted;
    f->n_curves = c.n_curves;
    f->n_falling = c.n_falling;
    f->n_warm = c.n_warm;
    const ll_status status = run(f, &c, err);
    ll_curve_rows_free(&c);
    if (status != LL_OK) ll_curve_fit_clear(f);
    else f->wall_s = ll_clock_now() - start;
    return status;
}

void ll_curve_fit_clear(ll_curve_fit *f) {
    free(f->curve);
    *f = (ll_curve_fit) { 0 };
}

/* ---- in words ---- */

bool ll_curve_fit_warning(const ll_curve_fit *f, int k, char *buf, size_t size) {
    if (f->n_warm && k-- == 0)
        return snprintf(buf, size, "%lld rows in a warm-up, before the highest rate of their run, are left out",
                        (long long)f->n_warm),
               true;
    if (f->n_draws && f->n_falling < 4 && k-- == 0)
        return snprintf(buf, size,
                        "%lld curves, the rate of %lld falls: intervals speak of noise along these, not of other "
                        "schedules",
                        (long long)f->n_curves, (long long)f->n_falling),
               true;
    for (int j = 0; j < f->law->law.n_params; j++) {
        const ll_law_param *p = &f->law->law.params[j];
        const double v = f->params[j].value;
        if (f->opts.fixed >> j & 1 || (v > p->lo * (1 + 1e-9) && v < p->hi * (1 - 1e-9))) continue;
        if (k-- == 0) return snprintf(buf, size, "%s stops at its bound %g", p->name, v), true;
    }
    return false;
}
