/* The data of a sweep: its shards found, or built from text or a source; on a dry run as much as tells whether a run
 * takes it. */
#define _POSIX_C_SOURCE 200809L
#include "sweep/sweep_data.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/document/hash.h"
#include "data/batch.h"
#include "data/build.h"

#define VAL_TOKENS 200000 /* of a synthetic source */

/* The part of the resolved spec that decides the shards: they are named by its hash. A source is drawn by the seed,
 * text is not. How much of them a run sees, and what else it is validated on, is the run's. */
static ll_status data_prefix(ll_sweep *s, const char *folder, ll_error *err) {
    ll_spec shards = s->spec;
    shards.data.unique_tokens.n = 0;
    *shards.data.also = 0;
    char hex[LL_HASH_HEX], name[64], *text = ll_spec_text(&shards);
    if (!text) return LL_FAIL(err, LL_ENOMEM, "out of memory");
    const char *begin = strstr(text, "data:\n"), *end = strstr(text, "model:\n");
    ll_hash h;
    uint8_t digest[LL_HASH_BYTES];
    ll_hash_init(&h);
    ll_hash_update(&h, begin, (size_t)(end - begin));
    if (!*s->spec.data.text) ll_hash_update(&h, &s->spec.seed, sizeof s->spec.seed);
    ll_hash_final(&h, digest);
    free(text);
    ll_hash_hex(digest, hex);
    snprintf(name, sizeof name, "data-%.8s", hex);
    return ll_file_join(s->data_prefix, folder, name, err);
}

static bool is_arithmetic(const ll_spec *p) {
    return strcmp(p->data.source, "arithmetic") == 0;
}

static ll_status build_source(const ll_sweep *s, int64_t tokens, ll_build_report *report, ll_error *err) {
    const ll_spec *p = &s->spec;
    const uint64_t seed = (uint64_t)p->seed;
    ll_source *source;
    if (is_arithmetic(p)) {
        ll_arithmetic text;
        LL_TRY(ll_arithmetic_named(&text, p->data.operations, p->data.digits, err));
        return ll_build_arithmetic(&text, s->data_prefix, tokens, VAL_TOKENS, seed, report, err);
    }
    if (!strcmp(p->data.source, "markov"))
        LL_TRY(ll_source_markov(&source, p->data.vocab, p->data.order, p->data.alpha, seed, err));
    else LL_TRY(ll_source_hmm_flip(&source, p->data.states, p->data.vocab, p->data.flip, err));
    ll_status status = ll_build_source(source, s->data_prefix, tokens, VAL_TOKENS, seed, report, err);
    ll_source_free(source);
    return status;
}

/* data.suffix chooses among the files of data.text alone. */
static ll_corpus_opts corpus_of(const ll_spec *p, const char *path) {
    return (ll_corpus_opts) { .path = path,
                              .suffix = path == p->data.text && *p->data.suffix ? p->data.suffix : NULL,
                              .field = p->data.field,
                              .records = (int64_t)p->data.records };
}

static ll_status build_data(const ll_sweep *s, ll_error *err) {
    const ll_spec *p = &s->spec;
    ll_build_report report;
    ll_canaries canaries;
    char tokenizer[LL_TOKENIZER_ASKED];
    if (!*p->data.text) return build_source(s, p->data.tokens, &report, err);
    LL_TRY(ll_tokenizer_named(tokenizer, p->data.tokenizer, p->data.levels, p->data.alphabet, err));
    LL_TRY(ll_spec_canaries(p, s->opts.where, &canaries, err));
    ll_build_opts o = { .corpus = corpus_of(p, p->data.text),
                        .canaries = &canaries,
                        .tokenizer = tokenizer,
                        .prefix = s->data_prefix,
                        .val_share = p->data.val_share,
                        .max_bytes = (int64_t)p->data.max_bytes,
                        .progress = s->opts.reading,
                        .stop = s->opts.stop,
                        .progress_ctx = s->opts.ctx };
    return ll_build_text(&o, &report, err);
}

static bool shard_exists(const char *prefix, const char *side) {
    char path[LL_PATH_MAX];
    return ll_shard_path(path, prefix, side, NULL) == LL_OK && access(path, R_OK) == 0;
}

static bool shards_exist(const char *prefix) {
    return shard_exists(prefix, "val") && shard_exists(prefix, "train");
}

/* Shards are read through once, before the first rung: a rotten one is found, and those of others are known by
 * their hash. */
