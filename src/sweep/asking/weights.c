#define _POSIX_C_SOURCE 200809L
#include "sweep/asking/weights.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/document/json.h"
#include "sweep/sweep.h"
#include "train/checkpoint.h"

static ll_status find_best(ll_store *s, ll_run *out, ll_error *err) {
    ll_ladder newest;
    ll_run *runs;
    int64_t n;
    LL_TRY(ll_store_get_ladder(s, "", &newest, err));
    ll_status status = ll_store_list_runs(s, newest.id, LL_RUN_DONE, "", &runs, &n, err);
    if (status == LL_OK) {
        const ll_run *best = NULL;
        for (int64_t i = 0; i < n; i++)
            if (strcmp(runs[i].role, "tuned") != 0 && (!best || runs[i].loss < best->loss)) best = &runs[i];
        if (best) *out = *best;
        else status = LL_FAIL(err, LL_EINPUT, "ladder %s: no run is done yet", newest.id);
        free(runs);
    }
    ll_ladder_clear(&newest);
    return status;
}

static ll_status find_run(ll_store *s, const char *word, ll_run *out, ll_error *err) {
    if (!*word) return find_best(s, out, err);
    LL_TRY(ll_store_find_run(s, word, out, err));
    if (!*out->ladder) return LL_FAIL(err, LL_EINPUT, "run %s was imported: there are no weights of it", out->id);
    if (out->state == LL_RUN_DONE) return LL_OK;
    return LL_FAIL(err, LL_EINPUT, "run %s is %s: it has weights when it is done", out->id,
                   ll_run_state_name(out->state));
}

/* The shards lie beside the store, wherever it was moved with them; those of others where they were. */
static ll_status find_shards(ll_weights *w, const char *files, const char *prefix, ll_error *err) {
    char val[LL_PATH_MAX];
    const char *slash = strrchr(prefix, '/');
    LL_TRY(ll_file_join(w->shards, files, slash ? slash + 1 : prefix, err));
    LL_TRY(ll_shard_path(val, w->shards, "val", err));
    if (access(val, F_OK) != 0) LL_TRY(ll_file_join(w->shards, "", prefix, err));
    return LL_OK;
}

static ll_status read_data(ll_weights *w, ll_store *s, const char *files, ll_error *err) {
    ll_ladder ladder;
    ll_json *data;
    LL_TRY(ll_store_get_ladder(s, w->run.ladder, &ladder, err));
    ll_status status = ll_json_parse(ladder.data, strlen(ladder.data), ladder.id, &data, err);
    ll_ladder_clear(&ladder);
    if (status != LL_OK) return status;
    const char *name = ll_json_get_str(data, "tokenizer");
    const char *prefix = ll_json_get_str(data, "prefix");
    const char *hash = ll_json_get_str(data, "tokenizer_hash");
    snprintf(w->tokenizer, sizeof w->tokenizer, "%s", name ? name : "");
    snprintf(w->tokenizer_hash, sizeof w->tokenizer_hash, "%s", hash ? hash : "");
    if (prefix) status = find_shards(w, files, prefix, err);
    ll_json_free(data);
    return status;
}

/* Of RUN+NAME.STAGE, which was tuned: the run that it was before. */
static bool is_of_rung(const char *run, const char *rung) {
    const size_t n = strcspn(run, "+");
    return strlen(rung) == n && strncmp(run, rung, n) == 0;
}

/* What the run's record does not tell, the ladder's spec does. */
static ll_status read_model(ll_weights *w, const char *folder, ll_error *err) {
    char path[LL_PATH_MAX];
    ll_spec spec;
    ll_rung *rungs;
    int64_t n, i = 0;
    LL_TRY(ll_file_join(path, folder, "spec.yaml", err));
    LL_TRY(ll_spec_load(&spec, path, err));
    LL_TRY(ll_design_rungs(&spec, w->run.vocab, &rungs, &n, err));
    while (i < n && !is_of_rung(w->run.name, rungs[i].name)) i++;
    if (i < n) w->model = rungs[i].model, w->windows = rungs[i].windows, w->seed = rungs[i].seed;
    free(rungs);
    return i < n ? LL_OK : LL_FAIL(err, LL_EFORMAT, "%s: no rung '%s'", path, w->run.name);
}

