/* Windows: sequences of a shard that a model reads, and the loss of every token of them.
 *
 *     ll_windows w;
 *     LL_TRY(ll_windows_choose(&w, shard, T, 256, err));
 *     LL_TRY(ll_windows_loss(&subject, &w, loss, err));          loss [w.n,T]
 *     ll_windows_clear(&w);
 */
#ifndef LL_PROBE_WINDOWS_H
#define LL_PROBE_WINDOWS_H

#include "probe/probes.h"

typedef struct ll_windows {
    const ll_shard *shard;
    int64_t *start; /* [n] owned */
    int64_t n, T;
} ll_windows;

/* Spread evenly over the shard: `most`, or as many as fit without overlap, for more would tell nothing new; one at
 * least. LL_EINPUT for a shard that is shorter than one. */
ll_status ll_windows_choose(ll_windows *out, const ll_shard *shard, int64_t T, int64_t most, ll_error *err);
/* The same of what the model was trained on. */
ll_status ll_windows_seen(ll_windows *out, const ll_probe_subject *s, int64_t most, ll_error *err);
void ll_windows_clear(ll_windows *w);

/* Nats. T is the model's context. LL_EFORMAT where a token lies outside the vocabulary. The same for any number of
 * threads. */
ll_status ll_windows_loss(const ll_probe_subject *s, const ll_windows *w, float *loss, ll_error *err);

#endif
