#include "forecast/study/score_study.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char loss_word[] = "loss";

/* ---- names ---- */

static ll_status split(ll_score_study *s, const char *list, ll_error *err) {
    for (const char *from = list; from; from = strchr(from, ',') ? strchr(from, ',') + 1 : NULL) {
        if (s->n_scores == LL_SCORES_MOST)
            return LL_FAIL(err, LL_EINPUT, "more than %d scores are asked for", (int)LL_SCORES_MOST);
        const size_t n = strcspn(from, ",");
        if (n == 0 || n >= LL_HEADER_MAX)
            return LL_FAIL(err, LL_EINPUT, "'%.80s', expected names of scores with commas between them", list);
        snprintf(s->name[s->n_scores++], LL_HEADER_MAX, "%.*s", (int)n, from);
        for (int k = 0; k + 1 < s->n_scores; k++)
            if (strcmp(s->name[k], s->name[s->n_scores - 1]) == 0)
                return LL_FAIL(err, LL_EINPUT, "%s is asked for twice", s->name[k]);
    }
    return LL_OK;
}

/* One of params, tokens and flops. */
static bool is_scale(const char *name, ll_var *v) {
    return ll_var_named(name, v) && *v <= LL_VAR_C;
}

static bool is_own(const char *x) {
    ll_var v;
    return *x && strcmp(x, loss_word) != 0 && !is_scale(x, &v);
}

/* The measures that the table has to bring: all but the loss. */
static void list_measures(const ll_score_study *s, const char *x, char *out, size_t size) {
    *out = 0;
    for (int k = 0; k <= s->n_scores; k++) {
        const char *name = k < s->n_scores ? s->name[k] : is_own(x) ? x : loss_word;
        const size_t used = strlen(out);
        if (strcmp(name, loss_word) != 0) snprintf(out + used, size - used, "%s%s", used ? "," : "", name);
    }
}

/* ---- columns ---- */

static const double *column_of(const ll_study *s, const char *name) {
    const ll_table *t = &s->observed.table;
    ll_var v;
    if (strcmp(name, loss_word) == 0) return s->columns.loss;
    if (is_scale(name, &v)) return s->columns.v[v];
    for (int64_t k = 0; k < t->n_measures; k++)
        if (strcmp(t->measures[k].name, name) == 0) return t->measures[k].value;
    return NULL;
}

static const char *choose_along(const ll_score_study *s) {
    static const char *const words[] = { "params", "flops", loss_word };
    for (int k = 0; k < 3; k++)
        if (column_of(&s->study, words[k])) return words[k];
    return words[0];
}

static ll_status need(const ll_score_study *s, const char *name, const double **out, ll_error *err) {
    *out = column_of(&s->study, name);
    if (*out) return LL_OK;
    return LL_FAIL(err, LL_EINPUT, "%s: no column of %s; name it with --col %s=HEADER", s->study.source, name,
                   name);
}

static bool usable(double v) {
    return v > 0 && isfinite(v);
}

enum { X, N, D, C, VARS };

static ll_status gather(ll_score_study *s, const ll_score_ask *ask, ll_error *err) {
    const double *from[VARS] = { NULL }, *score[LL_SCORES_MOST];
    const int64_t rows = s->study.columns.n, *cluster = s->study.columns.cluster;
    char *const *family = s->study.observed.table.text[LL_COL_FAMILY];
    const bool both = ask->both && !*ask->x;
    if (!both) snprintf(s->along, sizeof s->along, "%s", *ask->x ? ask->x : choose_along(s));
    s->falling = strcmp(s->along, loss_word) == 0;
    if (both) {
        LL_TRY(need(s, "params", &from[N], err));
        LL_TRY(need(s, "tokens", &from[D], err));
    } else LL_TRY(need(s, s->along, &from[X], err));
    from[C] = s->study.columns.v[LL_VAR_C];
    for (int k = 0; k < s->n_scores; k++) LL_TRY(need(s, s->name[k], &score[k], err));
    s->block = malloc((size_t)rows * (size_t)(VARS + s->n_scores + 1) * sizeof *s->block + 1);
    s->cluster = cluster ? malloc((size_t)(rows + 1) * sizeof *s->cluster) : NULL;
    s->family = family ? malloc((size_t)(rows + 1) * sizeof *s->family) : NULL;
    if (!s->block || (cluster && !s->cluster) || (family && !s->family))
        return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld runs", (long long)rows);
    double *to[VARS];
    for (int k = 0; k < VARS; k++) to[k] = s->block + k * rows;
    for (int k = 0; k < s->n_scores; k++) s->score[k] = s->block + (VARS + k) * rows;
    for (int64_t i = 0; i < rows; i++) {
        bool there = ask->unscaled || (both ? usable(from[N][i]) && usable(from[D][i]) : usable(from[X][i]));
        for (int k = 0; k < s->n_scores && ask->whole; k++) there = there && isfinite(score[k][i]);
        if (!there) continue;
        for (int k = 0; k < VARS; k++) to[k][s->n] = from[k] ? from[k][i] : NAN;
        for (int k = 0; k < s->n_scores; k++) s->score[k][s->n] = score[k][i];
        if (cluster) s->cluster[s->n] = cluster[i];
        if (family) s->family[s->n] = family[i];
        s->n++;
    }
    s->x = both ? NULL : to[X], s->N = both ? to[N] : NULL, s->D = both ? to[D] : NULL;
    s->C = from[C] ? to[C] : NULL;
    if (s->n > 0) return LL_OK;
    return LL_FAIL(err, LL_EINPUT, "%s: no run has %s and a scale", s->study.source, ask->scores);
}

ll_status ll_score_study_read(ll_score_study *s, const char *path, const char *store, const ll_study_opts *opts,
                              const ll_score_ask *ask, ll_error *err) {
    char measures[(LL_SCORES_MOST + 1) * LL_HEADER_MAX];
    ll_study_opts o = *opts;
    *s = (ll_score_study) { 0 };
    LL_TRY(split(s, ask->scores, err));
    list_measures(s, ask->x, measures, sizeof measures);
    o.law = NULL;
    o.along = LL_VAR_C;
    o.table.x = o.table.y = NULL;
    o.table.measures = measures;
    o.also = LL_COLUMNS_NO_LOSS;
    ll_status status = ll_study_read(&s->study, path, store, &o, err);
    if (status == LL_OK) status = gather(s, ask, err);
    if (status != LL_OK) ll_score_study_clear(s);
    return status;
}

void ll_score_study_clear(ll_score_study *s) {
    ll_study_clear(&s->study);
    free(s->block);
    free(s->cluster);
    free(s->family);
    *s = (ll_score_study) { 0 };
}

ll_two_step_data ll_score_study_two_steps(const ll_score_study *s) {
    return (ll_two_step_data) {
        .n = s->n, .N = s->N, .D = s->D, .x = s->x, .via = s->score[1], .score = s->score[0], .cluster = s->cluster
    };
}

ll_status ll_score_study_at(const ll_score_study *s, double params, double tokens, double x[LL_VAR_COUNT],
                            ll_error *err) {
    ll_var v;
    memset(x, 0, LL_VAR_COUNT * sizeof *x);
    x[LL_VAR_N] = params, x[LL_VAR_D] = tokens;
    if (!*s->along) return LL_OK;
    if (!is_scale(s->along, &v))
        return LL_FAIL(err, LL_EINPUT,
                       "along %s no run is forecast from parameters and tokens: --x params, tokens or flops",
                       s->along);
    x[LL_VAR_X] = v == LL_VAR_N ? params : v == LL_VAR_D ? tokens : 6 * params * tokens;
    return LL_OK;
}
