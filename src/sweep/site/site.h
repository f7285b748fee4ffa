/* A store as a page and as JSON: what 'loglog serve' answers.
 *
 *     const ll_site_opts opts = { .store = "loglog.db", .files = ll_page_files, .n_files = ll_n_page_files };
 *     LL_TRY(ll_site_new(&site, &opts, err));
 *     const ll_http_service services[] = { { ll_site_routes, LL_SITE_ROUTES, site } };
 *     ...
 *     ll_site_close(site);               streams end
 *     ll_http_server_stop(server);
 *     ll_site_free(site);
 *
 *     GET /, /assets/NAME        the page's files, by their exact names
 *     GET /api/VERB[/SUB]?...    the document that the verb prints with --json (site_routes.h), asked of the program itself
 *     GET /api/page              what there is: routes and their options
 *     GET /api/events            what happens, as server-sent events (site_events.h)
 *     POST /api/session          a cookie for who has the token, since an EventSource can send no header
 *     POST /api/seal, ...        what writes, for who has the token
 */
#ifndef LL_SWEEP_SITE_SITE_H
#define LL_SWEEP_SITE_SITE_H

#include "base/http/http_server.h"

/* A file of the page, kept in the program as gzip has it. */
typedef struct ll_site_file {
    const char *path, *type, *tag; /* "/assets/a.js"; its tag with the quotes */
    const unsigned char *bytes;
    size_t size;
} ll_site_file;

enum { LL_SITE_POLICIES = 16, LL_SITE_STREAMS = 1024 };

typedef struct ll_site_opts {
    const char *program; /* that is asked; NULL: this one */
    const char *store;
    const char *version;
    const ll_http_guard *guard;
    const char *policies; /* files that a gate may be asked about, with commas; NULL: none */
    const char *key;      /* file of a secret key that seals are signed with; NULL: none */
    bool models;          /* /v1 is served beside it */
    const ll_site_file *files;
    int n_files;
    int limit_s;        /* for one answer; 0: 60 */
    double heartbeat_s; /* of a stream on which nothing happens; 0: 15 */
} ll_site_opts;

typedef struct ll_site ll_site;

/* Borrows what opts point at. LL_EINPUT where there is no such store. */
ll_status ll_site_new(ll_site **out, const ll_site_opts *opts, ll_error *err);
void ll_site_close(ll_site *s); /* before the server stops */
void ll_site_free(ll_site *s);  /* after; NULL is fine */

enum { LL_SITE_ROUTES = 8 };
extern const ll_http_route ll_site_routes[LL_SITE_ROUTES]; /* ctx: the site */

/* {"schema": "loglog.error/1", "error": ..., "exit": ...}, of a refusal by the server, for free(). */
char *ll_site_refusal(int status, const char *message);

#endif
