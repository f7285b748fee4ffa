/* Out of memory while sealing: whatever allocation fails, the ledger then holds the entry that was meant, to the
 * byte, or none. */
#define _GNU_SOURCE
#include "scratch.h"

#include <errno.h>
#include <unistd.h>

#include "base/system/file.h"
#include "planted_ledger.h"
#include "store/ledger_file.h"

#define TEN "0123456789"
#define LONG TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

static long until = -1; /* allocations that still succeed; negative: all do */
static bool for_good, failed;

/* A sanitizer's own allocator has to stay in place. */
#ifndef __SANITIZE_ADDRESS__
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *at, size_t size);

static bool fails(void) {
    if (until < 0) return false;
    if (until > 0) {
        until--;
        return false;
    }
    if (!for_good) until = -1;
    failed = true;
    errno = ENOMEM;
    return true;
}

void *malloc(size_t size) {
    return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size) {
    return fails() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *at, size_t size) {
    return fails() ? NULL : __libc_realloc(at, size);
}
#endif

static char db[LL_PATH_MAX];
static ll_sign_key key;

static int setup(void **state) {
    (void)state;
    support_folder(folder);
    assert_ok(ll_sign_key_new(&key, err));
    return ll_file_join(db, folder, "l.db", NULL) != LL_OK;
}

static void afresh(void) {
    support_remove(folder);
    assert_ok(ll_file_mkdir(folder, err));
}

static ll_status seal_forecast(ll_store *s, const ll_sign_key *by) {
    const ll_forecast f = planted_forecast("far/a");
    ll_seal stands;
    ll_sealing how;
    return ll_ledger_seal_forecast(s, &f, by, &stands, &how, NULL);
}

static ll_status seal_said(ll_store *s, const ll_sign_key *by) {
    static const ll_said start = {
        .ln_scale = true, .question = "how?", .author = "ada", .sealed = "2026-01-02T03:30:00Z"
    };
    ll_said said = start, stands;
    ll_sealing how;
    ll_said_quantiles(&said, "0.05=1.8,0.5=1.9,0.95=2.0", "q", NULL);
    return ll_ledger_seal_said(s, &said, by, &stands, &how, NULL);
}

typedef ll_status sealer(ll_store *s, const ll_sign_key *by);

/* The body of the one entry, for free(); NULL: the ledger is empty. */
static char *body_of(ll_store *s) {
    ll_entry *entries;
    int64_t n;
    char *body = NULL;
    assert_ok(ll_store_list_entries(s, &entries, &n, err));
    assert_true(n <= 1);
    if (n) body = strdup(entries[0].body);
    ll_entries_free(entries, n);
    return body;
}

/* A new store in *s in place of one that holds an entry. */
static void renew(ll_store **s) {
    ll_store_close(*s);
    afresh();
    assert_ok(ll_store_open(s, db, LL_STORE_WRITE, err));
}

/* Fails the n-th allocation, for good or once; false: there was no n-th. A store in which nothing was sealed is
 * tried again: a failure leaves it usable. */
static bool try_one(ll_store **s, sealer *seal, const ll_sign_key *by, const char *meant, long n) {
    failed = false;
    until = n;
    const ll_status status = seal(*s, by);
    until = -1;
    char *body = body_of(*s);
    if (status == LL_OK && !body) fail_msg("allocation %ld: sealed without an entry", n);
    if (body && strcmp(body, meant) != 0) fail_msg("allocation %ld: sealed damaged: %s", n, body);
    if (body) renew(s);
    free(body);
    return failed;
}

static void try_all(sealer *seal, const ll_sign_key *by) {
    ll_store *s = NULL;
    long tries = 0;
    renew(&s);
    assert_int_equal(seal(s, by), LL_OK);
    char *meant = body_of(s);
    assert_non_null(meant);
    renew(&s);
    for (int k = 0; k < 2; k++) {
        for_good = k;
        for (long n = 0; try_one(&s, seal, by, meant, n); n++) tries++;
    }
    ll_store_close(s);
    free(meant);
#ifndef __SANITIZE_ADDRESS__
    assert_true(tries > 100);
#endif
    print_message("%ld tries\n", tries);
}

static void no_damaged_forecast(void **state) {
    (void)state;
    try_all(seal_forecast, NULL);
}

static void no_damaged_signed_forecast(void **state) {
    (void)state;
    try_all(seal_forecast, &key);
}

static void no_damaged_answer(void **state) {
    (void)state;
    try_all(seal_said, NULL);
}

/* A score carries the time of its sealing: all else of it is held against one that was sealed in peace. */
static char *without_time(char *body) {
    char *at = strstr(body, "\"scored\"");
    assert_non_null(at);
    *at = 0;
    return body;
}

static void no_damaged_score(void **state) {
    (void)state;
    const ll_outcome came = { .value = 2.01 };
    char hash[65], *meant = NULL;
    ll_store *s = NULL;
    bool sealed = true;                       /* there is none to try on */
    for (long n = -1; n < 0 || failed; n++) { /* the first in peace */
        ll_sealing how;
        ll_entry *entries;
        int64_t count = 2;
        if (sealed) renew(&s), plant_forecast(s, "far/a", NULL, hash);
        failed = false, for_good = false;
        until = n;
        const ll_status status = ll_ledger_seal_score(s, hash, &came, NULL, &how, NULL);
        until = -1;
        assert_ok(ll_store_list_entries(s, &entries, &count, err));
        if (status == LL_OK) assert_int_equal(count, 2);
        if (count == 2 && !meant) meant = strdup(without_time(entries[1].body));
        else if (count == 2) assert_string_equal(without_time(entries[1].body), meant);
        sealed = count == 2;
        ll_entries_free(entries, count);
    }
    assert_non_null(strstr(meant, "\"outcome\": 2.0"));
    free(meant);
    ll_store_close(s);
}

/* Larger than stdio's blocks: what is printed in memory on its way has to grow. */
static void no_damaged_file(void **state) {
    (void)state;
    char path[LL_PATH_MAX], *meant = NULL, *text;
    ll_store *s = NULL;
    int64_t added;
    size_t size, whole = 0;
    renew(&s);
    for (int i = 0; i < 60; i++) {
        ll_entry e;
        assert_ok(ll_store_append(s, "{\"schema\": \"x/1\", \"long\": \"" LONG "\"}", &e, err));
        free(e.body);
    }
    assert_ok(ll_file_join(path, folder, "l.jsonl", err));
    failed = true;
    for (long n = -1; failed; n++) { /* the first in peace */
        unlink(path);
        failed = n < 0, for_good = false;
        until = n;
        const ll_status status = ll_ledger_publish(s, path, &added, NULL);
        until = -1;
        if (ll_file_read(path, 1 << 20, &text, &size, NULL) != LL_OK) text = strdup(""), size = 0;
        if (!meant) meant = text, whole = size;
        else {
            assert_true(status == LL_OK ? size == whole : size == 0 || size == whole);
            assert_memory_equal(text, meant, size);
            free(text);
        }
    }
    assert_true(whole > 16384);
    free(meant);
    ll_store_close(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_damaged_forecast), cmocka_unit_test(no_damaged_signed_forecast),
        cmocka_unit_test(no_damaged_answer),   cmocka_unit_test(no_damaged_score),
        cmocka_unit_test(no_damaged_file),
    };
    return cmocka_run_group_tests(tests, setup, scratch_remove);
}
