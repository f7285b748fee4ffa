#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/show/show_run.h"
#include "probe/judge/groups.h"
#include "report/figures/figures_judge.h"

typedef struct judge_args {
    ll_classifier_opts classifier;
    char text[LL_OPTION_TEXT], label[LL_OPTION_TEXT], positive[LL_OPTION_TEXT];
    char better[LL_OPTION_TEXT], worse[LL_OPTION_TEXT], out[LL_OPTION_TEXT];
    char group[LL_OPTION_TEXT], figure[LL_OPTION_TEXT];
    int64_t rows;
    bool json;
} judge_args;

#define AT(f) offsetof(judge_args, f)
#define CLASSIFIER(f) AT(classifier.f)
static const ll_option options[] = {
    { "out", LL_OPT_TEXT, AT(out), "judge.json", "file of the judge, which a constitution names" },
    { "text", LL_OPT_TEXT, AT(text), "text", "column of texts" },
    { "label", LL_OPT_TEXT, AT(label), "label", "column of labels" },
    { "positive", LL_OPT_TEXT, AT(positive), "1", "the label of a text that violates" },
    { "better", LL_OPT_TEXT, AT(better), "", "in place of those two: column of the better answer of a pair" },
    { "worse", LL_OPT_TEXT, AT(worse), "", "and of the worse one" },
    { "group", LL_OPT_TEXT, AT(group), "", "column of groups, whose accuracies and false alarms are compared" },
    { "figure", LL_OPT_TEXT, AT(figure), "",
      "how often what it says comes true, as a figure: a file .svg, .png or .pdf" },
    { "rows", LL_OPT_INT, AT(rows), "0", "at most; 0: all", .max = 1e9 },
    LL_CLASSIFIER_ROWS(CLASSIFIER),
    { "json", LL_OPT_BOOL, AT(json), "false", "one JSON document on standard output" },
};
#undef AT

typedef struct trained {
    ll_classifier *judge;
    ll_labelled_texts labels;
    ll_judge_groups groups;
} trained;

static void put_share(ll_json *to, const char *key, const ll_judge_share *s) {
    ll_json *o = ll_json_group(to, key);
    ll_json_set_int(o, "of", s->of);
    ll_json_set_num(o, "value", s->value);
    ll_json_set(o, "ci", ll_json_interval(s->of > 0, s->lo, s->hi));
}

static ll_json *groups_json(const ll_judge_groups *groups) {
    ll_json *all = ll_json_object(), *rows = ll_json_array();
    for (int32_t g = 0; g < groups->n; g++) {
        ll_json *o = ll_json_object();
        ll_json_set_str(o, "group", groups->of[g].name);
        put_share(o, "accuracy", &groups->of[g].accuracy);
        put_share(o, "alarms", &groups->of[g].alarms);
        ll_json_push(rows, o);
    }
    ll_json_set(all, "rows", rows);
    ll_json_set_num(all, "accuracy_p", groups->accuracy_p);
    ll_json_set_num(all, "alarms_p", groups->alarms_p);
    return all;
}

static int answer_json(const trained *t, const char *path) {
    ll_json *doc = ll_json_object();
    ll_json_set_str(doc, "schema", "loglog.judge-report/1");
    ll_json_set_str(doc, "judge", path);
    ll_json_set(doc, "report", ll_classifier_report_json(t->judge));
    if (t->groups.n) ll_json_set(doc, "groups", groups_json(&t->groups));
    return ll_cli_json(doc);
}

static void show_share(const ll_judge_share *s) {
    ll_show_fixed(s->value, 8, 3);
    if (s->of) ll_say(" [%.3f, %.3f]", s->lo, s->hi);
    else ll_say(" %14s", "");
}

static void show_groups(const ll_judge_groups *groups) {
    ll_say("\n%-20s %5s %8s %-14s %8s\n", "group", "of", "right", " at 90 %", "alarms");
    for (int32_t g = 0; g < groups->n; g++) {
        ll_say("%-20.20s %5lld", groups->of[g].name, (long long)groups->of[g].accuracy.of);
        show_share(&groups->of[g].accuracy);
        show_share(&groups->of[g].alarms);
        ll_say("\n");
    }
    ll_say_prose(
        stdout,
        "alarms: harmless texts called violations. Were all groups alike, shares so far apart would come with "
        "probability %.2g (right) and %.2g (alarms).",
        groups->accuracy_p, groups->alarms_p);
}

