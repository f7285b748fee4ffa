#include "forecast/belief/curve.h"

#include <math.h>

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

ll_status ll_curve_init(ll_curve *c, const ll_law *law, const ll_fit_data *data, const double *C,
                        const ll_fit_opts *opts, const ll_prior *prior, ll_error *err) {
    static const ll_fit_opts none;
    *c = (ll_curve) { .law = law, .p = law->n_params, .mixing = -1 };
    for (int j = 0; j < c->p; j++)
        if (!(law->params[j].lo > 0))
            return LL_FAIL(err, LL_EINPUT, "law %s: %s may be below 0, a forecast cannot take its logarithm",
                           law->name, law->params[j].name);
    if (!law->n_terms) return init_any(c, data, opts ? opts : &none, err);
    init_terms(c, data, C, opts ? opts : &none, prior);
    init_mixing(c, prior);
    return LL_OK;
}

/* ln of term k's size. */
static double ln_size(const ll_curve *c, const double *theta, const double *lnx, int k) {
    const ll_law_term *t = &c->law->terms[k];
    const double slope = t->exponent >= 0 ? exp(theta[t->exponent]) * (lnx[t->var] - c->ref[k]) : 0;
    return theta[t->coef] - slope;
}

/* The power terms, joined: K [mean of s^(1/q)]^q, the largest of them taken out so that no power overflows. */
typedef struct joined {
    double value, powers; /* powers: K */
    double q, largest;    /* largest: of ln s */
    double sum, weighted; /* of r^(1/q), and of r^(1/q) ln r^(1/q), where r = s / largest s */
} joined;

static joined join(const ll_curve *c, const double *theta, const double *size) {
    joined j = { .q = c->mixing >= 0 ? exp(theta[c->mixing]) : 1, .largest = -INFINITY };
    for (int k = 0; k < c->law->n_terms; k++)
        if (c->law->terms[k].exponent >= 0) j.largest = fmax(j.largest, size[k]), j.powers++;
    for (int k = 0; k < c->law->n_terms; k++) {
        if (c->law->terms[k].exponent < 0) continue;
        const double power = (size[k] - j.largest) / j.q;
        j.sum += exp(power);
        j.weighted += exp(power) * power;
    }
    j.value = j.powers > 0 ? exp(j.largest) * j.powers * pow(j.sum / j.powers, j.q) : 0;
    return j;
}

static double terms_at(const ll_curve *c, const double *theta, const double *lnx, double *g) {
    double size[LL_LAW_MAX_TERMS]; /* logarithms */
    for (int k = 0; k < c->law->n_terms; k++) size[k] = ln_size(c, theta, lnx, k);
    const joined j = join(c, theta, size);
    double loss = j.value;
    for (int k = 0; k < c->law->n_terms; k++)
        if (c->law->terms[k].exponent < 0) loss += exp(size[k]);
    for (int k = 0; g && k < c->law->n_terms; k++) {
        const ll_law_term *t = &c->law->terms[k];
        const bool power = t->exponent >= 0;
        g[t->coef] = (power ? j.value * exp((size[k] - j.largest) / j.q) / j.sum : exp(size[k])) / loss;
        if (power) g[t->exponent] = g[t->coef] * (size[k] - theta[t->coef]);
    }
    if (g && c->mixing >= 0) g[c->mixing] = j.value / loss * j.q * (log(j.sum / j.powers) - j.weighted / j.sum);
    return log(loss);
}

double ll_curve_at(const ll_curve *c, const double *theta, const double lnx[LL_VAR_COUNT], double *g) {
    if (c->law->n_terms) return terms_at(c, theta, lnx, g);
    double p[LL_LAW_MAX_PARAMS], x[LL_VAR_COUNT];
    for (int j = 0; j < c->p; j++) p[j] = exp(theta[j]);
    for (int v = 0; v < LL_VAR_COUNT; v++) x[v] = exp(lnx[v]);
    double loss = c->law->eval(p, x);
    if (g) c->law->grad(p, x, g);
    for (int j = 0; g && j < c->p; j++) g[j] *= p[j] / loss;
    return log(loss);
}
