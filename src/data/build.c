#include "data/build.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/digests.h"

enum { CHUNK = 1 << 13, SLICE = 1 << 16, TEXT_MIN = 4096, TAUGHT_MAX = 32 << 20, TRAIN = 0, VAL = 1 };
static const char *const side_names[2] = { "train", "val" };

/* ---- the pair of shards ---- */

typedef struct pair {
    int first; /* VAL where there is no other */
    ll_shard_writer *writer[2];
    ll_shard_info info[2];
} pair;

static void pair_abandon(pair *p) {
    for (int i = 0; i < 2; i++) ll_shard_abandon(p->writer[i]);
    memset(p->writer, 0, sizeof p->writer);
}

/* tokens: how many are to come; 0 where nobody knows. */
static ll_status pair_create(pair *p, const char *prefix, int64_t tokens, ll_error *err) {
    char path[LL_PATH_MAX], folder[LL_PATH_MAX];
    *p = (pair) { .first = p->first };
    LL_TRY(ll_shard_path(path, prefix, side_names[p->first], err));
    ll_file_folder(folder, path);
    LL_TRY(ll_file_mkdir(folder, err));
    ll_file_tidy(folder);
    LL_TRY(ll_file_need(folder, (double)tokens * sizeof(uint16_t), err));
    for (int i = p->first; i < 2; i++) {
        ll_status s = ll_shard_path(path, prefix, side_names[i], err);
        if (s == LL_OK) s = ll_shard_create(&p->writer[i], path, err);
        if (s == LL_OK) continue;
        pair_abandon(p);
        return s;
    }
    return LL_OK;
}

/* Both are on disk in full before the first is renamed. The writers are freed, also on failure. */
static ll_status pair_commit(pair *p, ll_build_report *report, ll_error *err) {
    ll_status s = LL_OK;
    for (int i = p->first; i < 2 && s == LL_OK; i++) s = ll_shard_settle(p->writer[i], &p->info[i], err);
    for (int i = p->first; i < 2 && s == LL_OK; i++) {
        s = ll_shard_commit(p->writer[i], &p->info[i], err);
        p->writer[i] = NULL;
    }
    pair_abandon(p);
    report->train = p->info[TRAIN];
    report->val = p->info[VAL];
    return s;
}

/* ---- text ---- */

typedef struct builder {
    const ll_build_opts *opts;
    double val_share;
    bool cut; /* every document gives its end to validation */
    bool full;
    int64_t bytes, documents; /* kept so far */
    ll_digests seen;
    pair out;
    ll_tokenizer *tokenizer; /* NULL while its text is gathered */
    ll_tokens tokens;        /* of the document at hand */
    ll_planter planter;      /* empty until places are chosen */
    uint8_t *taught;         /* [n_taught] the text that a tokenizer is trained on */
    size_t n_taught;
} builder;

/* ---- documents ---- */

static int64_t characters(const uint8_t *bytes, size_t size) {
    int64_t n = 0;
    for (size_t i = 0; i < size; i++) n += (bytes[i] & 0xC0) != 0x80;
    return n;
}

/* The line feed between documents is in no piece. */
static ll_status teach(builder *b, const uint8_t *bytes, size_t size, ll_error *err) {
    if (size >= TAUGHT_MAX - b->n_taught) size = TAUGHT_MAX - b->n_taught;
    if (!b->taught) b->taught = malloc(TAUGHT_MAX + 1);
    if (!b->taught) return LL_FAIL(err, LL_ENOMEM, "out of memory for a tokenizer's text");
    memcpy(b->taught + b->n_taught, bytes, size);
    b->n_taught += size;
    if (b->n_taught < TAUGHT_MAX) b->taught[b->n_taught++] = '\n';
    return LL_OK;
}

static ll_status push_slice(builder *b, int side, const uint8_t *bytes, size_t size, ll_error *err) {
    ll_shard_info *info = &b->out.info[side];
    b->tokens.n = b->tokens.lost = 0;
    LL_TRY(ll_tokenizer_encode(b->tokenizer, bytes, size, &b->tokens, err));
    info->bytes += (int64_t)size;
    info->lost += b->tokens.lost;
    if (b->tokenizer->text) info->characters += characters(bytes, size);
    return ll_shard_push(b->out.writer[side], b->tokens.at, b->tokens.n, err);
}

