#include <stdlib.h>
#include <string.h>

#include "probe/items/items.h"

enum { SHARE = 256 }; /* items in one call */

/* What is asked in one call. A choice of more bytes than half of the tokens that the model sees at once is asked in
 * pieces, each behind all that stands before it: their sum is the choice's log-probability, and every token has half a
 * context before it where there is so much text. */
typedef struct asking {
    char *text; /* contexts and choices, one behind the other */
    size_t size;
    ll_lm_ask *ask;     /* [n] */
    int64_t *choice;    /* [n] which of the share's choices the piece is of */
    ll_lm_score *piece; /* [n] */
    int64_t n;
} asking;

/* Bytes of the first piece of a text, at most so many (0: any number): up to a blank where there is one, else whole
 * characters. */
static size_t piece_of(const char *text, size_t size, size_t most) {
    size_t cut = most;
    if (!most || size <= most) return size;
    while (cut > 0 && text[cut] != ' ') cut--;
    if (cut > 0) return cut;
    for (cut = most; cut > 1 && (text[cut] & 0xc0) == 0x80;) cut--;
    return cut;
}

/* Adds a choice's text and pieces; what has no room yet is counted only. */
static void add(asking *a, const char *context, const char *choice, int64_t number, size_t most) {
    const size_t before = strlen(context), size = strlen(choice);
    if (a->text) {
        memcpy(a->text + a->size, context, before);
        memcpy(a->text + a->size + before, choice, size);
    }
    for (size_t at = 0, piece; at < size; at += piece, a->n++) {
        piece = piece_of(choice + at, size - at, most);
        if (!a->text) continue;
        const char *whole = a->text + a->size;
        a->ask[a->n] = (ll_lm_ask) { { whole, before + at }, { whole + before + at, piece } };
        a->choice[a->n] = number;
    }
    a->size += before + size;
}

static void add_share(asking *a, const ll_items *items, int64_t from, int64_t to, const char *neutral,
                      const ll_lm *lm) {
    const size_t most = lm->context > 1 ? (size_t)lm->context / 2 : (size_t)lm->context;
    int64_t number = 0;
    a->n = 0;
    a->size = 0;
    for (int64_t i = from; i < to; i++) {
        const ll_item *item = &items->of[i];
        const char *context = neutral ? neutral : ll_json_get_str(item->told, "context");
        for (int c = 0; c < item->n; c++) add(a, context, ll_item_choice(item, c), number++, most);
    }
}

/* score: of the first choice of item from. */
static ll_status ask_all(asking *a, ll_lm *lm, ll_lm_score *score, ll_error *err) {
    LL_TRY(ll_lm_loglikelihood(lm, a->ask, a->n, a->piece, err));
    for (int64_t k = 0; k < a->n; k++) {
        ll_lm_score *of = &score[a->choice[k]];
        of->greedy = (of->tokens == 0 || of->greedy) && a->piece[k].greedy;
        of->logprob += a->piece[k].logprob;
        of->tokens += a->piece[k].tokens;
    }
    return LL_OK;
}

/* The choices of items from..to behind their own contexts, or all behind one. */
static ll_status ask_share(const ll_items *items, int64_t from, int64_t to, const char *neutral, ll_lm *lm,
                           ll_lm_score *score, ll_error *err) {
    asking a = { 0 };
    add_share(&a, items, from, to, neutral, lm);
    a.ask = malloc((size_t)a.n * sizeof *a.ask);
    a.choice = malloc((size_t)a.n * sizeof *a.choice);
    a.piece = calloc((size_t)a.n, sizeof *a.piece);
    a.text = malloc(a.size);
    ll_status status = LL_OK;
    if (!a.ask || !a.choice || !a.piece || !a.text)
        status = LL_FAIL(err, LL_ENOMEM, "out of memory for %lld texts", (long long)a.n);
    else add_share(&a, items, from, to, neutral, lm);
    if (status == LL_OK) status = ask_all(&a, lm, score + items->of[from].first, err);
    if (status != LL_OK)
        ll_error_prefix(err, "%s, from item %.200s", items->format->name,
                        ll_json_get_str(items->of[from].told, "id"));
    free(a.ask);
    free(a.choice);
    free(a.piece);
    free(a.text);
    return status;
}

/* ---- what the listener is told ---- */

static void set_logprobs(ll_json *told, const char *key, const ll_lm_score *score, int n) {
    double v[LL_ITEM_CHOICES];
    for (int c = 0; c < n; c++) v[c] = score[c].logprob;
    ll_json_set(told, key, ll_json_nums(v, (size_t)n));
}

static ll_status tell(const ll_items *items, const ll_item *item, const ll_probe_subject *s, ll_error *err) {
    ll_json *told = ll_json_copy(item->told);
    if (!told) return LL_FAIL(err, LL_ENOMEM, "%s: out of memory", items->format->name);
    ll_json *tokens = ll_json_array(), *greedy = ll_json_array();
    const ll_lm_score *score = items->score + item->first;
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

ll_status ll_items_ask(ll_items *items, const ll_probe_subject *s, ll_error *err) {
    const size_t n = (size_t)items->choices;
    const char *neutral = items->format->neutral;
    ll_status status = LL_OK;
    items->score = calloc(n, sizeof *items->score);
    items->neutral = neutral ? calloc(n, sizeof *items->neutral) : NULL;
    if (!items->score || (neutral && !items->neutral))
        status = LL_FAIL(err, LL_ENOMEM, "%s: out of memory for %zu choices", items->format->name, n);
    for (int64_t from = 0; status == LL_OK && from < items->n; from += SHARE) {
        const int64_t to = from + SHARE < items->n ? from + SHARE : items->n;
        status = ask_share(items, from, to, NULL, s->lm, items->score, err);
        if (status == LL_OK && neutral) status = ask_share(items, from, to, neutral, s->lm, items->neutral, err);
        for (int64_t i = from; i < to && s->item && status == LL_OK; i++)
            status = tell(items, &items->of[i], s, err);
    }
    return status;
}