static ll_status verify_shards(const ll_sweep *s, ll_shard *train, ll_shard *val, ll_error *err) {
    char path[LL_PATH_MAX];
    LL_TRY(ll_shard_path(path, s->data_prefix, "train", err));
    LL_TRY(ll_shard_verify(train, path, err));
    LL_TRY(ll_shard_path(path, s->data_prefix, "val", err));
    return ll_shard_verify(val, path, err);
}

/* Shards of our own can be had again. */
static ll_status name_way_out(const char *own, ll_status status, ll_error *err) {
    if (status != LL_EFORMAT || !own || !err) return status;
    ll_error why = *err;
    return LL_FAIL(err, status, "%.600s; remove %.300s.* and the next run builds it anew", why.msg, own);
}

/* What the spec calls its tokens: how many there are, and whether they are the shards'. A tokenizer that is still to be
 * trained has no hash. */
static ll_status measure_tokens(const ll_sweep *s, ll_shard_info *out, ll_error *err) {
    char name[LL_TOKENIZER_ASKED];
    ll_tokenizer *t;
    *out = (ll_shard_info) { .vocab = s->spec.data.vocab, .bytes_per_token = NAN, .entropy = NAN };
    const bool chosen = *s->spec.data.shards && strcmp(s->spec.data.tokenizer, "bytes") != 0;
    if (is_arithmetic(&s->spec)) out->vocab = LL_BYTE_VOCAB;
    if (!*s->spec.data.text && !chosen) return LL_OK;
    LL_TRY(ll_tokenizer_named(name, s->spec.data.tokenizer, s->spec.data.levels, s->spec.data.alphabet, err));
    if ((out->vocab = ll_tokenizer_to_train(name))) return LL_OK;
    LL_TRY(ll_tokenizer_open(&t, name, err));
    out->vocab = t->vocab;
    strcpy(out->tokenizer, t->name);
    strcpy(out->tokenizer_hash, t->hash);
    ll_tokenizer_free(t);
    return LL_OK;
}

static ll_status check_tokenizer(const ll_sweep *s, const ll_shard_info *shards, ll_error *err) {
    ll_shard_info named;
    LL_TRY(measure_tokens(s, &named, err));
    if (!named.tokenizer[0] || ll_shard_same_tokenizer(&named, shards, err) == LL_OK) return LL_OK;
    return ll_error_prefix(err, "%s: built with another tokenizer than data.tokenizer, %s", s->data_prefix,
                           s->spec.data.tokenizer);
}

static ll_status open_data(ll_sweep *s, ll_error *err) {
    ll_shard train, val;
    char both[2 * LL_HASH_HEX];
    const char *own = *s->spec.data.shards ? NULL : s->data_prefix;
    ll_status status = ll_shard_open_pair(&train, &val, s->data_prefix, err);
    if (status != LL_OK) return name_way_out(own, status, err);
    status = name_way_out(own, verify_shards(s, &train, &val, err), err);
    s->train = train.info;
    s->val = val.info;
    snprintf(both, sizeof both, "%s\n%s", train.info.hash, val.info.hash);
    ll_hash_of(both, strlen(both), s->data_hash);
    if (status == LL_OK) status = check_tokenizer(s, &train.info, err);
    if (status == LL_OK) status = ll_batch_check(&train, s->spec.model.context, err);
    if (status == LL_OK) status = ll_batch_check(&val, s->spec.model.context, err);
    ll_shard_close(&train);
    ll_shard_close(&val);
    return status;
}

/* ---- a text that changes ---- */

/* The listing that a shard's sidecar holds; "" where it holds none. */
static ll_status listing_of(const char *prefix, const char *side, char listing[LL_HASH_HEX], ll_error *err) {
    char path[LL_PATH_MAX];
    ll_shard shard;
    LL_TRY(ll_shard_path(path, prefix, side, err));
    LL_TRY(ll_shard_open(&shard, path, err));
    strcpy(listing, shard.info.listing);
    ll_shard_close(&shard);
    return LL_OK;
}

/* The text may be another than it was when its shards, known by that of one side, were built. Those of the first
 * build are PREFIX; a text that has changed since has shards of its own, PREFIX-LISTING. */
