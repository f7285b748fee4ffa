/* A request as a command line: a query or a posted document, checked option by option.
 *
 *     ll_site_ask ask;
 *     LL_TRY(ll_site_ask_query(&ask, route, request->query, &house, err));
 *     ask.argv                     NULL behind the last
 *     ll_site_ask_clear(&ask);
 *
 * key=value becomes --key=value, one word whatever it holds; of a flag "flag", "flag=1" and "flag=true" set it, "0" and
 * "false" do not; arg=... are words, and runs=A,B several. LL_EINPUT for an option that the route does not have, a name
 * that is none, a word that looks like a flag, a policy that the server was not given, and for too many of them.
 */
#ifndef LL_SWEEP_SITE_SITE_ASK_H
#define LL_SWEEP_SITE_SITE_ASK_H

#include "sweep/site/site_routes.h"

enum { LL_SITE_WORDS = 96 };

typedef struct ll_site_house {                    /* what the server was started with */
    const char *program, *store, *policies, *key; /* the last two may be NULL */
} ll_site_house;

typedef struct ll_site_ask {
    const char *argv[LL_SITE_WORDS + 1];
    int argc;
    char *text; /* the words, one behind the other */
    size_t size, room;
} ll_site_ask;

ll_status ll_site_ask_query(ll_site_ask *ask, const ll_site_route *route, const char *query,
                            const ll_site_house *house, ll_error *err);
/* {"options": {"law": "bnsl", "params": 1e9, "last": true}} */
ll_status ll_site_ask_body(ll_site_ask *ask, const ll_site_route *route, const char *body, size_t size,
                           const ll_site_house *house, ll_error *err);
void ll_site_ask_clear(ll_site_ask *ask); /* also after an error */

#endif
