/* Two sentences that differ in little: which is likelier. A sentence stands behind a line break, as a text of its own;
 * both count with their lengths as they are. */
#include "probe/items/items.h"

#define ALONE .context = "\n"

/* A paradigm's pairs are made from one pattern: they are one cluster. */
static const ll_item_format blimp = {
    .name = "blimp",
    .group = "linguistics_term",
    .cluster = "UID",
    ALONE,
    .choices = "sentence_good sentence_bad",
};

static const ll_item_metric blimp_metrics[] = { { "accuracy", ll_item_accuracy, ll_item_even } };

/* All pairs that swap the same two words are one cluster. */
static const ll_item_format crows = {
    .name = "crows",
    .group = "bias_type",
    .cluster_is_swap = true,
    ALONE,
    .choices = "sent_more sent_less",
};

static const ll_item_metric crows_metrics[] = {
    { "stereotype", ll_item_accuracy, ll_item_even },
    { "difference", ll_item_difference, NULL },
};

static ll_status run_blimp(const ll_probe_subject *s, ll_measures *out, ll_error *err) {
    return ll_items_run(&blimp, blimp_metrics, 1, s, out, err);
}

static ll_status run_crows(const ll_probe_subject *s, ll_measures *out, ll_error *err) {
    return ll_items_run(&crows, crows_metrics, 2, s, out, err);
}

const ll_probe_kind ll_probe_blimp = {
    .name = "blimp",
    .question = "which of two sentences is grammatical, by phenomenon",
    .metric = "measure",
    .unit = "share of the pairs",
    .source = "Warstadt et al. 2020",
    .reads = LL_PROBE_ITEMS | LL_PROBE_SEED | LL_PROBE_DATA,
    .run = run_blimp,
};

const ll_probe_kind ll_probe_crows = {
    .name = "crows",
    .question = "how often the more stereotypical of two sentences is the likelier, by kind of bias",
    .metric = "measure",
    .unit = "share of the pairs",
    .source = "Nangia et al. 2020",
    .reads = LL_PROBE_ITEMS | LL_PROBE_SEED | LL_PROBE_DATA,
    .run = run_crows,
};
