#include "store/measures.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/words/nearest.h"
#include "store/table/table_fill.h"

/* What follows of two fields: width over layers (Kaplan et al. 2020, fig. 5). */
static const ll_run_field aspect = { .name = "aspect", .kind = LL_FIELD_REAL };

/* A number of the run; of whole ones 0 means that nobody knows. */
static double field_of(const ll_run *run, const ll_run_field *f) {
    if (f == &aspect) return run->width && run->layers ? (double)run->width / (double)run->layers : NAN;
    const char *at = (const char *)run + f->offset;
    if (f->kind == LL_FIELD_REAL) return *(const double *)at;
    return *(const int64_t *)at ? (double)*(const int64_t *)at : NAN;
}

/* ---- scores, gathered by their names ---- */

typedef struct place {
    const char *id;
    double step; /* of a point of the run; else NaN */
    int64_t row;
} place;

typedef struct gathering {
    place *place; /* [n], sorted when the first score comes */
    int64_t n;
    bool sorted, points; /* points: a score belongs to that of its step */
    const char *only;    /* NULL: every name */
    ll_table_measure *of;
    int64_t n_of;
    char settings[sizeof((ll_run_score *)0)->settings], first[LL_RUN_ID]; /* of the last measure */
    char known[256];                                                      /* names that are not wanted */
    ll_nearest near;
} gathering;

static int by_place(const void *a, const void *b) {
    const place *x = a, *y = b;
    const int order = strcmp(x->id, y->id);
    return order ? order : (x->step > y->step) - (x->step < y->step);
}

static int64_t row_of(gathering *g, const char *id, int64_t step) {
    if (!g->sorted) qsort(g->place, (size_t)g->n, sizeof *g->place, by_place);
    g->sorted = true;
    for (int64_t lo = 0, hi = g->n; lo < hi;) {
        const int64_t mid = lo + (hi - lo) / 2;
        const place *at = &g->place[mid];
        int order = strcmp(id, at->id);
        if (order == 0 && g->points) order = ((double)step > at->step) - ((double)step < at->step);
        if (order == 0) return at->row;
        if (order < 0) hi = mid;
        else lo = mid + 1;
    }
    return -1;
}

static ll_status add_measure(gathering *g, const char *name, ll_error *err) {
    ll_table_measure *bigger = realloc(g->of, (size_t)(g->n_of + 1) * sizeof *bigger);
    if (bigger) g->of = bigger;
    double *v = bigger ? malloc((2 * (size_t)g->n + 1) * sizeof *v) : NULL;
    if (!v) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld runs", (long long)g->n);
    for (int64_t i = 0; i < 2 * g->n; i++) v[i] = NAN;
    ll_table_measure *m = &g->of[g->n_of++];
    *m = (ll_table_measure) { .value = v, .se = v + g->n };
    snprintf(m->name, sizeof m->name, "%s", name);
    return LL_OK;
}

static void offer(gathering *g, const char *name) {
    const size_t used = strlen(g->known), room = sizeof g->known - used;
    const char *last = strrchr(g->known, ' ');
    if (strcmp(last ? last + 1 : g->known, name) == 0) return; /* they come by name */
    ll_nearest_try(&g->near, name);
    if (strlen(name) + 3 < room) snprintf(g->known + used, room, "%s%s", used ? ", " : "", name);
}

/* Scores come by name, and of one name by run. */
static ll_status take(void *ctx, const char *run, const ll_run_score *score, ll_error *err) {
    gathering *g = ctx;
    char name[LL_SCORE_NAME];
    const int64_t row = row_of(g, run, score->step);
    if (row < 0) return LL_OK;
    snprintf(name, sizeof name, "%s.%s", score->probe, score->metric);
    if (g->only && strcmp(g->only, name) != 0) return offer(g, name), LL_OK;
    if (!g->n_of || strcmp(g->of[g->n_of - 1].name, name) != 0) {
        LL_TRY(add_measure(g, name, err));
        strcpy(g->settings, score->settings);
        snprintf(g->first, sizeof g->first, "%s", run);
    }
    if (g->only && strcmp(g->settings, score->settings) != 0)
        return LL_FAIL(
            err, LL_EINPUT,
            "%s was measured with '%s' on run %.60s and with '%s' on %.60s: measure them alike with 'probe "
            "run'",
            name, g->settings, g->first, score->settings, run);
    g->of[g->n_of - 1].value[row] = score->value;
    g->of[g->n_of - 1].se[row] = score->se;
    return LL_OK;
}

