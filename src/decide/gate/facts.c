#include "decide/gate/facts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/clock.h"
#include "base/words/nearest.h"
#include "base/words/word.h"

enum { FACTS_MAX_BYTES = 1 << 20 };
#define SCHEMA "loglog.evidence/1"
#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

#define AT(f) offsetof(ll_facts, f)
static const ll_option facts_table[] = {
    { "schema", LL_OPT_NAME, AT(schema), SCHEMA, "version of this file's form", .names = SCHEMA },
    LL_FACTS_ROWS(AT),
    { "run", LL_OPT_TEXT, AT(run), "", "id or name of the run that it is about" },
    { "data_hash", LL_OPT_TEXT, AT(data_hash), "", "of the data that the run was trained on" },
};
#undef AT
static const ll_option score_row = { "score",      LL_OPT_LIST, offsetof(ll_fact_score, v), "", "",
                                     .min = -1e30, .max = 1e30 };

static ll_fact_score *find_score(ll_facts *f, const char *name) {
    for (int i = 0; i < f->n_scores; i++)
        if (strcmp(f->score[i].name, name) == 0) return &f->score[i];
    return NULL;
}

ll_status ll_facts_init(ll_facts *f, const ll_policy *p, ll_error *err) {
    memset(f, 0, sizeof *f);
    LL_TRY(ll_options_default(facts_table, COUNT(facts_table), f, err));
    for (int i = 0; i < p->n_levels; i++)
        for (int k = 0; k < p->level[i].n_lines; k++) {
            const char *name = p->level[i].line[k].score;
            if (*name && !find_score(f, name)) strcpy(f->score[f->n_scores++].name, name);
        }
    return LL_OK;
}

/* ---- names that the policy must know ---- */

static ll_status unknown(const char *where, const char *what, const char *name, const char *words, ll_error *err) {
    char hint[LL_NEAREST_HINT];
    ll_nearest near = { .word = name };
    ll_nearest_try_all(&near, words);
    return LL_FAIL(err, LL_EINPUT, "%s: the policy has no %s '%.40s'%s", where, what, name,
                   ll_nearest_hint(&near, hint));
}

static void add_word(char *words, size_t size, const char *word) {
    size_t used = strlen(words);
    snprintf(words + used, size - used, "%s ", word);
}

static ll_status score_named(ll_facts *f, const char *name, const char *where, ll_fact_score **out, ll_error *err) {
    char words[4096] = "";
    *out = find_score(f, name);
    if (*out) return LL_OK;
    for (int i = 0; i < f->n_scores; i++) add_word(words, sizeof words, f->score[i].name);
    return unknown(where, "score", name, words, err);
}

static ll_status add_measure(ll_facts *f, const ll_policy *p, const char *name, const char *where, ll_error *err) {
    char words[4096] = "";
    for (int i = 0; i < p->n_levels; i++)
        for (int k = 0; k < p->level[i].n_requires; k++) {
            const char *known = p->level[i].requires[k].name;
            add_word(words, sizeof words, known);
            if (strcmp(known, name) != 0) continue;
            if (!ll_facts_has(f, name)) strcpy(f->in_place[f->n_in_place++], name);
            return LL_OK;
        }
    return unknown(where, "measure", name, words, err);
}

bool ll_facts_has(const ll_facts *f, const char *measure) {
    for (int i = 0; i < f->n_in_place; i++)
        if (strcmp(f->in_place[i], measure) == 0) return true;
    return false;
}

/* ---- from flags ---- */

ll_status ll_facts_scores(ll_facts *f, const char *text, const char *where, ll_error *err) {
    bool said[LL_FACTS_MOST] = { 0 };
    char piece[LL_OPTION_TEXT], at[512];
    size_t n;
    for (const char *word; (word = ll_word_next(&text, " ", &n));) {
        ll_fact_score *s;
        LL_TRY(ll_word_copy(piece, sizeof piece, word, n, where, err));
        char *equal = strchr(piece, '=');
        if (!equal) return LL_FAIL(err, LL_EINPUT, "%s is '%.80s', expected NAME=VALUE,LOW,HIGH", where, piece);
        *equal = 0;
        LL_TRY(score_named(f, piece, where, &s, err));
        if (said[s - f->score]) return LL_FAIL(err, LL_EINPUT, "%s: %s stands twice", where, piece);
        said[s - f->score] = true;
        snprintf(at, sizeof at, "%.200s: %.200s", where, piece);
        LL_TRY(ll_options_set(&score_row, 1, s, "score", equal + 1, at, err));
    }
    return LL_OK;
}

ll_status ll_facts_in_place(ll_facts *f, const ll_policy *p, const char *text, const char *where, ll_error *err) {
    char name[LL_OPTION_NAME];
    size_t n;
    for (const char *word; (word = ll_word_next(&text, ", ", &n));) {
        LL_TRY(ll_word_copy(name, sizeof name, word, n, where, err));
        LL_TRY(add_measure(f, p, name, where, err));
    }
    return LL_OK;
}

/* ---- from a file ---- */

typedef struct reader {
    ll_facts *f;
    const ll_policy *p;
    const char *path;
    ll_error *err;
} reader;

