#define _POSIX_C_SOURCE 200809L
#include "scratch.h"

#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/document/hash.h"
#include "data/shard.h"

static bool exists(const char *name) {
    char path[LL_PATH_MAX];
    assert_ok(ll_file_join(path, folder, name, err));
    return access(path, F_OK) == 0;
}

/* A shard by hand: header words 0..3, then n tokens, then extra bytes. */
static void write_raw(const char *name, const int32_t words[4], const uint16_t *tokens, int64_t n, size_t extra,
                      char path[LL_PATH_MAX]) {
    static char block[8192];
    size_t size = LL_SHARD_HEADER + (size_t)n * 2;
    memset(block, 0, sizeof block);
    memcpy(block, words, 16);
    memcpy(block + LL_SHARD_HEADER, tokens, (size_t)n * 2);
    support_write(folder, name, block, size + extra, path);
}

static const uint16_t abc[] = { 'a', 'b', 'c', LL_TOKEN_END };

static void write_abc(const char *name, char path[LL_PATH_MAX]) {
    ll_shard_writer *w;
    ll_shard_info info = { .vocab = LL_BYTE_VOCAB,
                           .bytes = 3,
                           .characters = 3,
                           .documents = 1,
                           .duplicates = 2,
                           .entropy = NAN,
                           .tokenizer = "byte",
                           .origin = "here" };
    assert_ok(ll_file_join(path, folder, name, err));
    assert_ok(ll_shard_create(&w, path, err));
    assert_ok(ll_shard_push(w, abc, 1, err));
    assert_ok(ll_shard_push(w, abc + 1, 3, err));
    assert_ok(ll_shard_commit(w, &info, err));
    assert_int_equal(info.tokens, 4);
}

static void round_trip(void **state) {
    (void)state;
    char path[LL_PATH_MAX], hex[LL_HASH_HEX], *bytes;
    size_t size;
    ll_shard s;
    write_abc("a.bin", path);
    assert_true(exists("a.json"));
    assert_ok(ll_shard_open(&s, path, err));
    assert_int_equal(s.n, 4);
    assert_memory_equal(s.tokens, abc, sizeof abc);
    assert_int_equal(s.info.vocab, 257);
    assert_int_equal(s.info.bytes, 3);
    assert_int_equal(s.info.characters, 3);
    assert_int_equal(s.info.documents, 1);
    assert_int_equal(s.info.duplicates, 2);
    assert_close(s.info.bytes_per_token, 0.75, 1e-15);
    assert_true(isnan(s.info.entropy));
    assert_string_equal(s.info.tokenizer, "byte");
    assert_string_equal(s.info.origin, "here");
    assert_string_equal(s.info.hash, ll_hash_of("a\0b\0c\0\0\1", 8, hex));
    assert_ok(ll_shard_verify(&s, path, err));
    ll_shard_close(&s);
    /* The bytes are llm.c's: magic 20240520 = 0x0134d888, version, count, all little-endian. */
    assert_ok(ll_file_read(path, 1 << 20, &bytes, &size, err));
    assert_int_equal(size, 1024 + 8);
    assert_memory_equal(bytes, "\x88\xd8\x34\x01\x01\0\0\0\x04\0\0\0\0\0\0\0", 16);
    assert_memory_equal(bytes + 1024, "a\0b\0c\0\0\1", 8);
    free(bytes);
}

static void foreign_shard(void **state) {
    (void)state;
    char path[LL_PATH_MAX], hex[LL_HASH_HEX];
    const uint16_t tokens[] = { 50256, 7, 0, 50255 };
    ll_shard s;
    write_raw("gpt2.bin", (int32_t[]) { 20240520, 1, 4, 0 }, tokens, 4, 0, path);
    assert_ok(ll_shard_open(&s, path, err));
    assert_int_equal(s.n, 4);
    assert_int_equal(s.info.vocab, 50257);
    assert_int_equal(s.info.tokens, 4);
    assert_string_equal(s.info.tokenizer, "unknown");
    assert_true(isnan(s.info.bytes_per_token) && isnan(s.info.entropy));
    assert_string_equal(s.info.hash, "");
    assert_ok(ll_shard_verify(&s, path, err));
    assert_string_equal(s.info.hash, ll_hash_of(tokens, sizeof tokens, hex));
    ll_shard_close(&s);
}

