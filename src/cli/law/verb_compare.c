#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/ability/ability_verbs.h"
#include "cli/cli.h"
#include "cli/input.h"
#include "cli/show/show_compare.h"
#include "cli/show/show_compare_isoflop.h"
#include "fit/io/compare_json.h"
#include "fit/io/fit_json.h"
#include "fit/io/procedure_json.h"
#include "loglog/units.h"
#include "report/figures/figures_gain.h"

typedef struct compare_args {
    ll_input input;
    char by[LL_OPTION_TEXT], out[LL_OPTION_TEXT];
    double gain, power, alarm, sudden;
    bool json;
} compare_args;

#define AT(field) offsetof(compare_args, field)
static const ll_option options[] = {
    { "by", LL_OPT_TEXT, AT(by), "",
      "column that parts one table in two, or COLUMN=BASELINE,OTHER where it has more values" },
    { "metrics", LL_OPT_TEXT, LL_INPUT_AT(compare_args, measures), "",
      "instead of two sides, the metrics of one ability, A,B: where each rises, and is it sharp or smooth?" },
    { "sudden", LL_OPT_REAL, AT(sudden), "0",
      "of --metrics: a smooth law rises over so large a factor of scale at least; 0: 10 in params and tokens, 100 "
      "in "
      "flops, 1.2 in loss",
      .max = 1e12 },
    LL_INPUT_LAW(compare_args),
    { "gain", LL_OPT_REAL, AT(gain), "1", "per cent of the loss: how many runs would settle a gain of it",
      .min_open = true, .max = 100 },
    { "power", LL_OPT_REAL, AT(power), "0.8", "probability that such a gain is then seen", .min_open = true,
      .max = 0.9999 },
    { "alarm", LL_OPT_REAL, AT(alarm), "0.05", "how often a difference may be called where there is none",
      .min_open = true, .max = 0.5 },
    { "out", LL_OPT_TEXT, AT(out), "",
      "the gain against scale, or the metrics, as a figure: a file .svg, .png or .pdf" },
    LL_INPUT_FIT(compare_args),
    LL_INPUT_RUNS(compare_args),
    { "json", LL_OPT_BOOL, AT(json), "false", "one JSON document on standard output" },
};
#undef AT

/* ---- the two sides ---- */

typedef struct side {
    char name[LL_OPTION_TEXT];
    ll_study study; /* read, not fitted: both are fitted together */
} side;

/* What isoFLOP budgets are made of; a law knows its variables itself. */
static unsigned also_of(const ll_law *law) {
    return law ? 0 : 1u << LL_VAR_N | 1u << LL_VAR_D | 1u << LL_VAR_C;
}

static ll_status side_read(side *s, const compare_args *a, const ll_law *law, const char *path, ll_error *err) {
    return ll_input_read(&a->input, law, path, also_of(law), &s->study, err);
}

/* A word as it stands in a filter: a number bare, all else in quotes. False where it holds both kinds of quotes. */
static bool put_word(char *out, size_t size, const char *word) {
    double v;
    const bool bare = ll_units_parse(word, &v) && !strpbrk(word, " \t\r\n=!<>'\"");
    const char *quote = bare ? "" : !strchr(word, '\'') ? "'" : "\"";
    snprintf(out, size, "%s%s%s", quote, word, quote);
    return bare || !strchr(word, *quote);
}

/* The rows of one table where column is value. */
static ll_status side_part(side *s, const compare_args *a, const ll_law *law, const char *path, const char *column,
                           const char *value, ll_error *err) {
    compare_args part = *a;
    char is[LL_OPTION_TEXT + 2], of[LL_OPTION_TEXT + 2];
    const bool fits = put_word(of, sizeof of, column);
    if (!put_word(is, sizeof is, value) || !fits)
        return LL_FAIL(err, LL_EINPUT, "--by: '%.60s' holds both kinds of quotes", fits ? value : column);
    int n = snprintf(part.input.where, sizeof part.input.where, "%s%s%s = %s", a->input.where,
                     *a->input.where ? " and " : "", of, is);
    if (n >= (int)sizeof part.input.where) return LL_FAIL(err, LL_EINPUT, "--where and --by are too long together");
    snprintf(s->name, sizeof s->name, "%.200s", value);
    LL_TRY(side_read(s, &part, law, path, err));
    if (s->study.data.n > 0) return LL_OK;
    return LL_FAIL(err, LL_EINPUT, "%s: no row has %.80s = '%.80s'", s->study.source, column, value);
}

/* ---- --by ---- */

typedef struct parting {
    char column[LL_OPTION_TEXT], value[2][LL_OPTION_TEXT];
} parting;

static bool known(char *const *text, int64_t before, const char *value) {
    for (int64_t i = 0; i < before; i++)
        if (strcmp(text[i] ? text[i] : "", value) == 0) return true;
    return false;
}

