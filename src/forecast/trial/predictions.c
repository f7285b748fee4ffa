#define _POSIX_C_SOURCE 200809L
#include "forecast/trial/predictions.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/file.h"
#include "forecast/belief/distribution.h"
#include "loglog/units.h"
#include "store/table/csv.h"

static const size_t LARGEST = (size_t)1 << 28;

/* ---- quantities ---- */

static void to_scale(const ll_prediction *p, bool ln_scale, double z[LL_PREDICTION_QUANTILES]) {
    for (int k = 0; k < p->n; k++) z[k] = ln_scale ? log(p->value[k]) : p->value[k];
}

void ll_prediction_judge(ll_prediction *p, double outcome, bool ln_scale) {
    double z[LL_PREDICTION_QUANTILES];
    const ll_distribution d = { p->n, p->level, z };
    to_scale(p, ln_scale, z);
    p->judged = true;
    p->score = ll_distribution_score(&d, ln_scale ? log(outcome) : outcome);
    p->score.outcome = outcome;
}

double ll_prediction_quantile(const ll_prediction *p, bool ln_scale, double level) {
    double z[LL_PREDICTION_QUANTILES];
    const ll_distribution d = { p->n, p->level, z };
    to_scale(p, ln_scale, z);
    const double value = ll_distribution_quantile(&d, level);
    return ln_scale ? exp(value) : value;
}

/* ---- tables ---- */

typedef struct columns {
    int64_t question, outcome, probability; /* -1: none */
    int n;
    int64_t at[LL_PREDICTION_QUANTILES];
    double level[LL_PREDICTION_QUANTILES]; /* rising */
} columns;

/* ---- the header ---- */

static ll_status add_level(columns *c, double level, int64_t at, const ll_csv *csv, ll_error *err) {
    if (!(level > 0 && level < 1))
        return LL_FAIL(err, LL_EFORMAT,
                       "%s:%lld: column %lld: a quantile's level is between 0 and 1, such as q0.05", csv->path,
                       (long long)csv->line, (long long)at + 1);
    if (c->n == LL_PREDICTION_QUANTILES)
        return LL_FAIL(err, LL_EFORMAT, "%s:%lld: more than %d quantiles", csv->path, (long long)csv->line,
                       LL_PREDICTION_QUANTILES);
    int k = c->n++;
    for (; k > 0 && c->level[k - 1] > level; k--) {
        c->level[k] = c->level[k - 1];
        c->at[k] = c->at[k - 1];
    }
    if (k > 0 && c->level[k - 1] == level)
        return LL_FAIL(err, LL_EFORMAT, "%s:%lld: column %lld: the level %g is there twice", csv->path,
                       (long long)csv->line, (long long)at + 1, level);
    c->level[k] = level;
    c->at[k] = at;
    return LL_OK;
}

static ll_status read_header(columns *c, const ll_csv *csv, ll_error *err) {
    *c = (columns) { .question = -1, .outcome = -1, .probability = -1 };
    for (int64_t i = 0; i < csv->n; i++) {
        double level;
        if (strcmp(csv->cell[i], "question") == 0) c->question = i;
        else if (strcmp(csv->cell[i], "outcome") == 0) c->outcome = i;
        else if (strcmp(csv->cell[i], "probability") == 0) c->probability = i;
        else if (csv->cell[i][0] == 'q' && ll_units_parse(csv->cell[i] + 1, &level))
            LL_TRY(add_level(c, level, i, csv, err));
    }
    if (c->question >= 0 && c->outcome >= 0 && (c->n >= 2 || c->probability >= 0)) return LL_OK;
    return LL_FAIL(
        err, LL_EFORMAT,
        "%s:1: expected the columns question, outcome, and probability or two or more such as q0.05, q0.95",
        csv->path);
}

/* ---- the rows ---- */

/* *given false and no error: the cell is empty, or the row ends before it. */
static ll_status read_cell(const ll_csv *csv, int64_t at, bool ln_scale, double *v, bool *given, ll_error *err) {
    *given = at < csv->n && *csv->cell[at];
    if (!*given) return LL_OK;
    if (!ll_units_parse(csv->cell[at], v) || !isfinite(*v))
        return LL_FAIL(err, LL_EFORMAT, "%s:%lld: column %lld: '%.40s' is no number", csv->path,
                       (long long)csv->line, (long long)at + 1, csv->cell[at]);
    if (ln_scale && !(*v > 0))
        return LL_FAIL(err, LL_EFORMAT, "%s:%lld: column %lld: %g has no logarithm: expected a number above 0",
                       csv->path, (long long)csv->line, (long long)at + 1, *v);
    return LL_OK;
}

static ll_status read_quantiles(ll_prediction *p, const columns *c, const ll_csv *csv, bool ln_scale,
                                ll_error *err) {
    for (int k = 0; k < c->n; k++) {
        double v;
        bool given;
        LL_TRY(read_cell(csv, c->at[k], ln_scale, &v, &given, err));
        if (!given) continue;
        if (p->n > 0 && v < p->value[p->n - 1])
            return LL_FAIL(err, LL_EFORMAT, "%s:%lld: column %lld: %g is below the quantile of a lower level",
                           csv->path, (long long)csv->line, (long long)c->at[k] + 1, v);
        p->level[p->n] = c->level[k];
        p->value[p->n++] = v;
    }
    if (p->n >= 2 || (p->n == 0 && c->probability >= 0)) return LL_OK;
    return LL_FAIL(err, LL_EFORMAT, "%s:%lld: expected at least two quantiles", csv->path, (long long)csv->line);
}

