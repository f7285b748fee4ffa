/* What the page's server refuses: other hosts, other sites, other methods, files, queries that are no good, and whoever has
 * no token. */
#define _GNU_SOURCE
#include "site/site_house.h"

#include "base/http/http_query.h"
#include "loglog/random.h"

#ifdef LL_HAVE_MICROHTTPD

/* ---- what is refused ---- */

static void heads_are_checked(void **state) {
    (void)state;
#define GET_PAGE "GET /api/page"
#define CLOSE "Connection: close\r\n"
    static const struct {
        const house *h;
        const char *line, *head, *body;
        int status;
    } heads[] = {
        { &plain, GET_PAGE, HERE, "", 200 },
        { &plain, GET_PAGE, "Host: localhost:80\r\n" CLOSE, "", 200 },
        { &plain, GET_PAGE, "Host: lab.example\r\n" CLOSE, "", 200 },
        { &plain, GET_PAGE, "Host: Other.Example:8080\r\n" CLOSE, "", 200 },
        { &plain, GET_PAGE, CLOSE, "", 400 },
        { &plain, GET_PAGE, "Host: evil.example\r\n" CLOSE, "", 403 },
        { &plain, GET_PAGE, "Host: 192.168.1.7\r\n" CLOSE, "", 403 },
        { &plain, GET_PAGE, "Host: lab.example.evil\r\n" CLOSE, "", 403 },
        { &plain, GET_PAGE, "Host: lab\r\n" CLOSE, "", 403 },
        { &plain, GET_PAGE, "Host: ,\r\n" CLOSE, "", 403 },
        { &plain, GET_PAGE, "Host: lab.example:80x\r\n" CLOSE, "", 403 },
        { &plain, GET_PAGE, HERE "Origin: http://127.0.0.1\r\n", "", 200 },
        { &plain, GET_PAGE, HERE "Origin: http://evil.example\r\n", "", 403 },
        { &plain, GET_PAGE, HERE "Origin: http://127.0.0.1:81\r\n", "", 403 },
        { &plain, GET_PAGE, HERE "Origin: null\r\n", "", 403 },
        { &plain, GET_PAGE, HERE "Sec-Fetch-Site: same-origin\r\n", "", 200 },
        { &plain, GET_PAGE, HERE "Sec-Fetch-Site: none\r\n", "", 200 },
        { &plain, GET_PAGE, HERE "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\n", "", 403 },
        { &plain, GET_PAGE, HERE "Sec-Fetch-Site: same-site\r\nSec-Fetch-Mode: navigate\r\n", "", 403 },
        { &plain, "GET /", HERE "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\n", "", 404 },
        { &plain, "GET /", HERE "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\n", "", 403 },
        { &plain, "GET /assets/../../etc/passwd", HERE, "", 404 },
        { &plain, "GET /assets/%2e%2e/%2e%2e/etc/passwd", HERE, "", 404 },
        { &plain, "GET /assets/", HERE, "", 404 },
        { &plain, "GET /etc/passwd", HERE, "", 404 },
        { &plain, "GET /api/", HERE, "", 404 },
        { &plain, "GET /api/runs/drop", HERE, "", 404 },
        { &plain, "GET /api/run", HERE, "", 404 },
        { &plain, "GET /api/fit/../status", HERE, "", 404 },
        { &plain, "GET /api/fit%00", HERE, "", 404 },
        { &plain, "GET /api/seal?params=1", HERE, "", 405 },
        { &plain, "DELETE /api/page", HERE, "", 405 },
        { &plain, "PUT /api/page", HERE, "", 405 },
        { &plain, "OPTIONS /api/seal", HERE, "", 405 },
        { &plain, "POST /api/seal", HERE "Content-Type: application/json\r\n", "{}", 403 },
        { &plain, "POST /api/session", HERE "Content-Type: application/json\r\n", "{}", 403 },
#define POST_SEAL "POST /api/seal"
#define JSON HERE "Content-Type: application/json\r\n"
#define BEARER "Authorization: Bearer "
        { &guarded, GET_PAGE, HERE, "", 200 },
        { &guarded, POST_SEAL, JSON, "{}", 401 },
        { &guarded, POST_SEAL, JSON BEARER "\r\n", "{}", 401 },
        { &guarded, POST_SEAL, JSON BEARER "correct-horse-batter\r\n", "{}", 401 },
        { &guarded, POST_SEAL, JSON BEARER TOKEN "y\r\n", "{}", 401 },
        { &guarded, POST_SEAL, JSON "Authorization: Basic " TOKEN "\r\n", "{}", 401 },
        { &guarded, POST_SEAL, JSON "Cookie: token=" TOKEN "\r\n", "{}", 401 },
        { &guarded, POST_SEAL, HERE "Content-Type: text/plain\r\n" BEARER TOKEN "\r\n", "{}", 415 },
        { &guarded, POST_SEAL, JSON BEARER TOKEN "\r\nOrigin: http://evil.example\r\n", "{}", 403 },
        { &guarded, POST_SEAL, JSON BEARER TOKEN "\r\n", "", 400 },
        { &guarded, POST_SEAL, JSON BEARER TOKEN "\r\n", "[]", 400 },
        { &guarded, POST_SEAL, JSON BEARER TOKEN "\r\n", "{\"options\": 1}", 400 },
        { &guarded, POST_SEAL, JSON BEARER TOKEN "\r\n", "{\"options\": {\"params\": []}}", 400 },
        { &guarded, POST_SEAL, JSON BEARER TOKEN "\r\n", "{\"options\": {\"key\": \"/etc/passwd\"}}", 400 },
        { &guarded, POST_SEAL, JSON BEARER TOKEN "\r\n", "{\"options\": {\"ledger\": \"x\"}}", 400 },
        { &guarded, POST_SEAL, JSON BEARER TOKEN "\r\n", "{\"options\": {\"question\": \"a\\nb\"}}", 400 },
        { &guarded, "POST /api/fit", JSON BEARER TOKEN "\r\n", "{\"options\": {}}", 405 },
        { &wide, GET_PAGE, HERE, "", 401 },
        { &wide, GET_PAGE, "Host: 192.168.1.7:8080\r\n" CLOSE, "", 401 },
        { &wide, GET_PAGE, "Host: evil.example\r\n" CLOSE, "", 403 },
        { &wide, GET_PAGE, "Host: evil.example\r\n" CLOSE BEARER TOKEN "\r\n", "", 403 },
        { &wide, GET_PAGE, HERE BEARER TOKEN "\r\n", "", 200 },
        { &wide, GET_PAGE, HERE "Cookie: " LL_HTTP_SESSION "=\r\n", "", 401 },
        { &wide, GET_PAGE, HERE "Cookie: " LL_HTTP_SESSION "=" TOKEN "\r\n", "", 401 },
        { &wide, "GET /api/events", HERE, "", 401 },
        { &wide, "GET /", HERE, "", 404 },
    };
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        const int got = ask(heads[i].h, heads[i].line, heads[i].head, heads[i].body);
        if (got != heads[i].status)
            fail_msg("%d, expected %d: %s %s%s", got, heads[i].status, heads[i].line, heads[i].head, heads[i].body);
        if (got > 400) assert_refusal(heads[i].line);
    }
}

