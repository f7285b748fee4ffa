#define _POSIX_C_SOURCE 200809L
#include "sweep/site/site_events.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/document/json.h"
#include "base/system/clock.h"
#include "sweep/site/site.h"
#include "sweep/site/site_log.h"
#include "sweep/site/site_watch.h"

#define LOOK_S 0.2         /* between two looks at the store */
#define STATUS_S 0.5       /* between two questions for the status, at least */
#define STATUS_SHARE 10    /* and so many times as long as it takes */
#define STATUS_QUIET_S 5.0 /* where nothing was written: a process that died tells nobody */
#define IDLE_S 2.0         /* nobody read for so long: what happened meanwhile is not told point by point */

struct ll_site_events {
    ll_site_answers *answers;
    const char *const *status_argv;
    double heartbeat_s;
    long long epoch; /* tells this process's cursors from those of one before */
    pthread_t watcher;
    bool watching;
    pthread_mutex_t lock; /* of all below */
    pthread_cond_t moved;
    ll_site_log log;
    int streams;
    bool closing;
    /* of the watcher alone */
    ll_site_watch watch;
    char *status; /* as it was told last */
    double status_asked, status_took;
    bool status_stale;
};

typedef struct reader {
    ll_site_events *e;
    int64_t seq; /* of the last event it was told */
    char *pending;
    size_t size, sent;
} reader;

/* ---- waiting ---- */

static void init_clocked(pthread_cond_t *c) {
    pthread_condattr_t how;
    pthread_condattr_init(&how);
    pthread_condattr_setclock(&how, CLOCK_MONOTONIC);
    pthread_cond_init(c, &how);
    pthread_condattr_destroy(&how);
}

/* Until something moved or the time is over; true: it is over. */
static bool wait_until(ll_site_events *e, double until) {
    const double whole = floor(until);
    const struct timespec at = { .tv_sec = (time_t)whole, .tv_nsec = (long)((until - whole) * 1e9) };
    return pthread_cond_timedwait(&e->moved, &e->lock, &at) == ETIMEDOUT;
}

/* ---- telling ---- */

/* "event: NAME", the document on one line, and its number when it is put. */
static void tell(ll_site_events *e, const char *name, const ll_json *doc, bool replaces) {
    char *data = ll_json_text(doc, false);
    const size_t room = data ? strlen(data) + strlen(name) + 96 : 0;
    char *text = data ? malloc(room) : NULL;
    if (text) {
        pthread_mutex_lock(&e->lock);
        snprintf(text, room, "id: %llx-%lld\nevent: %s\ndata: %s\n\n", (unsigned long long)e->epoch,
                 (long long)e->log.last + 1, name, data);
        ll_site_log_put(&e->log, text, replaces);
        pthread_cond_broadcast(&e->moved);
        pthread_mutex_unlock(&e->lock);
    }
    free(data);
}

static void tell_empty(ll_site_events *e, const char *name) {
    ll_json *doc = ll_json_object();
    tell(e, name, doc, false);
    ll_json_free(doc);
}

static void tell_news(ll_site_events *e, const ll_site_news *news) {
    for (int64_t i = 0; i < news->n; i++) tell(e, "point", news->points[i], false);
    if (!news->ledger) return;
    ll_json *doc = ll_json_object();
    ll_json_set_int(doc, "entries", news->ledger);
    tell(e, "ledger", doc, false);
    ll_json_free(doc);
}

static void tell_status(ll_site_events *e) {
    ll_site_said said;
    ll_error none;
    ll_json *doc;
    e->status_asked = ll_clock_now();
    e->status_stale = false;
    if (ll_site_answers_ask(e->answers, e->status_argv, false, &said, &none) != LL_OK) return;
    e->status_took = ll_clock_now() - e->status_asked;
    if (said.text && !(e->status && strcmp(said.text, e->status) == 0) &&
        ll_json_parse(said.text, said.size, "the status", &doc, &none) == LL_OK) {
        tell(e, "status", doc, true);
        ll_json_free(doc);
        free(e->status);
        e->status = said.text;
        said.text = NULL;
    }
    ll_site_said_clear(&said);
}

/* ---- the watcher ---- */

static void look(ll_site_events *e) {
    ll_site_news news;
    ll_error none;
    const ll_status status = ll_site_watch_look(&e->watch, &news, &none);
    if (status == LL_OK) tell_news(e, &news);
    e->status_stale |= status == LL_OK && (news.changed || news.training);
    ll_site_news_clear(&news);
    const double since = ll_clock_now() - e->status_asked;
    const bool due = since >= STATUS_S && since >= STATUS_SHARE * e->status_took;
    if (!e->status || (due && e->status_stale) || since >= STATUS_QUIET_S + STATUS_SHARE * e->status_took)
        tell_status(e);
}

static void *watch(void *ctx) {
    ll_site_events *e = ctx;
    double looked = ll_clock_now();
    pthread_mutex_lock(&e->lock);
    while (!e->closing) {
        if (!e->streams) {
            pthread_cond_wait(&e->moved, &e->lock);
            continue;
        }
        pthread_mutex_unlock(&e->lock);
        if (e->status && ll_clock_now() - looked > IDLE_S + STATUS_SHARE * e->status_took) tell_empty(e, "resync");
        look(e);
        looked = ll_clock_now();
        pthread_mutex_lock(&e->lock);
        while (!e->closing && !wait_until(e, looked + LOOK_S)) continue;
    }
    pthread_mutex_unlock(&e->lock);
    return NULL;
}

