#include "probe/sampling/sample_many.h"

#include <stdlib.h>
#include <string.h>

#include "base/system/threads.h"

enum { MOST_MEMORY = 1 << 28 }; /* bytes of what the rows of a thread keep */

/* ---- of one call ---- */

typedef struct draft {
    int64_t sample;
    int32_t token; /* the one drawn last */
} draft;

/* Samples that are the same up to here, [lo, hi) of the crew's drafts, sorted by their next token. */
typedef struct level {
    int64_t lo, hi;
} level;

/* A text that goes on. Levels [0, depth) wait: each is what others drew where this text went its way, so that its keys
 * and values are the beginning of this row's. */
typedef struct row {
    ll_context context;
    int32_t *text;  /* [most] behind the prompt */
    level *waiting; /* [most] by length of what they have in common */
    int64_t depth;  /* levels in use; while it is stepped, tokens of its text */
    level now;      /* those that draw after the step */
} row;

typedef struct call call;
typedef struct crew {
    const call *call;
    ll_decoder decoder;
    row *row; /* [rows] */
    int64_t rows, stepped;
    draft *draft; /* of the samples of this crew */
    double *sums; /* [V] */
    ll_context **stepping;
    int32_t *next;  /* their tokens */
    int64_t *which; /* their rows */
    ll_arena memory;
} crew;

struct call {
    const ll_many *many;
    const ll_many_ask *ask;
    const ll_kept *prompt;
    const ll_real *logits; /* [V] after the prompt */
    uint64_t seed;
    int64_t most;
    int32_t *token;
    int64_t *length;
    double *logprob;
    crew *crews;
};

/* ---- draws ---- */

/* The streams of two prompts have nothing in common: FNV-1a over the tokens. */
static uint64_t seed_of(const ll_many_ask *ask) {
    uint64_t hash = 14695981039346656037u;
    for (int64_t i = 0; i < ask->n; i++) hash = (hash ^ (uint64_t)ask->prompt[i]) * 1099511628211u;
    return hash ^ ask->opts.seed;
}

static int by_token(const void *a, const void *b) {
    const draft *x = a, *y = b;
    return (x->token > y->token) - (x->token < y->token);
}

/* Each of the samples draws its token number `at` from the logits; the level is in order after that. */
static void draw(crew *c, level l, int64_t at, const ll_real *logits) {
    const call *a = c->call;
    const int64_t V = a->many->model->vocab;
    const bool cold = a->ask->opts.temperature <= 0;
    ll_sample_opts opts = a->ask->opts;
    if (cold) opts.temperature = 1;
    ll_sample_sums(logits, c->sums, V, &opts);
    const int32_t likeliest = ll_sample_likeliest(logits, V);
    for (int64_t i = l.lo; i < l.hi; i++) {
        draft *d = &c->draft[i];
        ll_rng rng = ll_rng_at(a->seed, LL_STREAM_SAMPLE, (uint64_t)d->sample << 24 | (uint64_t)at);
        d->token = cold ? likeliest : ll_sample_pick(c->sums, V, ll_rng_uniform(&rng));
        const double logprob = ll_sample_logprob(c->sums, V, d->token);
        a->token[d->sample * a->ask->most + at] = d->token;
        a->logprob[d->sample] += logprob;
        if (a->ask->drawn) a->ask->drawn(a->ask->drawn_ctx, d->sample, d->token, logprob);
    }
    if (l.hi - l.lo > 1) qsort(c->draft + l.lo, (size_t)(l.hi - l.lo), sizeof *c->draft, by_token);
}

/* ---- rows ---- */

/* The last samples of a level that drew the same token. */
static level split(const crew *c, level *l) {
    level group = { l->hi - 1, l->hi };
    while (group.lo > l->lo && c->draft[group.lo - 1].token == c->draft[group.lo].token) group.lo--;
    l->hi = group.lo;
    return group;
}

/* Whether the text [n] of a group is done; its samples know by then how long they are. */
static bool done(const crew *c, level group, const int32_t *text, int64_t n) {
    const ll_many_ask *ask = c->call->ask;
    const bool stop = text[n - 1] == ask->opts.stop;
    if (!stop && n < c->call->most && !(ask->ends && ask->ends(ask->ends_ctx, text, n))) return false;
    for (int64_t i = group.lo; i < group.hi; i++) c->call->length[c->draft[i].sample] = stop ? n - 1 : n;
    return true;
}

