#include <stdio.h>
#include <string.h>

#include "base/words/nearest.h"
#include "cli/cli.h"
#include "cli/probe/probe_named.h"

typedef struct list_args {
    bool json;
} list_args;

static const ll_option options[] = {
    { "json", LL_OPT_BOOL, offsetof(list_args, json), "false", "one JSON document on standard output" },
};

static const struct read {
    int bit;
    const char *name;
} reads[] = {
    { LL_PROBE_WINDOWS, "windows" },
    { LL_PROBE_ITEMS, "items" },
    { LL_PROBE_SHOTS, "shots" },
    { LL_PROBE_SAMPLES, "samples" },
    { LL_PROBE_TEMPERATURE, "temperature" },
    { LL_PROBE_SEED, "seed" },
    { LL_PROBE_DATA, "data" },
};
enum { READS = sizeof reads / sizeof *reads };

static const char *needs(const ll_probe_kind *p) {
    return p->needs_model ? "weights and the text that validated them" : "any model that reads text";
}

const ll_probe_kind *ll_cli_probe_named(const char *verb, const char *word, ll_error *err) {
    const ll_probe_kind *found = ll_probe_find(word);
    ll_nearest near = { .word = word };
    char hint[LL_NEAREST_HINT];
    for (const ll_probe_kind *const *p = ll_probes; *p; p++) ll_nearest_try(&near, (*p)->name);
    if (!found)
        LL_FAIL(err, LL_EINPUT, "%s: no probe '%.40s'%s 'loglog probe list' lists them", verb, word,
                *near.best ? ll_nearest_hint(&near, hint) : ";");
    return found;
}

/* ---- as JSON ---- */

static ll_json *probe_json(const ll_probe_kind *p) {
    ll_json *o = ll_json_object(), *said = ll_json_array();
    ll_json_set_str(o, "name", p->name);
    ll_json_set_str(o, "question", p->question);
    ll_json_set_str(o, "metric", p->metric);
    ll_json_set_str(o, "unit", p->unit);
    ll_json_set_str(o, "source", p->source);
    ll_json_set_str(o, "details", p->details ? p->details : "");
    for (int i = 0; i < READS; i++)
        if (p->reads & reads[i].bit) ll_json_push(said, ll_json_str(reads[i].name));
    ll_json_set(o, "reads", said);
    ll_json_set_bool(o, "needs_model", p->needs_model);
    return o;
}

static int answer_json(const ll_probe_kind *const *probes, int n) {
    ll_json *doc = ll_json_object(), *all = ll_json_array();
    ll_json_set_str(doc, "schema", "loglog.probes/1");
    for (int i = 0; i < n; i++) ll_json_push(all, probe_json(probes[i]));
    ll_json_set(doc, "probes", all);
    return ll_cli_json(doc);
}

/* ---- as text ---- */

static void say_field(const char *name, const char *text) {
    ll_say("  %-9s ", name);
    ll_say_flush();
    ll_say_wrapped(stdout, text, 12, 12);
}

static void flags_of(const ll_probe_kind *p, char out[128]) {
    int n = 0;
    *out = 0;
    for (int i = 0; i < READS; i++)
        if (p->reads & reads[i].bit)
            n += snprintf(out + n, (size_t)(128 - n), "%s--%s", n ? " " : "", reads[i].name);
}

static void show(const ll_probe_kind *p) {
    char flags[128], example[256];
    flags_of(p, flags);
    snprintf(example, sizeof example, "loglog probe run %s --store loglog-demo/loglog.db%s", p->name,
             p->reads & LL_PROBE_DATA ? " --data PATH" : "");
    ll_say("%s\n", p->name);
    say_field("asks", p->question);
    if (p->details) say_field("how", p->details);
    say_field("metrics", p->metric);
    say_field("unit", p->unit);
    say_field("source", p->source);
    say_field("reads", *flags ? flags : "no option");
    say_field("needs", needs(p));
    say_field("example", example);
}

static int run_show(const ll_verb *verb, int argc, char **argv) {
    list_args a;
    ll_words words;
    ll_error err = { 0 };
    int code = ll_cli_parse(verb, &a, &words, argc, argv);
    if (code >= 0) return code;
    if (words.n != 1) return ll_cli_usage("probe show: expected the name of one probe, here are %d words", words.n);
    const ll_probe_kind *probe = ll_cli_probe_named("probe show", words.at[0], &err);
    if (!probe) return ll_cli_fail(&err);
    if (a.json) return answer_json(&probe, 1);
    show(probe);
    return ll_cli_flush();
}

static int run_list(const ll_verb *verb, int argc, char **argv) {
    list_args a;
    ll_words words;
    int n = 0;
    int code = ll_cli_parse(verb, &a, &words, argc, argv);
    if (code >= 0) return code;
    if (words.n) return ll_cli_usage("probe list: unexpected word '%.80s'", words.at[0]);
    while (ll_probes[n]) n++;
    if (a.json) return answer_json(ll_probes, n);
    for (int i = 0; i < n; i++) {
        const ll_probe_kind *p = ll_probes[i];
        char flags[128], line[256];
        flags_of(p, flags);
        snprintf(line, sizeof line, "%s; %s; %s%sneeds %s", p->unit, p->source, flags, *flags ? "; " : "",
                 needs(p));
        ll_say("%-12s ", p->name);
        ll_say_flush();
        ll_say_wrapped(stdout, p->question, 13, 13);
        ll_say("%13s", "");
        ll_say_flush();
        ll_say_wrapped(stdout, line, 13, 13);
    }
    return ll_cli_flush();
}

const ll_verb ll_verb_probe_list = {
    "probe list",
    "list what a trained model can be asked",
    "usage: loglog probe list [--json]\n\nexample: loglog probe list\n",
    options,
    sizeof options / sizeof *options,
    run_list,
};

const ll_verb ll_verb_probe_show = {
    "probe show",
    "say what a probe measures and how",
    "usage: loglog probe show PROBE [--json]\n\nexample: loglog probe show position\n",
    options,
    sizeof options / sizeof *options,
    run_show,
};
