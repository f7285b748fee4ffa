/* SHA-256 by the instructions that x86 processors have for it, several times as fast as by others. sodium.c chooses. */
#ifndef LL_BASE_DOCUMENT_SHA_NI_H
#define LL_BASE_DOCUMENT_SHA_NI_H

#include <stdbool.h>

#include "base/document/hash.h"

bool ll_sha_ni_runs_here(void);

/* As of hash.h; only where it runs. */
void ll_sha_ni_init(ll_hash *h);
void ll_sha_ni_update(ll_hash *h, const void *data, size_t size);
void ll_sha_ni_final(ll_hash *h, uint8_t out[LL_HASH_BYTES]);

#endif