/* Tokens of single bytes are made, hashed and written while they are in the cache. */
static ll_status push_part(builder *b, int side, const uint8_t *bytes, size_t size, ll_error *err) {
    const size_t most = b->tokenizer->bytewise ? SLICE : size;
    for (size_t at = 0; at < size; at += most)
        LL_TRY(push_slice(b, side, bytes + at, size - at < most ? size - at : most, err));
    return LL_OK;
}

/* A line of its own behind the text before it. */
static ll_status push_canary(builder *b, int64_t i, const uint8_t *before, size_t size, ll_error *err) {
    const bool open = size > 0 && before[size - 1] != '\n';
    char line[LL_CANARY_TEXT + 2];
    ll_canary c;
    ll_canary_make(b->opts->canaries, i, &c);
    const int n = snprintf(line, sizeof line, "%s%s\n", open ? "\n" : "", c.text);
    return push_part(b, TRAIN, (const uint8_t *)line, (size_t)n, err);
}

/* Nothing is planted while the planter is empty. */
static ll_status push_planted(builder *b, const uint8_t *bytes, size_t size, ll_error *err) {
    int64_t canary = 0;
    for (size_t done = 0; canary >= 0;) {
        const size_t n = ll_planter_next(&b->planter, bytes + done, size - done, &canary);
        LL_TRY(push_part(b, TRAIN, bytes + done, n, err));
        done += n;
        if (canary >= 0) LL_TRY(push_canary(b, canary, bytes, done, err));
    }
    return LL_OK;
}

static ll_status push_text(builder *b, int side, const uint8_t *bytes, size_t size, ll_error *err) {
    const uint16_t end = b->tokenizer ? (uint16_t)b->tokenizer->end : 0;
    if (size == 0) return LL_OK;
    b->out.info[side].documents++;
    if (!b->tokenizer) {
        b->out.info[side].bytes += (int64_t)size;
        return side == TRAIN ? teach(b, bytes, size, err) : LL_OK;
    }
    if (side == TRAIN) LL_TRY(push_planted(b, bytes, size, err));
    else LL_TRY(push_part(b, side, bytes, size, err));
    return ll_shard_push(b->out.writer[side], &end, 1, err);
}

/* The digest as a number in [0, 1): below val_share the document validates. */
static int side_of(const uint8_t digest[LL_HASH_BYTES], double val_share) {
    uint64_t word = 0;
    for (int i = 0; i < 8; i++) word = word << 8 | digest[LL_HASH_BYTES - 8 + i];
    return (double)(word >> 11) * 0x1p-53 < val_share ? VAL : TRAIN;
}

static ll_status add_document(void *ctx, const char *name, const uint8_t *bytes, size_t size, ll_error *err) {
    (void)name;
    builder *b = ctx;
    const int64_t max = b->opts->max_bytes, left = max - b->bytes;
    if (max > 0 && (int64_t)size > left) size = b->opts->corpus.records ? 0 : (size_t)left;
    if (size == 0) return b->full = true, LL_ESTOP; /* no half of a record */
    uint8_t digest[LL_HASH_BYTES];
    bool fresh;
    ll_hash h;
    ll_hash_init(&h);
    ll_hash_update(&h, bytes, size);
    ll_hash_final(&h, digest);
    LL_TRY(ll_digests_add(&b->seen, digest, &fresh, err));
    int side = b->cut ? TRAIN : side_of(digest, b->val_share);
    if (!fresh) {
        b->out.info[side].duplicates++;
        return LL_OK;
    }
    size_t tail = b->cut ? (size_t)ceil((double)size * b->val_share) : 0;
    LL_TRY(push_text(b, side, bytes, size - tail, err));
    LL_TRY(push_text(b, VAL, bytes + size - tail, tail, err));
    b->documents++;
    b->bytes += (int64_t)size;
    if (b->opts->progress) b->opts->progress(b->opts->progress_ctx, b->documents, b->bytes);
    if (b->opts->stop && b->opts->stop(b->opts->progress_ctx))
        return LL_FAIL(err, LL_ESTOP, "%s: stopped, nothing written", b->opts->prefix);
    b->full = max > 0 && b->bytes >= max;
    return b->full ? LL_ESTOP : LL_OK;
}

