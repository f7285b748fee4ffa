/* What users see: names shown and not sent, lines within the terminal, stores that are named, words that are near.
 */
#define _GNU_SOURCE
#include "scratch_program.h"
#include "scratch_store.h"

#include <fcntl.h>
#include <math.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "base/document/json.h"
#include "base/words/nearest.h"
#include "base/words/text.h"
#include "forecast/belief/forecast.h"
#include "report/show.h"

/* ---- what is shown ---- */

static void characters(void **state) {
    (void)state;
    static const struct {
        const char *text, *shown;
        int columns;
    } cases[] = {
        { "plain", "plain", 5 },
        { "a\x1b[2J", "a\\x1b[2J", 8 },
        { "\xc2\x9b", "\\u009b", 6 },
        { "\xe2\x80\xae"
          "abc",
          "\\u202eabc", 9 },
        { "\xe2\x81\xa6", "\\u2066", 6 },
        { "two\nlines\t", "two\\nlines\\t", 12 },
        { "\x7f", "\\x7f", 4 },
        { "\xff\x80", "\\xff\\x80", 8 },                       /* no UTF-8 */
        { "\xc0\xaf", "\\xc0\\xaf", 8 },                       /* '/' in two bytes */
        { "\xed\xa0\x80", "\\xed\\xa0\\x80", 12 },             /* half of a pair */
        { "\xe2\x82", "\\xe2\\x82", 8 },                       /* cut off */
        { "\xc3\xa4\xe2\x82\xac", "\xc3\xa4\xe2\x82\xac", 2 }, /* two letters of five bytes stay */
    };
    char buf[64];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_string_equal(ll_text_visible(cases[i].text, buf, sizeof buf), cases[i].shown);
        assert_int_equal(ll_text_columns(cases[i].text, -1), cases[i].columns);
    }
    assert_string_equal(ll_text_visible("ab\x1b", buf, 6), "ab"); /* cut at a whole character */
}

/* What is printed to be typed again is one word to a shell. */
static void words_for_a_shell(void **state) {
    (void)state;
    static const char *const words[] = { "runs.db", "", "two words", "it's", "$(touch x)", "a;b", "'" };
    char quoted[64], *command, said[64];
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        assert_true(asprintf(&command, "printf %%s %s", ll_text_quoted(words[i], quoted, sizeof quoted)) > 0);
        FILE *in = popen(command, "r");
        assert_non_null(in);
        said[fread(said, 1, sizeof said - 1, in)] = 0;
        pclose(in);
        free(command);
        assert_string_equal(said, words[i]);
    }
    assert_string_equal(ll_text_quoted("runs.db", quoted, sizeof quoted), "runs.db");
}

static void error_lines(void **state) {
    (void)state;
    ll_error e = { 0 };
    LL_FAIL(&e, LL_EINPUT, "%s",
            "a\xc2\x9b"
            "1m\xe2\x80\xae\n");
    assert_string_equal(e.msg, "a\\u009b1m\\u202e\\n");
}

/* Nothing but text, line feeds and tabs. */
static void assert_clean(const char *what, const char *text) {
    int32_t code;
    for (int used; *text; text += used) {
        used = ll_text_char(text, &code);
        if (code != '\n' && code != '\t' && ll_text_is_control(code))
            fail_msg("'%s' sends %02x: %s", what, *text, text);
    }
}

#define EVIL                      \
    "e\x1b]52;c;aGk=\x07\xc2\x9b" \
    "31m\xe2\x80\xae\nx"

static void put_evil(void) {
    ll_store *s = open_store(LL_STORE_WRITE);
    put_ladder(s, "evil", EVIL);
    put_run(s, make_run("evil", EVIL, 1e12, 2));
    ll_run failed = make_run("evil", "f", 2e12, 2);
    failed.state = LL_RUN_FAILED;
    snprintf(failed.failure, sizeof failed.failure, "%s", EVIL);
    put_run(s, failed);
    ll_forecast f = { .run = EVIL, .law = EVIL, .sealed = "2026-11-22T16:00:00Z", .sd = 0.02, .reach = 4 };
    f.x[LL_VAR_N] = 1e6;
    for (int i = 0; i < LL_FORECAST_QUANTILES; i++) f.quantile[i] = 2 + 0.01 * i;
    ll_json *body = ll_forecast_json(&f);
    char *text = ll_json_text(body, false);
    ll_entry e;
    assert_ok(ll_store_append(s, text, &e, err));
    free(e.body);
    free(text);
    ll_json_free(body);
    ll_store_close(s);
}