/* The next group of a level of a row that is not done becomes what the row `to` steps; false: there is none. */
static bool take(const crew *c, row *from, int64_t depth, row *to) {
    level *l = &from->waiting[depth];
    while (l->hi > l->lo) {
        const level group = split(c, l);
        from->text[depth] = c->draft[group.lo].token;
        if (done(c, group, from->text, depth + 1)) continue;
        if (to != from) {
            memcpy(to->text, from->text, (size_t)(depth + 1) * sizeof *to->text);
            memset(to->waiting, 0, (size_t)(depth + 1) * sizeof *to->waiting);
            ll_kept_copy(c->call->many->model, &to->context.own, &from->context.own, depth);
        }
        to->context.own.n = depth;
        to->depth = depth + 1;
        to->now = group;
        return true;
    }
    return false;
}

/* A row goes on with what it left last; where it left nothing, with what another left first. */
static bool go_on(const crew *c, row *r) {
    for (; r->depth > 0; r->depth--)
        if (take(c, r, r->depth - 1, r)) return true;
    return false;
}

static bool help(const crew *c, row *r) {
    for (row *other = c->row; other < c->row + c->rows; other++)
        for (int64_t d = 0; other != r && d < other->depth; d++) {
            const int32_t text = other->text[d]; /* of what the other is about to step */
            const bool found = take(c, other, d, r);
            other->text[d] = text;
            if (found) return true;
        }
    return false;
}

/* Rows that have something to step, their tokens and contexts in front. */
static int64_t gather(crew *c) {
    int64_t n = 0;
    bool some = true; /* waits somewhere */
    for (int64_t i = 0; i < c->rows; i++) {
        row *r = &c->row[i];
        if (!go_on(c, r) && !(some = some && help(c, r))) continue;
        c->stepping[n] = &r->context;
        c->next[n] = r->text[r->depth - 1];
        c->which[n++] = i;
    }
    return n;
}

static void work(void *ctx, int64_t index, int worker) {
    crew *c = (crew *)ctx + index;
    const int64_t V = c->call->many->model->vocab;
    (void)worker;
    const uint64_t before = ll_threads_flush_denormals();
    for (int64_t n; (n = gather(c)) > 0; c->stepped += n) {
        const ll_real *logits = ll_decoder_step_rows(&c->decoder, c->stepping, c->next, n);
        for (int64_t i = 0; i < n; i++) {
            row *r = &c->row[c->which[i]];
            draw(c, r->now, r->depth, logits + i * V);
            r->waiting[r->depth++] = r->now;
        }
    }
    ll_threads_restore_denormals(before);
}

/* ---- memory ---- */

static int64_t rows_of(const call *a, int64_t samples) {
    const double each = (double)ll_kept_size(a->many->model, a->most) * sizeof(ll_real);
    int64_t rows = a->many->rows < samples ? a->many->rows : samples;
    while (rows > 1 && (double)rows * each > MOST_MEMORY) rows /= 2;
    return rows;
}

static void lay_out(ll_arena *a, crew *c, int64_t samples) {
    const ll_model *m = c->call->many->model;
    const size_t most = (size_t)c->call->most, rows = (size_t)c->rows;
    row *row_at = c->row = ll_arena_push(a, rows, sizeof *c->row);
    c->draft = ll_arena_push(a, (size_t)samples, sizeof *c->draft);
    c->sums = ll_arena_push(a, (size_t)m->vocab, sizeof *c->sums);
    c->stepping = ll_arena_push(a, rows, sizeof *c->stepping);
    c->next = ll_arena_push(a, rows, sizeof *c->next);
    c->which = ll_arena_push(a, rows, sizeof *c->which);
    for (size_t i = 0; i < rows; i++) {
        const row r = {
            .text = ll_arena_push(a, most, sizeof *r.text),
            .waiting = ll_arena_push(a, most, sizeof *r.waiting),
            .context = { c->call->prompt,
                         ll_kept_in(m, c->call->most,
                                    ll_arena_push(a, (size_t)ll_kept_size(m, c->call->most), sizeof(ll_real))) }
        };
        if (row_at) row_at[i] = r;
    }
}

/* Samples [from, to) are drawn by this crew, of which the first draw is made here. */
static ll_status start(crew *c, const call *a, int64_t from, int64_t to, ll_error *err) {
    const ll_many *m = a->many;
    *c = (crew) { .call = a, .rows = rows_of(a, to - from) };
    lay_out(&c->memory, c, to - from);
    LL_TRY(ll_arena_alloc(&c->memory, err));
    lay_out(&c->memory, c, to - from);
    LL_TRY(ll_decoder_init_rows(&c->decoder, m->model, m->kernels, m->params, m->packed, c->rows, err));
    for (int64_t j = from; j < to; j++) {
        c->draft[j - from].sample = j;
        a->logprob[j] = 0;
    }
    c->row->waiting[0] = (level) { 0, to - from };
    c->row->depth = 1;
    draw(c, c->row->waiting[0], 0, a->logits);
    return LL_OK;
}

