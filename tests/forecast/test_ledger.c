/* The ledger, in the store and published: no bit of the past can be changed, no writer loses an entry, no death
 * leaves a broken chain; and what the verbs say of it. */
#define _DEFAULT_SOURCE
#include "scratch.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/document/json.h"
#include "forecast/ledger/ledger_seal.h"
#include "store/hash_chain.h"
#include "store/ledger_file.h"

static char db[LL_PATH_MAX], file[LL_PATH_MAX], out[1 << 16], err_text[4096];

static int setup(void **state) {
    (void)state;
    support_folder(folder);
    assert_ok(ll_file_join(db, folder, "l.db", err));
    assert_ok(ll_file_join(file, folder, "l.jsonl", err));
    return 0;
}

/* An empty folder again: SQLite keeps two files beside its own. */
static void afresh(void) {
    support_remove(folder);
    assert_ok(ll_file_mkdir(folder, err));
}

static void append(const char *body) {
    ll_store *s;
    ll_entry e;
    assert_ok(ll_store_open(&s, db, LL_STORE_WRITE, err));
    assert_ok(ll_store_append(s, body, &e, err));
    free(e.body);
    ll_store_close(s);
}

/* Plainly, without the wait for the disk that support_write has. */
static void put_file(const char *text, size_t size) {
    FILE *f = fopen(file, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, size, f), size);
    assert_int_equal(fclose(f), 0);
}

static ll_status publish(int64_t *added, ll_error *err) {
    ll_store *s;
    LL_TRY(ll_store_open(&s, db, LL_STORE_READ, err));
    ll_status status = ll_ledger_publish(s, file, added, err);
    ll_store_close(s);
    return status;
}

/* The file is the store's ledger, entry for entry. */
static int64_t same_as_store(void) {
    ll_store *s;
    ll_entry *entries;
    ll_ledger_file f;
    int64_t n;
    assert_ok(ll_store_open(&s, db, LL_STORE_READ, err));
    assert_ok(ll_store_list_entries(s, &entries, &n, err));
    assert_ok(ll_ledger_read(&f, file, err));
    assert_int_equal(f.n, n);
    for (int64_t i = 0; i < n; i++) {
        assert_string_equal(f.entries[i].hash, entries[i].hash);
        assert_string_equal(f.entries[i].body, entries[i].body);
    }
    ll_entries_free(f.entries, f.n);
    ll_entries_free(entries, n);
    ll_store_close(s);
    return n;
}

/* ---- tampering ---- */

static void flip(void *at, size_t bit) {
    ((unsigned char *)at)[bit / 8] ^= (unsigned char)(1u << bit % 8);
}

/* Every bit of every field of every entry of the chain, as the store hands them out. */
static void no_bit_of_an_entry(void **state) {
    (void)state;
    enum { N = 4 };
    ll_entry chain[N];
    char body[N][16];
    const char *previous = ll_hash_chain_start;
    for (int i = 0; i < N; i++) {
        snprintf(body[i], sizeof body[i], "{\"x\":%d}", i);
        chain[i] = (ll_entry) { .seq = i + 1, .body = body[i] };
        strcpy(chain[i].previous, previous);
        ll_hash_chain_hash(previous, body[i], chain[i].hash);
        previous = chain[i].hash;
    }
    assert_int_equal(ll_hash_chain_check(chain, N, NULL), 0);
    for (int i = 0; i < N; i++) {
        const struct {
            void *at;
            size_t bytes;
        } fields[] = { { &chain[i].seq, sizeof(int64_t) },
                       { chain[i].hash, 64 },
                       { chain[i].previous, 64 },
                       { body[i], strlen(body[i]) } };
        for (int k = 0; k < 4; k++)
            for (size_t bit = 0; bit < 8 * fields[k].bytes; bit++) {
                flip(fields[k].at, bit);
                assert_int_equal(ll_hash_chain_check(chain, N, NULL), i + 1);
                flip(fields[k].at, bit);
            }
    }
    assert_int_equal(ll_hash_chain_check(chain, N, NULL), 0);
}