static ll_status walk_corpus(const builder *b, ll_document_sink *sink, void *ctx, ll_corpus_stats *stats,
                             ll_error *err) {
    ll_corpus_opts corpus = b->opts->corpus;
    if (!corpus.max_unpacked && b->opts->max_bytes > LL_UNPACKED_MAX) corpus.max_unpacked = b->opts->max_bytes;
    return ll_corpus_read(&corpus, sink, ctx, stats, err);
}

/* One walk over the corpus. After a failure nothing is left open. */
static ll_status read_corpus(builder *b, bool cut, ll_build_report *report, ll_error *err) {
    LL_TRY(pair_create(&b->out, b->opts->prefix, 0, err));
    b->cut = cut;
    b->full = false;
    b->bytes = b->documents = 0;
    b->n_taught = 0;
    ll_planter_restart(&b->planter);
    ll_status s = walk_corpus(b, add_document, b, &report->read, err);
    ll_digests_clear(&b->seen);
    if (s == LL_ESTOP && b->full) s = LL_OK;
    if (s == LL_OK && b->bytes < TEXT_MIN)
        s = LL_FAIL(err, LL_EINPUT, "%s: %lld bytes of text, expected at least %d", b->opts->corpus.path,
                    (long long)b->bytes, TEXT_MIN);
    if (s != LL_OK) pair_abandon(&b->out);
    return s;
}

static void describe(builder *b, const ll_corpus_stats *read, const char *listing) {
    const ll_corpus_opts *o = &b->opts->corpus;
    for (int i = 0; i < 2; i++) {
        ll_shard_info *info = &b->out.info[i];
        const bool suffix = o->suffix && *o->suffix;
        snprintf(info->origin, sizeof info->origin, "%.900s%s%.80s", o->path, suffix ? " *" : "",
                 suffix ? o->suffix : "");
        strcpy(info->tokenizer, b->tokenizer->name);
        strcpy(info->tokenizer_hash, b->tokenizer->hash);
        strcpy(info->listing, listing);
        strcpy(info->first_unread, read->first_unread);
        info->unread = read->unread;
        info->vocab = b->tokenizer->vocab;
        info->entropy = info->entropy_error = NAN;
    }
    if (b->planter.n) b->out.info[TRAIN].canaries = *b->opts->canaries;
}

/* Too few for whole documents to validate. */
static bool is_few(const builder *b, int64_t documents) {
    return !b->opts->all_validates && (double)documents * b->val_share < 1;
}

static bool lopsided(const builder *b) {
    if (b->opts->all_validates) return false;
    return is_few(b, b->documents) || !b->out.info[TRAIN].documents || !b->out.info[VAL].documents;
}

typedef struct counting {
    const builder *b;
    int64_t documents, bytes;
    bool enough;
} counting;

static ll_status count_document(void *ctx, const char *name, const uint8_t *bytes, size_t size, ll_error *err) {
    counting *c = ctx;
    const int64_t max = c->b->opts->max_bytes;
    (void)name, (void)bytes, (void)err;
    c->documents++;
    c->bytes += (int64_t)size;
    c->enough = !is_few(c->b, c->documents) || (max > 0 && c->bytes >= max);
    return c->enough ? LL_ESTOP : LL_OK;
}

/* Few documents are counted before any is hashed and written; many are not all looked at. */
static ll_status count_documents(const builder *b, bool *few, ll_error *err) {
    counting c = { .b = b };
    ll_corpus_stats unused;
    const ll_status s = walk_corpus(b, count_document, &c, &unused, err);
    *few = is_few(b, c.documents);
    return s == LL_ESTOP && c.enough ? LL_OK : s;
}

/* Whole documents on either side, or parts of each on both. */
static ll_status read_sides(builder *b, ll_build_report *report, ll_error *err) {
    bool few;
    LL_TRY(count_documents(b, &few, err));
    if (few) return read_corpus(b, true, report, err);
    LL_TRY(read_corpus(b, false, report, err));
    if (!lopsided(b)) return LL_OK;
    pair_abandon(&b->out);
    return read_corpus(b, true, report, err);
}

