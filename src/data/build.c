#include "data/build.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/digests.h"

enum { CHUNK = 1 << 16, TEXT_MIN = 4096, TRAIN = 0, VAL = 1 };
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
    uint16_t chunk[CHUNK];
} builder;

static ll_status push_text(builder *b, int side, const uint8_t *bytes, size_t size, ll_error *err) {
    static const uint16_t end = LL_TOKEN_END;
    ll_shard_info *info = &b->out.info[side];
    if (size == 0) return LL_OK;
    for (size_t done = 0; done < size;) {
        size_t n = size - done < CHUNK ? size - done : CHUNK;
        for (size_t i = 0; i < n; i++) {
            b->chunk[i] = bytes[done + i];
            info->characters += (bytes[done + i] & 0xC0) != 0x80;
        }
        LL_TRY(ll_shard_push(b->out.writer[side], b->chunk, (int64_t)n, err));
        done += n;
    }
    info->bytes += (int64_t)size;
    info->documents++;
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
    if (max > 0 && (int64_t)size > left) size = (size_t)left;
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

/* One walk over the corpus. After a failure nothing is left open. */
static ll_status read_corpus(builder *b, bool cut, ll_build_report *report, ll_error *err) {
    LL_TRY(pair_create(&b->out, b->opts->prefix, 0, err));
    b->cut = cut;
    b->full = false;
    b->bytes = b->documents = 0;
    ll_corpus_opts corpus = b->opts->corpus;
    if (!corpus.max_unpacked && b->opts->max_bytes > LL_UNPACKED_MAX) corpus.max_unpacked = b->opts->max_bytes;
    ll_status s = ll_corpus_read(&corpus, add_document, b, &report->read, err);
    ll_digests_clear(&b->seen);
    if (s == LL_ESTOP && b->full) s = LL_OK;
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
        strcpy(info->tokenizer, "byte");
        strcpy(info->listing, listing);
        strcpy(info->first_unread, read->first_unread);
        info->unread = read->unread;
        info->vocab = LL_BYTE_VOCAB;
        info->entropy = info->entropy_error = NAN;
    }
}

static bool lopsided(const builder *b) {
    if (b->opts->all_validates) return false;
    return (double)b->documents * b->val_share < 1 || !b->out.info[TRAIN].documents || !b->out.info[VAL].documents;
}

static ll_status build(builder *b, ll_build_report *report, ll_error *err) {
    char listing[LL_HASH_HEX]; /* of before it is read: what changes meanwhile has changed since */
    LL_TRY(ll_corpus_listing(&b->opts->corpus, listing, err));
    LL_TRY(read_corpus(b, false, report, err));
    if (b->bytes < TEXT_MIN) {
        pair_abandon(&b->out);
        return LL_FAIL(err, LL_EINPUT, "%s: %lld bytes of text, expected at least %d", b->opts->corpus.path,
                       (long long)b->bytes, TEXT_MIN);
    }
    if (lopsided(b)) {
        pair_abandon(&b->out);
        LL_TRY(read_corpus(b, true, report, err));
    }
    describe(b, &report->read, listing);
    return pair_commit(&b->out, report, err);
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
    free(b);
    return s;
}

/* ---- sources ---- */

static ll_status push_stream(pair *p, int side, const ll_source *source, uint64_t seed, int64_t n, ll_error *err) {
    ll_source_stream at = ll_source_start(source, seed, (uint32_t)side);
    uint16_t chunk[CHUNK / 8];
    for (int64_t left = n; left > 0;) {
        int64_t k = left < CHUNK / 8 ? left : CHUNK / 8;
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
             (unsigned long long)seed);
    return LL_OK;
}

ll_status ll_build_source(const ll_source *source, const char *prefix, int64_t train_tokens, int64_t val_tokens,
                          uint64_t seed, ll_build_report *report, ll_error *err) {
    *report = (ll_build_report) { 0 };
    if (train_tokens < 2 || val_tokens < 2)
        return LL_FAIL(err, LL_EINPUT, "%lld and %lld tokens of a source, expected at least 2 each",
                       (long long)train_tokens, (long long)val_tokens);
    pair p = { .first = TRAIN };
    if (train_tokens > INT64_MAX - val_tokens)
        return LL_FAIL(err, LL_EINPUT, "%lld and %lld tokens of a source are too many", (long long)train_tokens,
                       (long long)val_tokens);
    LL_TRY(pair_create(&p, prefix, train_tokens + val_tokens, err));
    ll_status s = push_stream(&p, TRAIN, source, seed, train_tokens, err);
    if (s == LL_OK) s = push_stream(&p, VAL, source, seed, val_tokens, err);
    if (s == LL_OK) return pair_commit(&p, report, err);
    pair_abandon(&p);
    return s;
}
