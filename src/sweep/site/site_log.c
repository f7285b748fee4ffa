#include "sweep/site/site_log.h"

#include <stdlib.h>
#include <string.h>

static char **place(ll_site_log *log, int64_t seq) {
    return &log->text[seq % LL_SITE_LOG_EVENTS];
}

static void drop(ll_site_log *log, int64_t seq) {
    char **text = place(log, seq);
    if (*text) log->bytes -= strlen(*text);
    free(*text);
    *text = NULL;
}

void ll_site_log_put(ll_site_log *log, char *text, bool replaces) {
    const int64_t seq = log->last + 1;
    const size_t n = strlen(text);
    if (!log->first) log->first = 1;
    while (log->first < seq && (seq - log->first >= LL_SITE_LOG_EVENTS || log->bytes + n > LL_SITE_LOG_BYTES))
        drop(log, log->first++);
    if (replaces && log->whole >= log->first) drop(log, log->whole);
    if (replaces) log->whole = seq;
    *place(log, seq) = text;
    log->bytes += n;
    log->last = seq;
}

const char *ll_site_log_next(const ll_site_log *log, int64_t *seq) {
    for (int64_t at = *seq + 1 > log->first ? *seq + 1 : log->first; at && at <= log->last; at++) {
        const char *text = log->text[at % LL_SITE_LOG_EVENTS];
        if (!text) continue;
        *seq = at;
        return text;
    }
    return NULL;
}

bool ll_site_log_has(const ll_site_log *log, int64_t seq) {
    return seq >= 0 && seq <= log->last && (seq + 1 >= log->first || seq == log->last);
}

void ll_site_log_clear(ll_site_log *log) {
    for (int64_t at = log->first; at && at <= log->last; at++) drop(log, at);
    *log = (ll_site_log) { 0 };
}