/* The two values that the column has; of more the first few are named. */
static ll_status two_values(parting *p, const ll_table *t, const char *source, ll_error *err) {
    int64_t found = 0;
    char list[256] = "", *const *text = t->text[LL_COL_FAMILY];
    for (int64_t i = 0; text && i < t->rows; i++) {
        const char *value = text[i] ? text[i] : "";
        size_t used = strlen(list);
        if (known(text, i, value)) continue;
        if (found < 2) snprintf(p->value[found], sizeof p->value[found], "%s", value);
        if (found < 8) snprintf(list + used, sizeof list - used, "%s%.60s", used ? ", " : "", value);
        found++;
    }
    if (found == 2) return LL_OK;
    return LL_FAIL(err, LL_EINPUT, "%s: --by %.60s: %lld values (%s%s), expected two: --by %.60s=BASELINE,OTHER",
                   source, p->column, (long long)found, list, found > 8 ? ", ..." : "", p->column);
}

static ll_status find_values(parting *p, const compare_args *a, const ll_law *law, const char *path,
                             ll_error *err) {
    compare_args as_family = *a;
    ll_study s;
    char *col = as_family.input.col;
    size_t used = strlen(col);
    const size_t room = sizeof as_family.input.col - used;
    if (path && snprintf(col + used, room, "%sfamily=%s", used ? "," : "", p->column) >= (int)room)
        return LL_FAIL(err, LL_EINPUT, "--col and --by are too long together");
    if (!path && strcmp(p->column, "family") != 0)
        return LL_FAIL(err, LL_EINPUT, "--by %.60s: of a store name the values: --by %.60s=BASELINE,OTHER",
                       p->column, p->column);
    LL_TRY(ll_input_read(&as_family.input, law, path, also_of(law), &s, err));
    const ll_status status = two_values(p, &s.observed.table, s.source, err);
    ll_study_clear(&s);
    return status;
}

static ll_status parse_by(parting *p, const compare_args *a, const ll_law *law, const char *path, ll_error *err) {
    snprintf(p->column, sizeof p->column, "%s", a->by);
    char *equal = strchr(p->column, '='), *comma = equal ? strchr(equal, ',') : NULL;
    if (!equal) return find_values(p, a, law, path, err);
    if (!comma || strchr(comma + 1, ','))
        return LL_FAIL(err, LL_EINPUT, "--by is '%.80s', expected COLUMN or COLUMN=BASELINE,OTHER", a->by);
    *equal = *comma = 0;
    snprintf(p->value[0], sizeof p->value[0], "%s", equal + 1);
    snprintf(p->value[1], sizeof p->value[1], "%s", comma + 1);
    return LL_OK;
}

/* ---- the work ---- */

static ll_status read_sides(side s[2], const compare_args *a, const ll_law *law, const ll_words *words,
                            ll_error *err) {
    parting p;
    const char *path = words->n ? words->at[0] : NULL;
    if (*a->by) LL_TRY(parse_by(&p, a, law, path, err));
    for (int g = 0; g < 2; g++) {
        if (*a->by) LL_TRY(side_part(&s[g], a, law, path, p.column, p.value[g], err));
        else LL_TRY(side_read(&s[g], a, law, words->at[g], err));
        if (!*a->by) snprintf(s[g].name, sizeof s[g].name, "%s", words->at[g]);
    }
    const ll_study *one = &s[0].study, *two = &s[1].study;
    if (strcmp(one->loss_unit, two->loss_unit) != 0)
        return LL_FAIL(err, LL_EINPUT, "losses of %.200s are in %s, of %.200s in %s: expected one unit", s[0].name,
                       one->loss_unit, s[1].name, two->loss_unit);
    if (strcmp(one->columns.params_are, two->columns.params_are) != 0)
        return LL_FAIL(err, LL_EINPUT, "N of %.200s is %s, of %.200s %s: expected one count; --col chooses",
                       s[0].name, one->columns.params_are, s[1].name, two->columns.params_are);
    return LL_OK;
}

static ll_status compare(ll_comparison *c, const side s[2], const compare_args *a, const ll_law *law,
                         ll_error *err) {
    static const char *const along[] = { "N", "D", "C" };
    ll_compare_opts opts = { .alarm = a->alarm, .name = { s[0].name, s[1].name } };
    ll_error no_gain = { 0 };
    *c = (ll_comparison) { .name = { s[0].name, s[1].name }, .unit = s[0].study.loss_unit };
    c->along = along[law->vars >> LL_VAR_X & 1 ? ll_input_along(&a->input) : LL_VAR_C];
    opts.fit = s[0].study.opts;
    LL_TRY(ll_compare_run(&c->compare, law, &s[0].study.data, &s[1].study.data, &opts, err));
    if (ll_gain_make(&c->gain, &c->compare, &no_gain) != LL_OK) memcpy(c->no_gain, no_gain.msg, sizeof c->no_gain);
    c->settle = ll_settle_make(&c->compare, *c->no_gain ? NULL : &c->gain, a->gain / 100, a->power);
    return LL_OK;
}

