/* An endpoint that lies, stalls or breaks: one line with its URL within the time-out, memory bounded, nothing
 * half-written. And answers that are right, whose scores are counted by hand. */
#define _GNU_SOURCE
#include "scratch_program.h"

#include <arpa/inet.h>
#include <math.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/system/clock.h"
#include "probe/endpoint/endpoint.h"
#include "probe/endpoint/endpoint_reply.h"

#ifdef LL_HAVE_CURL

/* ---- a server that does as it is told, one connection after the other ---- */

typedef enum manner {
    ANSWERS,    /* with the body that is set */
    REFUSES_0,  /* max_tokens 0 by 400, and answers else */
    REFUSES_N,  /* several texts by 400, and answers else */
    BUSY,       /* 429, again and again */
    BUSY_TWICE, /* 429, 503, then the answer */
    LATER,      /* 429 that says: in an hour */
    STALLS,
    CLOSES,       /* in the middle of the body */
    PROMISES,     /* more bytes than come, and then waits */
    OVERFLOWS,    /* the Content-Length is a gigabyte, and so is what comes */
    NEVER_ENDS,   /* chunks for as long as somebody reads */
    HEADS,        /* headers for as long as somebody reads */
    HTTP_0_9,     /* no head at all */
    REDIRECTS,    /* to where the answer is */
    REDIRECTS_FS, /* to a file */
    TEXT,         /* the answer as text/html */
    TELLS_KEY,    /* 401 with the key in it */
    BREAKS,       /* 500 */
} manner;

static struct {
    int fd, port;
    pthread_t thread;
    atomic_int manner, asked;
    atomic_bool end;
    const char *body;
} host;

static bool say(int fd, const char *text, size_t n) {
    while (n) {
        const ssize_t sent = send(fd, text, n, MSG_NOSIGNAL);
        if (sent <= 0) return false;
        text += sent;
        n -= (size_t)sent;
    }
    return true;
}

static void reply(int fd, const char *status, const char *more, const char *type, const char *body) {
    char head[512];
    snprintf(head, sizeof head,
             "HTTP/1.1 %s\r\n%sContent-Type: %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n", status, more,
             type, strlen(body));
    if (say(fd, head, strlen(head))) say(fd, body, strlen(body));
}

static void wait_for_end(int fd) {
    char c;
    while (!atomic_load(&host.end) && recv(fd, &c, 1, MSG_DONTWAIT) != 0) usleep(10000);
}

static void flood(int fd, const char *head, const char *part) {
    static char block[1 << 16];
    const size_t n = strlen(part), copies = sizeof block / n;
    for (size_t i = 0; i < copies; i++) memcpy(block + i * n, part, n);
    bool goes = say(fd, head, strlen(head));
    for (int i = 0; goes && i < 1 << 14 && !atomic_load(&host.end); i++) goes = say(fd, block, copies * n);
}

static const char json[] = "application/json",
                  begun[] =
                      "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n{\"cho";

