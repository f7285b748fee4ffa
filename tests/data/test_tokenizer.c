/* Tokenizers: what hand-made merges give, round trips of any bytes, what is refused, and GPT-2's own tokens. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/document/hash.h"
#include "data/corpus.h"
#include "data/token/bpe.h"
#include "data/token/utf8.h"
#include "loglog/random.h"
#include "scratch.h"
#include "tiny_gpt2.h"

static ll_tokenizer *opened(const char *name) {
    ll_tokenizer *t = NULL;
    assert_ok(ll_tokenizer_open(&t, name, err));
    return t;
}

static void refused(const char *name, ll_status code, const char *why) {
    ll_tokenizer *t = NULL;
    ll_error e = { 0 };
    assert_int_equal(ll_tokenizer_open(&t, name, &e), code);
    assert_null(t);
    if (!strstr(e.msg, why)) fail_msg("'%s' does not say '%s'", e.msg, why);
}

/* The tokens of a text are these; -1 ends them. */
static void encodes(ll_tokenizer *t, const char *text, size_t size, const int *want) {
    ll_tokens got = { 0 };
    int64_t n = 0;
    assert_ok(ll_tokenizer_encode(t, (const uint8_t *)text, size, &got, err));
    for (; want[n] >= 0; n++)
        if (n >= got.n || got.at[n] != want[n])
            fail_msg("'%s': token %d is %d, expected %d", text, (int)n, n < got.n ? got.at[n] : -1, want[n]);
    assert_int_equal(got.n, n);
    ll_tokens_clear(&got);
}

#define ENCODES(t, text, ...) encodes(t, text, sizeof text - 1, (const int[]) { __VA_ARGS__, -1 })

static void returns(ll_tokenizer *t, const uint8_t *text, size_t size) {
    ll_tokens tokens = { 0 };
    assert_ok(ll_tokenizer_encode(t, text, size, &tokens, err));
    assert_int_equal(tokens.lost, 0);
    assert_int_equal(ll_tokenizer_decode(t, tokens.at, tokens.n, NULL), size);
    uint8_t *back = malloc(size + 1);
    ll_tokenizer_decode(t, tokens.at, tokens.n, back);
    assert_memory_equal(back, text, size);
    free(back);
    ll_tokens_clear(&tokens);
}

/* Words, runs of one byte, characters of several bytes, halves of them, and any bytes. */
static size_t compose(ll_rng *r, uint8_t *out, size_t most) {
    static const char *const parts[] = { "hello",    " world",       "  ",       "\n\n",
                                         "don't",    "\xe2\x96\x81", "\xc3\xa9", "\xf0\x9f\x99\x82",
                                         "\xe2\x82", "\xed\xa0\x80", "\xc0\x80", "<0x41>",
                                         "<s>" };
    size_t n = 0;
    while (n + 16 < most && ll_rng_below(r, 40)) {
        const int64_t kind = ll_rng_below(r, 20);
        if (kind < 13) {
            const size_t k = strlen(parts[kind]);
            memcpy(out + n, parts[kind], k);
            n += k;
        } else {
            out[n++] = (uint8_t)ll_rng_below(r, kind < 17 ? 256 : 3);
        }
    }
    return n;
}

static void returns_any(ll_tokenizer *t) {
    uint8_t text[1024];
    ll_rng r = ll_rng_at(7, LL_STREAM_BATCH, 0);
    for (int i = 0; i < 3000; i++) returns(t, text, compose(&r, text, sizeof text));
    memset(text, 'l', sizeof text);
    returns(t, text, sizeof text);
    returns(t, text, 0);
}

/* ---- single bytes ---- */

static void bytes_are_tokens(void **state) {
    (void)state;
    ll_tokenizer *t = opened("bytes");
    assert_string_equal(t->name, "byte");
    assert_int_equal(t->vocab, 257);
    assert_int_equal(t->end, 256);
    ENCODES(t, "a\0\xff", 'a', 0, 255);
    returns_any(t);
    ll_tokenizer_free(t);
}

