/* The last word of a passage that can be guessed from the whole of it, and hardly from its last sentence (Paperno
 * et al. 2016): its log-probability, whether every token of it is the likeliest, and the perplexity, exp of the
 * mean of -ln p over the words. The word is asked with the blank before it. */
#include <math.h>
#include <string.h>

#include "probe/items/items.h"

static const ll_item_format lambada = { .name = "lambada", .last_word = "text" };

static double greedy(const ll_items *items, const ll_item *item) {
    return items->score[item->first].greedy;
}

static const ll_item_metric metrics[] = {
    { "accuracy", greedy, NULL },
    { "logprob", ll_item_logprob, NULL },
};

/* se by the delta method. */
static void perplexity(ll_measured *out, const ll_measured *logprob) {
    *out = *logprob;
    strcpy(out->metric, "perplexity");
    out->value = exp(-logprob->value);
    out->se = out->value * logprob->se;
}

static ll_status run(const ll_probe_subject *s, ll_measures *out, ll_error *err) {
    LL_TRY(ll_items_run(&lambada, metrics, 2, s, out, err));
    perplexity(&out->of[2], &out->of[1]);
    out->n = 3;
    return LL_OK;
}

const ll_probe_kind ll_probe_lambada = {
    .name = "lambada",
    .question = "the last word of a passage",
    .metric = "measure",
    .unit = "share of the passages; nats and perplexity per word",
    .source = "Paperno et al. 2016",
    .reads = LL_PROBE_ITEMS | LL_PROBE_SEED | LL_PROBE_DATA,
    .run = run,
};