static ll_status follow_text(const ll_sweep *s, const char *text, char prefix[LL_PATH_MAX], const char *side,
                             ll_error *err) {
    char now[LL_HASH_HEX], then[LL_HASH_HEX], changed_prefix[LL_PATH_MAX];
    const char *changed = s->opts.changed ? s->opts.changed : "refuse";
    if (!shard_exists(prefix, side)) return LL_OK;
    LL_TRY(name_way_out(prefix, listing_of(prefix, side, then, err), err));
    if (!*then || strcmp(changed, "keep") == 0) return LL_OK;
    const ll_corpus_opts corpus = corpus_of(&s->spec, text);
    LL_TRY(ll_corpus_listing(&corpus, now, err));
    if (strcmp(then, now) == 0) return LL_OK;
    int n = snprintf(changed_prefix, sizeof changed_prefix, "%s-%.8s", prefix, now);
    if (n < 0 || n >= (int)sizeof changed_prefix)
        return LL_FAIL(err, LL_EINPUT, "%.200s...: path is too long", prefix);
    if (!shard_exists(changed_prefix, side) && strcmp(changed, "rebuild") != 0)
        return LL_FAIL(
            err, LL_ESTATE,
            "%.400s: the text has changed since its shards were built: --changed-text rebuild takes it as "
            "it is now, --changed-text keep goes on with %.300s",
            text, prefix);
    strcpy(prefix, changed_prefix);
    return LL_OK;
}

/* ---- data on a dry run ---- */

enum { TRIED_BYTES = 1 << 20 }; /* of text or tokens: so much tells */

typedef struct trial {
    int64_t enough;
    bool reached;
} trial;

static void count_bytes(void *ctx, int64_t documents, int64_t bytes) {
    trial *t = ctx;
    (void)documents;
    t->reached = bytes >= t->enough;
}

static bool is_enough(void *ctx) {
    return ((const trial *)ctx)->reached;
}

static void remove_flat(const char *folder) {
    char path[LL_PATH_MAX];
    DIR *d = opendir(folder);
    for (const struct dirent *e; d && (e = readdir(d));)
        if (e->d_name[0] != '.' && ll_file_join(path, folder, e->d_name, NULL) == LL_OK) unlink(path);
    if (d) closedir(d);
    rmdir(folder);
}

/* Into data_prefix, no more than tells whether the run would take it. Data that is all there is opened too. */
static ll_status build_some(ll_sweep *s, ll_error *err) {
    const ll_spec *p = &s->spec;
    ll_build_report report;
    ll_sweep some = *s;
    trial t = { .enough = TRIED_BYTES + (int64_t)(4 * (double)p->model.context / p->data.val_share) };
    if (!*p->data.text) {
        const int64_t tokens = p->data.tokens < TRIED_BYTES ? p->data.tokens : TRIED_BYTES;
        LL_TRY(build_source(s, tokens, &report, err));
        return open_data(&some, err);
    }
    some.opts.reading = count_bytes;
    some.opts.stop = is_enough;
    some.opts.ctx = &t;
    ll_status status = build_data(&some, err);
    if (status == LL_ESTOP && t.reached) return LL_OK;
    return status == LL_OK ? open_data(&some, err) : status;
}

/* What a run would refuse, its dry run refuses, and leaves nothing behind. */
static ll_status try_data(ll_sweep *s, ll_error *err) {
    char folder[LL_PATH_MAX], prefix[LL_PATH_MAX];
    const char *tmp = getenv("TMPDIR");
    LL_TRY(ll_file_join(folder, tmp && *tmp ? tmp : "/tmp", "loglog-dry-XXXXXX", err));
    if (!mkdtemp(folder)) return LL_FAIL(err, LL_EIO, "%s: cannot make a folder there", folder);
    strcpy(prefix, s->data_prefix);
    ll_status status = ll_file_join(s->data_prefix, folder, "data", err);
    if (status == LL_OK) status = build_some(s, err);
    strcpy(s->data_prefix, prefix);
    remove_flat(folder);
    return status;
}

static ll_status prepare_data(ll_sweep *s, const char *folder, ll_error *err) {
    bool given = *s->spec.data.shards != 0;
    if (given) snprintf(s->data_prefix, sizeof s->data_prefix, "%s", s->spec.data.shards);
    else LL_TRY(data_prefix(s, folder, err));
    if (*s->spec.data.text) LL_TRY(follow_text(s, s->spec.data.text, s->data_prefix, "train", err));
    if (!given && !shards_exist(s->data_prefix)) {
        LL_TRY(measure_tokens(s, &s->train, err));
        if (s->opts.dry) return try_data(s, err);
        LL_TRY(
            ll_design_rungs(&s->spec, s->train.vocab, &s->rungs, &s->n, err)); /* what it refuses, it refuses now */
        free(s->rungs);
        s->rungs = NULL;
        LL_TRY(build_data(s, err));
    }
    return open_data(s, err);
}

