/* What the verbs do with the ledger: nobody goes on from a broken chain, what is sealed stands, what cannot count
 * is named, others are sealed and scored beside us. */
#define _GNU_SOURCE
#include "scratch.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/document/keyfile.h"
#include "planted_ladder.h"
#include "planted_ledger.h"
#include "tiny_ladder.h"

static char out[1 << 16], err_text[8192];

static const char policy[] = "schema: loglog.policy/1\nname: house\nevaluate: {needed: false}\n"
                             "levels: [{name: l, lines: [{of: flops, at_least: 1e25}]}]\n";

static int setup(void **state) {
    (void)state;
    support_folder(folder);
    put(folder, "policy.yaml", policy);
    put(folder, "spec.yaml", ladder);
    return 0;
}

static void says(const char *arguments, int code, const char *words) {
    const int got = support_run(folder, arguments, out, sizeof out, err_text, sizeof err_text);
    if (got != code || !(strstr(out, words) || strstr(err_text, words)))
        fail_msg("%s: exits %d, expected %d and '%s'; says %s%s", arguments, got, code, words, out, err_text);
}

static void path_of(char path[LL_PATH_MAX], const char *name) {
    assert_ok(ll_file_join(path, folder, name, err));
}

static bool is_there(const char *name) {
    char path[LL_PATH_MAX];
    path_of(path, name);
    return access(path, F_OK) == 0;
}

static ll_store *open_named(const char *name) {
    char path[LL_PATH_MAX];
    ll_store *s;
    path_of(path, name);
    assert_ok(ll_store_open(&s, path, LL_STORE_WRITE, err));
    return s;
}

static int64_t entries_of(const char *name) {
    ll_store *s = open_named(name);
    ll_entry *entries;
    int64_t n;
    assert_ok(ll_store_list_entries(s, &entries, &n, err));
    ll_entries_free(entries, n);
    ll_store_close(s);
    return n;
}

static void append(ll_store *s, const char *body) {
    ll_entry e;
    assert_ok(ll_store_append(s, body, &e, err));
    free(e.body);
}

/* ---- a broken chain ---- */

/* Raises a number of entry 1 in the database, as an outsider could; false where there is no sqlite3 program. */
static bool tamper(const char *name) {
    char command[LL_PATH_MAX + 256];
    snprintf(command, sizeof command,
             "sqlite3 '%s/%s' \"DROP TRIGGER ledger_update; UPDATE ledger SET body = replace(body, "
             "'sd_ln_loss\\\": 0.', "
             "'sd_ln_loss\\\": 1.') WHERE seq = 1\" >/dev/null 2>&1",
             folder, name);
    const int code = system(command);
    if (WEXITSTATUS(code) == 127) print_message("SKIPPED: there is no sqlite3 program\n");
    else assert_int_equal(code, 0);
    return WEXITSTATUS(code) != 127;
}

static void nobody_goes_on_from_a_broken_chain(void **state) {
    (void)state;
    char path[LL_PATH_MAX];
    path_of(path, "t.db");
    plant(path, "planted");
    says("gate check policy.yaml --run 0123456789abcdef/last-30 --store t.db", 0, "pass");
    if (!tamper("t.db")) skip();
    says("gate check policy.yaml --run 0123456789abcdef/last-30 --store t.db", 4, "chain is broken at entry 1");
    static const char *const refused[] = {
        "forecast check --store t.db",
        "forecast list --store t.db",
        "forecast score --store t.db",
        "forecast head --store t.db",
        "forecast export e.jsonl --store t.db",
        "forecast seal --statement so --probability 0.5 --store t.db",
        "forecast seal --quantiles 0.1=1,0.9=2 --question q --store t.db",
        "forecast seal --params 5M --tokens 30M --store t.db",
        "run spec.yaml --store t.db --quiet",
        "run spec.yaml --store t.db --policy policy.yaml --quiet",
        "status --store t.db",
        "runs export - --store t.db",
        "fit --store t.db",
        "plan --flops 1e15 --store t.db",
        "next --target-flops 1e15 --budget 1e14 --store t.db",
        "plot c --out c.svg --store t.db",
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        says(refused[i], 1, "chain is broken at entry 1");
        if (strncmp(refused[i], "status", 6) == 0)
            assert_non_null(strstr(out, "planted")); /* how far ladders are */
    }
    assert_false(is_there("e.jsonl"));
    assert_false(is_there("c.svg"));
    says("runs list --store t.db --json", 0, "last-30");
    assert_null(strstr(out, "tiny")); /* nothing was trained */
}

