#define _POSIX_C_SOURCE 200809L
#include "sweep/programme/programme_file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/file.h"
#include "loglog/units.h"
#include "probe/probes.h"

enum { PROGRAMME_MAX_BYTES = 1 << 20 };

/* ---- the tables ---- */

#define AT(f) offsetof(ll_programme, f)
static const ll_option programme_table[] = {
    { "schema", LL_OPT_NAME, AT(schema), LL_PROGRAMME_SCHEMA, "version of this file's form",
      .names = LL_PROGRAMME_SCHEMA },
    { "name", LL_OPT_NAME, AT(name), "programme", "of the programme and of its folder" },
    { "title", LL_OPT_TEXT, AT(title), "", "of its page" },
    { "paper", LL_OPT_TEXT, AT(paper), "", "whose measurements are made again" },
    { "about", LL_OPT_TEXT, AT(about), "", "what a reader has to know" },
    { "scale.params", LL_OPT_LIST, AT(params), "", "the paper's own: lowest and highest N", .min_open = true,
      .max = 1e30 },
    { "scale.tokens", LL_OPT_LIST, AT(tokens), "", "the paper's own: lowest and highest D", .min_open = true,
      .max = 1e30 },
    { "scale.flops", LL_OPT_LIST, AT(flops), "", "the paper's own: lowest and highest C", .min_open = true,
      .max = 1e40 },
};
#undef AT
#define AT(f) offsetof(ll_programme_experiment, f)
static const ll_option experiment_table[] = {
    { "name", LL_OPT_NAME, AT(name), "", "of the experiment" },
    { "question", LL_OPT_TEXT, AT(question), "", "in words" },
    { "forbids", LL_OPT_TEXT, AT(forbids), "", "what the scale of the runs forbids to conclude" },
    { "probes", LL_OPT_TEXT, AT(probes), "", "probes of its models, separated by blanks" },
    { "probe.items", LL_OPT_INT, AT(probe.items), "0", "items at most; 0: the probe's own number", .max = 1e7 },
    { "probe.shots", LL_OPT_INT, AT(probe.shots), "0", "examples before each question", .max = 1000 },
    { "probe.samples", LL_OPT_INT, AT(probe.samples), "0", "of each item; 0: the probe's own number", .max = 1e6 },
    { "probe.temperature", LL_OPT_REAL, AT(probe.temperature), "1", "of samples", .min = 1e-3, .max = 100 },
    { "probe.seed", LL_OPT_INT, AT(probe.seed), "1", "of items that are made or chosen, and of samples",
      .max = 9e15 },
    { "probe.data", LL_OPT_TEXT, AT(probe.data), "",
      "file or folder of items, or @NAME: what --input gives by it" },
    { "probe.windows", LL_OPT_INT, AT(probe.windows), "256", "windows of the validation text to read", .min = 2,
      .max = 1e6 },
    { "flip", LL_OPT_BOOL, AT(flip), "false", "of a constitution: once more with the judges' sign turned" },
    { "labels", LL_OPT_LIST, AT(labels), "",
      "of a constitution: once with each of these as the labels of its learned judges", .min = 32, .max = 1e6 },
    { "figure.title", LL_OPT_TEXT, AT(figure_title), "", "of the figure" },
    { "figure.published", LL_OPT_TEXT, AT(figure_of), "", "the paper's figure" },
};
#undef AT
#define AT(f) offsetof(ll_programme_arm, f)
static const ll_option arm_table[] = {
    { "name", LL_OPT_NAME, AT(name), "", "of the arm; a name alone stands for an arm that was before" },
    { "input", LL_OPT_NAME, AT(input), "text", "text: that of --text; else a name that --input gives a path" },
    { "share", LL_OPT_REAL, AT(share), "1", "of the time, beside the other arms'", .max = 1e6, .min_open = true },
};
#undef AT
#define AT(f) offsetof(ll_programme_quantity, f)
static const ll_option quantity_table[] = {
    { "name", LL_OPT_NAME, AT(name), "", "of the quantity" },
    { "meaning", LL_OPT_TEXT, AT(meaning), "", "in words" },
    { "table", LL_OPT_NAME, AT(table), "runs", "runs, curves, exponents or a probe of the experiment" },
    { "fit", LL_OPT_TEXT, AT(fit), "", "flags of 'loglog fit', as on a command line" },
    { "take", LL_OPT_TEXT, AT(take), "",
      "what of its document: params.alpha, derived.a; without fit mean.COLUMN or sd.COLUMN" },
    { "where", LL_OPT_TEXT, AT(where), "", "rows for a mean or sd; a fit has a --where of its own" },
    { "published", LL_OPT_TEXT, AT(published), "", "ID.CONSTANT of 'loglog paper ID'" },
    { "value", LL_OPT_NAME, AT(value), "", "what was published, a number, where no id has it" },
    { "source", LL_OPT_TEXT, AT(source), "", "where it was" },
};
#undef AT
#define AT(f) offsetof(ll_programme_panel, f)
static const ll_option panel_table[] = {
    { "title", LL_OPT_TEXT, AT(title), "", "of the panel" },
    { "table", LL_OPT_NAME, AT(table), "runs", "runs, curves, exponents or a probe of the experiment" },
    { "x", LL_OPT_NAME, AT(x), "flops", "column of the table" },
    { "y", LL_OPT_NAME, AT(y), "loss", "column of the table" },
    { "se", LL_OPT_NAME, AT(se), "", "column of y's standard errors" },
    { "x_label", LL_OPT_TEXT, AT(x_label), "", "of the axis; the column where nothing is said" },
    { "y_label", LL_OPT_TEXT, AT(y_label), "", "of the axis; the column where nothing is said" },
    { "by", LL_OPT_NAME, AT(by), "", "column whose values make the series" },
    { "behind", LL_OPT_NAME, AT(behind), "", "a table of which every run is a line in grey behind" },
    { "law", LL_OPT_NAME, AT(law), "", "a quantity of the experiment whose law is drawn" },
    { "where", LL_OPT_TEXT, AT(where), "", "rows, such as 'arm = main'" },
    { "lines", LL_OPT_BOOL, AT(lines), "false", "points of a series are joined" },
    { "log_x", LL_OPT_BOOL, AT(log_x), "true", "logarithmic axis" },
    { "log_y", LL_OPT_BOOL, AT(log_y), "true", "logarithmic axis" },
};
#undef AT

