/* Questions with several answers, of which the model is given none: the likeliest is its choice (Brown et al. 2020). A
 * longer answer is less likely for its length alone, so it is also judged by the mean over its tokens, over its bytes,
 * and by how much likelier the question makes it (pointwise mutual information: Brown et al. 2020, section 2.4;
 * Holtzman et al. 2021). The Brier score is that of the softmax over the choices; equal shares of n give 1 - 1/n,
 * but a model that knows nothing is sure of the shortest answer. */
#include <math.h>
#include <string.h>

#include "probe/items/items.h"

static const ll_item_format hellaswag = {
    .name = "hellaswag",
    .context = "{activity_label}: {ctx}",
    .joint = " ",
    .choices = "endings",
    .right = "label",
    .neutral = "\n",
};

#define ASKED .context = "Question: {question.stem}\nAnswer:", .joint = " ", .neutral = "Answer:"
#define LETTERED \
    .id = "id", .choices = "question.choices[].text", .labels = "question.choices[].label", .right = "answerKey"

static const ll_item_format arc = { .name = "arc", .group_is_file = true, ASKED, LETTERED };
static const ll_item_format csqa = { .name = "csqa", ASKED, LETTERED };
static const ll_item_format piqa = {
    .name = "piqa",
    .context = "Question: {goal}\nAnswer:",
    .joint = " ",
    .choices = "sol1 sol2",
    .right = "label",
    .neutral = "Answer:",
};

/* ---- what an item gives ---- */

static const ll_lm_score *score_of(const ll_items *items, const ll_item *item, int c) {
    return &items->score[item->first + c];
}

static double bytes_of(const ll_item *item, int c) {
    return (double)strlen(ll_item_choice(item, c));
}

/* By token, and by gain, a model to which all tokens are alike has no favourite. */
static double guess(const ll_items *items, const ll_item *item) {
    (void)items;
    return 1.0 / item->n;
}

static double by_token(const ll_items *items, const ll_item *item) {
    double v[LL_ITEM_CHOICES];
    for (int c = 0; c < item->n; c++)
        v[c] = score_of(items, item, c)->logprob / (double)score_of(items, item, c)->tokens;
    return ll_item_best(item, v);
}

static double by_byte(const ll_items *items, const ll_item *item) {
    double v[LL_ITEM_CHOICES];
    for (int c = 0; c < item->n; c++) v[c] = score_of(items, item, c)->logprob / bytes_of(item, c);
    return ll_item_best(item, v);
}

static double by_byte_even(const ll_items *items, const ll_item *item) {
    double v[LL_ITEM_CHOICES];
    for (int c = 0; c < item->n; c++) v[c] = -(double)score_of(items, item, c)->tokens / bytes_of(item, c);
    return ll_item_best(item, v);
}

static double by_gain(const ll_items *items, const ll_item *item) {
    double v[LL_ITEM_CHOICES];
    for (int c = 0; c < item->n; c++)
        v[c] = score_of(items, item, c)->logprob - items->neutral[item->first + c].logprob;
    return ll_item_best(item, v);
}

static double brier(const ll_items *items, const ll_item *item) {
    double most = -INFINITY, whole = 0, sum = 0;
    for (int c = 0; c < item->n; c++) most = fmax(most, score_of(items, item, c)->logprob);
    for (int c = 0; c < item->n; c++) whole += exp(score_of(items, item, c)->logprob - most);
    for (int c = 0; c < item->n; c++) {
        const double p = exp(score_of(items, item, c)->logprob - most) / whole - (c == item->right);
        sum += p * p;
    }
    return sum;
}

static double logprob_byte(const ll_items *items, const ll_item *item) {
    return ll_item_logprob(items, item) / bytes_of(item, item->right);
}

static const ll_item_metric metrics[] = {
    { "accuracy", ll_item_accuracy, ll_item_even },
    { "accuracy_token", by_token, guess },
    { "accuracy_byte", by_byte, by_byte_even },
    { "accuracy_pmi", by_gain, guess },
    { "brier", brier, NULL },
    { "logprob", ll_item_logprob, NULL },
    { "logprob_byte", logprob_byte, NULL },
};

/* ---- the probes ---- */

#define RUN(format)                                                                             \
    static ll_status run_##format(const ll_probe_subject *s, ll_measures *out, ll_error *err) { \
        return ll_items_run(&(format), metrics, sizeof metrics / sizeof *metrics, s, out, err); \
    }
RUN(hellaswag)
RUN(arc)
RUN(piqa)
RUN(csqa)

#define CHOICE \
    .metric = "measure", .unit = "share of the items", .reads = LL_PROBE_ITEMS | LL_PROBE_SEED | LL_PROBE_DATA

const ll_probe_kind ll_probe_hellaswag = {
    .name = "hellaswag",
    .question = "which of four endings follows a scene",
    .source = "Zellers et al. 2019",
    .run = run_hellaswag,
    CHOICE,
};

const ll_probe_kind ll_probe_arc = {
    .name = "arc",
    .question = "science questions of school exams, easy or challenging by the file",
    .source = "Clark et al. 2018",
    .run = run_arc,
    CHOICE,
};

const ll_probe_kind ll_probe_piqa = {
    .name = "piqa",
    .question = "which of two ways of doing something works",
    .source = "Bisk et al. 2020",
    .run = run_piqa,
    CHOICE,
};

const ll_probe_kind ll_probe_csqa = {
    .name = "csqa",
    .question = "questions of common sense with five answers",
    .source = "Talmor et al. 2019",
    .run = run_csqa,
    CHOICE,
};
