/* A time stamp over a head, by an authority that openssl makes here: the good one counts, and nothing that is over
 * another head, changed, or by somebody else. */
#define _GNU_SOURCE
#include "scratch_program.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/system/clock.h"
#include "forecast/ledger/ledger_stamp.h"
#include "schema.h"

static bool there; /* is openssl? */
static char head[LL_HEAD_LINE], later[LL_HEAD_LINE];

/* Two roots; under the first: an authority, one whose certificate is over, one whose will be soon, one that may speak
 * for a server but for no time. answer REQUEST NAME OUT stamps. */
static const char makes[] =
    "set -e\n"
    "cat >ts.cnf <<'END'\n"
    "[ca]\ndefault_ca = ca\n"
    "[ca]\ndatabase = issued\nnew_certs_dir = .\nrand_serial = yes\ndefault_md = sha256\npolicy = any\n"
    "unique_subject = no\n"
    "[any]\ncommonName = supplied\n"
    "[time]\nextendedKeyUsage = critical,timeStamping\n"
    "[server]\nextendedKeyUsage = serverAuth\n"
    "[tsa]\nserial = serial\ndefault_policy = 1.2.3.4\ndigests = sha256,sha512\nsigner_digest = sha256\n"
    "clock_precision_digits = 3\n"
    "END\n"
    ": >issued\n"
    "key='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'\n"
    "root() { openssl req -x509 $key -keyout $1.key -out $1.pem -days 30 -subj /CN=$1; }\n"
    "day() { date -u -d \"$1\" +%Y%m%d%H%M%SZ; }\n"
    "leaf() {\n"
    "    openssl req -new $key -keyout $1.key -out $1.csr -subj /CN=$1\n"
    "    openssl ca -batch -notext -config ts.cnf -cert root.pem -keyfile root.key -in $1.csr -extensions $2 \\\n"
    "        -startdate $(day '-2 days') -enddate $(day \"$3\") -out $1.pem\n"
    "}\n"
    "answer() { openssl ts -reply -config ts.cnf -section tsa -queryfile $1 -signer $2.pem -inkey $2.key -out $3; "
    "}\n"
    "root root; root other\n"
    "leaf tsa time '+1 day'; leaf over time '-1 day'; leaf server server '+1 day'\n"
    "leaf brief time '+4 seconds'\n"
    "answer ada.tsq brief brief.tsr; answer ada.tsq tsa ada.tsr; answer ada.tsq over over.tsr\n"
    "openssl ts -query -sha256 -data ada.head >bare.tsq; answer bare.tsq tsa bare.tsr\n"
    "openssl ts -query -sha512 -cert -data ada.head >sha512.tsq; answer sha512.tsq tsa sha512.tsr\n"
    "openssl ts -query -md5 -data ada.head >md5.tsq; answer md5.tsq tsa rejected.tsr\n"
    "cat root.pem tsa.pem >both.pem\n"
    "openssl ts -reply -in ada.tsr -token_out -out ada.token\n"
    "openssl cms -verify -noverify -inform DER -in ada.token -out said.der\n"
    "openssl cms -sign -binary -nodetach -cades -md sha256 -econtent_type 1.2.840.113549.1.9.16.1.4 -in said.der "
    "\\\n"
    "    -signer server.pem -inkey server.key -outform DER -out server.token\n";

static void shell(const char *script) {
    FILE *f = popen("sh >>sh.log 2>&1", "w");
    assert_non_null(f);
    fputs(script, f);
    if (pclose(f) != 0) fail_msg("openssl did not do what the test needs, see %s/sh.log: %s", folder, script);
}

/* Runs the program; its first line, which is kept. */
static void line_of(const char *arguments, const char *name, char line[LL_HEAD_LINE]) {
    char path[LL_PATH_MAX];
    gives(arguments, 0);
    support_write(folder, name, out, strlen(out), path);
    snprintf(line, LL_HEAD_LINE, "%.*s", (int)strcspn(out, "\n"), out);
}

