#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/words/nearest.h"
#include "cli/cli.h"
#include "law/paper.h"
#include "law/published.h"
#include "loglog/units.h"

typedef struct paper_args {
    double in[LL_IN_COUNT]; /* NaN: not given */
    bool json;
} paper_args;

static const ll_option options[] = {
#define INPUT(id, name, help) { name, LL_OPT_REAL, offsetof(paper_args, in[LL_IN_##id]), "0", help, .max = 1e60 },
    LL_PAPER_INPUTS(INPUT)
#undef INPUT
        { "json", LL_OPT_BOOL, offsetof(paper_args, json), "false", "one JSON document on standard output" },
};

enum { MAX_VALUES = 8 };

/* One answer: both kinds of published law come to this. */
typedef struct value {
    const char *name, *unit;
    double v;
} value;

typedef struct sheet {
    const char *id, *form, *source, *status, *note;
    char name[LL_LAW_MAX_PARAMS][24];
    double constant[LL_LAW_MAX_PARAMS];
    int n_constants, n_values;
    value values[MAX_VALUES];
} sheet;

static void add_value(sheet *s, const char *name, const char *unit, double v) {
    if (!isnan(v) && s->n_values < MAX_VALUES) s->values[s->n_values++] = (value) { name, unit, v };
}

/* The loss at a point; of a Chinchilla surface, given FLOPs alone, what they buy best. */
static void law_values(sheet *s, const ll_published *p, const double *in) {
    double x[LL_VAR_COUNT] = { in[LL_IN_PARAMS], in[LL_IN_TOKENS], in[LL_IN_FLOPS], NAN,
                               in[LL_IN_UNIQUE], in[LL_IN_STEPS] };
    if (strcmp(p->law->name, "chinchilla") == 0 && !isnan(x[LL_VAR_C]) && isnan(x[LL_VAR_N]) &&
        isnan(x[LL_VAR_D])) {
        const double *c = p->params;
        ll_frontier f = ll_chinchilla_frontier(c[1], c[2], c[3], c[4]);
        x[LL_VAR_N] = f.G * pow(x[LL_VAR_C] / 6, f.a);
        x[LL_VAR_D] = pow(x[LL_VAR_C] / 6, f.b) / f.G;
        add_value(s, "N_opt", "parameters", x[LL_VAR_N]);
        add_value(s, "D_opt", "tokens", x[LL_VAR_D]);
        add_value(s, "D_opt/N_opt", "", x[LL_VAR_D] / x[LL_VAR_N]);
    }
    add_value(s, "L", p->unit ? p->unit : "nats/token", ll_published_loss(p, x));
}

static void fill_law(sheet *s, const ll_published *p, const double *in) {
    s->id = p->id;
    s->form = p->law->form;
    s->source = p->source;
    s->status = p->status ? p->status : "checked";
    s->note = p->x;
    s->n_constants = p->law->n_params;
    for (int j = 0; j < s->n_constants; j++) {
        snprintf(s->name[j], sizeof s->name[j], "%s", p->law->params[j].name);
        s->constant[j] = p->params[j];
    }
    law_values(s, p, in);
}

static void fill_paper(sheet *s, const ll_paper *p, const double *in) {
    char names[256], *rest = names;
    s->id = p->id;
    s->form = p->form;
    s->source = p->source;
    s->status = p->status;
    s->note = p->note;
    snprintf(names, sizeof names, "%s", p->names);
    for (char *name; rest && *rest && s->n_constants < LL_PAPER_CONSTANTS; s->n_constants++) {
        name = rest;
        if ((rest = strchr(rest, ' '))) *rest++ = 0;
        snprintf(s->name[s->n_constants], sizeof s->name[0], "%.23s", name);
        s->constant[s->n_constants] = p->constant[s->n_constants];
    }
    for (int k = 0; k < LL_PAPER_OUTPUTS && p->out[k].name; k++)
        add_value(s, p->out[k].name, p->out[k].unit, p->out[k].value(p->constant, in));
}