static void an_export_of_nothing_leaves_nothing(void **state) {
    (void)state;
    says("runs list --store t.db", 0, "last-30");
    ll_store_close(open_named("empty.db"));
    says("forecast export e.jsonl --store empty.db", 0, "0 entries appended");
    assert_false(is_there("e.jsonl"));
    says("forecast export e.jsonl", 0, "0 entries appended");
    says("forecast export e.jsonl --store absent.db", 2, "absent.db: there is no such store");
    assert_false(is_there("e.jsonl"));
    says("forecast list", 0, "0 sealed");
    says("forecast list --store absent.db", 2, "absent.db: there is no such store");
    says("forecast check", 0, "whole: 0 entries");
    assert_false(is_there("loglog.db"));
    assert_false(is_there("absent.db"));
}

/* ---- what is sealed stands ---- */

/* The planted law on a grid of 6 by 4, with its noise, as a saved fit. */
static void make_fit(void) {
    char text[1 << 14];
    ll_ladder l = planted_ladder("planted");
    size_t used = (size_t)snprintf(text, sizeof text, "run,params,tokens,loss\n");
    for (int i = 0; i < 24; i++) {
        const ll_run r = planted_run(&l, i, "g", 1e5 * pow(3, i % 6), 1e6 * pow(4, i / 6));
        used += (size_t)snprintf(text + used, sizeof text - used, "%s,%.17g,%.17g,%.17g\n", r.name, r.params,
                                 r.tokens, r.loss);
    }
    put(folder, "runs.csv", text);
    says("fit runs.csv --bootstrap 20 --save fit.json", 0, "");
}

#define SEAL "forecast seal --store f.db --fit fit.json --params 1B --tokens 20B --run far "
static void the_first_stands(void **state) {
    (void)state;
    char arguments[2048];
    make_fit();
    says(SEAL "--author ada --question 'where does it end?'", 0, "where does it end?");
    says(SEAL "--author ada --question 'where does it end?'", 0, "already sealed");
    says(SEAL "--author ada --question 'where does it end?' --json", 0, "\"author\": \"ada\"");
    says(SEAL "--author bob --question 'where does it end?'", 1, "another forecast of fit/far stands");
    says(SEAL "--author ada --question 'where does it begin?'", 1, "another forecast of fit/far stands");
    says("forecast seal --store f.db --fit fit.json --params 2B --tokens 20B --run far", 1, "never replaced");
    assert_int_equal(entries_of("f.db"), 1);
    for (size_t i = 0; i < 2; i++) { /* whole or not at all */
        snprintf(arguments, sizeof arguments, "%s--%s %0300d", SEAL, i ? "judged-by" : "author", 0);
        says(arguments, 2, "has 300 letters, expected at most 127");
    }
    snprintf(arguments, sizeof arguments,
             "forecast seal --store f.db --fit fit.json --params 1B --tokens 20B --run %0300d", 0);
    says(arguments, 2, "expected at most 283 bytes");
    assert_int_equal(entries_of("f.db"), 1);
}