/* ---- texts that validate as well ---- */

/* Named by what decides them, the text, how it is read and the tokenizer; they may serve several ladders. */
static ll_status also_prefix(ll_sweep *s, int i, const char *folder, ll_error *err) {
    char hex[LL_HASH_HEX], name[64];
    const char *parts[] = { s->also.path[i], s->spec.data.field, s->train.tokenizer, s->train.tokenizer_hash };
    ll_hash h;
    uint8_t digest[LL_HASH_BYTES];
    ll_hash_init(&h);
    for (int k = 0; k < 4; k++) ll_hash_update(&h, parts[k], strlen(parts[k]) + 1);
    ll_hash_update(&h, &s->spec.data.max_bytes, sizeof s->spec.data.max_bytes);
    ll_hash_update(&h, &s->spec.data.records, sizeof s->spec.data.records);
    ll_hash_final(&h, digest);
    ll_hash_hex(digest, hex);
    snprintf(name, sizeof name, "also-%.8s", hex);
    return ll_file_join(s->also_prefix[i], folder, name, err);
}

static ll_status build_also(const ll_sweep *s, int i, ll_error *err) {
    ll_build_report report;
    char tokenizer[LL_TOKENIZER_ASKED];
    LL_TRY(ll_tokenizer_kept(tokenizer, s->data_prefix, s->train.tokenizer, err));
    ll_build_opts o = { .corpus = corpus_of(&s->spec, s->also.path[i]),
                        .tokenizer = tokenizer,
                        .prefix = s->also_prefix[i],
                        .all_validates = true,
                        .max_bytes = (int64_t)s->spec.data.max_bytes,
                        .progress = s->opts.reading,
                        .stop = s->opts.stop,
                        .progress_ctx = s->opts.ctx };
    return ll_build_text(&o, &report, err);
}

/* Verified, of the tokens that are trained on; its hash becomes part of the data's. */
static ll_status check_also(ll_sweep *s, int i, ll_error *err) {
    char path[LL_PATH_MAX], both[2 * LL_HASH_HEX];
    ll_shard shard;
    LL_TRY(ll_shard_path(path, s->also_prefix[i], "val", err));
    LL_TRY(name_way_out(s->also_prefix[i], ll_shard_open(&shard, path, err), err));
    ll_status status = name_way_out(s->also_prefix[i], ll_shard_verify(&shard, path, err), err);
    if (status == LL_OK) status = ll_batch_check(&shard, s->spec.model.context, err);
    if (status == LL_OK && (status = ll_shard_same_tokenizer(&s->train, &shard.info, err)) != LL_OK)
        ll_error_prefix(err, "data.also: %.300s", s->also.path[i]);
    snprintf(both, sizeof both, "%s\n%s", s->data_hash, shard.info.hash);
    ll_hash_of(both, strlen(both), s->data_hash);
    ll_shard_close(&shard);
    return status;
}

static ll_status prepare_also(ll_sweep *s, const char *folder, ll_error *err) {
    LL_TRY(ll_spec_list_also(&s->spec, s->opts.where, &s->also, err));
    for (int i = 0; i < s->also.n; i++) {
        char listing[LL_HASH_HEX];
        const ll_corpus_opts corpus = corpus_of(&s->spec, s->also.path[i]);
        LL_TRY(also_prefix(s, i, folder, err));
        LL_TRY(follow_text(s, s->also.path[i], s->also_prefix[i], "val", err));
        const bool there = shard_exists(s->also_prefix[i], "val");
        if (s->opts.dry && !there) LL_TRY(ll_corpus_listing(&corpus, listing, err));
        if (!s->opts.dry && !there) LL_TRY(build_also(s, i, err));
        if (s->data_hash[0] && (there || !s->opts.dry)) LL_TRY(check_also(s, i, err));
        else s->data_hash[0] = 0; /* not known on this dry run */
    }
    return LL_OK;
}

ll_status ll_sweep_settle_data(ll_sweep *s, const char *folder, ll_error *err) {
    if (ll_spec_has_data(&s->spec)) {
        LL_TRY(prepare_data(s, folder, err));
        return prepare_also(s, folder, err);
    }
    ll_hash_of("", 0, s->data_hash); /* of no data of ours: the spec alone names the ladder */
    const double bytes = s->spec.engine.metrics.bytes_per_token;
    s->val.bytes_per_token = s->train.bytes_per_token = bytes > 0 ? bytes : NAN;
    s->val.entropy = s->train.entropy = NAN;
    return LL_OK;
}
