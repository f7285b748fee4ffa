/* The page's server: its answers are the program's own, what happens is told to whoever reads, and it refuses other
 * hosts, other sites, other methods, files, and whoever has no token. */
#define _GNU_SOURCE
#include "probe/raw_http.h"
#include "schema.h"
#include "scratch_program.h"

#include <math.h>
#include <sys/resource.h>

#include "base/http/http_query.h"
#include "base/system/clock.h"
#include "loglog/random.h"
#include "store/store.h"
#include "sweep/site/site.h"
#include "sweep/site/site_log.h"
#include "sweep/site/site_routes.h"

#ifdef LL_HAVE_MICROHTTPD

#define LADDER "00000000000000aa"
#define TOKEN "correct-horse-battery"

typedef struct house {
    ll_http_guard guard;
    ll_site *site;
    ll_http_service services[1];
    ll_http_server *server;
} house;

static house plain, guarded, wide; /* without a token; with one; for other machines too */
static char db[LL_PATH_MAX];
static ll_store *writer;

/* ---- a store: twelve done runs, and one under way ---- */

static void put_point(const char *run, int64_t step) {
    const ll_point p = {
        .step = step, .tokens = 100.0 * (double)step, .loss = 3 + 1.0 / (double)step, .se = NAN, .train_loss = NAN
    };
    assert_ok(ll_store_put_point(writer, run, &p, err));
}

static void put_run(const char *name, double N, double D, ll_run_state state) {
    ll_run r;
    ll_run_init(&r);
    snprintf(r.id, sizeof r.id, LADDER "/%s", name);
    snprintf(r.ladder, sizeof r.ladder, LADDER);
    snprintf(r.name, sizeof r.name, "%s", name);
    snprintf(r.role, sizeof r.role, "fit");
    r.state = state;
    r.params = N;
    r.tokens = D;
    r.flops = 6 * N * D;
    if (state == LL_RUN_DONE) r.loss = 1.7 + 400 * pow(N, -0.34) + 400 * pow(D, -0.28);
    assert_ok(ll_store_put_run(writer, &r, err));
}

static void make_store(void) {
    const ll_ladder l = {
        .id = LADDER, .name = "made", .spec = "", .data = "{}", .created = "2026-11-29T00:00:00Z"
    };
    char name[32];
    assert_ok(ll_file_join(db, folder, "s.db", err));
    assert_ok(ll_store_open(&writer, db, LL_STORE_WRITE, err));
    assert_ok(ll_store_put_ladder(writer, &l, err));
    for (int i = 0; i < 12; i++) {
        snprintf(name, sizeof name, "r%d", i);
        put_run(name, 1e6 * pow(3, i % 4), 2e7 * pow(5, i / 4), LL_RUN_DONE);
    }
    for (int step = 1; step <= 1000; step++) put_point(LADDER "/r0", step);
    const ll_run_score score = {
        .probe = "p", .metric = "acc", .value = 0.5, .se = 0.125, .items = 16, .chance = NAN
    };
    assert_ok(ll_store_put_scores(writer, LADDER "/r1", &score, 1, err));
    put_run("live", 1e6, 1e8, LL_RUN_RUNNING);
    put_point(LADDER "/live", 1);
}

static void open_house(house *h, const char *token, bool is_wide, int patience_s) {
    const ll_site_opts opts = {
        .program = LL_PROGRAM_FILE, .store = db, .version = "x", .guard = &h->guard, .heartbeat_s = patience_s / 3.0
    };
    h->guard = (ll_http_guard) { .wide = is_wide, .names = "lab.example,other.example" };
    if (token) assert_ok(ll_http_guard_token(&h->guard, token, err));
    assert_ok(ll_site_new(&h->site, &opts, err));
    h->services[0] = (ll_http_service) { ll_site_routes, LL_SITE_ROUTES, h->site };
    assert_ok(ll_http_server_start(&h->server,
                                   &(ll_http_server_opts) { .patience_s = patience_s,
                                                            .connections = LL_SITE_STREAMS + 16,
                                                            .services = h->services,
                                                            .n_services = 1,
                                                            .guard = &h->guard,
                                                            .refusal = ll_site_refusal },
                                   err));
}

static void close_house(house *h) {
    ll_site_close(h->site);
    ll_http_server_stop(h->server);
    ll_site_free(h->site);
}

static int set_up(void **state) {
    scratch_make(state);
    make_store();
    open_house(&plain, NULL, false, 30);
    open_house(&guarded, TOKEN, false, 30);
    open_house(&wide, TOKEN, true, 30);
    return 0;
}

