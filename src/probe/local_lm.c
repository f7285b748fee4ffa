#include "probe/local_lm.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/threads.h"
#include "model/count.h"
#include "probe/sampling/sample_many.h"

/* A text is read in a pass of its own, whose length is 16, 32, ... or the whole context: what is behind the text is
 * padding, which changes nothing before it. So an answer depends on nothing else that is asked. Texts that stand one
 * behind the other and differ in their last token alone share the pass: it does not read that token. */
enum { SHORTEST = 16, LENGTHS = 20 };

typedef struct local_lm {
    ll_lm lm;
    const ll_model *model;
    const ll_kernels *kernels;
    const ll_real *params;
    ll_tokenizer *tokenizer;
    int threads;
    ll_real *packed; /* the matrices, as ll_model_pack leaves them */
    ll_real
        *cut[LENGTHS]; /* parameters of the model of a shorter context; NULL: they are params, or not made yet */
    ll_many many;
} local_lm;

/* ---- texts as tokens ---- */

ll_status ll_lm_local_encode(ll_lm *lm, ll_span text, ll_tokens *out, ll_error *err) {
    const local_lm *l = (local_lm *)lm;
    const ll_tokenizer *t = l->tokenizer;
    size_t said = 0;
    out->n = out->lost = 0;
    LL_TRY(ll_tokenizer_encode(l->tokenizer, (const uint8_t *)text.at, text.size, out, err));
    for (int64_t i = 0; i < out->n; i++) {
        if (out->at[i] >= l->model->vocab)
            return LL_FAIL(err, LL_EINPUT, "%s: token %d of the text is outside the model's vocabulary of %lld",
                           t->name, (int)out->at[i], (long long)l->model->vocab);
        said += ll_tokenizer_piece_size(t, out->at[i]);
    }
    if (out->lost || said != text.size || out->n < 1)
        return LL_FAIL(err, LL_EINPUT, "tokenizer %.80s cannot say the text '%.*s'", t->name,
                       (int)(text.size < 60 ? text.size : 60), text.at);
    return LL_OK;
}

typedef struct reading {
    int32_t *token;    /* [n] the inputs and, one further, what they predict; owned */
    int64_t n;         /* inputs: one token less than are kept */
    int64_t first;     /* input that predicts the first token of the continuation */
    ll_lm_token *told; /* [n] of what each input predicts; borrowed; NULL: nobody asks */
} reading;

/* The first token that holds a byte behind the first so many. */
static int64_t token_behind(const ll_tokenizer *t, const ll_tokens *tokens, size_t bytes) {
    size_t end = 0;
    int64_t i = 0;
    while ((end += ll_tokenizer_piece_size(t, tokens->at[i])) <= bytes) i++;
    return i;
}

static ll_status keep(const local_lm *l, const ll_tokens *tokens, size_t context, reading *out, ll_error *err) {
    const int64_t T = l->model->context, first = token_behind(l->tokenizer, tokens, context);
    const int64_t left_out = tokens->n > T + 1 ? tokens->n - T - 1 : 0;
    if (first == 0)
        return LL_FAIL(err, LL_EINPUT,
                       "the first token holds a byte of the continuation: nothing predicts it; "
                       "expected a longer context");
    if (first <= left_out)
        return LL_FAIL(err, LL_EINPUT, "the continuation has %lld tokens, and the model sees %lld at once",
                       (long long)(tokens->n - first), (long long)T);
    *out = (reading) { .n = tokens->n - left_out - 1, .first = first - left_out - 1 };
    out->token = malloc((size_t)(out->n + 1) * sizeof *out->token);
    if (!out->token) return LL_FAIL(err, LL_ENOMEM, "out of memory for a text");
    for (int64_t i = 0; i <= out->n; i++) out->token[i] = tokens->at[left_out + i];
    return LL_OK;
}

static ll_status read_ask(local_lm *l, const ll_lm_ask *ask, ll_tokens *tokens, reading *out, ll_error *err) {
    size_t size;
    char *whole = ll_lm_ask_text(ask, &size);
    if (!whole) return LL_FAIL(err, LL_ENOMEM, "out of memory for a text of %zu bytes", size);
    ll_status status = ll_lm_local_encode(&l->lm, (ll_span) { whole, size }, tokens, err);
    if (status == LL_OK) status = keep(l, tokens, ask->context.size, out, err);
    free(whole);
    return status;
}

/* ---- log-probabilities ---- */

static int length_for(const local_lm *l, int64_t n) {
    int c = 0;
    while (n > (int64_t)SHORTEST << c) c++;
    return (int64_t)SHORTEST << c < l->model->context ? c : LENGTHS;
}