/* A forecast is scored by the name that it was sealed under; a name that two runs have is not guessed. */
static void scored_by_its_name(void **state) {
    (void)state;
    make_fit();
    says("forecast seal --store named1.db --fit fit.json --params 1B --tokens 20B --run near", 0, "fit/near");
    says("forecast score --store named1.db --run ear --outcome 2", 2, "no forecast of 'ear' is sealed");
    says("forecast seal --store named1.db --question 'how far?' --author ada --quantiles 0.05=1,0.95=9 --run "
         "other/near",
         0, "");
    says("forecast score --store named1.db --run near --outcome 2", 2, "are both called 'near': give the whole id");
    says("forecast score --store named1.db --run fit/near --outcome 2", 0, "");
    says("forecast seal --store named2.db --fit fit.json --params 1B --tokens 20B --run near", 0, "fit/near");
    says("forecast score --store named2.db --run near --outcome 2", 0, "");
    says("forecast list --store named2.db", 0, "came 2.0000");
}

enum { SEALERS = 12 };

/* Exits 0 when it sealed, 1 when the same stood, 2 when another did. */
static void seal_once(const char *path, double sd) {
    ll_forecast f = planted_forecast("far/race");
    ll_seal stands;
    ll_sealing how;
    ll_store *s;
    f.sd = sd;
    if (ll_store_open(&s, path, LL_STORE_WRITE, NULL) != LL_OK) _exit(9);
    if (ll_ledger_seal_forecast(s, &f, NULL, &stands, &how, NULL) != LL_OK) _exit(8);
    ll_store_close(s);
    _exit(how == LL_SEALING_NEW ? 0 : how == LL_SEALING_SAME ? 1 : 2);
}

/* All at once, the same or each another: one entry, and everybody is told the truth. */
static void many_who_seal_one_run(void **state) {
    (void)state;
    char path[LL_PATH_MAX];
    for (int other = 0; other < 2; other++) {
        pid_t pids[SEALERS];
        int told[10] = { 0 };
        path_of(path, other ? "race1.db" : "race0.db");
        ll_store_close(open_named(other ? "race1.db" : "race0.db"));
        for (int i = 0; i < SEALERS; i++)
            if ((pids[i] = fork()) == 0) seal_once(path, 0.02 + other * 0.001 * i);
        for (int i = 0; i < SEALERS; i++) {
            int status;
            assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
            assert_true(WIFEXITED(status) && WEXITSTATUS(status) < 10);
            told[WEXITSTATUS(status)]++;
        }
        assert_int_equal(told[0], 1);
        assert_int_equal(told[other ? 2 : 1], SEALERS - 1);
        assert_int_equal(entries_of(other ? "race1.db" : "race0.db"), 1);
    }
}

/* ---- what cannot count ---- */