static int tear_down(void **state) {
    close_house(&plain);
    close_house(&guarded);
    close_house(&wide);
    ll_store_close(writer);
    return scratch_remove(state);
}

/* ---- one request ---- */

#define HERE "Host: 127.0.0.1\r\nConnection: close\r\n"

static int ask(const house *h, const char *line, const char *head, const char *body) {
    char request[1 << 13];
    const int fd = reach(h->server);
    const int n = snprintf(request, sizeof request, "%s HTTP/1.1\r\n%sContent-Length: %zu\r\n\r\n%s", line, head,
                           strlen(body), body);
    assert_true(n < (int)sizeof request);
    say(fd, request, (size_t)n);
    return hear(fd);
}

static int get(const house *h, const char *path) {
    char line[4096];
    snprintf(line, sizeof line, "GET %s", path);
    return ask(h, line, HERE, "");
}

static json_t *document(const char *schema) {
    char why[SCHEMA_WHY];
    json_t *doc = json_loads(body_of(), JSON_REJECT_DUPLICATES, NULL);
    if (!doc) fail_msg("no document: %s", answer);
    if (!schema_holds(schema, doc, why)) fail_msg("%s", why);
    return doc;
}

static void assert_refusal(const char *what) {
    json_t *doc = document("loglog.error.1.json");
    const char *line = json_string_value(json_object_get(doc, "error"));
    if (!*line || strchr(line, '\n')) fail_msg("%s: %s", what, line);
    json_decref(doc);
}

/* ---- the same numbers ---- */

/* How long a fit took is another time every time. */
static void forget_times(char *text) {
    for (char *at = text; (at = strstr(at, "\"wall_s\": "));) {
        at += strlen("\"wall_s\": ");
        memmove(at, at + strcspn(at, "\n"), strlen(at + strcspn(at, "\n")) + 1);
    }
}

static void answers_are_the_programs(void **state) {
    (void)state;
    static const struct {
        const char *path, *command;
    } same[] = {
        { "/api/status", "status" },
        { "/api/runs/list", "runs list" },
        { "/api/runs/list?state=done&where=loss+%3c+4", "runs list --state done --where 'loss < 4'" },
        { "/api/runs/columns?columns=name,loss", "runs list --columns name,loss" },
        { "/api/runs/show?arg=r3", "runs show r3" },
        { "/api/curves?runs=r0,live&points=10", "runs curves r0 live --points 10" },
        { "/api/curves?arg=r0&points=10", "runs curves r0 --points 10" },
        { "/api/fit?bootstrap=0", "fit --bootstrap 0" },
        { "/api/fit?bootstrap=0&no-outlook", "fit --bootstrap 0 --no-outlook" },
        { "/api/fit?bootstrap=20&fix=E%3D1.7&where=params+%3E+1e6",
          "fit --bootstrap 20 --fix E=1.7 --where 'params > 1e6'" },
        { "/api/fit?law=power_floor&x=flops&bootstrap=0", "fit --law power_floor --x flops --bootstrap 0" },
        { "/api/fit?bootstrap=0&profile=1&checklist=0", "fit --bootstrap 0 --profile" },
        { "/api/forecast/at?params=1e9&tokens=2e10&bootstrap=20",
          "forecast at --params 1e9 --tokens 2e10 --bootstrap 20" },
        { "/api/forecast/at?params=1e9,2e9&tokens=2e10,1e10&bootstrap=20",
          "forecast at --params 1e9,2e9 --tokens 2e10,1e10 --bootstrap 20" },
        { "/api/forecast/list", "forecast list" },
        { "/api/plan?flops=1e20&bootstrap=20", "plan --flops 1e20 --bootstrap 20" },
        { "/api/next?target_flops=1e20&budget=1e18&seed=2", "next --target-flops 1e20 --budget 1e18 --seed 2" },
    };
    char command[1024];
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        for (int twice = 0; twice < 2; twice++) { /* asked, and kept */
            const int got = get(&plain, same[i].path);
            if (got != 200) fail_msg("%s: %d %s", same[i].path, got, body_of());
        }
        char *kept = strdup(body_of());
        snprintf(command, sizeof command, "%s --json --store %.800s", same[i].command, db);
        gives(command, 0);
        forget_times(kept);
        forget_times(out);
        if (strcmp(kept, out) != 0) fail_msg("%s: %s\nis not %s", same[i].path, kept, out);
        free(kept);
    }
}

