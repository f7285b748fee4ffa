#define _XOPEN_SOURCE 700
#include "cli/train/asked_before.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/file.h"
#include "cli/cli.h"

static bool same(const ll_option *o, const void *a, const void *b) {
    const char *x = (const char *)a + o->offset, *y = (const char *)b + o->offset;
    return o->type == LL_OPT_REAL ? *(const double *)(const void *)x == *(const double *)(const void *)y
                                  : strcmp(x, y) == 0;
}

ll_status ll_asked_before_text(const ll_asked_before *b, void *args, const char *key, const char *path,
                               ll_error *err) {
    char full[PATH_MAX];
    if (!*path) return LL_OK;
    if (!realpath(path, full))
        return LL_FAIL(err, LL_EINPUT, "--%s: cannot read %.400s: %s", key, path, strerror(errno));
    return ll_options_set(b->options, b->n, args, key, full, "--text", err);
}

ll_status ll_asked_before_write(const ll_asked_before *b, const void *args, ll_error *err) {
    ll_file f;
    char *text = ll_options_text(b->options, b->n, args);
    if (!text) return LL_FAIL(err, LL_ENOMEM, "out of memory");
    ll_status s = ll_file_create(&f, b->path, err);
    if (s == LL_OK) {
        fprintf(f.out, "# What 'loglog %s' made this folder from.\n%s", b->verb, text);
        s = ll_file_commit(&f, err);
    }
    free(text);
    return s;
}

ll_status ll_asked_before_go_on(const ll_asked_before *b, void *args, ll_error *err) {
    void *was = malloc(b->size);
    if (!was) return LL_FAIL(err, LL_ENOMEM, "out of memory");
    memcpy(was, args, b->size);
    const bool known =
        ll_options_load(b->options, b->n, was, b->path, 1 << 16, "the arguments of a folder", err) == LL_OK;
    ll_status s = LL_OK;
    for (int i = 0; i < b->n && s == LL_OK; i++)
        if (ll_cli_given(b->options[i].key) && !(known && same(&b->options[i], args, was)))
            s = LL_FAIL(
                err, LL_EINPUT,
                "--%s: %.300s holds a %s that was made from other arguments: leave --%s out to go on with it, "
                "name another folder with --out, or remove this one",
                b->options[i].key, b->folder, b->verb, b->options[i].key);
    if (s == LL_OK && known) memcpy(args, was, b->size);
    free(was);
    return s;
}
