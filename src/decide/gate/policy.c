#include "decide/gate/policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/document/form.h"
#include "base/system/file.h"

enum { POLICY_MAX_BYTES = 1 << 20 };
#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))
#define QUANTITIES "flops effective_flops loss forecast_loss bits_per_byte score"

const char *ll_quantity_name(ll_quantity of) {
    static const char *const names[LL_OF_COUNT] = { "flops",         "effective_flops", "loss",
                                                    "forecast_loss", "bits_per_byte",   "score" };
    return names[of];
}

/* ---- the tables ---- */

#define AT(f) offsetof(ll_policy, f)
static const ll_option policy_table[] = {
    { "schema", LL_OPT_NAME, AT(schema), LL_POLICY_SCHEMA, "version of this file's form",
      .names = LL_POLICY_SCHEMA },
    { "name", LL_OPT_NAME, AT(name), "policy", "of the policy" },
    { "source", LL_OPT_TEXT, AT(source), "", "where it comes from" },
    { "evaluate.needed", LL_OPT_BOOL, AT(evaluate.needed), "true", "training on needs a recent evaluation" },
    { "evaluate.every_compute", LL_OPT_REAL, AT(evaluate.every_compute), "4",
      "growth of effective compute after which one is due", .min = 1, .max = 1e6, .min_open = true },
    { "evaluate.every", LL_OPT_DURATION, AT(evaluate.every), "92d", "time after which one is due", .max = 1e10,
      .min_open = true },
    { "evaluate.buffer", LL_OPT_REAL, AT(evaluate.buffer), "6",
      "distance of the warning from a line of effective_flops", .min = 1, .max = 1e6 },
    { "sign.needed", LL_OPT_INT, AT(sign.needed), "1", "signers that a waiver needs", .min = 1,
      .max = LL_POLICY_MOST },
};
#undef AT
#define AT(f) offsetof(ll_policy_signer, f)
static const ll_option signer_table[] = {
    { "name", LL_OPT_NAME, AT(name), "", "of the signer" },
    { "key", LL_OPT_TEXT, AT(key), "", "public key, as 'loglog gate keygen' prints it" },
};
#undef AT
#define AT(f) offsetof(ll_policy_level, f)
static const ll_option level_table[] = {
    { "name", LL_OPT_NAME, AT(name), "", "of the level" },
    { "about", LL_OPT_TEXT, AT(about), "", "what it means" },
};
#undef AT
#define AT(f) offsetof(ll_policy_measure, f)
static const ll_option measure_table[] = {
    { "name", LL_OPT_NAME, AT(name), "", "as the evidence calls it" },
    { "what", LL_OPT_TEXT, AT(what), "", "in words" },
};
#undef AT

typedef struct line_text {
    ll_policy_line line;
    char of[LL_OPTION_NAME];
    double at_least, below;
} line_text;
#define AT(f) offsetof(line_text, f)
static const ll_option line_table[] = {
    { "of", LL_OPT_NAME, AT(of), "flops", "the quantity", .names = QUANTITIES },
    { "score", LL_OPT_NAME, AT(line.score), "", "which score" },
    { "at_least", LL_OPT_REAL, AT(at_least), "0", "reached at or above" },
    { "below", LL_OPT_REAL, AT(below), "0", "reached below" },
    { "probability", LL_OPT_REAL, AT(line.probability), "0.95", "that a side must have", .min = 0.5, .max = 1 },
};
#undef AT

const ll_option_form ll_policy_form[] = { { "", policy_table, COUNT(policy_table) },
                                          { "sign.by[]", signer_table, COUNT(signer_table) },
                                          { "levels[]", level_table, COUNT(level_table) },
                                          { "levels[].lines[]", line_table, COUNT(line_table) },
                                          { "levels[].requires[]", measure_table, COUNT(measure_table) },
                                          { NULL, NULL, 0 } };

/* ---- reading ---- */