static void hostile_headers(void **state) {
    (void)state;
    static const struct {
        int32_t words[4];
        int64_t n;
        size_t extra;
        const char *says;
    } bad[] = {
        { { 20240521, 1, 4, 0 }, 4, 0, "magic 20240521, expected 20240520" },
        { { -1736919551, 1, 4, 0 }, 4, 0, "magic" },
        { { 20240801, 7, 4, 0 }, 4, 0, "32 bits" },
        { { 20240520, 2, 4, 0 }, 4, 0, "version 2, expected 1" },
        { { 20240520, 1, 5, 0 }, 4, 0, "says 5 tokens, the file of 1032 bytes holds 4" },
        { { 20240520, 1, 3, 0 }, 4, 0, "says 3 tokens" },
        { { 20240520, 1, -1, 0 }, 4, 0, "tokens" },
        { { 20240520, 1, -1, -1 }, 4, 0, "tokens" },
        { { 20240520, 1, INT32_MIN, 0 }, 0, 0, "tokens" },
        { { 20240520, 1, 4, 1 }, 4, 0, "says 4294967300 tokens" },
        { { 20240520, 1, 4, 0 }, 4, 1, "1033 bytes" },
        { { 20240520, 1, 0, 0 }, 0, 0, "no tokens" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char path[LL_PATH_MAX];
        ll_shard s;
        ll_error err = { 0 };
        write_raw("x.bin", bad[i].words, abc, bad[i].n, bad[i].extra, path);
        assert_int_equal(ll_shard_open(&s, path, &err), LL_EFORMAT);
        if (!strstr(err.msg, bad[i].says)) fail_msg("'%s' does not say '%s'", err.msg, bad[i].says);
        assert_non_null(strstr(err.msg, "x.bin"));
        assert_null(s.tokens);
    }
}

static void short_files(void **state) {
    (void)state;
    static const char zeros[LL_SHARD_HEADER];
    const size_t sizes[] = { 0, 1, 4, 1023 };
    char path[LL_PATH_MAX];
    ll_shard s;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        support_write(folder, "x.bin", zeros, sizes[i], path);
        assert_int_equal(ll_shard_open(&s, path, NULL), LL_EFORMAT);
    }
    assert_int_equal(ll_shard_open(&s, folder, NULL), LL_EINPUT);
    assert_int_equal(ll_shard_open(&s, "/nonexistent/x.bin", NULL), LL_EINPUT);
}

#define LONG "a tokenizer whose name is longer than any name has a right to be, "

static void hostile_sidecars(void **state) {
    (void)state;
    static const char good[] = "{'schema':'loglog.shard/1','tokenizer':'byte','vocab':257,'tokens':4,'bytes':3,"
                               "'characters':3,'documents':1,'duplicates':0,'bytes_per_token':9,'entropy':null,"
                               "'origin':'x','hash':''}";
    static const struct {
        const char *from, *to;
    } change[] = {
        { "{", "[" },
        { "}", "" },
        { "shard/1", "shard/2" },
        { "'vocab':257", "'vocab':0" },
        { "'vocab':257", "'vocab':65537" },
        { "'vocab':257", "'vocab':'257'" },
        { "'vocab':257", "'vocab':2.5e2" },
        { "'tokens':4", "'tokens':5" },
        { "'tokens':4,", "" },
        { "'bytes':3", "'bytes':-3" },
        { "'bytes':3", "'bytes':99999999999999999999" },
        { "'documents':1", "'documents':null" },
        { "byte", LONG LONG LONG LONG LONG },
        { "'origin':'x'", "'origin':3" },
        { "'hash':''", "'hash':'0000000000000000000000000000000000000000000000000000000000000000z'" },
    };
    char path[LL_PATH_MAX], side[LL_PATH_MAX], text[1024];
    ll_shard s;
    write_raw("x.bin", (int32_t[]) { 20240520, 1, 4, 0 }, abc, 4, 0, path);
    for (size_t i = 0; i <= sizeof change / sizeof *change; i++) {
        if (i == 0) strcpy(text, good); /* the unchanged one is read, and its ratio is recomputed */
        else {
            const char *at = strstr(good, change[i - 1].from);
            assert_non_null(at);
            snprintf(text, sizeof text, "%.*s%s%s", (int)(at - good), good, change[i - 1].to,
                     at + strlen(change[i - 1].from));
        }
        for (char *p = text; *p; p++)
            if (*p == '\'') *p = '"';
        support_write(folder, "x.json", text, strlen(text), side);
        ll_error err = { 0 };
        ll_status got = ll_shard_open(&s, path, &err);
        if (got != (i ? LL_EFORMAT : LL_OK)) fail_msg("%s\n%s", text, err.msg);
        if (i) assert_non_null(strstr(err.msg, "x.json"));
        else assert_close(s.info.bytes_per_token, 0.75, 1e-15);
        ll_shard_close(&s);
    }
}

