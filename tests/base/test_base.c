#define _POSIX_C_SOURCE 200809L
#include "support.h"

#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/document/hash.h"
#include "base/document/keyfile.h"
#include "base/document/option.h"
#include "base/system/arena.h"
#include "base/words/word.h"
#include "loglog/random.h"
#include "loglog/units.h"

static void philox_known_answers(void **state) {
    (void)state;
    /* Random123's kat_vectors for philox4x32-10. */
    const uint32_t zero[4] = { 0 }, ones[4] = { ~0u, ~0u, ~0u, ~0u };
    const uint32_t pi_counter[4] = { 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344 };
    const uint32_t pi_key[2] = { 0xa4093822, 0x299f31d0 };
    const uint32_t want0[4] = { 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8 };
    const uint32_t want1[4] = { 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd };
    const uint32_t want2[4] = { 0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1 };
    uint32_t out[4];
    ll_philox(zero, zero, out);
    assert_memory_equal(out, want0, sizeof out);
    ll_philox(ones, ones, out);
    assert_memory_equal(out, want1, sizeof out);
    ll_philox(pi_key, pi_counter, out);
    assert_memory_equal(out, want2, sizeof out);
}

static void random_moments(void **state) {
    (void)state;
    enum { N = 200000 };
    ll_rng r = ll_rng_at(7, LL_STREAM_NOISE, 0);
    double sum = 0, square = 0, gamma = 0;
    for (int i = 0; i < N; i++) {
        double z = ll_rng_normal(&r);
        sum += z;
        square += z * z;
        gamma += ll_rng_gamma(&r, 0.3);
    }
    assert_true(fabs(sum / N) < 4 / sqrt(N));
    assert_true(fabs(square / N - 1) < 4 * sqrt(2.0 / N));
    assert_true(fabs(gamma / N - 0.3) < 4 * sqrt(0.3 / N));
}

static void units(void **state) {
    (void)state;
    static const struct {
        const char *text;
        double v;
    } good[] = {
        { "1e9", 1e9 }, { "70B", 70e9 }, { "1.4T", 1.4e12 }, { "300k", 3e5 }, { "-2", -2 }, { "0.5M", 5e5 }
    };
    static const char *const wrong[] = { "", " 1", "1 B", "B", "1e9x", "nan", "inf", "0x10", "1BB", "1e400" };
    double v;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(ll_units_parse(good[i].text, &v));
        assert_close(v, good[i].v, 1e-15);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) assert_false(ll_units_parse(wrong[i], &v));
    assert_true(ll_units_duration("36h", &v) && v == 129600);
    assert_true(ll_units_bytes("2G", &v) && v == 2147483648.0);
    assert_close(ll_units_bits_per_byte(LL_LN2 * 3, 3), 1, 1e-15);
    assert_true(isnan(ll_units_bits_per_byte(1, 0)));
    assert_true(isnan(ll_units_bits_per_byte(1, NAN)));
}

