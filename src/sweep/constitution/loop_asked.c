#define _POSIX_C_SOURCE 200809L
#include "sweep/constitution/loop_asked.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/words/printed.h"
#include "probe/items/rows.h"
#include "sweep/asking/subject.h"
#include "sweep/constitution/stages.h"

enum { SEED_WRITTEN = 4000, CRITIQUE_TIMES = 2 }; /* CRITIQUE_TIMES: of an answer's tokens */

/* ---- prompts ---- */

typedef struct reading {
    ll_prompts *out;
    const char *column;
    int64_t most;
} reading;

static ll_status on_row(void *ctx, const ll_row *row, ll_error *err) {
    const reading *r = ctx;
    ll_prompts *p = r->out;
    if (p->n == r->most) return LL_OK;
    const char *text = ll_json_get_str(row->record, r->column);
    if (!text || !*text) return LL_ROW_WRONG(row, err, "expected a prompt in column '%.60s'", r->column);
    if (!(p->text[p->n] = strdup(text))) return LL_FAIL(err, LL_ENOMEM, "out of memory for prompts");
    p->size[p->n] = strlen(text);
    p->n++;
    return LL_OK;
}

static ll_status read_prompts(ll_prompts *out, const ll_loop_asked *how, int64_t most, ll_error *err) {
    reading r = { out, how->column, most };
    out->text = calloc((size_t)most, sizeof *out->text);
    out->size = calloc((size_t)most, sizeof *out->size);
    if (!out->text || !out->size) return LL_FAIL(err, LL_ENOMEM, "out of memory for prompts");
    LL_TRY(ll_rows_read(how->prompts, on_row, &r, err));
    return out->n ? LL_OK : LL_FAIL(err, LL_EINPUT, "%s: no prompts", how->prompts);
}

/* ---- revised in words ---- */

/* The principle that the answer breaks most. */
static int broken(const ll_constitution *c, const ll_loop_answer *a) {
    int most = 0;
    for (int k = 1; k < c->n; k++)
        if (a->violates[k] > a->violates[most]) most = k;
    return most;
}

/* One text of the model after these words; *out is the caller's to free. */
static ll_status write_one(const ll_answering *how, const char *text, size_t size, int64_t most, char **out,
                           ll_error *err) {
    ll_lm_sample s = { 0 };
    const ll_lm_prompt ask = { .text = { text, size },
                               .samples = 1,
                               .most = most,
                               .stop = "\n\n",
                               .temperature = how->temperature,
                               .seed = how->seed };
    LL_TRY(ll_lm_sample_text(how->lm, &ask, &s, err));
    *out = s.text;
    return LL_OK;
}

static char *words(const ll_answering *how, const ll_principle *p, const ll_loop_answer *a, const char *critique,
                   size_t *size) {
    ll_printed text;
    FILE *out = ll_printed_open(&text);
    if (!out) return NULL;
    fwrite(how->prompts->text[a->prompt], 1, how->prompts->size[a->prompt], out);
    fwrite(a->text, 1, a->size, out);
    fprintf(out, "\n\nPrinciple: %s\nWhere the answer above breaks this principle:%s", p->words,
            critique ? critique : "");
    if (critique) {
        fputs("\nThe answer again, so that it keeps the principle:\n", out);
        fwrite(how->prompts->text[a->prompt], 1, how->prompts->size[a->prompt], out);
    }
    char *at = ll_printed_close(&text);
    *size = text.size;
    return at;
}

/* What the model writes after the words, with the critique so far or NULL; *out is the caller's to free. */
static ll_status ask_words(const ll_answering *how, const ll_principle *p, const ll_loop_answer *a,
                           const char *critique, char **out, ll_error *err) {
    size_t size;
    char *text = words(how, p, a, critique, &size);
    if (!text) return LL_FAIL(err, LL_ENOMEM, "out of memory for a critique");
    const ll_status s = write_one(how, text, size, critique ? how->most : CRITIQUE_TIMES * how->most, out, err);
    free(text);
    return s;
}

