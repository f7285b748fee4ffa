#include "decide/plan/valley_search.h"

#include <math.h>

#include "law/laws.h"
#include "law/repeats.h"

#define ENDLESS 1e100

enum { HALVINGS = 200, STEPS = 100 };

/* Those whose valley at a budget is convex in ln N, or an increasing function of one that is: one bottom. */
bool ll_plan_can(const ll_law *law) {
    return law == &ll_law_chinchilla || law == &ll_law_chinchilla_tied || law == &ll_law_data_constrained ||
           law == &ll_law_kaplan_nd;
}

double ll_plan_loss(const ll_law *law, const double *p, const ll_plan_ask *ask, double N, double D) {
    double x[LL_VAR_COUNT] = { [LL_VAR_N] = N, [LL_VAR_D] = D, [LL_VAR_C] = 6 * N * D, [LL_VAR_U] = D };
    if (!(ask->unique_tokens > 0)) return law->eval(p, x);
    x[LL_VAR_U] = fmin(D, ask->unique_tokens);
    return ll_repeats_loss(law, p, x);
}

double ll_plan_floor_of(const ll_law *law, const double *p, const ll_plan_ask *ask) {
    return ll_plan_loss(law, p, ask, ask->params > 0 ? ask->params : ENDLESS,
                        ask->tokens > 0 ? ask->tokens : ENDLESS);
}

/* ---- along a budget ---- */

double ll_plan_tokens_left(const ll_plan_ask *ask, double C, double N) {
    return C / (6 * N) - ask->inference_tokens / 3;
}

static ll_plan_point at_size(const ll_law *law, const double *p, const ll_plan_ask *ask, double C, double ln_n) {
    double N = exp(ln_n), D = ll_plan_tokens_left(ask, C, N);
    return (ll_plan_point) { N, D, C, ll_plan_loss(law, p, ask, N, fmax(D, 1e-9)) };
}

/* Where N or D is held the budget leaves one point; both of them are a budget of their own. */
static ll_plan_point held(const ll_law *law, const double *p, const ll_plan_ask *ask, double C) {
    const double D = ask->tokens, N = ask->params > 0 ? ask->params : C / (6 * D + 2 * ask->inference_tokens);
    if (!(D > 0)) return at_size(law, p, ask, C, log(N));
    return (ll_plan_point) { N, D, 6 * N * D + 2 * N * ask->inference_tokens, ll_plan_loss(law, p, ask, N, D) };
}

/* The best three sizes so far, by falling merit, between two ends; step and before: the last two moves. */
typedef struct bracket {
    double lo, hi, x, second, third, f_second, f_third, step, before;
} bracket;

/* The bottom of the parabola through the three, taken only when it falls inside and moves less than half of the
 * move before the last; else golden section of the longer side (Brent 1973, ch. 5). */
static double next_step(bracket *b, double f_x, double tolerance) {
    const double golden = 0.38196601125010515, middle = (b->lo + b->hi) / 2;
    double r = (b->x - b->second) * (f_x - b->f_third), q = (b->x - b->third) * (f_x - b->f_second);
    double p = (b->x - b->third) * q - (b->x - b->second) * r, before = b->before;
    q = 2 * (q - r);
    if (q > 0) p = -p;
    q = fabs(q);
    b->before = b->step;
    bool inside = p > q * (b->lo - b->x) && p < q * (b->hi - b->x);
    if (fabs(before) > tolerance && inside && fabs(p) < fabs(q * before / 2)) {
        b->step = p / q;
        double at = b->x + b->step;
        if (at - b->lo < 2 * tolerance || b->hi - at < 2 * tolerance) b->step = copysign(tolerance, middle - b->x);
    } else {
        b->before = b->x < middle ? b->hi - b->x : b->lo - b->x;
        b->step = golden * b->before;
    }
    return b->x + (fabs(b->step) >= tolerance ? b->step : copysign(tolerance, b->step));
}

/* Over ln N, from one parameter to one token. A flat bottom is found to the root of the rounding, about 1e-8 of N;
 * the loss there is exact. */