static ll_status read_params(ll_weights *w, const char *path, ll_error *err) {
    w->params = calloc((size_t)ll_model_size(&w->model), sizeof *w->params);
    if (!w->params) return LL_FAIL(err, LL_ENOMEM, "out of memory");
    LL_TRY(ll_checkpoint_read(&(ll_checkpoint) { .model = &w->model, .params = w->params }, path, err));
    /* Else what it says would be noise, and look like text. */
    for (int64_t i = 0; i < ll_model_size(&w->model); i++)
        if (!isfinite(w->params[i]))
            return LL_FAIL(err, LL_EFORMAT, "%s: weight %lld is %g, expected a finite number", path, (long long)i,
                           (double)w->params[i]);
    return LL_OK;
}

static ll_status read_run_params(ll_weights *w, const char *folder, ll_error *err) {
    char path[LL_PATH_MAX];
    LL_TRY(ll_worker_weights(path, folder, w->run.name, err));
    const ll_status s = read_params(w, path, err);
    if (s != LL_EFORMAT || !err) return s;
    const ll_error why = *err;
    return LL_FAIL(err, s, "%.600s; 'runs drop %s --yes', and the ladder's next 'run' trains it anew", why.msg,
                   w->run.id);
}

static ll_status load(ll_weights *w, ll_store *s, const char *store, const char *word, ll_error *err) {
    char files[LL_PATH_MAX], folder[LL_PATH_MAX];
    LL_TRY(find_run(s, word, &w->run, err));
    LL_TRY(ll_sweep_files(files, store, err));
    LL_TRY(read_data(w, s, files, err));
    LL_TRY(ll_file_join(folder, files, w->run.ladder, err));
    LL_TRY(read_model(w, folder, err));
    return read_run_params(w, folder, err);
}

ll_status ll_weights_load(ll_weights *out, const char *store, const char *word, ll_error *err) {
    ll_store *s;
    *out = (ll_weights) { 0 };
    LL_TRY(ll_store_open(&s, store, LL_STORE_READ, err));
    ll_status status = load(out, s, store, word, err);
    ll_store_close(s);
    if (status != LL_OK) ll_weights_clear(out);
    return status;
}

ll_status ll_weights_file(ll_weights *out, const char *path, ll_error *err) {
    *out = (ll_weights) { 0 };
    LL_TRY(ll_checkpoint_model(&out->model, path, err));
    const ll_status status = read_params(out, path, err);
    if (status != LL_OK) ll_weights_clear(out);
    return status;
}

void ll_weights_clear(ll_weights *w) {
    free(w->params);
    w->params = NULL;
}

ll_status ll_weights_tokenizer(const ll_weights *w, ll_tokenizer **out, ll_error *err) {
    return ll_tokenizer_beside(out, w->shards, w->tokenizer, w->tokenizer_hash, err);
}

static ll_status open_side(const ll_weights *w, const char *side, ll_shard *out, ll_error *err) {
    char path[LL_PATH_MAX];
    ll_shard_info own = { 0 };
    strcpy(own.tokenizer, *w->tokenizer ? w->tokenizer : "unknown");
    strcpy(own.tokenizer_hash, w->tokenizer_hash);
    LL_TRY(ll_shard_path(path, w->shards, side, err));
    LL_TRY(ll_shard_open(out, path, err));
    if (ll_shard_same_tokenizer(&own, &out->info, err) == LL_OK) return LL_OK;
    ll_shard_close(out);
    return ll_error_prefix(err, "%s", path);
}

ll_status ll_weights_validation(const ll_weights *w, ll_shard *out, ll_error *err) {
    return open_side(w, "val", out, err);
}

ll_status ll_weights_training(const ll_weights *w, ll_shard *out, ll_error *err) {
    char path[LL_PATH_MAX];
    *out = (ll_shard) { 0 };
    LL_TRY(ll_shard_path(path, w->shards, "train", err));
    return access(path, F_OK) == 0 ? open_side(w, "train", out, err) : LL_OK;
}
