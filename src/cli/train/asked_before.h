/* A folder that was made from arguments goes on with them: they are kept beside what they made, and others are refused.
 */
#ifndef LL_CLI_TRAIN_ASKED_BEFORE_H
#define LL_CLI_TRAIN_ASKED_BEFORE_H

#include "base/document/option.h"

typedef struct ll_asked_before {
    const ll_option *options; /* [n] the first of the verb's table: those that make the folder */
    int n;
    size_t size;      /* of the arguments' struct */
    const char *verb; /* "demo" */
    const char *folder;
    const char *path; /* the file, in the folder */
} ll_asked_before;

ll_status ll_asked_before_write(const ll_asked_before *b, const void *args, ll_error *err);

/* Takes what was asked for before into args. LL_EINPUT names the first flag that was given now and says otherwise. */
ll_status ll_asked_before_go_on(const ll_asked_before *b, void *args, ll_error *err);

/* The text at path as a whole path, into the option's field; "" stays. LL_EINPUT: it is not there. */
ll_status ll_asked_before_text(const ll_asked_before *b, void *args, const char *key, const char *path,
                               ll_error *err);

#endif
