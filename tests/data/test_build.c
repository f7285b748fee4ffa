#define _GNU_SOURCE
#include "scratch.h"

#include <dirent.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "data/build.h"
#include "data/digests.h"

static char text[LL_PATH_MAX], prefix[LL_PATH_MAX];

static int setup(void **state) {
    (void)state;
    support_folder(folder);
    snprintf(text, sizeof text, "%.900s/text", folder);
    snprintf(prefix, sizeof prefix, "%.900s/out/p", folder);
    ll_file_mkdir(text, NULL);
    return 0;
}

/* Document i: its number and a body of its own length, a few letters above ASCII. */
static size_t compose(int i, char *out) {
    size_t n = (size_t)sprintf(out, "document %d \xc3\xa9\xe2\x82\xac ", i), length = 80 + (size_t)(i * 37 % 200);
    while (n < length) out[n] = (char)('a' + (i * 7 + (int)n * 3) % 26), n++;
    return n;
}

static void put_document(int i) {
    char name[32], body[512], path[LL_PATH_MAX];
    snprintf(name, sizeof name, "%05d.txt", i);
    support_write(text, name, body, compose(i, body), path);
}

static int entries(const char *path) {
    int n = -2;
    DIR *dir = opendir(path);
    if (!dir) return 0;
    while (readdir(dir)) n++;
    closedir(dir);
    return n;
}

static ll_build_opts opts_of(void) {
    return (ll_build_opts) { .corpus = { .path = text }, .prefix = prefix };
}

/* Which documents a shard holds: bit i of found; checks the order and that each is there in full. */
static void find_documents(const ll_shard *s, int n, bool *found) {
    int last = -1;
    int64_t at = 0;
    memset(found, 0, (size_t)n);
    while (at < s->n) {
        char body[512], want[512];
        size_t size = 0;
        int i;
        while (at < s->n && s->tokens[at] != LL_TOKEN_END) {
            assert_true(s->tokens[at] < 256 && size < sizeof body - 1);
            body[size++] = (char)s->tokens[at++];
        }
        assert_true(at < s->n); /* the end token is there */
        at++;
        body[size] = 0;
        assert_int_equal(sscanf(body, "document %d ", &i), 1);
        assert_true(i > last && i < n);
        assert_int_equal(size, compose(i, want));
        assert_memory_equal(body, want, size);
        found[last = i] = true;
    }
}

static void build_and_find(int n, bool *train_has, bool *val_has, ll_build_report *report) {
    ll_build_opts o = opts_of();
    ll_shard train, val;
    assert_ok(ll_build_text(&o, report, err));
    assert_ok(ll_shard_open_pair(&train, &val, prefix, err));
    assert_ok(ll_shard_verify(&train, prefix, err));
    assert_ok(ll_shard_verify(&val, prefix, err));
    find_documents(&train, n, train_has);
    find_documents(&val, n, val_has);
    assert_memory_equal(&train.info.hash, &report->train.hash, sizeof train.info.hash);
    assert_int_equal(train.info.tokens, report->train.tokens);
    assert_int_equal(train.info.tokens, train.info.bytes + train.info.documents);
    ll_shard_close(&train);
    ll_shard_close(&val);
}

enum { DOCS = 400 };

static void every_document_once(void **state) {
    (void)state;
    bool train_has[DOCS], val_has[DOCS];
    char body[512];
    int64_t bytes = 0, validated = 0;
    ll_build_report r;
    for (int i = 0; i < DOCS; i++) put_document(i);
    build_and_find(DOCS, train_has, val_has, &r);
    for (int i = 0; i < DOCS; i++) {
        assert_true(train_has[i] != val_has[i]);
        validated += val_has[i];
        bytes += (int64_t)compose(i, body);
    }
    assert_in_range(validated, 6, 40); /* 20 expected; three standard deviations and more */
    assert_int_equal(r.val.documents, validated);
    assert_int_equal(r.train.documents + r.val.documents, DOCS);
    assert_int_equal(r.train.bytes + r.val.bytes, bytes);
    assert_int_equal(r.train.characters + r.val.characters,
                     bytes - 3 * DOCS); /* 2 and 3 bytes for one letter each */
    assert_int_equal(r.train.duplicates + r.val.duplicates, 0);
    assert_int_equal(r.read.files, DOCS);
    assert_int_equal(r.train.vocab, 257);
    assert_string_equal(r.train.tokenizer, "byte");
    assert_string_equal(r.train.origin, text);
    assert_true(isnan(r.train.entropy));
    assert_int_equal(entries(folder), 2);
}