ll_plan_point ll_plan_spend(const ll_law *law, const double *p, const ll_plan_ask *ask, double C) {
    if (ask->params > 0 || ask->tokens > 0) return held(law, p, ask, C);
    const double tolerance = 3e-9, most = fmax(log(C / (6 + 2 * ask->inference_tokens)), 0);
    bracket b = { .hi = most, .x = 0.38196601125010515 * most };
    ll_plan_point best = at_size(law, p, ask, C, b.x);
    b.second = b.third = b.x;
    b.f_second = b.f_third = best.loss;
    for (int i = 0; i < HALVINGS && fabs(b.x - (b.lo + b.hi) / 2) > 2 * tolerance - (b.hi - b.lo) / 2; i++) {
        const double u = next_step(&b, best.loss, tolerance);
        const ll_plan_point at = at_size(law, p, ask, C, u);
        if (at.loss <= best.loss) {
            *(u >= b.x ? &b.lo : &b.hi) = b.x;
            b.third = b.second, b.f_third = b.f_second;
            b.second = b.x, b.f_second = best.loss;
            b.x = u, best = at;
            continue;
        }
        *(u < b.x ? &b.lo : &b.hi) = u;
        if (at.loss <= b.f_second || b.second == b.x) {
            b.third = b.second, b.f_third = b.f_second;
            b.second = u, b.f_second = at.loss;
        } else if (at.loss <= b.f_third || b.third == b.x || b.third == b.second) b.third = u, b.f_third = at.loss;
    }
    return best;
}

/* ---- down to a loss ---- */

/* How far the optimum at C lies above the loss: the logarithm of what is left above the floor, which is close to a
 * straight line in ln C, so that false position needs a few steps. */
static double above(const ll_law *law, const double *p, const ll_plan_ask *ask, double ln_c, double floor,
                    double loss, ll_plan_point *at) {
    *at = ll_plan_spend(law, p, ask, exp(ln_c));
    return log(fmax(at->loss - floor, 1e-300)) - log(loss - floor);
}

ll_plan_point ll_plan_reach(const ll_law *law, const double *p, const ll_plan_ask *ask, double loss) {
    double floor = ll_plan_floor_of(law, p, ask), lo = log(100 * (6 + 2 * ask->inference_tokens));
    double hi = log(LL_PLAN_MOST);
    ll_plan_point at, most;
    if (!(loss > floor)) return ll_plan_spend(law, p, ask, LL_PLAN_MOST);
    double f_lo = above(law, p, ask, lo, floor, loss, &at), f_hi = above(law, p, ask, hi, floor, loss, &most);
    if (f_lo <= 0) return at;
    if (f_hi >= 0) return most.C = LL_PLAN_MOST, most;
    for (int i = 0, side = 0; i < STEPS && hi - lo > 1e-12; i++) {
        double x = (lo * f_hi - hi * f_lo) / (f_hi - f_lo), f = above(law, p, ask, x, floor, loss, &at);
        if (fabs(f) < 1e-11) break;
        if (f > 0) {
            lo = x;
            f_lo = f;
            if (side == 1) f_hi /= 2; /* Illinois: an end that stays is believed half */
            side = 1;
        } else {
            hi = x;
            f_hi = f;
            if (side == -1) f_lo /= 2;
            side = -1;
        }
    }
    return at;
}

/* ---- at a size ---- */

double ll_plan_flops_at(const ll_law *law, const double *p, const ll_plan_ask *ask, double N, double loss) {
    double lo = 0, hi = log(LL_PLAN_MOST);
    if (ll_plan_loss(law, p, ask, N, LL_PLAN_MOST) > loss) return NAN;
    for (int i = 0; i < HALVINGS && hi - lo > 1e-13 * hi; i++) {
        double middle = (lo + hi) / 2;
        if (ll_plan_loss(law, p, ask, N, exp(middle)) > loss) lo = middle;
        else hi = middle;
    }
    return 6 * N * exp(hi) + 2 * N * ask->inference_tokens;
}