static void act(int fd, const char *request) {
    static const char busy[] = "{\"error\": {\"message\": \"too many\"}}";
    const int nth = atomic_fetch_add(&host.asked, 1);
    const manner m = atomic_load(&host.manner);
    if (m == ANSWERS) reply(fd, "200 OK", "", json, host.body);
    if (m == REFUSES_0)
        reply(fd, strstr(request, "\"max_tokens\": 0") ? "400 Bad Request" : "200 OK", "", json, host.body);
    if (m == REFUSES_N) reply(fd, strstr(request, "\"prompt\": [") ? "422 No" : "200 OK", "", json, host.body);
    if (m == BUSY) reply(fd, "429 Too Many Requests", "", json, busy);
    if (m == BUSY_TWICE)
        reply(fd,
              nth == 0   ? "429 Too Many Requests"
              : nth == 1 ? "503 Service Unavailable"
                         : "200 OK",
              "", json, nth < 2 ? busy : host.body);
    if (m == LATER) reply(fd, "429 Too Many Requests", "Retry-After: 3600\r\n", json, busy);
    if (m == STALLS) wait_for_end(fd);
    if (m == CLOSES) say(fd, begun, sizeof begun - 1);
    if (m == PROMISES) {
        say(fd, begun, sizeof begun - 1);
        wait_for_end(fd);
    }
    if (m == OVERFLOWS)
        flood(fd, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1073741824\r\n\r\n",
              "[1, 2] ");
    if (m == NEVER_ENDS) {
        char chunk[4096 + 9] = "1000\r\n";
        memset(chunk + 6, ' ', 4096);
        strcpy(chunk + 6 + 4096, "\r\n");
        flood(fd, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n", chunk);
    }
    if (m == HEADS) flood(fd, "HTTP/1.1 200 OK\r\n", "X-More: and more\r\n");
    if (m == HTTP_0_9) say(fd, host.body, strlen(host.body));
    if (m == REDIRECTS) reply(fd, "302 Found", "Location: /v1/models\r\n", json, host.body);
    if (m == REDIRECTS_FS) reply(fd, "307 There", "Location: file:///etc/passwd\r\n", json, host.body);
    if (m == TEXT) reply(fd, "200 OK", "", "text/html", host.body);
    if (m == TELLS_KEY)
        reply(fd, "401 Unauthorized", "", json,
              "{\"error\": {\"message\": \"the key sk-secret-1234 is unknown\\nand \\u001b[2J bad\"}}");
    if (m == BREAKS) reply(fd, "500 Internal Server Error", "", "text/plain", "oops");
}

/* The head and as much of the body as it says. */
static bool hear(int fd, char *request, size_t size) {
    size_t n = 0;
    for (;;) {
        const ssize_t got = recv(fd, request + n, size - 1 - n, 0);
        if (got <= 0) return false;
        request[n += (size_t)got] = 0;
        const char *body = strstr(request, "\r\n\r\n"), *length = strcasestr(request, "content-length:");
        if (body && strlen(body + 4) >= (length ? strtoul(length + 15, NULL, 10) : 0)) return true;
        if (n + 1 >= size) return false;
    }
}

static void *serve(void *ctx) {
    static char request[1 << 20];
    (void)ctx;
    for (;;) {
        const int fd = accept(host.fd, NULL, NULL);
        if (fd < 0 || atomic_load(&host.end)) return NULL;
        if (hear(fd, request, sizeof request)) {
            if (strncmp(request, "GET /v1/models ", 15) == 0)
                reply(fd, "200 OK", "", json, "{\"data\": [{\"id\": \"liar\", \"max_model_len\": 64}]}");
            else act(fd, request);
        }
        close(fd);
    }
}

static void start_host(void) {
    struct sockaddr_in here = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof here;
    host.fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(host.fd, (struct sockaddr *)&here, sizeof here), 0);
    assert_int_equal(listen(host.fd, 16), 0);
    assert_int_equal(getsockname(host.fd, (struct sockaddr *)&here, &size), 0);
    host.port = ntohs(here.sin_port);
    atomic_store(&host.end, false);
    atomic_store(&host.asked, 0);
    assert_int_equal(pthread_create(&host.thread, NULL, serve, NULL), 0);
}

static void stop_host(void) {
    atomic_store(&host.end, true);
    shutdown(host.fd, SHUT_RDWR);
    pthread_join(host.thread, NULL);
    close(host.fd);
}

/* ---- what is asked of it ---- */

static char url[64];

static ll_status ask(const ll_lm_ask *asks, int64_t n, double timeout_s, ll_lm_score *out, ll_error *err) {
    ll_lm *lm;
    snprintf(url, sizeof url, "http://127.0.0.1:%d/v1", host.port);
    const ll_endpoint_opts opts = { .url = url, .timeout_s = timeout_s, .retries = 3, .parallel = 2 };
    LL_TRY(ll_lm_endpoint(&lm, &opts, err));
    const ll_status status = ll_lm_loglikelihood(lm, asks, n, out, err);
    ll_lm_close(lm);
    return status;
}

