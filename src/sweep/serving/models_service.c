#include "sweep/serving/models_service.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/clock.h"
#include "base/system/file.h"
#include "sweep/asking/subject.h"
#include "sweep/serving/completion.h"

enum { KEPT = 4 }; /* models in memory */

typedef struct served {
    char asked[LL_COMPLETION_MODEL]; /* by which name */
    ll_subject model;                /* lm NULL: the place is empty */
    uint64_t used;
} served;

struct ll_models_service {
    char store[LL_PATH_MAX];
    int threads;
    pthread_mutex_t lock; /* of all below: one request at a time */
    served kept[KEPT];
    uint64_t requests;
};

/* ---- models in memory ---- */

static void drop(served *m) {
    ll_subject_close(&m->model);
    *m = (served) { 0 };
}

static ll_status load(const ll_models_service *s, const char *name, served *m, ll_error *err) {
    LL_TRY(ll_subject_run(&m->model, s->store, name, s->threads, err));
    const char *id = m->model.weights.run.id;
    if (!m->model.lm)
        return LL_FAIL(err, LL_EINPUT, "run %.120s: its tokens are no text, there is nothing to complete", id);
    snprintf(m->model.lm->name, sizeof m->model.lm->name, "%.63s", id);
    snprintf(m->asked, sizeof m->asked, "%s", name);
    return LL_OK;
}

/* The one that is kept under this name, or is read now in the place of the one that was asked the longest ago. */
static ll_status find(ll_models_service *s, const char *name, served **out, ll_error *err) {
    served *oldest = &s->kept[0];
    *out = NULL;
    for (int i = 0; i < KEPT; i++) {
        served *m = &s->kept[i];
        if (m->model.lm && strcmp(m->asked, name) == 0) *out = m;
        if (m->used < oldest->used) oldest = m;
    }
    if (!*out) {
        drop(oldest);
        const ll_status status = load(s, name, oldest, err);
        if (status != LL_OK) drop(oldest);
        if (status != LL_OK) return status;
        *out = oldest;
    }
    (*out)->used = ++s->requests;
    return LL_OK;
}

/* ---- requests ---- */

static ll_status list_runs(const ll_models_service *s, ll_json *list, ll_error *err) {
    ll_store *store;
    ll_run *runs;
    int64_t n;
    LL_TRY(ll_store_open(&store, s->store, LL_STORE_READ, err));
    const ll_status status = ll_store_list_runs(store, "", LL_RUN_DONE, "ladder != ''", &runs, &n, err);
    ll_store_close(store);
    LL_TRY(status);
    for (int64_t i = 0; i < n; i++) {
        ll_json *o = ll_json_object();
        ll_json_set_str(o, "id", runs[i].id);
        ll_json_set_str(o, "object", "model");
        ll_json_set_int(o, "created", 0);
        ll_json_set_str(o, "owned_by", "loglog");
        if (runs[i].context > 0) ll_json_set_int(o, "max_model_len", (int64_t)runs[i].context);
        ll_json_push(list, o);
    }
    free(runs);
    return LL_OK;
}

static ll_status list_models(void *ctx, const ll_http_request *request, ll_http_answer *answer, ll_error *err) {
    ll_json *doc = ll_json_object(), *list = ll_json_array();
    (void)request;
    ll_json_set_str(doc, "object", "list");
    ll_json_set(doc, "data", list);
    const ll_status status = list_runs(ctx, list, err);
    answer->body = status == LL_OK ? ll_json_text(doc, false) : NULL;
    ll_json_free(doc);
    LL_TRY(status);
    if (!answer->body) return LL_FAIL(err, LL_ENOMEM, "out of memory for an answer");
    answer->size = strlen(answer->body);
    return LL_OK;
}

/* Who names no seed wants another answer every time. */
static int64_t fresh_seed(const ll_models_service *s) {
    return (int64_t)(((uint64_t)ll_clock_unix() << 20) + s->requests);
}

static ll_status answer_completion(ll_models_service *s, const ll_http_request *request, ll_http_answer *answer,
                                   ll_error *err) {
    ll_completion_ask ask;
    served *m;
    LL_TRY(ll_completion_read(&ask, request->body, request->size, err));
    ll_status status = find(s, ask.model, &m, err);
    if (status == LL_EINPUT) answer->status = 404;
    if (status == LL_OK) {
        if (!ask.seeded) ask.seed = fresh_seed(s);
        status = ll_complete(m->model.lm, m->model.tokenizer, &ask, &answer->body, err);
        if (status == LL_OK) answer->size = strlen(answer->body);
    }
    ll_completion_clear(&ask);
    return status;
}

static ll_status complete(void *ctx, const ll_http_request *request, ll_http_answer *answer, ll_error *err) {
    ll_models_service *s = ctx;
    pthread_mutex_lock(&s->lock);
    const ll_status status = answer_completion(s, request, answer, err);
    pthread_mutex_unlock(&s->lock);
    return status;
}

const ll_http_route ll_models_routes[LL_MODELS_ROUTES] = {
    { "GET", "/v1/models", list_models },
    { "POST", "/v1/completions", complete },
};

/* ---- its life ---- */

ll_status ll_models_service_new(ll_models_service **out, const char *store, int threads, ll_error *err) {
    ll_store *there;
    *out = NULL;
    LL_TRY(ll_store_open_there(&there, store, LL_STORE_READ, err));
    ll_store_close(there);
    ll_models_service *s = calloc(1, sizeof *s);
    if (!s) return LL_FAIL(err, LL_ENOMEM, "out of memory for a service");
    snprintf(s->store, sizeof s->store, "%s", store);
    s->threads = threads;
    pthread_mutex_init(&s->lock, NULL);
    *out = s;
    return LL_OK;
}

void ll_models_service_free(ll_models_service *s) {
    for (int i = 0; s && i < KEPT; i++) drop(&s->kept[i]);
    if (s) pthread_mutex_destroy(&s->lock);
    free(s);
}
