/* Pairs of keys and values, then one of the keys: its value is the answer (the associative recall of Graves et al.
 * 2014). Keys and values are distinct, and any key is asked for: who does not read it is at chance. */
#include <stdio.h>

#include "probe/made/questions.h"

enum { SIZES = 4, MOST = 16, ITEMS = 200 };
static const int pairs[SIZES] = { 2, 4, 8, MOST };

typedef struct item {
    char context[3 * MOST + 2]; /* "aK cB fQ c" */
    char value[MOST];
    int right;
} item;

static item make(const ll_probe_opts *opts, int size, int64_t i) {
    ll_rng r = ll_made_rng(opts, LL_MADE_RECALL, size, i);
    int key[26], value[26];
    item it;
    char *at = it.context;
    ll_made_shuffle(&r, key, 26);
    ll_made_shuffle(&r, value, 26);
    it.right = (int)ll_rng_below(&r, pairs[size]);
    for (int p = 0; p < pairs[size]; p++) {
        it.value[p] = (char)('A' + value[p]);
        *at++ = (char)('a' + key[p]);
        *at++ = it.value[p];
        *at++ = ' ';
    }
    *at++ = (char)('a' + key[it.right]);
    *at = 0;
    return it;
}

static ll_status add(ll_questions *q, const ll_probe_opts *opts, int size, int64_t i, ll_error *err) {
    const item it = make(opts, size, i);
    for (int c = 0; c < pairs[size]; c++)
        LL_TRY(ll_questions_add(q, it.context, (const char[]) { it.value[c], 0 }, err));
    return LL_OK;
}

static void measure(const ll_probe_subject *s, const ll_questions *q, int64_t items, ll_measures *out) {
    int64_t at = 0;
    for (int size = 0; size < SIZES; size++) {
        const int P = pairs[size];
        ll_probe_mean accuracy = { 0 };
        char metric[8];
        snprintf(metric, sizeof metric, "%d", P);
        for (int64_t i = 0; i < items; i++, at += P) {
            const item it = make(s->opts, size, i);
            ll_probe_mean_add(&accuracy, ll_questions_credit(q, at, P, it.right));
            ll_questions_tell(q, s, i, metric, at, P, it.right);
        }
        ll_probe_mean_measure(&accuracy, out, 1.0 / P, "%s", metric);
    }
}

static ll_status run(const ll_probe_subject *s, ll_measures *out, ll_error *err) {
    const int64_t items = s->opts->items > 0 ? s->opts->items : ITEMS;
    ll_questions q = { 0 };
    ll_status status = LL_OK;
    out->n = 0;
    for (int size = 0; size < SIZES; size++)
        for (int64_t i = 0; status == LL_OK && i < items; i++) status = add(&q, s->opts, size, i, err);
    if (status == LL_OK) status = ll_questions_ask(&q, s->lm, err);
    if (status == LL_OK) measure(s, &q, items, out);
    ll_questions_clear(&q);
    return status;
}

const ll_probe_kind ll_probe_recall = {
    .name = "recall",
    .question = "whether the value of a key is found again among so many pairs",
    .metric = "pairs",
    .unit = "share of right answers",
    .source = "Graves et al. 2014",
    .details =
        "An item is 2, 4, 8 or 16 pairs of a letter and a capital, and one of the letters again: 'aK cB fQ c'. "
        "A metric is the share of items in which, of the capitals shown, the right one is the likeliest; chance "
        "is 1 in the number of pairs. 200 items of each where nothing is said; the longest has 50 bytes.",
    .reads = LL_PROBE_ITEMS | LL_PROBE_SEED,
    .run = run,
};