static ll_lm_ask asked_of(const char *context, const char *continuation) {
    return (ll_lm_ask) { { context, strlen(context) }, { continuation, strlen(continuation) } };
}

static void assert_one_line(const ll_error *err, const char *want) {
    if (err->code != LL_EIO || strchr(err->msg, '\n') || !strstr(err->msg, url) || !strstr(err->msg, want))
        fail_msg("code %d: '%s', expected '%s'", err->code, err->msg, want);
}

#define TOKENS(t, l, top, o)                                                                                     \
    "{\"choices\": [{\"index\": 0, \"text\": \"abcd\", \"logprobs\": {\"tokens\": " t ", \"token_logprobs\": " l \
    ", \"top_logprobs\": " top ", \"text_offset\": " o "}}]}"
#define ABCD "[\"a\", \"b\", \"c\", \"d\"]"
#define TOP "[null, {\"x\": -1}, {\"c\": -2}, {\"d\": -0.5}]"

static const char right[] = TOKENS(ABCD, "[null, -1, -2, -0.5]", TOP, "[0, 1, 2, 3]");

/* ---- lies about tokens ---- */

static const struct {
    const char *body, *want;
} lies[] = {
    { "{\"choices\": [{\"text\": \"abcd\"", "expected JSON" },
    { "", "expected JSON" },
    { "[]", "0 choices, expected 1" },
    { "{\"choices\": {}}", "0 choices" },
    { "{\"choices\": []}", "0 choices, expected 1" },
    { "{\"choices\": [{}, {}]}", "2 choices, expected 1" },
    { "{\"choices\": [{\"index\": 7}]}", "index 7" },
    { "{\"choices\": [{\"text\": \"abcd\", \"logprobs\": null}]}", "no 'logprobs.tokens'" },
    { "{\"choices\": [{\"logprobs\": {\"tokens\": [\"a\"]}}]}", "no list 'token_logprobs'" },
    { TOKENS(ABCD, "[null, NaN, -2, -0.5]", TOP, "[0, 1, 2, 3]"), "expected JSON" },
    { TOKENS(ABCD, "[null, -1, -1e999, -0.5]", TOP, "[0, 1, 2, 3]"), "expected JSON" },
    { TOKENS(ABCD, "[null, -1, null, -0.5]", TOP, "[0, 1, 2, 3]"), "token 3 has no log-probability" },
    { TOKENS(ABCD, "[null, -1, \"-2\", -0.5]", TOP, "[0, 1, 2, 3]"), "token 3 has no log-probability" },
    { TOKENS(ABCD, "[null, -1, 0.5, -0.5]", TOP, "[0, 1, 2, 3]"), "log-probability of 0.5" },
    { TOKENS(ABCD, "[null, -1, -2]", TOP, "[0, 1, 2, 3]"), "4 tokens, but 3 'token_logprobs'" },
    { TOKENS(ABCD, "[null, -1, -2, -0.5]", "[null]", "[0, 1, 2, 3]"), "4 tokens, but 1 'top_logprobs'" },
    { TOKENS(ABCD, "[null, -1, -2, -0.5]", "[null, null, null, null]", "[0, 1, 2, 3]"), "no likeliest" },
    { TOKENS(ABCD, "[null, -1, -2, -0.5]", "null", "[0, 1, 2, 3]"), "no list 'top_logprobs'" },
    { TOKENS(ABCD, "[null, -1, -2, -0.5]", TOP, "[0, 1, 2]"), "4 tokens, but 3 'text_offset'" },
    { TOKENS(ABCD, "[null, -1, -2, -0.5]", TOP, "[0, 2, 1, 3]"), "the offset of token 3 is 1" },
    { TOKENS(ABCD, "[null, -1, -2, -0.5]", TOP, "[0, 1, 2, 99]"), "the offset of token 4 is 99" },
    { TOKENS(ABCD, "[null, -1, -2, -0.5]", TOP, "[-3, 1, 2, 3]"), "the offset of token 1 is -3" },
    { TOKENS(ABCD, "[null, -1, -2, -0.5]", TOP, "[0, 1, \"x\", 3]"), "the offset of token 3" },
    { TOKENS("[1, 2, 3, 4]", "[null, -1, -2, -0.5]", TOP, "[0, 1, 2, 3]"), "token 1 is no string" },
    { TOKENS("[\"a\", \"b\", \"x\", \"d\"]", "[null, -1, -2, -0.5]", TOP, "null"), "not the text that was asked" },
    { TOKENS("[]", "[]", "[]", "[]"), "no token holds a byte" },
    { TOKENS("[\"abcd\"]", "[null]", "[null]", "[0]"), "expected a longer context" },
    { TOKENS("[\"zzzzzzz\", \"b\"]", "[null, -1]", "[null, {\"b\": -1}]", "[0, 7]"), "expected a longer context" },
};

