/* The ledger under attack: every single entry edited, removed, swapped, inserted, replayed, and the end cut at
 * every place; left as it is, or the chain computed anew, by hands that mend what refers to it or sign with a key
 * of their own; held against what is read alone, a signer who is known, and a head that was published before. What
 * is found and what is not is reckoned beside it from the places alone, and both must agree. */
#define _GNU_SOURCE
#include "scratch.h"

#include <time.h>

#include "base/document/json.h"
#include "forecast/ledger/ledger_head.h"
#include "forecast/ledger/ledger_sign.h"
#include "planted_ledger.h"
#include "store/hash_chain.h"

enum { N = PLANTED_ENTRIES, MOST = N + 1, OLD_HEAD = 4 };
static const int judges[N + 1] = { 0, 0, 0, 0, 1, 2, 0, 3 }; /* [entry] of which entry it is the score */

static char file[LL_PATH_MAX];
static ll_sign_key owner, mallory;

typedef enum attack { NONE, EDIT, REMOVE, SWAP, INSERT, REPLAY, CUT, ATTACKS } attack;
/* RAW: the chain is not computed anew. NAIVE: it is, and bodies stay as they are. CAREFUL: scores name the new
 * hashes, signatures are stripped. RESIGNED: so, and signed with another key. */
typedef enum skill { RAW, NAIVE, CAREFUL, RESIGNED, SKILLS } skill;
typedef enum defence { READ, SIGNER, HEAD_OLD, HEAD_NEW, DEFENCES } defence;

static const char *const attack_names[] = { "none", "edit", "remove", "swap", "insert", "replay", "cut" };
static const char *const skill_names[] = { "as it is", "chain anew", "chain and references anew",
                                           "all anew, another's key" };
static const char *const defence_names[] = { "read alone", "with its signer", "with a head of 4 entries",
                                             "with its last head" };

/* ---- the ledger before ---- */

typedef struct ledger {
    ll_entry e[MOST];
    int n;
} ledger;

static ledger plain, sealed; /* sealed: every entry signed by the owner */
static ll_head head_of[2][DEFENCES];

static void plant(ledger *l, const ll_sign_key *key, ll_head head[DEFENCES]) {
    char db[LL_PATH_MAX];
    ll_store *s;
    ll_entry *entries;
    int64_t n;
    ll_ledger_view v;
    assert_ok(ll_file_join(db, folder, key ? "signed.db" : "plain.db", err));
    assert_ok(ll_store_open(&s, db, LL_STORE_WRITE, err));
    plant_ledger(s, key);
    assert_ok(ll_store_list_entries(s, &entries, &n, err));
    ll_store_close(s);
    assert_int_equal(n, N);
    memcpy(l->e, entries, N * sizeof *entries);
    l->n = N;
    free(entries);
    for (int d = HEAD_OLD; d <= HEAD_NEW; d++) {
        assert_ok(ll_ledger_view_of(&v, l->e, d == HEAD_OLD ? OLD_HEAD : N, err));
        head[d] = ll_head_of(&v, NULL);
        ll_ledger_view_clear(&v);
    }
}

static int setup(void **state) {
    (void)state;
    support_folder(folder);
    assert_ok(ll_file_join(file, folder, "l.jsonl", err));
    assert_ok(ll_sign_key_new(&owner, err));
    assert_ok(ll_sign_key_new(&mallory, err));
    plant(&plain, NULL, head_of[0]);
    plant(&sealed, &owner, head_of[1]);
    return 0;
}

/* ---- what an attacker does ---- */

static ll_entry copy_of(const ll_entry *e) {
    ll_entry c = *e;
    c.body = strdup(e->body);
    assert_non_null(c.body);
    return c;
}

/* Another outcome, judge or name: one value of the body. */
static void edit(ll_entry *e) {
    ll_json *doc;
    bool held;
    assert_ok(ll_json_parse(e->body, strlen(e->body), "body", &doc, err));
    if (ll_json_get_bool(doc, "outcome", &held)) ll_json_set_bool(doc, "outcome", !held);
    else if (ll_json_get(doc, "outcome")) ll_json_set_num(doc, "outcome", 1.5);
    else ll_json_set_str(doc, "judged_by", "mallory");
    free(e->body);
    e->body = ll_json_text(doc, false);
    assert_non_null(e->body);
    ll_json_free(doc);
}

