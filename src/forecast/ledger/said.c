#include "forecast/ledger/said.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/words/number.h"
#include "loglog/units.h"

static const char SCHEMA[] = "loglog.prediction/1";

/* ---- quantiles ---- */

/* A level's key in the document; false for one that 15 digits do not give back. */
static bool level_key(char key[32], double level) {
    const ll_number_scope scope = ll_number_begin();
    snprintf(key, 32, "%.15g", level);
    ll_number_end(scope);
    return ll_number_read(key, NULL) == level;
}

static ll_status add(ll_prediction *p, double level, double value, const char *where, ll_error *err) {
    char key[32];
    if (!(level > 0 && level < 1) || !level_key(key, level))
        return LL_FAIL(err, LL_EINPUT, "%s: the level %g is not between 0 and 1 in at most 15 digits", where,
                       level);
    if (p->n == LL_PREDICTION_QUANTILES)
        return LL_FAIL(err, LL_EINPUT, "%s: more than %d quantiles", where, LL_PREDICTION_QUANTILES);
    int k = p->n++;
    for (; k > 0 && p->level[k - 1] > level; k--) {
        p->level[k] = p->level[k - 1];
        p->value[k] = p->value[k - 1];
    }
    p->level[k] = level;
    p->value[k] = value;
    return LL_OK;
}

static ll_status check(const ll_said *s, const char *where, ll_error *err) {
    const ll_prediction *p = &s->what;
    if (p->n == 1) return LL_FAIL(err, LL_EINPUT, "%s: expected at least two quantiles", where);
    for (int k = 0; k < p->n; k++) {
        if (!isfinite(p->value[k]) || (s->ln_scale && !(p->value[k] > 0)))
            return LL_FAIL(err, LL_EINPUT, "%s: the quantile of %g is %g, expected a number%s", where, p->level[k],
                           p->value[k], s->ln_scale ? " above 0" : "");
        if (k > 0 && p->level[k] == p->level[k - 1])
            return LL_FAIL(err, LL_EINPUT, "%s: the level %g is there twice", where, p->level[k]);
        if (k > 0 && p->value[k] < p->value[k - 1])
            return LL_FAIL(err, LL_EINPUT, "%s: %g, the quantile of %g, is below that of a lower level", where,
                           p->value[k], p->level[k]);
    }
    return LL_OK;
}

/* A number that ends where the text or the piece does. */
static bool number(const char *from, size_t size, double *v) {
    char text[64];
    if (size == 0 || size >= sizeof text) return false;
    memcpy(text, from, size);
    text[size] = 0;
    return ll_units_parse(text, v);
}

ll_status ll_said_quantiles(ll_said *s, const char *text, const char *where, ll_error *err) {
    s->what.n = 0;
    while (*text) {
        const size_t size = strcspn(text, ","), name = text[0] == 'q';
        const char *equal = memchr(text, '=', size);
        double level, value;
        if (!equal || !number(text + name, (size_t)(equal - text) - name, &level) ||
            !number(equal + 1, size - (size_t)(equal + 1 - text), &value))
            return LL_FAIL(err, LL_EINPUT, "%s: '%.*s' is no LEVEL=VALUE such as q0.05=1.8", where,
                           size < 80 ? (int)size : 80, text);
        LL_TRY(add(&s->what, level, value, where, err));
        text += size;
        if (*text) text++;
    }
    if (s->what.n < 2) return LL_FAIL(err, LL_EINPUT, "%s: expected at least two quantiles", where);
    return check(s, where, err);
}

/* ---- judging ---- */

ll_status ll_outcome_parse(ll_outcome *o, const char *text, const char *where, ll_error *err) {
    *o = (ll_outcome) { .held = strcmp(text, "true") == 0, .value = NAN };
    o->truth = o->held || strcmp(text, "false") == 0;
    if (o->truth || (ll_units_parse(text, &o->value) && isfinite(o->value))) return LL_OK;
    return LL_FAIL(err, LL_EINPUT, "%s is '%.80s', expected a number, true or false", where, text);
}

