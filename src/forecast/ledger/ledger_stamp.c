#include "forecast/ledger/ledger_stamp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/document/hash.h"
#include "base/system/clock.h"
#include "base/system/file.h"
#include "base/system/program.h"

enum { ANSWER_MAX = 1 << 20, AUTHORITY_MAX = 16 << 20 };

static const char *digest_of(const ll_head *h, char hex[LL_HASH_HEX]) {
    char line[LL_HEAD_LINE + 1];
    ll_head_line(h, line);
    strcat(line, "\n");
    return ll_hash_of(line, strlen(line), hex);
}

static ll_status openssl(ll_program *p, const char *const argv[], const char *input, size_t size, ll_error *err) {
    LL_TRY(ll_program_run(p, argv, input, size, LL_PROGRAM_MINUTE, err));
    if (p->code != LL_PROGRAM_ABSENT) return LL_OK;
    return LL_FAIL(err, LL_EINPUT, "openssl is not installed: time stamps need the Debian package openssl");
}

/* ---- the request ---- */

/* cert: the answer is to hold the authority's certificate. No nonce: an earlier answer to the same digest is as
 * good. */
ll_status ll_stamp_request(const ll_head *h, const char *path, ll_error *err) {
    char hex[LL_HASH_HEX];
    const char *const argv[] = { "openssl", "ts",    "-query",    "-digest", digest_of(h, hex),
                                 "-sha256", "-cert", "-no_nonce", NULL };
    ll_program p;
    ll_file f;
    LL_TRY(openssl(&p, argv, NULL, 0, err));
    ll_status s = LL_OK;
    if (p.code != 0 || p.size == 0) s = LL_FAIL(err, LL_EIO, "openssl ts made no request");
    if (s == LL_OK) s = ll_file_create(&f, path, err);
    if (s == LL_OK) {
        fwrite(p.out, 1, p.size, f.out); /* the commit finds what was not written */
        s = ll_file_commit(&f, err);
    }
    ll_program_clear(&p);
    return s;
}

/* ---- the answer ---- */

/* An answer is a status, which anybody can rewrite, and the signed token: only the token is gone on with. */
static ll_status take_token(ll_program *token, const char *answer, ll_error *err) {
    static const char *const argv[] = { "openssl", "ts", "-reply", "-in", "/dev/stdin", "-token_out", NULL };
    char *text;
    size_t size;
    LL_TRY(ll_file_read(answer, ANSWER_MAX, &text, &size, err));
    ll_status s = openssl(token, argv, text, size, err);
    free(text);
    if (s != LL_OK || (token->code == 0 && token->size > 0)) return s;
    ll_program_clear(token);
    return LL_FAIL(err, LL_EFORMAT, "%s: expected an authority's answer with a time stamp in it (RFC 3161)",
                   answer);
}

/* openssl's "Time stamp: Nov 28 22:17:04.25 2026 GMT"; a fraction of a second is dropped. */
static bool read_time(const char *text, char when[LL_STAMP_TIME], double *unix_s) {
    static const char key[] = "\nTime stamp: ", months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    const char *at = text ? strstr(text, key) : NULL;
    char month[4], clock[9], zone[4];
    int day, year, end = 0;
    if (!at || sscanf(at += sizeof key - 1, "%3s %2d %8[0-9:]%n", month, &day, clock, &end) != 3) return false;
    at += end;
    if (sscanf(at + strspn(at, ".0123456789"), " %4d %3s", &year, zone) != 2) return false;
    const char *m = strstr(months, month);
    if (!m || (m - months) % 3 || strcmp(zone, "GMT") != 0) return false;
    snprintf(when, LL_STAMP_TIME, "%04d-%02d-%02dT%sZ", year, (int)(m - months) / 3 + 1, day, clock);
    return ll_clock_parse(when, unix_s);
}

/* What the token says, whoever made it. */
static ll_status time_of(const ll_program *token, const char *answer, char when[LL_STAMP_TIME], double *unix_s,
                         ll_error *err) {
    static const char *const argv[] = {
        "openssl", "ts", "-reply", "-in", "/dev/stdin", "-token_in", "-text", NULL
    };
    ll_program p;
    LL_TRY(openssl(&p, argv, token->out, token->size, err));
    const bool read = p.code == 0 && read_time(p.out, when, unix_s);
    ll_program_clear(&p);
    return read ? LL_OK : LL_FAIL(err, LL_EFORMAT, "%s: expected a time stamp that names its time", answer);
}

/* Of "...:error:CODE:LIBRARY:FUNCTION:REASON:FILE:LINE:MORE" the reason. */
static ll_status refusal(const char *said, const char *answer, const char *authority, ll_error *err) {
    static const char chain[] = "Verify error:";
    const char *why = said ? strstr(said, chain) : NULL;
    if (why) {
        why += sizeof chain - 1;
        return LL_FAIL(err, LL_ESTATE, "%s: %s does not vouch for who made this time stamp (%.*s)", answer,
                       authority, (int)strcspn(why, "\n"), why);
    }
    if (said && strstr(said, "Error loading file"))
        return LL_FAIL(err, LL_EFORMAT, "%s: expected certificates in PEM", authority);
    if (said && strstr(said, "imprint mismatch"))
        return LL_FAIL(err, LL_ESTATE, "%s: the time stamp is of something else than this head", answer);
    why = said ? strstr(said, "error:") : NULL;
    for (int colon = 0; why && colon < 4; colon++) why = (why = strchr(why, ':')) ? why + 1 : NULL;
    if (!why) why = "no reason given";
    return LL_FAIL(err, LL_ESTATE, "%s: the time stamp does not hold (%.*s)", answer, (int)strcspn(why, ":\n"),
                   why);
}

static ll_status verify(const ll_program *token, const ll_head *h, double unix_s, const char *answer,
                        const char *authority, ll_error *err) {
    char hex[LL_HASH_HEX], at[32];
    const char *const argv[] = { "openssl",   "ts",      "-verify",         "-in",     "/dev/stdin",
                                 "-token_in", "-digest", digest_of(h, hex), "-attime", at,
                                 "-CAfile",   authority, "-untrusted",      authority, NULL };
    ll_program p;
    snprintf(at, sizeof at, "%.0f", unix_s);
    LL_TRY(openssl(&p, argv, token->out, token->size, err));
    const ll_status s = p.code == 0 ? LL_OK : refusal(p.complaint, answer, authority, err);
    ll_program_clear(&p);
    return s;
}

/* openssl says of a file without any no more than that nothing was verified. */
static ll_status need_certificates(const char *path, ll_error *err) {
    char *text;
    LL_TRY(ll_file_read(path, AUTHORITY_MAX, &text, NULL, err));
    const bool any = strstr(text, "CERTIFICATE-----") != NULL;
    free(text);
    return any ? LL_OK : LL_FAIL(err, LL_EFORMAT, "%s: expected certificates in PEM", path);
}

ll_status ll_stamp_check(const ll_head *h, const char *answer, const char *authority, char when[LL_STAMP_TIME],
                         ll_error *err) {
    ll_program token;
    double unix_s;
    if (h->count < 0)
        return LL_FAIL(err, LL_EINPUT,
                       "a time stamp is of the whole line of 'forecast head', not of its hash alone");
    LL_TRY(need_certificates(authority, err));
    LL_TRY(take_token(&token, answer, err));
    ll_status s = time_of(&token, answer, when, &unix_s, err);
    if (s == LL_OK) s = verify(&token, h, unix_s, answer, authority, err);
    ll_program_clear(&token);
    return s;
}