static void levels_cut_bytes(void **state) {
    (void)state;
    ll_tokenizer *t = opened("levels:4");
    const uint16_t all[] = { 0, 1, 2, 3, 4 };
    uint8_t back[5];
    assert_int_equal(t->vocab, 5);
    assert_false(t->text);
    ENCODES(t, "\x00\x3f\x40\x7f\x80\xbf\xc0\xff", 0, 0, 1, 1, 2, 2, 3, 3);
    assert_int_equal(ll_tokenizer_decode(t, all, 5, back), 4); /* the end says nothing */
    assert_memory_equal(back, ((const uint8_t[]) { 0, 85, 170, 255 }), 4);
    ll_tokens tokens = { 0 };
    assert_ok(ll_tokenizer_encode(t, (const uint8_t *)"\x00\x01\x55\xff", 4, &tokens, err));
    assert_int_equal(tokens.lost, 1); /* 0, 85 and 255 come back */
    ll_tokens_clear(&tokens);
    ll_tokenizer_free(t);
    t = opened("levels:256");
    returns_any(t);
    ll_tokenizer_free(t);
    refused("levels:1", LL_EINPUT, "2 to 256 levels");
    refused("levels:257", LL_EINPUT, "2 to 256 levels");
    refused("levels:4x", LL_EINPUT, "2 to 256 levels");
}

static void alphabet_takes_letters(void **state) {
    (void)state;
    ll_tokenizer *t = opened("alphabet:ACGT");
    assert_int_equal(t->vocab, 5);
    ENCODES(t, "ACGT\nacgt", 0, 1, 2, 3, 0, 1, 2, 3);
    ENCODES(t, ">one A\nAC\n>two\nGT\n", 0, 1, 4, 2, 3); /* a header ends a document */
    ENCODES(t, "NNACNNNNGTNN", 0, 1, 4, 2, 3);           /* and so do letters that are none */
    ENCODES(t, "A>C\n", 0, 4, 1);                        /* a '>' within a line is one of them */
    ll_tokens tokens = { 0 };
    assert_ok(ll_tokenizer_encode(t, (const uint8_t *)">x\nACn\ng", 8, &tokens, err));
    assert_int_equal(tokens.lost, 6); /* header, two line feeds, n, and the case of g */
    ll_tokens_clear(&tokens);
    ll_tokenizer_free(t);
    t = opened("alphabet:aB>"); /* of both cases: each letter is itself; and '>' is no header */
    ENCODES(t, ">aB", 2, 0, 1);
    ENCODES(t, "aBbABa", 0, 1, 3, 1, 0);
    ll_tokenizer_free(t);
    refused("alphabet:A", LL_EINPUT, "2 to 255 letters");
    refused("alphabet:ACA", LL_EINPUT, "'A' is there twice");
    refused("alphabet:\xc3\xa9\xc3\xa8", LL_EINPUT, "ASCII");
}

/* ---- merges ---- */

/* The definition, with no heap and no memory of words: the lowest rank, the leftmost of it, until there is none. */
static int64_t plainly(const ll_merge *m, int n_merges, const uint8_t *bytes, int64_t n, uint32_t *token) {
    for (int64_t i = 0; i < n; i++) token[i] = bytes[i];
    for (;;) {
        int64_t where = -1;
        const ll_merge *best = NULL;
        for (int64_t i = 0; i + 1 < n; i++)
            for (int k = 0; k < n_merges; k++)
                if (m[k].pair == ((uint64_t)token[i] << 32 | token[i + 1]) && (!best || m[k].rank < best->rank))
                    best = &m[k], where = i;
        if (!best) return n;
        token[where] = best->merged;
        memmove(token + where + 1, token + where + 2, (size_t)(n - where - 2) * sizeof *token);
        n--;
    }
}