static void verify_finds_damage(void **state) {
    (void)state;
    char path[LL_PATH_MAX], side[LL_PATH_MAX], *text;
    size_t size;
    ll_shard s;
    ll_error err = { 0 };
    write_abc("a.bin", path);
    FILE *f = fopen(path, "r+b");
    fseek(f, 1024, SEEK_SET);
    fputc('z', f);
    fclose(f);
    assert_ok(ll_shard_open(&s, path, err));
    assert_int_equal(ll_shard_verify(&s, path, &err), LL_EFORMAT);
    assert_non_null(strstr(err.msg, "hash"));
    ll_shard_close(&s);
    write_abc("b.bin", path);
    snprintf(side, sizeof side, "%.900s/b.json", folder);
    assert_ok(ll_file_read(side, 4096, &text, &size, err));
    memcpy(strstr(text, "257"), "256", 3); /* the end token now lies outside */
    support_write(folder, "b.json", text, size, side);
    assert_int_equal(ll_shard_open(&s, path, &err), LL_EFORMAT);
    assert_non_null(strstr(err.msg, "b.json: damaged"));
    memcpy(strstr(text, "\"check\""), "\"chalk\"", 7); /* as one of before there was a check */
    support_write(folder, "b.json", text, size, side);
    free(text);
    assert_ok(ll_shard_open(&s, path, err));
    assert_int_equal(ll_shard_verify(&s, path, &err), LL_EFORMAT);
    assert_non_null(strstr(err.msg, "token 256 is outside the vocabulary of 256"));
    ll_shard_close(&s);
}

static void nothing_half_written(void **state) {
    (void)state;
    char path[LL_PATH_MAX], empty[LL_PATH_MAX];
    ll_shard_writer *w;
    ll_error err = { 0 };
    support_folder(empty);
    snprintf(path, sizeof path, "%.900s/x.bin", empty);
    assert_ok(ll_shard_create(&w, path, err));
    assert_ok(ll_shard_push(w, abc, 4, err));
    assert_ok(ll_shard_settle(w, &(ll_shard_info) { .vocab = 257 }, err));
    ll_shard_abandon(w);
    assert_int_equal(rmdir(empty), 0); /* only an empty folder can be removed */
    assert_int_equal(ll_shard_create(&w, path, &err), LL_EINPUT);
    assert_null(w);
    ll_shard_abandon(NULL);
}

static void pair_needs_both(void **state) {
    (void)state;
    char path[LL_PATH_MAX], prefix[LL_PATH_MAX];
    ll_shard train, val;
    ll_error err = { 0 };
    snprintf(prefix, sizeof prefix, "%.900s/p", folder);
    write_abc("p.train.bin", path);
    assert_int_equal(ll_shard_open_pair(&train, &val, prefix, &err), LL_EINPUT);
    assert_non_null(strstr(err.msg, "p.val.bin"));
    write_abc("p.val.bin", path);
    assert_ok(ll_shard_open_pair(&train, &val, prefix, err));
    assert_int_equal(train.n + val.n, 8);
    ll_shard_close(&train);
    ll_shard_close(&val);
}

/* More tokens than an int32 counts: a sparse file of 4.3 GB, opened without being read. */
static void large_shard(void **state) {
    (void)state;
    const int64_t n = ((int64_t)1 << 32) + 5;
    char path[LL_PATH_MAX], side[LL_PATH_MAX], text[512];
    write_raw("big.bin", (int32_t[]) { 20240520, 1, 5, 1 }, abc, 0, 0, path);
    if (truncate(path, 1024 + 2 * n) != 0) {
        print_message("SKIPPED: no sparse file of 8.6 GB here\n");
        skip();
    }
    snprintf(text, sizeof text,
             "{\"schema\":\"loglog.shard/1\",\"tokenizer\":\"byte\",\"vocab\":257,\"tokens\":%lld,\"bytes\":1,"
             "\"characters\":1,\"documents\":1,\"duplicates\":0,\"origin\":\"\",\"hash\":\"\"}",
             (long long)n);
    support_write(folder, "big.json", text, strlen(text), side);
    ll_shard s;
    assert_ok(ll_shard_open(&s, path, err));
    assert_int_equal(s.n, n);
    assert_int_equal(s.tokens[n - 1], 0);
    ll_shard_close(&s);
    unlink(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip),           cmocka_unit_test(foreign_shard),
        cmocka_unit_test(hostile_headers),      cmocka_unit_test(short_files),
        cmocka_unit_test(hostile_sidecars),     cmocka_unit_test(verify_finds_damage),
        cmocka_unit_test(nothing_half_written), cmocka_unit_test(pair_needs_both),
        cmocka_unit_test(large_shard),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
