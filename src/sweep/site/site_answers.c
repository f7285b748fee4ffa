#define _POSIX_C_SOURCE 200809L
#include "sweep/site/site_answers.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/document/hash.h"
#include "base/system/program.h"
#include "base/system/threads.h"
#include "sweep/site/site_store.h"

enum { KEPT = 64, KEPT_BYTES = 4 << 20 };

typedef enum place_state { EMPTY = 0, MAKING, READY } place_state;

typedef struct place {
    place_state state;
    char question[LL_HASH_HEX];
    int64_t version; /* of the store */
    uint64_t used;
    ll_site_said said;
} place;

struct ll_site_answers {
    int limit_s;
    pthread_mutex_t lock; /* of all below */
    pthread_cond_t moved;
    int free_children;
    ll_site_store store;
    place at[KEPT];
    uint64_t asked;
};

/* ---- what is said ---- */

void ll_site_said_clear(ll_site_said *said) {
    free(said->text);
    free(said->complaint);
    *said = (ll_site_said) { 0 };
}

static ll_status dup_said(ll_site_said *out, const ll_site_said *said, ll_error *err) {
    *out = *said;
    out->text = said->text ? malloc(said->size + 1) : NULL;
    out->complaint = said->complaint ? strdup(said->complaint) : NULL;
    if ((said->text && !out->text) || (said->complaint && !out->complaint)) {
        ll_site_said_clear(out);
        return LL_FAIL(err, LL_ENOMEM, "out of memory for an answer");
    }
    if (out->text) memcpy(out->text, said->text, said->size + 1);
    return LL_OK;
}

static char *last_line(const char *text) {
    static const char ours[] = "loglog: ";
    size_t n = text ? strlen(text) : 0;
    while (n && text[n - 1] == '\n') n--;
    size_t begin = n;
    while (begin && text[begin - 1] != '\n') begin--;
    if (n - begin >= sizeof ours - 1 && strncmp(text + begin, ours, sizeof ours - 1) == 0) begin += sizeof ours - 1;
    return strndup(text ? text + begin : "", n - begin);
}

static ll_status run_child(const ll_site_answers *a, const char *const argv[], ll_site_said *out, ll_error *err) {
    ll_program p;
    ll_error why = { 0 };
    *out = (ll_site_said) { 0 };
    const ll_status status = ll_program_run(&p, argv, "", 0, a->limit_s, &why);
    if (status == LL_EIO && strstr(why.msg, "did not finish")) {
        out->late = true;
        out->complaint = strdup("it took too long: ask for fewer resamples or runs");
        return LL_OK;
    }
    if (status != LL_OK) return LL_FAIL(err, status, "%s", why.msg);
    out->code = p.code;
    out->complaint = last_line(p.complaint);
    if (p.out && *p.out == '{') {
        out->text = p.out;
        out->size = p.size;
        p.out = NULL;
    }
    ll_program_clear(&p);
    return LL_OK;
}

/* ---- under the lock ---- */

static ll_status ask_child(ll_site_answers *a, const char *const argv[], ll_site_said *out, ll_error *err) {
    while (!a->free_children) pthread_cond_wait(&a->moved, &a->lock);
    a->free_children--;
    pthread_mutex_unlock(&a->lock);
    const ll_status status = run_child(a, argv, out, err);
    pthread_mutex_lock(&a->lock);
    a->free_children++;
    pthread_cond_broadcast(&a->moved);
    return status;
}

static void name_question(const char *const argv[], char hex[LL_HASH_HEX]) {
    uint8_t digest[LL_HASH_BYTES];
    ll_hash h;
    ll_hash_init(&h);
    for (int i = 0; argv[i]; i++) ll_hash_update(&h, argv[i], strlen(argv[i]) + 1);
    ll_hash_final(&h, digest);
    ll_hash_hex(digest, hex);
}

static place *find(ll_site_answers *a, const char *question, int64_t version) {
    for (int i = 0; i < KEPT; i++)
        if (a->at[i].state != EMPTY && a->at[i].version == version && strcmp(a->at[i].question, question) == 0)
            return &a->at[i];
    return NULL;
}

/* The one that was used the longest ago, emptied; NULL where all are being made. */
static place *make_room(ll_site_answers *a) {
    place *oldest = NULL;
    for (int i = 0; i < KEPT; i++)
        if (a->at[i].state != MAKING && (!oldest || a->at[i].used < oldest->used)) oldest = &a->at[i];
    if (!oldest) return NULL;
    ll_site_said_clear(&oldest->said);
    *oldest = (place) { .state = EMPTY };
    return oldest;
}

static ll_status ask_and_keep(ll_site_answers *a, place *p, const char *const argv[], ll_site_said *out,
                              ll_error *err) {
    ll_error none;
    p->state = MAKING;
    ll_status status = ask_child(a, argv, out, err);
    const bool keep =
        status == LL_OK && !out->late && out->size <= KEPT_BYTES && dup_said(&p->said, out, &none) == LL_OK;
    p->state = keep ? READY : EMPTY;
    pthread_cond_broadcast(&a->moved);
    return status;
}

static ll_status ask(ll_site_answers *a, const char *const argv[], ll_site_said *out, ll_error *err) {
    char question[LL_HASH_HEX];
    place *p;
    LL_TRY(ll_site_store_look(&a->store, err));
    const int64_t version = a->store.version;
    name_question(argv, question);
    while ((p = find(a, question, version)) && p->state == MAKING) pthread_cond_wait(&a->moved, &a->lock);
    if (p) {
        p->used = ++a->asked;
        return dup_said(out, &p->said, err);
    }
    p = make_room(a);
    if (!p) return ask_child(a, argv, out, err);
    memcpy(p->question, question, sizeof question);
    p->version = version;
    p->used = ++a->asked;
    return ask_and_keep(a, p, argv, out, err);
}

/* ---- from outside ---- */

ll_status ll_site_answers_ask(ll_site_answers *a, const char *const argv[], bool kept, ll_site_said *out,
                              ll_error *err) {
    *out = (ll_site_said) { 0 };
    pthread_mutex_lock(&a->lock);
    const ll_status status = kept ? ask(a, argv, out, err) : ask_child(a, argv, out, err);
    pthread_mutex_unlock(&a->lock);
    return status;
}

ll_status ll_site_answers_new(ll_site_answers **out, const char *store, int limit_s, ll_error *err) {
    const int cores = ll_threads_available();
    *out = NULL;
    ll_site_answers *a = calloc(1, sizeof *a);
    if (!a) return LL_FAIL(err, LL_ENOMEM, "out of memory for a server");
    a->limit_s = limit_s;
    a->store.path = store;
    a->free_children = cores > 2 ? cores : 2;
    const ll_status status = ll_site_store_look(&a->store, err);
    if (status != LL_OK) {
        free(a);
        return status;
    }
    pthread_mutex_init(&a->lock, NULL);
    pthread_cond_init(&a->moved, NULL);
    *out = a;
    return LL_OK;
}

void ll_site_answers_free(ll_site_answers *a) {
    if (!a) return;
    for (int i = 0; i < KEPT; i++) ll_site_said_clear(&a->at[i].said);
    ll_site_store_close(&a->store);
    pthread_cond_destroy(&a->moved);
    pthread_mutex_destroy(&a->lock);
    free(a);
}
