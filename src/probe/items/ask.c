#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "probe/items/items.h"

enum { SHARE = 256 }; /* items in one call */

static ll_span span(const char *text) {
    return (ll_span) { text, strlen(text) };
}

/* The choices of the items from..to behind their own contexts, or all behind one. */
static ll_status ask(const ll_items *items, int64_t from, int64_t to, const char *neutral, ll_lm *lm,
                     ll_lm_ask *asks, ll_lm_score *score, ll_error *err) {
    int64_t n = 0;
    for (int64_t i = from; i < to; i++) {
        const ll_item *item = &items->of[i];
        const char *context = neutral ? neutral : ll_json_get_str(item->told, "context");
        for (int c = 0; c < item->n; c++) asks[n++] = (ll_lm_ask) { span(context), span(ll_item_choice(item, c)) };
    }
    score += items->of[from].first;
    LL_TRY(ll_lm_loglikelihood(lm, asks, n, score, err));
    for (int64_t i = from, k = 0; i < to; i++)
        for (int c = 0; c < items->of[i].n; c++, k++)
            if (!isfinite(score[k].logprob) || score[k].tokens < 1)
                return LL_FAIL(err, LL_ENUM, "%s: item %.200s: a choice of log-probability %g in %lld tokens",
                               items->format->name, ll_json_get_str(items->of[i].told, "id"), score[k].logprob,
                               (long long)score[k].tokens);
    return LL_OK;
}

static void set_logprobs(ll_json *told, const char *key, const ll_lm_score *score, int n) {
    double v[LL_ITEM_CHOICES];
    for (int c = 0; c < n; c++) v[c] = score[c].logprob;
    ll_json_set(told, key, ll_json_nums(v, (size_t)n));
}

static ll_status tell(const ll_items *items, const ll_item *item, const ll_probe_subject *s, ll_error *err) {
    ll_json *told = ll_json_copy(item->told), *tokens = ll_json_array(), *greedy = ll_json_array();
    const ll_lm_score *score = items->score + item->first;
    if (!told) return LL_FAIL(err, LL_ENOMEM, "%s: out of memory", items->format->name);
    for (int c = 0; c < item->n; c++) {
        ll_json_push(tokens, ll_json_int(score[c].tokens));
        ll_json_push(greedy, ll_json_bool(score[c].greedy));
    }
    set_logprobs(told, "logprob", score, item->n);
    ll_json_set(told, "tokens", tokens);
    ll_json_set(told, "greedy", greedy);
    if (items->neutral) {
        ll_json_set_str(told, "neutral", items->format->neutral);
        set_logprobs(told, "neutral_logprob", items->neutral + item->first, item->n);
    }
    s->item(s->ctx, told);
    return LL_OK;
}

static ll_status ask_share(ll_items *items, int64_t from, int64_t to, const ll_probe_subject *s, ll_lm_ask *asks,
                           ll_error *err) {
    LL_TRY(ask(items, from, to, NULL, s->lm, asks, items->score, err));
    if (items->neutral) LL_TRY(ask(items, from, to, items->format->neutral, s->lm, asks, items->neutral, err));
    for (int64_t i = from; i < to && s->item; i++) LL_TRY(tell(items, &items->of[i], s, err));
    return LL_OK;
}

ll_status ll_items_ask(ll_items *items, const ll_probe_subject *s, ll_error *err) {
    const size_t n = (size_t)items->choices;
    ll_lm_ask *asks = calloc((size_t)SHARE * LL_ITEM_CHOICES, sizeof *asks);
    items->score = calloc(n, sizeof *items->score);
    items->neutral = items->format->neutral ? calloc(n, sizeof *items->neutral) : NULL;
    ll_status status = LL_OK;
    if (!asks || !items->score || (items->format->neutral && !items->neutral))
        status = LL_FAIL(err, LL_ENOMEM, "%s: out of memory for %zu choices", items->format->name, n);
    for (int64_t from = 0; status == LL_OK && from < items->n; from += SHARE)
        status = ask_share(items, from, from + SHARE < items->n ? from + SHARE : items->n, s, asks, err);
    free(asks);
    return status;
}
