#include "forecast/belief/triage.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "forecast/belief/posterior_grid.h"
#include "forecast/belief/split.h"
#include "stat/quantile.h"
#include "stat/solve.h"
#include "store/copies.h"

static const double BAD = 0.3; /* sd of what a fault does to ln loss */
static const double LOW = 0.1; /* no fault lowers ln loss by less: a run a little better than foretold is news */
static const double RARE[2] = { 1, 50 }; /* of so many bad rows among so many the prior of p is worth */
static const double FAR = 6;             /* scales of the first fit beyond which a row is out at first */
static const double NEAR = 3;            /* sd within which a change of unit explains a row */
static const double SURE = 2;            /* of the log odds for a unit of N or D */
static const double ALONE = 30;          /* times beyond all others in N or in D: out at first */
static const double ODD_PARTS = 4, MILD = 0.2, ODD_MOST = 0.06;
static const double LOG_SD = 1.1, TINY = 0.1; /* sd of ln |z| of a normal z, which counts as no less than that */
static const double MOST = 0.4;               /* share of bad rows beyond which the law is wrong, and not they */

#define WORD(id, word, words) word,
const char *const ll_fault_names[LL_FAULT_COUNT] = { LL_FAULTS(WORD) };
#undef WORD
#define WORDS(id, word, words) words,
static const char *const explained[LL_FAULT_COUNT] = { LL_FAULTS(WORDS) };
#undef WORDS

typedef struct table {
    const ll_law *law;
    const ll_fit_data *data;
    ll_prior prior; /* of which no run is odd */
    const ll_fit_opts *opts;
    int threads;
    ll_triage *t;
    double *mean, *sd; /* [n] of ln loss, by the sound rows; behind them room [n] */
} table;

static double given(const ll_fit_data *data, int64_t i) {
    return data->weight ? data->weight[i] : 1;
}

static void logs_of(const table *a, int64_t i, double lnx[LL_VAR_COUNT]) {
    ll_posterior_logs(a->law, a->data->x, i, lnx);
}

/* ---- copies ---- */

static bool same(const ll_fit_data *d, int64_t i, int64_t j) {
    for (int v = 0; v < LL_VAR_COUNT; v++)
        if (d->x[v] && d->x[v][i] != d->x[v][j]) return false;
    return d->loss[i] == d->loss[j] && ll_copies_exact(d->loss[i]);
}

typedef struct ranked {
    double loss;
    int64_t row;
} ranked;

static int by_loss(const void *a, const void *b) {
    const ranked *x = a, *y = b;
    return x->loss != y->loss ? (x->loss > y->loss) - (x->loss < y->loss) : (x->row > y->row) - (x->row < y->row);
}

static ll_status find_copies(const table *a, ll_error *err) {
    ll_triage *t = a->t;
    ranked *order = malloc((size_t)(t->n + 1) * sizeof *order);
    if (!order) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld runs", (long long)t->n);
    for (int64_t i = 0; i < t->n; i++) order[i] = (ranked) { a->data->loss[i], i };
    qsort(order, (size_t)t->n, sizeof *order, by_loss);
    for (int64_t k = 0; k < t->n; k++)
        for (int64_t j = k + 1; j < t->n && order[j].loss == order[k].loss; j++) {
            ll_triage_row *v = &t->row[order[j].row];
            if (v->fault == LL_FAULT_COPY || !same(a->data, order[k].row, order[j].row)) continue;
            *v = (ll_triage_row) { .fault = LL_FAULT_COPY, .bad = 1, .twin = order[k].row };
            t->weight[order[j].row] = 0;
        }
    free(order);
    return LL_OK;
}

/* ---- the first guess ---- */

enum { BLOCK = 64 }; /* rows that the law is asked for together */

/* Residuals of up to BLOCK rows by a curve. */
static void left_at(const table *a, const ll_curve *c, const double *theta, const int64_t *row, int n,
                    double *left) {
    double lnx[BLOCK * LL_VAR_COUNT] = { 0 }, law[BLOCK];
    for (int l = 0; l < n; l++) logs_of(a, row[l], lnx + l * LL_VAR_COUNT);
    ll_curve_rows(c, theta, lnx, n, law, NULL);
    for (int l = 0; l < n; l++) left[l] = log(a->data->loss[row[l]]) - law[l];
}