/* The model that reads texts of a length; LENGTHS: the whole context. */
static ll_model model_of(const local_lm *l, int length) {
    ll_model m = *l->model;
    if (length < LENGTHS) m.context = (int64_t)SHORTEST << length;
    return m;
}

static const ll_real *params_of(const local_lm *l, int length) {
    return length < LENGTHS && l->cut[length] ? l->cut[length] : l->params;
}

/* Where a tensor has a row for each position, a shorter model has the first of them. */
static ll_status make_length(local_lm *l, int length, ll_error *err) {
    ll_tensor from[LL_MODEL_MAX_TENSORS], to[LL_MODEL_MAX_TENSORS];
    const ll_model m = model_of(l, length);
    const int64_t size = ll_model_size(&m);
    if (length == LENGTHS || l->cut[length] || size == ll_model_size(l->model)) return LL_OK;
    ll_real *cut = malloc((size_t)size * sizeof *cut);
    if (!cut) return LL_FAIL(err, LL_ENOMEM, "out of memory for a model's parameters");
    ll_model_tensors(l->model, from);
    for (int i = 0, n = ll_model_tensors(&m, to); i < n; i++)
        memcpy(cut + to[i].offset, l->params + from[i].offset, (size_t)ll_tensor_size(&to[i]) * sizeof *cut);
    l->cut[length] = cut;
    return LL_OK;
}

typedef struct scoring {
    const local_lm *l;
    const reading *of; /* [n] */
    ll_lm_score *out;
    int64_t *pass; /* [passes + 1] the first text of each */
    int32_t *x;    /* [threads,T] */
    char *work;    /* [threads] of work_size */
    size_t work_size;
} scoring;

/* ln softmax(logits) of the token, and of the first of the likeliest. */
static ll_lm_token log_softmax(const ll_real *logits, int64_t V, int32_t token) {
    const int32_t best = ll_sample_likeliest(logits, V);
    double sum = 0;
    for (int64_t v = 0; v < V; v++) sum += exp((double)logits[v] - logits[best]);
    return (ll_lm_token) { .logprob = (double)logits[token] - logits[best] - log(sum),
                           .likeliest = best,
                           .most = -log(sum) };
}

static void score(ll_lm_score *out, const reading *r, const ll_real *logits, int64_t V) {
    *out = (ll_lm_score) { .tokens = r->n - r->first, .greedy = true };
    for (int64_t t = r->first; t < r->n; t++) {
        const ll_lm_token said = log_softmax(logits + t * V, V, r->token[t + 1]);
        out->logprob += said.logprob;
        out->greedy &= said.likeliest == r->token[t + 1];
        if (r->told) r->told[t] = said;
    }
}

static void read_texts(void *ctx, int64_t pass, int worker) {
    const scoring *s = ctx;
    const local_lm *l = s->l;
    const int64_t from = s->pass[pass], to = s->pass[pass + 1];
    const reading *r = &s->of[from];
    const int length = length_for(l, r->n);
    const ll_model m = model_of(l, length);
    int32_t *x = s->x + worker * l->model->context;
    memset(x, 0, (size_t)m.context * sizeof *x);
    memcpy(x, r->token, (size_t)r->n * sizeof *x);
    const uint64_t before = ll_threads_flush_denormals();
    const ll_real *logits = ll_model_logits(&m, l->kernels, params_of(l, length), l->packed, x, 1,
                                            s->work + (size_t)worker * s->work_size);
    for (int64_t i = from; i < to; i++) score(&s->out[i], &s->of[i], logits, m.vocab);
    ll_threads_restore_denormals(before);
}

static bool same_inputs(const reading *a, const reading *b) {
    return a->n == b->n && memcmp(a->token, b->token, (size_t)a->n * sizeof *a->token) == 0;
}

/* Makes what a call needs; *passes, 0 before: so many it takes. */
static ll_status make_scoring(scoring *s, local_lm *l, int64_t n, int64_t *passes, ll_error *err) {
    int64_t longest = 0;
    s->pass = malloc((size_t)(n + 1) * sizeof *s->pass);
    if (!s->pass) return LL_FAIL(err, LL_ENOMEM, "out of memory for %lld texts", (long long)n);
    for (int64_t i = 0; i < n; i++) {
        LL_TRY(make_length(l, length_for(l, s->of[i].n), err));
        if (s->of[i].n > longest) longest = s->of[i].n;
        if (i == 0 || !same_inputs(&s->of[i - 1], &s->of[i])) s->pass[(*passes)++] = i;
    }
    s->pass[*passes] = n;
    const ll_model m = model_of(l, length_for(l, longest));
    s->work_size = (ll_model_work(&m, 1) + 63) / 64 * 64;
    s->work = aligned_alloc(64, s->work_size * (size_t)l->threads);
    s->x = malloc((size_t)(l->threads * l->model->context) * sizeof *s->x);
    return s->work && s->x ? LL_OK : LL_FAIL(err, LL_ENOMEM, "out of memory for a model's pass");
}