/* The split of a document is its own: neighbours come, go and double without moving it. */
static void neighbours_move_no_one(void **state) {
    (void)state;
    bool train_was[DOCS], val_was[DOCS], train_has[DOCS + 50], val_has[DOCS + 50];
    char name[LL_PATH_MAX], body[512];
    ll_build_report r;
    build_and_find(DOCS, train_was, val_was, &r);
    for (int i = DOCS; i < DOCS + 50; i++) put_document(i);
    snprintf(name, sizeof name, "%.900s/00007.txt", text);
    unlink(name);
    support_write(text, "zzz.txt", body, compose(8, body), name); /* number 8 once more, under another name */
    build_and_find(DOCS + 50, train_has, val_has, &r);
    assert_int_equal(r.train.duplicates + r.val.duplicates, 1);
    assert_int_equal(val_was[8] ? r.val.duplicates : r.train.duplicates, 1);
    for (int i = 0; i < DOCS; i++) {
        if (i == 7) assert_true(!train_has[i] && !val_has[i]);
        else assert_true(train_has[i] == train_was[i] && val_has[i] == val_was[i]);
    }
}

static void same_text_same_hash(void **state) {
    (void)state;
    ll_build_opts o = opts_of();
    ll_build_report a, b;
    assert_ok(ll_build_text(&o, &a, err));
    assert_ok(ll_build_text(&o, &b, err));
    assert_string_equal(a.train.hash, b.train.hash);
    assert_string_equal(a.val.hash, b.val.hash);
    assert_string_not_equal(a.train.hash, a.val.hash);
}

static void max_bytes_is_exact(void **state) {
    (void)state;
    ll_build_opts o = opts_of();
    ll_build_report r;
    o.max_bytes = 12345;
    assert_ok(ll_build_text(&o, &r, err));
    assert_int_equal(r.train.bytes + r.val.bytes, 12345);
    o.max_bytes = 1 << 30;
    assert_ok(ll_build_text(&o, &r, err));
    assert_true(r.train.bytes + r.val.bytes > 50000);
}

static void count_call(void *ctx, int64_t documents, int64_t bytes) {
    (void)documents, (void)bytes;
    ++*(int *)ctx;
}

/* One document, and two: each gives its end to validation. None is made into tokens twice to find that out. */
static void few_documents_are_cut(void **state) {
    (void)state;
    static char block[200000];
    char path[LL_PATH_MAX];
    int calls = 0;
    ll_build_report r;
    ll_shard train, val;
    ll_build_opts o = opts_of();
    for (size_t i = 0; i < sizeof block; i++) block[i] = (char)(i * i / 7);
    support_write(folder, "one", block, sizeof block, path);
    o.corpus.path = path;
    o.val_share = 0.1;
    o.progress = count_call;
    o.progress_ctx = &calls;
    assert_ok(ll_build_text(&o, &r, err));
    assert_int_equal(calls, 1);
    assert_ok(ll_shard_open_pair(&train, &val, prefix, err));
    assert_int_equal(train.n, 180001);
    assert_int_equal(val.n, 20001);
    for (int i = 0; i < 200000; i++)
        assert_int_equal(i < 180000 ? train.tokens[i] : val.tokens[i - 180000], (uint8_t)block[i]);
    assert_int_equal(train.tokens[180000], LL_TOKEN_END);
    ll_shard_close(&train);
    ll_shard_close(&val);
    o.corpus.max_document = 100000;
    assert_ok(ll_build_text(&o, &r, err));
    assert_int_equal(r.train.documents, 2);
    assert_int_equal(r.val.documents, 2);
    assert_int_equal(r.val.bytes, 20000);
}

static void refusals_leave_nothing(void **state) {
    (void)state;
    char path[LL_PATH_MAX], tiny[LL_PATH_MAX], fresh[LL_PATH_MAX];
    ll_build_report r;
    ll_error err = { 0 };
    snprintf(fresh, sizeof fresh, "%.900s/fresh/p", folder);
    support_write(folder, "tiny", "too little", 10, tiny);
    ll_build_opts o = { .corpus = { .path = tiny }, .prefix = fresh };
    assert_int_equal(ll_build_text(&o, &r, &err), LL_EINPUT);
    assert_non_null(strstr(err.msg, "tiny: 10 bytes of text, expected at least 4096"));
    support_write(folder, "bad.jsonl", "{\"text\":\"a\"}\n{", 14, path);
    o.corpus.path = path;
    assert_int_equal(ll_build_text(&o, &r, &err), LL_EFORMAT);
    o.corpus.path = "/nonexistent";
    assert_int_equal(ll_build_text(&o, &r, &err), LL_EINPUT);
    snprintf(fresh, sizeof fresh, "%.900s/fresh", folder);
    assert_int_equal(entries(fresh), 0);
    o = opts_of();
    o.prefix = "/dev/null/p"; /* a parent that is no folder */
    assert_int_equal(ll_build_text(&o, &r, &err), LL_EINPUT);
    assert_non_null(strstr(err.msg, "/dev/null"));
    const double shares[] = { -0.1, 1, 2, NAN };
    for (size_t i = 0; i < 4; i++) {
        o.val_share = shares[i];
        assert_int_equal(ll_build_text(&o, &r, &err), LL_EINPUT);
    }
}