static void lies_are_told_on_one_line(void **state) {
    (void)state;
    const ll_lm_ask abcd = asked_of("ab", "cd");
    start_host();
    atomic_store(&host.manner, ANSWERS);
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        ll_lm_score s;
        ll_error err = { 0 };
        host.body = lies[i].body;
        if (ask(&abcd, 1, 5, &s, &err) == LL_OK) fail_msg("taken for true: %s", lies[i].body);
        assert_one_line(&err, lies[i].want);
    }
    stop_host();
}

/* ---- answers that are right ---- */

static const struct {
    const char *context, *continuation, *body;
    double logprob;
    int64_t tokens;
    bool greedy;
} truths[] = {
    { "ab", "cd", TOKENS(ABCD, "[null, -1, -2, -0.5]", TOP, "[0, 1, 2, 3]"), -2.5, 2, true },
    { "a", "bcd", TOKENS(ABCD, "[null, -1, -2, -0.5]", TOP, "[0, 1, 2, 3]"), -3.5, 3, false },
    /* a token across the seam is the continuation's */
    { "ab", "cd",
      TOKENS("[\"a\", \"bc\", \"d\"]", "[null, -1, -2]", "[null, {\"bc\": -1}, {\"e\": -1, \"d\": -2}]",
             "[0, 1, 3]"),
      -3, 2, false },
    /* a token before the text, one behind it that was generated */
    { "ab", "cd",
      TOKENS("[\"<s>\", \"ab\", \"cd\", \"zz\"]", "[null, -4, -8, -16]",
             "[null, {\"ab\": -4}, {\"cd\": -8}, {\"zz\": -16}]", "[0, 3, 5, 7]"),
      -8, 1, true },
    /* two characters of two bytes: bytes:, and offsets that stand still within one */
    { "\xc3\xa9", "\xc3\xbc!",
      TOKENS("[\"\xc3\xa9\", \"bytes:\\\\xc3\", \"bytes:\\\\xbc\", \"!\"]", "[null, -1, -2, -4]",
             "[null, {\"bytes:\\\\xc3\": -1}, {\"bytes:\\\\xbc\": -2}, {\"!\": -4}]", "[0, 1, 1, 2]"),
      -7, 3, true },
    /* parts of characters that the server cannot write: offsets of characters decide */
    { "\xc3\xa9", "\xc3\xbc!",
      TOKENS("[\"\\u00e9\", \"\\ufffd\", \"\\ufffd\", \"!\"]", "[null, -1, -2, -4]",
             "[null, {\"\\ufffd\": -1}, {\"\\ufffd\": -2}, {\"!\": -4}]", "[0, 1, 1, 2]"),
      -7, 3, true },
    /* the same as empty tokens before the whole character */
    { "\xc3\xa9", "\xc3\xbc!",
      TOKENS("[\"\\u00e9\", \"\", \"\\u00fc\", \"!\"]", "[null, -1, -2, -4]",
             "[null, {\"\": -1}, {\"\\u00fc\": -2}, {\"!\": -4}]", "[0, 1, 1, 2]"),
      -7, 3, true },
    /* rounding of single precision above 0 */
    { "ab", "c",
      "{\"choices\": [{\"logprobs\": {\"tokens\": [\"ab\", \"c\"], \"token_logprobs\": [null, 1e-8], "
      "\"top_logprobs\": [null, {\"c\": 1e-8}]}}]}",
      1e-8, 1, true },
};