/* One row of each block of so many, further along it each time by the golden section: a table may repeat itself, and
 * every so-manyth row be of one kind. */
static int64_t one_of(int64_t block, int64_t rows) {
    static const double GOLDEN = 0.6180339887498949;
    const double at = GOLDEN * (double)block;
    return block * rows + (int64_t)((at - floor(at)) * (double)rows);
}

/* What the first guess is made from: one row of every so many, those that count. */
typedef struct sample {
    int64_t n;
    double *lnx, *y; /* [n][LL_VAR_COUNT], [n] ln loss; owned, and what follows lies behind it */
    double *left;    /* [n] residuals */
    double *g;       /* [p][n] the law's gradient */
} sample;

static ll_status take_sample(sample *s, const table *a, int64_t every, int p, ll_error *err) {
    const int64_t most = a->t->n / every + 1;
    *s = (sample) { .lnx = malloc((size_t)(most * (LL_VAR_COUNT + 2 + p)) * sizeof *s->lnx) };
    if (!s->lnx) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld runs", (long long)most);
    s->y = s->lnx + most * LL_VAR_COUNT;
    s->left = s->y + most;
    s->g = s->left + most;
    for (int64_t block = 0, i; (i = one_of(block, every)) < a->t->n; block++) {
        if (!(a->t->weight[i] > 0)) continue;
        logs_of(a, i, s->lnx + s->n * LL_VAR_COUNT);
        s->y[s->n++] = log(a->data->loss[i]);
    }
    return LL_OK;
}

/* One step of Gauss and Newton, each row's weight that of a Cauchy residual. Leaves |residuals|, the largest component
 * of the step in *moved. */
static bool robust_step(const ll_curve *c, sample *s, double scale, double *theta, double *moved) {
    double H[LL_LAW_MAX_PARAMS * LL_LAW_MAX_PARAMS] = { 0 }, b[LL_LAW_MAX_PARAMS], ridge[LL_LAW_MAX_PARAMS],
                                 step[LL_LAW_MAX_PARAMS];
    const int p = c->p;
    for (int j = 0; j < p; j++) {
        H[j * p + j] = 1 / (c->sd[j] * c->sd[j]);
        b[j] = (c->centre[j] - theta[j]) * H[j * p + j];
    }
    ll_curve_rows(c, theta, s->lnx, s->n, s->left, s->g);
    for (int64_t i = 0; i < s->n; i++) {
        double g[LL_LAW_MAX_PARAMS];
        const double left = s->y[i] - s->left[i];
        const double z = left / (2 * scale), w = 1 / (scale * scale * (1 + z * z));
        s->left[i] = fabs(left);
        for (int j = 0; j < p; j++) {
            g[j] = s->g[j * s->n + i];
            b[j] += w * g[j] * left;
            for (int k = 0; k <= j; k++) H[j * p + k] += w * g[j] * g[k];
        }
    }
    for (int j = 0; j < p; j++) ridge[j] = 0.01 * H[j * p + j];
    if (!ll_cholesky_solve(p, H, ridge, b, step)) return false;
    *moved = 0;
    for (int j = 0; j < p; j++) {
        theta[j] += fmax(-0.5, fmin(0.5, step[j]));
        *moved = fmax(*moved, fabs(step[j]));
    }
    return true;
}

/* r [n] is reordered. */
static double scale_of(double *r, int64_t n) {
    static const double LEAST = 1e-4;
    return fmax(LEAST, 1.4826 * ll_quantile_unsorted(r, n, 0.5));
}

/* Out is who stands alone at an end of the table, along N or D. */
static void put_out_alone(const table *a, ll_var along) {
    const double *x = a->data->x[along];
    if (!x || !(a->law->vars >> along & 1)) return;
    for (int end = 0; end < 2; end++) {
        int64_t last = -1;
        double next = -INFINITY;
        for (int64_t i = 0; i < a->t->n; i++) {
            const double at = end ? log(x[i]) : -log(x[i]), most = last < 0 ? -INFINITY
                                                                   : end    ? log(x[last])
                                                                            : -log(x[last]);
            if (!(a->t->weight[i] > 0)) continue;
            if (at > most) next = most, last = i;
            else next = fmax(next, at);
        }
        if (last >= 0 && (end ? log(x[last]) : -log(x[last])) > next + log(ALONE)) a->t->weight[last] = 0;
    }
}