/* A file may not grow beyond limit bytes: as a full disk, it fails in the middle of a write. */
static ll_status build_with_limit(rlim_t limit, char *message, size_t size) {
    int pipe_ends[2], status;
    assert_int_equal(pipe(pipe_ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        ll_error err = { 0 };
        ll_build_report r;
        ll_build_opts o = opts_of();
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &(struct rlimit) { limit, limit });
        ll_status s = ll_build_text(&o, &r, &err);
        ssize_t n = write(pipe_ends[1], err.msg, strlen(err.msg) + 1);
        _exit(n > 0 ? (int)s : 99);
    }
    close(pipe_ends[1]);
    assert_true(read(pipe_ends[0], message, size) > 0);
    close(pipe_ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return (ll_status)WEXITSTATUS(status);
}

static void full_disk(void **state) {
    (void)state;
    char message[LL_ERROR_MAX], out[LL_PATH_MAX], *was, *is;
    size_t was_size, is_size;
    const rlim_t limits[] = { 0, 500, 1024, 4096, 100000 };
    ll_file_folder(out, prefix);
    char path[LL_PATH_MAX];
    assert_ok(ll_shard_path(path, prefix, "train", err));
    assert_ok(ll_file_read(path, 1 << 24, &was, &was_size, err));
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        assert_int_equal(build_with_limit(limits[i], message, sizeof message), LL_EIO);
        if (!strstr(message, "cannot write: File too large")) fail_msg("%s", message);
        assert_int_equal(entries(out), 4); /* the pair that was there, and nothing beside it */
    }
    assert_ok(ll_file_read(path, 1 << 24, &is, &is_size, err));
    assert_int_equal(is_size, was_size);
    assert_memory_equal(is, was, was_size);
    free(was);
    free(is);
    assert_int_equal(build_with_limit(1 << 24, message, sizeof message), LL_OK);
}

static bool always(void *ctx) {
    (void)ctx;
    return true;
}

static void stop_leaves_nothing(void **state) {
    (void)state;
    char fresh[LL_PATH_MAX], out[LL_PATH_MAX];
    ll_build_report r;
    ll_build_opts o = opts_of();
    snprintf(fresh, sizeof fresh, "%.900s/stopped/p", folder);
    ll_file_folder(out, fresh);
    o.prefix = fresh;
    o.stop = always;
    assert_int_equal(ll_build_text(&o, &r, NULL), LL_ESTOP);
    assert_int_equal(entries(out), 0);
}

static void source_shards(void **state) {
    (void)state;
    enum { N = 30000 };
    static uint16_t want[N];
    ll_source *s;
    ll_shard train, val;
    ll_build_report r;
    assert_ok(ll_source_markov(&s, 16, 1, 0.1, 3, err));
    assert_ok(ll_build_source(s, prefix, N, 1000, 9, &r, err));
    assert_ok(ll_shard_open_pair(&train, &val, prefix, err));
    assert_int_equal(train.n, N);
    assert_int_equal(val.n, 1000);
    ll_source_fill(s, 9, 0, want, N);
    assert_memory_equal(train.tokens, want, sizeof want);
    ll_source_fill(s, 9, 1, want, 1000);
    assert_memory_equal(val.tokens, want, 1000 * sizeof *want);
    assert_int_equal(train.info.vocab, 16);
    assert_string_equal(train.info.tokenizer, "source");
    assert_true(isnan(train.info.bytes_per_token));          /* no bytes, so no bits per byte */
    assert_true(train.info.entropy == ll_source_entropy(s)); /* 17 digits: not a bit lost */
    assert_true(train.info.entropy_error == 0);
    assert_ok(ll_shard_verify(&train, prefix, err));
    ll_shard_close(&train);
    ll_shard_close(&val);
    assert_int_equal(ll_build_source(s, prefix, 1, 1000, 9, &r, NULL), LL_EINPUT);
    assert_int_equal(ll_build_source(s, prefix, 1000, -5, 9, &r, NULL), LL_EINPUT);
    ll_source_free(s);
}

static void digest_set(void **state) {
    (void)state;
    ll_digests set = { 0 };
    bool fresh;
    for (int round = 0; round < 2; round++)
        for (uint32_t i = 0; i < 5000; i++) {
            uint8_t digest[LL_HASH_BYTES] = { 1 };
            digest[8] = (uint8_t)i; /* the low word, which places it, is the same for all */
            digest[9] = (uint8_t)(i >> 8);
            assert_ok(ll_digests_add(&set, digest, &fresh, err));
            assert_true(fresh == (round == 0));
        }
    assert_int_equal(set.used, 5000);
    ll_digests_clear(&set);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_document_once),
        cmocka_unit_test(neighbours_move_no_one),
        cmocka_unit_test(same_text_same_hash),
        cmocka_unit_test(max_bytes_is_exact),
        cmocka_unit_test(few_documents_are_cut),
        cmocka_unit_test(refusals_leave_nothing),
        cmocka_unit_test(full_disk),
        cmocka_unit_test(stop_leaves_nothing),
        cmocka_unit_test(source_shards),
        cmocka_unit_test(digest_set),
    };
    return cmocka_run_group_tests(tests, setup, scratch_remove);
}