static void forget(gathering *g) {
    for (int64_t k = 0; k < g->n_of; k++) free(g->of[k].value);
    free(g->of);
}

static ll_status gather(gathering *g, ll_store *s, const char *ladder, ll_error *err) {
    const ll_status status = ll_store_visit_scores(s, ladder, g->points, take, g, err);
    free(g->place);
    if (status != LL_OK) forget(g);
    return status;
}

/* The ladder of all the runs; "": they are of several. */
static const char *ladder_of(const ll_run *runs, int64_t n) {
    for (int64_t i = 1; i < n; i++)
        if (strcmp(runs[i].ladder, runs[0].ladder) != 0) return "";
    return n ? runs[0].ladder : "";
}

static ll_status make_places(gathering *g, int64_t n, ll_error *err) {
    g->n = n;
    g->place = malloc(((size_t)n + 1) * sizeof *g->place);
    return g->place ? LL_OK : LL_FAIL(err, LL_ENOMEM, "out of memory for %lld runs", (long long)n);
}

/* A number of the run itself; false where there is none of that name. */
static bool number_field(const char *name, const ll_run_field **out) {
    if (strcmp(aspect.name, name) == 0) return *out = &aspect, true;
    for (const ll_run_field *f = ll_run_fields; f->name; f++)
        if (strcmp(f->name, name) == 0 && (f->kind == LL_FIELD_INT || f->kind == LL_FIELD_REAL))
            return *out = f, true;
    return false;
}

const char *const ll_measures_beside[LL_MEASURES_BESIDE] = {
    "layers", "width", "heads", "ffw", "params_head", "flops_exact", "best_loss", "best_step", "aspect",
};

double ll_measure_beside(const ll_run *r, int k) {
    const double v[LL_MEASURES_BESIDE] = { (double)r->layers, (double)r->width, (double)r->heads,
                                           (double)r->ffw,    r->params_head,   r->flops_exact,
                                           r->best_loss,      r->best_step,     field_of(r, &aspect) };
    enum { COUNTS = 4 };
    return k < COUNTS && v[k] == 0 ? NAN : v[k];
}

ll_status ll_measures_add_scores(ll_store *s, const char *ladder, char *const *id, const double *step, ll_table *t,
                                 ll_error *err) {
    gathering g = { .points = step != NULL, .of = t->measures, .n_of = t->n_measures };
    t->measures = NULL;
    t->n_measures = 0;
    ll_status status = make_places(&g, t->rows, err);
    if (status != LL_OK) return forget(&g), status;
    for (int64_t i = 0; i < t->rows; i++) g.place[i] = (place) { id[i], step ? step[i] : NAN, i };
    LL_TRY(gather(&g, s, ladder, err));
    t->measures = g.of;
    t->n_measures = g.n_of;
    return LL_OK;
}

/* ---- one name ---- */

static ll_status measure_field(ll_run_measure *m, const ll_run_field *f, const ll_run *runs, int64_t n,
                               ll_error *err) {
    m->value = malloc((2 * (size_t)n + 1) * sizeof *m->value);
    if (!m->value) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld runs", (long long)n);
    m->se = m->value + n;
    m->nats = strstr(f->name, "loss") != NULL;
    for (int64_t i = 0; i < n; i++) {
        m->value[i] = field_of(&runs[i], f);
        m->se[i] = NAN;
    }
    return LL_OK;
}

ll_status ll_measure_runs(ll_run_measure *m, ll_store *s, const char *name, const ll_run *runs, int64_t n,
                          ll_error *err) {
    const ll_run_field *field;
    gathering g = { .only = name, .near = { .word = name } };
    char hint[LL_NEAREST_HINT];
    *m = (ll_run_measure) { 0 };
    if (number_field(name, &field)) return measure_field(m, field, runs, n, err);
    LL_TRY(make_places(&g, n, err));
    for (int64_t i = 0; i < n; i++) g.place[i] = (place) { runs[i].id, NAN, i };
    LL_TRY(gather(&g, s, ladder_of(runs, n), err));
    if (g.n_of == 0)
        return LL_FAIL(err, LL_EINPUT, "no run has a number or a score '%.60s'%s; scores here: %s", name,
                       ll_nearest_hint(&g.near, hint), *g.known ? g.known : "none, 'probe run' takes them");
    m->value = g.of->value;
    m->se = g.of->se;
    free(g.of);
    return LL_OK;
}

void ll_run_measure_clear(ll_run_measure *m) {
    free(m->value);
    *m = (ll_run_measure) { 0 };
}