static void controls_are_shown_and_not_sent(void **state) {
    (void)state;
    static const char table[] = "N,D,loss,who\n1e6,2e7,4.5,"
                                "a\x1b[31m\n2e6,2e7,4.4,b\n1e7,3e7,4.1,b\n1e8,3e8,3,b\n1e8,9e8,2.8,b\n";
    static const char policy[] =
        "schema: loglog.policy/1\nname: \"p\\e[2J\\u202e\"\nevaluate: {needed: false}\n"
        "levels:\n  - name: one\n    about: \"a\\e[2J\\u009b\"\n    lines:\n"
        "      - {of: flops, at_least: 1e20}\n    requires:\n      - {name: r, what: \"w\\u2066\"}\n";
    char path[LL_PATH_MAX];
    put_evil();
    support_write(folder, "t.csv", table, strlen(table), path);
    support_write(folder, "p.yaml", policy, strlen(policy), path);
    support_write(folder, "t\x1b[31m.csv", table, strlen(table), path);
    static const char *const lines[] = {
        "runs list",
        "runs show evil/",
        "runs list --json",
        "status",
        "status --json",
        "forecast list",
        "forecast check",
        "forecast list --json",
        "forecast score",
        "runs drop evil/",
        "gate show p.yaml",
        "gate check p.yaml --flops 1e21",
        "fit t*.csv",
        "data info t*.csv",
        "fit t.csv --by",
        "report --out /dev/null/x",
        "compare t.csv --by who=\"$(printf 'a\\033[31m')\",b",
        "runs show \"$(printf 'x\\033]52;c;\\007')\"",
        "\"$(printf 'f\\302\\2331m')\"",
        "fit \"$(printf -- '--\\033[2J')\"",
        "runs import t*.csv --store n.db",
        "plot \"$(printf 'c\\033[2J')\"",
        "paper \"$(printf 'c\\342\\200\\256')\"",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        runs(lines[i]);
        if (*out == 0 && *err_text == 0) fail_msg("'%s' says nothing", lines[i]);
        assert_clean(lines[i], out);
        assert_clean(lines[i], err_text);
    }
    gives("runs list --where 'loss < 3'", 0);
    says(out, "e\\x1b]52;c;aGk=\\x07\\u009b31m\\u202e\\nx");
    gives("runs list --json", 0);
    ll_json *doc; /* escaped, and the same name */
    assert_ok(ll_json_parse(out, strlen(out), "runs", &doc, err));
    assert_string_equal(ll_json_get_str(ll_json_at(ll_json_get(doc, "runs"), 0), "name"), EVIL);
    ll_json_free(doc);
}

static void numbers_of_any_size(void **state) {
    (void)state;
    ll_store *s = open_store(LL_STORE_WRITE);
    put_ladder(s, "huge", "huge");
    put_run(s, make_run("huge", "w", 1e12, 1e300));
    ll_store_close(s);
    gives("runs list --ladder huge", 0);
    says(out, "1e+300");
    for (const char *p = out; *p; p += strcspn(p, "\n") + 1) assert_true(strcspn(p, "\n") < 120);
}

static void numbers_as_people_write_them(void **state) {
    (void)state;
    static const struct {
        double v, lo, hi;
        const char *shown;
    } cases[] = {
        { 2.46, 2.08, 2.66, "2.46" },       { 1867, 2, 1867, "1900" },
        { 1.1, 0.04, 1.1, "1.1" },          { 0.04, 0.04, 1.1, "0.040" },
        { 591234, 4e5, 7e5, "590k" },       { 204567, NAN, NAN, "204.6k" },
        { 0.3473, 0.3219, 0.37, "0.347" },  { 99.96, 98, 101.5, "100.0" },
        { 3.2e24, 2e24, 4e24, "3.2×10²⁴" }, { 0, -1, 1, "0" },
        { 1e-6, 1e-6, 2.1, "0" },           { -0.031, -0.5, 0.02, "-0.031" },
    };
    char buf[LL_SHOW_SIZE];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(ll_show_in(cases[i].v, cases[i].lo, cases[i].hi, buf), cases[i].shown);
    assert_string_equal(ll_show(5.91e5, 3, buf), "591k");
    assert_string_equal(ll_show(2e8, 3, buf), "200M");
    assert_string_equal(ll_show(12345, 3, buf), "12345");
    assert_string_equal(ll_show(3e-5, 2, buf), "3×10⁻⁵");
    assert_string_equal(ll_show_raised("-0.076", buf), "⁻⁰·⁰⁷⁶");
}

