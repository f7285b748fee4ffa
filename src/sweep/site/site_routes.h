/* Which verbs may be asked for over HTTP, and with which options: what opens a file by its name, or writes one, is not
 * among them. */
#ifndef LL_SWEEP_SITE_SITE_ROUTES_H
#define LL_SWEEP_SITE_SITE_ROUTES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/document/json.h"

typedef struct ll_site_route {
    const char *path, *verb; /* "/api/runs/list", "runs list" */
    /* Separated by blanks: "law! last? where". A name, NAME!, is letters, digits, '_' and '-'; a flag, FLAG?, has no
     * value; of others every value is a text that the verb reads. */
    const char *options;
    bool words;        /* arg=... may be given: runs */
    bool stores;       /* it has --store */
    bool kept;         /* its answer depends on the store and the question alone */
    bool writes;       /* asked by POST */
    bool signs;        /* it has --key, of the server's own where it was given one */
    bool policied;     /* its word is one of the policies that the server was given */
    const char *fixed; /* a flag that it always has; NULL: none */
} ll_site_route;

const ll_site_route *ll_site_route_at(const char *path, bool writes); /* NULL: there is none */

typedef enum ll_site_kind { LL_SITE_UNKNOWN = 0, LL_SITE_TEXT, LL_SITE_NAME, LL_SITE_FLAG } ll_site_kind;
ll_site_kind ll_site_kind_of(const ll_site_route *route, const char *option); /* '_' is '-' */

ll_json *ll_site_routes_json(void); /* [{path, verb, options}] */

#endif