/* weight 0 for what lies far from that fit. */
static void put_out_far(const table *a, const ll_curve *c, const double *theta, double scale) {
    int64_t row[BLOCK], i = 0;
    double left[BLOCK];
    while (i < a->t->n) {
        int n = 0;
        for (; i < a->t->n && n < BLOCK; i++)
            if (a->t->weight[i] > 0) row[n++] = i;
        left_at(a, c, theta, row, n, left);
        for (int l = 0; l < n; l++)
            if (!(fabs(left[l]) < FAR * scale)) a->t->weight[row[l]] = 0;
    }
}

/* Puts out what lies far from a fit that it hardly pulls, of a large table to one row of every so many. */
static ll_status guess(const table *a, ll_error *err) {
    enum { STEPS = 60, ENOUGH = 10000 };
    static const double STILL = 1e-5;
    const ll_triage *t = a->t;
    const int64_t every = t->n > ENOUGH ? t->n / ENOUGH : 1;
    ll_curve c;
    sample some = { 0 };
    double theta[LL_LAW_MAX_PARAMS], scale = 1, moved = INFINITY, *C = malloc((size_t)(t->n + 1) * sizeof *C);
    if (!C) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld runs", (long long)t->n);
    put_out_alone(a, LL_VAR_N);
    put_out_alone(a, LL_VAR_D);
    for (int64_t i = 0; i < t->n; i++) C[i] = ll_split_compute(a->law, a->data, i);
    ll_status s = ll_curve_init(&c, a->law, &t->data, C, a->opts, &a->prior, err);
    free(C);
    if (s == LL_OK) s = take_sample(&some, a, every, c.p, err);
    if (s != LL_OK) return s;
    memcpy(theta, c.centre, sizeof theta);
    for (int k = 0; k < STEPS && moved > STILL; k++) {
        if (!robust_step(&c, &some, scale, theta, &moved)) break;
        scale = scale_of(some.left, some.n);
    }
    free(some.lnx);
    put_out_far(a, &c, theta, scale);
    return LL_OK;
}

/* ---- the verdicts ---- */

static double log_normal(double miss, double square) {
    return -0.5 * (log(square) + miss * miss / square);
}

/* How noise grows towards small compute: were it as the posterior had it, the sound rows' misses in their own sd would
 * not change with compute. Whether that is far from what was taken. */
static bool learn_growth(const table *a, double largest) {
    static const double FAR_OFF = 0.05;
    const double believed = a->prior.noise_growth,
                 known = 1 / (a->prior.noise_growth_sd * a->prior.noise_growth_sd);
    double n = 0, x = 0, y = 0, xx = 0, xy = 0;
    for (int64_t i = 0; i < a->t->n; i++) {
        if (!(a->t->weight[i] > 0)) continue;
        const double below = log10(largest / ll_split_compute(a->law, a->data, i));
        const double z = log(hypot((log(a->data->loss[i]) - a->mean[i]) / a->sd[i], TINY));
        n++, x += below, y += z, xx += below * below, xy += below * z;
    }
    const double square = (xx - x * x / n) / (LOG_SD * LOG_SD), slope = (xy - x * y / n) / (LOG_SD * LOG_SD);
    const double before = a->t->noise_growth;
    a->t->noise_growth = (square * before + slope + known * believed) / (square + known);
    a->t->noise_growth_sd = 1 / sqrt(square + known);
    return fabs(a->t->noise_growth - before) > FAR_OFF;
}

/* By how much the sound rows miss, in their own sd where it is asked; returns their number. */
static int64_t misses(const table *a, double *miss, bool in_sd) {
    int64_t n = 0;
    for (int64_t i = 0; i < a->t->n; i++)
        if (a->t->weight[i] > 0) miss[n++] = fabs(log(a->data->loss[i]) - a->mean[i]) / (in_sd ? a->sd[i] : 1);
    return n;
}

/* What the sound rows miss by, as a rule, is the least that any is allowed: how noise falls towards large compute is
 * the prior's guess, and no ground to call a row bad. Bad rows that are taken for sound swell the noise and hide behind
 * it; sharp: half of the sound rows miss by more than a normal's quartile in their own sd, or each sd is too large. */
