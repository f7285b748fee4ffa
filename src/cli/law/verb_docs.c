#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/law/procedures.h"
#include "decide/gate/facts.h"
#include "decide/gate/waiver.h"
#include "decide/when/timeline.h"
#include "sweep/constitution/constitution.h"
#include "sweep/design/spec.h"
#include "sweep/programme/programme_file.h"

/* The pages of docs/ that are made of the program's own tables; .ci/check-docs holds the pages against this. */

/* ---- keys ---- */

static const char *type_words(const ll_option *o) {
    static const char *const words[] = {
        [LL_OPT_INT] = "whole number",     [LL_OPT_REAL] = "number",       [LL_OPT_BOOL] = "true or false",
        [LL_OPT_TEXTS] = "list of texts",  [LL_OPT_TEXT] = "text",         [LL_OPT_NAME] = "word",
        [LL_OPT_LIST] = "list of numbers", [LL_OPT_DURATION] = "duration", [LL_OPT_BYTES] = "bytes",
        [LL_OPT_MONEY] = "dollars",
    };
    return words[o->type];
}

static void say_number(double v) {
    if (isinf(v)) ll_say(v > 0 ? "inf" : "-inf");
    else ll_say(v == floor(v) && fabs(v) < 1e7 ? "%.0f" : "%g", v);
}

/* "number, above 0, at most 100"; "one of fp32, bf16" */
static void say_values(const ll_option *o) {
    if (o->names) {
        const char *word = o->names;
        ll_say(strchr(o->names, ' ') ? "one of " : "");
        while (*word) {
            const int n = (int)strcspn(word, " ");
            ll_say("`%.*s`", n, word);
            word += n + strspn(word + n, " ");
            if (*word) ll_say(", ");
        }
        return;
    }
    ll_say("%s", type_words(o));
    if (o->min == 0 && o->max == 0 && !o->min_open) return;
    ll_say(o->min_open ? ", above " : ", at least ");
    say_number(o->min);
    if (o->max == 0) return;
    ll_say(", at most ");
    say_number(o->max);
}

/* A cell of a table in Markdown. */
static void say_cell(const char *text) {
    for (int n; *text; text += n + (text[n] == '|')) {
        n = (int)strcspn(text, "|");
        ll_say(text[n] ? "%.*s\\|" : "%.*s", n, text);
    }
}

static void say_row(const char *key, const ll_option *o) {
    ll_say("| `%s` | ", key);
    if (*o->preset) ll_say("`%s`", o->preset);
    ll_say(" | ");
    say_values(o);
    ll_say(" | ");
    say_cell(o->help);
    ll_say(" |\n");
}

static void say_head(void) {
    ll_say("| key | default | value | meaning |\n|---|---|---|---|\n");
}

static void say_table(const ll_option *rows, int n) {
    say_head();
    for (int i = 0; i < n; i++) say_row(rows[i].key, &rows[i]);
    ll_say("\n");
}

/* The tables of a form, one below the other. */
static void say_form(const ll_option_form *form) {
    for (; form->rows; form++) {
        if (*form->at) ll_say("In each item of `%.*s`:\n\n", (int)strlen(form->at) - 2, form->at);
        say_table(form->rows, form->n);
    }
}

static void say_made(const char *page) {
    ll_say("<!-- Made by 'loglog docs %s' from the program's own tables. Do not edit. -->\n\n", page);
}

/* ---- the pages ---- */

static size_t group_of(const char *key) {
    const char *dot = strchr(key, '.');
    return dot ? (size_t)(dot - key) : 0;
}