/* ---- stores and words ---- */

static void a_named_store_must_be_there(void **state) {
    (void)state;
    static const char *const verbs[] = {
        "status",
        "runs list",
        "runs show x",
        "runs export",
        "runs drop x",
        "runs drop x --yes",
        "sample",
        "fit",
        "plot",
        "report --out r.html",
        "forecast list",
        "forecast check",
        "forecast score",
        "forecast export e.jsonl",
        "forecast seal --params 1M --tokens 1M",
        "plan --flops 1e20 --law chinchilla",
        "gate check '" LL_SOURCE_DIR "/examples/policies/legal.yaml' --run x",
        "next --budget 1e12 --target-params 1M --target-tokens 9M",
        "compare --by family=a,b",
        "status --json",
    };
    char line[LL_PATH_MAX], path[LL_PATH_MAX];
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        snprintf(line, sizeof line, "%s --store absent.db", verbs[i]);
        gives(line, 2);
        says(err_text, "absent.db: there is no such store");
        assert_int_equal(strlen(out), 0);
    }
    assert_ok(ll_file_join(path, folder, "absent.db", err));
    assert_int_equal(access(path, F_OK), -1);
    gives("status --store absent.db --json", 2);
}

/* In a folder without one: lists are empty, and looking makes no file. The same name, typed, is one that was named.
 */
static void the_default_store_may_be_absent(void **state) {
    (void)state;
    char empty[LL_PATH_MAX], path[LL_PATH_MAX];
    static const char *const verbs[] = { "status",           "runs list",           "runs export",
                                         "forecast list",    "forecast check",      "forecast score",
                                         "runs list --json", "forecast list --json" };
    support_folder(empty);
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        int code = support_run(empty, verbs[i], out, sizeof out, err_text, sizeof err_text);
        if (code != 0) fail_msg("'%s' gave %d: %s", verbs[i], code, err_text);
    }
    assert_int_equal(support_run(empty, "runs list --store loglog.db", out, sizeof out, err_text, sizeof err_text),
                     2);
    assert_ok(ll_file_join(path, empty, "loglog.db", err));
    assert_int_equal(access(path, F_OK), -1);
    support_remove(empty);
}