static void what_cannot_count_is_named(void **state) {
    (void)state;
    char hash[65], body[512], a[65];
    ll_store *s = open_named("m.db");
    plant_forecast(s, "far/a", NULL, a);
    append(s, "{\"schema\":\"loglog.forecast/2\",\"run\":\"far/b\",\"what\":\"is to come\"}");
    ll_store_close(s);
    says("forecast check --store m.db", 0, "UNKNOWN: entry 2: it is a loglog.forecast/2");
    s = open_named("m.db");
    const ll_forecast second = planted_forecast("far/a");
    ll_json *doc = ll_forecast_json(&second);
    ll_json_set_num(doc, "sd_ln_loss", 0.5);
    assert_ok(ll_seal_append(s, doc, err));                                       /* 3 */
    append(s, "{\"schema\":\"loglog.score/1\",\"run\":\"far/a\",\"outcome\":2}"); /* 4 */
    memset(hash, 'f', 64), hash[64] = 0;
    static const char form[] = "{\"schema\":\"loglog.score/1\",\"run\":\"%s\",\"outcome\":%s,\"forecast\":\"%s\","
                               "\"scored\":\"%s\"}";
    const char *const scores[][5] = {
        { "far/a", "2", hash, "2026-02-02T00:00:00Z", "IGNORED: entry 5: a score that names no forecast" },
        { "far/b", "2", a, "2026-02-02T00:00:00Z", "IGNORED: entry 6: it is a score of 'far/b'" },
        { "far/a", "2", a, "2026-01-01T00:00:00Z", "IGNORED: entry 7: it was scored at 2026-01-01" },
        { "far/a", "2", a, "yesterday", "IGNORED: entry 8: it or the forecast that it names does not say" },
        { "far/a", "-2", a, "2026-02-02T00:00:00Z", "DAMAGED: entry 9: its outcome is no loss above 0" },
        { "far/a", "2.01", a, "2026-02-02T00:00:00Z", "whole: 12 entries, 1 forecasts" },
        { "far/a", "2.02", a, "2026-02-03T00:00:00Z",
          "IGNORED: entry 11: the forecast that it names, entry 1, has" },
    };
    for (size_t i = 0; i < sizeof scores / sizeof *scores; i++) {
        snprintf(body, sizeof body, form, scores[i][0], scores[i][1], scores[i][2], scores[i][3]);
        append(s, body);
    }
    append(s, "{\"schema\":\"loglog.forecast/1\",\"run\":\"far/c\"}"); /* 12 */
    ll_store_close(s);
    for (size_t i = 0; i < sizeof scores / sizeof *scores; i++)
        says("forecast check --store m.db", 1, scores[i][4]);
    says("forecast check --store m.db", 1,
         "IGNORED: entry 3: it forecasts far/a, whose forecast stands in entry 1");
    says("forecast check --store m.db", 1, "IGNORED: entry 4: a score that names no forecast before it");
    says("forecast check --store m.db", 1, "DAMAGED: entry 12: forecast: question is missing");
    says("forecast check --store m.db --after 12", 0, "DAMAGED: entry 12");
    says("forecast check --store m.db --json", 1, "\"kind\": \"damaged\"");
    says("forecast list --store m.db", 0, "came 2.0100"); /* the first score, and no other */
    says("forecast list --store m.db", 0, "10 entries are unknown or cannot count");
}

/* The chain says in which order entries came; a clock that was turned back says otherwise. What is between clocks of
 * several machines is no fault. */
static void a_clock_that_went_back_is_named(void **state) {
    (void)state;
    static const struct {
        const char *sealed, *says;
    } at[] = {
        { "2026-02-02T00:00:00Z", "whole: 6 entries" },
        { "2026-02-01T23:58:00Z", "whole: 6 entries" },
        { "2020-02-02T00:00:00Z",
          "MISDATED: entry 3: it is dated 2020-02-02T00:00:00Z, before entry 1, which it follows, of 2026-02-02" },
        { "9026-02-02T00:00:00Z", "MISDATED: entry 4: it is dated 9026-02-02T00:00:00Z, after now" },
        { "97093-02-02T00:00:00Z", "MISDATED: entry 5: its date, 97093-02-02T00:00:00Z, is none" },
        { "2026-02-03T00:00:00Z", "whole: 6 entries, 6 forecasts" },
    };
    char run[16], hash[65];
    ll_store *s = open_named("clock.db");
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        snprintf(run, sizeof run, "far/%zu", i);
        ll_forecast f = planted_forecast(run);
        strcpy(f.sealed, at[i].sealed);
        plant_this(s, &f, NULL, hash);
    }
    ll_store_close(s);
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) says("forecast check --store clock.db", 1, at[i].says);
    assert_null(strstr(out, "entry 2"));
    assert_null(strstr(out, "entry 6"));
    says("forecast check --store clock.db --json", 1, "\"kind\": \"misdated\"");
    says("forecast check --store clock.db --after 5", 0, "MISDATED");
    says("forecast list --store clock.db", 0, "   1 2026-02-02 ");
    says("forecast list --store clock.db", 0, "   5 97093-02-02 ");
}

