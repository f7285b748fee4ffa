#define _GNU_SOURCE
#include "scratch.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "data/build.h"
#include "sweep/design/spec.h"

static const ll_canaries planted = {
    .n = 3, .copies = { 1, 5, 20 }, .count = 4, .seed = 3, .format = "the code of NNNNNN is DDDDDDDDD"
};

static void forms(void **state) {
    (void)state;
    ll_canary c, other, again;
    assert_ok(ll_canaries_check(&planted, err));
    assert_int_equal(ll_canaries_all(&planted), 16);
    for (int64_t i = 0; i < 16; i++) {
        char name[7], digits[10], wrong;
        ll_canary_make(&planted, i, &c);
        assert_int_equal(sscanf(c.text, "the code of %6[a-z] is %9[0-9]%c", name, digits, &wrong), 2);
        assert_true(strlen(name) == 6 && strlen(digits) == 9);
        assert_memory_equal(c.text + c.prefix, digits, 9);
        assert_int_equal(c.digits, 9);
        assert_int_equal(c.copies, i < 4 ? 1 : i < 8 ? 5 : i < 12 ? 20 : 0);
        ll_canary_make(&planted, i, &again);
        assert_string_equal(c.text, again.text);
        for (int64_t k = 0; k < i; k++) { /* no two share a name, or digits */
            ll_canary_make(&planted, k, &other);
            assert_true(memcmp(c.text, other.text, c.prefix) != 0);
            assert_true(strcmp(c.text + c.prefix, other.text + c.prefix) != 0);
        }
    }
    ll_canaries reseeded = planted;
    reseeded.seed = 4;
    ll_canary_make(&reseeded, 0, &other);
    ll_canary_make(&planted, 0, &c);
    assert_true(strcmp(c.text, other.text) != 0);
}

/* Digits are uniform, and a secret that is drawn anew leaves the rest as it is. */
static void secrets(void **state) {
    (void)state;
    enum { N = 20000 };
    ll_rng r = ll_rng_at(1, LL_STREAM_NOISE, 0);
    ll_canary c, was;
    int seen[10] = { 0 };
    ll_canary_make(&planted, 2, &was);
    c = was;
    for (int i = 0; i < N; i++) {
        ll_canary_redraw(&c, &r);
        assert_memory_equal(c.text, was.text, c.prefix);
        assert_int_equal(strspn(c.text + c.prefix, "0123456789"), 9);
        for (int k = 0; k < 9; k++) seen[c.text[c.prefix + k] - '0']++;
    }
    for (int d = 0; d < 10; d++) assert_true(fabs(seen[d] - 0.9 * N) < 5 * sqrt(9.0 * N * 0.09));
}

static void refusals(void **state) {
    (void)state;
    static const char *const bad[] = {
        "",         "the code is DDDDDDDDD",   "NNN only",      "DDD before NNN", "NN and DDD", "NNN and DD",
        "NNN\nDDD", "NNN DDDDDDDDDDDDDDDDDDD", "NNNNNNNNNN DDD"
    };
    ll_error err;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ll_canaries c = planted;
        strcpy(c.format, bad[i]);
        if (ll_canaries_check(&c, &err) != LL_EINPUT) fail_msg("'%s' is taken", bad[i]);
    }
    ll_canaries c = planted;
    c.copies[1] = 0;
    assert_int_equal(ll_canaries_check(&c, &err), LL_EINPUT);
    c.copies[1] = 1000000;
    assert_int_equal(ll_canaries_check(&c, &err), LL_EINPUT);
    c = planted;
    strcpy(c.format, "NNN DDD");
    c.count = 5000; /* 20000 of 17576 names */
    assert_int_equal(ll_canaries_check(&c, &err), LL_EINPUT);
    c.count = 4000;
    assert_ok(ll_canaries_check(&c, err));
}

/* ---- in shards ---- */

static char text[LL_PATH_MAX], prefix[LL_PATH_MAX];

static void write_text(int documents, bool feeds) {
    support_folder(folder);
    snprintf(text, sizeof text, "%.900s/text", folder);
    snprintf(prefix, sizeof prefix, "%.900s/p", folder);
    ll_file_mkdir(text, NULL);
    for (int i = 0; i < documents; i++) {
        static char body[1 << 16];
        char name[32], path[LL_PATH_MAX];
        const size_t size = documents > 1 ? 700 + (size_t)(i * 37 % 300) : sizeof body;
        for (size_t k = 0; k < size; k++)
            body[k] = feeds && ((k * 7 + (size_t)i) % 61 == 0 || k + 1 == size)
                          ? '\n'
                          : (char)('a' + (k * k + (size_t)i) % 26);
        snprintf(name, sizeof name, "%05d.txt", i);
        support_write(text, name, body, size, path);
    }
}

static void build(const ll_canaries *canaries, ll_shard *train, ll_shard *val) {
    const ll_build_opts o = {
        .corpus = { .path = text }, .prefix = prefix, .val_share = 0.1, .canaries = canaries
    };
    ll_build_report report;
    assert_ok(ll_build_text(&o, &report, err));
    assert_ok(ll_shard_open_pair(train, val, prefix, err));
    assert_ok(ll_shard_verify(train, prefix, err));
}

static char *bytes_of(const ll_shard *s) {
    char *out = malloc((size_t)s->n + 1);
    for (int64_t i = 0; i < s->n; i++) out[i] = s->tokens[i] == LL_TOKEN_END ? '\f' : (char)s->tokens[i];
    out[s->n] = 0;
    return out;
}

static int64_t times(const char *whole, const char *line) {
    int64_t n = 0;
    for (const char *at = whole; (at = strstr(at, line)); at += strlen(line)) n++;
    return n;
}

