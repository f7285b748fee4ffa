/* The server of models under attack: other hosts, other methods, bodies that are too large, too slow or no
 * requests, and garbage. It refuses each by its status, serves nothing but its routes, and answers the next
 * request. */
#define _GNU_SOURCE
#include "probe/raw_http.h"
#include "serving.h"

#include "base/document/json.h"
#include "base/system/clock.h"
#include "loglog/random.h"
#include "sweep/serving/models_service.h"

#ifdef LL_HAVE_MICROHTTPD

static ll_models_service *models;
static ll_http_service services[1];
static ll_http_server *server, *impatient; /* which waits for a second */

static int set_up(void **state) {
    char db[LL_PATH_MAX];
    scratch_make(state);
    service_text();
    service_train("bytes", "bytes");
    assert_ok(ll_file_join(db, folder, "loglog.db", err));
    assert_ok(ll_models_service_new(&models, db, 1, err));
    services[0] = (ll_http_service) { ll_models_routes, LL_MODELS_ROUTES, models };
    ll_http_server_opts opts = { .services = services, .n_services = 1 };
    assert_ok(ll_http_server_start(&server, &opts, err));
    opts.patience_s = 1;
    assert_ok(ll_http_server_start(&impatient, &opts, err));
    return 0;
}

static int tear_down(void **state) {
    ll_http_server_stop(server);
    ll_http_server_stop(impatient);
    ll_models_service_free(models);
    return scratch_remove(state);
}

/* ---- one request ---- */

static int ask_bytes(const char *request, size_t n) {
    const int fd = reach(server);
    say(fd, request, n);
    return hear(fd);
}

static int post_bytes(const char *body, size_t n, const char *more) {
    char head[512];
    const int fd = reach(server);
    const int size = snprintf(
        head, sizeof head,
        "POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n%sContent-Length: %zu\r\n\r\n",
        more, n);
    say(fd, head, (size_t)size);
    say(fd, body, n);
    return hear(fd);
}

static int post(const char *body) {
    return post_bytes(body, strlen(body), "Content-Type: application/json\r\n");
}

/* Of a refusal: OpenAI's form, one line. */
static void assert_refusal(const char *what) {
    ll_json *doc;
    assert_ok(ll_json_parse(body_of(), strlen(body_of()), what, &doc, err));
    const char *message = ll_json_get_str(ll_json_get(doc, "error"), "message");
    if (!message || !*message || strchr(message, '\n')) fail_msg("%s: %s", what, body_of());
    ll_json_free(doc);
}

static void assert_alive(void) {
    assert_int_equal(post("{\"prompt\": \"the\", \"max_tokens\": 2}"), 200);
}

/* ---- heads ---- */

