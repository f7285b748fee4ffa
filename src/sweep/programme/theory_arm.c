#define _POSIX_C_SOURCE 200809L
#include "sweep/programme/theory_arm.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/system/file.h"

enum { SETTINGS_MOST = 1 << 16, TABLE_MOST = 1 << 28 };

ll_status ll_theory_arm_load(ll_theory *t, const char *path, ll_error *err) {
    LL_TRY(
        ll_options_load(ll_theory_table, ll_theory_count, t, path, SETTINGS_MOST, "the settings of a theory", err));
    return ll_theory_resolve(t, path, err);
}

ll_status ll_theory_arm_write(const ll_theory *t, const char *path, const char *comment, ll_error *err) {
    ll_file f;
    char *text = ll_options_text(ll_theory_table, ll_theory_count, t);
    if (!text) return LL_FAIL(err, LL_ENOMEM, "out of memory");
    ll_status s = ll_file_create(&f, path, err);
    if (s == LL_OK) {
        fprintf(f.out, "# %s\n%s", comment, text);
        s = ll_file_commit(&f, err);
    }
    free(text);
    return s;
}

static ll_status path_of(char path[LL_PATH_MAX], const char *folder, const char *arm, const char *table,
                         ll_error *err) {
    char file[3 * LL_OPTION_NAME];
    snprintf(file, sizeof file, "%s.%s.csv", arm, table);
    return ll_file_join(path, folder, file, err);
}

static ll_status write_tables(const ll_theory *t, const ll_theory_result *r, const char *folder, const char *arm,
                              ll_error *err) {
    char path[LL_PATH_MAX];
    ll_theory_exponent e;
    LL_TRY(path_of(path, folder, arm, "runs", err));
    LL_TRY(ll_theory_write(path, t, r->run, r->runs, err));
    LL_TRY(path_of(path, folder, arm, "curves", err));
    LL_TRY(ll_theory_write(path, t, r->point, r->points, err));
    LL_TRY(path_of(path, folder, arm, "exponents", err));
    ll_status s = ll_theory_exponents(&e, t, r, err);
    if (s == LL_OK) s = ll_theory_exponent_write(path, t, &e, err);
    ll_theory_exponent_clear(&e);
    return s;
}

ll_status ll_theory_arm_run(const ll_theory *t, const char *folder, const char *arm, const ll_theory_watch *watch,
                            ll_error *err) {
    char last[LL_PATH_MAX];
    ll_theory_result r;
    LL_TRY(path_of(last, folder, arm, "exponents", err));
    if (access(last, F_OK) == 0) return LL_OK;
    LL_TRY(ll_theory_run(&r, t, watch, err));
    const ll_status s = write_tables(t, &r, folder, arm, err);
    ll_theory_result_clear(&r);
    return s;
}

ll_status ll_theory_arm_table(const char *folder, const char *arm, const char *table, char **text, size_t *size,
                              ll_error *err) {
    char path[LL_PATH_MAX];
    LL_TRY(path_of(path, folder, arm, table, err));
    return ll_file_read(path, TABLE_MOST, text, size, err);
}