/* One that is to be trained reads the text first, and of it only what trains. */
static ll_status make_tokenizer(builder *b, ll_build_report *report, ll_error *err) {
    const char *name = b->opts->tokenizer ? b->opts->tokenizer : "bytes";
    const int64_t V = ll_tokenizer_to_train(name);
    if (!V) return ll_tokenizer_open(&b->tokenizer, name, err);
    LL_TRY(read_sides(b, report, err));
    pair_abandon(&b->out);
    return ll_tokenizer_train(&b->tokenizer, V, b->taught, b->n_taught, err);
}

/* The places of canaries depend on how much text trains: it is read once to know. */
static ll_status choose_places(builder *b, ll_build_report *report, ll_error *err) {
    const ll_canaries *c = b->opts->canaries;
    if (!c || !c->n) return LL_OK;
    LL_TRY(ll_canaries_check(c, err));
    if (!b->tokenizer->text)
        return LL_FAIL(err, LL_EINPUT, "canaries are lines of text, here are tokens of %.80s", b->tokenizer->name);
    LL_TRY(read_sides(b, report, err));
    pair_abandon(&b->out);
    return ll_planter_init(&b->planter, c, b->out.info[TRAIN].bytes, err);
}

static ll_status check_planted(const builder *b, ll_error *err) {
    const ll_planter *p = &b->planter;
    if (p->next == p->n) return LL_OK;
    return LL_FAIL(err, LL_ESTATE, "%s: changed while it was read: %lld of %lld lines of canaries have a place",
                   b->opts->corpus.path, (long long)p->next, (long long)p->n);
}

static ll_status build(builder *b, ll_build_report *report, ll_error *err) {
    char listing[LL_HASH_HEX]; /* of before it is read: what changes meanwhile has changed since */
    LL_TRY(ll_corpus_listing(&b->opts->corpus, listing, err));
    LL_TRY(make_tokenizer(b, report, err));
    LL_TRY(choose_places(b, report, err));
    LL_TRY(read_sides(b, report, err));
    describe(b, &report->read, listing);
    ll_status s = check_planted(b, err);
    if (s == LL_OK) s = ll_tokenizer_save(b->tokenizer, b->opts->prefix, err);
    if (s == LL_OK) return pair_commit(&b->out, report, err);
    pair_abandon(&b->out);
    return s;
}

ll_status ll_build_text(const ll_build_opts *opts, ll_build_report *report, ll_error *err) {
    *report = (ll_build_report) { 0 };
    double share = opts->all_validates ? 1 : opts->val_share == 0 ? 0.05 : opts->val_share;
    if (!(share > 0 && (share < 1 || opts->all_validates)))
        return LL_FAIL(err, LL_EINPUT, "val_share is %g, expected a number above 0 and below 1", share);
    builder *b = calloc(1, sizeof *b);
    if (!b) return LL_FAIL(err, LL_ENOMEM, "%s: out of memory", opts->prefix);
    b->opts = opts;
    b->val_share = share;
    b->out.first = opts->all_validates ? VAL : TRAIN;
    ll_status s = build(b, report, err);
    ll_tokenizer_free(b->tokenizer);
    ll_tokens_clear(&b->tokens);
    ll_planter_clear(&b->planter);
    free(b->taught);
    free(b);
    return s;
}

/* ---- sources ---- */

/* What two streams of a seed are drawn from, one for each side. */
typedef struct drawn {
    const ll_source *source;
    const ll_arithmetic *arithmetic; /* where there is no source */
    uint64_t seed;
} drawn;

static ll_status push_source(pair *p, int side, const drawn *from, int64_t n, ll_error *err) {
    const ll_source *source = from->source;
    ll_source_stream at = ll_source_start(source, from->seed, (uint32_t)side);
    uint16_t chunk[CHUNK];
    for (int64_t left = n; left > 0;) {
        int64_t k = left < CHUNK ? left : CHUNK;
        ll_source_next(&at, chunk, k);
        LL_TRY(ll_shard_push(p->writer[side], chunk, k, err));
        left -= k;
    }
    ll_shard_info *info = &p->info[side];
    info->vocab = ll_source_vocab(source);
    info->documents = 1;
    info->entropy = ll_source_entropy(source);
    info->entropy_error = ll_source_entropy_error(source);
    strcpy(info->tokenizer, "source");
    snprintf(info->origin, sizeof info->origin, "%s, stream %d of seed %llu", ll_source_name(source), side,
             (unsigned long long)from->seed);
    return LL_OK;
}