/* Every bit of the published file, ends of lines included; the entry is named. */
static void no_bit_of_the_file(void **state) {
    (void)state;
    char *text, where[64];
    size_t size;
    int64_t added, entry = 1;
    afresh();
    append("{\"a\":\"one\"}");
    append("{\"b\":[2,3]}");
    append("{\"c\":null}");
    assert_ok(publish(&added, err));
    assert_int_equal(added, 3);
    assert_ok(ll_file_read(file, 1 << 20, &text, &size, err));
    for (size_t i = 0; i < size; i++) {
        const bool end = text[i] == '\n';
        for (int bit = 0; bit < 8; bit++) {
            ll_ledger_file f;
            ll_error e = { 0 };
            flip(text + i, (size_t)bit);
            put_file(text, size);
            flip(text + i, (size_t)bit);
            if (ll_ledger_read(&f, file, &e) != LL_ESTATE) fail_msg("byte %zu, bit %d: not found", i, bit);
            snprintf(where, sizeof where, "entry %lld ", (long long)entry);
            if (!strstr(e.msg, where))
                fail_msg("byte %zu: '%s' does not name entry %lld", i, e.msg, (long long)entry);
        }
        entry += end;
    }
    free(text);
}

/* Cut anywhere it is either the beginning of the ledger or an append that was cut off; the next append mends it. */
static void cut_anywhere(void **state) {
    (void)state;
    char *text;
    size_t size;
    int64_t added;
    unlink(file);
    assert_ok(publish(&added, err));
    assert_ok(ll_file_read(file, 1 << 20, &text, &size, err));
    for (size_t cut = 0; cut < size; cut += 1 + cut % 13) {
        ll_ledger_file f;
        int64_t lines = 0;
        for (size_t i = 0; i < cut; i++) lines += text[i] == '\n';
        put_file(text, cut);
        assert_ok(ll_ledger_read(&f, file, err));
        assert_int_equal(f.n, lines);
        ll_entries_free(f.entries, f.n);
        assert_ok(publish(&added, err));
        assert_int_equal(added, 3 - lines);
        assert_int_equal(same_as_store(), 3);
    }
    free(text);
}

static void only_its_own(void **state) {
    (void)state;
    ll_error err = { 0 };
    int64_t added;
    char *before, *after;
    size_t size;
    if (ll_file_read(file, 1 << 20, &before, &size, &err) != LL_OK) fail_msg("%s", err.msg);
    assert_int_equal(unlink(db), 0);
    append("{\"another\":1}");
    assert_int_equal(publish(&added, &err), LL_ESTATE);
    assert_non_null(strstr(err.msg, "not the beginning"));
    if (ll_file_read(file, 1 << 20, &after, &size, &err) != LL_OK) fail_msg("%s", err.msg);
    assert_string_equal(before, after);
    free(before);
    free(after);

    static const char notes[] = "One line of something else, with no end";
    put_file(notes, strlen(notes));
    assert_int_equal(publish(&added, &err), LL_EINPUT);
    assert_non_null(strstr(err.msg, ":1: is no entry of a ledger"));
    if (ll_file_read(file, 1 << 20, &after, &size, &err) != LL_OK) fail_msg("%s", err.msg);
    assert_string_equal(after, notes);
    free(after);
}

/* ---- writers at once, death, a full disk ---- */

enum { WRITERS = 3, APPENDS = 15 };

static void write_some(int who, int appends) {
    ll_store *s;
    if (ll_store_open(&s, db, LL_STORE_WRITE, NULL) != LL_OK) _exit(1);
    for (int i = 0; i < appends; i++) {
        char body[64];
        ll_entry e;
        int64_t added;
        snprintf(body, sizeof body, "{\"who\":%d,\"i\":%d}", who, i);
        if (ll_store_append(s, body, &e, NULL) != LL_OK) _exit(2);
        free(e.body);
        if (ll_ledger_publish(s, file, &added, NULL) != LL_OK) _exit(3);
    }
    ll_store_close(s);
    _exit(0);
}

static void writers_at_once(void **state) {
    (void)state;
    pid_t pids[WRITERS];
    afresh();
    for (int i = 0; i < WRITERS; i++)
        if ((pids[i] = fork()) == 0) write_some(i, APPENDS);
    for (int i = 0; i < WRITERS; i++) {
        int status;
        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_int_equal(status, 0);
    }
    assert_int_equal(same_as_store(), WRITERS * APPENDS);
}