/* What another program rewrote, or what is of something else, is not accused of a changed entry. */
static void a_file_that_is_no_ledger(void **state) {
    (void)state;
    static char text[1 << 14], other[1 << 14];
    char path[LL_PATH_MAX], hash[65], *whole;
    size_t size, n = 0;
    ll_store *s = open_named("file.db");
    plant_forecast(s, "far/a", NULL, hash);
    plant_forecast(s, "far/b", NULL, hash);
    ll_store_close(s);
    says("forecast export whole.jsonl --store file.db", 0, "2 entries");
    path_of(path, "whole.jsonl");
    assert_ok(ll_file_read(path, sizeof text, &whole, &size, err));
    put(folder, "table.jsonl", "params,tokens,loss\n1e6,1e7,3\n");
    says("forecast check --ledger table.jsonl", 2, "table.jsonl:1: is no entry of a ledger, expected {\"seq\":1,");
    put(folder, "line.jsonl", "params,tokens,loss");
    says("forecast list --ledger line.jsonl", 2, "line.jsonl:1: is no entry of a ledger");
    says("forecast export table.jsonl --store file.db", 2, "table.jsonl:1: is no entry of a ledger");
    snprintf(text, sizeof text, "\xef\xbb\xbf%s", whole);
    put(folder, "mark.jsonl", text);
    says("forecast check --ledger mark.jsonl", 2, "mark.jsonl:1: begins with a byte order mark");
    for (size_t i = 0; i < size; i++) {
        if (whole[i] == '\n') other[n++] = '\r';
        other[n++] = whole[i];
    }
    other[n] = 0;
    put(folder, "crlf.jsonl", other);
    says("forecast check --ledger crlf.jsonl", 2, "crlf.jsonl:1: ends in CR LF");
    whole[1] = 'x';
    put(folder, "changed.jsonl", whole);
    says("forecast check --ledger changed.jsonl", 1, "entry 1 is not as it was sealed");
    free(whole);
    const char secret[] = "loglog-secret-key/1 0123456789abcdef";
    says("forecast check --ledger whole.jsonl --signer 'loglog-secret-key/1 0123456789abcdef'", 2, "--signer");
    assert_null(strstr(err_text, secret));
    assert_null(strstr(err_text, "0123456789abcdef"));
}

/* A row of the table under a name of its own is no run to come. */
static void a_run_that_is_done_by_another_name(void **state) {
    (void)state;
    static char table[4096];
    size_t at = (size_t)snprintf(table, sizeof table, "run,params,tokens,loss\n");
    for (int i = 0; i < 12; i++) {
        const double N = 1e5 * pow(2, i % 4), D = 2e6 * pow(3, i / 4);
        at += (size_t)snprintf(table + at, sizeof table - at, "run%d,%.0f,%.0f,%.6f\n", i, N, D,
                               1.7 + 40 / pow(N, 0.3) + 90 / pow(D, 0.3) + 0.003 * (i % 3));
    }
    put(folder, "runs.csv", table);
    says("forecast seal runs.csv --params 800k --tokens 18M --run new --store rep.db", 1,
         "run11 is done with the same parameters and tokens");
    says("fit runs.csv --save runs.json", 0, "");
    says("forecast seal --fit runs.json --params 800k --tokens 18M --run new --store rep.db", 1, "run11 is done");
    says("forecast seal runs.csv --params 800001 --tokens 18M --run near --store rep.db", 0, "table/near");
    says("forecast seal runs.csv --params 800k --tokens 18M --run new --replicate --store rep.db", 0, "table/new");
    says("forecast seal runs.csv --params 800k --tokens 18M --run new --replicate --store rep.db --json", 0,
         "\"replicate\": true");
    says("forecast score --store rep.db --run table/new --outcome 3", 0, "a replicate: not counted");
    says("forecast score --store rep.db --json", 0, "\"interval_score\": null");
    says("forecast list --store rep.db", 0, "0 judged, 0 inside their 90 % interval; 1 of replicates");
    says("forecast learn --store rep.db", 2, "no scored forecast");
    says("forecast score --store rep.db --run table/near --outcome 3 --json", 0, "\"stated\": 1,");
}

