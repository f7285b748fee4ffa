#include "sweep/constitution/constitution.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/file.h"
#include "probe/probes.h"

enum { FILE_MOST = 1 << 20, NAME_MOST = 12 };

#define AT(f) offsetof(ll_constitution, f)
#define GOLD(f) offsetof(ll_constitution, gold.f)
static const ll_option constitution_table[] = {
    { "schema", LL_OPT_NAME, AT(schema), LL_CONSTITUTION_SCHEMA, "version of this file's form",
      .names = LL_CONSTITUTION_SCHEMA },
    { "name", LL_OPT_NAME, AT(name), "house",
      "of the constitution, at most 12 letters: its scores are NAME.STAGE.WHAT" },
    { "about", LL_OPT_TEXT, AT(about), "", "what it is for" },
    LL_JUROR_ROWS("gold.", GOLD),
    { "prompts.count", LL_OPT_INT, AT(prompts.count), "1024", "beginnings of the training text to learn from",
      .min = 2, .max = 1e6 },
    { "prompts.held_out", LL_OPT_INT, AT(prompts.held_out), "128",
      "beginnings of the validation text to be measured by", .min = 2, .max = 1e6 },
    { "prompts.length", LL_OPT_INT, AT(prompts.length), "16", "tokens of a prompt", .min = 1, .max = 1e6 },
    { "prompts.answer", LL_OPT_INT, AT(prompts.answer), "32", "tokens of an answer, at most", .min = 1,
      .max = 1e6 },
    { "prompts.temperature", LL_OPT_REAL, AT(prompts.temperature), "1", "of samples", .min = 1e-3, .max = 100 },
    { "revise.rounds", LL_OPT_INT, AT(revise.rounds), "4", "of an answer that violates, at most", .max = 100 },
    { "revise.tries", LL_OPT_INT, AT(revise.tries), "4", "of a round, the best of which is kept", .min = 1,
      .max = 1000 },
    { "supervised.steps", LL_OPT_INT, AT(supervised.steps), "120", "of fine-tuning", .min = 1, .max = 1e7 },
    { "supervised.batch", LL_OPT_INT, AT(supervised.batch), "32", "sequences of a step", .min = 2, .max = 1e5 },
    { "supervised.plain", LL_OPT_REAL, AT(supervised.plain), "0.5", "share of a batch that is plain text",
      .max = 0.9 },
    { "supervised.rate", LL_OPT_REAL, AT(supervised.rate), "0.3", "of the learning rate, times the run's own",
      .max = 10, .min_open = true },
    { "preference.pairs", LL_OPT_INT, AT(preference.pairs), "2", "of each prompt", .min = 1, .max = 1000 },
    { "preference.steps", LL_OPT_INT, AT(preference.steps), "60", "of DPO", .min = 1, .max = 1e7 },
    { "preference.batch", LL_OPT_INT, AT(preference.batch), "16", "pairs of a step", .min = 1, .max = 1e5 },
    { "preference.points", LL_OPT_INT, AT(preference.points), "3", "so many times it is measured on the way",
      .min = 1, .max = 64 },
    { "preference.beta", LL_OPT_REAL, AT(preference.beta), "0.1", "how dear the divergence is", .max = 100,
      .min_open = true },
    { "preference.rate", LL_OPT_REAL, AT(preference.rate), "0.03", "of the learning rate, times the run's own",
      .max = 10, .min_open = true },
    { "best_of", LL_OPT_INT, AT(best_of), "16",
      "samples of which the best is taken, by powers of two; 1: not tried", .min = 1, .max = 4096 },
    { "windows", LL_OPT_INT, AT(windows), "64", "windows of plain text whose loss is the tax", .min = 2,
      .max = 1e6 },
    { "seed", LL_OPT_INT, AT(seed), "1", "of samples and batches", .max = 4e9 },
};
#undef AT
#define AT(f) offsetof(ll_principle, f)
#define JUDGE(f) offsetof(ll_principle, judge.f)
static const ll_option principle_table[] = {
    { "id", LL_OPT_NAME, AT(id), "", "of the principle: its scores are NAME.STAGE.ID" },
    { "words", LL_OPT_TEXT, AT(words), "", "the principle, in words" },
    { "weight", LL_OPT_REAL, AT(weight), "1", "of a violation, beside the others'", .max = 1000, .min_open = true },
    LL_JUROR_ROWS("judge.", JUDGE),
};
#undef AT

#define ROWS(table) table, (int)(sizeof(table) / sizeof *(table))
const ll_option_form ll_constitution_form[] = { { "", ROWS(constitution_table) },
                                                { "principles[]", ROWS(principle_table) },
                                                { NULL, NULL, 0 } };

/* A judge that can be opened without a model is, so that what it would refuse is refused now. */
static ll_status try_judge(const ll_form *f, const ll_juror_spec *spec, int line) {
    char where[LL_OPTION_TEXT + 32];
    ll_juror *j;
    const bool later = !strcmp(spec->kind, "likelihood") || !strcmp(spec->kind, "learned");
    snprintf(where, sizeof where, "%s:%d", f->where, line);
    if (!strcmp(spec->kind, "likelihood") && !*spec->question)
        return LL_FAIL(f->err, LL_EINPUT, "%s: judge.question: a likelihood needs a question to be answered",
                       where);
    if (later) return LL_OK;
    LL_TRY(ll_juror_open(&j, spec, where, NULL, f->err));
    ll_juror_close(j);
    return LL_OK;
}