static int setup(void **state) {
    scratch_make(state);
    assert_int_equal(chdir(folder), 0);
    gives("forecast seal --store a.db --ledger a.jsonl --statement so --probability 0.5", 0);
    gives("forecast seal --store a.db --ledger a.jsonl --statement then --probability 0.5", 0);
    there = system("openssl version >/dev/null 2>&1") == 0;
    line_of(there ? "forecast head --ledger a.jsonl --request ada.tsq" : "forecast head --ledger a.jsonl",
            "ada.head", head);
    gives("forecast seal --store a.db --ledger a.jsonl --statement again --probability 0.5", 0);
    line_of("forecast head --ledger a.jsonl", "later.head", later);
    if (there) shell(makes);
    return 0;
}

static void need_openssl(void) {
    if (there) return;
    print_message("SKIPPED: openssl is not installed\n");
    skip();
}

static const char *check(const char *line, const char *token, const char *authority) {
    static char arguments[1024];
    snprintf(arguments, sizeof arguments, "forecast check --ledger a.jsonl --head '%s' --token %s --authority %s",
             line, token, authority);
    return arguments;
}

/* One line and the code. */
static void refuses(const char *arguments, int code, const char *words) {
    gives(arguments, code);
    says(err_text, words);
    assert_ptr_equal(strchr(err_text, '\n'), err_text + strlen(err_text) - 1);
    assert_string_equal(out, "");
}

/* ---- what counts ---- */

static void a_good_stamp_counts(void **state) {
    (void)state;
    char why[SCHEMA_WHY], arguments[2048];
    double seen;
    need_openssl();
    gives(check(head, "ada.tsr", "root.pem"), 0);
    says(out, "stamped: an authority of root.pem saw this head at ");
    says(out, ", when 2 entries were there\n");
    says(out, "whole: 3 entries");
    snprintf(arguments, sizeof arguments, "%s --json", check(head, "ada.tsr", "root.pem"));
    gives(arguments, 0);
    json_t *doc = json_loads(out, 0, NULL), *stamp = json_object_get(doc, "stamp");
    if (!schema_holds("loglog.check.1.json", doc, why)) fail_msg("%s", why);
    assert_int_equal(json_integer_value(json_object_get(stamp, "entries")), 2);
    assert_true(ll_clock_parse(json_string_value(json_object_get(stamp, "time")), &seen));
    assert_true(seen <= ll_clock_unix() && seen > ll_clock_unix() - 600);
    json_decref(doc);
    gives(check(head, "bare.tsr", "both.pem"), 0); /* the authority's own certificate comes beside the root's */
    refuses(check(head, "bare.tsr", "root.pem"), 1, "bare.tsr: the time stamp does not hold");
}

/* openssl alone finds the same: what is stamped is the file of the line. */
static void openssl_agrees(void **state) {
    (void)state;
    need_openssl();
    shell("openssl ts -verify -data ada.head -in ada.tsr -CAfile root.pem\n");
    shell("openssl ts -verify -queryfile ada.tsq -in ada.tsr -CAfile root.pem\n");
    shell("openssl ts -query -data ada.head -sha256 -cert -no_nonce | cmp - ada.tsq\n");
}

static void a_signed_head_is_stamped_whole(void **state) {
    (void)state;
    char line[LL_HEAD_LINE], bare[LL_HEAD_LINE];
    need_openssl();
    gives("gate keygen --out ada.key", 0);
    line_of("forecast head --ledger a.jsonl --key ada.key --request signed.tsq", "signed.head", line);
    shell("openssl ts -reply -config ts.cnf -section tsa -queryfile signed.tsq -signer tsa.pem -inkey tsa.key "
          "-out signed.tsr\n");
    gives(check(line, "signed.tsr", "root.pem"), 0);
    says(out, "when 3 entries were there");
    strcpy(bare, line); /* the same without its signature */
    char *at = bare;
    for (int blank = 0; blank < 4; blank++) at = strchr(at, ' ') + 1;
    at[-1] = 0;
    refuses(check(bare, "signed.tsr", "root.pem"), 1, "signed.tsr: the time stamp is of something else");
}

/* ---- what does not ---- */

static void another_head(void **state) {
    (void)state;
    need_openssl();
    refuses(check(later, "ada.tsr", "root.pem"), 1, "ada.tsr: the time stamp is of something else than this head");
    refuses(check(head, "sha512.tsr", "root.pem"), 1, "sha512.tsr: the time stamp is of something else than this");
}