static void truths_are_counted(void **state) {
    (void)state;
    start_host();
    atomic_store(&host.manner, ANSWERS);
    for (size_t i = 0; i < sizeof truths / sizeof *truths; i++) {
        const ll_lm_ask a = asked_of(truths[i].context, truths[i].continuation);
        ll_lm_score s;
        host.body = truths[i].body;
        assert_ok(ask(&a, 1, 5, &s, err));
        if (s.logprob != truths[i].logprob || s.tokens != truths[i].tokens || s.greedy != truths[i].greedy)
            fail_msg("answer %zu: %g of %d tokens, greedy %d", i, s.logprob, (int)s.tokens, s.greedy);
    }
    stop_host();
}

static void choices_go_by_their_index(void **state) {
    (void)state;
    static const char two[] =
        "{\"choices\": [{\"index\": 1, \"logprobs\": {\"tokens\": [\"ab\", \"d\"], \"token_logprobs\": [null, -2], "
        "\"top_logprobs\": [null, {\"d\": -2}]}}, {\"index\": 0, \"logprobs\": {\"tokens\": [\"ab\", \"c\"], "
        "\"token_logprobs\": [null, -1], \"top_logprobs\": [null, {\"c\": -1}]}}]}";
    const ll_lm_ask asks[2] = { asked_of("ab", "c"), asked_of("ab", "d") };
    ll_lm_score s[2];
    assert_ok(ll_reply_scores(two, strlen(two), asks, 2, s, "url", err));
    assert_true(s[0].logprob == -1 && s[1].logprob == -2);
}

/* A server that refuses max_tokens 0 is asked with 1; one that takes one text at a time gets one. */
static void a_server_is_asked_as_it_can(void **state) {
    (void)state;
    const ll_lm_ask asks[3] = { asked_of("ab", "cd"), asked_of("ab", "cd"), asked_of("ab", "cd") };
    ll_lm_score s[3];
    start_host();
    host.body = right;
    atomic_store(&host.manner, REFUSES_0);
    assert_ok(ask(asks, 1, 5, s, err));
    assert_true(s[0].logprob == -2.5);
    atomic_store(&host.manner, REFUSES_N);
    memset(s, 0, sizeof s);
    assert_ok(ask(asks, 3, 5, s, err));
    assert_true(s[0].logprob == -2.5 && s[1].logprob == -2.5 && s[2].logprob == -2.5);
    stop_host();
}

/* ---- a server that breaks ---- */

static long peak_kib(void) {
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return u.ru_maxrss;
}

static const struct {
    manner manner;
    const char *want;
    double within_s;
} breaks[] = {
    { BUSY, "answers 429: too many", 5 },
    { LATER, "answers 429: too many", 1 },
    { STALLS, "no whole answer within 1 s", 2 },
    { CLOSES, "", 5 },
    { PROMISES, "no whole answer within 1 s", 2 },
    { OVERFLOWS, "larger than", 5 },
    { NEVER_ENDS, "", 5 },
    { HEADS, "", 5 },
    { HTTP_0_9, "", 5 },
    { REDIRECTS, "answers 302, and redirects are not followed", 1 },
    { REDIRECTS_FS, "answers 307, and redirects are not followed", 1 },
    { TEXT, "expected JSON, the server sends 'text/html'", 1 },
    { TELLS_KEY, "answers 401: the key ************** is unknown", 1 },
    { BREAKS, "answers 500", 5 },
};