/* One bit of a loss in the table of runs. */
static void a_loss_that_rotted_differs(void **state) {
    (void)state;
    char path[LL_PATH_MAX];
    ll_run run;
    path_of(path, "r.db");
    plant(path, "planted");
    says("forecast check --store r.db", 0, "whole: 2 entries");
    ll_store *s = open_named("r.db");
    assert_ok(ll_store_get_run(s, "0123456789abcdef/last-30", &run, err));
    run.loss = nextafter(run.loss, 9);
    assert_ok(ll_store_put_run(s, &run, err));
    ll_store_close(s);
    says("forecast check --store r.db", 1, "DIFFERS: entry 1, 0123456789abcdef/last-30");
    says("forecast check --store r.db --json", 1, "\"in_table\": ");
    says("forecast check --store r.db --after 1", 0, "DIFFERS");
}

/* ---- others ---- */

#define O " --store o.db"
/* ln(2.0 / 1.8) = 0.10536 is the width and, for an outcome inside, the interval score; (0.7 - 1)^2 = 0.09. */
static void others_are_sealed_and_scored(void **state) {
    (void)state;
    says("forecast seal" O " --quantiles q0.95=2.0,q0.05=1.8,0.5=1.9 --question 'loss of b' --author ada", 0,
         "entry 1");
    says("forecast seal" O " --quantiles 0.05=1.8,0.5=1.9,0.95=2.0 --question 'loss of b' --author ada", 0,
         "already sealed");
    says("forecast seal" O " --quantiles 0.05=1.8,0.5=1.91,0.95=2.0 --question 'loss of b' --author ada", 1,
         "another answer of 'ada' stands in entry 1");
    says("forecast seal" O " --quantiles 0.05=1.7,0.95=1.8 --question 'loss of b' --author bob", 0, "entry 2");
    says("forecast seal" O " --statement 'it is released' --probability 0.7 --ledger o.jsonl", 0, "entry 3");
    static const char *const wrong[][2] = {
        { "--quantiles 0.05=1.8 --question q", "at least two quantiles" },
        { "--quantiles 0.05=1.8,0.05=1.9 --question q", "the level 0.05 is there twice" },
        { "--quantiles 0.05=1.8,0.5=1.7 --question q", "is below that of a lower level" },
        { "--quantiles 0.05=1.8,1.5=1.9 --question q", "between 0 and 1" },
        { "--quantiles 0.05=-1,0.5=1.7 --question q", "expected a number above 0" },
        { "--quantiles 0.05=,0.5=1.7 --question q", "'0.05=' is no LEVEL=VALUE" },
        { "--quantiles nonsense --question q", "'nonsense' is no LEVEL=VALUE" },
        { "--quantiles 0.05=1,0.5=2", "expected --question" },
        { "--statement so", "come together" },
        { "--probability 0.5", "come together" },
        { "--statement so --probability 1", "above 0 and below 1" },
        { "--statement so --probability 0.5 --quantiles 0.1=1,0.9=2", "give one" },
        { "--statement so --probability 0.5 --params 1M", "leave out --params" },
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char arguments[256];
        snprintf(arguments, sizeof arguments, "forecast seal%s %s", O, wrong[i][0]);
        says(arguments, 2, wrong[i][1]);
    }
    says("forecast score" O " --entry 3 --outcome 1.9", 2, "true or false");
    says("forecast score" O " --entry 1 --outcome true", 2, "expected a number above 0");
    says("forecast score" O " --entry 9 --outcome 2", 2, "entry 9 is no forecast");
    says("forecast score" O " --entry 1 --outcome 1.93", 0, "interval score 0.1054");
    says("forecast score" O " --entry 1 --outcome 1.93", 0, "1 judged, 1 open");
    says("forecast score" O " --entry 1 --outcome 1.94", 1, "entry 1 is scored already");
    says("forecast score" O " --entry 3 --outcome true --ledger o.jsonl", 0, "mean Brier score 0.0900");
    says("forecast list" O, 0, "0 sealed, 0 judged, 0 inside their 90 % interval; 3 of others");
    says("forecast check" O, 0, "whole: 5 entries, 0 forecasts, 3 of others");
    assert_int_equal(entries_of("o.db"), 5);
}

