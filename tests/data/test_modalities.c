/* Shards of other tokens than bytes: what a build of each holds, what its sidecar says, and what is refused. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "data/build.h"
#include "scratch.h"
#include "tiny_gpt2.h"

enum { DOCUMENTS = 200, RECORD = 64 };

static char prefix[LL_PATH_MAX];

/* Documents between zero bytes, which are records of RECORD bytes too: each a number and letters of its own. */
static void write_documents(const char *name, char path[LL_PATH_MAX]) {
    static char all[DOCUMENTS * RECORD];
    for (int i = 0; i < DOCUMENTS; i++) {
        char *at = all + i * RECORD;
        for (int k = 0; k < RECORD - 1; k++) {
            const int letter = k % 9 == 8 ? ' ' : 'a' + (i * 11 + k * (1 + i % 7)) % 26;
            at[k] = (char)letter;
        }
        at[sprintf(at, "document %d", i)] = ' ';
        at[RECORD - 1] = 0;
    }
    support_write(folder, name, all, sizeof all, path);
}

static void build(const char *path, const char *tokenizer, int64_t records, int64_t max_bytes, ll_build_report *r) {
    ll_build_opts o = { .corpus = { .path = path, .records = records },
                        .prefix = prefix,
                        .tokenizer = tokenizer,
                        .val_share = 0.2,
                        .max_bytes = max_bytes };
    assert_ok(ll_build_text(&o, r, err));
}

static int setup(void **state) {
    if (scratch_make(state) != 0) return -1;
    snprintf(prefix, sizeof prefix, "%.900s/out", folder);
    return 0;
}

static void records_are_documents(void **state) {
    (void)state;
    char path[LL_PATH_MAX];
    ll_build_report r;
    ll_shard train, val;
    write_documents("images.nul", path); /* whatever the name says */
    build(path, "levels:16", RECORD, 0, &r);
    assert_int_equal(r.train.documents + r.val.documents, DOCUMENTS);
    assert_ok(ll_shard_open_pair(&train, &val, prefix, err));
    for (int64_t i = 0; i < train.n; i++)
        if ((train.tokens[i] == 16) != (i % (RECORD + 1) == RECORD)) fail_msg("token %d", (int)i);
    assert_int_equal(train.info.vocab, 17);
    assert_string_equal(train.info.tokenizer, "levels:16");
    assert_true(train.info.lost > 0 && isnan(train.info.bytes_per_token));
    assert_int_equal(train.info.characters, 0);
    ll_shard_close(&train);
    ll_shard_close(&val);
    build(path, "bytes", RECORD, 100 * RECORD + 7, &r); /* whole ones alone */
    assert_int_equal(r.train.bytes + r.val.bytes, 100 * RECORD);
    assert_int_equal(r.train.lost, 0);
    assert_close(r.train.bytes_per_token, RECORD / (RECORD + 1.0), 1e-15);
}

static void half_a_record_is_refused(void **state) {
    (void)state;
    char path[LL_PATH_MAX];
    ll_build_report r;
    ll_error e = { 0 };
    write_documents("images.u8", path);
    ll_build_opts o = { .corpus = { .path = path, .records = RECORD - 1 }, .prefix = prefix };
    assert_int_equal(ll_build_text(&o, &r, &e), LL_EINPUT);
    assert_non_null(strstr(e.msg, "expected a whole number of records of 63"));
}

static void an_alphabet_says_what_it_lost(void **state) {
    (void)state;
    char path[LL_PATH_MAX];
    static char genome[12000];
    ll_build_report r;
    for (size_t i = 0; i < sizeof genome; i++) genome[i] = "ACGT"[(i * i / 7 + i / 11) % 4];
    support_write(folder, "genome", genome, sizeof genome, path);
    build(path, "alphabet:ACGT", 0, 0, &r);
    assert_int_equal(r.train.vocab, 5);
    assert_int_equal(r.train.lost + r.val.lost, 0);
    assert_int_equal(r.train.tokens + r.val.tokens, sizeof genome + 2);
    assert_true(r.val.bytes_per_token > 0.99);
    for (size_t i = 70; i < sizeof genome; i += 71) genome[i] = '\n';
    support_write(folder, "genome", genome, sizeof genome, path);
    build(path, "alphabet:ACGT", 0, 0, &r);
    assert_int_equal(r.train.lost + r.val.lost, sizeof genome / 71);
    assert_true(isnan(r.train.bytes_per_token) && isnan(r.val.bytes_per_token));
}

#ifdef LL_HAVE_SENTENCEPIECE

/* The documents of a byte shard, a line feed behind each, are what a tokenizer is trained on. */
static void only_what_trains_teaches(void **state) {
    (void)state;
    char path[LL_PATH_MAX];
    static uint8_t text[DOCUMENTS * RECORD];
    size_t n = 0;
    ll_build_report r;
    ll_shard train, val;
    ll_tokenizer *t;
    write_documents("text.nul", path);
    build(path, "bytes", 0, 0, &r);
    assert_ok(ll_shard_open_pair(&train, &val, prefix, err));
    for (int64_t i = 0; i < train.n; i++)
        text[n++] = train.tokens[i] == LL_TOKEN_END ? '\n' : (uint8_t)train.tokens[i];
    ll_shard_close(&train);
    ll_shard_close(&val);
    assert_ok(ll_tokenizer_train(&t, 320, text, n, err));
    build(path, "bpe:320", 0, 0, &r);
    assert_string_equal(r.train.tokenizer, "sentencepiece");
    assert_string_equal(r.train.tokenizer_hash, t->hash);
    assert_string_equal(r.val.tokenizer_hash, t->hash);
    assert_int_equal(r.train.bytes, n - r.train.documents); /* the same documents train */
    assert_int_equal(r.train.characters, r.train.bytes);
    assert_true(r.train.bytes_per_token > 1);
    ll_tokenizer_free(t);
}