/* Merges of merges, drawn at random over two letters. */
static void heap_merges_as_defined(void **state) {
    (void)state;
    enum { MERGES = 12, WORD = 64 };
    ll_rng r = ll_rng_at(3, LL_STREAM_BATCH, 0);
    for (int round = 0; round < 300; round++) {
        ll_merge m[MERGES];
        ll_bpe b = { 0 };
        for (int c = 0; c < 256; c++) b.byte[c] = (uint16_t)c;
        for (uint32_t k = 0; k < MERGES; k++) {
            uint32_t side[2];
            for (int i = 0; i < 2; i++) {
                const int64_t v = ll_rng_below(&r, 2 + k);
                side[i] = v < 2 ? (uint32_t)v : 256 + (uint32_t)v - 2;
            }
            m[k] = (ll_merge) { (uint64_t)side[0] << 32 | side[1], k, 256 + k };
            assert_ok(ll_bpe_add(&b, side[0], side[1], 256 + k, k, err));
        }
        for (int word = 0; word < 20; word++) {
            uint8_t bytes[WORD];
            uint32_t want[WORD];
            ll_tokens got = { 0 };
            const int64_t n = 1 + ll_rng_below(&r, WORD);
            for (int64_t i = 0; i < n; i++) bytes[i] = (uint8_t)ll_rng_below(&r, 2);
            assert_ok(ll_bpe_word(&b, bytes, (size_t)n, &got, err));
            assert_int_equal(got.n, plainly(m, MERGES, bytes, n, want));
            for (int64_t i = 0; i < got.n; i++) assert_int_equal(got.at[i], want[i]);
            ll_tokens_clear(&got);
        }
        ll_bpe_clear(&b);
    }
}

#ifdef LL_HAVE_PCRE2

