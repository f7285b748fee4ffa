/* Another program, found in PATH and started without a shell: what it reads in, what it writes out.
 *
 *     static const char *const argv[] = { "openssl", "ts", "-reply", "-in", "/dev/stdin", "-text", NULL };
 *     ll_program p;
 *     LL_TRY(ll_program_run(&p, argv, token, size, LL_PROGRAM_MINUTE, err));
 *     if (p.code == 0) use(p.out, p.size);
 *     ll_program_clear(&p);
 */
#ifndef LL_BASE_PROGRAM_H
#define LL_BASE_PROGRAM_H

#include <stddef.h>

#include "loglog/error.h"

enum { LL_PROGRAM_ABSENT = -1, LL_PROGRAM_KILLED = -2, LL_PROGRAM_MINUTE = 60 };

typedef struct ll_program {
    int code;              /* its exit code; or ABSENT: there is no such program, KILLED: a signal ended it */
    char *out, *complaint; /* what it wrote on standard output and on standard error, zero-terminated; or NULL */
    size_t size;           /* of out */
} ll_program;

/* Gives it size bytes as standard input, a file that it can also open as /dev/stdin, and waits for its end.
 * LL_EIO: it cannot be started or takes longer than limit_s seconds. LL_ENOMEM: more than 256 MiB of output. After an
 * error there is nothing to clear. */
ll_status ll_program_run(ll_program *p, const char *const argv[], const void *input, size_t size, int limit_s,
                         ll_error *err);
void ll_program_clear(ll_program *p);

#endif
