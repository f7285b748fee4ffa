/* A folder of the test program's own, made before its tests and removed after them:
 *
 *     return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
 *
 * A set-up of one's own begins with support_folder(folder).
 */
#ifndef LL_TESTS_SCRATCH_H
#define LL_TESTS_SCRATCH_H

#include "support.h"

static char folder[LL_PATH_MAX];

static inline int scratch_make(void **state) {
    (void)state;
    support_folder(folder);
    return 0;
}

static inline int scratch_remove(void **state) {
    (void)state;
    support_remove(folder);
    return 0;
}

#endif