static void page_spec(void) {
    const char *group = "";
    ll_say("# The run spec, `" LL_SPEC_SCHEMA "`\n\n");
    say_made("spec");
    ll_say(
        "A spec is a YAML file that says what a ladder is. `loglog run SPEC.yaml` trains it, and `--dry-run` "
        "prints\n"
        "every key resolved. A short file is complete: every key has a default. A key with a dot is a group and "
        "a name,\n"
        "`train: {lr: 0.01}`. Every key is a flag of `loglog run` too, which goes over the file: `--train.lr "
        "0.01`.\n"
        "Numbers may be written as `1e9`, `70B`, `300k`, durations as `90s` or `36h`, bytes as `512M`.\n"
        "A list of numbers may be a range, `{from: 1e6, to: 1e9, n: 7}`, in equal factors, or with `log: false` in "
        "equal\nsteps; a list has at most 1024.\n\n"
        "A file names one of `data.text`, `data.shards` and `data.source`, or an `engine.command` "
        "([trainers.md](trainers.md)).\n"
        "The hash of the resolved form and of the data is the ladder's id; how a ladder is worked on does not "
        "count in it:\n"
        "`engine.workers`, `memory`, `stall`, `timeout`, `grace` and `retries`. `examples` has specs with "
        "comments.\n\n## The file\n\n");
    say_head();
    for (int i = 0; i < ll_spec_count; i++) {
        const char *key = ll_spec_table[i].key;
        const size_t n = group_of(key);
        if (n && (strncmp(group, key, n) != 0 || group[n] != '.')) {
            ll_say("\n## %.*s\n\n", (int)n, key);
            say_head();
            group = key;
        }
        say_row(key, &ll_spec_table[i]);
    }
}

static void page_policy(void) {
    ll_say("# Policies, evidence and waivers\n\n");
    say_made("policy");
    ll_say("A policy says what training must not pass unseen. `loglog gate check POLICY.yaml` holds it against "
           "evidence, and\n"
           "`loglog run --policy` asks it before, while and after each run trains. The answer is pass (exit code "
           "0), fail\n"
           "(3) or investigate (4). `examples/policies` has policies and one file of evidence, with "
           "comments.\n\n"
           "## The policy, `" LL_POLICY_SCHEMA "`\n\n"
           "A level is reached when one of its lines is: a quantity at or above `at_least`, or below `below`. One "
           "of the two\n"
           "is given. Then everything that the level requires must be in place, and a level that requires nothing "
           "cannot\n"
           "be passed but by a waiver. `of` must be given. A file has at most 16 levels, and a level at most 16 "
           "lines and 16 "
           "measures. A score is called by its probe and metric; with `-x4` behind it, what the runs of the ladder "
           "up to\n"
           "this one foretell of it at four times the compute is held against the line "
           "(`examples/policies/safety.yaml`).\n\n");
    say_form(ll_policy_form);
    ll_say(
        "## Evidence, `loglog.evidence/1`\n\n"
        "What is known of one model, as YAML or JSON; flags of `gate check` go over it. A quantity is a number "
        "that was\n"
        "counted, or an interval: `[value, low, high]` or `[low, high]`. `scores` maps the name of a score to an\n"
        "interval, and `in_place` lists names of measures; both must be names that the policy uses.\n\n");
    say_form(ll_facts_form);
    ll_say("## Waivers, `loglog.waiver/1`\n\n"
           "Someone whom the policy names lets training go on for a reason, until a date, for one policy and one "
           "ladder.\n"
           "`loglog gate sign` writes the file. The signature is Ed25519 over the text of all keys above it.\n\n");
    say_form(ll_waiver_form);
}

static void page_timeline(void) {
    ll_say("# Assumptions about growth, `loglog.timeline/1`\n\n");
    say_made("timeline");
    ll_say("`loglog forecast when --assume FILE.yaml` gives the year in which growth brings the compute that a "
           "loss takes.\n"
           "Every key is a flag of that verb too. One target is given, `bits_per_char` or `nats_per_token`. A "
           "growth is\n"
           "`none`, a factor in a time (`2x/8mo`), or a range that holds 90 %% (`4..5x/1y`, `2x/2.1..2.5y`).\n"
           "`growth.compute` counts spending and price already: give it, or those two. `examples/timelines` has "
           "three\n"
           "files with comments.\n\n");
    say_table(ll_timeline_table, ll_timeline_count);
}