static void says_not(const char *arguments, const char *words) {
    assert_int_equal(support_run(folder, arguments, out, sizeof out, err_text, sizeof err_text), 0);
    if (strstr(out, words)) fail_msg("%s: says '%s': %s", arguments, words, out);
}

/* Nobody stated those intervals: neither held nor missed. */
static void an_interval_counts_where_it_was_stated(void **state) {
    (void)state;
    says("forecast seal --quantiles q0.4=1.8,q0.5=2.0 --question iq --store st.db", 0, "entry 1");
    says("forecast list --store st.db", 0, "[1.8, 2] from 40 to 50 %  open");
    says("forecast score --entry 1 --outcome 6 --store st.db", 0, "came 6         not stated,  interval score");
    says("forecast score --store st.db", 0, "99 % intervals were stated by none");
    says_not("forecast score --store st.db", "OUTSIDE");
    says("forecast list --store st.db", 0, "came 6, its 90 % not stated;");
    says("forecast seal --quantiles q0.05=1.8,q0.5=2.0,q0.95=2.2 --question eq --store st.db", 0, "entry 3");
    says("forecast score --entry 3 --outcome 9 --store st.db", 0, "NOT covered, interval score");
    says_not("forecast score --store st.db", "OUTSIDE");
    says("forecast score --store st.db", 0, "90 % intervals held 0 of the 1 that were stated: 0 %");
    says("forecast score --json --store st.db", 0, "\"covered90\": null");
    says("forecast score --json --store st.db", 0, "\"covered90\": false");
    says_not("forecast score --json --store st.db", "\"covered99\": false");
    says("forecast check --store st.db", 0, "whole: 4 entries");
}

/* The file alone, in a folder of somebody else. */
static void a_ledger_of_somebody_else(void **state) {
    (void)state;
    says("forecast list --ledger o.jsonl", 0, "it is released");
    says("forecast list --ledger o.jsonl", 0, "5 entries, head ");
    says("forecast score --ledger o.jsonl", 0, "mean Brier score 0.0900");
    says("forecast score --ledger o.jsonl --json", 0, "\"judged\": 1");
    says("forecast check --ledger o.jsonl", 0, "whole: 5 entries");
    says("forecast score --ledger o.jsonl --entry 2 --outcome 1", 2, "is read as it stands");
    assert_false(is_there("loglog.db"));
}

/* A quantity of a run that is trained here gets its score when ours does. */
static void others_speak_of_a_run(void **state) {
    (void)state;
    char path[LL_PATH_MAX];
    ll_run run;
    path_of(path, "w.db");
    plant(path, "planted");
    says("forecast seal --store w.db --quantiles 0.05=1,0.95=9 --run 0123456789abcdef/last-30 --author ada", 1,
         "is done: a forecast of it would be no forecast");
    ll_store *s = open_named("w.db");
    assert_ok(ll_store_get_run(s, "0123456789abcdef/last-30", &run, err));
    run.state = LL_RUN_PLANNED;
    assert_ok(ll_store_put_run(s, &run, err));
    says("forecast seal --store w.db --quantiles 0.05=1,0.95=9 --run 0123456789abcdef/last-30 --author ada", 0,
         "entry 3");
    says("forecast score --store w.db", 0, "1 judged, 1 open");
    run.state = LL_RUN_DONE;
    assert_ok(ll_store_put_run(s, &run, err));
    ll_store_close(s);
    says("forecast score --store w.db", 0, "2 judged, 0 open");
    says("forecast check --store w.db", 0, "whole: 4 entries, 1 forecasts, 1 of others");
}

/* ---- signed ---- */

