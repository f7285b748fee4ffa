/* A secret key as a file that only its owner reads: one line, "loglog-secret-key/1 SEED". */
#ifndef LL_BASE_DOCUMENT_KEYFILE_H
#define LL_BASE_DOCUMENT_KEYFILE_H

#include "base/document/sign.h"

/* Mode 0600; a file that is there already is never replaced (LL_EINPUT). */
ll_status ll_keyfile_write(const ll_sign_key *key, const char *path, ll_error *err);

/* LL_EINPUT when others may read it, LL_EFORMAT when it is no key file. */
ll_status ll_keyfile_read(ll_sign_key *key, const char *path, ll_error *err);

#endif
