/* What the page's server tells of what happens: points and entries as they come, what was missed, a thousand who listen, and
 * those who do not read. */
#define _GNU_SOURCE
#include "site/site_house.h"

#include <sys/resource.h>

#include "base/system/clock.h"
#include "sweep/site/site_log.h"

#ifdef LL_HAVE_MICROHTTPD

typedef struct stream {
    int fd;
    size_t n;
    char heard[1 << 16];
} stream;

static void listen_to(stream *s, const house *h, const char *more_head) {
    char request[512];
    const struct timeval patience = { .tv_usec = 100000 };
    s->fd = reach(h->server);
    s->n = 0;
    setsockopt(s->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    const int n =
        snprintf(request, sizeof request, "GET /api/events HTTP/1.1\r\nHost: localhost\r\n%s\r\n", more_head);
    say(s->fd, request, (size_t)n);
}

/* Seconds until the words came; fails after a while. */
static double wait_for(stream *s, const char *words) {
    const double began = ll_clock_now();
    while (ll_clock_now() - began < 30) {
        s->heard[s->n] = 0;
        const char *at = strstr(s->heard, words);
        if (at) {
            const size_t used = (size_t)(at - s->heard) + strlen(words);
            memmove(s->heard, s->heard + used, s->n -= used);
            return ll_clock_now() - began;
        }
        const ssize_t got = recv(s->fd, s->heard + s->n, sizeof s->heard - 1 - s->n, 0);
        if (got > 0) s->n += (size_t)got;
    }
    fail_msg("'%s' never came: %s", words, s->heard);
    return 0;
}

static void what_happens_is_told(void **state) {
    (void)state;
    stream a, b;
    char cursor[64] = "", head[128];
    listen_to(&a, &plain, "");
    wait_for(&a, "text/event-stream");
    wait_for(&a, "event: status\ndata: {\"schema\": \"loglog.status/1\"");
    put_point(LADDER "/live", 2);
    const double took = wait_for(&a, "event: point\ndata: {\"run\": \"" LADDER
                                     "/live\", \"name\": \"live\", \"points\": [[2, 200.0, "
                                     "1200000000.0, 3.5]]}");
    if (took > 5) fail_msg("a point came after %.1f s", took); /* under load; 0.2 s else */
    put_point(LADDER "/live", 3);
    wait_for(&a, "id: ");
    assert_true(sscanf(a.heard, "%60s", cursor) == 1);
    close(a.fd); /* it sleeps, while two things happen */
    put_point(LADDER "/live", 4);
    ll_entry e;
    assert_ok(ll_store_append(writer, "{\"schema\": \"loglog.note/1\"}", &e, err));
    snprintf(head, sizeof head, "Last-Event-ID: %s\r\n", cursor);
    listen_to(&b, &plain, head);
    wait_for(&b, "[[4, 400.0");
    wait_for(&b, "event: ledger");
    close(b.fd);
    free(e.body);
    assert_int_equal(get(&plain, "/api/events?since=1"), 400);
    listen_to(&b, &plain, "Last-Event-ID: 77-5\r\n"); /* of a server that is gone */
    wait_for(&b, "event: resync");
    wait_for(&b, "event: status");
    close(b.fd);
}

static void a_thousand_streams_are_held(void **state) {
    (void)state;
    static int fd[LL_SITE_STREAMS];
    struct rlimit files;
    house h;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max < 8192 ? files.rlim_max : 8192;
    setrlimit(RLIMIT_NOFILE, &files);
    if (files.rlim_cur < 2500) {
        print_message("SKIPPED: %d files may be open here\n", (int)files.rlim_cur);
        skip();
    }
    open_house(&h, NULL, false, 30);
    static const char request[] = "GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n";
    char got[64];
    for (int i = 0; i < LL_SITE_STREAMS; i++) {
        fd[i] = reach(h.server);
        say(fd[i], request, sizeof request - 1);
        assert_true(recv(fd[i], got, 12, MSG_WAITALL) == 12 && strncmp(got, "HTTP/1.1 200", 12) == 0);
    }
    assert_int_equal(get(&h, "/api/events"), 503);
    assert_int_equal(get(&h, "/api/page"), 200);
    put_point(LADDER "/live", 1000);
    for (int i = 0; i < LL_SITE_STREAMS; i += 100) {
        stream s = { .fd = fd[i] };
        wait_for(&s, "[[1000, ");
    }
    for (int i = 0; i < LL_SITE_STREAMS; i++) close(fd[i]);
    close_house(&h);
}

static _Atomic int ends_of_floods;

static int64_t flood(void *ctx, char *out, size_t room) {
    (void)ctx;
    memset(out, 'x', room);
    return (int64_t)room;
}

static void end_flood(void *ctx) {
    (void)ctx;
    ends_of_floods++;
}

static ll_status open_flood(void *ctx, const ll_http_request *r, ll_http_answer *out, ll_error *err) {
    (void)ctx, (void)r, (void)err;
    out->stream = (ll_http_stream) { flood, end_flood, NULL };
    return LL_OK;
}

/* Who opens a stream and takes nothing of it is let go, and so is who goes away. */
static void slow_readers_are_let_go(void **state) {
    (void)state;
    static const ll_http_route route = { "GET", "/flood", open_flood, LL_HTTP_READ };
    const ll_http_service service = { &route, 1, NULL };
    ll_http_server *server;
    assert_ok(ll_http_server_start(
        &server, &(ll_http_server_opts) { .patience_s = 1, .services = &service, .n_services = 1 }, err));
    static const char request[] = "GET /flood HTTP/1.1\r\nHost: localhost\r\n\r\n";
    const int slow = reach(server), gone = reach(server);
    say(slow, request, sizeof request - 1);
    say(gone, request, sizeof request - 1);
    char some[1024];
    assert_true(recv(gone, some, sizeof some, 0) > 0);
    close(gone);
    for (int i = 0; i < 300 && ends_of_floods < 2; i++) usleep(100000);
    assert_int_equal(ends_of_floods, 2);
    close(slow);
    ll_http_server_stop(server);
}

static void the_log_keeps_what_it_says(void **state) {
    (void)state;
    ll_site_log *log = calloc(1, sizeof *log);
    char text[32];
    int64_t seq = 0;
    assert_true(ll_site_log_has(log, 0));
    assert_null(ll_site_log_next(log, &seq));
    for (int i = 1; i <= 10000; i++) {
        snprintf(text, sizeof text, "%d", i);
        ll_site_log_put(log, strdup(text), i % 100 == 0);
    }
    assert_int_equal(log->last, 10000);
    assert_true(ll_site_log_has(log, 10000) && ll_site_log_has(log, 10000 - LL_SITE_LOG_EVENTS));
    assert_false(ll_site_log_has(log, 10000 - LL_SITE_LOG_EVENTS - 1));
    assert_false(ll_site_log_has(log, 10001));
    seq = 9898;
    assert_string_equal(ll_site_log_next(log, &seq), "9899");
    assert_string_equal(ll_site_log_next(log, &seq), "9901"); /* 9900 was replaced by 10000 */
    seq = 9999;
    assert_string_equal(ll_site_log_next(log, &seq), "10000");
    assert_null(ll_site_log_next(log, &seq));
    char *large = calloc(1, LL_SITE_LOG_BYTES);
    memset(large, 'x', LL_SITE_LOG_BYTES - 1);
    ll_site_log_put(log, large, false);
    assert_true(log->bytes <= LL_SITE_LOG_BYTES);
    assert_false(ll_site_log_has(log, 9999));
    ll_site_log_clear(log);
    free(log);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_happens_is_told),
        cmocka_unit_test(a_thousand_streams_are_held),
        cmocka_unit_test(slow_readers_are_let_go),
        cmocka_unit_test(the_log_keeps_what_it_says),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

#else

int main(void) {
    print_message("SKIPPED: this build has no libmicrohttpd\n");
    return 0;
}

#endif