static ll_status draw(const ll_comparison *c, const compare_args *a, ll_error *err) {
    static const char *const units[] = { "parameters", "tokens", "FLOPs" };
    ll_figure *f;
    const char *dot = strrchr(a->out, '.');
    if (!dot || !ll_figure_format_named(dot + 1))
        return LL_FAIL(err, LL_EINPUT, "--out is '%.200s', expected a name in .svg, .png or .pdf", a->out);
    if (*c->no_gain) return LL_FAIL(err, LL_EINPUT, "--out: no gain to draw: %s", c->no_gain);
    const char *unit = units[*c->along == 'N' ? 0 : *c->along == 'D' ? 1 : 2];
    LL_TRY(ll_figure_gain(&f, &c->gain, c->name, c->gain.compute ? "C = 6ND" : c->along, unit, err));
    return ll_figure_save(f, a->out, err);
}

static ll_json *side_json(const ll_comparison *c, const side *s, int g) {
    ll_json *o = ll_json_object();
    ll_fit_context context = { .convention = ll_study_convention(&s->study),
                               .dropped = ll_study_left_out(&s->study) };
    ll_json_set_str(o, "name", c->name[g]);
    ll_json_set(o, "fit", ll_fit_json(&c->compare.fit[g], &context));
    return o;
}

static ll_json *document(const ll_comparison *c, const side s[2]) {
    char text[256];
    ll_json *o = ll_json_object();
    ll_json_set_str(o, "schema", "loglog.compare/1");
    ll_json_set_str(o, "law", c->compare.law->name);
    ll_json_set_str(o, "form", c->compare.law->form);
    ll_json_set(o, "baseline", side_json(c, &s[0], 0));
    ll_json_set(o, "other", side_json(c, &s[1], 1));
    ll_json_set_str(o, "verdict", ll_comparison_answer(c, text, sizeof text));
    ll_compare_json(&c->compare, o);
    ll_json_set_str(o, "along", c->along);
    if (*c->no_gain) ll_json_set_str(o, "no_gain", c->no_gain);
    else ll_json_set(o, "scales", ll_gain_json(&c->gain, c->compare.opts.fit.level));
    ll_json_set(o, "settle", ll_settle_json(&c->settle));
    return o;
}

static int answer(const ll_comparison *c, const side s[2], const compare_args *a) {
    ll_error err = { 0 };
    if (*a->out && draw(c, a, &err) != LL_OK) return ll_cli_fail(&err);
    if (a->json) return ll_cli_json(document(c, s));
    ll_show_comparison(c);
    return LL_EXIT_DONE;
}

/* ---- isoflop: no law, so no part of one ---- */

static ll_isoflop_data budgets_of(const ll_study *s) {
    return (ll_isoflop_data) { .n = s->data.n,
                               .params = s->data.x[LL_VAR_N],
                               .tokens = s->data.x[LL_VAR_D],
                               .flops = s->data.x[LL_VAR_C],
                               .loss = s->data.loss,
                               .weight = s->data.weight,
                               .cluster = s->data.cluster };
}

static ll_json *isoflop_document(const ll_isoflop_compare *c, const side s[2]) {
    static const char *const parts[] = { "baseline", "other" };
    char text[256];
    ll_json *doc = ll_json_object();
    ll_json_set_str(doc, "schema", "loglog.compare/1");
    ll_json_set_str(doc, "law", "isoflop");
    for (int g = 0; g < 2; g++) {
        const ll_fit_context context = { .convention = ll_study_convention(&s[g].study),
                                         .dropped = ll_study_left_out(&s[g].study) };
        ll_json *o = ll_json_group(doc, parts[g]);
        ll_json_set_str(o, "name", s[g].name);
        ll_json_set(o, "fit", ll_isoflop_json(&c->fit[g], &context));
    }
    ll_json_set_str(doc, "verdict", ll_isoflop_compare_answer(c, text, sizeof text));
    ll_isoflop_compare_json(c, doc);
    return doc;
}

static ll_status check_isoflop(const compare_args *a, ll_error *err) {
    const char *flag = *a->out                 ? "--out"
                       : ll_cli_given("gain")  ? "--gain"
                       : ll_cli_given("power") ? "--power"
                                               : NULL;
    if (!flag) return LL_OK;
    return LL_FAIL(err, LL_EINPUT, "%s is of a gain in loss, which a law gives: --law isoflop has none", flag);
}

