/* Mailbox: a file to which a process on one machine appends records, and which another reads over a shared file system.
 * No locks and no database: a record is whole or it is none.
 *
 *     LL_TRY(ll_mailbox_put("k1.mail", &letter, sizeof letter, err));
 *     LL_TRY(ll_mailbox_read("k1.mail", &at, sizeof letter, take, ctx, err));      what came since the last time
 *
 * Bytes of a record:
 *     0   "llm1"
 *     4   uint32, little-endian: bytes of the letter
 *     8   the first eight bytes of the letter's SHA-256
 *     16  the letter
 * What a killed writer left half-written at the end is waited for; where another record follows, it is passed over.
 */
#ifndef LL_SWEEP_WORKERS_MAILBOX_H
#define LL_SWEEP_WORKERS_MAILBOX_H

#include <stddef.h>
#include <stdint.h>

#include "loglog/error.h"

/* Appends one letter; the file is made where there is none, and is closed again: a network file system shows it then
 * to who opens the file. */
ll_status ll_mailbox_put(const char *path, const void *letter, size_t size, ll_error *err);

/* Calls take with each whole letter behind *at, which moves behind the last. A file that is not there has none.
 * LL_EFORMAT where the first record is of another size: another build of the program wrote it. */
ll_status ll_mailbox_read(const char *path, int64_t *at, size_t size, void (*take)(void *ctx, const void *letter),
                          void *ctx, ll_error *err);

#endif