static void heads_are_checked(void **state) {
    (void)state;
#define HOST "\r\nHost: 127.0.0.1:8080\r\nConnection: close\r\n\r\n"
    static const struct {
        const char *request;
        int status;
    } heads[] = {
        { "GET /v1/models HTTP/1.1" HOST, 200 },
        { "GET /v1/models?x=1 HTTP/1.1" HOST, 200 },
        { "GET /v1/models HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 200 },
        { "GET /v1/models HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", 403 },
        { "GET /v1/models HTTP/1.1\r\nHost: localhost.evil.example\r\nConnection: close\r\n\r\n", 403 },
        { "GET /v1/models HTTP/1.1\r\nHost: 127.0.0.1.evil.example:80\r\nConnection: close\r\n\r\n", 403 },
        { "GET /v1/models HTTP/1.1\r\nHost: 127.0.0.1:80@evil\r\nConnection: close\r\n\r\n", 403 },
        { "GET /v1/models HTTP/1.1\r\nHost: 127.0.0.1:\r\nConnection: close\r\n\r\n", 403 },
        { "GET /v1/models HTTP/1.1\r\nHost: \r\nConnection: close\r\n\r\n", 403 },
        { "GET /v1/models HTTP/1.0\r\n\r\n", 403 },
        { "GET / HTTP/1.1" HOST, 404 },
        { "GET /v1/models/ HTTP/1.1" HOST, 404 },
        { "GET /v1/models/x HTTP/1.1" HOST, 404 },
        { "GET /../../../../etc/passwd HTTP/1.1" HOST, 404 },
        { "GET /v1/..%2f..%2fetc/passwd HTTP/1.1" HOST, 404 },
        { "GET /v1/models%00 HTTP/1.1" HOST, 404 },
        { "GET /v1/%6dodels HTTP/1.1" HOST, 404 },
        { "GET /v1/completions HTTP/1.1" HOST, 405 },
        { "DELETE /v1/models HTTP/1.1" HOST, 405 },
        { "HEAD /v1/models HTTP/1.1" HOST, 405 },
        { "OPTIONS /v1/completions HTTP/1.1" HOST, 405 },
        { "TRACE /v1/models HTTP/1.1" HOST, 405 },
        { "POST /v1/models HTTP/1.1\r\nContent-Length: 0" HOST, 405 },
        { "POST /v1/completions HTTP/1.1\r\nContent-Length: 0\r\nContent-Type: text/plain" HOST, 415 },
        { "POST /v1/completions HTTP/1.1\r\nContent-Length: 0" HOST, 415 },
        { "POST /v1/completions HTTP/1.1\r\nContent-Type: application/jsonp\r\nContent-Length: 0" HOST, 415 },
        { "POST /v1/completions HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 0" HOST, 400 },
        { "POST /v1/completions HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 4194305" HOST, 413 },
    };
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        const int got = ask_bytes(heads[i].request, strlen(heads[i].request));
        if (got != heads[i].status) fail_msg("%d, expected %d: %s", got, heads[i].status, heads[i].request);
        if (got >= 400 && strncmp(heads[i].request, "HEAD", 4) != 0) assert_refusal(heads[i].request);
    }
    static const char endless[] =
        "POST /v1/completions HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: "
        "99999999999999999999" HOST;
    assert_true(ask_bytes(endless, sizeof endless - 1) >= 400); /* by the library itself */
    assert_alive();
}

/* ---- bodies ---- */

static void requests_are_checked(void **state) {
    (void)state;
    static const struct {
        const char *body;
        int status;
        const char *want;
    } bodies[] = {
        { "", 400, "request" },
        { "{", 400, "request" },
        { "[]", 400, "expected an object" },
        { "7", 400, "expected an object" },
        { "{}", 400, "no 'prompt'" },
        { "{\"prompt\": null}", 400, "no 'prompt'" },
        { "{\"prompt\": \"\"}", 400, "empty" },
        { "{\"prompt\": []}", 400, "0 of them" },
        { "{\"prompt\": [[]]}", 400, "empty" },
        { "{\"prompt\": {}}", 400, "expected a text" },
        { "{\"prompt\": true}", 400, "expected a text" },
        { "{\"prompt\": [\"a\", 1]}", 400, "expected a text" },
        { "{\"prompt\": [1, \"a\"]}", 400, "token 2 is no whole number" },
        { "{\"prompt\": [1.5]}", 400, "token 1 is no whole number" },
        { "{\"prompt\": [-1]}", 400, "token 1 is no whole number" },
        { "{\"prompt\": [97, 257]}", 400, "token 2 is 257, expected 0 to 256" },
        { "{\"prompt\": [65633]}", 400, "token 1 is 65633, expected 0 to 256" },
        { "{\"prompt\": \"a\\u0000b\"}", 400, "request" },
        { "{\"prompt\": \"\xff\"}", 400, "request" },
        { "{\"prompt\": \"a\", \"prompt\": \"b\"}", 400, "request" },
        { "{\"prompt\": \"a\", \"temprature\": 1}", 400, "unknown key 'temprature'" },
        { "{\"prompt\": \"a\", \"stream\": true}", 400, "stream" },
        { "{\"prompt\": \"a\", \"top_p\": 0.9}", 400, "top_p" },
        { "{\"prompt\": \"a\", \"best_of\": 4}", 400, "best_of" },
        { "{\"prompt\": \"a\", \"temperature\": \"hot\"}", 400, "temperature" },
        { "{\"prompt\": \"a\", \"temperature\": -1}", 400, "temperature" },
        { "{\"prompt\": \"a\", \"temperature\": 1e999}", 400, "request" },
        { "{\"prompt\": \"a\", \"n\": 0}", 400, "n: expected a whole number from 1" },
        { "{\"prompt\": \"a\", \"n\": 1.5}", 400, "n: expected a whole number" },
        { "{\"prompt\": \"a\", \"n\": 99999999999999999999}", 400, "n: expected a whole number" },
        { "{\"prompt\": \"a\", \"max_tokens\": -1}", 400, "max_tokens" },
        { "{\"prompt\": \"a\", \"logprobs\": 5}", 400, "logprobs" },
        { "{\"prompt\": \"a\", \"echo\": 1}", 400, "echo" },
        { "{\"prompt\": \"a\", \"stop\": [\"a\", \"b\"]}", 400, "stop: expected one text" },
        { "{\"prompt\": \"a\", \"seed\": \"x\"}", 400, "seed" },
        { "{\"prompt\": \"a\", \"n\": 1024, \"max_tokens\": 1000}", 400, "expected 262144 at most" },
        { "{\"prompt\": \"a\", \"model\": 5}", 400, "model" },
        { "{\"prompt\": \"a\", \"model\": \"nobody\"}", 404, "nobody" },
        { "{\"prompt\": \"a\", \"model\": \"../../etc/passwd\"}", 404, "passwd" },
        { "{\"prompt\": \"a\", \"model\": \"' or '1' = '1\"}", 404, "or" },
        { "{\"prompt\": \"a\", \"n\": null, \"stop\": null, \"stream\": false, \"top_p\": 1, \"user\": \"me\"}",
          200, "text_completion" },
        { "{\"prompt\": [97, 98], \"max_tokens\": 0, \"echo\": true}", 200, "\"text\": \"ab\"" },
        { "{\"prompt\": [[97], [98]], \"max_tokens\": 1, \"n\": 2}", 200, "\"index\": 3" },
    };
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        const int got = post(bodies[i].body);
        if (got != bodies[i].status || !strstr(body_of(), bodies[i].want))
            fail_msg("%d, expected %d and '%s': %s gives %s", got, bodies[i].status, bodies[i].want, bodies[i].body,
                     body_of());
        if (got >= 400) assert_refusal(bodies[i].body);
    }
    assert_alive();
}