static int answer_text(const trained *t, const char *path) {
    const ll_classifier_report *r = &t->judge->report;
    ll_say("right in %.3f [%.3f, %.3f] of %lld held-out %s (chance 0.5)\n", r->accuracy, r->lo, r->hi,
           (long long)r->judged, r->pairs ? "pairs" : "texts");
    ll_say("learnt from %lld, calibrated on %lld; off by %.3f on average\n\n", (long long)r->learnt,
           (long long)r->calibrated, r->calibration);
    ll_say("%10s %10s %8s\n", "says", "share", "texts");
    for (int b = 0; b < LL_CLASSIFIER_BINS; b++) {
        if (!r->bin[b].n) continue;
        ll_show_fixed(r->bin[b].said, 10, 3);
        ll_show_fixed(r->bin[b].share, 10, 3);
        ll_say(" %8lld\n", (long long)r->bin[b].n);
    }
    if (t->groups.n) show_groups(&t->groups);
    ll_say("\n%s\n", path);
    return LL_EXIT_DONE;
}

static ll_status draw(const judge_args *a, const trained *t, ll_error *err) {
    ll_figure *f;
    LL_TRY(ll_figure_judge(&f, &t->judge->report, err));
    return ll_figure_save(f, a->figure, err);
}

static ll_status train(const judge_args *a, const char *path, trained *t, ll_error *err) {
    const ll_labels_opts opts = { .path = path,
                                  .text = a->text,
                                  .label = a->label,
                                  .positive = a->positive,
                                  .better = a->better,
                                  .worse = a->worse,
                                  .group = a->group,
                                  .most = a->rows };
    const char *ending;
    if (*a->figure) LL_TRY(ll_figure_ending(a->figure, &ending, err));
    LL_TRY(ll_labels_read(&t->labels, &opts, err));
    const ll_labelled_texts *l = &t->labels;
    if (ll_classifier_train(&t->judge, l->of, l->n, l->pairs, &a->classifier, err) != LL_OK)
        return ll_error_prefix(err, "%s", path);
    ll_judge_groups_of(&t->groups, t->judge, l);
    if (*a->figure) LL_TRY(draw(a, t, err));
    return ll_classifier_write(t->judge, a->out, err);
}

static int run(const ll_verb *verb, int argc, char **argv) {
    judge_args a;
    ll_words words;
    trained t = { 0 };
    ll_error err = { 0 };
    int code = ll_cli_parse(verb, &a, &words, argc, argv);
    if (code >= 0) return code;
    if (words.n != 1) return ll_cli_usage("constitution train-judge: expected a file of labelled texts");
    if (!*a.better != !*a.worse)
        return ll_cli_usage("constitution train-judge: --better and --worse name a pair's columns");
    if (train(&a, words.at[0], &t, &err) != LL_OK) code = ll_cli_fail(&err);
    else code = a.json ? answer_json(&t, a.out) : answer_text(&t, a.out);
    ll_classifier_free(t.judge);
    ll_labels_clear(&t.labels);
    return code;
}

const ll_verb ll_verb_train_judge = {
    "constitution train-judge",
    "fit a judge to labelled texts, with its accuracy and calibration",
    "usage: loglog constitution train-judge FILE [--text COLUMN --label COLUMN --positive WORD] [--out "
    "judge.json]\n"
    "       loglog constitution train-judge FILE --better COLUMN --worse COLUMN\n\n"
    "Logistic regression on n-grams of letters and words, from lines of JSON or a table. 70 % of the texts are "
    "learnt\n"
    "from, 15 % calibrate it, and by 15 % it is judged: accuracy with its interval at 90 %, and how often what it "
    "says\n"
    "comes true. A judge that is no better than chance is refused.\n\n"
    "--group compares groups of the texts: how often the judge is right, and how often it calls a harmless text a\n"
    "violation.\n\n"
    "  loglog constitution train-judge hh_harmless.jsonl --better chosen --worse rejected --out harmless.json\n"
    "  loglog constitution train-judge comments.csv --text comment --label toxic --positive 1\n"
    "  loglog constitution train-judge crows_pairs.csv --worse sent_more --better sent_less --group bias_type "
    "--figure judge.svg\n",
    options,
    sizeof options / sizeof *options,
    run,
};