static bool is_numbers(const ll_yaml_node *node) {
    for (const ll_yaml_node *c = node->child; c; c = c->next)
        if (c->kind != LL_YAML_SCALAR) return false;
    return node->kind != LL_YAML_MAP;
}

static ll_status read_score(const reader *r, const ll_yaml_node *node) {
    char where[512];
    ll_fact_score *s;
    snprintf(where, sizeof where, "%.400s:%d", r->path, node->line);
    LL_TRY(score_named(r->f, node->key, where, &s, r->err));
    snprintf(where, sizeof where, "%.400s:%d: %s", r->path, node->line, s->name);
    if (!is_numbers(node)) return LL_FAIL(r->err, LL_EINPUT, "%s: expected [value, low, high]", where);
    return ll_options_bind(&score_row, s, node, where, r->err);
}

static ll_status read_measure(const reader *r, const ll_yaml_node *node) {
    char where[512];
    snprintf(where, sizeof where, "%.400s:%d", r->path, node->line);
    if (node->kind != LL_YAML_SCALAR) return LL_FAIL(r->err, LL_EINPUT, "%s: in_place: expected names", where);
    return add_measure(r->f, r->p, node->text, where, r->err);
}

static ll_status each(const reader *r, const ll_yaml_node *root, const char *key, ll_yaml_kind kind,
                      ll_status (*read)(const reader *, const ll_yaml_node *)) {
    const ll_yaml_node *node = ll_yaml_get(root, key);
    if (!node) return LL_OK;
    if (node->kind != kind)
        return LL_FAIL(r->err, LL_EINPUT, "%s:%d: %s: expected %s", r->path, node->line, key,
                       kind == LL_YAML_MAP ? "'name: [value, low, high]' pairs" : "a list of names");
    for (const ll_yaml_node *c = node->child; c; c = c->next) LL_TRY(read(r, c));
    return LL_OK;
}

static ll_status read_facts(const reader *r, const ll_yaml_node *root) {
    if (!root) return LL_FAIL(r->err, LL_EINPUT, "%s: empty, expected evidence", r->path);
    LL_TRY(ll_options_yaml(facts_table, COUNT(facts_table), r->f, root, r->path, "scores in_place", r->err));
    LL_TRY(each(r, root, "scores", LL_YAML_MAP, read_score));
    LL_TRY(each(r, root, "in_place", LL_YAML_LIST, read_measure));
    return ll_facts_check(r->f, r->path, r->err);
}

ll_status ll_facts_load(ll_facts *f, const ll_policy *p, const char *path, ll_error *err) {
    ll_yaml *doc;
    LL_TRY(ll_yaml_load(path, FACTS_MAX_BYTES, &doc, err));
    ll_status s = read_facts(&(reader) { f, p, path, err }, ll_yaml_root(doc));
    ll_yaml_free(doc);
    return s;
}

/* ---- the whole ---- */

ll_status ll_facts_bound(const ll_facts *f, const ll_facts_about *a, ll_error *err) {
    if (*f->ladder && strcmp(f->ladder, a->ladder) != 0)
        return LL_FAIL(err, LL_EINPUT, "the evidence is about ladder %s, run %.80s is of %s%s", f->ladder, a->run,
                       *a->ladder ? "ladder " : "none", a->ladder);
    if (*f->run && strcmp(f->run, a->run) != 0 && strcmp(f->run, a->name) != 0)
        return LL_FAIL(err, LL_EINPUT, "the evidence is about run %.80s, asked is about run %.80s", f->run, a->run);
    if (*f->data_hash && strcmp(f->data_hash, a->data_hash) != 0)
        return LL_FAIL(err, LL_EINPUT, "the evidence is about data %.80s, the data of run %.80s %s%s", f->data_hash,
                       a->run, *a->data_hash ? "is " : "is not known", a->data_hash);
    return LL_OK;
}

static ll_status check_interval(const ll_list *v, const char *name, const char *where, ll_error *err) {
    bool ok =
        v->n <= 1 || (v->n == 2 && v->v[0] <= v->v[1]) || (v->n == 3 && v->v[1] <= v->v[0] && v->v[0] <= v->v[2]);
    return ok ? LL_OK
              : LL_FAIL(err, LL_EINPUT, "%s: %s: expected value, low, high or low, high in their order", where,
                        name);
}

ll_status ll_facts_check(const ll_facts *f, const char *where, ll_error *err) {
    double when;
    LL_TRY(check_interval(&f->flops, "flops", where, err));
    LL_TRY(check_interval(&f->gain, "gain", where, err));
    LL_TRY(check_interval(&f->loss, "loss", where, err));
    LL_TRY(check_interval(&f->forecast_loss, "forecast_loss", where, err));
    for (int i = 0; i < f->n_scores; i++) LL_TRY(check_interval(&f->score[i].v, f->score[i].name, where, err));
    if (*f->fit && f->gain.n)
        return LL_FAIL(err, LL_EINPUT, "%s: gain and fit both tell the effective compute: expected one", where);
    if (!*f->evaluated || ll_clock_parse(f->evaluated, &when)) return LL_OK;
    return LL_FAIL(err, LL_EINPUT, "%s: evaluated is '%s', expected a date such as 2026-11-22", where,
                   f->evaluated);
}
