#define _POSIX_C_SOURCE 200809L
#include "report/figure/gnuplot.h"

#include <stdlib.h>
#include <string.h>

#include "base/system/program.h"

const char ll_gnuplot_absent[] = "gnuplot is not installed: figures need the Debian package gnuplot-nox";

/* The line of gnuplot's complaint that says what is wrong: the last that is not blank. */
static ll_status complaint(char *said, ll_error *err) {
    const char *line = "no reason given";
    char *save = NULL;
    for (char *l = said ? strtok_r(said, "\n", &save) : NULL; l; l = strtok_r(NULL, "\n", &save))
        if (strspn(l, " \t^") < strlen(l)) line = l + strspn(l, " \t");
    return LL_FAIL(err, LL_EIO, "gnuplot failed: %.300s", line);
}

/* As a file: what gnuplot is told on its standard input, "-", it reads byte by byte. */
ll_status ll_gnuplot_run(const char *script, size_t size, char **out, size_t *out_size, ll_error *err) {
    static const char *const argv[] = { "gnuplot", "-d", "/dev/stdin", NULL };
    ll_program p;
    *out = NULL;
    LL_TRY(ll_program_run(&p, argv, script, size, LL_PROGRAM_MINUTE, err));
    ll_status s = LL_OK;
    if (p.code == LL_PROGRAM_ABSENT) s = LL_FAIL(err, LL_EIO, "%s", ll_gnuplot_absent);
    else if (p.code != 0 || p.size == 0) s = complaint(p.complaint, err);
    else *out = p.out, *out_size = p.size, p.out = NULL;
    ll_program_clear(&p);
    return s;
}