ll_status ll_said_judge(ll_said *s, const ll_outcome *outcome, ll_error *err) {
    if (s->what.n == 0 && !outcome->truth)
        return LL_FAIL(err, LL_EINPUT, "the outcome of a statement is true or false: '%.80s'", s->question);
    if (s->ground.share && !(outcome->value >= 0 && outcome->value <= 1))
        return LL_FAIL(err, LL_EINPUT, "the outcome of '%.80s': expected a share, between 0 and 1", s->question);
    if (s->what.n && (outcome->truth || !isfinite(outcome->value) || (s->ln_scale && !(outcome->value > 0))))
        return LL_FAIL(err, LL_EINPUT, "the outcome of '%.80s': expected a number%s", s->question,
                       s->ln_scale ? " above 0" : "");
    if (s->what.n) ll_prediction_judge(&s->what, outcome->value, s->ln_scale);
    else s->what.held = outcome->held;
    s->what.judged = true;
    return LL_OK;
}

/* ---- comparing ---- */

static bool same_numbers(const double *a, const double *b, int n) {
    for (int i = 0; i < n; i++)
        if (a[i] != b[i]) return false;
    return true;
}

bool ll_said_same(const ll_said *a, const ll_said *b) {
    const ll_prediction *p = &a->what, *q = &b->what;
    return strcmp(a->question, b->question) == 0 && strcmp(a->author, b->author) == 0 &&
           strcmp(a->run, b->run) == 0 && strcmp(a->judged_by, b->judged_by) == 0 && a->ln_scale == b->ln_scale &&
           ll_score_ground_same(&a->ground, &b->ground) && p->n == q->n && same_numbers(p->level, q->level, p->n) &&
           same_numbers(p->value, q->value, p->n) && (p->n > 0 || p->probability == q->probability);
}

/* ---- documents ---- */

/* X(key, field): the texts, in the order they are written. */
#define TEXTS(X)              \
    X("question", question)   \
    X("author", author)       \
    X("run", run)             \
    X("judged_by", judged_by) \
    X("version", version)     \
    X("sealed", sealed)

ll_json *ll_said_json(const ll_said *s) {
    ll_json *o = ll_json_object();
    ll_json_set_str(o, "schema", SCHEMA);
#define WRITE(key, field) ll_json_set_str(o, key, s->field);
    TEXTS(WRITE)
#undef WRITE
    if (s->what.n == 0) {
        ll_json_set_num(o, "probability", s->what.probability);
        return o;
    }
    if (*s->ground.quantity) ll_score_ground_write(o, &s->ground);
    ll_json_set_str(o, "scale", s->ln_scale ? "log" : "linear");
    for (int k = 0; k < s->what.n; k++) {
        char key[32];
        level_key(key, s->what.level[k]);
        ll_json_set_num(ll_json_group(o, "quantiles"), key, s->what.value[k]);
    }
    return o;
}

static ll_status read_quantiles(ll_said *s, const ll_json *body, ll_error *err) {
    const ll_json *list = ll_json_get(body, "quantiles"), *v;
    const char *scale = ll_json_get_str(body, "scale");
    ll_error why = { 0 };
    if (!scale || (strcmp(scale, "log") != 0 && strcmp(scale, "linear") != 0))
        return LL_FAIL(err, LL_EFORMAT, "prediction: scale is missing, expected log or linear");
    s->ln_scale = strcmp(scale, "log") == 0;
    ll_status status = LL_OK;
    for (const char *key = NULL; status == LL_OK && (key = ll_json_next(list, key, &v));)
        status = add(&s->what, ll_number_read(key, NULL), ll_json_as_num(v), "quantiles", &why);
    if (status == LL_OK) status = check(s, "quantiles", &why);
    if (status == LL_OK && s->what.n) return LL_OK;
    return LL_FAIL(err, LL_EFORMAT, "prediction: %s", status == LL_OK ? "quantiles are missing" : why.msg);
}

