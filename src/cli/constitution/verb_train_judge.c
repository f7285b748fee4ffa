#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/show/show_run.h"
#include "probe/judge/labels.h"

typedef struct judge_args {
    ll_classifier_opts classifier;
    char text[LL_OPTION_TEXT], label[LL_OPTION_TEXT], positive[LL_OPTION_TEXT];
    char better[LL_OPTION_TEXT], worse[LL_OPTION_TEXT], out[LL_OPTION_TEXT];
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
    { "rows", LL_OPT_INT, AT(rows), "0", "at most; 0: all", .max = 1e9 },
    LL_CLASSIFIER_ROWS(CLASSIFIER),
    { "json", LL_OPT_BOOL, AT(json), "false", "one JSON document on standard output" },
};
#undef AT

static int answer_json(const ll_classifier *c, const char *path) {
    ll_json *doc = ll_json_object();
    ll_json_set_str(doc, "schema", "loglog.judge-report/1");
    ll_json_set_str(doc, "judge", path);
    ll_json_set(doc, "report", ll_classifier_report_json(c));
    return ll_cli_json(doc);
}

static int answer_text(const ll_classifier *c, const char *path) {
    const ll_classifier_report *r = &c->report;
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
    ll_say("\n%s\n", path);
    return LL_EXIT_DONE;
}

static ll_status train(const judge_args *a, const char *path, ll_classifier **c, ll_error *err) {
    const ll_labels_opts opts = { .path = path,
                                  .text = a->text,
                                  .label = a->label,
                                  .positive = a->positive,
                                  .better = a->better,
                                  .worse = a->worse,
                                  .most = a->rows };
    ll_labelled_texts l;
    LL_TRY(ll_labels_read(&l, &opts, err));
    const ll_status s = ll_classifier_train(c, l.of, l.n, l.pairs, &a->classifier, err);
    ll_labels_clear(&l);
    if (s != LL_OK) return ll_error_prefix(err, "%s", path);
    return ll_classifier_write(*c, a->out, err);
}

static int run(const ll_verb *verb, int argc, char **argv) {
    judge_args a;
    ll_words words;
    ll_classifier *c = NULL;
    ll_error err = { 0 };
    int code = ll_cli_parse(verb, &a, &words, argc, argv);
    if (code >= 0) return code;
    if (words.n != 1) return ll_cli_usage("constitution train-judge: expected a file of labelled texts");
    if (!*a.better != !*a.worse)
        return ll_cli_usage("constitution train-judge: --better and --worse name a pair's columns");
    if (train(&a, words.at[0], &c, &err) != LL_OK) code = ll_cli_fail(&err);
    else code = a.json ? answer_json(c, a.out) : answer_text(c, a.out);
    ll_classifier_free(c);
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
    "  loglog constitution train-judge hh_harmless.jsonl --better chosen --worse rejected --out harmless.json\n"
    "  loglog constitution train-judge comments.csv --text comment --label toxic --positive 1\n",
    options,
    sizeof options / sizeof *options,
    run,
};