static void the_nearest_word(void **state) {
    (void)state;
    static const struct {
        const char *line, *hint;
    } cases[] = {
        { "fti", "did you mean 'fit'?" },
        { "runs lst", "did you mean 'list'?" },
        { "run --dryrun", "did you mean '--dry-run'?" },
        { "fit t.csv --law chincilla", "did you mean 'chinchilla'?" },
        { "fit t.csv --objective huber_lgo", "did you mean 'huber_log'?" },
        { "paper hofmann2022", "did you mean 'hoffmann2022'?" },
        { "plot curvs", "did you mean 'curves'?" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gives(cases[i].line, 2);
        says(err_text, cases[i].hint);
    }
    gives("xylophone", 2);
    assert_null(strstr(err_text, "did you mean"));
    ll_nearest n = { .word = "ab" };
    ll_nearest_try_all(&n, "ba xy");
    assert_string_equal(n.best, "ba");
    assert_int_equal(n.distance, 1); /* neighbours swapped */
}

/* ---- pipes ---- */

static void a_reader_that_has_enough(void **state) {
    (void)state;
    ll_store *s = open_store(LL_STORE_WRITE);
    char name[32];
    put_ladder(s, "many", "many");
    for (int i = 0; i < 3000; i++) {
        snprintf(name, sizeof name, "run-%d", i);
        put_run(s, make_run("many", name, 1e12 + i, 2));
    }
    ll_store_close(s);
    static const char *const verbs[] = { "runs list", "runs list --json", "runs export" };
    for (int i = 0; i < 3; i++) {
        char line[512];
        snprintf(line, sizeof line,
                 "--version >head; { %s %s --ladder many; echo $? >rc; } 2>said | head -n 1 >head; cat rc said",
                 LL_PROGRAM, verbs[i]);
        gives(line, 0);
        assert_string_equal(out, "0\n"); /* the exit code, and nothing said */
    }
    gives("runs list --ladder many >/dev/full 2>said; echo $? >rc; cat rc said", 0);
    assert_string_equal(out, "1\nloglog: cannot write to standard output\n");
}

/* ---- terminals ---- */

/* The program on a terminal of so many columns; what it wrote, line feeds alone. */
static void on_terminal(int columns, const char *arguments, char *seen, size_t size) {
    struct winsize w = { .ws_row = 24, .ws_col = (unsigned short)columns };
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    char *command;
    assert_true(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
    assert_int_equal(ioctl(master, TIOCSWINSZ, &w), 0);
    assert_true(asprintf(&command, "cd '%s' && exec %s %s", folder, LL_PROGRAM, arguments) > 0);
    int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(slave, 0), dup2(slave, 1), dup2(slave, 2);
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    close(slave);
    size_t n = 0;
    char piece[4096];
    for (ssize_t k; (k = read(master, piece, sizeof piece)) > 0;)
        for (ssize_t i = 0; i < k; i++)
            if (piece[i] != '\r' && n + 1 < size) seen[n++] = piece[i];
    seen[n] = 0;
    wait_for(pid);
    close(master);
    free(command);
}

/* The words of a line that has none longer than the terminal find room in it; erasures take none. */
static void assert_within(int columns, const char *what, const char *seen) {
    for (const char *p = seen; *p; p += strcspn(p, "\n") + (p[strcspn(p, "\n")] != 0)) {
        char text[4096];
        size_t n = 0, longest = 0, word = 0;
        int32_t code;
        for (int used; *p && *p != '\n'; p += used) {
            used = ll_text_char(p, &code);
            if (*p == '\x1b') {
                used = (int)strcspn(p, "AKm") + 1;
                continue;
            }
            word = *p == ' ' ? 0 : word + 1;
            if (word > longest) longest = word;
            n++;
            if (n < sizeof text) text[n - 1] = *p;
        }
        text[n < sizeof text ? n : sizeof text - 1] = 0;
        if (n > (size_t)columns && longest < (size_t)columns - 8)
            fail_msg("%d columns, %s: %s", columns, what, text);
        if (!*p) break;
    }
}

static const char small[] = "schema: loglog.spec/1\nname: small\ndata: {source: markov, tokens: 40k}\n"
                            "model: {context: 16, widths: [8, 16, 32]}\n"
                            "train: {eval_windows: 16, final_windows: 64, checkpoint: 0.1, eval_points: 5}\n"
                            "design: {kind: grid, params: [1536, 6144, 24576], tokens: [20k, 40k]}\n";

static void lines_keep_within_the_terminal(void **state) {
    (void)state;
    static const char *const verbs[] = {
        "laws",
        "paper",
        "help",
        "help run",
        "help fit",
        "help gate check",
        "runs list",
        "status",
        "forecast list",
        "forecast score",
        "fit t.csv --bootstrap 20",
        "compare t.csv t.csv --bootstrap 20",
        "plan --flops 1e20 --law hoffmann2022",
        "run small.yaml --dry-run",
        "cost --flops 1e25",
        "runs show evil/",
        "runs show absent-with-a-long-name-that-goes-on",
    };
    static char seen[1 << 18];
    char path[LL_PATH_MAX];
    support_write(folder, "small.yaml", small, strlen(small), path);
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        for (int columns = 60; columns <= 120; columns += columns == 60 ? 20 : 40) {
            on_terminal(columns, verbs[i], seen, sizeof seen);
            assert_true(strlen(seen) > 0);
            assert_within(columns, verbs[i], seen);
        }
}

static void live_lines_keep_within_the_terminal(void **state) {
    (void)state;
    static char seen[1 << 18];
    char path[LL_PATH_MAX];
    support_write(folder, "live.yaml", small, strlen(small), path);
    on_terminal(60, "run live.yaml --store live.db", seen, sizeof seen);
    assert_within(60, "run", seen);
    says(seen, "6/6");
    says(seen, "loss ");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(characters),
        cmocka_unit_test(words_for_a_shell),
        cmocka_unit_test(error_lines),
        cmocka_unit_test(controls_are_shown_and_not_sent),
        cmocka_unit_test(numbers_of_any_size),
        cmocka_unit_test(numbers_as_people_write_them),
        cmocka_unit_test(a_named_store_must_be_there),
        cmocka_unit_test(the_default_store_may_be_absent),
        cmocka_unit_test(the_nearest_word),
        cmocka_unit_test(a_reader_that_has_enough),
        cmocka_unit_test(lines_keep_within_the_terminal),
        cmocka_unit_test(live_lines_keep_within_the_terminal),
    };
    return cmocka_run_group_tests(tests, store_make, scratch_remove);
}