static void describe_arithmetic(ll_shard_info *info, int side, const drawn *from) {
    const ll_arithmetic *a = from->arithmetic;
    int at = snprintf(info->origin, sizeof info->origin, "arithmetic,");
    for (int k = 0; k < a->n; k++)
        at +=
            snprintf(info->origin + at, sizeof info->origin - (size_t)at, " %s", ll_arithmetic_op_names[a->op[k]]);
    snprintf(info->origin + at, sizeof info->origin - (size_t)at, ", up to %d digits, stream %d of seed %llu",
             a->digits, side, (unsigned long long)from->seed);
    strcpy(info->tokenizer, "byte");
    info->vocab = LL_BYTE_VOCAB;
    info->characters = info->bytes;
    info->entropy = ll_arithmetic_entropy(a);
    info->entropy_error = isnan(info->entropy) ? NAN : 0;
}

static ll_status push_arithmetic(pair *p, int side, const drawn *from, int64_t n, ll_error *err) {
    char text[LL_ARITHMETIC_DOCUMENT];
    uint16_t tokens[LL_ARITHMETIC_DOCUMENT + 1];
    ll_shard_info *info = &p->info[side];
    for (int64_t left = n; left > 0; info->documents++) {
        const int64_t size = (int64_t)ll_arithmetic_document(from->arithmetic, from->seed, (uint32_t)side,
                                                             (uint32_t)info->documents, text);
        const int64_t k = size + 1 < left ? size + 1 : left;
        for (int64_t i = 0; i < size; i++) tokens[i] = (uint8_t)text[i];
        tokens[size] = LL_TOKEN_END;
        LL_TRY(ll_shard_push(p->writer[side], tokens, k, err));
        info->bytes += k < size ? k : size;
        left -= k;
    }
    describe_arithmetic(info, side, from);
    return LL_OK;
}

static ll_status push_drawn(pair *p, int side, const drawn *from, int64_t n, ll_error *err) {
    return from->source ? push_source(p, side, from, n, err) : push_arithmetic(p, side, from, n, err);
}

static ll_status build_drawn(const drawn *from, const char *prefix, int64_t train_tokens, int64_t val_tokens,
                             ll_build_report *report, ll_error *err) {
    *report = (ll_build_report) { 0 };
    if (train_tokens < 2 || val_tokens < 2)
        return LL_FAIL(err, LL_EINPUT, "%lld and %lld tokens of a source, expected at least 2 each",
                       (long long)train_tokens, (long long)val_tokens);
    pair p = { .first = TRAIN };
    if (train_tokens > INT64_MAX - val_tokens)
        return LL_FAIL(err, LL_EINPUT, "%lld and %lld tokens of a source are too many", (long long)train_tokens,
                       (long long)val_tokens);
    LL_TRY(pair_create(&p, prefix, train_tokens + val_tokens, err));
    ll_status s = push_drawn(&p, TRAIN, from, train_tokens, err);
    if (s == LL_OK) s = push_drawn(&p, VAL, from, val_tokens, err);
    if (s == LL_OK) return pair_commit(&p, report, err);
    pair_abandon(&p);
    return s;
}

ll_status ll_build_source(const ll_source *source, const char *prefix, int64_t train_tokens, int64_t val_tokens,
                          uint64_t seed, ll_build_report *report, ll_error *err) {
    const drawn from = { .source = source, .seed = seed };
    return build_drawn(&from, prefix, train_tokens, val_tokens, report, err);
}

ll_status ll_build_arithmetic(const ll_arithmetic *text, const char *prefix, int64_t train_tokens,
                              int64_t val_tokens, uint64_t seed, ll_build_report *report, ll_error *err) {
    const drawn from = { .arithmetic = text, .seed = seed };
    return build_drawn(&from, prefix, train_tokens, val_tokens, report, err);
}