static ll_entry forged(void) {
    const ll_forecast f = planted_forecast("far/forged");
    ll_json *doc = ll_forecast_json(&f);
    ll_entry e = { .body = ll_json_text(doc, false) };
    ll_json_free(doc);
    return e;
}

static void insert(ledger *l, int at, ll_entry e) {
    for (int i = l->n++; i > at; i--) l->e[i] = l->e[i - 1];
    l->e[at] = e;
}

static void removed(ledger *l, int at) {
    free(l->e[at].body);
    l->n--;
    for (int i = at; i < l->n; i++) l->e[i] = l->e[i + 1];
}

/* place, from 1: of the entry; of the first of two; before which; of what is replayed; of the first that is cut. */
static void change(ledger *l, attack a, int place) {
    const int i = place - 1;
    const ll_entry e = a == SWAP ? l->e[i] : (ll_entry) { 0 };
    switch (a) {
    case EDIT: edit(&l->e[i]); break;
    case REMOVE: removed(l, i); break;
    case SWAP: l->e[i] = l->e[i + 1], l->e[i + 1] = e; break;
    case INSERT: insert(l, i, forged()); break;
    case REPLAY: insert(l, l->n, copy_of(&l->e[i])); break;
    case CUT:
        while (l->n > i) removed(l, l->n - 1);
        break;
    default: break;
    }
}

/* New hashes for those that stood in the ledger before. */
typedef struct rename_table {
    char from[MOST][65], to[MOST][65];
    int n;
} rename_table;

static const char *mended(const rename_table *r, const char *hash) {
    for (int i = 0; i < r->n; i++)
        if (strcmp(r->from[i], hash) == 0) return r->to[i];
    return hash;
}

/* The body without a signature, its reference mended, and signed anew where there is a key. */
static char *rewritten(const ll_entry *e, const rename_table *r, const ll_sign_key *key, const ledger *now,
                       int at) {
    static const char *const dropped[] = { "count", "after", "signer", "signature" };
    ll_json *doc, *kept = ll_json_object();
    const ll_json *v;
    char *text;
    assert_ok(ll_json_parse(e->body, strlen(e->body), "body", &doc, err));
    for (const char *k = NULL; (k = ll_json_next(doc, k, &v));) {
        bool drop = false;
        for (int i = 0; i < 4; i++) drop |= strcmp(k, dropped[i]) == 0;
        if (!drop) ll_json_set(kept, k, ll_json_copy(v));
    }
    const char *names = ll_json_get_str(doc, "forecast");
    if (names) ll_json_set_str(kept, "forecast", mended(r, names));
    assert_ok(ll_ledger_body(&text, kept, key, now->e, at, err));
    ll_json_free(doc);
    return text;
}

static void recompute(ledger *l, skill s) {
    rename_table r = { .n = 0 };
    const char *previous = ll_hash_chain_start;
    for (int i = 0; i < l->n; i++) {
        ll_entry *e = &l->e[i];
        if (s == CAREFUL || s == RESIGNED) {
            char *text = rewritten(e, &r, s == RESIGNED ? &mallory : NULL, l, i);
            free(e->body);
            e->body = text;
        }
        memcpy(r.from[r.n], e->hash, 65);
        e->seq = i + 1;
        strcpy(e->previous, previous);
        ll_hash_chain_hash(previous, e->body, e->hash);
        memcpy(r.to[r.n++], e->hash, 65);
        previous = e->hash;
    }
}

/* What is put in gets a place and a hash that fit what is before it, even where nothing else is computed anew. */
static void place_raw(ledger *l, attack a, int place) {
    if (a != INSERT) return;
    ll_entry *e = &l->e[place - 1];
    e->seq = place;
    strcpy(e->previous, place > 1 ? l->e[place - 2].hash : ll_hash_chain_start);
    ll_hash_chain_hash(e->previous, e->body, e->hash);
}

/* ---- what a defender sees ---- */

static void write_file(const ledger *l) {
    FILE *f = fopen(file, "wb");
    assert_non_null(f);
    for (int i = 0; i < l->n; i++)
        fprintf(f, "{\"seq\":%lld,\"previous\":\"%s\",\"hash\":\"%s\",\"body\":%s}\n", (long long)l->e[i].seq,
                l->e[i].previous, l->e[i].hash, l->e[i].body);
    assert_int_equal(fclose(f), 0);
}