#define ROWS(table) table, (int)(sizeof(table) / sizeof *(table))
const ll_option_form ll_programme_form[] = { { "", ROWS(programme_table) },
                                             { "experiments[]", ROWS(experiment_table) },
                                             { "experiments[].arms[]", ROWS(arm_table) },
                                             { "experiments[].quantities[]", ROWS(quantity_table) },
                                             { "experiments[].figure.panels[]", ROWS(panel_table) },
                                             { NULL, NULL, 0 } };

/* ---- reading ---- */

static ll_programme *owner(const ll_form *f) {
    return f->ctx;
}

static int find_arm(const ll_programme *p, const char *name) {
    for (int i = 0; i < p->n_arms; i++)
        if (strcmp(p->arm[i].name, name) == 0) return i;
    return -1;
}

/* Settings of a theory, of which those that are not said are its own. */
static ll_status read_theory(const ll_form *f, const ll_yaml_node *arm, ll_theory *t) {
    const ll_yaml_node *node = ll_yaml_get(arm, "theory");
    if (!node) return LL_OK;
    if (ll_yaml_get(arm, "spec")) return LL_FORM_WRONG(f, node, "theory: expected this or spec, not both");
    if (node->kind != LL_YAML_MAP) return LL_FORM_WRONG(f, node, "theory: expected a map of its settings");
    LL_TRY(ll_form_bind(f, ll_theory_table, ll_theory_count, t, node, NULL));
    const ll_status s = ll_theory_resolve(t, "theory", f->err);
    return s == LL_OK ? s : ll_form_wrong(f, node, s);
}