/* Of a score the question follows from its name and run, and a share has no other quantiles than shares. */
static ll_status read_ground(ll_said *s, const ll_json *body, ll_error *err) {
    char question[LL_SAID_QUESTION];
    LL_TRY(ll_score_ground_read(&s->ground, body, err));
    if (!*s->ground.quantity) return LL_OK;
    ll_score_ground_question(question, sizeof question, s->ground.quantity, s->run);
    if (strcmp(question, s->question) != 0 || s->ln_scale)
        return LL_FAIL(err, LL_EFORMAT, "prediction: quantity is '%.80s', and the question is '%.80s', scale %s",
                       s->ground.quantity, s->question, s->ln_scale ? "log" : "linear");
    for (int k = 0; k < s->what.n && s->ground.share; k++)
        if (!(s->what.value[k] >= 0 && s->what.value[k] <= 1))
            return LL_FAIL(err, LL_EFORMAT, "prediction: the quantile of %g is no share", s->what.level[k]);
    return LL_OK;
}

ll_status ll_said_parse(ll_said *out, const ll_json *body, ll_error *err) {
    *out = (ll_said) { .what.probability = NAN };
    const char *schema = ll_json_get_str(body, "schema");
    if (!schema || strcmp(schema, SCHEMA) != 0)
        return LL_FAIL(err, LL_EFORMAT, "prediction: schema is '%.40s', expected '%s'", schema ? schema : "",
                       SCHEMA);
#define READ(key, field) LL_TRY(ll_json_read_text(body, key, "prediction", out->field, sizeof out->field, err));
    TEXTS(READ)
#undef READ
    if (!ll_json_get(body, "probability")) {
        LL_TRY(read_quantiles(out, body, err));
        return read_ground(out, body, err);
    }
    out->what.probability = ll_json_get_num(body, "probability");
    if (out->what.probability > 0 && out->what.probability < 1) return LL_OK;
    return LL_FAIL(err, LL_EFORMAT, "prediction: probability must be above 0 and below 1");
}

ll_json *ll_said_score_json(const ll_said *s) {
    const ll_prediction *p = &s->what;
    ll_json *o = ll_json_object();
    ll_json_set_str(o, "schema", "loglog.score/1");
    ll_json_set_str(o, "question", s->question);
    if (p->n == 0) {
        ll_json_set_bool(o, "outcome", p->held);
        ll_json_set_num(o, "probability", p->probability);
        ll_json_set_num(o, "brier", ll_prediction_brier(p));
        ll_json_set_num(o, "log_score", ll_prediction_log_score(p));
        return o;
    }
    if (*s->ground.quantity) ll_json_set_str(o, "quantity", s->ground.quantity);
    ll_json_set_num(o, "outcome", p->score.outcome);
    ll_json_set_num(o, "median", ll_prediction_quantile(p, s->ln_scale, 0.5));
    ll_json_set_num(o, "interval_score", p->score.interval_score);
    ll_json_set_num(o, "log_score", p->score.log_score);
    ll_json_set_num(o, "pit", p->score.pit);
    ll_covered_write(o, &p->score);
    return o;
}

static bool holds(const ll_json *body, const char *key, double v) {
    return ll_json_get_num(body, key) == v;
}

static bool holds_bool(const ll_json *body, const char *key, bool v) {
    bool said;
    return ll_json_get_bool(body, key, &said) && said == v;
}

bool ll_said_score_reads(const ll_json *body, const ll_said *s) {
    const ll_prediction *p = &s->what;
    const char *question = ll_json_get_str(body, "question");
    if (!question || strcmp(question, s->question) != 0) return false;
    if (p->n == 0)
        return holds_bool(body, "outcome", p->held) && holds(body, "probability", p->probability) &&
               holds(body, "brier", ll_prediction_brier(p)) && holds(body, "log_score", ll_prediction_log_score(p));
    const char *quantity = ll_json_get_str(body, "quantity");
    return strcmp(quantity ? quantity : "", s->ground.quantity) == 0 && holds(body, "outcome", p->score.outcome) &&
           holds(body, "median", ll_prediction_quantile(p, s->ln_scale, 0.5)) &&
           holds(body, "interval_score", p->score.interval_score) && holds(body, "log_score", p->score.log_score) &&
           holds(body, "pit", p->score.pit) && ll_covered_reads(body, &p->score);
}