static ll_status read_signer(const ll_form *r, const ll_yaml_node *node, void *out) {
    ll_policy_signer *s = out;
    LL_TRY(ll_form_bind(r, LL_FORM_TABLE(signer_table), s, node, NULL));
    if (strlen(s->key) + 1 == LL_SIGN_KEY_HEX && strspn(s->key, "0123456789abcdef") == strlen(s->key)) return LL_OK;
    return LL_FORM_WRONG(r, node, "key is '%.80s', expected 64 digits 0-9a-f", s->key);
}

static ll_status read_measure(const ll_form *r, const ll_yaml_node *node, void *out) {
    return ll_form_bind(r, LL_FORM_TABLE(measure_table), out, node, NULL);
}

static ll_quantity quantity_of(const char *name) {
    ll_quantity q = LL_OF_FLOPS;
    while (strcmp(ll_quantity_name(q), name) != 0) q++;
    return q;
}

static ll_status read_line(const ll_form *r, const ll_yaml_node *node, void *out) {
    line_text t;
    LL_TRY(ll_form_bind(r, LL_FORM_TABLE(line_table), &t, node, NULL));
    bool above = ll_yaml_get(node, "at_least"), below = ll_yaml_get(node, "below");
    ll_policy_line *l = out;
    *l = t.line;
    l->of = quantity_of(t.of);
    l->falling = below;
    l->at = below ? t.below : t.at_least;
    if (!ll_yaml_get(node, "of")) return LL_FORM_WRONG(r, node, "of: expected one of: %s", QUANTITIES);
    if (above == below) return LL_FORM_WRONG(r, node, "expected one of at_least and below");
    if (l->of != LL_OF_SCORE && l->at <= 0) return LL_FORM_WRONG(r, node, "%s: expected a line above 0", t.of);
    if ((l->of == LL_OF_SCORE) != (*l->score != 0))
        return LL_FORM_WRONG(r, node, "score: expected a name with 'of: score', and only there");
    return *l->score ? ll_form_name(r, node, l->score) : LL_OK;
}

static ll_status read_level(const ll_form *r, const ll_yaml_node *node, void *out) {
    ll_policy_level *l = out;
    LL_TRY(ll_form_bind(r, LL_FORM_TABLE(level_table), l, node, "lines requires"));
    LL_TRY(ll_form_list(r, node, "lines",
                        &(ll_form_items) { l->line, sizeof *l->line, LL_POLICY_MOST, false, read_line },
                        &l->n_lines));
    LL_TRY(ll_form_list(r, node, "requires",
                        &(ll_form_items) { l->requires, sizeof *l->requires, LL_POLICY_MOST, true, read_measure },
                        &l->n_requires));
    if (strcmp(l->name, LL_POLICY_EVALUATION) == 0)
        return LL_FORM_WRONG(r, node, "name is '%s', which waivers call the cadence; expected another", l->name);
    return l->n_lines ? LL_OK : LL_FORM_WRONG(r, node, "lines: expected at least one that leads to the level");
}

/* What no single key can tell. */
static ll_status check(const ll_policy *p, const ll_form *r, const ll_yaml_node *root) {
    if (p->n_levels == 0) return LL_FORM_WRONG(r, root, "levels: expected at least one");
    LL_TRY(ll_form_name(r, root, p->name));
    if (p->evaluate.needed && p->evaluate.buffer < p->evaluate.every_compute)
        return LL_FORM_WRONG(
            r, root,
            "evaluate.buffer is %g, expected at least evaluate.every_compute, %g: a line could be passed "
            "between two evaluations",
            p->evaluate.buffer, p->evaluate.every_compute);
    for (int i = 0; i < p->sign.n; i++)
        for (int j = 0; j < i; j++)
            if (strcmp(p->sign.by[i].key, p->sign.by[j].key) == 0)
                return LL_FORM_WRONG(r, root, "sign.by: %s and %s have the same key", p->sign.by[j].name,
                                     p->sign.by[i].name);
    if (p->sign.n == 0 || p->sign.needed <= p->sign.n) return LL_OK;
    return LL_FORM_WRONG(r, root, "sign.needed is %lld, expected at most the %d of sign.by",
                         (long long)p->sign.needed, p->sign.n);
}

