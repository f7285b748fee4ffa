/* Memory: what a model has learnt by heart, apart from what it has learnt.
 *
 *     exposure.c      how far up a planted canary stands among all that could have been planted in its place
 *     extraction.c    canaries and training text that the model says when it is given their beginning
 *     gap.c           loss on the text that trained and on text that did not, and which share of the gain is memory
 *     memory.c        the probe: all of these that the training text allows
 *
 * Each part adds its metrics to out. They need subject->train, and the words its tokenizer.
 */
#ifndef LL_PROBE_MEMORY_MEMORY_H
#define LL_PROBE_MEMORY_MEMORY_H

#include "probe/probes.h"

/* exposure.COPIES, in bits, over the canaries of each number of copies; exposure.0 of the controls, which were planted
 * nowhere. Nothing where the training text has no canaries. */
ll_status ll_memory_exposure(const ll_probe_subject *s, ll_measures *out, ll_error *err);

/* extracted.COPIES: the share of canaries whose digits are the model's likeliest continuation of their line. */
ll_status ll_memory_canaries(const ll_probe_subject *s, ll_measures *out, ll_error *err);

/* verbatim.BYTES and held_out_verbatim.BYTES: the share of passages of the training and of the validation text of which
 * so many bytes are continued by the very next 16. */
ll_status ll_memory_verbatim(const ll_probe_subject *s, ll_measures *out, ll_error *err);

/* trained and held_out, nats per token; gap, the second less the first; share, of the gain. */
ll_status ll_memory_gap(const ll_probe_subject *s, ll_measures *out, ll_error *err);

/* Whether no canary is among n tokens of a shard from start on, in whole or in part: then they are text alone. */
bool ll_memory_is_text(const ll_shard *shard, const ll_tokenizer *t, int64_t start, int64_t n);

#endif
