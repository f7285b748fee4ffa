#define _POSIX_C_SOURCE 200809L
#include "base/document/keyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/system/file.h"

static const char HEAD[] = "loglog-secret-key/1 ";
enum { HEAD_SIZE = sizeof HEAD - 1, LINE_SIZE = HEAD_SIZE + LL_SIGN_KEY_HEX }; /* the newline for the zero */

ll_status ll_keyfile_write(const ll_sign_key *key, const char *path, ll_error *err) {
    char line[LINE_SIZE + 1];
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) return LL_FAIL(err, LL_EINPUT, "%s: cannot write a key there: %s", path, strerror(errno));
    snprintf(line, sizeof line, "%s%s\n", HEAD, key->seed);
    bool ok = write(fd, line, LINE_SIZE) == LINE_SIZE && fsync(fd) == 0;
    int e = errno;
    ok = close(fd) == 0 && ok;
    if (ok) return LL_OK;
    unlink(path);
    return LL_FAIL(err, LL_EIO, "%s: cannot write: %s", path, strerror(e));
}

ll_status ll_keyfile_read(ll_sign_key *key, const char *path, ll_error *err) {
    char line[LINE_SIZE + 1] = "";
    struct stat st;
    int fd;
    LL_TRY(ll_file_open_read(&fd, path, err));
    if (fstat(fd, &st) != 0) {
        int e = errno;
        close(fd);
        return LL_FAIL(err, LL_EINPUT, "%s: cannot read: %s", path, strerror(e));
    }
    ssize_t got = read(fd, line, LINE_SIZE);
    close(fd);
    if (st.st_mode & 077)
        return LL_FAIL(err, LL_EINPUT, "%s: mode is %03o, expected 600: a secret key is for its owner alone", path,
                       (unsigned)st.st_mode & 0777);
    line[LINE_SIZE - 1] = 0;
    if (got == LINE_SIZE && strncmp(line, HEAD, HEAD_SIZE) == 0 && ll_sign_key_of(key, line + HEAD_SIZE))
        return LL_OK;
    return LL_FAIL(err, LL_EFORMAT, "%s: expected a key that 'loglog gate keygen' wrote", path);
}