#endif

#ifdef LL_HAVE_PCRE2

static void put_shards(const char *name, const char *path, const char *tokenizer) {
    ll_build_report r;
    snprintf(prefix, sizeof prefix, "%.900s/%s", folder, name);
    build(path, tokenizer, 0, 0, &r);
}

static void rename_in(const char *from, const char *to) {
    char a[2 * LL_PATH_MAX], b[2 * LL_PATH_MAX];
    snprintf(a, sizeof a, "%s/%s", folder, from);
    snprintf(b, sizeof b, "%s/%s", folder, to);
    assert_int_equal(rename(a, b), 0);
}

static void other_tokenizers_are_refused(void **state) {
    (void)state;
    char path[LL_PATH_MAX], gpt2[LL_PATH_MAX + 8], said[2000], words[2500];
    ll_shard train, val;
    ll_error e = { 0 };
    write_documents("text.nul", path);
    assert_true(tiny_gpt2_write(folder));
    snprintf(gpt2, sizeof gpt2, "gpt2:%s", folder);
    put_shards("a", path, gpt2);
    put_shards("b", path, "bytes");
    /* a ladder that names another tokenizer than that of its shards */
    snprintf(words, sizeof words, "run s.yaml --dry-run --data.tokenizer %s/vocab.json", folder);
    support_write(folder, "s.yaml", "data: {shards: b}\nmodel: {context: 16}\n", 39, path);
    assert_int_equal(support_run(folder, words, NULL, 0, said, sizeof said), 2);
    if (!strstr(said, "b: built with another tokenizer than data.tokenizer")) fail_msg("%s", said);
    if (!strstr(said, "tokens of byte") || !strstr(said, "expected those of gpt2")) fail_msg("%s", said);
    assert_int_equal(support_run(folder, "run s.yaml --dry-run", NULL, 0, NULL, 0), 0);
    assert_int_equal(support_run(folder, "run s.yaml --dry-run --data.shards a", NULL, 0, NULL, 0), 0);
    snprintf(words, sizeof words, "run s.yaml --dry-run --data.shards a --data.tokenizer %s/vocab.json", folder);
    assert_int_equal(support_run(folder, words, NULL, 0, NULL, 0), 0);
    /* what validates as well has the tokens that train */
    snprintf(words, sizeof words,
             "run s.yaml --data.shards a --data.also more=text.nul --design.kind list --design.params 1000 "
             "--design.tokens 10000 --forecast.hold_out none --quiet --store also.db");
    assert_int_equal(support_run(folder, words, NULL, 0, said, sizeof said), 0);
    /* a pair of two tokenizers */
    rename_in("b.val.bin", "a.val.bin");
    rename_in("b.val.json", "a.val.json");
    snprintf(prefix, sizeof prefix, "%.900s/a", folder);
    assert_int_equal(ll_shard_open_pair(&train, &val, prefix, &e), LL_EINPUT);
    assert_non_null(strstr(e.msg, "a.val.bin: tokens of byte"));
    assert_int_equal(support_run(folder, "run s.yaml --dry-run --data.shards a", NULL, 0, NULL, 0), 2);
}

#endif

static void program_refuses(void **state) {
    (void)state;
    char path[LL_PATH_MAX], said[2000];
    write_documents("text.nul", path);
    static const struct {
        const char *words, *want;
    } cases[] = { { "--levels 300", "256" },
                  { "--levels 1", "2 to 256 levels" },
                  { "--levels 4 --alphabet AB", "exclude each other" },
                  { "--tokenizer words", "expected bytes, bpe:V" },
                  { "--tokenizer none.model", "none.model" },
                  { "--alphabet A", "2 to 255 letters" } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char words[300];
        snprintf(words, sizeof words, "data build --text text.nul --out x %s", cases[i].words);
        assert_int_equal(support_run(folder, words, NULL, 0, said, sizeof said), 2);
        if (!strstr(said, cases[i].want)) fail_msg("%s: %s", words, said);
    }
    support_write(folder, "m.yaml", "data: {source: markov, levels: 4}\n", 34, path);
    assert_int_equal(support_run(folder, "run m.yaml --dry-run", NULL, 0, said, sizeof said), 2);
    if (!strstr(said, "expected data.text")) fail_msg("%s", said);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_are_documents),         cmocka_unit_test(half_a_record_is_refused),
        cmocka_unit_test(an_alphabet_says_what_it_lost), cmocka_unit_test(program_refuses),
#ifdef LL_HAVE_SENTENCEPIECE
        cmocka_unit_test(only_what_trains_teaches),
#endif
#ifdef LL_HAVE_PCRE2
        cmocka_unit_test(other_tokenizers_are_refused),
#endif
    };
    return cmocka_run_group_tests(tests, setup, scratch_remove);
}