static void fit_sd(const table *a, bool sharp) {
    double *miss = a->sd + a->t->n, times = 1;
    const double least = scale_of(miss, misses(a, miss, false));
    if (sharp) times = fmin(1, scale_of(miss, misses(a, miss, true)));
    for (int64_t i = 0; i < a->t->n; i++) a->sd[i] = fmax(times * a->sd[i], least);
}

/* Probability that each row is bad, p the share of bad ones; returns their expected number. */
static double doubt(const table *a, double p) {
    double sum = 0;
    for (int64_t i = 0; i < a->t->n; i++) {
        ll_triage_row *v = &a->t->row[i];
        if (v->fault != LL_FAULT_NONE || !(given(a->data, i) > 0)) continue;
        const double square = a->sd[i] * a->sd[i];
        v->miss = log(a->data->loss[i]) - a->mean[i];
        v->z = v->miss / a->sd[i];
        const double odds =
            log((1 - p) / p) + log_normal(v->miss, square) - log_normal(v->miss, square + BAD * BAD);
        sum += v->bad = v->miss < 0 && v->miss > -LOW ? 0 : 1 / (1 + exp(odds));
    }
    return sum;
}

/* The rows' weights by their verdicts; how many rows went in or out. */
static int64_t reweigh(const table *a) {
    int64_t moved = 0;
    for (int64_t i = 0; i < a->t->n; i++) {
        const double before = a->t->weight[i], bad = a->t->row[i].bad;
        a->t->weight[i] = bad > 0.5 ? 0 : given(a->data, i) * (1 - bad);
        moved += (before > 0) != (a->t->weight[i] > 0);
    }
    return moved;
}

/* How far the sound rows go along a variable: [0], and [1] without the row that is there. */
typedef struct reach {
    double lo[2], hi[2];
    int64_t lowest, highest;
} reach;

static reach reach_of(const table *a, ll_var v) {
    reach r = { { INFINITY, INFINITY }, { 0, 0 }, -1, -1 };
    for (int64_t j = 0; a->data->x[v] && j < a->t->n; j++) {
        const double x = a->data->x[v][j];
        if (!(a->t->weight[j] > 0)) continue;
        if (x < r.lo[0]) r.lo[1] = r.lo[0], r.lo[0] = x, r.lowest = j;
        else if (x < r.lo[1]) r.lo[1] = x;
        if (x > r.hi[0]) r.hi[1] = r.hi[0], r.hi[0] = x, r.highest = j;
        else if (x > r.hi[1]) r.hi[1] = x;
    }
    return r;
}

/* Whether x lies among the sound rows', row i left aside. */
static bool among(const reach *r, int64_t i, double x) {
    return x >= r->lo[i == r->lowest] && x <= r->hi[i == r->highest];
}

/* Whether the row's loss would be likelier, and as the sound rows have it, were its N or D so many times more. */
static bool unit_explains(const table *a, const ll_posterior *sound, const reach *r, int64_t i, ll_var v,
                          double times) {
    double x[LL_VAR_COUNT], room[LL_POSTERIOR_ROOM];
    ll_mixture m;
    if (!a->data->x[v] || among(r, i, a->data->x[v][i]) || !among(r, i, a->data->x[v][i] * times)) return false;
    for (int j = 0; j < LL_VAR_COUNT; j++) x[j] = a->data->x[j] ? a->data->x[j][i] : 0;
    x[v] *= times;
    x[LL_VAR_C] *= times;
    if (ll_posterior_predict(sound, x, room, &m, NULL) != LL_OK) return false;
    const double miss = log(a->data->loss[i]) - ll_mixture_mean(&m), sd = ll_mixture_sd(&m);
    const double before = log_normal(a->t->row[i].miss, a->sd[i] * a->sd[i]);
    return fabs(miss) < NEAR * sd && log_normal(miss, sd * sd) > before + SURE;
}

/* A row beyond all others whose N or D would explain it: there the sound rows alone cannot tell, as they allow for
 * anything. */
static void find_units(const table *a, const ll_posterior *sound) {
    const reach along[] = { reach_of(a, LL_VAR_N), reach_of(a, LL_VAR_D) };
    for (int64_t i = 0; i < a->t->n; i++) {
        ll_triage_row *v = &a->t->row[i];
        if (v->fault != LL_FAULT_NONE || !(given(a->data, i) > 0)) continue;
        for (int k = 0; k < 4 && v->fault == LL_FAULT_NONE; k++) {
            if (!unit_explains(a, sound, &along[k / 2], i, k / 2 ? LL_VAR_D : LL_VAR_N, k % 2 ? 1e-3 : 1e3))
                continue;
            v->fault = k / 2 ? LL_FAULT_TOKENS : LL_FAULT_PARAMS;
            v->bad = 1;
        }
    }
}

