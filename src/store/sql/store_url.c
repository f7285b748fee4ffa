#define _POSIX_C_SOURCE 200809L
#include "store/sql/store_url.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* ---- what was taken out of which URL ---- */

typedef struct secret {
    struct secret *next;
    char *url, *whole;
} secret;

static secret *secrets; /* for as long as the process lives */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static secret *find(const char *url) {
    secret *at = secrets;
    while (at && strcmp(at->url, url) != 0) at = at->next;
    return at;
}

static ll_status add(const char *url, const char *whole, ll_error *err) {
    secret *made = malloc(sizeof *made);
    char *copy = strdup(url), *kept = strdup(whole);
    if (!made || !copy || !kept) {
        free(made);
        free(copy);
        free(kept);
        return LL_FAIL(err, LL_ENOMEM, "out of memory");
    }
    *made = (secret) { secrets, copy, kept };
    secrets = made;
    return LL_OK;
}

/* The latest password of a URL counts; an older text stays, as somebody may be reading it. */
static ll_status keep(const char *url, const char *whole, ll_error *err) {
    pthread_mutex_lock(&lock);
    const secret *known = find(url);
    const ll_status status = known && strcmp(known->whole, whole) == 0 ? LL_OK : add(url, whole, err);
    pthread_mutex_unlock(&lock);
    return status;
}

const char *ll_store_url_whole(const char *url) {
    pthread_mutex_lock(&lock);
    const secret *known = find(url);
    pthread_mutex_unlock(&lock);
    return known ? known->whole : url;
}

/* ---- taking out ---- */

static const char *behind_scheme(const char *store) {
    static const char *const schemes[] = { "postgresql://", "postgres://" };
    for (int i = 0; i < 2; i++)
        if (strncmp(store, schemes[i], strlen(schemes[i])) == 0) return store + strlen(schemes[i]);
    return NULL;
}

bool ll_store_is_url(const char *store) {
    return behind_scheme(store) != NULL;
}

/* user:password@host/database?options. A second '@', or one behind the host's part, may be of a password in which
 * signs stand as they are. */
static bool is_clear(const char *at) {
    const size_t host = strcspn(at, "/?"), path = host + strcspn(at + host, "?");
    const char *first = memchr(at, '@', host);
    if (!first) return !strchr(at, '@');
    return !memchr(first + 1, '@', (size_t)(at + path - first - 1));
}

static void cut(char *from, const char *to) {
    memmove(from, to, strlen(to) + 1);
}

static void cut_user(char *at) {
    char *end = memchr(at, '@', strcspn(at, "/?"));
    char *colon = end ? memchr(at, ':', (size_t)(end - at)) : NULL;
    if (colon) cut(colon, end);
}

/* Of ?a=1&password=x&b=2 the second, with one of the signs around it. */
static void cut_options(char *at) {
    static const char *const names[] = { "password=", "sslpassword=" };
    char *mark = strchr(at, '?');
    while (mark && *mark) {
        char *option = mark + 1, *end = option + strcspn(option, "&");
        bool hidden = false;
        for (int i = 0; i < 2; i++) hidden |= strncmp(option, names[i], strlen(names[i])) == 0;
        if (!hidden) mark = end;
        else if (*end) cut(option, end + 1);
        else *mark = 0;
    }
}

ll_status ll_store_url_hide(char *url, ll_error *err) {
    char *at = url + (behind_scheme(url) ? behind_scheme(url) - url : 0);
    if (at == url) return LL_OK;
    if (!is_clear(at)) {
        memset(at, 0, strlen(at));
        return LL_FAIL(err, LL_EINPUT,
                       "the store's URL has an '@' too many: in a name or password write %%40 for @, %%2F for /, "
                       "%%3F for ?");
    }
    char *whole = strdup(url);
    if (!whole) return LL_FAIL(err, LL_ENOMEM, "out of memory");
    const size_t n = strlen(url);
    cut_user(at);
    cut_options(at);
    memset(url + strlen(url), 0, n - strlen(url));
    const ll_status status = strcmp(whole, url) == 0 ? LL_OK : keep(url, whole, err);
    memset(whole, 0, n);
    free(whole);
    return status;
}