static void page_programme(void) {
    ll_say("# Programmes, `" LL_PROGRAMME_SCHEMA "`\n\n");
    say_made("programme");
    ll_say(
        "A programme is a YAML file of experiments. `loglog programme run FILE --text PATH --minutes 20` trains "
        "what\n"
        "they need and writes one folder: a spec and a ladder for each arm, tables, `result.json` and "
        "`report.html`.\n"
        "The same command goes on with the folder; `--like FOLDER` runs the specs of another one again, to the "
        "same\n"
        "numbers. `loglog programme show NAME --yaml` prints one to begin from.\n\n"
        "`spec` at the top holds keys of a run spec for every arm, and an arm's `spec` goes over them. The "
        "sizes and\n"
        "the ratios of tokens are the file's; `--minutes` multiplies the tokens of each arm, its distinct tokens "
        "and\n"
        "the budgets of an isoFLOP arm by one factor. An arm that stands as a word is the one of that name "
        "before, and is\n"
        "trained once. In `data.also`, `NAME=@INPUT` is a text that `--input INPUT=PATH` gives; in `probe.data`, "
        "`@INPUT`\nis a file or folder of items.\n\n"
        "An arm with `theory` in place of `spec` tries a theory of scaling and needs no text: its keys are the "
        "settings of\n"
        "`loglog theory run` ([theory.md](theory.md)), `--minutes` multiplies its steps, and its experiment has a "
        "table\n"
        "`exponents` too, a row for each seed.\n\n"
        "An experiment with `constitution` runs its loop ([constitution.md](constitution.md), whose keys these "
        "are) on the\n"
        "ladder of each arm, with `flip: true` once more with the judges' sign turned, and has a table "
        "`constitution`, a row\n"
        "for each run and stage.\n\n"
        "The rows of an experiment's arms make its tables, with a column `arm`: `runs`, a row each; `curves`, a "
        "row a\n"
        "point; and one by the name of each probe. Beside the columns of `loglog runs export` they have "
        "`params_share`,\n"
        "`tokens_share` and `unique_share`, of the largest in the arm, and `frontier`, 1 where no row of at most "
        "as many\n"
        "FLOPs has a lower loss. A quantity is what `loglog fit` with its flags says of a table; "
        "`{EXPERIMENT.QUANTITY}` in\n"
        "the flags is a value that was measured before. The verdict is `same` where the published value lies in "
        "the\n"
        "interval here and the interval is no wider than that value, `different` where it lies outside, else "
        "`cannot tell`.\n\n");
    say_form(ll_programme_form);
}

static void page_constitution(void) {
    ll_say("# Constitutions\n\n");
    say_made("constitution");
    ll_say("A constitution is a YAML file of principles, each with a judge, that `loglog constitution run` puts "
           "into the\n"
           "models of a ladder and measures, after Bai et al. 2022 (arXiv:2212.08073). `loglog constitution show` "
           "reads one\n"
           "and says what is wrong with it.\n\n"
           "    loglog constitution run --constitution examples/constitutions/calm.yaml --store "
           "loglog-demo/loglog.db\n"
           "    loglog fit --store loglog-demo/loglog.db --y calm.preference.gold --law power --x params\n"
           "    loglog constitution train-judge hh_harmless.jsonl --better chosen --worse rejected --out "
           "harmless.json\n\n"
           "**Judges.** A `rule` is a regular expression (PCRE2, on bytes, with a bounded number of steps), a "
           "`check` looks at\n"
           "the text by name, a `classifier` is a file of `constitution train-judge`, a `likelihood` is what a "
           "model gives Yes\n"
           "against No after a question, and a `learned` judge is a small classifier that each run's loop fits to "
           "labels of\n"
           "the gold judge (Gao et al. 2022). Each gives a probability; an answer violates with 1 - (1 - "
           "p)^weight, over all\n"
           "principles. The gold judge is only measured. `train-judge` reports accuracy with its interval and "
           "calibration on\n"
           "texts that it never saw (drawn with `--figure`), compares groups of them with `--group COLUMN`, and "
           "refuses a "
           "judge\n"
           "that is no better than chance.\n\n"
           "**The loop**, for each run: (1) it goes on with beginnings of its training text; an answer that "
           "violates is\n"
           "sampled again from where the violation begins, the best of some tries, for some rounds; the model is "
           "fine-tuned\n"
           "on the answers that came out, mixed with plain text. (2) Pairs of answers of that model, each with the "
           "probability\n"
           "that one is the better by the judges, go into DPO (Rafailov et al. 2023). Beside it stands the best of "
           "n answers.\n"
           "The tuned models are runs of the ladder, named RUN+NAME.sft and RUN+NAME.dpo, which no law is fitted "
           "to.\n\n"
           "**Scores** of the run, as `NAME.STAGE.WHAT`. Stages are `before`, `supervised`, `bestof.N`, "
           "`step.N` (on\n"
           "the way of DPO) and `preference`; with `--flip`, which prefers what violates, `flip_supervised` and so "
           "on. What is\n"
           "measured, on beginnings of the validation text: `all`, `gold` and each principle's id (shares that "
           "violate), `kl`\n"
           "(to the run, nats an answer; of the best of n ln n - (n - 1)/n, to the supervised model), `loss` of "
           "plain text,\n"
           "`tax` (its rise), and `flops`, `samples`, `rounds` of revision and `pairs` seen of the loop so far. "
           "`--out` "
           "writes\n"
           "them as a table, in which `cost` is the factor of training compute that the tax is worth: a model with "
           "the loss\n"
           "L + tax is one of L's compute over (1 + tax/L)^(1/alpha), by the ladder's own law L = (Cc/C)^alpha "
           "with the\n"
           "interval of its draws. `constitution show FILE --store STORE` prints it. In that table `d` is the root "
           "of `kl` and\n"
           "`gold_good` is 1 - gold: the laws `overoptimised_bon` and `overoptimised_rl` are fitted to it with "
           "`--x d --y\n"
           "gold_good`.\n\n"
           "**A model that is only asked:** with `--endpoint URL --prompts FILE` the model behind a server of "
           "/completions\n"
           "answers the prompts of a table, and nothing is trained. Beside `before` and `bestof.N` there are "
           "`resampled` (as\n"
           "in the loop) and `written`: the model says in words where its answer breaks the principle, and writes "
           "it again.\n\n"
           "What is there is not done again, a loop that was killed ends with the same bits, and a constitution "
           "that says\n"
           "something else is another one.\n\n");
    say_form(ll_constitution_form);
}

