#include "forecast/belief/curve.h"

#include <math.h>

#include "stat/lanes.h"

static const double HELD = 1e-7; /* sd of a parameter that is held */
/* Along one variable nobody knows which the exponent is of, so its prior says little. */
static const double ONE_EXPONENT = 0.2, ONE_EXPONENT_SD = 1;
static const double WIDE = 1,
                    WIDE_LOG = 5; /* sd about a plain fit: of exponents, of parameters that span decades */

static bool counts(const ll_fit_data *data, int64_t i) {
    return !data->weight || data->weight[i] > 0;
}

static double frontier(const ll_fit_data *data, const double *C, ll_var v) {
    double largest = 0, sum = 0, n = 0;
    for (int64_t i = 0; i < data->n; i++)
        if (counts(data, i)) largest = fmax(largest, C[i]);
    for (int64_t i = 0; i < data->n; i++)
        if (counts(data, i) && C[i] >= largest / 10) sum += log(data->x[v][i]), n++;
    return sum / n;
}

static void hold(ll_curve *c, int j, double value) {
    c->centre[j] = log(value);
    c->sd[j] = HELD;
}

static void init_terms(ll_curve *c, const ll_fit_data *data, const double *C, const ll_fit_opts *opts,
                       const ll_prior *prior) {
    bool one = ll_law_is_of_x(c->law);
    double lowest = INFINITY;
    for (int64_t i = 0; i < data->n; i++)
        if (counts(data, i)) lowest = fmin(lowest, data->loss[i]);
    for (int k = 0; k < c->law->n_terms; k++) {
        const ll_law_term *t = &c->law->terms[k];
        bool power = t->exponent >= 0, held = opts->fixed >> t->coef & 1;
        c->ref[k] = power && !held ? frontier(data, C, t->var) : 0;
        c->centre[t->coef] = log(lowest * (power ? prior->term : prior->floor));
        c->sd[t->coef] = power ? prior->term_sd : prior->floor_sd;
        if (held) hold(c, t->coef, opts->fixed_value[t->coef]);
        if (!power) continue;
        c->centre[t->exponent] = log(one ? ONE_EXPONENT : prior->exponent);
        c->sd[t->exponent] = one ? ONE_EXPONENT_SD : prior->exponent_sd;
        if (opts->fixed >> t->exponent & 1) hold(c, t->exponent, opts->fixed_value[t->exponent]);
    }
}

/* One term has nothing to be joined with. */
static void init_mixing(ll_curve *c, const ll_prior *prior) {
    int powers = 0;
    for (int k = 0; k < c->law->n_terms; k++) powers += c->law->terms[k].exponent >= 0;
    if (powers < 2 || !(prior->mixing_sd > 0)) return;
    c->mixing = c->p++;
    c->centre[c->mixing] = prior->mixing;
    c->sd[c->mixing] = prior->mixing_sd;
}

static ll_status init_any(ll_curve *c, const ll_fit_data *data, const ll_fit_opts *opts, ll_error *err) {
    ll_fit fit;
    ll_fit_opts plain = { .delta = 1e-2, .n_boot = -1, .threads = 1, .fixed = opts->fixed };
    for (int j = 0; j < c->p; j++) plain.fixed_value[j] = opts->fixed_value[j];
    LL_TRY(ll_fit_run(&fit, c->law, data, &plain, err));
    for (int j = 0; j < c->p; j++) {
        c->centre[j] = log(fit.params[j].value);
        c->sd[j] = c->law->params[j].log ? WIDE_LOG : WIDE;
        if (opts->fixed >> j & 1) hold(c, j, opts->fixed_value[j]);
    }
    ll_fit_clear(&fit);
    return LL_OK;
}

ll_status ll_curve_can(const ll_law *law, ll_error *err) {
    for (int j = 0; j < law->n_params; j++)
        if (!(law->params[j].lo > 0))
            return LL_FAIL(err, LL_EINPUT, "law %s: %s may be below 0, a forecast cannot take its logarithm",
                           law->name, law->params[j].name);
    return LL_OK;
}

ll_status ll_curve_init(ll_curve *c, const ll_law *law, const ll_fit_data *data, const double *C,
                        const ll_fit_opts *opts, const ll_prior *prior, ll_error *err) {
    static const ll_fit_opts none;
    *c = (ll_curve) { .law = law, .p = law->n_params, .mixing = -1 };
    LL_TRY(ll_curve_can(law, err));
    if (!law->n_terms) return init_any(c, data, opts ? opts : &none, err);
    init_terms(c, data, C, opts ? opts : &none, prior);
    init_mixing(c, prior);
    return LL_OK;
}

/* ---- its values ---- */

/* What all rows share: each term's slope, and q. */
typedef struct shared {
    double slope[LL_LAW_MAX_TERMS], q;
    int powers; /* K */
} shared;