static bool is_found(defence d, bool is_signed) {
    ll_ledger_view v;
    bool found = false;
    if (ll_ledger_view_file(&v, file, NULL) != LL_OK) return true;
    for (int64_t i = 0; i < v.n_remarks; i++) found |= v.remarks[i].kind != LL_REMARK_UNKNOWN;
    if (d == SIGNER) found |= ll_head_covered(&v, NULL, owner.open) < v.n;
    if (d >= HEAD_OLD) found |= ll_head_find(&head_of[is_signed][d], &v, NULL) != LL_OK;
    ll_ledger_view_clear(&v);
    return found;
}

/* ---- what should be found, from the places alone ---- */

/* Is there a score, not the removed one, of an entry at this place or behind it? */
static bool is_referred_to(int from, int without) {
    for (int i = 1; i <= N; i++)
        if (i != without && judges[i] >= from) return true;
    return false;
}

static bool read_finds(attack a, skill s, int place, bool is_signed) {
    const bool at_end = a == CUT || (a == INSERT && place == N + 1);
    if (a == NONE || at_end) return false;
    if (a == REPLAY) return true; /* a second of its name, or raw a number that is not its place */
    if (s == RAW) return true;
    if (s == NAIVE) return is_signed || is_referred_to(place, a == REMOVE ? place : 0);
    if (a != REMOVE) return false;
    for (int i = 1; i <= N; i++)
        if (judges[i] == place) return true; /* its score is left without it */
    return false;
}

static bool should_find(attack a, skill s, int place, defence d, bool is_signed) {
    if (read_finds(a, s, place, is_signed)) return true;
    if (d == READ) return false;
    if (d == SIGNER) { /* what is left must be the owner's: nothing added, nothing signed anew or not at all */
        if (a == CUT && (s == CAREFUL || s == RESIGNED)) return place > 1;
        if (a == NONE) return s == CAREFUL || s == RESIGNED;
        return a != CUT;
    }
    const int count = d == HEAD_OLD ? OLD_HEAD : N;
    if (is_signed && (s == CAREFUL || s == RESIGNED)) return true; /* stripped from the first entry on */
    if (!is_signed && s == RESIGNED) return true;                  /* signed where nothing was */
    if (a == NONE) return false;
    return place <= count; /* the first entry that changed, or is gone */
}

static ledger changed(const ledger *from, attack a, skill s, int place) {
    ledger l = { .n = from->n };
    for (int i = 0; i < l.n; i++) l.e[i] = copy_of(&from->e[i]);
    change(&l, a, place);
    if (s == RAW) place_raw(&l, a, place);
    else recompute(&l, s);
    return l;
}

static void clear(ledger *l) {
    for (int i = 0; i < l->n; i++) free(l->e[i].body);
}

static int places(attack a) {
    if (a == NONE) return 1;
    if (a == INSERT) return N + 1;
    return a == SWAP || a == REMOVE ? N - 1 : N; /* the last one removed is a cut */
}

typedef struct tally {
    int tried, found;
} tally;

static void try_all(bool is_signed, tally of[ATTACKS][SKILLS][DEFENCES]) {
    const ledger *from = is_signed ? &sealed : &plain;
    for (int a = 0; a < ATTACKS; a++)
        for (int s = 0; s < SKILLS; s++)
            for (int place = 1; place <= places((attack)a); place++) {
                ledger l = changed(from, (attack)a, (skill)s, place);
                write_file(&l);
                for (int d = 0; d < DEFENCES; d++) {
                    if (d == SIGNER && !is_signed) continue;
                    const bool found = is_found((defence)d, is_signed);
                    const bool should = should_find((attack)a, (skill)s, place, (defence)d, is_signed);
                    if (found != should)
                        fail_msg("%s at %d of the %s ledger, %s: %s %s", attack_names[a], place,
                                 is_signed ? "signed" : "plain", skill_names[s], defence_names[d],
                                 found ? "is found" : "is not found");
                    of[a][s][d].tried++;
                    of[a][s][d].found += found;
                }
                clear(&l);
            }
}

static void report(bool is_signed, tally of[ATTACKS][SKILLS][DEFENCES]) {
    for (int a = EDIT; a < ATTACKS; a++)
        for (int s = 0; s < SKILLS; s++)
            for (int d = 0; d < DEFENCES; d++)
                if (of[a][s][d].tried > of[a][s][d].found)
                    print_message("%s, %s, %s, %s: %d of %d found\n", is_signed ? "signed" : "plain",
                                  attack_names[a], skill_names[s], defence_names[d], of[a][s][d].found,
                                  of[a][s][d].tried);
}

