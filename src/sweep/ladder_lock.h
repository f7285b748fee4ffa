/* Who works on a ladder: one process at a time holds its folder's lock, and others may ask it to stop.
 *
 *     LL_TRY(ll_ladder_lock(folder, id, &fd, err));       LL_ESTATE where another process has it
 *     while (!ll_ladder_is_to_stop(folder)) ...
 *     ll_ladder_unlock(folder, fd);                       as it goes with the process, however it ends
 */
#ifndef LL_SWEEP_LADDER_LOCK_H
#define LL_SWEEP_LADDER_LOCK_H

#include <stdbool.h>

#include "loglog/error.h"

/* Makes the folder where it is not there. Who asked a process before this one to stop is forgotten. */
ll_status ll_ladder_lock(const char *folder, const char *id, int *fd, ll_error *err);
void ll_ladder_unlock(const char *folder, int fd);

bool ll_ladder_is_at_work(const char *folder); /* somebody has the lock */
bool ll_ladder_is_to_stop(const char *folder);

/* Who works on the ladder stops as for SIGTERM, with checkpoints. LL_ESTATE where nobody does. */
ll_status ll_ladder_ask_to_stop(const char *folder, const char *id, ll_error *err);

#endif