static void killed_at_any_moment(void **state) {
    (void)state;
    afresh();
    for (int k = 0; k < 12; k++) {
        int status;
        int64_t bad, added;
        ll_ledger_file f;
        ll_store *s;
        pid_t pid = fork();
        if (pid == 0) write_some(k, 1 << 20);
        usleep((useconds_t)(2000 + 1637 * k));
        kill(pid, SIGKILL);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        assert_ok(ll_store_open(&s, db, LL_STORE_WRITE, err));
        assert_ok(ll_store_check_ledger(s, &bad, err));
        if (access(file, F_OK) == 0) {
            assert_ok(ll_ledger_read(&f, file, err)); /* the chain is whole before anything mends it */
            ll_entries_free(f.entries, f.n);
        }
        assert_ok(ll_ledger_publish(s, file, &added, err));
        ll_store_close(s);
        if (access(file, F_OK) == 0) same_as_store(); /* killed before its first entry, none is made */
        else assert_int_equal(added, 0);
    }
}

/* The disk has room for a part of a line only: the file stays as it was, and the entry is not lost. */
static void full_disk(void **state) {
    (void)state;
    int64_t added;
    afresh();
    append("{\"first\":1}");
    assert_ok(publish(&added, err));
    append("{\"second\":2}");
    for (rlim_t room = 0; room < 170; room += 23) {
        int status;
        pid_t pid = fork();
        if (pid == 0) {
            ll_ledger_file f;
            ll_error e = { 0 };
            ll_store *s; /* read before the limit: SQLite's own files are not what is tried here */
            int64_t bad;
            if (ll_ledger_read(&f, file, &e) != LL_OK || ll_store_open(&s, db, LL_STORE_READ, &e) != LL_OK ||
                ll_store_check_ledger(s, &bad, &e) != LL_OK)
                _exit(1);
            const struct rlimit limit = { (rlim_t)f.size + room, (rlim_t)f.size + room };
            signal(SIGXFSZ, SIG_IGN);
            if (setrlimit(RLIMIT_FSIZE, &limit) != 0) _exit(2);
            _exit(ll_ledger_publish(s, file, &added, &e) == LL_EIO && strstr(e.msg, "l.jsonl") ? 0 : 3);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
        ll_ledger_file f;
        assert_ok(ll_ledger_read(&f, file, err));
        assert_int_equal(f.n, 1);
        assert_int_equal(f.whole, f.size);
        ll_entries_free(f.entries, f.n);
    }
    assert_ok(publish(&added, err));
    assert_int_equal(same_as_store(), 2);
}

/* ---- the verbs ---- */

static int loglog(const char *arguments) {
    return support_run(folder, arguments, out, sizeof out, err_text, sizeof err_text);
}

static void says(const char *arguments, int code, const char *words) {
    int got = loglog(arguments);
    if (got != code || !(strstr(out, words) || strstr(err_text, words)))
        fail_msg("%s: exits %d, expected %d and '%s'; says %s%s", arguments, got, code, words, out, err_text);
}

/* A forecast of ln loss, normal about ln 2 with sd 0.02. */
static void seal_run(const char *run) {
    static const double z[LL_FORECAST_QUANTILES] = { -2.5758293, -1.9599640, -1.6448536, -1.2815516, -.6744898, 0,
                                                     .6744898,   1.2815516,  1.6448536,  1.9599640,  2.5758293 };
    ll_forecast f = { .mean = log(2), .sd = 0.02, .reach = 4, .bytes_per_token = 1, .n_fitted = 12 };
    ll_store *s;
    for (int i = 0; i < LL_FORECAST_QUANTILES; i++) f.quantile[i] = 2 * exp(0.02 * z[i]);
    snprintf(f.run, sizeof f.run, "%s", run);
    strcpy(f.sealed, "2026-01-02T03:30:00Z");
    assert_ok(ll_store_open(&s, db, LL_STORE_WRITE, err));
    assert_ok(ll_seal_append(s, ll_forecast_json(&f), err));
    ll_store_close(s);
}

/* 2 exp(0.04) lies at 2 sd: inside 99 %, outside 90 %. 2 exp(0.06), at 3 sd, is a bend. */
static void bend_alarms(void **state) {
    (void)state;
    afresh();
    seal_run("fit/inside");
    seal_run("fit/beyond");
    says("forecast check --store l.db", 0, "whole: 2 entries, 2 forecasts");
    says("forecast score --store l.db --run fit/inside --outcome 2.0816 --ledger l.jsonl", 0, "1 judged, 1 open");
    says("forecast check --store l.db", 0, "whole: 3 entries");
    says("forecast score --store l.db --run fit/inside --outcome 2.1", 1, "scored already");
    says("forecast score --store l.db --run fit/beyond --outcome 2.1237 --ledger l.jsonl", 0, "OUTSIDE its 99 %");
    says("forecast check --store l.db", 3, "BEND ALARM: entry 2, fit/beyond: 2.1237 came");
    says("forecast check --ledger l.jsonl --json", 3, "\"run\": \"fit/beyond\"");
    says("forecast check --ledger l.jsonl --after 2", 0, "whole: 4 entries");
    says("forecast score --store l.db --run fit/none --outcome 2", 2, "no forecast of 'fit/none' is sealed");
    says("forecast score --store l.db --run fit/beyond", 2, "come together");
    assert_int_equal(same_as_store(), 4);
}

/* Entries that are taken off the end leave a whole chain: only a hash that was published tells. */
static void truncation(void **state) {
    (void)state;
    ll_ledger_file f;
    char *text, arguments[256];
    size_t size;
    assert_ok(ll_ledger_read(&f, file, err));
    snprintf(arguments, sizeof arguments, "forecast check --ledger l.jsonl --after 9 --head %s",
             f.entries[f.n - 1].hash);
    ll_entries_free(f.entries, f.n);
    says(arguments, 0, "whole: 4 entries");
    assert_ok(ll_file_read(file, 1 << 20, &text, &size, err));
    for (size--; text[size - 1] != '\n';) size--;
    put_file(text, size);
    free(text);
    says("forecast check --ledger l.jsonl", 0, "whole: 3 entries");
    says(arguments, 1, "taken off its end");
    says("forecast check --ledger l.jsonl --head 12ab", 2, "64 digits");
    says("forecast export l.jsonl --store l.db", 0, "1 entries appended");
    says(arguments, 0, "whole: 4 entries");
}

static void tampered(void **state) {
    (void)state;
    char *text;
    size_t size;
    assert_ok(ll_file_read(file, 1 << 20, &text, &size, err));
    *strstr(text, "\"reach\":") = '\'';
    put_file(text, size);
    free(text);
    says("forecast check --ledger l.jsonl", 1, "l.jsonl:1: entry 1 is not as it was sealed");
    says("forecast export l.jsonl --store l.db", 1, "entry 1 is not as it was sealed");
    says("forecast score --store l.db --ledger l.jsonl", 1, "entry 1 is not as it was sealed");
    says("forecast check --ledger absent.jsonl", 2, "absent.jsonl");
    char path[LL_PATH_MAX];
    static const char *const absent[] = {
        "forecast check --store absent.db",
        "forecast list --store absent.db",
        "forecast score --store absent.db",
        "forecast export e.jsonl --store absent.db",
        "forecast seal --params 1M --tokens 1M --store absent.db",
    };
    for (size_t i = 0; i < sizeof absent / sizeof *absent; i++) {
        says(absent[i], 2, "absent.db: there is no such store");
        assert_ok(ll_file_join(path, folder, "absent.db", err));
        assert_int_not_equal(access(path, F_OK), 0);
    }
    says("forecast seal --params 1M --tokens 1M --fit absent.json --store absent.db", 2, "absent.json");
    assert_int_not_equal(access(path, F_OK), 0);
    says("forecast export", 2, "expected one file");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_bit_of_an_entry), cmocka_unit_test(no_bit_of_the_file),
        cmocka_unit_test(cut_anywhere),       cmocka_unit_test(only_its_own),
        cmocka_unit_test(writers_at_once),    cmocka_unit_test(killed_at_any_moment),
        cmocka_unit_test(full_disk),          cmocka_unit_test(bend_alarms),
        cmocka_unit_test(truncation),         cmocka_unit_test(tampered),
    };
    return cmocka_run_group_tests(tests, setup, scratch_remove);
}
