#include "probe/judge/juror.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/words/pattern.h"

/* ---- a rule ---- */

enum { TRIAL = 40 }; /* letters in a row that a pattern is tried on before it is let loose on answers */

static ll_status ask_rule(ll_juror *j, const ll_judged *of, int64_t n, ll_judgement *out, ll_error *err) {
    for (int64_t i = 0; i < n; i++) {
        size_t from, end;
        bool found;
        const ll_status s = ll_pattern_find(j->state, of[i].answer.at ? of[i].answer.at : "", of[i].answer.size, 0,
                                            &from, &end, &found, err);
        if (s != LL_OK) return ll_error_prefix(err, "%.80s", j->spec.pattern);
        out[i] = (ll_judgement) { found != j->spec.required, found ? from : 0 };
    }
    return LL_OK;
}

/* One letter over and over, and behind it something else and the pattern's own letters, is what makes nested repeats
 * explode. */
static ll_status try_pattern(ll_pattern *p, const char *pattern, const char *where, ll_error *err) {
    char text[TRIAL + LL_OPTION_TEXT];
    size_t from, end;
    bool found;
    for (const char *at = pattern; *at; at++) {
        memset(text, *at, TRIAL);
        const int more = snprintf(text + TRIAL, LL_OPTION_TEXT, "\1%s", pattern);
        const ll_status s = ll_pattern_find(p, text, TRIAL + (size_t)more, 0, &from, &end, &found, err);
        if (s != LL_OK) return ll_error_prefix(err, "%s: pattern '%.80s'", where, pattern);
    }
    return LL_OK;
}

static void clear_rule(void *state) {
    ll_pattern_free(state);
}

static ll_status open_rule(ll_juror *j, const char *where, ll_error *err) {
    const ll_juror_spec *s = &j->spec;
    if (!*s->pattern) return LL_FAIL(err, LL_EINPUT, "%s: judge.pattern: a rule needs a regular expression", where);
    ll_pattern *p;
    LL_TRY(ll_pattern_new(&p, s->pattern, s->caseless ? LL_PATTERN_CASELESS : 0, where, err));
    j->state = p;
    j->clear = clear_rule;
    j->ask = ask_rule;
    return try_pattern(p, s->pattern, where, err);
}

/* ---- a check ---- */

static ll_status ask_check(ll_juror *j, const ll_judged *of, int64_t n, ll_judgement *out, ll_error *err) {
    (void)err;
    for (int64_t i = 0; i < n; i++) {
        const int64_t from = ll_juror_check_text(j->spec.check, of[i].answer.at, of[i].answer.size);
        out[i] = (ll_judgement) { from >= 0, from < 0 ? 0 : (size_t)from };
    }
    return LL_OK;
}

static ll_status open_check(ll_juror *j, const char *where, ll_error *err) {
    (void)where, (void)err;
    j->ask = ask_check;
    return LL_OK;
}

/* ---- a classifier ---- */

static ll_status ask_classifier(ll_juror *j, const ll_judged *of, int64_t n, ll_judgement *out, ll_error *err) {
    (void)err;
    for (int64_t i = 0; i < n; i++)
        out[i] = (ll_judgement) { ll_classifier_says(j->state, of[i].answer.at, of[i].answer.size), 0 };
    return LL_OK;
}

static void clear_classifier(void *state) {
    ll_classifier_free(state);
}

static void be_classifier(ll_juror *j, ll_classifier *c) {
    j->state = c;
    j->clear = clear_classifier;
    j->ask = ask_classifier;
}

static ll_status open_classifier(ll_juror *j, const char *where, ll_error *err) {
    ll_classifier *c;
    if (!*j->spec.file)
        return LL_FAIL(err, LL_EINPUT, "%s: judge.file: a classifier needs what 'constitution train-judge' wrote",
                       where);
    LL_TRY(ll_classifier_read(&c, j->spec.file, err));
    be_classifier(j, c);
    return LL_OK;
}

/* ---- a likelihood ---- */