static ll_status check_map(const ll_form *f, const ll_yaml_node *spec) {
    if (!spec || spec->kind == LL_YAML_MAP) return LL_OK;
    return LL_FORM_WRONG(f, spec, "spec: expected a map of keys of a run spec");
}

/* A map is a new arm, a word one that was before. */
static ll_status read_arm(const ll_form *f, const ll_yaml_node *node, void *out) {
    ll_programme *p = owner(f);
    int *at = out;
    if (node->kind == LL_YAML_SCALAR) {
        *at = find_arm(p, node->text);
        return *at >= 0 ? LL_OK : LL_FORM_WRONG(f, node, "arms: there is no arm '%.40s' before", node->text);
    }
    if (p->n_arms == LL_PROGRAMME_MOST) return LL_FORM_WRONG(f, node, "arms: expected at most %d", p->n_arms);
    ll_programme_arm *arm = &p->arm[p->n_arms];
    LL_TRY(ll_form_bind(f, LL_FORM_TABLE(arm_table), arm, node, "spec theory"));
    LL_TRY(ll_form_name(f, node, arm->name));
    LL_TRY(read_theory(f, node, &arm->theory));
    if (find_arm(p, arm->name) >= 0)
        return LL_FORM_WRONG(f, node, "arms: the name '%s' stands twice; the name alone means the same arm",
                             arm->name);
    arm->overrides = ll_yaml_get(node, "spec");
    *at = p->n_arms++;
    return check_map(f, arm->overrides);
}

static ll_status read_quantity(const ll_form *f, const ll_yaml_node *node, void *out) {
    ll_programme_quantity *q = out;
    LL_TRY(ll_form_bind(f, LL_FORM_TABLE(quantity_table), q, node, NULL));
    const bool moment = !strncmp(q->take, "mean.", 5) || !strncmp(q->take, "sd.", 3);
    if (!*q->take) return LL_FORM_WRONG(f, node, "take: expected what of the fit");
    if (!*q->fit && !moment) return LL_FORM_WRONG(f, node, "fit: expected flags of 'loglog fit'");
    if (*q->fit && *q->where) return LL_FORM_WRONG(f, node, "where: expected as --where in fit");
    double value;
    if (*q->value && !ll_units_parse(q->value, &value))
        return LL_FORM_WRONG(f, node, "value is '%s', expected a number", q->value);
    if (*q->published && !strchr(q->published, '.'))
        return LL_FORM_WRONG(f, node, "published is '%.60s', expected ID.CONSTANT of 'loglog paper'", q->published);
    return LL_OK;
}

static ll_status read_panel(const ll_form *f, const ll_yaml_node *node, void *out) {
    return ll_form_bind(f, LL_FORM_TABLE(panel_table), out, node, NULL);
}

static bool has_word(const char *words, const char *word) {
    const size_t n = strlen(word);
    for (const char *at = words; (at = strstr(at, word)); at += n)
        if ((at == words || at[-1] == ' ') && (at[n] == ' ' || !at[n])) return true;
    return false;
}

bool ll_programme_tries_theory(const ll_programme *p, const ll_programme_experiment *e) {
    for (int k = 0; k < e->n_arms; k++)
        if (*p->arm[e->arm[k]].theory.kind) return true;
    return false;
}

static ll_status check_table(const ll_form *f, const ll_yaml_node *node, const ll_programme_experiment *e,
                             const char *table) {
    const bool theory = ll_programme_tries_theory(owner(f), e);
    if (!*table || strcmp(table, "runs") == 0 || strcmp(table, "curves") == 0 || has_word(e->probes, table) ||
        (strcmp(table, "exponents") == 0 && theory) || (strcmp(table, "constitution") == 0 && e->constitution))
        return LL_OK;
    return LL_FORM_WRONG(f, node, "table is '%.40s', expected runs, curves%s or one of the probes of %s", table,
                         theory ? ", exponents" : "", e->name);
}

