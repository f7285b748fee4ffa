/* What happens in a store, as server-sent events, to as many readers as there are streams.
 *
 *     event: status     the document of 'loglog status', when it has changed
 *     event: point      {"run": ID, "name": ..., "points": [[step, tokens, flops, loss], ...]}: new points of a run
 *     event: ledger     {"entries": n}: the ledger has grown
 *     event: resync     {}: the reader missed more than is kept; it has to ask for everything anew
 *
 * An event's id is a cursor: a reader that comes back with it as Last-Event-ID, or in after=, is told what it
 * missed. A watcher looks at the store a few times a second while anybody reads, and asks for the status so often
 * that it takes a tenth of the time at most. A reader that is slower than what is kept is let go.
 */
#ifndef LL_SWEEP_SITE_SITE_EVENTS_H
#define LL_SWEEP_SITE_SITE_EVENTS_H

#include "base/http/http_server.h"
#include "sweep/site/site_answers.h"

typedef struct ll_site_events ll_site_events;

/* status_argv: the program's words for the status; all is borrowed. heartbeat_s 0: 15. */
ll_status ll_site_events_new(ll_site_events **out, const char *store, ll_site_answers *answers,
                             const char *const status_argv[], double heartbeat_s, ll_error *err);
void ll_site_events_close(ll_site_events *e); /* every stream ends */
void ll_site_events_free(ll_site_events *e);  /* after the last stream; NULL is fine */

/* A stream that begins behind the event of this id; NULL: now. LL_ESTATE where there are too many. */
ll_status ll_site_events_open(ll_site_events *e, const char *last_id, ll_http_stream *out, ll_error *err);

#endif