static ll_status read_quantity(ll_prediction *p, const columns *c, const ll_csv *csv, bool ln_scale,
                               ll_error *err) {
    double outcome;
    LL_TRY(read_cell(csv, c->outcome, ln_scale, &outcome, &p->judged, err));
    if (p->judged) ll_prediction_judge(p, outcome, ln_scale);
    if (c->probability < 0 || c->probability >= csv->n || !*csv->cell[c->probability]) return LL_OK;
    return LL_FAIL(err, LL_EFORMAT, "%s:%lld: column %lld: expected quantiles or a probability, not both",
                   csv->path, (long long)csv->line, (long long)c->probability + 1);
}

static ll_status read_statement(ll_prediction *p, const columns *c, const ll_csv *csv, ll_error *err) {
    const char *outcome = c->outcome < csv->n ? csv->cell[c->outcome] : "";
    bool given;
    p->held = strcmp(outcome, "true") == 0;
    p->judged = *outcome != 0;
    if (p->judged && !p->held && strcmp(outcome, "false") != 0)
        return LL_FAIL(err, LL_EFORMAT,
                       "%s:%lld: column %lld: '%.40s' is no outcome of a statement: true, false or empty",
                       csv->path, (long long)csv->line, (long long)c->outcome + 1, outcome);
    LL_TRY(read_cell(csv, c->probability, false, &p->probability, &given, err));
    if (!given || (p->probability > 0 && p->probability < 1)) return LL_OK;
    return LL_FAIL(err, LL_EFORMAT,
                   "%s:%lld: column %lld: %g is no probability above 0 and below 1: its log score has no end",
                   csv->path, (long long)csv->line, (long long)c->probability + 1, p->probability);
}

static ll_status read_row(ll_prediction *p, const columns *c, const ll_csv *csv, bool ln_scale, ll_error *err) {
    *p = (ll_prediction) { .question = strdup(c->question < csv->n ? csv->cell[c->question] : ""),
                           .probability = NAN };
    if (!p->question) return LL_FAIL(err, LL_ENOMEM, "%s: out of memory", csv->path);
    LL_TRY(read_quantiles(p, c, csv, ln_scale, err));
    return p->n ? read_quantity(p, c, csv, ln_scale, err) : read_statement(p, c, csv, err);
}

static ll_status read_rows(ll_predictions *out, ll_csv *csv, bool ln_scale, ll_error *err) {
    columns c;
    LL_TRY(ll_csv_next(csv, err));
    LL_TRY(read_header(&c, csv, err));
    for (int64_t room = 0;;) {
        LL_TRY(ll_csv_next(csv, err));
        if (csv->n == 0) return LL_OK;
        if (out->n == room) {
            room = room ? 2 * room : 64;
            ll_prediction *bigger = realloc(out->at, (size_t)room * sizeof *bigger);
            if (!bigger) return LL_FAIL(err, LL_ENOMEM, "%s: out of memory", csv->path);
            out->at = bigger;
        }
        LL_TRY(read_row(&out->at[out->n++], &c, csv, ln_scale, err));
    }
}

ll_status ll_predictions_read(ll_predictions *out, const char *path, bool ln_scale, ll_error *err) {
    char *text;
    size_t size;
    ll_csv csv;
    *out = (ll_predictions) { 0 };
    LL_TRY(ll_file_read(path, LARGEST, &text, &size, err));
    ll_status s = ll_csv_open(&csv, text, size, path, err);
    if (s == LL_OK) {
        s = read_rows(out, &csv, ln_scale, err);
        ll_csv_close(&csv);
        if (s == LL_OK && out->n == 0) s = LL_FAIL(err, LL_EFORMAT, "%s: a header and no rows to score", path);
    }
    free(text);
    if (s != LL_OK) ll_predictions_clear(out);
    return s;
}

/* ---- statements ---- */

double ll_prediction_brier(const ll_prediction *p) {
    const double miss = p->probability - (p->held ? 1 : 0);
    return miss * miss;
}

double ll_prediction_log_score(const ll_prediction *p) {
    return -log(p->held ? p->probability : 1 - p->probability);
}

ll_tally ll_predictions_tally(const ll_predictions *p) {
    ll_tally t = { 0 };
    for (int64_t i = 0; i < p->n; i++) {
        const ll_prediction *q = &p->at[i];
        if (q->n) continue;
        ++*(!q->judged ? &t.open : q->held ? &t.held : &t.failed);
        if (!q->judged || isnan(q->probability)) continue;
        t.scored++;
        t.brier += ll_prediction_brier(q);
        t.log_score += ll_prediction_log_score(q);
    }
    t.brier /= (double)t.scored;
    t.log_score /= (double)t.scored;
    return t;
}

void ll_predictions_clear(ll_predictions *p) {
    for (int64_t i = 0; i < p->n; i++) free(p->at[i].question);
    free(p->at);
    *p = (ll_predictions) { 0 };
}