/* In rounds, until nothing moves that the next posterior would see: of a large table each of its rows stands for
 * many. */
static ll_status judge(const table *a, ll_error *err) {
    enum { ROUNDS = 8, SHARP = 2 }; /* the first turn is not sharp, so many after it are */
    double p = RARE[0] / RARE[1];
    bool moved = true;
    for (int k = 0; k < ROUNDS && (moved || k <= SHARP); k++) {
        ll_posterior *sound;
        ll_prior prior = a->prior;
        prior.growth_off = a->t->noise_growth - prior.noise_growth;
        LL_TRY(ll_posterior_sketch(&sound, a->law, &a->t->data, &prior, a->opts, a->threads, err));
        const ll_status s = ll_posterior_left_out(sound, a->data, a->mean, a->sd, err);
        if (s == LL_OK) {
            const bool grown = learn_growth(a, sound->largest);
            fit_sd(a, k > 0 && k <= SHARP);
            p = (RARE[0] + doubt(a, p)) / (RARE[1] + (double)a->t->n);
            find_units(a, sound);
            moved = reweigh(a) > a->t->n / (LL_POSTERIOR_SKETCH_ROWS + 1) || grown;
        }
        ll_posterior_free(sound);
        LL_TRY(s);
    }
    return LL_OK;
}

/* ---- the slopes ---- */

/* How the departure grows up the slopes of a valley: the mean of its logarithm over three sizes, each weighed by the
 * sound rows' evidence for it and by the prior (Gauss and Hermite's points and weights of a normal). */
static ll_status learn_slopes(const table *a, ll_error *err) {
    enum { SLOPES = 3 };
    static const double z[SLOPES] = { -1.7320508, 0, 1.7320508 }, prior[SLOPES] = { 1. / 6, 2. / 3, 1. / 6 };
    double evidence[SLOPES], best = -INFINITY, sum = 0, off = 0;
    for (int k = 0; k < SLOPES; k++) {
        ll_posterior *p;
        ll_prior at = a->prior;
        at.growth_off = a->t->noise_growth - at.noise_growth;
        at.excess_growth *= exp(at.excess_growth_sd * z[k]);
        LL_TRY(ll_posterior_sketch(&p, a->law, &a->t->data, &at, a->opts, a->threads, err));
        best = fmax(best, evidence[k] = p->evidence);
        ll_posterior_free(p);
    }
    for (int k = 0; k < SLOPES; k++) {
        const double weight = prior[k] * exp(evidence[k] - best);
        sum += weight;
        off += weight * z[k];
    }
    a->t->excess_growth *= exp(a->prior.excess_growth_sd * off / sum);
    return LL_OK;
}

/* ---- what would explain it ---- */

static bool explains(const table *a, int64_t i, double loss) {
    return fabs(log(loss) - a->mean[i]) < NEAR * a->sd[i];
}

static ll_fault name_fault(const table *a, int64_t i) {
    const double loss = a->data->loss[i];
    if (explains(a, i, loss * log(2))) return LL_FAULT_BITS;
    if (explains(a, i, loss / log(2))) return LL_FAULT_NATS;
    if (loss > exp(1) && explains(a, i, log(loss))) return LL_FAULT_PERPLEXITY;
    return a->t->row[i].miss > 0 ? LL_FAULT_HIGH : LL_FAULT_LOW;
}

