/* gnuplot as a program: a script in, what it writes out. No shell is involved and no start-up file is read. */
#ifndef LL_REPORT_FIGURE_GNUPLOT_H
#define LL_REPORT_FIGURE_GNUPLOT_H

#include <stddef.h>

#include "loglog/error.h"

/* Runs the script (size bytes) and takes standard output, zero-terminated; *out is the caller's to free.
 * LL_EIO: gnuplot is not installed, says an error (its first line is in the message) or takes longer than a minute.
 * LL_ENOMEM: more than 256 MiB of output. */
extern const char ll_gnuplot_absent[]; /* the message where it is not installed */
ll_status ll_gnuplot_run(const char *script, size_t size, char **out, size_t *out_size, ll_error *err);

#endif
