/* The chain of the ledger: hashes by hand, tampering, writers at once. */
#define _GNU_SOURCE
#include "scratch_store.h"

#include "base/document/hash.h"

static void ledger_chain(void **state) {
    (void)state;
    ll_store *s = open_store(LL_STORE_WRITE);
    ll_entry e, *list;
    int64_t n, bad = -1;
    char hex[LL_HASH_HEX], text[128];
    assert_ok(ll_store_append(s, "{\"a\":1}", &e, err));
    assert_int_equal(e.seq, 1);
    snprintf(text, sizeof text, "%064d\n{\"a\":1}", 0);
    assert_string_equal(e.hash, ll_hash_of(text, strlen(text), hex));
    free(e.body);
    assert_ok(ll_store_append(s, "{\"b\":2}", &e, err));
    snprintf(text, sizeof text, "%s\n{\"b\":2}", hex);
    assert_string_equal(e.previous, hex);
    assert_string_equal(e.hash, ll_hash_of(text, strlen(text), hex));
    free(e.body);
    assert_ok(ll_store_list_entries(s, &list, &n, err));
    assert_int_equal(n, 2);
    assert_string_equal(list[1].body, "{\"b\":2}");
    assert_string_equal(list[1].previous, list[0].hash);
    ll_entries_free(list, n);
    assert_ok(ll_store_check_ledger(s, &bad, err));
    assert_int_equal(bad, 0);
    ll_store_close(s);
}

static void tampering(void **state) {
    (void)state;
    static const char *const refused[] = { "UPDATE ledger SET body = 'x' WHERE seq = 2", "DELETE FROM ledger",
                                           "INSERT INTO ledger VALUES (1, 'h', 'p', 'b')",
                                           "INSERT OR REPLACE INTO ledger VALUES (1, 'h', 'p', 'b')" };
    int64_t bad;
    ll_error e = { 0 };
    store_anew();
    ll_store *s = open_store(LL_STORE_WRITE);
    for (int i = 0; i < 4; i++) {
        ll_entry entry;
        assert_ok(ll_store_append(s, "{\"x\":1}", &entry, err));
        free(entry.body);
    }
    ll_store_close(s);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        if (!outsider(refused[i])) return;
    s = open_store(LL_STORE_READ);
    assert_ok(ll_store_check_ledger(s, &bad, err)); /* the triggers held */
    ll_store_close(s);
    outsider(*server ? "DROP TRIGGER ledger_update ON ledger" : "DROP TRIGGER ledger_update");
    outsider("UPDATE ledger SET body = '{}' WHERE seq = 3");
    s = open_store(LL_STORE_READ);
    assert_int_equal(ll_store_check_ledger(s, &bad, &e), LL_ESTATE);
    assert_int_equal(bad, 3);
    assert_non_null(strstr(e.msg, "entry 3"));
    ll_store_close(s);
    outsider(*server ? "DROP TRIGGER ledger_delete ON ledger" : "DROP TRIGGER ledger_delete");
    outsider("UPDATE ledger SET body = '{\\\"x\\\":1}' WHERE seq = 3; DELETE FROM ledger WHERE seq = 2");
    s = open_store(LL_STORE_READ);
    assert_int_equal(ll_store_check_ledger(s, &bad, &e), LL_ESTATE);
    assert_int_equal(bad, 2);
    ll_store_close(s);
    store_anew();
}

enum { APPENDS = 60 };

static void append_many(int who) {
    ll_store *s;
    if (ll_store_open(&s, db, LL_STORE_WRITE, NULL) != LL_OK) _exit(1);
    for (int i = 0; i < APPENDS; i++) {
        char body[64];
        ll_entry e;
        snprintf(body, sizeof body, "{\"who\":%d,\"i\":%d}", who, i);
        if (ll_store_append(s, body, &e, NULL) != LL_OK) _exit(2);
        free(e.body);
    }
    ll_store_close(s);
}

/* The children also create the store at once: only one migration may win. */
static void writers_at_once(void **state) {
    (void)state;
    store_anew();
    pid_t pids[3];
    int64_t n, bad, next[3] = { 0 };
    ll_entry *list;
    for (int i = 0; i < 3; i++) pids[i] = child(append_many, i);
    for (int i = 0; i < 3; i++) assert_int_equal(wait_for(pids[i]), 0);
    ll_store *s = open_store(LL_STORE_READ);
    assert_ok(ll_store_check_ledger(s, &bad, err));
    assert_ok(ll_store_list_entries(s, &list, &n, err));
    assert_int_equal(n, 3 * APPENDS);
    for (int64_t k = 0; k < n; k++) {
        int who, i;
        assert_int_equal(sscanf(list[k].body, "{\"who\":%d,\"i\":%d}", &who, &i), 2);
        assert_int_equal(i, next[who]++); /* nothing lost, each writer's own order kept */
    }
    ll_entries_free(list, n);
    ll_store_close(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ledger_chain),
        cmocka_unit_test(tampering),
        cmocka_unit_test(writers_at_once),
    };
    return run_on_both(tests);
}