static ll_status read_principle(const ll_form *f, const ll_yaml_node *node, void *out) {
    ll_principle *p = out;
    LL_TRY(ll_form_bind(f, LL_FORM_TABLE(principle_table), p, node, NULL));
    LL_TRY(ll_form_name(f, node, p->id));
    p->line = node->line;
    if (strlen(p->id) > 24) return LL_FORM_WRONG(f, node, "id: '%s' is longer than 24 letters", p->id);
    static const char *const taken[] = { "all",   "gold",    "kl",     "loss",  "tax",
                                         "flops", "samples", "rounds", "pairs", "cost" };
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        if (!strcmp(p->id, taken[i]) || strchr(p->id, '.'))
            return LL_FORM_WRONG(f, node, "id: '%s' cannot name a principle, whose scores it names", p->id);
    if (!*p->words) return LL_FORM_WRONG(f, node, "words: the principle '%s' is empty", p->id);
    if (!strcmp(p->judge.kind, "none")) return LL_FORM_WRONG(f, node, "judge: the principle '%s' has none", p->id);
    return try_judge(f, &p->judge, node->line);
}

static bool is_learned(const ll_principle *p) {
    return strcmp(p->judge.kind, "learned") == 0;
}

int64_t ll_constitution_labels(const ll_constitution *c) {
    int64_t most = 0;
    for (int i = 0; i < c->n; i++)
        if (is_learned(&c->principle[i]) && c->principle[i].judge.labels > most)
            most = c->principle[i].judge.labels;
    return most;
}

static ll_status check(const ll_form *f, const ll_yaml_node *root, const ll_constitution *c) {
    const ll_yaml_node *gold = ll_yaml_get(root, "gold");
    if (!c->n) return LL_FORM_WRONG(f, root, "principles: expected at least one");
    if (strlen(c->name) > NAME_MOST)
        return LL_FORM_WRONG(f, root, "name: '%s' is longer than %d letters", c->name, NAME_MOST);
    if (strchr(c->name, '.') || ll_probe_find(c->name))
        return LL_FORM_WRONG(f, root, "name: '%s' has a dot or is a probe's, and scores are called by it", c->name);
    if (!strcmp(c->gold.kind, "learned")) return LL_FORM_WRONG(f, gold, "gold: a learned judge learns from it");
    if (ll_constitution_labels(c) && !gold)
        return LL_FORM_WRONG(f, root, "gold: a learned judge needs one to learn from");
    return strcmp(c->gold.kind, "none") ? try_judge(f, &c->gold, gold->line) : LL_OK;
}

static ll_status name_it(ll_constitution *c, ll_error *err) {
    ll_json *doc = ll_constitution_json(c);
    char *text = ll_json_text(doc, false);
    ll_json_free(doc);
    if (!text) return LL_FAIL(err, LL_ENOMEM, "out of memory");
    ll_hash_of(text, strlen(text), c->hash);
    free(text);
    return LL_OK;
}

ll_status ll_constitution_with_labels(ll_constitution *out, const ll_constitution *c, int64_t labels,
                                      ll_error *err) {
    char number[24];
    const int digits = snprintf(number, sizeof number, "%lld", (long long)labels);
    *out = *c;
    for (int i = 0; i < out->n; i++)
        if (is_learned(&out->principle[i])) out->principle[i].judge.labels = labels;
    snprintf(out->name, sizeof out->name, "%.*s%s", digits < NAME_MOST ? NAME_MOST - digits : 0, c->name, number);
    return name_it(out, err);
}

ll_status ll_constitution_bind(ll_constitution *c, const ll_yaml_node *root, const char *where, ll_error *err) {
    const ll_form f = { where, err, c };
    *c = (ll_constitution) { 0 };
    snprintf(c->where, sizeof c->where, "%s", where);
    if (!root || root->kind != LL_YAML_MAP)
        return LL_FAIL(err, LL_EINPUT, "%s: expected a map, such as 'principles: [...]'", where);
    LL_TRY(ll_form_bind(&f, LL_FORM_TABLE(constitution_table), c, root, "principles"));
    LL_TRY(ll_form_name(&f, root, c->name));
    const ll_form_items items = { c->principle, sizeof *c->principle, LL_PRINCIPLES_MOST, true, read_principle };
    LL_TRY(ll_form_list(&f, root, "principles", &items, &c->n));
    LL_TRY(check(&f, root, c));
    return name_it(c, err);
}

ll_status ll_constitution_parse(ll_constitution *c, const char *text, size_t size, const char *where,
                                ll_error *err) {
    ll_yaml *doc;
    LL_TRY(ll_yaml_parse(text, size, where, &doc, err));
    const ll_status s = ll_constitution_bind(c, ll_yaml_root(doc), where, err);
    ll_yaml_free(doc);
    return s;
}

ll_status ll_constitution_load(ll_constitution *c, const char *path, ll_error *err) {
    char *text;
    size_t size;
    LL_TRY(ll_file_read(path, FILE_MOST, &text, &size, err));
    const ll_status s = ll_constitution_parse(c, text, size, path, err);
    free(text);
    return s;
}

ll_json *ll_constitution_json(const ll_constitution *c) {
    ll_json *doc = ll_options_json(LL_FORM_TABLE(constitution_table), c), *all = ll_json_array();
    for (int i = 0; i < c->n; i++)
        ll_json_push(all, ll_options_json(LL_FORM_TABLE(principle_table), &c->principle[i]));
    ll_json_set(doc, "principles", all);
    return doc;
}