static ll_json *sheet_json(const sheet *s) {
    ll_json *o = ll_json_object(), *constants = ll_json_group(o, "constants"), *values = ll_json_group(o, "values");
    ll_json_set_str(o, "schema", "loglog.paper/1");
    ll_json_set_str(o, "id", s->id);
    ll_json_set_str(o, "form", s->form);
    ll_json_set_str(o, "source", s->source);
    ll_json_set_str(o, "status", s->status);
    if (s->note) ll_json_set_str(o, "note", s->note);
    for (int j = 0; j < s->n_constants; j++) ll_json_set_num(constants, s->name[j], s->constant[j]);
    for (int k = 0; k < s->n_values; k++) ll_json_set_num(values, s->values[k].name, s->values[k].v);
    return o;
}

static void show(const sheet *s, bool is_law) {
    ll_say("%s: %s\n%s (%s)\n", s->id, s->form, s->source, s->status);
    if (s->note) ll_say("%s: %s\n", is_law ? "X" : "note", s->note);
    for (int j = 0; j < s->n_constants; j++) ll_say("  %-10s %.10g\n", s->name[j], s->constant[j]);
    for (int k = 0; k < s->n_values; k++)
        ll_say("%s = %.6g %s\n", s->values[k].name, s->values[k].v, s->values[k].unit);
}

/* One line, or on a terminal form and source below the id. */
static void print_id(const char *id, const char *form, const char *source) {
    const int width = ll_say_width(stdout), column = width < 100 ? 4 : 30;
    if (width == 0) {
        ll_say("%-29s %-50s %s\n", id, form, source);
        return;
    }
    if (column == 4) ll_say("%s\n    ", id);
    else ll_say("%-29s ", id);
    ll_say_wrapped(stdout, form, column, column);
    ll_say("%*s", column, "");
    ll_say_wrapped(stdout, source, column, column);
}

static int list(bool json) {
    ll_json *doc = ll_json_object(), *ids = ll_json_array();
    ll_json_set_str(doc, "schema", "loglog.papers/1");
    for (const ll_published *p = ll_published_laws; p->id; p++) {
        ll_json_push(ids, ll_json_str(p->id));
        if (!json) print_id(p->id, p->law->form, p->source);
    }
    for (const ll_paper *const *table = ll_papers; *table; table++)
        for (const ll_paper *p = *table; p->id; p++) {
            ll_json_push(ids, ll_json_str(p->id));
            if (!json) print_id(p->id, p->form, p->source);
        }
    ll_json_set(doc, "ids", ids);
    if (json) return ll_cli_json(doc);
    ll_json_free(doc);
    return LL_EXIT_DONE;
}

static int unknown(const char *id) {
    char hint[LL_NEAREST_HINT];
    ll_nearest near = { .word = id };
    for (const ll_published *p = ll_published_laws; p->id; p++) ll_nearest_try(&near, p->id);
    for (const ll_paper *const *table = ll_papers; *table; table++)
        for (const ll_paper *p = *table; p->id; p++) ll_nearest_try(&near, p->id);
    return ll_cli_usage("paper: no id '%s'%s 'loglog paper' lists them", id,
                        *near.best ? ll_nearest_hint(&near, hint) : ";");
}

static int run(const ll_verb *verb, int argc, char **argv) {
    paper_args a;
    ll_words words;
    sheet s = { 0 };
    int code = ll_cli_parse(verb, &a, &words, argc, argv);
    if (code >= 0) return code;
    if (words.n > 1) return ll_cli_usage("paper: one id at a time, here are %d words", words.n);
    if (words.n == 0) return list(a.json);
    ll_paper_blank(a.in); /* no default is a value: 0 may be one */
    code = ll_cli_flags(verb, &a, &words, argc, argv);
    if (code >= 0) return code;
    const ll_published *law = ll_published_find(words.at[0]);
    const ll_paper *paper = ll_paper_find(words.at[0]);
    if (!law && !paper) return unknown(words.at[0]);
    if (law) fill_law(&s, law, a.in);
    else fill_paper(&s, paper, a.in);
    if (a.json) return ll_cli_json(sheet_json(&s));
    show(&s, law != NULL);
    return LL_EXIT_DONE;
}

const ll_verb ll_verb_paper = {
    "paper",
    "a published law: its constants, where they come from, its value at a point",
    "usage: loglog paper [ID] [--params N --tokens D --flops C ...]\n\n"
    "Without an id lists them all. FLOPs are FLOPs throughout, also where a paper counts PF-days.\n\n"
    "  loglog paper hoffmann2022 --flops 5.76e23\n"
    "  loglog paper kaplan2020 --params 1e9 --tokens 22.9e9\n",
    options,
    sizeof options / sizeof *options,
    run,
};
