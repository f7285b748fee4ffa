/* Weights: the trained model of a run, out of the files beside its store.
 *
 *     ll_weights w;
 *     LL_TRY(ll_weights_load(&w, "loglog.db", "N24k-D680k", err));      "": the best of the newest ladder
 *     w.model, w.params, w.run, w.tokenizer
 *     ll_weights_clear(&w);
 */
#ifndef LL_SWEEP_ASKING_WEIGHTS_H
#define LL_SWEEP_ASKING_WEIGHTS_H

#include "base/system/file.h"
#include "data/shard.h"
#include "model/model.h"
#include "store/store.h"

typedef struct ll_weights {
    ll_run run;
    ll_model model;
    char shards[LL_PATH_MAX];          /* prefix of the ladder's data; "" where the ladder does not say */
    char tokenizer[LL_TOKENIZER_NAME]; /* of the ladder's data: "byte", or another's name (shard.h) */
    char tokenizer_hash[65];
    int64_t windows; /* of the training shard that the run saw in epochs; 0: all of it */
    uint64_t seed;   /* of the run */
    float *params;
} ll_weights;

/* word: a run's id, name, or a beginning of either; "" is the done run of lowest loss in the newest ladder.
 * LL_EINPUT when there is no such run, or it was imported or is not done. */
ll_status ll_weights_load(ll_weights *out, const char *store, const char *word, ll_error *err);
/* Of a safetensors file whose header says the model's shape: a model and its params, no run and no text. */
ll_status ll_weights_file(ll_weights *out, const char *path, ll_error *err);
void ll_weights_clear(ll_weights *w);

/* What the run's tokens say; NULL where they are no text. */
ll_status ll_weights_tokenizer(const ll_weights *w, ll_tokenizer **out, ll_error *err);

/* The shard that validated the run; ll_shard_close closes it. LL_EINPUT where its tokens are of another tokenizer than
 * the run's. */
ll_status ll_weights_validation(const ll_weights *w, ll_shard *out, ll_error *err);
/* The same of the one that it was trained on; its tokens are NULL where it is not there any more. */
ll_status ll_weights_training(const ll_weights *w, ll_shard *out, ll_error *err);

#endif
