#include "decide/next/lattice.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

#include "decide/plan/shape.h"

ll_place ll_place_at(double N, double C) {
    return (ll_place) { { [LL_VAR_N] = N, [LL_VAR_D] = C / (6 * N), [LL_VAR_C] = C } };
}

double ll_lattice_size(const ll_next_ask *ask, double N) {
    ll_planned_shape shape;
    double best = N, least = INFINITY;
    if (ask->n_sizes == 0 && ll_plan_shape(N, &shape, NULL) == LL_OK) return shape.params;
    for (int i = 0; i < ask->n_sizes; i++) {
        double off = fabs(log(ask->sizes[i] / N));
        if (off < least) least = off, best = ask->sizes[i];
    }
    return best;
}

/* ---- cost ---- */

static double pace_of(const ll_next_ask *ask, double N) {
    const ll_next_pace *p = ask->paces;
    int k = 1;
    if (ask->n_paces == 1 || N <= p[0].N || N >= p[ask->n_paces - 1].N) {
        const ll_next_pace *end = N <= p[0].N ? p : &p[ask->n_paces - 1];
        return end->tokens_per_s * end->N / N;
    }
    while (N > p[k].N) k++;
    double at = log(N / p[k - 1].N) / log(p[k].N / p[k - 1].N);
    return p[k - 1].tokens_per_s * pow(p[k].tokens_per_s / p[k - 1].tokens_per_s, at);
}

double ll_lattice_cost(const ll_next_ask *ask, const ll_place *p) {
    return ask->n_paces ? p->x[LL_VAR_D] / pace_of(ask, p->x[LL_VAR_N]) : p->x[LL_VAR_C];
}

/* ---- the lattice ---- */

static bool has(const ll_place *places, int n, const ll_place *p) {
    for (int i = 0; i < n; i++)
        if (places[i].x[LL_VAR_N] == p->x[LL_VAR_N] && places[i].x[LL_VAR_C] == p->x[LL_VAR_C]) return true;
    return false;
}

/* The sizes of one budget that can be paid. */
static int fill_level(const ll_next_ask *ask, double C, ll_place *places) {
    int n = 0;
    for (int k = 0; k < LL_LATTICE_WIDTH; k++) {
        double ratio = ask->ratio * exp2(k - LL_LATTICE_WIDTH / 2);
        ll_place p = ll_place_at(ll_lattice_size(ask, sqrt(C / (6 * ratio))), C);
        double off = fabs(log(p.x[LL_VAR_D] / p.x[LL_VAR_N] / ask->ratio));
        if (p.x[LL_VAR_N] < LL_SHAPE_LEAST || p.x[LL_VAR_D] < 1 || off > log(ask->spread) + 1e-9) continue;
        if (ll_lattice_cost(ask, &p) <= ask->budget && !has(places, n, &p)) places[n++] = p;
    }
    return n;
}

int ll_lattice_fill(const ll_next_ask *ask, double C_target, ll_place *places) {
    int n = 0, levels = 0;
    for (double C = ask->share * C_target; C >= 6 * LL_SHAPE_LEAST && levels < LL_LATTICE_LEVELS; C /= 2) {
        int found = fill_level(ask, C, places + n);
        levels += found > 0;
        n += found;
    }
    return n;
}

/* ---- the uniform grid ---- */

enum { SIZES = 3, STEP = 4 };

static int grid_of(const ll_next_ask *ask, double C, ll_place *places, double *cost) {
    const int budgets = ask->runs / SIZES > 1 ? ask->runs / SIZES : 1;
    int n = 0;
    *cost = 0;
    for (int b = 0; b < budgets; b++, C /= STEP)
        for (int i = 0; i < SIZES; i++) {
            double N = sqrt(C / (6 * ask->ratio)) * pow(STEP, i - SIZES / 2);
            places[n] = ll_place_at(ll_lattice_size(ask, N), C);
            *cost += ll_lattice_cost(ask, &places[n++]);
        }
    return n;
}

int ll_lattice_uniform(const ll_next_ask *ask, double C_hi, double cost, ll_place *places, double budgets[2]) {
    enum { HALVINGS = 60 };
    double lo = log(6), hi = log(C_hi), spent;
    grid_of(ask, C_hi, places, &spent);
    if (spent <= cost) lo = hi;
    for (int k = 0; k < HALVINGS; k++) {
        grid_of(ask, exp((lo + hi) / 2), places, &spent);
        if (spent > cost) hi = (lo + hi) / 2;
        else lo = (lo + hi) / 2;
    }
    const int n = grid_of(ask, exp(lo), places, &spent);
    budgets[1] = places[0].x[LL_VAR_C];
    budgets[0] = places[n - 1].x[LL_VAR_C];
    return spent <= cost ? n : 0;
}