static void queries_are_checked(void **state) {
    (void)state;
    static const struct {
        const char *path, *says;
    } bad[] = {
        { "/api/fit?draws=/tmp/x", "has no option 'draws'" },
        { "/api/fit?store=/etc/passwd", "has no option 'store'" },
        { "/api/fit?json=1", "has no option 'json'" },
        { "/api/fit?law=../../x", "expected a name" },
        { "/api/plan?law=x.json&flops=1e20", "expected a name" },
        { "/api/fit?law=", "expected a name" },
        { "/api/fit?law", "expected law=VALUE" },
        { "/api/fit?law=no_such_law", "no_such_law" },
        { "/api/fit?=1", "expected key=value" },
        { "/api/fit?&", "expected key=value" },
        { "/api/fit?law=%00", "control sign" },
        { "/api/fit?where=%0a", "control sign" },
        { "/api/fit?where=%4", "two digits" },
        { "/api/fit?where=%zz", "two digits" },
        { "/api/fit?last=maybe", "expected 1 or 0" },
        { "/api/fit?arg=runs.csv", "has no option 'arg'" },
        { "/api/runs/show?arg=--store=/etc/passwd", "expected a name" },
        { "/api/runs/show?arg=-h", "expected a name" },
        { "/api/runs/show?arg=", "expected a name" },
        { "/api/runs/show", "expected one run" },
        { "/api/curves?runs=a,--yes", "expected a name" },
        { "/api/runs/list?where=1%3b+DROP+TABLE+run", "where" },
        { "/api/gate/check", "expected policy=NAME once" },
        { "/api/gate/check?policy=/etc/passwd", "none of those" },
        { "/api/forecast/at?params=1e9&tokens=--help", "tokens" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const int got = get(&plain, bad[i].path);
        if (got != 400 || !strstr(body_of(), bad[i].says)) fail_msg("%s: %d %s", bad[i].path, got, body_of());
        assert_refusal(bad[i].path);
    }
    char path[4000] = "/api/fit?";
    for (int i = 0; i < 200; i++) strcat(path, "seed=1&");
    assert_int_equal(get(&plain, path), 400);
    snprintf(path, sizeof path, "/api/fit?where=%0*d", 1500, 1);
    assert_int_equal(get(&plain, path), 400);
    snprintf(path, sizeof path, "/api/fit?%0*d=1", 60, 1);
    assert_int_equal(get(&plain, path), 400);
    assert_int_equal(get(&plain, "/api/fit?bootstrap=0"), 200);
}

static void garbage_is_survived(void **state) {
    (void)state;
    static const char *const begin[] = { "", "GET /api/", "GET /api/fit?",
                                         "POST /api/seal HTTP/1.1\r\nHost: localhost\r\n" };
    ll_rng r = ll_rng_at(18, LL_STREAM_NOISE, 0);
    for (int i = 0; i < 200; i++) {
        char request[512];
        size_t n = strlen(strcpy(request, begin[i % 4]));
        for (int64_t k = ll_rng_below(&r, 300); k > 0; k--) request[n++] = (char)ll_rng_below(&r, 256);
        const int fd = reach(guarded.server);
        say(fd, request, n);
        shutdown(fd, SHUT_WR);
        if (hear(fd) == 200) fail_msg("garbage %d was answered: %s", i, answer);
    }
    assert_int_equal(get(&guarded, "/api/page"), 200);
}

static void oversized_is_refused(void **state) {
    (void)state;
    static char request[1 << 16];
    int n = snprintf(request, sizeof request, "GET /api/page?");
    memset(request + n, 'a', 60000);
    n += 60000;
    n += snprintf(request + n, sizeof request - (size_t)n, " HTTP/1.1\r\n" HERE "\r\n");
    int fd = reach(plain.server);
    say(fd, request, (size_t)n);
    assert_true(hear(fd) >= 400 || !*answer);
    assert_int_equal(ask(&guarded, POST_SEAL,
                         HERE BEARER TOKEN "\r\nContent-Type: application/json\r\nContent-Length: 99999999\r\n",
                         ""),
                     413);
    assert_int_equal(get(&plain, "/api/page"), 200);
}

/* ---- who has the token ---- */

static void the_token_seals(void **state) {
    (void)state;
    static const char body[] =
        "{\"options\": {\"params\": 1e8, \"tokens\": 2e9, \"author\": \"ada\", \"bootstrap\": 20}}";
    const int got = ask(&guarded, POST_SEAL, JSON BEARER TOKEN "\r\n", body);
    if (got != 200) fail_msg("%d %s", got, answer);
    json_decref(document("loglog.forecast.1.json"));
    gives("forecast list --store s.db --json", 0);
    says(out, "1e+08");
}

static void a_session_reads(void **state) {
    (void)state;
    char head[512], cookie[128];
    assert_int_equal(ask(&wide, "POST /api/session", JSON, "{}"), 401);
    assert_int_equal(ask(&wide, "POST /api/session", JSON BEARER TOKEN "\r\n", "{}"), 200);
    json_decref(document("loglog.session.1.json"));
    const char *set = strstr(answer, "Set-Cookie: ");
    assert_non_null(set);
    assert_int_equal(sscanf(set, "Set-Cookie: %100[^;]", cookie), 1);
    says(set, "HttpOnly");
    says(set, "SameSite=Strict");
    assert_null(strstr(answer, TOKEN));
    snprintf(head, sizeof head, HERE "Cookie: a=b; %s; c=d\r\n", cookie);
    assert_int_equal(ask(&wide, GET_PAGE, head, ""), 200);
    snprintf(head, sizeof head, JSON "Cookie: %s\r\n", cookie);
    assert_int_equal(ask(&wide, POST_SEAL, head, "{}"), 401); /* reading is all that it is for */
    snprintf(head, sizeof head, HERE "Cookie: %.*s\r\n", (int)strlen(cookie) - 1, cookie);
    assert_int_equal(ask(&wide, GET_PAGE, head, ""), 401);
}

static void every_answer_is_guarded(void **state) {
    (void)state;
    static const char *const paths[] = { "/", "/api/page", "/api/fit?x=%zz", "/nothing" };
    static const char *const heads[] = { "X-Content-Type-Options: nosniff",
                                         "Content-Security-Policy: default-src 'self'", "frame-ancestors 'none'",
                                         "Referrer-Policy: no-referrer",
                                         "Cross-Origin-Resource-Policy: same-origin" };
    for (int i = 0; i < 4; i++) {
        get(&plain, paths[i]);
        for (int k = 0; k < 5; k++) says(answer, heads[k]);
        assert_null(strstr(answer, "Access-Control"));
        assert_null(strstr(answer, "unsafe"));
    }
}

static void queries_are_read(void **state) {
    (void)state;
    const char *at = "a=1&b&c=%41%2b+x&d=";
    ll_http_pair p;
    static const char *const want[][2] = { { "a", "1" }, { "b", "" }, { "c", "A+ x" }, { "d", "" } };
    for (int i = 0; i < 4; i++) {
        assert_ok(ll_http_query_next(&at, &p, err));
        assert_string_equal(p.key, want[i][0]);
        assert_string_equal(p.value, want[i][1]);
        assert_int_equal(p.valued, i != 1);
    }
    assert_string_equal(at, "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heads_are_checked),       cmocka_unit_test(queries_are_checked),
        cmocka_unit_test(garbage_is_survived),     cmocka_unit_test(oversized_is_refused),
        cmocka_unit_test(the_token_seals),         cmocka_unit_test(a_session_reads),
        cmocka_unit_test(every_answer_is_guarded), cmocka_unit_test(queries_are_read),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

#else

int main(void) {
    print_message("SKIPPED: this build has no libmicrohttpd\n");
    return 0;
}

#endif