static ll_status compare_isoflop(const side s[2], const compare_args *a, int *code, ll_error *err) {
    const ll_isoflop_data data[2] = { budgets_of(&s[0].study), budgets_of(&s[1].study) };
    const char *const name[2] = { s[0].name, s[1].name };
    const ll_compare_opts opts = { .fit = s[0].study.opts, .alarm = a->alarm, .name = { name[0], name[1] } };
    ll_isoflop_compare c;
    LL_TRY(ll_isoflop_compare_run(&c, &data[0], &data[1], &opts, err));
    *code = LL_EXIT_DONE;
    if (a->json) *code = ll_cli_json(isoflop_document(&c, s));
    else ll_show_isoflop_compare(&c, name, s[0].study.loss_unit);
    ll_isoflop_compare_clear(&c);
    return LL_OK;
}

static ll_status compare_laws(const side s[2], const compare_args *a, const ll_law *law, int *code, ll_error *err) {
    ll_comparison c;
    LL_TRY(compare(&c, s, a, law, err));
    *code = answer(&c, s, a);
    ll_compare_clear(&c.compare);
    return LL_OK;
}

/* ---- one ability's metrics ---- */

static int metrics(const compare_args *a, const ll_words *words) {
    static const char *const of_sides[] = { "by", "law", "gain", "power" };
    for (size_t k = 0; k < sizeof of_sides / sizeof *of_sides; k++)
        if (ll_cli_given(of_sides[k]))
            return ll_cli_usage("compare: --%s is of two sides, and --metrics asks about one ability", of_sides[k]);
    if (words->n > 1) return ll_cli_usage("compare: --metrics are of one table, here are %d words", words->n);
    const ll_metrics_ask ask = { .sudden = a->sudden, .alarm = a->alarm, .out = a->out, .json = a->json };
    return ll_compare_metrics(&a->input, &ask, words->n ? words->at[0] : NULL);
}

/* ---- the verb ---- */

static int run(const ll_verb *verb, int argc, char **argv) {
    compare_args a = { 0 };
    ll_words words;
    ll_error err = { 0 };
    side s[2] = { 0 };
    int code = ll_cli_parse(verb, &a, &words, argc, argv);
    if (code >= 0) return code;
    if (*a.input.measures) return metrics(&a, &words);
    if (*a.by ? words.n > 1 : words.n != 2)
        return ll_cli_usage("compare: expected %s, got %d",
                            *a.by ? "one table to part by --by" : "two tables, or one and --by COLUMN", words.n);
    const bool isoflop = strcmp(a.input.law, "isoflop") == 0;
    const ll_law *law = isoflop ? NULL : ll_input_law(&a.input, &err);
    ll_status status = isoflop ? check_isoflop(&a, &err) : law ? LL_OK : err.code;
    if (status == LL_OK) status = read_sides(s, &a, law, &words, &err);
    if (status == LL_OK && isoflop) status = compare_isoflop(s, &a, &code, &err);
    else if (status == LL_OK) status = compare_laws(s, &a, law, &code, &err);
    if (status != LL_OK) code = ll_cli_fail(&err);
    for (int g = 0; g < 2; g++) ll_study_clear(&s[g].study);
    return code;
}

const ll_verb ll_verb_compare = {
    "compare",
    "two families, recipes or data sets: what differs, and what it is worth; or an ability's metrics: sharp or "
    "smooth",
    "usage: loglog compare BASELINE.csv OTHER.csv [options]\n"
    "       loglog compare [RUNS.csv] --by COLUMN[=BASELINE,OTHER] [options]\n"
    "       loglog compare [RUNS.csv] --metrics A,B [--x params|tokens|flops|loss] [options]\n\n"
    "Fits one law to both and asks whether the floor, the offset or the exponent moved; then what the baseline\n"
    "would need for the other's loss, as a function of scale, with intervals; then how many runs would settle a\n"
    "gain of --gain per cent. --law isoflop asks instead whether the exponent a of N_opt = G (C/6)^a differs.\n\n"
    "--metrics asks about one ability: over which range of scale each metric takes its rise, from a tenth to nine\n"
    "tenths; whether a break is preferred to a smooth law, with the rates at which that test is wrong; and "
    "whether\n"
    "one metric is another to the power L, as an answer of L tokens is. The ability is sharp where a break is\n"
    "preferred and no smooth metric explains it.\n\n"
    "  loglog compare adamw.csv muon.csv --out gain.svg\n"
    "  loglog compare one.csv two.csv --law isoflop\n"
    "  loglog compare runs.csv --by dataset=c4,redpajama --gain 0.5 --json\n"
    "  loglog compare runs.csv --metrics arithmetic.exact,arithmetic.logprob --out sharp.svg\n",
    options,
    sizeof options / sizeof *options,
    run,
};