/* A revision as an answer of its own. */
static ll_status revise_once(const ll_loop_one *o, const ll_answering *how, const ll_loop_answer *a,
                             ll_answers *out, ll_error *err) {
    const ll_principle *p = &o->c->principle[broken(o->c, a)];
    char *critique = NULL, *text = NULL;
    *out = (ll_answers) { .prompts = how->prompts, .of = calloc(1, sizeof *out->of) };
    if (!out->of) return LL_FAIL(err, LL_ENOMEM, "out of memory for an answer");
    ll_status s = ask_words(how, p, a, NULL, &critique, err);
    if (s == LL_OK) s = ask_words(how, p, a, critique, &text, err);
    free(critique);
    LL_TRY(s);
    out->of[0] = (ll_loop_answer) { .prompt = a->prompt, .text = text, .size = strlen(text), .gold = NAN };
    out->n = 1;
    return ll_panel_ask(&o->panel, out, false, err);
}

static ll_status revise_in_words(const ll_loop_one *o, ll_answering *how, ll_loop_answer *a, ll_loop_spent *spent,
                                 ll_error *err) {
    for (int64_t round = 0; round < o->c->revise.rounds && ll_stage_is_bad(o, a); round++, spent->rounds++) {
        ll_loop_answer *best = a;
        ll_answers tries[2] = { 0 }; /* the best so far, and the one that is tried */
        ll_status s = LL_OK;
        for (int64_t i = 0; i < o->c->revise.tries && s == LL_OK; i++) {
            how->seed = (uint64_t)(o->c->seed + SEED_WRITTEN + round * o->c->revise.tries + i);
            s = revise_once(o, how, a, &tries[1], err);
            spent->samples++;
            if (s == LL_OK && tries[1].of[0].size && ll_stage_is_better(o, &tries[1].of[0], best)) {
                ll_answers_clear(&tries[0]);
                tries[0] = tries[1];
                tries[1] = (ll_answers) { 0 };
                best = &tries[0].of[0];
            }
            ll_answers_clear(&tries[1]);
        }
        if (s == LL_OK && best != a) ll_answer_swap(a, best);
        ll_answers_clear(&tries[0]);
        LL_TRY(s);
    }
    return LL_OK;
}

/* ---- stages ---- */

typedef struct asking {
    const ll_loop_asked *how;
    ll_loop_one one;
    ll_loop_opts opts;
    ll_subject subject;
    ll_loop_table *out;
    ll_loop_spent spent;
} asking;

static void put_mean(ll_loop_row *row, int what, const ll_probe_mean *m) {
    if (!m->n) return;
    row->value[what] = m->mean;
    row->se[what] = ll_probe_mean_se(m);
}

static ll_status put_row(asking *a, const char *stage, const ll_reached *r, ll_error *err) {
    ll_loop_row *row = ll_loop_add_row(a->out, 0, stage, err);
    if (!row) return LL_ENOMEM;
    row->n = r->all.n;
    put_mean(row, LL_LOOP_ALL, &r->all);
    put_mean(row, LL_LOOP_GOLD, &r->gold);
    put_mean(row, LL_LOOP_KL, &r->kl);
    for (int k = 0; k < a->one.c->n; k++) put_mean(row, LL_LOOP_WHAT + k, &r->principle[k]);
    row->value[LL_LOOP_SAMPLES] = (double)a->spent.samples;
    row->value[LL_LOOP_ROUNDS] = (double)a->spent.rounds;
    return LL_OK;
}

static ll_status put_answers(asking *a, const char *stage, ll_answers *answers, ll_error *err) {
    ll_reached reached = { .loss = NAN, .loss_se = NAN };
    LL_TRY(ll_panel_ask(&a->one.panel, answers, true, err));
    for (int64_t i = 0; i < answers->n; i++) ll_reach_add(&reached, a->one.c, &answers->of[i]);
    return put_row(a, stage, &reached, err);
}