static void another_authority(void **state) {
    (void)state;
    need_openssl();
    refuses(check(head, "ada.tsr", "other.pem"), 1,
            "ada.tsr: other.pem does not vouch for who made this time stamp (");
    refuses(check(head, "ada.tsr", "tsa.pem"), 1, "tsa.pem does not vouch"); /* its root is not named */
    refuses(check(head, "over.tsr", "root.pem"), 1, "(certificate has expired)");
}

/* An answer out of a status and a token: SEQUENCE { SEQUENCE { INTEGER 0, texts }, token }. */
static void wrap(const char *token, const char *lie, const char *name) {
    char path[LL_PATH_MAX], *text, *whole;
    size_t size, n = 0;
    const size_t said = strlen(lie), texts = said ? said + 4 : 0, status = 3 + texts;
    assert_true(said < 100);
    assert_ok(ll_file_join(path, folder, token, err));
    assert_ok(ll_file_read(path, 1 << 20, &text, &size, err));
    whole = malloc(size + 256);
    assert_non_null(whole);
    const size_t length = 2 + status + size;
    const unsigned char begins[] = {
        0x30, 0x82, (unsigned char)(length >> 8), (unsigned char)length, 0x30, (unsigned char)status, 0x02,
        0x01, 0x00
    };
    memcpy(whole, begins, n = sizeof begins);
    if (said) {
        const unsigned char text_begins[] = { 0x30, (unsigned char)(said + 2), 0x0c, (unsigned char)said };
        memcpy(whole + n, text_begins, sizeof text_begins);
        memcpy(whole + n + sizeof text_begins, lie, said);
        n += texts;
    }
    memcpy(whole + n, text, size);
    support_write(folder, name, whole, n + size, path);
    free(whole);
    free(text);
}

/* A certificate of the same root that is for a server says nothing about time; the same wrapping of the authority's
 * token does. */
static void a_certificate_for_something_else(void **state) {
    (void)state;
    need_openssl();
    wrap("server.token", "", "server.tsr");
    wrap("ada.token", "", "wrapped.tsr");
    gives(check(head, "wrapped.tsr", "root.pem"), 0);
    refuses(check(head, "server.tsr", "root.pem"), 1, "server.tsr: ");
}

/* The status of an answer is not signed: a time that is written into it is not believed. */
static void a_time_beside_the_signature(void **state) {
    (void)state;
    static char true_words[sizeof out];
    need_openssl();
    gives(check(head, "ada.tsr", "root.pem"), 0);
    strcpy(true_words, out);
    wrap("ada.token", "so\nTime stamp: Jan  1 00:00:00 2020 GMT\nTST info:", "lie.tsr");
    shell("openssl ts -reply -in lie.tsr -text | grep '^Time stamp: Jan  1 00:00:00 2020 GMT'\n");
    gives(check(head, "lie.tsr", "root.pem"), 0);
    assert_string_equal(out, true_words);
}

static int with_a_changed_byte(char *text, size_t size, size_t at) {
    char path[LL_PATH_MAX];
    text[at] ^= 1;
    support_write(folder, "changed.tsr", text, size, path);
    text[at] ^= 1;
    return runs(check(head, "changed.tsr", "root.pem"));
}

/* A change is refused, but for what nobody signs: the status and how the token is wrapped; then what is said is what
 * was said before. The last byte is of the signature. */
static void one_byte_changed(void **state) {
    (void)state;
    enum { STEP = 13 };
    static char true_words[sizeof out];
    char path[LL_PATH_MAX], *text;
    size_t size;
    int tried = 0, refused = 0;
    need_openssl();
    gives(check(head, "ada.tsr", "root.pem"), 0);
    strcpy(true_words, out);
    assert_ok(ll_file_join(path, folder, "ada.tsr", err));
    assert_ok(ll_file_read(path, 1 << 20, &text, &size, err));
    for (size_t i = 0; i < size; i += STEP, tried++) {
        const int code = with_a_changed_byte(text, size, i);
        refused += code != 0;
        if (code == 0 && strcmp(out, true_words) == 0) continue;
        if ((code != 1 && code != 2) || *out || strchr(err_text, '\n') != err_text + strlen(err_text) - 1)
            fail_msg("byte %zu of %zu: %d, %s%s", i, size, code, out, err_text);
    }
    print_message("%d of %d changes are refused\n", refused, tried);
    assert_true(refused > tried / 2);
    assert_int_equal(with_a_changed_byte(text, size, size - 1), 1);
    says(err_text, "changed.tsr: the time stamp does not hold (signature failure)");
    free(text);
}