static void bodies_are_bounded(void **state) {
    (void)state;
    static const char json[] = "Content-Type: application/json\r\n";
    const size_t n = 4 << 20;
    char *body = malloc(n);
    memset(body, '[', n);
    assert_int_equal(post_bytes(body, n, json), 400); /* deep */
    memset(body, 0, n);
    assert_int_equal(post_bytes(body, 1 << 16, json), 400);
    memset(body, 'a', n);
    memcpy(body, "{\"prompt\": \"", 12);
    memcpy(body + n - 2, "\"}", 2);
    assert_int_equal(post_bytes(body, n, json), 200); /* one long prompt, of which the model sees the end */
    memcpy(body, "{\"echo\": true,\"prompt\": \"", 25);
    assert_int_equal(post_bytes(body, n, json), 400);
    says(body_of(), "expected 262144 at most");
    free(body);
    const int fd = reach(server); /* chunks beyond the bound */
    static const char head[] =
        "POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: "
        "application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
    static char chunk[(1 << 16) + 16] = "10000\r\n";
    memset(chunk + 7, ' ', 1 << 16);
    memcpy(chunk + 7 + (1 << 16), "\r\n", 2);
    say(fd, head, sizeof head - 1);
    for (int i = 0; i < 80; i++) say(fd, chunk, 7 + (1 << 16) + 2);
    say(fd, "0\r\n\r\n", 5);
    assert_int_equal(hear(fd), 413);
    assert_alive();
}

/* Who sends nothing, and who sends a byte now and then, is left after a second. */
static void the_slow_are_left(void **state) {
    (void)state;
    static const char head[] = "POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
                               "application/json\r\nContent-Length: 1000\r\n\r\n{";
    double began = ll_clock_now();
    int fd = reach(impatient);
    say(fd, head, sizeof head - 1);
    assert_int_equal(hear(fd), 0);
    assert_true(ll_clock_now() - began < 4);
    began = ll_clock_now();
    fd = reach(impatient);
    say(fd, head, sizeof head - 1);
    while (ll_clock_now() - began < 5 && say(fd, " ", 1)) usleep(100000);
    assert_true(ll_clock_now() - began < 4);
    close(fd);
    assert_alive();
}

static void many_connections_do_not_bar_the_next(void **state) {
    (void)state;
    int fd[LL_HTTP_CONNECTIONS + 10];
    const int n = (int)(sizeof fd / sizeof *fd);
    for (int i = 0; i < n; i++) fd[i] = reach(impatient);
    usleep(1500000);
    const int next = reach(impatient);
    static const char head[] = "GET /v1/models HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    say(next, head, sizeof head - 1);
    assert_int_equal(hear(next), 200);
    for (int i = 0; i < n; i++) close(fd[i]);
}