static void end(crew *c) {
    ll_decoder_clear(&c->decoder);
    ll_arena_free(&c->memory);
}

/* ---- the whole ---- */

ll_status ll_many_init(ll_many *m, const ll_model *model, const ll_kernels *kernels, const ll_real *params,
                       const ll_real *packed, int threads, ll_error *err) {
    *m = (ll_many) { .model = model,
                     .kernels = kernels,
                     .params = params,
                     .packed = packed,
                     .threads = threads > 0 ? threads : ll_threads_available(),
                     .rows = LL_MANY_ROWS };
    return ll_decoder_init_rows(&m->reader, model, kernels, params, packed, 1, err);
}

void ll_many_clear(ll_many *m) {
    ll_decoder_clear(&m->reader);
}

static ll_status check(const ll_many *m, const ll_many_ask *ask, ll_error *err) {
    if (ask->n < 1) return LL_FAIL(err, LL_EINPUT, "a prompt is empty, expected one token at least");
    if (ask->most < 1 || ask->most >= 1 << 24)
        return LL_FAIL(err, LL_EINPUT, "tokens of a sample: %lld, expected 1 to 16777215", (long long)ask->most);
    for (int64_t i = 0; i < ask->n; i++)
        if (ask->prompt[i] < 0 || ask->prompt[i] >= m->model->vocab)
            return LL_FAIL(err, LL_EINPUT, "prompt: token %lld is %d, expected 0 to %lld", (long long)i + 1,
                           (int)ask->prompt[i], (long long)m->model->vocab - 1);
    return ll_sample_check(&ask->opts, err);
}

/* So much of the prompt's end that there is room for the continuation, but half a context at least. */
static int64_t kept_of(const ll_many_ask *ask, int64_t T) {
    const int64_t room = T - ask->most + 1, half = T - T / 2, keep = room > half ? room : half;
    return ask->n < keep ? ask->n : keep;
}

static const ll_real *read_prompt(ll_many *m, ll_kept *prompt, const int32_t *token, int64_t n) {
    ll_context context = { .own = *prompt }, *const row = &context;
    const ll_real *logits = NULL;
    for (int64_t i = 0; i < n; i++) logits = ll_decoder_step_rows(&m->reader, &row, token + i, 1);
    prompt->n = n;
    m->stepped += n;
    return logits;
}

static ll_status draw_all(ll_many *m, call *a, int crews, ll_error *err) {
    ll_status status = LL_OK;
    int n = 0;
    for (; n < crews && status == LL_OK; n++)
        status = start(&a->crews[n], a, a->ask->samples * n / crews, a->ask->samples * (n + 1) / crews, err);
    if (status == LL_OK) ll_threads_for(n, n, work, a->crews);
    for (int i = 0; i < n; i++) {
        m->stepped += a->crews[i].stepped;
        end(&a->crews[i]);
    }
    return status;
}

ll_status ll_many_draw(ll_many *m, const ll_many_ask *ask, int32_t *token, int64_t *length, double *logprob,
                       ll_error *err) {
    if (ask->samples < 1) return LL_OK;
    LL_TRY(check(m, ask, err));
    const int64_t T = m->model->context, keep = kept_of(ask, T);
    const int crews = ask->samples < m->threads ? (int)ask->samples : m->threads;
    call a = { .many = m,
               .ask = ask,
               .seed = seed_of(ask),
               .most = ask->most < T - keep + 1 ? ask->most : T - keep + 1,
               .token = token,
               .length = length,
               .logprob = logprob,
               .crews = calloc((size_t)crews, sizeof *a.crews) };
    ll_real *memory = malloc((size_t)ll_kept_size(m->model, keep) * sizeof *memory);
    ll_status status = a.crews && memory ? LL_OK : LL_FAIL(err, LL_ENOMEM, "out of memory for a prompt");
    if (status == LL_OK) {
        ll_kept prompt = ll_kept_in(m->model, keep, memory);
        a.prompt = &prompt;
        a.logits = read_prompt(m, &prompt, ask->prompt + ask->n - keep, keep);
        status = draw_all(m, &a, crews, err);
    }
    free(a.crews);
    free(memory);
    return status;
}