static char *question_after(const ll_juror_spec *s, const ll_judged *of, size_t *size) {
    static const char between[] = "\n\nQuestion: ", answer[] = "\nAnswer:";
    const size_t room = of->prompt.size + of->answer.size + strlen(s->question) + sizeof between + sizeof answer;
    char *text = malloc(room);
    if (!text) return NULL;
    memcpy(text, of->prompt.at, of->prompt.size);
    if (of->answer.size) memcpy(text + of->prompt.size, of->answer.at, of->answer.size);
    *size = of->prompt.size + of->answer.size;
    *size += (size_t)snprintf(text + *size, room - *size, "%s%s%s", between, s->question, answer);
    return text;
}

static ll_status ask_likelihood(ll_juror *j, const ll_judged *of, int64_t n, ll_judgement *out, ll_error *err) {
    static const ll_span yes = { " Yes", 4 }, no = { " No", 3 };
    ll_lm_ask *ask = calloc((size_t)(2 * n) + 1, sizeof *ask);
    ll_lm_score *score = calloc((size_t)(2 * n) + 1, sizeof *score);
    ll_status s = ask && score ? LL_OK : LL_FAIL(err, LL_ENOMEM, "out of memory for %lld answers", (long long)n);
    int64_t made = 0;
    for (; made < n && s == LL_OK; made++) {
        size_t size = 0;
        char *text = question_after(&j->spec, &of[made], &size);
        if (!text) s = LL_FAIL(err, LL_ENOMEM, "out of memory for an answer");
        ask[2 * made] = (ll_lm_ask) { { text, size }, yes };
        ask[2 * made + 1] = (ll_lm_ask) { { text, size }, no };
    }
    if (s == LL_OK && n) s = ll_lm_loglikelihood(j->state, ask, 2 * n, score, err);
    for (int64_t i = 0; i < n && s == LL_OK; i++)
        out[i] = (ll_judgement) { 1 / (1 + exp(score[2 * i + 1].logprob - score[2 * i].logprob)), 0 };
    for (int64_t i = 0; i < made; i++) free((char *)ask[2 * i].context.at);
    free(ask);
    free(score);
    return s;
}

static ll_status open_likelihood(ll_juror *j, const char *where, ll_lm *lm, ll_error *err) {
    if (!*j->spec.question)
        return LL_FAIL(err, LL_EINPUT, "%s: judge.question: a likelihood needs a question to be answered", where);
    if (!lm) return LL_FAIL(err, LL_EINPUT, "%s: a likelihood needs a model", where);
    j->state = lm;
    j->ask = ask_likelihood;
    return LL_OK;
}

/* ---- any ---- */

static ll_status open_kind(ll_juror *j, const char *where, ll_lm *lm, ll_error *err) {
    if (!strcmp(j->spec.kind, "rule")) return open_rule(j, where, err);
    if (!strcmp(j->spec.kind, "check")) return open_check(j, where, err);
    if (!strcmp(j->spec.kind, "classifier")) return open_classifier(j, where, err);
    if (!strcmp(j->spec.kind, "likelihood")) return open_likelihood(j, where, lm, err);
    return LL_FAIL(err, LL_EINPUT, "%s: judge.kind is %s, expected rule, check, classifier or likelihood", where,
                   j->spec.kind);
}

static ll_status new_judge(ll_juror **out, ll_error *err) {
    *out = calloc(1, sizeof **out);
    return *out ? LL_OK : LL_FAIL(err, LL_ENOMEM, "out of memory for a judge");
}

ll_status ll_juror_open(ll_juror **out, const ll_juror_spec *spec, const char *where, ll_lm *lm, ll_error *err) {
    LL_TRY(new_judge(out, err));
    (*out)->spec = *spec;
    const ll_status s = open_kind(*out, where, lm, err);
    if (s == LL_OK) return LL_OK;
    ll_juror_close(*out);
    *out = NULL;
    return s;
}

ll_status ll_juror_learned(ll_juror **out, ll_classifier *classifier, ll_error *err) {
    const ll_status s = new_judge(out, err);
    if (s == LL_OK) be_classifier(*out, classifier);
    else ll_classifier_free(classifier);
    return s;
}

void ll_juror_close(ll_juror *j) {
    if (!j) return;
    if (j->clear) j->clear(j->state);
    free(j);
}

ll_status ll_juror_ask(ll_juror *j, const ll_judged *of, int64_t n, ll_judgement *out, ll_error *err) {
    return j->ask(j, of, n, out, err);
}
