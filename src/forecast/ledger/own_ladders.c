#include "forecast/ledger/own_ladders.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "forecast/belief/distribution.h"
#include "stat/student.h"

static const double SURPRISE = 9;   /* of z^2: more says no more of the spread, and counts as odd beyond ODD */
static const double ODD = 3.3;      /* |z| */
static const double ODD_WORTH = 50; /* runs that the public share of odd ones is worth */
static const double WIDEST = 3, NARROWEST = 0.3;

typedef struct judged {
    const ll_seal *seal;
    double z, sd; /* of ln loss: error and sd as sealed; z by what the public spread would have been */
    int64_t ladder;
} judged;

static int by_data(const void *a, const void *b) {
    const judged *x = a, *y = b;
    const int order = strcmp(x->seal->forecast.data_hash, y->seal->forecast.data_hash);
    return order ? order : (x->seal->seq > y->seal->seq) - (x->seal->seq < y->seal->seq);
}

/* A replicate's place was known. */
static bool counts(const ll_seal *s) {
    return s->scored && !s->forecast.replicate && s->forecast.sd > 0 && isfinite(s->forecast.mean) &&
           s->score.outcome > 0;
}

/* Numbers ladders from 0; returns how many there are. */
static int64_t collect(judged *list, const ll_seal *seals, int64_t n, int64_t *m) {
    int64_t ladders = 0;
    *m = 0;
    for (int64_t i = 0; i < n; i++) {
        const ll_forecast *f = &seals[i].forecast;
        if (!counts(&seals[i])) continue;
        const double z =
            (log(seals[i].score.outcome) - f->mean) / f->sd * (f->prior_spread > 0 ? f->prior_spread : 1);
        list[(*m)++] = (judged) { &seals[i], z, f->sd, 0 };
    }
    qsort(list, (size_t)*m, sizeof *list, by_data);
    for (int64_t i = 0; i < *m; i++) {
        const bool new =
            i == 0 || strcmp(list[i].seal->forecast.data_hash, list[i - 1].seal->forecast.data_hash) != 0;
        ladders += new;
        list[i].ladder = ladders - 1;
    }
    return ladders;
}

/* From all ladders but one; -1: from all. */
static void learn(ll_prior *out, const judged *list, int64_t m, int64_t but) {
    const ll_prior *base = &ll_prior_default;
    double parts = base->spread_parts, sum = parts * base->spread * base->spread, odd = 0, runs = 0;
    *out = *base;
    for (int64_t i = 0; i < m;) {
        const int64_t ladder = list[i].ladder;
        double square = 0, n = 0;
        for (; i < m && list[i].ladder == ladder; i++) {
            square += fmin(list[i].z * list[i].z, SURPRISE);
            n++;
            if (ladder != but) odd += fabs(list[i].z) > ODD, runs++;
        }
        if (ladder != but) sum += square / n, parts++;
    }
    out->spread = fmin(WIDEST, fmax(NARROWEST, sqrt(sum / parts)));
    out->spread_parts = parts;
    out->odd_share = fmin(0.5, (base->odd_share * ODD_WORTH + odd) / (ODD_WORTH + runs));
}

/* A forecast as the learned numbers would have had it: its quantiles so much further from the median. */
static ll_score rejudge(const judged *j, const ll_prior *learned) {
    const ll_forecast *f = &j->seal->forecast;
    const double sealed = f->prior_spread > 0 ? f->prior_spread : 1, wider = learned->spread / sealed;
    ll_forecast g = *f;
    for (int q = 0; q < LL_FORECAST_QUANTILES; q++)
        g.quantile[q] =
            f->quantile[LL_FORECAST_MEDIAN] * pow(f->quantile[q] / f->quantile[LL_FORECAST_MEDIAN], wider);
    return ll_forecast_score(&g, j->seal->score.outcome);
}

ll_status ll_learn_from_seals(ll_borrowed *out, const ll_seal *seals, int64_t n, ll_error *err) {
    int64_t m;
    ll_prior without;
    judged *list = malloc(((size_t)n + 1) * sizeof *list);
    if (!list) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld forecasts", (long long)n);
    const int64_t ladders = collect(list, seals, n, &m);
    *out = (ll_borrowed) { .name = "learned", .ladders = ladders, .forecasts = m };
    learn(&out->prior, list, m, -1);
    ll_prior_hash(&out->prior, out->hash);
    for (int64_t i = 0; i < m; i++) {
        learn(&without, list, m, list[i].ladder);
        const ll_score s = rejudge(&list[i], &without);
        out->interval_score += s.interval_score / (double)m;
        out->log_score += s.log_score / (double)m;
        out->covered90 += (s.covered90 ? 1.0 : 0.0) / (double)m;
    }
    free(list);
    if (m > 0) return LL_OK;
    return LL_FAIL(
        err, LL_EINPUT,
        "the ledger holds no scored forecast of this program: 'forecast seal' one, and 'forecast score' it");
}