static void files_of_another_kind(void **state) {
    (void)state;
    char path[LL_PATH_MAX];
    support_write(folder, "empty", "", 0, path);
    refuses(check(head, "empty", "/dev/zero"), 2, "/dev/zero: expected a regular file");
    refuses(check(head, "empty", "empty"), 2, "empty: expected certificates in PEM");
    refuses(check(head, "empty", "."), 2, ".: expected a regular file");
    refuses(check(head, "empty", "absent.pem"), 2, "absent.pem: cannot read");
    support_write(folder, "some.pem", "-----BEGIN CERTIFICATE-----\n", 28, path);
    refuses(check(head, ".", "some.pem"), 2, ".: expected a regular file");
    refuses(check(head, "/dev/zero", "some.pem"), 2, "/dev/zero: expected a regular file");
    refuses(check(head, "absent.tsr", "some.pem"), 2, "absent.tsr: cannot read");
    need_openssl();
    refuses(check(head, "ada.tsr", "tsa.key"), 2, "tsa.key: expected certificates in PEM");
    refuses(check(head, "ada.tsr", "some.pem"), 2, "some.pem: expected certificates in PEM");
    static const char *const others[] = { "empty", "ada.tsq", "root.pem", "ada.head", "ada.token", "rejected.tsr" };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        refuses(check(head, others[i], "root.pem"), 2, ": expected an authority's answer with a time stamp in it");
}

static void what_goes_together(void **state) {
    (void)state;
    char hash[65];
    snprintf(hash, sizeof hash, "%.64s", strchr(head + 14, ' ') + 1);
    refuses("forecast check --ledger a.jsonl --token ada.tsr --authority root.pem", 2, "--token goes with --head");
    refuses("forecast check --ledger a.jsonl --authority root.pem", 2, "--token goes with --head");
    gives("forecast check --ledger a.jsonl --head \"$(cat ada.head)\" --token ada.tsr", 2);
    says(err_text, "--token goes with --head");
    refuses(check(hash, "ada.tsr", "root.pem"), 2, "not of its hash alone");
}

/* ---- without openssl ---- */

static void openssl_is_not_installed(void **state) {
    (void)state;
    char *was = strdup(getenv("PATH")), path[LL_PATH_MAX];
    support_write(folder, "any.pem", "-----BEGIN CERTIFICATE-----\n", 28, path);
    support_write(folder, "any.tsr", "0", 1, path);
    shell("mkdir bin; for p in timeout qemu-aarch64; do ln -s \"$(command -v $p)\" bin/$p; done; :\n");
    assert_ok(ll_file_join(path, folder, "bin", err));
    setenv("PATH", path, 1);
    refuses("forecast head --ledger a.jsonl --request none.tsq", 2,
            "openssl is not installed: time stamps need the");
    refuses(check(head, "any.tsr", "any.pem"), 2, "openssl is not installed");
    setenv("PATH", was, 1);
    free(was);
    assert_int_not_equal(access("none.tsq", F_OK), 0);
}

/* ---- later ---- */

/* The certificate of the authority was valid when it stamped, and is over now. */
static void a_token_outlives_its_certificate(void **state) {
    (void)state;
    need_openssl();
    for (int tries = 0; tries < 100; tries++) {
        if (system("openssl x509 -in brief.pem -noout -checkend 0 >/dev/null") != 0) break;
        usleep(100000);
    }
    shell("! openssl ts -verify -data ada.head -in brief.tsr -CAfile root.pem\n");
    gives(check(head, "brief.tsr", "root.pem"), 0);
    says(out, "when 2 entries were there");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_stamp_counts),
        cmocka_unit_test(openssl_agrees),
        cmocka_unit_test(a_signed_head_is_stamped_whole),
        cmocka_unit_test(another_head),
        cmocka_unit_test(another_authority),
        cmocka_unit_test(a_certificate_for_something_else),
        cmocka_unit_test(a_time_beside_the_signature),
        cmocka_unit_test(one_byte_changed),
        cmocka_unit_test(files_of_another_kind),
        cmocka_unit_test(what_goes_together),
        cmocka_unit_test(openssl_is_not_installed),
        cmocka_unit_test(a_token_outlives_its_certificate),
    };
    return cmocka_run_group_tests(tests, setup, scratch_remove);
}