static shared share(const ll_curve *c, const double *theta) {
    shared s = { .q = c->mixing >= 0 ? exp(theta[c->mixing]) : 1 };
    for (int k = 0; k < c->law->n_terms; k++) {
        const ll_law_term *t = &c->law->terms[k];
        s.slope[k] = t->exponent >= 0 ? exp(theta[t->exponent]) : 0;
        s.powers += t->exponent >= 0;
    }
    return s;
}

/* Variable v of the rows from lnx on, of which so many are there. */
LL_LANES_INLINE ll_lanes variable(const double *lnx, int v, int here) {
    ll_lanes x = { 0 };
    for (int l = 0; l < here; l++) x[l] = lnx[l * LL_VAR_COUNT + v];
    return x;
}

/* ln loss of a vector's width of rows; g [p] where it is there. The power terms are joined as K [mean of s^(1/q)]^q,
 * the largest of them taken out so that no power overflows; r = s / largest s. */
LL_LANES_INLINE ll_lanes terms_at(const ll_curve *c, const shared *s, const double *theta, const double *lnx,
                                  int here, ll_lanes *g) {
    const ll_law *law = c->law;
    ll_lanes size[LL_LAW_MAX_TERMS], root[LL_LAW_MAX_TERMS]; /* ln of each term's; r^(1/q), or the floor's size */
    ll_lanes largest = ll_lanes_of(-INFINITY), sum = { 0 }, weighted = { 0 }, floors = { 0 }, joined = { 0 };
    for (int k = 0; k < law->n_terms; k++) {
        const ll_law_term *t = &law->terms[k];
        size[k] = theta[t->coef] - s->slope[k] * (variable(lnx, t->var, here) - c->ref[k]);
        if (t->exponent >= 0) largest = ll_lanes_if(size[k] > largest, size[k], largest);
        else floors += root[k] = ll_lanes_exp(size[k]);
    }
    for (int k = 0; k < law->n_terms; k++) {
        if (law->terms[k].exponent < 0) continue;
        const ll_lanes power = (size[k] - largest) / s->q;
        sum += root[k] = ll_lanes_exp(power);
        weighted += root[k] * power;
    }
    const ll_lanes ln_mean = ll_lanes_log(sum / s->powers);
    if (s->powers) joined = s->powers * ll_lanes_exp(largest + s->q * ln_mean);
    const ll_lanes loss = joined + floors;
    for (int k = 0; g && k < law->n_terms; k++) {
        const ll_law_term *t = &law->terms[k];
        g[t->coef] = (t->exponent >= 0 ? joined * root[k] / sum : root[k]) / loss;
        if (t->exponent >= 0) g[t->exponent] = g[t->coef] * (size[k] - theta[t->coef]);
    }
    if (g && c->mixing >= 0) g[c->mixing] = joined / loss * s->q * (ln_mean - weighted / sum);
    return ll_lanes_log(loss);
}

LL_WIDE static void terms_all(const ll_curve *c, const shared *s, const double *theta, const double *lnx, int64_t n,
                              double *y, double *g) {
    for (int64_t i = 0; i < n; i += LL_LANES_N) {
        const int here = n - i < LL_LANES_N ? (int)(n - i) : LL_LANES_N;
        ll_lanes slope[LL_LAW_MAX_PARAMS];
        const ll_lanes at = terms_at(c, s, theta, lnx + i * LL_VAR_COUNT, here, g ? slope : NULL);
        for (int l = 0; l < here; l++) y[i + l] = at[l];
        for (int j = 0; g && j < c->p; j++)
            for (int l = 0; l < here; l++) g[j * n + i + l] = slope[j][l];
    }
}

static double any_at(const ll_curve *c, const double *theta, const double *lnx, double *g) {
    double p[LL_LAW_MAX_PARAMS], x[LL_VAR_COUNT];
    for (int j = 0; j < c->p; j++) p[j] = exp(theta[j]);
    for (int v = 0; v < LL_VAR_COUNT; v++) x[v] = exp(lnx[v]);
    double loss = c->law->eval(p, x);
    if (g) c->law->grad(p, x, g);
    for (int j = 0; g && j < c->p; j++) g[j] *= p[j] / loss;
    return log(loss);
}

void ll_curve_rows(const ll_curve *c, const double *theta, const double *lnx, int64_t n, double *y, double *g) {
    if (c->law->n_terms) {
        const shared s = share(c, theta);
        terms_all(c, &s, theta, lnx, n, y, g);
        return;
    }
    for (int64_t i = 0; i < n; i++) {
        double slope[LL_LAW_MAX_PARAMS];
        y[i] = any_at(c, theta, lnx + i * LL_VAR_COUNT, g ? slope : NULL);
        for (int j = 0; g && j < c->p; j++) g[j * n + i] = slope[j];
    }
}

double ll_curve_at(const ll_curve *c, const double *theta, const double lnx[LL_VAR_COUNT], double *g) {
    double y;
    ll_curve_rows(c, theta, lnx, 1, &y, g);
    return y;
}
