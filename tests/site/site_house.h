/* Servers of the page over a store that is made for them: without a token, with one, and for other machines too. */
#ifndef LL_TESTS_SITE_HOUSE_H
#define LL_TESTS_SITE_HOUSE_H

#include "probe/raw_http.h"
#include "schema.h"
#include "scratch_program.h"

#include <math.h>

#include "store/store.h"
#include "sweep/site/site.h"
#include "sweep/site/site_routes.h"

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

static inline void put_point(const char *run, int64_t step) {
    const ll_point p = {
        .step = step, .tokens = 100.0 * (double)step, .loss = 3 + 1.0 / (double)step, .se = NAN, .train_loss = NAN
    };
    assert_ok(ll_store_put_point(writer, run, &p, err));
}

static inline void put_run(const char *name, double N, double D, ll_run_state state) {
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

static inline void make_store(void) {
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

static inline void open_house(house *h, const char *token, bool is_wide, int patience_s) {
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

static inline void close_house(house *h) {
    ll_site_close(h->site);
    ll_http_server_stop(h->server);
    ll_site_free(h->site);
}

static inline int set_up(void **state) {
    scratch_make(state);
    make_store();
    open_house(&plain, NULL, false, 30);
    open_house(&guarded, TOKEN, false, 30);
    open_house(&wide, TOKEN, true, 30);
    return 0;
}

static inline int tear_down(void **state) {
    close_house(&plain);
    close_house(&guarded);
    close_house(&wide);
    ll_store_close(writer);
    return scratch_remove(state);
}

/* ---- one request ---- */

#define HERE "Host: 127.0.0.1\r\nConnection: close\r\n"

static inline int ask(const house *h, const char *line, const char *head, const char *body) {
    char request[1 << 13];
    const int fd = reach(h->server);
    const int n = snprintf(request, sizeof request, "%s HTTP/1.1\r\n%sContent-Length: %zu\r\n\r\n%s", line, head,
                           strlen(body), body);
    assert_true(n < (int)sizeof request);
    say(fd, request, (size_t)n);
    return hear(fd);
}

static inline int get(const house *h, const char *path) {
    char line[4096];
    snprintf(line, sizeof line, "GET %s", path);
    return ask(h, line, HERE, "");
}

static inline json_t *document(const char *schema) {
    char why[SCHEMA_WHY];
    json_t *doc = json_loads(body_of(), JSON_REJECT_DUPLICATES, NULL);
    if (!doc) fail_msg("no document: %s", answer);
    if (!schema_holds(schema, doc, why)) fail_msg("%s", why);
    return doc;
}

static inline void assert_refusal(const char *what) {
    json_t *doc = document("loglog.error.1.json");
    const char *line = json_string_value(json_object_get(doc, "error"));
    if (!*line || strchr(line, '\n')) fail_msg("%s: %s", what, line);
    json_decref(doc);
}

#endif