static ll_status all(table *a, ll_error *err) {
    ll_triage *t = a->t;
    int64_t there = 0, bad = 0;
    LL_TRY(find_copies(a, err));
    for (int64_t i = 0; i < t->n; i++) there += t->weight[i] > 0;
    const bool enough = there >= LL_TRIAGE_ROWS && a->law->n_terms > 0;
    if (enough) {
        LL_TRY(guess(a, err));
        LL_TRY(judge(a, err));
        for (int64_t i = 0; i < t->n; i++) bad += t->row[i].fault != LL_FAULT_COPY && t->row[i].bad > 0.5;
    }
    const bool hopeless = (double)bad > MOST * (double)there;
    for (int64_t i = 0; i < t->n; i++) {
        ll_triage_row *v = &t->row[i];
        if (v->fault != LL_FAULT_COPY && hopeless) *v = (ll_triage_row) { 0 };
        else if (v->fault == LL_FAULT_NONE && v->bad > 0.5) v->fault = name_fault(a, i);
        t->bad += v->fault != LL_FAULT_NONE;
    }
    if (hopeless || !enough) reweigh(a);
    const bool valleys = a->law->vars == (1u << LL_VAR_N | 1u << LL_VAR_D);
    return enough && valleys && a->prior.excess_growth_sd > 0 ? learn_slopes(a, err) : LL_OK;
}

ll_status ll_triage_new(ll_triage *t, const ll_law *law, const ll_fit_data *data, const ll_prior *prior,
                        const ll_fit_opts *opts, int threads, ll_error *err) {
    const size_t n = (size_t)data->n;
    *t = (ll_triage) { .n = data->n, .data = *data };
    t->row = calloc(n + 1, sizeof *t->row);
    t->weight = malloc((n + 1) * sizeof *t->weight);
    double *room = malloc((3 * n + 1) * sizeof *room);
    ll_status s = t->row && t->weight && room ? LL_OK : LL_FAIL(err, LL_ENOMEM, "out of memory for %zu runs", n);
    if (s == LL_OK) {
        table a = { law, data, prior ? *prior : ll_prior_default, opts, threads, t, room, room + n };
        for (size_t i = 0; i < n; i++) t->weight[i] = given(data, (int64_t)i);
        t->data.weight = t->weight;
        a.prior.odd_share = 0;
        t->noise_growth = a.prior.noise_growth;
        t->noise_growth_sd = a.prior.noise_growth_sd;
        t->excess_growth = a.prior.excess_growth;
        s = all(&a, err);
    }
    free(room);
    if (s != LL_OK) ll_triage_free(t);
    return s;
}

const ll_prior *ll_triage_learn(const ll_triage *t, ll_prior *prior) {
    static const double STEP = 1.7, TOLD = 0.06; /* sd; of an sd that matters no more */
    double n = 0, odd = 0, square = ODD_PARTS * prior->odd * prior->odd;
    for (int64_t i = 0; i < t->n; i++) {
        const ll_triage_row *v = &t->row[i];
        if (v->fault == LL_FAULT_NONE) n++;
        if (fabs(v->miss) > MILD || (v->fault != LL_FAULT_HIGH && v->fault != LL_FAULT_LOW)) continue;
        square += v->miss * v->miss;
        odd++;
    }
    prior->growth_off = t->noise_growth - prior->noise_growth;
    prior->growth_step = t->noise_growth_sd > TOLD ? STEP * t->noise_growth_sd : 0;
    prior->excess_growth = t->excess_growth;
    prior->odd = sqrt(square / (ODD_PARTS + odd));
    prior->odd_share = fmin(ODD_MOST, (prior->odd_share / RARE[0] * RARE[0] * RARE[1] + odd) / (RARE[1] + n + odd));
    return prior;
}

void ll_triage_free(ll_triage *t) {
    free(t->row);
    free(t->weight);
    *t = (ll_triage) { 0 };
}

/* ---- in words ---- */

const char *ll_triage_words(const ll_triage *t, ll_fault fault, ll_triage_name *name, const void *ctx,
                            char out[LL_TRIAGE_WORDS]) {
    int64_t n = 0, first = -1;
    char row[80], more[32] = "";
    *out = 0;
    for (int64_t i = t->n - 1; i >= 0; i--)
        if (t->row[i].fault == fault) first = i, n++;
    if (fault == LL_FAULT_NONE || n == 0) return out;
    name(ctx, first, row, sizeof row);
    if (n > 1) snprintf(more, sizeof more, " and %lld more", (long long)n - 1);
    if (fault == LL_FAULT_COPY) snprintf(out, LL_TRIAGE_WORDS, "%s%s: %s", row, more, explained[fault]);
    else
        snprintf(out, LL_TRIAGE_WORDS, "%s%s: loss %+.3g %% off what the other runs say, %.2g sd: %s", row, more,
                 100 * expm1(t->row[first].miss), fabs(t->row[first].z), explained[fault]);
    return out;
}