static ll_status score_all(local_lm *l, const reading *of, int64_t n, ll_lm_score *out, ll_error *err) {
    scoring s = { .l = l, .of = of, .out = out };
    int64_t passes = 0;
    const ll_status status = make_scoring(&s, l, n, &passes, err);
    if (status == LL_OK) ll_threads_for(passes, l->threads, read_texts, &s);
    free(s.pass);
    free(s.work);
    free(s.x);
    return status;
}

static ll_status loglikelihood(ll_lm *lm, const ll_lm_ask *ask, int64_t n, ll_lm_score *out, ll_error *err) {
    local_lm *l = (local_lm *)lm;
    reading *of = calloc((size_t)n, sizeof *of);
    ll_tokens tokens = { 0 };
    ll_status status = of ? LL_OK : LL_FAIL(err, LL_ENOMEM, "out of memory for %lld texts", (long long)n);
    for (int64_t i = 0; status == LL_OK && i < n; i++) {
        status = read_ask(l, &ask[i], &tokens, &of[i], err);
        if (status != LL_OK) ll_error_prefix(err, "text %lld", (long long)i + 1);
    }
    if (status == LL_OK) status = score_all(l, of, n, out, err);
    for (int64_t i = 0; of && i < n; i++) free(of[i].token);
    free(of);
    ll_tokens_clear(&tokens);
    return status;
}

static ll_status check_text(const local_lm *l, const ll_lm_text *text, ll_error *err) {
    for (int64_t i = 0; i < text->n; i++) {
        if (text->token[i] < 0 || text->token[i] >= l->model->vocab)
            return LL_FAIL(err, LL_EINPUT, "token %lld is %d, expected 0 to %lld", (long long)i + 1,
                           (int)text->token[i], (long long)l->model->vocab - 1);
        text->said[i] = (ll_lm_token) { .logprob = NAN };
    }
    return LL_OK;
}

ll_status ll_lm_local_tokens(ll_lm *lm, const ll_lm_text *text, int64_t n, ll_error *err) {
    local_lm *l = (local_lm *)lm;
    const int64_t T = l->model->context;
    if (n < 1) return LL_OK;
    for (int64_t i = 0; i < n; i++) LL_TRY(check_text(l, &text[i], err));
    reading *of = calloc((size_t)n, sizeof *of);
    ll_lm_score *sums = calloc((size_t)n, sizeof *sums);
    ll_status status = of && sums ? LL_OK : LL_FAIL(err, LL_ENOMEM, "out of memory for %lld texts", (long long)n);
    int64_t k = 0;
    for (int64_t i = 0; i < n && status == LL_OK; i++) {
        const int64_t left_out = text[i].n > T + 1 ? text[i].n - T - 1 : 0;
        if (text[i].n < 2) continue;
        of[k++] = (reading) { .token = (int32_t *)text[i].token + left_out,
                              .n = text[i].n - left_out - 1,
                              .told = text[i].said + left_out + 1 };
    }
    if (status == LL_OK && k) status = score_all(l, of, k, sums, err);
    free(of);
    free(sums);
    return status;
}

/* ---- samples ---- */

typedef struct ending {
    const ll_tokenizer *t;
    const char *stop;
    size_t size;
} ending;

/* Whether the first bytes of the last token, so many, are the end of the stop, whose beginning the tokens before
 * say. */
static bool stops_at(const ending *e, const int32_t *token, int64_t n, size_t bytes) {
    const ll_tokenizer *t = e->t;
    int64_t i = n - 1;
    for (size_t k = e->size; k > 0; k--, bytes--) {
        size_t size;
        for (; bytes == 0; bytes = ll_tokenizer_piece_size(t, token[i]))
            if (--i < 0) return false;
        if (ll_tokenizer_piece(t, token[i], &size)[bytes - 1] != (uint8_t)e->stop[k - 1]) return false;
    }
    return true;
}

static bool ends(void *ctx, const int32_t *token, int64_t n) {
    const ending *e = ctx;
    const int32_t last = token[n - 1];
    if (last == e->t->end) return true;
    for (size_t bytes = 1; e->size && bytes <= ll_tokenizer_piece_size(e->t, last); bytes++)
        if (stops_at(e, token, n, bytes)) return true;
    return false;
}

