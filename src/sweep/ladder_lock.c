#define _GNU_SOURCE
#include "sweep/ladder_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/system/file.h"

static ll_status open_in(const char *folder, const char *name, int flags, int *fd, ll_error *err) {
    char path[LL_PATH_MAX];
    LL_TRY(ll_file_join(path, folder, name, err));
    *fd = open(path, flags | O_RDWR | O_CLOEXEC, 0666);
    return *fd >= 0 ? LL_OK : LL_FAIL(err, LL_EIO, "%s: cannot open: %s", path, strerror(errno));
}

/* Of the open file, so that it goes with its last copy. */
static struct flock whole(void) {
    return (struct flock) { .l_type = F_WRLCK, .l_whence = SEEK_SET };
}

static void forget_stop(const char *folder) {
    char path[LL_PATH_MAX];
    if (ll_file_join(path, folder, "stop", NULL) == LL_OK) unlink(path);
}

ll_status ll_ladder_lock(const char *folder, const char *id, int *fd, ll_error *err) {
    LL_TRY(ll_file_mkdir(folder, err));
    struct flock ours = whole();
    LL_TRY(open_in(folder, "lock", O_CREAT, fd, err));
    if (fcntl(*fd, F_OFD_SETLK, &ours) == 0) {
        forget_stop(folder);
        return LL_OK;
    }
    close(*fd);
    return LL_FAIL(err, LL_ESTATE, "ladder %s is being worked on by another process", id);
}

void ll_ladder_unlock(const char *folder, int fd) {
    forget_stop(folder);
    close(fd);
}

/* Asks without taking it: who would have it in this moment is not told that somebody works. */
bool ll_ladder_is_at_work(const char *folder) {
    int fd;
    ll_error none;
    struct flock held = whole();
    if (open_in(folder, "lock", 0, &fd, &none) != LL_OK) return false;
    const bool taken = fcntl(fd, F_OFD_GETLK, &held) == 0 && held.l_type != F_UNLCK;
    close(fd);
    return taken;
}

bool ll_ladder_is_to_stop(const char *folder) {
    char path[LL_PATH_MAX];
    return ll_file_join(path, folder, "stop", NULL) == LL_OK && access(path, F_OK) == 0;
}

ll_status ll_ladder_ask_to_stop(const char *folder, const char *id, ll_error *err) {
    int fd;
    if (!ll_ladder_is_at_work(folder)) return LL_FAIL(err, LL_ESTATE, "nobody works on ladder %s here", id);
    LL_TRY(open_in(folder, "stop", O_CREAT, &fd, err));
    close(fd);
    return LL_OK;
}
