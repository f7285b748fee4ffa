#include <stdio.h>

#include "cli/cli.h"
#include "cli/law/procedures.h"
#include "fit/io/fit_json.h"

typedef struct laws_args {
    bool json;
} laws_args;

static const ll_option options[] = {
    { "json", LL_OPT_BOOL, offsetof(laws_args, json), "false", "one JSON document on standard output" },
};

/* "params tokens" */
static const char *variables(const ll_law *law, char *buf, size_t size) {
    size_t used = 0;
    buf[0] = 0;
    for (int v = 0; v < LL_VAR_COUNT; v++)
        if (law->vars >> v & 1 && used < size)
            used += (size_t)snprintf(buf + used, size - used, "%s%s", used ? " " : "",
                                     v == LL_VAR_X ? "--x" : ll_var_name((ll_var)v));
    return buf;
}

static ll_json *law_json(const ll_law *law) {
    ll_json *o = ll_json_object(), *params = ll_json_array(), *vars = ll_json_array();
    ll_json_set_str(o, "name", law->name);
    ll_json_set_str(o, "form", law->form);
    for (int v = 0; v < LL_VAR_COUNT; v++)
        if (law->vars >> v & 1) ll_json_push(vars, ll_json_str(ll_var_name((ll_var)v)));
    ll_json_set(o, "variables", vars);
    for (int j = 0; j < law->n_params; j++) {
        ll_json *p = ll_json_object();
        ll_json_set_str(p, "name", law->params[j].name);
        ll_json_set_str(p, "unit", law->params[j].unit);
        ll_json_set(p, "bounds", ll_json_nums((double[]) { law->params[j].lo, law->params[j].hi }, 2));
        ll_json_set_bool(p, "log", law->params[j].log);
        ll_json_push(params, p);
    }
    ll_json_set(o, "params", params);
    ll_json_set_bool(o, "additive", law->n_terms > 0);
    ll_json_set_str(o, "source", law->source);
    return o;
}

static int answer_json(void) {
    ll_json *doc = ll_json_object(), *list = ll_json_array();
    ll_json_set_str(doc, "schema", "loglog.laws/1");
    for (const ll_law *const *l = ll_laws; *l; l++) ll_json_push(list, law_json(*l));
    ll_json_set(doc, "laws", list);
    return ll_cli_json(doc);
}

/* Form and source stand beside the name, or below it where the terminal is narrow. */
static void print_law(const char *name, const char *needs, const char *form, const char *source) {
    const int width = ll_say_width(stdout), column = width > 0 && width < 110 ? 4 : 41;
    ll_say("%-17s %-22s", name, needs);
    if (column == 4) ll_say("\n%*s", column, "");
    else ll_say(" ");
    ll_say_wrapped(stdout, form, column, column);
    ll_say("%*s", column, "");
    ll_say_wrapped(stdout, source, column, column);
}

static int run(const ll_verb *verb, int argc, char **argv) {
    laws_args a;
    ll_words words;
    char text[64];
    int code = ll_cli_parse(verb, &a, &words, argc, argv);
    if (code >= 0) return code;
    if (words.n) return ll_cli_usage("laws: takes no words, here is '%s'", words.at[0]);
    if (a.json) return answer_json();
    for (const ll_law *const *l = ll_laws; *l; l++)
        print_law((*l)->name, variables(*l, text, sizeof text), (*l)->form, (*l)->source);
    for (const ll_procedure *p = ll_procedures; p->name; p++)
        print_law(p->name, p->reads ? p->reads : "params tokens flops", p->form, p->source);
    return LL_EXIT_DONE;
}

const ll_verb ll_verb_laws = {
    "laws",
    "list the laws that can be fitted",
    "usage: loglog laws [--json]\n\n"
    "Each is a --law of 'loglog fit'; --x names the variable of a law of one.\n\n"
    "  loglog laws\n",
    options,
    sizeof options / sizeof *options,
    run,
};