static void a_server_that_breaks_ends_on_one_line(void **state) {
    (void)state;
    const ll_lm_ask abcd = asked_of("ab", "cd");
    const long before = peak_kib();
    setenv("LOGLOG_API_KEY", "sk-secret-1234", 1);
    for (size_t i = 0; i < sizeof breaks / sizeof *breaks; i++) {
        ll_lm_score s;
        ll_error err = { 0 };
        start_host();
        host.body = right;
        atomic_store(&host.manner, breaks[i].manner);
        const double began = ll_clock_now();
        if (ask(&abcd, 1, 1, &s, &err) == LL_OK) fail_msg("manner %d was taken", breaks[i].manner);
        const double took = ll_clock_now() - began;
        stop_host();
        assert_one_line(&err, breaks[i].want);
        if (strstr(err.msg, "secret")) fail_msg("the key is told: %s", err.msg);
        if (took > breaks[i].within_s) fail_msg("manner %d took %g s", breaks[i].manner, took);
    }
    unsetenv("LOGLOG_API_KEY");
    if (peak_kib() - before > 400 << 10) fail_msg("memory grew by %ld KiB", peak_kib() - before);
}

static void a_busy_server_is_asked_again(void **state) {
    (void)state;
    const ll_lm_ask abcd = asked_of("ab", "cd");
    ll_lm_score s;
    start_host();
    host.body = right;
    atomic_store(&host.manner, BUSY_TWICE);
    assert_ok(ask(&abcd, 1, 10, &s, err));
    assert_true(s.logprob == -2.5);
    assert_int_equal(atomic_load(&host.asked), 3);
    stop_host();
}

static void nobody_is_there(void **state) {
    (void)state;
    ll_lm *lm;
    ll_error err = { 0 };
    start_host();
    snprintf(url, sizeof url, "http://127.0.0.1:%d/v1", host.port);
    stop_host();
    assert_int_equal(ll_lm_endpoint(&lm, &(ll_endpoint_opts) { .url = url, .timeout_s = 1, .retries = -1 }, &err),
                     LL_EIO);
    assert_one_line(&err, "/models");
    assert_null(lm);
}

/* ---- samples ---- */

static void samples_are_checked(void **state) {
    (void)state;
    static const struct {
        const char *body, *want, *text;
        double logprob;
    } said[] = {
        { "{\"choices\": [{\"text\": \"xy\", \"logprobs\": {\"tokens\": [\"x\", \"y\", \".\"], \"token_logprobs\": "
          "[-1, -2, -4]}}]}",
          NULL, "xy", -7 },
        { "{\"choices\": [{\"text\": \"x.y\", \"logprobs\": {\"tokens\": [\"x\", \".y\"], \"token_logprobs\": [-1, "
          "-2]}}]}",
          NULL, "x", -3 },
        { "{\"choices\": [{\"text\": \"x\\ufffd\", \"logprobs\": {\"tokens\": [\"x\", \"bytes:\\\\xff\", \".\"], "
          "\"token_logprobs\": [-1, -2, -4]}}]}",
          NULL, "x\xff", -7 },
        { "{\"choices\": [{\"text\": \"\\ufffdz\", \"logprobs\": {\"tokens\": [\"?\"], \"token_logprobs\": "
          "[-1]}}]}",
          NULL, "\xef\xbf\xbdz", -1 },
        { "{\"choices\": [{\"text\": \"x\"}]}", "no 'logprobs.tokens'", NULL, 0 },
        { "{\"choices\": [{\"logprobs\": {}}]}", "no 'text'", NULL, 0 },
        { "{\"choices\": [{\"text\": \"x\", \"logprobs\": {\"tokens\": [\"x\"], \"token_logprobs\": [null]}}]}",
          "no log-probability", NULL, 0 },
        { "{\"choices\": [{\"text\": \"x\", \"logprobs\": {\"tokens\": [\"x\", \"x\", \"x\", \"x\", \"x\"], "
          "\"token_logprobs\": [-1, -1, -1, -1, -1]}}]}",
          "5 tokens, expected 4 at most", NULL, 0 },
    };
    const ll_lm_prompt p = { .text = { "a", 1 }, .samples = 1, .most = 4, .stop = "." };
    for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
        ll_lm_sample s;
        ll_error err = { 0 };
        snprintf(url, sizeof url, "URL");
        const ll_status status = ll_reply_samples(said[i].body, strlen(said[i].body), &p, 1, &s, url, &err);
        if (said[i].want) assert_one_line(&err, said[i].want);
        else if (status != LL_OK || strcmp(s.text, said[i].text) != 0 || s.logprob != said[i].logprob)
            fail_msg("sample %zu: %s '%s' %g", i, err.msg, s.text, s.logprob);
        ll_lm_samples_clear(&s, 1);
    }
}