static void hash(void **state) {
    (void)state;
    char hex[LL_HASH_HEX], base64[LL_HASH_BASE64]; /* FIPS 180-4, "abc" */
    assert_string_equal(ll_hash_of("abc", 3, hex),
                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    char *million = malloc(1000000); /* the same standard's: a million times "a", in pieces of every size */
    uint8_t digest[LL_HASH_BYTES];
    ll_hash h;
    assert_non_null(million);
    memset(million, 'a', 1000000);
    ll_hash_init(&h);
    size_t done = 0;
    for (size_t piece = 0; piece < 1400; done += piece++) ll_hash_update(&h, million, piece);
    ll_hash_update(&h, million, 1000000 - done);
    ll_hash_final(&h, digest);
    assert_string_equal(ll_hash_hex(digest, hex),
                        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    /* FIPS 180-4's two blocks, and the message of no bytes: padding in a block of its own, and alone */
    const char two[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    assert_string_equal(ll_hash_of(two, strlen(two), hex),
                        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    assert_string_equal(ll_hash_base64((const uint8_t[LL_HASH_BYTES]) { 0xfb, 0xef, 0xff }, base64),
                        "++//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    assert_string_equal(ll_hash_of("", 0, hex), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    free(million);
}

static void arena(void **state) {
    (void)state;
    ll_arena a = { 0 };
    assert_null(ll_arena_push(&a, 3, 4));
    assert_null(ll_arena_push(&a, 100, 8));
    assert_ok(ll_arena_alloc(&a, err));
    char *one = ll_arena_push(&a, 3, 4), *two = ll_arena_push(&a, 100, 8);
    assert_true(one && two && two - one == 64 && ((uintptr_t)one & 63) == 0);
    assert_null(ll_arena_push(&a, 1, 1));
    ll_arena_free(&a);
    ll_error err = { 0 };
    ll_arena_push(&a, SIZE_MAX / 2, 3);
    assert_int_equal(ll_arena_alloc(&a, &err), LL_ENOMEM);
}

typedef struct thing {
    int64_t steps;
    double lr;
    bool quiet;
    char kind[LL_OPTION_NAME], path[LL_OPTION_TEXT];
    ll_list sizes;
} thing;

static const ll_option table[] = {
    { "train.steps", LL_OPT_INT, offsetof(thing, steps), "10", "steps", .min = 1 },
    { "train.lr", LL_OPT_REAL, offsetof(thing, lr), "0.1", "rate", .min = 0, .min_open = true },
    { "quiet", LL_OPT_BOOL, offsetof(thing, quiet), "false", "say less" },
    { "kind", LL_OPT_NAME, offsetof(thing, kind), "a", "kind", .names = "a bb" },
    { "path", LL_OPT_TEXT, offsetof(thing, path), "", "path" },
    { "sizes", LL_OPT_LIST, offsetof(thing, sizes), "", "sizes" },
};
enum { N_TABLE = sizeof table / sizeof *table };

static ll_status bind(const char *text, thing *t, ll_error *err) {
    ll_yaml *doc;
    LL_TRY(ll_options_default(table, N_TABLE, t, err));
    LL_TRY(ll_yaml_parse(text, strlen(text), "x.yaml", &doc, err));
    ll_status s = ll_options_yaml(table, N_TABLE, t, ll_yaml_root(doc), "x.yaml", NULL, err);
    ll_yaml_free(doc);
    return s;
}

static void options(void **state) {
    (void)state;
    thing t, again;
    assert_ok(
        bind("train: {steps: 2k, lr: 1e-3}\nquiet: true\nkind: bb\npath: 'a \"b'\nsizes: [1, 2.5, 3k]\n", &t, err));
    assert_int_equal(t.steps, 2000);
    assert_true(t.quiet && t.sizes.n == 3 && t.sizes.v[2] == 3000);
    assert_string_equal(t.path, "a \"b");
    char *text = ll_options_text(table, N_TABLE, &t);
    assert_ok(bind(text, &again, err)); /* the resolved form reads back as itself */
    char *text2 = ll_options_text(table, N_TABLE, &again);
    assert_string_equal(text, text2);
    free(text);
    free(text2);
}

/* A list as a range: in equal factors, or in equal steps, its ends as they are written. */
static void options_ranges(void **state) {
    (void)state;
    thing t;
    assert_ok(bind("sizes: {from: 1e6, to: 1e9, n: 4}", &t, err));
    assert_int_equal(t.sizes.n, 4);
    for (int i = 0; i < 4; i++) assert_true(fabs(log10(t.sizes.v[i]) - (6 + i)) < 1e-12);
    assert_true(t.sizes.v[0] == 1e6 && t.sizes.v[3] == 1e9);
    assert_ok(bind("sizes: {from: 10, to: -10, n: 5, log: false}", &t, err));
    for (int i = 0; i < 5; i++) assert_true(t.sizes.v[i] == 10 - 5 * i);
    assert_ok(bind("sizes: {from: 1, to: 2, n: 1024}", &t, err));
    assert_int_equal(t.sizes.n, LL_OPTION_LIST);
}

static void options_refuse(void **state) {
    (void)state;
    static const struct {
        const char *text, *line;
    } bad[] = {
        { "train: {stepz: 3}", "x.yaml:1: unknown key 'train.stepz', did you mean 'train.steps'?" },
        { "\ntrain:\n  steps: 0", "x.yaml:3: train.steps is '0', expected a number at least 1" },
        { "train: {steps: 1.5}", "x.yaml:1: train.steps is '1.5', expected a whole number" },
        { "train: {lr: -1}", "x.yaml:1: train.lr is '-1', expected a number above 0" },
        { "kind: c", "x.yaml:1: kind is 'c', expected one of: a bb" },
        { "quiet: maybe", "x.yaml:1: quiet is 'maybe', expected true or false" },
        { "kind: [a]", "x.yaml:1: kind must be a single value" },
        { "- 1", "x.yaml:1: expected 'key: value' lines" },
        { "kind: a\nkind: bb", "x.yaml:2: key 'kind' stands twice" },
        { "b: 1\nkind: a\nb: 2\nkind: bb", "x.yaml:3: key 'b' stands twice" }, /* the first of them */
        { "train: {steps: 1}\ntrain.steps: 2", "x.yaml:2: train.steps stands twice, with and without a dot" },
        { "trian: {}", "x.yaml:1: unknown key 'trian'" },
        { "\"kind\\0s\": a", "x.yaml:1:1: a zero byte in a key" },
        { "kind: *a", "x.yaml:1:7: aliases are not used here" },
        { "sizes: {from: 1, to: 2}", "x.yaml:1: sizes is '...', expected a range with from, to and n" },
        { "sizes: {from: 1, to: 2, n: 1}", "x.yaml:1: n is '1', expected a number at least 2 and at most 1024" },
        { "sizes: {from: 1, to: 2, m: 3}", "x.yaml:1: sizes is 'm', expected a range {from, to, n, log}" },
        { "sizes: {from: 0, to: 2, n: 3}", "x.yaml:1: sizes is '...', expected a range above 0, or log: false" },
        { "a: {b: [", NULL },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        thing t;
        ll_error err = { 0 };
        ll_status s = bind(bad[i].text, &t, &err);
        assert_true(s == LL_EINPUT || s == LL_EFORMAT);
        if (bad[i].line) assert_string_equal(err.msg, bad[i].line);
    }
}

static void files(void **state) {
    (void)state;
    char folder[LL_PATH_MAX], path[LL_PATH_MAX];
    support_folder(folder);
    support_write(folder, "a", "hello", 5, path);
    char *text;
    size_t size;
    assert_ok(ll_file_read(path, 100, &text, &size, err));
    assert_int_equal(size, 5);
    free(text);
    ll_error err = { 0 };
    assert_int_equal(ll_file_read(path, 4, &text, &size, &err), LL_EINPUT);
    assert_int_equal(ll_file_read(folder, 4, &text, &size, &err), LL_EINPUT);
    ll_file f; /* an abandoned file leaves the old one and no trace */
    assert_ok(ll_file_create(&f, path, err));
    fputs("other", f.out);
    ll_file_abandon(&f);
    ll_map m;
    assert_ok(ll_map_open(&m, path, err));
    assert_true(m.size == 5 && memcmp(m.data, "hello", 5) == 0);
    ll_map_close(&m);
    support_write(folder, "a", "", 0, path);
    assert_ok(ll_map_open(&m, path, err));
    assert_true(m.size == 0 && m.data); /* readers point behind its end */
    ll_map_close(&m);
    support_remove(folder);
}

/* A whole number beside one above 2^63 stays one. */
static void whole_numbers(void **state) {
    (void)state;
    static const char text[] = "{\"layers\": 12, \"half\": 0.5, \"huge\": 1000000000000000019884624838656}";
    ll_json *doc;
    assert_ok(ll_json_parse(text, sizeof text - 1, "config.json", &doc, err));
    assert_int_equal(ll_json_get_int(doc, "layers", -1), 12);
    assert_int_equal(ll_json_get_int(doc, "half", -1), -1);
    assert_int_equal(ll_json_get_int(doc, "huge", -1), -1);
    ll_json_free(doc);
}

/* Keys by the 10^5 that a document may have: n log n of them. The processor's time, which others do not lengthen.
 */
static void many_keys(void **state) {
    (void)state;
    enum { N = 99000 };
    ll_yaml *doc;
    ll_error err = { 0 };
    char *text = malloc(N * 16), *to = text;
    for (int i = 0; i < N; i++) to += sprintf(to, "k%d: 1\n", i);
    clock_t start = clock();
    assert_ok(ll_yaml_parse(text, (size_t)(to - text), "x.yaml", &doc, err));
    assert_true((double)(clock() - start) / CLOCKS_PER_SEC < 2);
    ll_yaml_free(doc);
    to += sprintf(to, "k7: 1\n");
    assert_int_equal(ll_yaml_parse(text, (size_t)(to - text), "x.yaml", &doc, &err), LL_EFORMAT);
    assert_string_equal(err.msg, "x.yaml:99001: key 'k7' stands twice");
    free(text);
}

/* What never ends, and what may never begin, is no file. */
static void only_regular_files(void **state) {
    (void)state;
    char folder[LL_PATH_MAX], path[LL_PATH_MAX], *text;
    ll_sign_key key;
    ll_map m;
    support_folder(folder);
    assert_ok(ll_file_join(path, folder, "fifo", err));
    assert_int_equal(mkfifo(path, 0600), 0);
    const char *const paths[] = { path, "/dev/zero", folder };
    for (int i = 0; i < 3; i++) {
        ll_error err = { 0 };
        assert_int_equal(ll_file_read(paths[i], 1 << 20, &text, NULL, &err), LL_EINPUT);
        assert_non_null(strstr(err.msg, ": expected a regular file"));
        assert_null(text);
        assert_int_equal(ll_map_open(&m, paths[i], &err), LL_EINPUT);
        assert_int_equal(ll_keyfile_read(&key, paths[i], &err), LL_EINPUT);
    }
    support_remove(folder);
}

/* What a path leads to is written, and nothing takes its place. */
static void where_a_path_leads(void **state) {
    (void)state;
    char folder[LL_PATH_MAX], path[LL_PATH_MAX], link[LL_PATH_MAX], *text;
    ll_file f;
    struct stat st;
    support_folder(folder);
    support_write(folder, "real.txt", "old", 3, path);
    assert_ok(ll_file_join(link, folder, "link.txt", err));
    assert_int_equal(symlink("real.txt", link), 0);
    assert_ok(ll_file_create(&f, link, err));
    fputs("new", f.out);
    assert_ok(ll_file_commit(&f, err));
    assert_true(lstat(link, &st) == 0 && S_ISLNK(st.st_mode));
    assert_ok(ll_file_read(path, 10, &text, NULL, err));
    assert_string_equal(text, "new");
    free(text);
    ll_error err = { 0 };
    assert_int_equal(unlink(path), 0);
    assert_int_equal(ll_file_create(&f, link, &err), LL_EINPUT);
    assert_non_null(strstr(err.msg, "a link that leads nowhere"));
    assert_int_equal(ll_file_create(&f, folder, &err), LL_EINPUT);
    assert_non_null(strstr(err.msg, "a folder, expected a file"));
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(ll_file_create(&f, path, &err), LL_EIO); /* nobody reads */
    const int reader = open(path, O_RDONLY | O_NONBLOCK);
    char got[4] = "";
    assert_ok(ll_file_create(&f, path, err));
    fputs("sip", f.out);
    assert_ok(ll_file_commit(&f, err));
    assert_int_equal(read(reader, got, 3), 3);
    assert_string_equal(got, "sip");
    close(reader);
    assert_true(lstat(path, &st) == 0 && S_ISFIFO(st.st_mode));
    assert_ok(ll_file_join(link, folder, "full", err)); /* not the device itself: an older program took its place */
    assert_int_equal(symlink("/dev/full", link), 0);
    assert_ok(ll_file_create(&f, link, err));
    fputs("much", f.out);
    assert_int_equal(ll_file_commit(&f, &err), LL_EIO);
    assert_non_null(strstr(err.msg, "No space left"));
    assert_true(stat(link, &st) == 0 && S_ISCHR(st.st_mode));
    support_remove(folder);
}

/* A short name in a folder whose own path is longer than a path may be, written twice. */
static void a_deep_folder(void **state) {
    (void)state;
    char folder[LL_PATH_MAX], here[4096], deep[101], *text;
    ll_file f;
    support_folder(folder);
    assert_non_null(getcwd(here, sizeof here));
    memset(deep, 'd', 100), deep[100] = 0;
    assert_int_equal(chdir(folder), 0);
    for (int i = 0; i < 30; i++) assert_true(mkdir(deep, 0700) == 0 && chdir(deep) == 0);
    for (int i = 0; i < 2; i++) {
        assert_ok(ll_file_create(&f, "x", err));
        fprintf(f.out, "%d", i);
        assert_ok(ll_file_commit(&f, err));
    }
    assert_ok(ll_file_read("x", 10, &text, NULL, err));
    assert_string_equal(text, "1");
    free(text);
    assert_int_equal(unlink("x"), 0);
    for (int i = 0; i < 30; i++) assert_true(chdir("..") == 0 && rmdir(deep) == 0);
    assert_int_equal(chdir(here), 0);
    support_remove(folder);
}

static void words(void **state) {
    (void)state;
    const char *text = ", one,two  three,";
    char out[5];
    size_t n;
    ll_error err = { 0 };
    const char *w = ll_word_next(&text, ", ", &n);
    assert_true(ll_word_is(w, n, "one") && !ll_word_is(w, n, "on") && !ll_word_is(w, n, "one,"));
    w = ll_word_next(&text, ", ", &n);
    assert_ok(ll_word_copy(out, sizeof out, w, n, "x", err));
    assert_string_equal(out, "two");
    w = ll_word_next(&text, ", ", &n);
    assert_int_equal(ll_word_copy(out, sizeof out, w, n, "x", &err), LL_EINPUT);
    assert_string_equal(out, "");
    assert_non_null(strstr(err.msg, "has 5 letters, expected at most 4"));
    assert_null(ll_word_next(&text, ", ", &n));
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(philox_known_answers),
                                        cmocka_unit_test(random_moments),
                                        cmocka_unit_test(units),
                                        cmocka_unit_test(hash),
                                        cmocka_unit_test(arena),
                                        cmocka_unit_test(options),
                                        cmocka_unit_test(options_ranges),
                                        cmocka_unit_test(options_refuse),
                                        cmocka_unit_test(files),
                                        cmocka_unit_test(whole_numbers),
                                        cmocka_unit_test(many_keys),
                                        cmocka_unit_test(only_regular_files),
                                        cmocka_unit_test(where_a_path_leads),
                                        cmocka_unit_test(a_deep_folder),
                                        cmocka_unit_test(words) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
