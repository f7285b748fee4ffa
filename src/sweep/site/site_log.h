/* The last events of a stream, kept for who comes back: numbered texts, of bounded size together.
 *
 *     ll_site_log_put(&log, text, replaces)     takes the text; replaces: what it says is all that its kind says
 *     ll_site_log_next(&log, &seq)              the first kept event behind seq, which becomes its number; NULL: none
 *     ll_site_log_has(&log, seq)                whether nothing behind seq was lost
 *
 * The caller holds a lock.
 */
#ifndef LL_SWEEP_SITE_SITE_LOG_H
#define LL_SWEEP_SITE_SITE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LL_SITE_LOG_EVENTS = 4096, LL_SITE_LOG_BYTES = 8 << 20 };

typedef struct ll_site_log {
    char *text[LL_SITE_LOG_EVENTS]; /* by number modulo their count; NULL: replaced by a later one */
    int64_t first, last;            /* kept: first to last; numbers from 1; last 0: none yet */
    int64_t whole;                  /* of the last event that replaces */
    size_t bytes;
} ll_site_log;

void ll_site_log_put(ll_site_log *log, char *text, bool replaces);
const char *ll_site_log_next(const ll_site_log *log, int64_t *seq);
bool ll_site_log_has(const ll_site_log *log, int64_t seq);
void ll_site_log_clear(ll_site_log *log);

#endif
