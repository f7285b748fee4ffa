#include "probe/made/questions.h"

#include <stdlib.h>
#include <string.h>

/* Where text of this size begins, or *from as it was where the same stands there already. */
static ll_status put_text(ll_questions *q, const char *text, size_t *from, size_t *size, ll_error *err) {
    const size_t n = strlen(text);
    if (q->n > 0 && *size == n && memcmp(q->text + *from, text, n) == 0) return LL_OK;
    if (q->size + n > q->text_room) {
        const size_t room = 2 * (q->size + n) + 4096;
        char *bigger = realloc(q->text, room);
        if (!bigger) return LL_FAIL(err, LL_ENOMEM, "out of memory for the items of a probe");
        q->text = bigger;
        q->text_room = room;
    }
    *from = q->size;
    *size = n;
    memcpy(q->text + q->size, text, n);
    q->size += n;
    return LL_OK;
}

ll_status ll_questions_add(ll_questions *q, const char *context, const char *continuation, ll_error *err) {
    if (q->n == q->room) {
        const int64_t room = 2 * q->room + 256;
        ll_made_question *bigger = realloc(q->of, (size_t)room * sizeof *bigger);
        if (!bigger) return LL_FAIL(err, LL_ENOMEM, "out of memory for the items of a probe");
        q->of = bigger;
        q->room = room;
    }
    ll_made_question next = q->n > 0 ? q->of[q->n - 1] : (ll_made_question) { 0 };
    LL_TRY(put_text(q, context, &next.context, &next.context_size, err));
    LL_TRY(put_text(q, continuation, &next.continuation, &next.continuation_size, err));
    q->of[q->n++] = next;
    return LL_OK;
}

ll_status ll_questions_ask(ll_questions *q, ll_lm *lm, ll_error *err) {
    ll_lm_ask *ask = malloc((size_t)(q->n + 1) * sizeof *ask);
    free(q->score);
    q->score = malloc((size_t)(q->n + 1) * sizeof *q->score);
    ll_status status = ask && q->score ? LL_OK : LL_FAIL(err, LL_ENOMEM, "out of memory for the items of a probe");
    for (int64_t i = 0; status == LL_OK && i < q->n; i++)
        ask[i] = (ll_lm_ask) { { q->text + q->of[i].context, q->of[i].context_size },
                               { q->text + q->of[i].continuation, q->of[i].continuation_size } };
    if (status == LL_OK) status = ll_lm_loglikelihood(lm, ask, q->n, q->score, err);
    free(ask);
    return status;
}

void ll_questions_clear(ll_questions *q) {
    free(q->of);
    free(q->text);
    free(q->score);
    *q = (ll_questions) { 0 };
}

double ll_questions_credit(const ll_questions *q, int64_t first, int n, int right) {
    const ll_lm_score *s = q->score + first;
    int equal = 0;
    for (int c = 0; c < n; c++) {
        if (s[c].logprob > s[right].logprob) return 0;
        equal += s[c].logprob >= s[right].logprob;
    }
    return 1.0 / equal;
}

static ll_json *span_json(const ll_questions *q, size_t from, size_t size) {
    char text[1024];
    const size_t n = size < sizeof text ? size : sizeof text - 1;
    memcpy(text, q->text + from + size - n, n);
    text[n] = 0;
    return ll_json_str(text);
}

void ll_questions_tell(const ll_questions *q, const ll_probe_subject *s, int64_t item, const char *metric,
                       int64_t first, int n, int right) {
    if (!s->item) return;
    ll_json *o = ll_json_object(), *choices = ll_json_array(), *logprobs = ll_json_array();
    ll_json_set_int(o, "item", item);
    ll_json_set_str(o, "metric", metric);
    ll_json_set(o, "context", span_json(q, q->of[first].context, q->of[first].context_size));
    for (int c = 0; c < n; c++) {
        const ll_made_question *at = &q->of[first + c];
        ll_json_push(choices, span_json(q, at->continuation, at->continuation_size));
        ll_json_push(logprobs, ll_json_num(q->score[first + c].logprob));
    }
    ll_json_set(o, "choices", choices);
    ll_json_set_int(o, "right", right);
    ll_json_set(o, "logprobs", logprobs);
    s->item(s->ctx, o);
}

ll_rng ll_made_rng(const ll_probe_opts *opts, int probe, int part, int64_t item) {
    return ll_rng_at(opts->seed, LL_STREAM_PROBE, (uint64_t)probe << 48 | (uint64_t)part << 40 | (uint64_t)item);
}

void ll_made_shuffle(ll_rng *r, int *out, int n) {
    for (int i = 0; i < n; i++) {
        const int j = (int)ll_rng_below(r, i + 1);
        out[i] = out[j];
        out[j] = i;
    }
}