static ll_status check_probes(const ll_form *f, const ll_yaml_node *node, const ll_programme_experiment *e) {
    char words[LL_OPTION_TEXT], *rest = words;
    int n = 0;
    strcpy(words, e->probes);
    for (char *word; (word = strtok_r(rest, " ", &rest));) {
        if (!ll_probe_find(word)) return LL_FORM_WRONG(f, node, "probes: there is no probe '%.40s'", word);
        if (++n > LL_PROGRAMME_PROBES)
            return LL_FORM_WRONG(f, node, "probes: expected at most %d", LL_PROGRAMME_PROBES);
    }
    return LL_OK;
}

static ll_status check_experiment(const ll_form *f, const ll_yaml_node *node, const ll_programme_experiment *e) {
    if (e->n_arms == 0) return LL_FORM_WRONG(f, node, "arms: expected at least one");
    LL_TRY(check_probes(f, node, e));
    for (int k = 0; k < e->n_quantities; k++) LL_TRY(check_table(f, node, e, e->quantity[k].table));
    for (int k = 0; k < e->n_panels; k++) {
        const ll_programme_panel *panel = &e->panel[k];
        int q = 0;
        LL_TRY(check_table(f, node, e, panel->table));
        LL_TRY(check_table(f, node, e, panel->behind));
        while (q < e->n_quantities && strcmp(e->quantity[q].name, panel->law) != 0) q++;
        if (*panel->law && q == e->n_quantities)
            return LL_FORM_WRONG(f, node, "law is '%.40s', expected a quantity of %s", panel->law, e->name);
    }
    return LL_OK;
}

static ll_status read_constitution(const ll_form *f, const ll_yaml_node *node, ll_programme_experiment *e) {
    const ll_yaml_node *map = ll_yaml_get(node, "constitution");
    if (!map) return LL_OK;
    if (!(e->constitution = calloc(1, sizeof *e->constitution))) return LL_FAIL(f->err, LL_ENOMEM, "out of memory");
    LL_TRY(ll_constitution_bind(e->constitution, map, f->where, f->err));
    if (!e->labels.n || ll_constitution_labels(e->constitution)) return LL_OK;
    return LL_FORM_WRONG(f, map, "labels: no judge of the constitution is learned");
}

static ll_status read_experiment(const ll_form *f, const ll_yaml_node *node, void *out) {
    ll_programme_experiment *e = out;
    const ll_form_items arms = { e->arm, sizeof *e->arm, LL_PROGRAMME_MOST, false, read_arm };
    e->quantity = calloc(LL_PROGRAMME_MOST, sizeof *e->quantity);
    e->panel = calloc(LL_PROGRAMME_MOST, sizeof *e->panel);
    if (!e->quantity || !e->panel) return LL_FAIL(f->err, LL_ENOMEM, "out of memory");
    const ll_form_items quantities = { e->quantity, sizeof *e->quantity, LL_PROGRAMME_MOST, true, read_quantity };
    const ll_form_items panels = { e->panel, sizeof *e->panel, LL_PROGRAMME_MOST, false, read_panel };
    const ll_yaml_node *figure = ll_yaml_get(node, "figure");
    LL_TRY(ll_form_bind(f, LL_FORM_TABLE(experiment_table), e, node, "arms quantities figure.panels constitution"));
    LL_TRY(read_constitution(f, node, e));
    LL_TRY(ll_form_list(f, node, "arms", &arms, &e->n_arms));
    LL_TRY(ll_form_list(f, node, "quantities", &quantities, &e->n_quantities));
    if (figure) LL_TRY(ll_form_list(f, figure, "panels", &panels, &e->n_panels));
    return check_experiment(f, node, e);
}

