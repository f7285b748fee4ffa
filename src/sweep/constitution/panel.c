#include "sweep/constitution/panel.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const ll_juror_spec *spec_of(const ll_constitution *c, int i) {
    return i < c->n ? &c->principle[i].judge : &c->gold;
}

static ll_status open_judge(ll_panel *p, int i, const char *store, ll_lm *lm, int threads, ll_error *err) {
    const ll_juror_spec *s = spec_of(p->of, i);
    char where[LL_OPTION_TEXT + 64];
    if (!strcmp(s->kind, "none") || !strcmp(s->kind, "learned")) return LL_OK;
    snprintf(where, sizeof where, "%s: %s", p->of->where, i < p->of->n ? p->of->principle[i].id : "gold");
    if (*s->endpoint)
        LL_TRY(ll_subject_endpoint(&p->subject[i], &(ll_endpoint_opts) { .url = s->endpoint, .model = s->model },
                                   err));
    else if (*s->model) LL_TRY(ll_subject_run(&p->subject[i], store, s->model, threads, err));
    return ll_juror_open(&p->judge[i], s, where, p->subject[i].lm ? p->subject[i].lm : lm, err);
}

ll_status ll_panel_open(ll_panel *p, const ll_constitution *c, const char *store, ll_lm *lm, int threads,
                        ll_error *err) {
    ll_status s = LL_OK;
    *p = (ll_panel) { .of = c };
    for (int i = 0; i <= c->n && s == LL_OK; i++) s = open_judge(p, i, store, lm, threads, err);
    if (s != LL_OK) ll_panel_close(p);
    return s;
}

void ll_panel_close(ll_panel *p) {
    for (int i = 0; i <= LL_PRINCIPLES_MOST; i++) {
        ll_juror_close(p->judge[i]);
        ll_subject_close(&p->subject[i]);
    }
    *p = (ll_panel) { 0 };
}

/* ---- asking ---- */

typedef struct asked {
    ll_judged *of; /* [n] */
    ll_judgement *said;
} asked;

static ll_status make_asked(asked *a, const ll_answers *answers, ll_error *err) {
    a->of = calloc((size_t)answers->n + 1, sizeof *a->of);
    a->said = calloc((size_t)answers->n + 1, sizeof *a->said);
    if (!a->of || !a->said) return LL_FAIL(err, LL_ENOMEM, "out of memory for judgements");
    for (int64_t i = 0; i < answers->n; i++) {
        const ll_loop_answer *of = &answers->of[i];
        a->of[i].prompt = (ll_span) { answers->prompts->text[of->prompt], answers->prompts->size[of->prompt] };
        a->of[i].answer = (ll_span) { of->text, of->size };
    }
    return LL_OK;
}

static void clear_asked(asked *a) {
    free(a->of);
    free(a->said);
}

static ll_status ask_principles(const ll_panel *p, ll_answers *answers, const asked *a, ll_error *err) {
    for (int64_t i = 0; i < answers->n; i++) answers->of[i].all = 1, answers->of[i].from = answers->of[i].size;
    for (int k = 0; k < p->of->n; k++) {
        if (!p->judge[k]) continue;
        LL_TRY(ll_juror_ask(p->judge[k], a->of, answers->n, a->said, err));
        for (int64_t i = 0; i < answers->n; i++) {
            ll_loop_answer *to = &answers->of[i];
            to->violates[k] = a->said[i].violates;
            to->all *= pow(1 - a->said[i].violates, p->of->principle[k].weight);
            if (a->said[i].violates > 0.5 && a->said[i].from < to->from) to->from = a->said[i].from;
        }
    }
    for (int64_t i = 0; i < answers->n; i++) answers->of[i].all = 1 - answers->of[i].all;
    return LL_OK;
}

static ll_status ask_gold(const ll_panel *p, ll_answers *answers, const asked *a, ll_error *err) {
    ll_juror *gold = p->judge[p->of->n];
    if (!gold) return LL_OK;
    LL_TRY(ll_juror_ask(gold, a->of, answers->n, a->said, err));
    for (int64_t i = 0; i < answers->n; i++) answers->of[i].gold = a->said[i].violates;
    return LL_OK;
}

ll_status ll_panel_ask(const ll_panel *p, ll_answers *answers, bool gold, ll_error *err) {
    asked a = { 0 };
    ll_status s = make_asked(&a, answers, err);
    if (s == LL_OK) s = ask_principles(p, answers, &a, err);
    if (s == LL_OK && gold) s = ask_gold(p, answers, &a, err);
    clear_asked(&a);
    return s;
}

/* ---- judges that learn from the gold one ---- */

int64_t ll_panel_labels(const ll_panel *p) {
    return ll_constitution_labels(p->of);
}

static ll_status teach(ll_panel *p, int i, const ll_labelled *text, ll_error *err) {
    const ll_juror_spec *s = &p->of->principle[i].judge;
    const ll_classifier_opts opts = {
        .bits = 12, .letters = 3, .words = 1, .epochs = 20, .seed = 1, .decay = 1e-5
    };
    ll_classifier *c;
    if (strcmp(s->kind, "learned") != 0) return LL_OK;
    const ll_status status = ll_classifier_train(&c, text, s->labels, false, &opts, err);
    if (status != LL_OK) return ll_error_prefix(err, "%s: %s", p->of->where, p->of->principle[i].id);
    return ll_juror_learned(&p->judge[i], c, err);
}

ll_status ll_panel_learn(ll_panel *p, const ll_answers *answers, ll_error *err) {
    ll_labelled *text = calloc((size_t)answers->n + 1, sizeof *text);
    ll_status s = text ? LL_OK : LL_FAIL(err, LL_ENOMEM, "out of memory for labels");
    for (int64_t i = 0; i < answers->n && s == LL_OK; i++)
        text[i] = (ll_labelled) { answers->of[i].text, answers->of[i].size, answers->of[i].gold > 0.5 };
    for (int i = 0; i < p->of->n && s == LL_OK; i++) s = teach(p, i, text, err);
    free(text);
    return s;
}
