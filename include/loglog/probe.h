/* Probes: a trained model of a store, asked.
 *
 *     ll_probe *p;
 *     LL_TRY(ll_probe_open(&p, "loglog.db", "", err));                the best run of the newest ladder
 *     LL_TRY(ll_probe_loss(p, tokens, n, &nats_per_token, err));
 *     int64_t m = ll_probe_sample(p, prompt, n, 0.8, 1, out, 256, err);
 *     ll_probe_close(p);
 *
 * A probe belongs to one thread at a time.
 */
#ifndef LOGLOG_PROBE_H
#define LOGLOG_PROBE_H

#include <stdint.h>

#include "loglog/api.h"
#include "loglog/error.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ll_probe ll_probe;

/* run: id, name or a beginning of either; "" or NULL: the done run of lowest loss in the newest ladder. */
LL_API ll_status ll_probe_open(ll_probe **out, const char *store, const char *run, ll_error *err);
LL_API void ll_probe_close(ll_probe *p); /* NULL is fine */

LL_API int64_t ll_probe_vocab(const ll_probe *p);
LL_API const char *ll_probe_tokenizer(const ll_probe *p); /* "byte": tokens are the text's bytes */

/* Mean of -ln p of tokens [n] after the first, each given those before it in the model's context. LL_EINPUT: fewer
 * than two, or one outside the vocabulary. */
LL_API ll_status ll_probe_loss(ll_probe *p, const int32_t *tokens, int64_t n, double *nats_per_token,
                               ll_error *err);

/* Goes on from prompt [n], at least one token, into out [room]; *written: how many. temperature 0: always the
 * likeliest. The same seed draws the same tokens. */
LL_API ll_status ll_probe_sample(ll_probe *p, const int32_t *prompt, int64_t n, double temperature, uint64_t seed,
                                 int32_t *out, int64_t room, int64_t *written, ll_error *err);

#ifdef __cplusplus
}
#endif
#endif