/* ---- a reader ---- */

static bool take_next(reader *r) {
    ll_site_events *e = r->e;
    const char *text = NULL;
    free(r->pending);
    r->pending = NULL;
    r->sent = 0;
    if (ll_site_log_has(&e->log, r->seq)) text = ll_site_log_next(&e->log, &r->seq);
    else { /* it fell behind, or comes from another server: from now on, and it is told so */
        r->seq = e->log.whole > 0 ? e->log.whole - 1 : e->log.last;
        text = "event: resync\ndata: {}\n\n";
    }
    r->pending = text ? strdup(text) : NULL;
    r->size = r->pending ? strlen(r->pending) : 0;
    return r->pending != NULL;
}

static int64_t more(void *ctx, char *out, size_t room) {
    static const char still[] = ": still here\n\n";
    reader *r = ctx;
    ll_site_events *e = r->e;
    bool there = r->sent < r->size, late = false;
    if (!there) {
        pthread_mutex_lock(&e->lock);
        const double until = ll_clock_now() + e->heartbeat_s;
        while (!e->closing && !late && !(there = take_next(r))) late = wait_until(e, until);
        if (e->closing) there = late = false;
        pthread_mutex_unlock(&e->lock);
    }
    if (!there && !late) return -1;
    if (!there) {
        const size_t n = sizeof still - 1 < room ? sizeof still - 1 : room;
        memcpy(out, still, n);
        return (int64_t)n;
    }
    const size_t left = r->size - r->sent, n = left < room ? left : room;
    memcpy(out, r->pending + r->sent, n);
    r->sent += n;
    return (int64_t)n;
}

static void leave(void *ctx) {
    reader *r = ctx;
    pthread_mutex_lock(&r->e->lock);
    r->e->streams--;
    pthread_mutex_unlock(&r->e->lock);
    free(r->pending);
    free(r);
}

/* Where a reader begins: behind the cursor it comes with, or with the last status that was told. */
static int64_t begin_at(const ll_site_events *e, const char *last_id) {
    unsigned long long epoch;
    long long seq;
    if (!last_id) return e->log.whole > 0 ? e->log.whole - 1 : e->log.last;
    if (sscanf(last_id, "%llx-%lld", &epoch, &seq) != 2 || (long long)epoch != e->epoch) return -1;
    return seq;
}

ll_status ll_site_events_open(ll_site_events *e, const char *last_id, ll_http_stream *out, ll_error *err) {
    static const char hello[] = "retry: 1000\n\n";
    reader *r = calloc(1, sizeof *r);
    if (r) r->pending = strdup(hello);
    if (!r || !r->pending) {
        free(r);
        return LL_FAIL(err, LL_ENOMEM, "out of memory for a stream");
    }
    r->e = e;
    r->size = sizeof hello - 1;
    pthread_mutex_lock(&e->lock);
    const bool full = e->streams >= LL_SITE_STREAMS || e->closing;
    if (!full) {
        e->streams++;
        r->seq = begin_at(e, last_id);
        pthread_cond_broadcast(&e->moved);
    }
    pthread_mutex_unlock(&e->lock);
    if (full) {
        free(r->pending);
        free(r);
        return LL_FAIL(err, LL_ESTATE, "%d streams are open, no more are held", LL_SITE_STREAMS);
    }
    *out = (ll_http_stream) { more, leave, r };
    return LL_OK;
}

/* ---- its life ---- */

ll_status ll_site_events_new(ll_site_events **out, const char *store, ll_site_answers *answers,
                             const char *const status_argv[], double heartbeat_s, ll_error *err) {
    *out = NULL;
    ll_site_events *e = calloc(1, sizeof *e);
    if (!e) return LL_FAIL(err, LL_ENOMEM, "out of memory for a server");
    e->answers = answers;
    e->status_argv = status_argv;
    e->heartbeat_s = heartbeat_s > 0 ? heartbeat_s : 15;
    e->epoch = (long long)ll_clock_unix() * 65536 + getpid() % 65536;
    e->watch.store.path = store;
    pthread_mutex_init(&e->lock, NULL);
    init_clocked(&e->moved);
    if (pthread_create(&e->watcher, NULL, watch, e) != 0) {
        ll_site_events_free(e);
        return LL_FAIL(err, LL_EIO, "cannot start a thread that watches %s", store);
    }
    e->watching = true;
    *out = e;
    return LL_OK;
}

void ll_site_events_close(ll_site_events *e) {
    pthread_mutex_lock(&e->lock);
    e->closing = true;
    pthread_cond_broadcast(&e->moved);
    pthread_mutex_unlock(&e->lock);
}

void ll_site_events_free(ll_site_events *e) {
    if (!e) return;
    if (e->watching) {
        ll_site_events_close(e);
        pthread_join(e->watcher, NULL);
    }
    ll_site_watch_clear(&e->watch);
    ll_site_log_clear(&e->log);
    free(e->status);
    pthread_cond_destroy(&e->moved);
    pthread_mutex_destroy(&e->lock);
    free(e);
}
