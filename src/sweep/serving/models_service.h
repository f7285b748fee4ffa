/* The done runs of a store behind OpenAI's interface: GET /v1/models lists them, POST /v1/completions asks one.
 *
 *     ll_models_service *s;
 *     LL_TRY(ll_models_service_new(&s, "loglog.db", 0, err));
 *     const ll_http_service services[] = { { ll_models_routes, LL_MODELS_ROUTES, s } };
 *     ...
 *     ll_models_service_free(s);
 *
 * Weights are read when they are first asked for, and the last few are kept. Requests are answered one after the other,
 * each on all threads, whichever connections they come from.
 */
#ifndef LL_SWEEP_SERVING_MODELS_SERVICE_H
#define LL_SWEEP_SERVING_MODELS_SERVICE_H

#include "base/http/http_server.h"

typedef struct ll_models_service ll_models_service;

/* threads 0: all cores. LL_EINPUT where there is no such store. */
ll_status ll_models_service_new(ll_models_service **out, const char *store, int threads, ll_error *err);
void ll_models_service_free(ll_models_service *s); /* NULL is fine; after the server has stopped */

enum { LL_MODELS_ROUTES = 2 };
extern const ll_http_route ll_models_routes[LL_MODELS_ROUTES]; /* ctx: the service */

#endif