/* Every arm's spec is looked at now, not after an hour of training. */
static ll_status check_specs(const ll_programme *p, ll_error *err) {
    for (int i = 0; i < p->n_arms; i++) {
        ll_spec spec;
        LL_TRY(ll_programme_spec(p, &p->arm[i], &spec, err));
        if (*p->arm[i].theory.kind) continue; /* nothing is trained by it */
        if (!*spec.data.text && !*spec.data.shards && strcmp(spec.data.source, "none") == 0)
            strcpy(spec.data.text, "text");
        LL_TRY(ll_spec_check(&spec, p->where, err));
    }
    return LL_OK;
}

static ll_status read_programme(ll_programme *p, ll_error *err) {
    const ll_form f = { p->where, err, p };
    const ll_yaml_node *root = ll_yaml_root(p->doc);
    const ll_form_items experiments = { p->experiment, sizeof *p->experiment, LL_PROGRAMME_MOST, true,
                                        read_experiment };
    if (!root) return LL_FAIL(err, LL_EINPUT, "%s: empty, expected a programme", p->where);
    LL_TRY(ll_form_bind(&f, LL_FORM_TABLE(programme_table), p, root, "spec experiments"));
    if (!ll_yaml_get(root, "schema")) return LL_FORM_WRONG(&f, root, "schema: expected %s", LL_PROGRAMME_SCHEMA);
    LL_TRY(ll_form_name(&f, root, p->name));
    p->common = ll_yaml_get(root, "spec");
    LL_TRY(check_map(&f, p->common));
    LL_TRY(ll_form_list(&f, root, "experiments", &experiments, &p->n_experiments));
    if (p->n_experiments == 0) return LL_FORM_WRONG(&f, root, "experiments: expected at least one");
    return check_specs(p, err);
}

ll_status ll_programme_parse(ll_programme **out, const char *text, size_t size, const char *where, ll_error *err) {
    *out = NULL;
    ll_programme *p = calloc(1, sizeof *p);
    if (!p || !(p->where = strdup(where))) {
        free(p);
        return LL_FAIL(err, LL_ENOMEM, "out of memory");
    }
    ll_hash_of(text, size, p->hash);
    ll_status s = ll_yaml_parse(text, size, where, &p->doc, err);
    if (s == LL_OK) s = read_programme(p, err);
    if (s == LL_OK) *out = p;
    else ll_programme_free(p);
    return s;
}

ll_status ll_programme_read(ll_programme **out, const char *path, ll_error *err) {
    char *text;
    size_t size;
    *out = NULL;
    LL_TRY(ll_file_read(path, PROGRAMME_MAX_BYTES, &text, &size, err));
    const ll_status s = ll_programme_parse(out, text, size, path, err);
    free(text);
    return s;
}

void ll_programme_free(ll_programme *p) {
    if (!p) return;
    for (int i = 0; i < LL_PROGRAMME_MOST; i++) {
        free(p->experiment[i].quantity);
        free(p->experiment[i].panel);
        free(p->experiment[i].constitution);
    }
    ll_yaml_free(p->doc);
    free(p->where);
    free(p);
}

ll_status ll_programme_spec(const ll_programme *p, const ll_programme_arm *arm, ll_spec *spec, ll_error *err) {
    const ll_yaml_node *const layers[] = { p->common, arm->overrides };
    LL_TRY(ll_options_default(ll_spec_table, ll_spec_count, spec, err));
    strcpy(spec->forecast.hold_out, "none");
    for (int i = 0; i < 2; i++)
        if (layers[i]) LL_TRY(ll_options_yaml(ll_spec_table, ll_spec_count, spec, layers[i], p->where, NULL, err));
    snprintf(spec->name, sizeof spec->name, "%s", arm->name);
    return LL_OK;
}

int ll_programme_find(const ll_programme *p, const char *experiment) {
    for (int i = 0; i < p->n_experiments; i++)
        if (strcmp(p->experiment[i].name, experiment) == 0) return i;
    return -1;
}
