/* Tables from text, for the tests that read them: a file of the scratch folder. */
#ifndef TESTS_TABLE_TEXT_H
#define TESTS_TABLE_TEXT_H

#include "scratch.h"

#include <stdio.h>
#include <string.h>

#include "loglog/table.h"

static inline ll_status read_text(ll_table *t, const char *name, const char *text, const ll_table_opts *opts,
                                  ll_error *err) {
    char path[LL_PATH_MAX];
    support_write(folder, name, text, strlen(text), path);
    return ll_table_read(t, path, opts, err);
}

/* Reading must fail with this code and with every one of the words (separated by a bar) in the line. */
static inline void refused(const char *name, const char *text, const ll_table_opts *opts, ll_status code,
                           const char *words) {
    ll_table t;
    ll_error err = { 0 };
    ll_status s = read_text(&t, name, text, opts, &err);
    if (s != code) fail_msg("'%.60s' gave %d (%s), expected %d", text, s, err.msg, code);
    assert_int_equal(t.rows, 0);
    assert_null(t.line);
    char list[256];
    snprintf(list, sizeof list, "%s", words);
    for (char *w = strtok(list, "|"); w; w = strtok(NULL, "|"))
        if (!strstr(err.msg, w)) fail_msg("'%s' does not say '%s'", err.msg, w);
}

#endif