static bool stopped(const asking *a) {
    return a->how->stop && a->how->stop(a->how->ctx);
}

/* in_words: else sampled again from where the violation begins. */
static ll_status revise_all(asking *a, ll_answering *how, ll_answers *answers, bool in_words, ll_error *err) {
    a->spent = (ll_loop_spent) { .samples = answers->samples };
    for (int64_t i = 0; i < answers->n; i++) {
        if (stopped(a)) return LL_FAIL(err, LL_ESTOP, "stopped");
        if (in_words) LL_TRY(revise_in_words(&a->one, how, &answers->of[i], &a->spent, err));
        else LL_TRY(ll_stage_revise(&a->one, how, answers, &answers->of[i], &a->spent.rounds, err));
    }
    if (!in_words) a->spent.samples = answers->samples;
    return LL_OK;
}

static ll_status one_way(asking *a, const char *stage, ll_error *err) {
    const ll_constitution *c = a->one.c;
    ll_answering how = { a->subject.lm, &a->one.held, c->prompts.answer, c->prompts.temperature,
                         (uint64_t)c->seed };
    ll_answers answers;
    const bool in_words = strcmp(stage, "written") == 0;
    LL_TRY(ll_answers_draw(&answers, &how, 1, err));
    ll_status s = ll_panel_ask(&a->one.panel, &answers, false, err);
    a->spent = (ll_loop_spent) { .samples = answers.samples };
    if (s == LL_OK && !in_words) s = put_answers(a, "before", &answers, err);
    if (s == LL_OK) s = revise_all(a, &how, &answers, in_words, err);
    if (s == LL_OK) s = put_answers(a, stage, &answers, err);
    ll_answers_clear(&answers);
    return s;
}

static ll_status best_of(asking *a, ll_error *err) {
    ll_reached reached[LL_BEST_OF_MOST];
    ll_loop_spent spent;
    char stage[LL_OPTION_NAME];
    int n;
    if (a->one.c->best_of < 2) return LL_OK;
    LL_TRY(ll_reach_best(&a->one, a->subject.lm, reached, &n, &spent, err));
    for (int i = 0; i < n; i++) {
        a->spent = (ll_loop_spent) { .samples = a->one.held.n << i };
        snprintf(stage, sizeof stage, "bestof.%d", 1 << i);
        LL_TRY(put_row(a, stage, &reached[i], err));
    }
    return LL_OK;
}

static ll_status all_stages(asking *a, ll_error *err) {
    ll_loop_table *t = a->out;
    if (!(t->run = calloc(1, sizeof *t->run))) return LL_FAIL(err, LL_ENOMEM, "out of memory for a table");
    ll_run_init(t->run);
    snprintf(t->run->name, sizeof t->run->name, "%s", a->subject.lm->name);
    t->runs = 1;
    LL_TRY(one_way(a, "resampled", err));
    LL_TRY(one_way(a, "written", err));
    return best_of(a, err);
}

ll_status ll_loop_ask(ll_loop_table *out, const ll_constitution *c, const ll_loop_asked *how, ll_error *err) {
    asking a = { .how = how, .one = { .c = c }, .out = out };
    *out = (ll_loop_table) { 0 };
    if (ll_constitution_labels(c))
        return LL_FAIL(err, LL_EINPUT, "%s: a learned judge learns from a run of a store, and here is none",
                       c->where);
    a.one.opts = &a.opts;
    ll_status s = read_prompts(&a.one.held, how, c->prompts.held_out, err);
    if (s == LL_OK) s = ll_subject_endpoint(&a.subject, &how->endpoint, err);
    if (s == LL_OK) s = ll_panel_open(&a.one.panel, c, how->store, a.subject.lm, 0, err);
    if (s == LL_OK) s = all_stages(&a, err);
    ll_panel_close(&a.one.panel);
    ll_subject_close(&a.subject);
    ll_prompts_clear(&a.one.held);
    if (s != LL_OK) ll_loop_table_clear(out);
    return s;
}