static void plain_ledger(void **state) {
    (void)state;
    tally of[ATTACKS][SKILLS][DEFENCES] = { 0 };
    try_all(false, of);
    report(false, of);
}

static void signed_ledger(void **state) {
    (void)state;
    tally of[ATTACKS][SKILLS][DEFENCES] = { 0 };
    try_all(true, of);
    report(true, of);
}

/* The program says the same: what was printed is found again, a cut end is not the ledger of that head. */
static void the_program_agrees(void **state) {
    (void)state;
    static char out[1 << 14], err_text[1 << 12];
    char line[LL_HEAD_LINE], command[LL_HEAD_LINE + 128];
    ledger l = changed(&sealed, NONE, RAW, 1);
    write_file(&l);
    assert_int_equal(support_run(folder, "forecast head --ledger l.jsonl", line, sizeof line, NULL, 0), 0);
    line[strcspn(line, "\n")] = 0;
    snprintf(command, sizeof command, "forecast check --ledger l.jsonl --head '%s' --signer %s", line, owner.open);
    assert_int_equal(support_run(folder, command, out, sizeof out, err_text, sizeof err_text), 0);
    assert_non_null(strstr(out, "all of it is covered by signatures"));
    clear(&l);
    l = changed(&sealed, CUT, RAW, N);
    write_file(&l);
    assert_int_equal(support_run(folder, command, out, sizeof out, err_text, sizeof err_text), 1);
    assert_non_null(strstr(err_text, "has 6 entries, and had 7"));
    clear(&l);
    l = changed(&sealed, EDIT, RESIGNED, 1);
    write_file(&l);
    assert_int_equal(support_run(folder, command, out, sizeof out, err_text, sizeof err_text), 1);
    assert_non_null(strstr(err_text, "entry 7 is not the one whose head was published"));
    snprintf(command, sizeof command, "forecast check --ledger l.jsonl --signer %s", owner.open);
    assert_int_equal(support_run(folder, command, out, sizeof out, err_text, sizeof err_text), 1);
    assert_non_null(strstr(out, "NOT SIGNED"));
    assert_int_equal(support_run(folder, "forecast check --ledger l.jsonl --head 12ab", out, sizeof out, NULL, 0),
                     2);
    line[70] = line[70] == '0' ? '1' : '0';
    snprintf(command, sizeof command, "forecast check --ledger l.jsonl --head '%s trailing'", line);
    assert_int_equal(support_run(folder, command, out, sizeof out, NULL, 0), 2);
    clear(&l);
}

/* 40,000 answers of one author: what is looked up among them takes no longer for their number (0.4 s of one core;
 * 20 s where each is compared with all before it). */
static void a_long_ledger(void **state) {
    (void)state;
    enum { LONG = 40000 };
    ll_entry *e = calloc(LONG, sizeof *e);
    ll_ledger_view v;
    assert_non_null(e);
    for (int i = 0; i < LONG; i++) {
        assert_true(
            asprintf(&e[i].body,
                     "{\"schema\":\"loglog.prediction/1\",\"question\":\"q%d\",\"author\":\"a\",\"run\":\"\","
                     "\"judged_by\":\"\",\"version\":\"v\",\"sealed\":\"2026-01-02T03:30:00Z\","
                     "\"probability\":0.5}",
                     i) > 0);
        e[i].seq = i + 1;
        strcpy(e[i].previous, i ? e[i - 1].hash : ll_hash_chain_start);
        ll_hash_chain_hash(e[i].previous, e[i].body, e[i].hash);
    }
    const clock_t from = clock();
    assert_ok(ll_ledger_view_of(&v, e, LONG, err));
    assert_true((double)(clock() - from) / CLOCKS_PER_SEC < 5);
    assert_int_equal(v.n_said, LONG);
    assert_int_equal(v.n_remarks, 0);
    assert_int_equal(ll_ledger_view_said(&v, "q39999", "a")->seq, LONG);
    assert_null(ll_ledger_view_said(&v, "q40000", "a"));
    ll_ledger_view_clear(&v);
    ll_entries_free(e, LONG);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_long_ledger),
        cmocka_unit_test(plain_ledger),
        cmocka_unit_test(signed_ledger),
        cmocka_unit_test(the_program_agrees),
    };
    return cmocka_run_group_tests(tests, setup, scratch_remove);
}