static void garbage_is_survived(void **state) {
    (void)state;
#define POST "POST /v1/completions HTTP/1.1\r\n"
#define HEAD POST "Host: localhost\r\nContent-Type: application/json\r\nContent-Length: 64\r\n\r\n{\"prompt\": "
    static const char *const begin[] = { "", "GET ", POST, HEAD };
    ll_rng r = ll_rng_at(11, LL_STREAM_NOISE, 0);
    for (int i = 0; i < 200; i++) {
        char request[512];
        size_t n = strlen(strcpy(request, begin[i % 4]));
        for (int64_t k = ll_rng_below(&r, 300); k > 0; k--) request[n++] = (char)ll_rng_below(&r, 256);
        const int fd = reach(server);
        say(fd, request, n);
        shutdown(fd, SHUT_WR);
        const int status = hear(fd);
        if (status == 200) fail_msg("garbage %d was answered: %s", i, answer);
    }
    assert_alive();
}

/* What is drawn ends as it is said, and the same seed draws it again. */
static void answers_are_openais(void **state) {
    (void)state;
    static const char body[] =
        "{\"prompt\": \"the \", \"max_tokens\": 9, \"n\": 3, \"seed\": 5, \"logprobs\": 1, \"echo\": true}";
    char *first;
    ll_json *doc;
    assert_int_equal(post(body), 200);
    first = strdup(strstr(body_of(), "\"choices\""));
    assert_int_equal(post(body), 200);
    assert_string_equal(strstr(body_of(), "\"choices\""), first);
    free(first);
    assert_ok(ll_json_parse(body_of(), strlen(body_of()), "answer", &doc, err));
    const ll_json *choices = ll_json_get(doc, "choices");
    assert_int_equal(ll_json_size(choices), 3);
    int64_t drawn = 0;
    for (size_t i = 0; i < 3; i++) {
        const ll_json *c = ll_json_at(choices, i), *l = ll_json_get(c, "logprobs");
        const size_t n = ll_json_size(ll_json_get(l, "tokens"));
        assert_int_equal(ll_json_get_int(c, "index", -1), i);
        assert_true(n > 4 && n <= 13);
        assert_int_equal(ll_json_size(ll_json_get(l, "token_logprobs")), n);
        assert_int_equal(ll_json_size(ll_json_get(l, "top_logprobs")), n);
        assert_int_equal(ll_json_size(ll_json_get(l, "text_offset")), n);
        assert_int_equal(strncmp(ll_json_get_str(c, "text"), "the ", 4), 0);
        if (n < 13) assert_string_equal(ll_json_get_str(c, "finish_reason"), "stop");
        drawn += (int64_t)n - 4;
    }
    const ll_json *usage = ll_json_get(doc, "usage");
    assert_int_equal(ll_json_get_int(usage, "prompt_tokens", 0), 4);
    assert_int_equal(ll_json_get_int(usage, "completion_tokens", 0), drawn);
    ll_json_free(doc);
}

static void the_verb_says_what_it_lacks(void **state) {
    (void)state;
    gives("serve more", 2);
    says(err_text, "unexpected word 'more'");
    gives("serve --models --store nothing.db", 2);
    says(err_text, "nothing.db");
    char command[64];
    snprintf(command, sizeof command, "serve --models --port %d", ll_http_server_port(server));
    gives(command, 1);
    says(err_text, "cannot listen on 127.0.0.1");
    service_start();
    service_stop();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heads_are_checked),
        cmocka_unit_test(requests_are_checked),
        cmocka_unit_test(bodies_are_bounded),
        cmocka_unit_test(the_slow_are_left),
        cmocka_unit_test(many_connections_do_not_bar_the_next),
        cmocka_unit_test(garbage_is_survived),
        cmocka_unit_test(answers_are_openais),
        cmocka_unit_test(the_verb_says_what_it_lacks),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

#else

static void without_libmicrohttpd_it_is_said(void **state) {
    (void)state;
    service_text();
    service_train("bytes", "bytes");
    gives("serve --models", 2);
    says(err_text, "libmicrohttpd");
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(without_libmicrohttpd_it_is_said) };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}

#endif