static ll_status read_policy(ll_policy *p, const ll_form *r, const ll_yaml_node *root) {
    if (!root) return LL_FAIL(r->err, LL_EINPUT, "%s: empty, expected a policy", r->where);
    LL_TRY(ll_form_bind(r, LL_FORM_TABLE(policy_table), p, root, "levels sign.by"));
    if (!ll_yaml_get(root, "schema")) return LL_FORM_WRONG(r, root, "schema: expected %s", LL_POLICY_SCHEMA);
    if (ll_yaml_get(root, "sign.by")) return LL_FORM_WRONG(r, root, "sign.by: expected as 'sign: {by: [...]}'");
    LL_TRY(ll_form_list(r, ll_yaml_get(root, "sign"), "by",
                        &(ll_form_items) { p->sign.by, sizeof *p->sign.by, LL_POLICY_MOST, true, read_signer },
                        &p->sign.n));
    LL_TRY(ll_form_list(r, root, "levels",
                        &(ll_form_items) { p->level, sizeof *p->level, LL_POLICY_MOST, true, read_level },
                        &p->n_levels));
    return check(p, r, root);
}

ll_status ll_policy_parse(ll_policy *p, const char *text, size_t size, const char *where, ll_error *err) {
    ll_yaml *doc;
    const ll_form r = { .where = where, .err = err };
    *p = (ll_policy) { 0 };
    LL_TRY(ll_yaml_parse(text, size, where, &doc, err));
    p->level = calloc(LL_POLICY_MOST, sizeof *p->level);
    ll_status s = p->level ? read_policy(p, &r, ll_yaml_root(doc)) : LL_FAIL(err, LL_ENOMEM, "out of memory");
    ll_yaml_free(doc);
    ll_hash_of(text, size, p->hash);
    if (s != LL_OK) ll_policy_clear(p);
    return s;
}

ll_status ll_policy_load(ll_policy *p, const char *path, ll_error *err) {
    char *text;
    size_t size;
    *p = (ll_policy) { 0 };
    LL_TRY(ll_file_read(path, POLICY_MAX_BYTES, &text, &size, err));
    ll_status s = ll_policy_parse(p, text, size, path, err);
    free(text);
    return s;
}

void ll_policy_clear(ll_policy *p) {
    free(p->level);
    p->level = NULL;
    p->n_levels = 0;
}

/* ---- as it was read ---- */

static ll_json *line_json(const ll_policy_line *l) {
    ll_json *o = ll_json_object();
    ll_json_set_str(o, "of", ll_quantity_name(l->of));
    if (*l->score) ll_json_set_str(o, "score", l->score);
    ll_json_set_num(o, l->falling ? "below" : "at_least", l->at);
    ll_json_set_num(o, "probability", l->probability);
    return o;
}

static ll_json *level_json(const ll_policy_level *l) {
    ll_json *o = ll_options_json(level_table, COUNT(level_table), l), *lines = ll_json_array(),
            *requires = ll_json_array();
    for (int i = 0; i < l->n_lines; i++) ll_json_push(lines, line_json(&l->line[i]));
    for (int i = 0; i < l->n_requires; i++)
        ll_json_push(requires, ll_options_json(measure_table, COUNT(measure_table), &l->requires[i]));
    ll_json_set(o, "lines", lines);
    ll_json_set(o, "requires", requires);
    return o;
}

ll_json *ll_policy_json(const ll_policy *p) {
    ll_json *o = ll_options_json(policy_table, COUNT(policy_table), p), *by = ll_json_array(),
            *levels = ll_json_array();
    for (int i = 0; i < p->sign.n; i++)
        ll_json_push(by, ll_options_json(signer_table, COUNT(signer_table), &p->sign.by[i]));
    ll_json_set(ll_json_group(o, "sign"), "by", by);
    for (int i = 0; i < p->n_levels; i++) ll_json_push(levels, level_json(&p->level[i]));
    ll_json_set(o, "levels", levels);
    ll_json_set_str(o, "hash", p->hash);
    return o;
}
