/* Who may ask a server what: the head of a request, before anything else of it is looked at.
 *
 *     ll_http_guard g = { .wide = true };
 *     LL_TRY(ll_http_guard_token(&g, "the secret", err));
 *     const int status = ll_http_guard_check(&g, &head, LL_HTTP_WRITE, &why);      0: come in
 *
 * The Host has to be this machine, so that no page of another site reaches the server under a name of its own (DNS
 * rebinding): 127.0.0.1, localhost, one of `names`, and where it listens widely any address in digits, which no
 * name can be bound to. An Origin has to be the server's own, and what a browser fetches for another site is
 * refused, whatever it would do with it. A token is compared by hashes in a time that does not depend on it.
 */
#ifndef LL_BASE_HTTP_HTTP_GUARD_H
#define LL_BASE_HTTP_HTTP_GUARD_H

#include <stdbool.h>

#include "base/document/hash.h"
#include "loglog/error.h"

typedef enum ll_http_need {
    LL_HTTP_READ = 0, /* the token, or its session, where the server listens widely */
    LL_HTTP_OPEN,     /* nothing: the page itself, which shows nothing of anybody */
    LL_HTTP_WRITE     /* the token, always */
} ll_http_need;

#define LL_HTTP_SESSION "loglog_session"

typedef struct ll_http_guard {
    const char *names;         /* further names that the server is reached by, with commas; NULL: none */
    bool wide;                 /* it listens on more than 127.0.0.1 */
    char token[LL_HASH_HEX];   /* SHA-256 of the token; "": there is none */
    char session[LL_HASH_HEX]; /* what the cookie of a session holds, of this process alone; "": there are none */
} ll_http_guard;

ll_status ll_http_guard_token(ll_http_guard *g, const char *token, ll_error *err); /* and draws a session */

typedef struct ll_http_head {
    const char *host, *origin, *fetch_site, *fetch_mode, *authorization, *cookie; /* NULL: not sent */
} ll_http_head;

/* 0, or the status of the refusal and one line for it. */
int ll_http_guard_check(const ll_http_guard *g, const ll_http_head *h, ll_http_need need, const char **why);

#endif