/* As often as it should, as a line of its own; nothing of controls, nothing in what validates; the rest is the text. */
static void check_planted(int documents, bool feeds) {
    ll_shard train, val, plain_train, plain_val;
    write_text(documents, feeds);
    build(NULL, &plain_train, &plain_val);
    char *plain = bytes_of(&plain_train);
    char hash[65];
    strcpy(hash, plain_train.info.hash);
    assert_int_equal(plain_train.info.canaries.n, 0);
    const int64_t plain_bytes = plain_train.info.bytes;
    ll_shard_close(&plain_train);
    ll_shard_close(&plain_val);

    build(&planted, &train, &val);
    char *in_train = bytes_of(&train), *in_val = bytes_of(&val);
    assert_true(strcmp(hash, train.info.hash) != 0);
    assert_int_equal(val.info.canaries.n, 0);
    assert_int_equal(train.info.canaries.n, planted.n);
    assert_string_equal(train.info.canaries.format, planted.format);
    assert_int_equal(train.info.canaries.seed, planted.seed);
    for (int64_t i = 0; i < ll_canaries_all(&planted); i++) {
        ll_canary c;
        char line[LL_CANARY_TEXT + 1];
        ll_canary_make(&train.info.canaries, i, &c);
        snprintf(line, sizeof line, "%s\n", c.text);
        assert_int_equal(times(in_train, line), c.copies);
        assert_int_equal(times(in_val, c.text), 0);
        for (char *at; (at = strstr(in_train, line));) {
            assert_true(at == in_train || at[-1] == '\n' || at[-1] == '\f');
            memmove(at, at + strlen(line), strlen(at + strlen(line)) + 1);
        }
    }
    assert_int_equal(train.info.bytes, train.n - train.info.documents);
    if (feeds) assert_string_equal(in_train, plain);
    else assert_int_equal(times(in_train, "\n"), (int64_t)strlen(in_train) - (int64_t)strlen(plain));
    assert_true(train.info.bytes > plain_bytes);
    free(plain);
    free(in_train);
    free(in_val);
    ll_shard_close(&train);
    ll_shard_close(&val);
    support_remove(folder);
}

static void among_documents(void **state) {
    (void)state;
    check_planted(60, true);
}

static void in_one_document(void **state) {
    (void)state;
    check_planted(1, true);
}

static void in_one_line(void **state) {
    (void)state;
    check_planted(1, false);
}

/* Over the whole text: the mean place of n uniform ones is the middle, within five standard errors. */
static void places(void **state) {
    (void)state;
    enum { BYTES = 1000000 };
    ll_canaries many = planted;
    ll_planter p;
    double sum = 0, square = 0;
    many.copies[2] = 1000;
    assert_ok(ll_planter_init(&p, &many, BYTES, err));
    assert_int_equal(p.n, 4 * 1006);
    for (int64_t i = 0; i < p.n; i++) {
        const double u = (double)p.of[i].place / BYTES;
        assert_true(u >= 0 && u < 1 && (i == 0 || p.of[i].place >= p.of[i - 1].place));
        sum += u / (double)p.n;
        square += u * u / (double)p.n;
    }
    assert_true(fabs(sum - 0.5) < 5 / sqrt(12.0 * (double)p.n));
    assert_true(fabs(square - 1 / 3.0) < 5 * sqrt(4 / 45.0 / (double)p.n));
    ll_planter_clear(&p);
    assert_int_equal(ll_planter_init(&p, &many, 200000, NULL), LL_EINPUT);
}

/* ---- in a spec ---- */

static void spec_hash(void **state) {
    (void)state;
    ll_spec s, with;
    char hash[LL_HASH_HEX], other[LL_HASH_HEX];
    ll_canaries c;
    assert_ok(ll_options_default(ll_spec_table, ll_spec_count, &s, err));
    strcpy(s.data.text, "text");
    assert_ok(ll_spec_check(&s, "spec", err));
    assert_ok(ll_spec_canaries(&s, "spec", &c, err));
    assert_int_equal(c.n, 0);
    with = s;
    assert_ok(ll_options_set(ll_spec_table, ll_spec_count, &with, "data.canaries", "1,4,16", "flag", err));
    assert_ok(ll_spec_check(&with, "spec", err));
    assert_ok(ll_spec_canaries(&with, "spec", &c, err));
    assert_true(c.n == 3 && c.copies[2] == 16 && c.count == 8 && c.seed == 1);
    assert_ok(ll_spec_hash(&s, hash, err));
    assert_ok(ll_spec_hash(&with, other, err));
    assert_true(strcmp(hash, other) != 0);
    with.data.canary_seed = 2;
    strcpy(hash, other);
    assert_ok(ll_spec_hash(&with, other, err));
    assert_true(strcmp(hash, other) != 0);
    with.data.canaries.v[0] = 1.5;
    assert_int_equal(ll_spec_check(&with, "spec", NULL), LL_EINPUT);
    with.data.canaries.v[0] = 1;
    with.data.unique_tokens = (ll_list) { 1, { 1e5 } };
    assert_int_equal(ll_spec_check(&with, "spec", NULL), LL_EINPUT);
    with.data.unique_tokens.n = 0;
    *with.data.text = 0;
    strcpy(with.data.source, "arithmetic");
    assert_int_equal(ll_spec_check(&with, "spec", NULL), LL_EINPUT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms),           cmocka_unit_test(secrets),         cmocka_unit_test(refusals),
        cmocka_unit_test(among_documents), cmocka_unit_test(in_one_document), cmocka_unit_test(in_one_line),
        cmocka_unit_test(places),          cmocka_unit_test(spec_hash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