/* What the tokens say, before the stop. */
static bool say(ll_lm_sample *s, const ending *e, const int32_t *token) {
    const ll_tokenizer *t = e->t;
    for (int64_t i = 0; i < s->tokens; i++) s->size += ll_tokenizer_piece_size(t, token[i]);
    char *to = s->text = malloc(s->size + 1);
    if (!to) return false;
    for (int64_t i = 0; i < s->tokens; i++) {
        size_t more;
        const uint8_t *piece = ll_tokenizer_piece(t, token[i], &more);
        memcpy(to, piece, more);
        to += more;
    }
    for (size_t at = 0; e->size && at + e->size <= s->size; at++)
        if (memcmp(s->text + at, e->stop, e->size) == 0) s->size = at;
    s->text[s->size] = 0;
    return true;
}

typedef struct drawing {
    int32_t *prompt, *token; /* [n] [samples,most] */
    int64_t *length;
    double *logprob;
} drawing;

static ll_status draw(local_lm *l, const ll_lm_prompt *prompt, const ll_tokens *tokens, drawing *d,
                      ll_lm_sample *out, ll_error *err) {
    const ending e = { l->tokenizer, prompt->stop, strlen(prompt->stop) };
    const ll_many_ask ask = { .prompt = d->prompt,
                              .n = tokens->n,
                              .samples = prompt->samples,
                              .most = prompt->most,
                              .opts = { .temperature = prompt->temperature, .seed = prompt->seed, .stop = -1 },
                              .ends = ends,
                              .ends_ctx = (void *)&e,
                              .drawn = prompt->drawn,
                              .drawn_ctx = prompt->ctx };
    for (int64_t i = 0; i < tokens->n; i++) d->prompt[i] = tokens->at[i];
    LL_TRY(ll_many_draw(&l->many, &ask, d->token, d->length, d->logprob, err));
    for (int64_t j = 0; j < prompt->samples; j++) {
        out[j].tokens = d->length[j];
        out[j].logprob = d->logprob[j];
        if (!say(&out[j], &e, d->token + j * prompt->most))
            return LL_FAIL(err, LL_ENOMEM, "out of memory for a sample's text");
    }
    return LL_OK;
}

static ll_status sample(ll_lm *lm, const ll_lm_prompt *prompt, ll_lm_sample *out, ll_error *err) {
    local_lm *l = (local_lm *)lm;
    const size_t n = (size_t)prompt->samples;
    ll_tokens tokens = { 0 };
    ll_status status = ll_lm_local_encode(lm, prompt->text, &tokens, err);
    if (status == LL_OK) {
        drawing d = { .prompt = malloc((size_t)tokens.n * sizeof *d.prompt),
                      .token = malloc(n * (size_t)prompt->most * sizeof *d.token),
                      .length = malloc(n * sizeof *d.length),
                      .logprob = malloc(n * sizeof *d.logprob) };
        status = d.prompt && d.token && d.length && d.logprob
                     ? draw(l, prompt, &tokens, &d, out, err)
                     : LL_FAIL(err, LL_ENOMEM, "out of memory for %lld samples", (long long)prompt->samples);
        free(d.prompt);
        free(d.token);
        free(d.length);
        free(d.logprob);
    }
    ll_tokens_clear(&tokens);
    return status;
}

/* ---- its life ---- */

static void close_local(ll_lm *lm) {
    local_lm *l = (local_lm *)lm;
    for (int c = 0; c < LENGTHS; c++) free(l->cut[c]);
    ll_many_clear(&l->many);
    free(l->packed);
    free(l);
}

ll_status ll_lm_local(ll_lm **out, const ll_model *model, const ll_kernels *kernels, const ll_real *params,
                      ll_tokenizer *tokenizer, int threads, ll_error *err) {
    const size_t packed = (size_t)ll_model_packed(model, kernels) * sizeof(ll_real);
    local_lm *l = calloc(1, sizeof *l);
    *out = NULL;
    if (!l || !(l->packed = aligned_alloc(64, packed / 64 * 64 + 64))) {
        free(l);
        return LL_FAIL(err, LL_ENOMEM, "out of memory for a model's matrices");
    }
    for (int64_t i = 0; i < ll_model_matrices(model); i++) ll_model_pack(model, kernels, params, l->packed, i);
    l->lm = (ll_lm) { .context = model->context,
                      .token_flops = ll_count_of(model).flops_token / 3,
                      .loglikelihood = loglikelihood,
                      .sample = sample,
                      .close = close_local };
    snprintf(l->lm.name, sizeof l->lm.name, "%s", ll_family_name(model->family));
    l->model = model;
    l->kernels = kernels;
    l->params = params;
    l->tokenizer = tokenizer;
    l->threads = threads > 0 ? threads : ll_threads_available();
    const ll_status status = ll_many_init(&l->many, model, kernels, params, l->packed, threads, err);
    if (status == LL_OK) *out = &l->lm;
    else close_local(&l->lm);
    return status;
}
