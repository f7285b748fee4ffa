#define _GNU_SOURCE
#include "base/system/scratch_folder.h"

#include <errno.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>

ll_status ll_scratch_make(char folder[LL_PATH_MAX], ll_error *err) {
    const char *above = getenv("TMPDIR");
    LL_TRY(ll_file_join(folder, above && *above ? above : "/tmp", "loglog-XXXXXX", err));
    return mkdtemp(folder) ? LL_OK : LL_FAIL(err, LL_EIO, "%s: cannot make a folder: %s", folder, strerror(errno));
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at) {
    (void)st, (void)type, (void)at;
    remove(path);
    return 0;
}

void ll_scratch_remove(const char *folder) {
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