static void what_is_kept_follows_the_store(void **state) {
    (void)state;
    assert_int_equal(get(&plain, "/api/runs/columns?columns=name"), 200);
    assert_null(strstr(body_of(), "newcomer"));
    put_run("newcomer", 2e6, 3e7, LL_RUN_PLANNED);
    assert_int_equal(get(&plain, "/api/runs/columns?columns=name"), 200);
    assert_non_null(strstr(body_of(), "newcomer"));
}

static void scores_are_columns(void **state) {
    (void)state;
    assert_int_equal(get(&plain, "/api/runs/columns?columns=name,scores&where=name+=+r1"), 200);
    says(body_of(), "{\"name\": [\"r1\"], \"p.acc\": [0.5], \"p.acc_se\": [0.125]}");
    assert_int_equal(get(&plain, "/api/runs/columns?columns=name,scores&where=name+=+r2"), 200);
    says(body_of(), "{\"name\": [\"r2\"]}");
}

static void every_route_is_a_verb(void **state) {
    (void)state;
    /* What opens a file by its name, or writes one. */
    static const char *const files[] = { "store",     "out",       "save",        "draws",    "fit",
                                         "fit-file",  "ledger",    "key",         "policy",   "base",
                                         "file",      "pdf",       "token",       "evidence", "waiver",
                                         "authority", "score-fit", "samples-fit", "figures",  "programme",
                                         "token-file" };
    assert_int_equal(get(&plain, "/api/page"), 200);
    json_t *doc = document("loglog.page.1.json"), *routes = json_object_get(doc, "routes"), *route, *option;
    size_t i, k;
    assert_true(json_array_size(routes) > 15);
    json_array_foreach(routes, i, route) {
        char command[128], flag[96];
        snprintf(command, sizeof command, "%s --help", json_string_value(json_object_get(route, "verb")));
        gives(command, 0);
        json_array_foreach(json_object_get(route, "options"), k, option) {
            const char *name = json_string_value(option);
            if (strcmp(name, "arg") == 0 || (strcmp(name, "policy") == 0 && strstr(command, "gate")) ||
                (strcmp(name, "runs") == 0 && strstr(command, "curves")))
                continue;
            for (size_t f = 0; f < sizeof files / sizeof *files; f++)
                if (strcmp(name, files[f]) == 0) fail_msg("%s: %s is a file", command, name);
            snprintf(flag, sizeof flag, "\n  --%s ", name);
            if (!strstr(out, flag)) fail_msg("%s has no --%s", command, name);
        }
    }
    json_decref(doc);
}

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

/* ---- what happens ---- */

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

/* ---- parts ---- */

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

static void the_verb_says_what_it_lacks(void **state) {
    (void)state;
    gives("serve --store nothing.db", 2);
    says(err_text, "nothing.db");
    gives("serve --store s.db --listen 0.0.0.0", 2);
    says(err_text, "--token-file");
    char path[LL_PATH_MAX];
    support_write(folder, "short", "secret\n", 7, path);
    gives("serve --store s.db --token-file short", 2);
    says(err_text, "expected a secret of 16");
    gives("serve --store s.db --token-file none", 2);
    support_write(folder, "token", TOKEN "\n", sizeof TOKEN, path);
    gives("serve --store s.db --listen nowhere --token-file token", 2);
    says(err_text, "expected an IPv4 address");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_are_the_programs),
        cmocka_unit_test(what_is_kept_follows_the_store),
        cmocka_unit_test(scores_are_columns),
        cmocka_unit_test(every_route_is_a_verb),
        cmocka_unit_test(heads_are_checked),
        cmocka_unit_test(queries_are_checked),
        cmocka_unit_test(garbage_is_survived),
        cmocka_unit_test(oversized_is_refused),
        cmocka_unit_test(the_token_seals),
        cmocka_unit_test(a_session_reads),
        cmocka_unit_test(every_answer_is_guarded),
        cmocka_unit_test(what_happens_is_told),
        cmocka_unit_test(a_thousand_streams_are_held),
        cmocka_unit_test(slow_readers_are_let_go),
        cmocka_unit_test(the_log_keeps_what_it_says),
        cmocka_unit_test(queries_are_read),
        cmocka_unit_test(the_verb_says_what_it_lacks),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

#else

int main(void) {
    print_message("SKIPPED: this build has no libmicrohttpd\n");
    return 0;
}

#endif
