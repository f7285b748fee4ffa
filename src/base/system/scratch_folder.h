/* A folder of one's own for files that nobody needs afterwards.
 *
 *     LL_TRY(ll_scratch_make(folder, err));          in TMPDIR, else /tmp
 *     ll_scratch_remove(folder);                     with all that is in it
 */
#ifndef LL_BASE_SYSTEM_SCRATCH_FOLDER_H
#define LL_BASE_SYSTEM_SCRATCH_FOLDER_H

#include "base/system/file.h"

ll_status ll_scratch_make(char folder[LL_PATH_MAX], ll_error *err);

/* Follows no link. What cannot be removed stays. */
void ll_scratch_remove(const char *folder);

#endif