/* ---- what is refused before anything is sent ---- */

static void what_cannot_be_asked(void **state) {
    (void)state;
    static const char *const urls[] = { "",           "ftp://x/v1",       "file:///etc/passwd",
                                        "127.0.0.1",  "http://k@host/v1", "http://host/v1?key=x",
                                        "http://a b", "http://host/v1#x" };
    ll_lm *lm;
    ll_error err = { 0 };
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++)
        assert_int_equal(ll_lm_endpoint(&lm, &(ll_endpoint_opts) { .url = urls[i] }, &err), LL_EINPUT);
    unsetenv("LOGLOG_API_KEY");
    setenv("OPENAI_API_KEY", "sk-secret", 1);
    const ll_endpoint_opts far = { .url = "http://localhost.example/v1", .timeout_s = 1 };
    assert_int_equal(ll_lm_endpoint(&lm, &far, &err), LL_EINPUT);
    says(err.msg, "unencrypted");
    unsetenv("OPENAI_API_KEY");
    start_host();
    const ll_lm_ask bad[] = { asked_of("ab\xff", "c"), { { "a\0b", 3 }, { "c", 1 } } };
    for (int i = 0; i < 2; i++) {
        ll_lm_score s;
        assert_int_equal(ask(&bad[i], 1, 1, &s, &err), LL_EINPUT);
        says(err.msg, "text 1 is no UTF-8");
    }
    assert_int_equal(atomic_load(&host.asked), 0);
    stop_host();
}

/* ---- the verb: nothing half-written ---- */

static void nothing_is_half_written(void **state) {
    (void)state;
    static const char pair[] = "{\"sentence_good\": \"It is.\", \"sentence_bad\": \"It are.\", \"field\": "
                               "\"syntax\", \"linguistics_term\": "
                               "\"agreement\", \"UID\": \"one\"}\n";
    char path[LL_PATH_MAX], command[512];
    support_write(folder, "one.jsonl", pair, strlen(pair), path);
    start_host();
    atomic_store(&host.manner, ANSWERS);
    host.body = "{\"choices\": [";
    snprintf(
        command, sizeof command,
        "probe run blimp --endpoint http://127.0.0.1:%d/v1 --data one.jsonl --save items --out x.csv --timeout 3s",
        host.port);
    gives(command, 1);
    stop_host();
    says(err_text, "expected JSON");
    assert_string_equal(out, "");
    snprintf(path, sizeof path, "%.900s/x.csv", folder);
    assert_int_not_equal(access(path, F_OK), 0);
    snprintf(path, sizeof path, "%.900s/items/liar.blimp.jsonl", folder);
    assert_int_not_equal(access(path, F_OK), 0);
    gives("probe run blimp --endpoint http://127.0.0.1:1/v1 --weights x", 2);
    gives("probe run blimp --endpoint ftp://x", 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lies_are_told_on_one_line),
        cmocka_unit_test(truths_are_counted),
        cmocka_unit_test(choices_go_by_their_index),
        cmocka_unit_test(a_server_is_asked_as_it_can),
        cmocka_unit_test(a_server_that_breaks_ends_on_one_line),
        cmocka_unit_test(a_busy_server_is_asked_again),
        cmocka_unit_test(nobody_is_there),
        cmocka_unit_test(samples_are_checked),
        cmocka_unit_test(what_cannot_be_asked),
        cmocka_unit_test(nothing_is_half_written),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}

#else

static void without_libcurl_it_is_said(void **state) {
    (void)state;
    gives("probe run blimp --endpoint http://127.0.0.1:1/v1 --data x", 2);
    says(err_text, "libcurl");
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(without_libcurl_it_is_said) };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}

#endif