static const char *path_of(const char *name) {
    static char path[2 * LL_PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void gpt2_merges_by_hand(void **state) {
    (void)state;
    char name[LL_PATH_MAX + 8];
    assert_true(tiny_gpt2_write(folder));
    snprintf(name, sizeof name, "gpt2:%s", folder);
    ll_tokenizer *t = opened(name);
    assert_int_equal(t->vocab, TINY_GPT2_VOCAB);
    assert_int_equal(t->end, TINY_GPT2_END);
    ENCODES(t, "hello", 259);
    ENCODES(t, "hello world", 259, 260, 'o', 'r', 'l', 'd');
    ENCODES(t, "helllo", 258, 'l', 'o');
    ENCODES(t, "lllll", 257, 257, 'l');
    ENCODES(t, "hhe", 'h', 256);
    ENCODES(t, "don't 't", 'd', 'o', 'n', 261, ' ', '\'', 't'); /* a space takes the sign to itself */
    ENCODES(t, "hel lo", 256, 'l', ' ', 'l', 'o');              /* no merge crosses a word */
    ENCODES(t, "a  world", 'a', ' ', 260, 'o', 'r', 'l', 'd');  /* the last of several spaces belongs to the word */
    ENCODES(t, "1ll", '1', 257);
    ENCODES(t, "ll\xffll", 257, 255, 257);
    returns_any(t);
    ll_tokenizer_free(t);
    t = opened(path_of("vocab.json")); /* the same by the file's name */
    ENCODES(t, "hello", 259);
    ll_tokenizer_free(t);
}

static void put(const char *name, const char *text) {
    char path[LL_PATH_MAX];
    support_write(folder, name, text, strlen(text), path);
}

static void gpt2_refuses(void **state) {
    (void)state;
    refused(path_of("none/vocab.json"), LL_EINPUT, "none/vocab.json");
    put("b_vocab.json", "{\"a\": 0}");
    put("b_merges.txt", "");
    refused(path_of("b_vocab.json"), LL_EFORMAT, "no token for the byte 0");
    put("b_vocab.json", "{\"a\": 0, \"b\": 70000}");
    refused(path_of("b_vocab.json"), LL_EFORMAT, "no token for the byte");
    put("b_vocab.json", "{\"a\": 0, \"b\": 0}");
    refused(path_of("b_vocab.json"), LL_EFORMAT, "the token 0 is there twice");
    put("b_vocab.json", "{\"a\": -1}");
    refused(path_of("b_vocab.json"), LL_EFORMAT, "expected a token from 0");
    put("b_vocab.json", "[1]");
    refused(path_of("b_vocab.json"), LL_EFORMAT, "b_vocab.json");
    assert_true(tiny_gpt2_write(folder));
    put("merges.txt", "h e\nx y z\n");
    refused(path_of("vocab.json"), LL_EFORMAT, "line 2: expected two pieces");
}

/* The bytes in base 64, and the pieces of the tiny vocabulary. */
static void write_tiktoken(const char *name, int from, int to, const char *more) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    FILE *f = fopen(path_of(name), "w");
    assert_non_null(f);
    for (int b = from; b < to; b++) fprintf(f, "%c%c== %d\n", digits[b >> 2], digits[(b & 3) << 4], b);
    fputs(more, f);
    assert_int_equal(fclose(f), 0);
}

static void tiktoken_merges_by_hand(void **state) {
    (void)state;
    write_tiktoken("tiny.tiktoken", 0, 256, "aGU= 256\nbGw= 257\naGVsbA== 258\naGVsbG8= 259\nIHc= 260\r\n");
    ll_tokenizer *t = opened(path_of("tiny.tiktoken"));
    assert_int_equal(t->vocab, 262);
    assert_int_equal(t->end, 261); /* the first token that is free */
    ENCODES(t, "hello world", 259, 260, 'o', 'r', 'l', 'd');
    ENCODES(t, "helllo", 258, 'l', 'o');
    returns_any(t);
    ll_tokenizer_free(t);
    FILE *f = fopen(path_of("tiny.tiktoken"), "a");
    assert_true(f && fputc(0, f) == 0 && fputs("aGV5 300\n", f) >= 0 && fclose(f) == 0);
    refused(path_of("tiny.tiktoken"), LL_EFORMAT, "is a NUL, expected lines of text");
    write_tiktoken("part.tiktoken", 1, 256, "");
    refused(path_of("part.tiktoken"), LL_EFORMAT, "no token for the byte 0");
    write_tiktoken("twice.tiktoken", 0, 256, "aGU= 255\n");
    refused(path_of("twice.tiktoken"), LL_EFORMAT, "twice.tiktoken:257:");
    write_tiktoken("words.tiktoken", 0, 256, "he llo\n");
    refused(path_of("words.tiktoken"), LL_EFORMAT, "words.tiktoken:257:");
    write_tiktoken("large.tiktoken", 0, 256, "aGU= 100255\n");
    refused(path_of("large.tiktoken"), LL_EINPUT, "a vocabulary of 100256, expected at most 65536");
}

/* ---- GPT-2's own ---- */

/* One member of the archive that holds the vocabulary. */
static ll_status keep(void *ctx, const char *name, const uint8_t *bytes, size_t size, ll_error *err) {
    (void)name, (void)err;
    FILE *f = fopen(path_of(ctx), "w");
    assert_true(f && fwrite(bytes, 1, size, f) == size && fclose(f) == 0);
    return LL_OK;
}

static void unpack(const char *archive, const char *member) {
    ll_corpus_opts o = { .path = archive, .suffix = member };
    ll_corpus_stats stats;
    assert_ok(ll_corpus_read(&o, keep, (void *)member, &stats, err));
}

/* SHA-256 of the tokens, 16 bits each, little-endian, that gpt-tokenizer 4.0.0 and js-tiktoken 1.0.21 both give
 * (bench/tokenizers). */
#define SHAKESPEARE "25c01b32b32f41897a6359dd222ec114992dc30c357bcafbfe6c56672f76cd31"

static void gpt2_tokens_are_its_own(void **state) {
    (void)state;
    char archive[LL_PATH_MAX], text[LL_PATH_MAX], hex[LL_HASH_HEX], *bytes;
    size_t size;
    ll_tokens tokens = { 0 };
    support_data("corpora/probes_and_small.tar.zst", archive);
    support_data("corpora/tinyshakespeare.txt", text);
    unpack(archive, "gpt2_vocab.json");
    unpack(archive, "gpt2_merges.txt");
    ll_tokenizer *t = opened(path_of("gpt2_vocab.json"));
    assert_int_equal(t->vocab, 50257);
    assert_int_equal(t->end, 50256);
    ENCODES(t, "Hello world", 15496, 995);
    assert_ok(ll_file_read(text, 1 << 24, &bytes, &size, err));
    assert_ok(ll_tokenizer_encode(t, (const uint8_t *)bytes, size, &tokens, err));
    assert_int_equal(tokens.n, 338025);
    assert_string_equal(ll_hash_of(tokens.at, (size_t)tokens.n * sizeof *tokens.at, hex), SHAKESPEARE);
    returns(t, (const uint8_t *)bytes, size);
    free(bytes);
    ll_tokens_clear(&tokens);
    ll_tokenizer_free(t);
}

#endif

/* ---- sentencepiece ---- */

#ifdef LL_HAVE_SENTENCEPIECE

/* A few words, some of several bytes, again and again. */
static size_t write_text(char *text, size_t most) {
    static const char *const words[] = { "the ", "hello ", "world\n", "caf\xc3\xa9 ", "  token", "izer ", "is\t" };
    ll_rng r = ll_rng_at(5, LL_STREAM_BATCH, 0);
    size_t n = 0;
    while (n + 16 < most) {
        const char *word = words[ll_rng_below(&r, 7)];
        memcpy(text + n, word, strlen(word));
        n += strlen(word);
    }
    return n;
}

static ll_tokenizer *trained(int64_t V) {
    static char text[20000];
    ll_tokenizer *t = NULL;
    const size_t n = write_text(text, sizeof text);
    assert_ok(ll_tokenizer_train(&t, V, (const uint8_t *)text, n, err));
    returns(t, (const uint8_t *)text, n);
    return t;
}

static void sentencepiece_is_trained(void **state) {
    (void)state;
    ll_tokenizer *t = trained(300), *again = trained(300);
    ll_tokens tokens = { 0 };
    assert_int_equal(t->vocab, 300);
    assert_string_equal(t->hash, again->hash); /* the same text, the same model */
    assert_ok(ll_tokenizer_encode(t, (const uint8_t *)"hello world", 11, &tokens, err));
    assert_true(tokens.n < 6); /* of 11 bytes */
    assert_int_equal(ll_tokenizer_decode(t, &(uint16_t) { (uint16_t)t->end }, 1, NULL), 0);
    returns_any(t);
    ll_tokens_clear(&tokens);
    ll_tokenizer_free(t);
    ll_tokenizer_free(again);
}

/* Beside a shard it is found again; another in its place is named. */
static void sentencepiece_is_kept(void **state) {
    (void)state;
    char prefix[LL_PATH_MAX + 8], model[LL_PATH_MAX + 16];
    ll_tokenizer *t = trained(300), *other = trained(290), *back = NULL;
    ll_error e = { 0 };
    snprintf(prefix, sizeof prefix, "%.900s/kept", folder);
    snprintf(model, sizeof model, "%s.model", prefix);
    assert_ok(ll_tokenizer_save(t, prefix, err));
    assert_ok(ll_tokenizer_beside(&back, prefix, t->name, t->hash, err));
    assert_string_equal(back->hash, t->hash);
    ll_tokenizer_free(back);
    back = opened(model);
    assert_string_equal(back->hash, t->hash);
    ll_tokenizer_free(back);
    assert_ok(ll_tokenizer_save(other, prefix, err));
    assert_int_equal(ll_tokenizer_beside(&back, prefix, t->name, t->hash, &e), LL_EFORMAT);
    assert_non_null(strstr(e.msg, "built with the tokenizer"));
    assert_null(back);
    ll_tokenizer_free(t);
    ll_tokenizer_free(other);
}

static void sentencepiece_refuses(void **state) {
    (void)state;
    char path[LL_PATH_MAX];
    ll_tokenizer *t = NULL;
    ll_error e = { 0 };
    support_write(folder, "no.model", "not a model", 11, path);
    refused(path, LL_EFORMAT, "no.model");
    assert_int_equal(ll_tokenizer_train(&t, 60000, (const uint8_t *)"so little text\n", 15, &e), LL_EINPUT);
    assert_non_null(strstr(e.msg, "60000"));
    assert_int_equal(ll_tokenizer_train(&t, 100, (const uint8_t *)"so little text\n", 15, &e), LL_EINPUT);
}

/* Letters without a blank between them: DNA, hexadecimal, Chinese. */
static void a_text_need_not_have_blanks(void **state) {
    (void)state;
    static const char *const letters[] = { "A", "C", "G", "T", "\xe4\xb8\xad", "\xe6\x96\x87" };
    static char text[1 << 16];
    ll_tokenizer *t;
    ll_rng r = ll_rng_at(1, LL_STREAM_BATCH, 0);
    size_t n = 0;
    for (int i = 0; i < 8000; i++)
        n += (size_t)sprintf(text + n, i % 60 == 59 ? "\n" : "%s", letters[ll_rng_below(&r, 6)]);
    assert_ok(ll_tokenizer_train(&t, 400, (const uint8_t *)text, n, err));
    assert_int_equal(t->vocab, 400);
    returns_any(t);
    ll_tokenizer_free(t);
}

#endif

/* ---- names and characters ---- */

static void names_are_judged(void **state) {
    (void)state;
    char name[LL_TOKENIZER_ASKED];
    ll_error e = { 0 };
    assert_int_equal(ll_tokenizer_to_train("bpe:4096"), 4096);
    assert_int_equal(ll_tokenizer_to_train("bpe:"), 0);
    assert_int_equal(ll_tokenizer_to_train("bpe:1e3"), 0);
    assert_int_equal(ll_tokenizer_to_train("bytes"), 0);
    refused("words", LL_EINPUT, "expected bytes, bpe:V");
    refused("bpe:x", LL_EINPUT, "expected bytes, bpe:V");
    assert_ok(ll_tokenizer_named(name, "bytes", 16, "", err));
    assert_string_equal(name, "levels:16");
    assert_ok(ll_tokenizer_named(name, "bytes", 0, "AB", err));
    assert_string_equal(name, "alphabet:AB");
    assert_ok(ll_tokenizer_named(name, "x.model", 0, "", err));
    assert_string_equal(name, "x.model");
    assert_int_equal(ll_tokenizer_named(name, "x.model", 16, "", &e), LL_EINPUT);
    assert_int_equal(ll_tokenizer_named(name, "bytes", 16, "AB", &e), LL_EINPUT);
}

static void characters_are_utf8(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t size, want;
    } cases[] = { { "a", 1, 1 },
                  { "\xc3\xa9", 2, 2 },
                  { "\xe2\x82\xac", 3, 3 },
                  { "\xf4\x8f\xbf\xbf", 4, 4 },
                  { "\xc3", 1, 0 },             /* cut */
                  { "\x80", 1, 0 },             /* a continuation */
                  { "\xc1\x80", 2, 0 },         /* longer than it need be */
                  { "\xe0\x9f\xbf", 3, 0 },     /* the same of three */
                  { "\xf0\x8f\xbf\xbf", 4, 0 }, /* of four */
                  { "\xed\xa0\x80", 3, 0 },     /* a surrogate */
                  { "\xf4\x90\x80\x80", 4, 0 }, /* above the last */
                  { "\xff", 1, 0 } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(ll_utf8_char((const uint8_t *)cases[i].bytes, cases[i].size), cases[i].want);
    assert_int_equal(ll_utf8_run((const uint8_t *)"a\xc3\xa9\xc3z", 5), 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_are_tokens),         cmocka_unit_test(levels_cut_bytes),
        cmocka_unit_test(alphabet_takes_letters),   cmocka_unit_test(heap_merges_as_defined),
        cmocka_unit_test(names_are_judged),         cmocka_unit_test(characters_are_utf8),
#ifdef LL_HAVE_PCRE2
        cmocka_unit_test(gpt2_merges_by_hand),      cmocka_unit_test(gpt2_refuses),
        cmocka_unit_test(tiktoken_merges_by_hand),  cmocka_unit_test(gpt2_tokens_are_its_own),
#endif
#ifdef LL_HAVE_SENTENCEPIECE
        cmocka_unit_test(sentencepiece_is_trained), cmocka_unit_test(sentencepiece_is_kept),
        cmocka_unit_test(sentencepiece_refuses),    cmocka_unit_test(a_text_need_not_have_blanks),
#endif
    };
#ifndef LL_HAVE_PCRE2
    printf("SKIPPED: this build has no PCRE2\n");
#endif
#ifndef LL_HAVE_SENTENCEPIECE
    printf("SKIPPED: this build has no sentencepiece\n");
#endif
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