static void say_law(const ll_law *law) {
    int n = 0;
    ll_say("## %s\n\n`%s`\n\n%s. ", law->name, law->form, law->source);
    ll_say("Reads ");
    for (int v = 0; v < LL_VAR_COUNT; v++) {
        if (!(law->vars >> v & 1)) continue;
        ll_say(n++ ? ", %s" : "%s", v == LL_VAR_X ? "X (`--x`)" : ll_var_name((ll_var)v));
        if (v == LL_VAR_X && law->x) ll_say(", which is %s", law->x);
    }
    ll_say(law->n_terms ? ". Solved as a sum of terms that are linear in their coefficients.\n\n" : ".\n\n");
    ll_say("| parameter | unit | searched between |\n|---|---|---|\n");
    for (int j = 0; j < law->n_params; j++) {
        const ll_law_param *p = &law->params[j];
        ll_say("| `%s` | %s | ", p->name, p->unit);
        say_number(p->lo);
        ll_say(" and ");
        say_number(p->hi);
        ll_say(p->log ? ", as its logarithm |\n" : " |\n");
    }
    ll_say("\n");
}

static void page_laws(void) {
    ll_say("# Laws\n\n");
    say_made("laws");
    ll_say("Each is a `--law` of `loglog fit`. `loglog paper` lists laws with published constants. N is "
           "parameters, D tokens,\n"
           "C FLOPs, S steps and U unique tokens; X is the variable that `--x` names, a column by its header or "
           "one of\n"
           "`params`, `tokens` and `flops`.\n\n");
    for (const ll_law *const *l = ll_laws; *l; l++) say_law(*l);
    ll_say("# Procedures\n\nThese are fitted like laws, and are no functional form of the loss.\n\n");
    for (const ll_procedure *p = ll_procedures; p->name; p++)
        ll_say("## %s\n\n`%s`\n\n%s. Reads %s.\n\n", p->name, p->form, p->source,
               p->reads ? p->reads : "params, tokens, flops");
}

/* ---- the verb ---- */

static const struct {
    const char *name;
    void (*write)(void);
} pages[] = {
    { "laws", page_laws },         { "spec", page_spec },           { "policy", page_policy },
    { "timeline", page_timeline }, { "programme", page_programme }, { "constitution", page_constitution },
};

static int run(const ll_verb *verb, int argc, char **argv) {
    char none;
    ll_words words;
    int code = ll_cli_parse(verb, &none, &words, argc, argv);
    if (code >= 0) return code;
    for (size_t i = 0; words.n == 1 && i < sizeof pages / sizeof *pages; i++)
        if (strcmp(words.at[0], pages[i].name) == 0) return pages[i].write(), LL_EXIT_DONE;
    return ll_cli_usage("docs: expected one of: laws, spec, policy, timeline, programme, constitution");
}

const ll_verb ll_verb_docs = {
    "docs", NULL, "usage: loglog docs laws|spec|policy|timeline|programme|constitution\n", NULL, 0, run, NULL, NULL
};