static void signed_entries(void **state) {
    (void)state;
    char path[LL_PATH_MAX], arguments[512];
    ll_sign_key key;
    assert_ok(ll_sign_key_new(&key, err));
    path_of(path, "ada.key");
    assert_ok(ll_keyfile_write(&key, path, err));
    says("forecast seal --store s.db --statement so --probability 0.5", 0, "entry 1");
    says("forecast seal --store s.db --statement then --probability 0.5 --key ada.key", 0, "entry 2");
    snprintf(arguments, sizeof arguments, "forecast check --store s.db --signer %s", key.open);
    says(arguments, 0, "all of it is covered by signatures");
    says("forecast score --store s.db --entry 1 --outcome true", 0, "1 of 1");
    says(arguments, 1, "NOT SIGNED: no signature of ");
    says(arguments, 1, "covers entries 3 to 3");
    says("forecast score --store s.db --entry 2 --outcome false --key ada.key", 0, "1 of 2");
    says(arguments, 0, "all of it is covered by signatures");
    says("forecast check --store s.db", 0, "2 entries are signed");
    says("forecast check --store s.db --signer ab", 2, "64 digits");
    says("forecast seal --store s.db --statement so2 --probability 0.5 --key none.key", 2, "none.key");
    says("forecast head --store s.db --key ada.key", 0, key.open);
    says("forecast head --store s.db", 0, "loglog-head/1 4 ");
    ll_sign_key_clear(&key);
}

/* ---- run ---- */

static void held_out(char id[LL_RUN_ID], const char *store) {
    ll_run *runs;
    int64_t n;
    ll_store *s = open_named(store);
    assert_ok(ll_store_list_runs(s, "", -1, "role = 'forecast'", &runs, &n, err));
    assert_int_equal(n, 1);
    snprintf(id, LL_RUN_ID, "%s", runs[0].id);
    free(runs);
    ll_store_close(s);
}

/* A forecast of 2 nats with a narrow interval for a run that comes to more than 4: an alarm, and all work done. */
static void a_bend_is_exit_code_3(void **state) {
    (void)state;
    char id[LL_RUN_ID], path[LL_PATH_MAX], hash[65];
    const int code = support_run(folder, "run spec.yaml --store first.db --quiet", NULL, 0, NULL, 0);
    assert_true(code == 0 || code == 3);
    held_out(id, "first.db");
    path_of(path, "again");
    assert_ok(ll_file_mkdir(path, err));
    ll_store *s = open_named("again/s.db");
    plant_forecast(s, id, NULL, hash);
    ll_store_close(s);
    says("run spec.yaml --store again/s.db --quiet --json", 3, "BEND ALARM");
    assert_non_null(strstr(out, "\"bends\": 1"));
    says("run spec.yaml --store again/s.db --quiet", 3, "BEND ALARM");
    says("status --store again/s.db", 0, "6 done");
    says("run --help", 0, "The exit code is 3 too for a bend alarm");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_goes_on_from_a_broken_chain),
        cmocka_unit_test(an_export_of_nothing_leaves_nothing),
        cmocka_unit_test(the_first_stands),
        cmocka_unit_test(scored_by_its_name),
        cmocka_unit_test(many_who_seal_one_run),
        cmocka_unit_test(what_cannot_count_is_named),
        cmocka_unit_test(a_clock_that_went_back_is_named),
        cmocka_unit_test(a_file_that_is_no_ledger),
        cmocka_unit_test(a_run_that_is_done_by_another_name),
        cmocka_unit_test(a_loss_that_rotted_differs),
        cmocka_unit_test(others_are_sealed_and_scored),
        cmocka_unit_test(an_interval_counts_where_it_was_stated),
        cmocka_unit_test(a_ledger_of_somebody_else),
        cmocka_unit_test(others_speak_of_a_run),
        cmocka_unit_test(signed_entries),
        cmocka_unit_test(a_bend_is_exit_code_3),
    };
    return cmocka_run_group_tests(tests, setup, scratch_remove);
}
