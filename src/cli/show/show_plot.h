/* The plot that a fit ends with, where standard output is a terminal. */
#ifndef LL_CLI_SHOW_SHOW_PLOT_H
#define LL_CLI_SHOW_SHOW_PLOT_H

#include "cli/show/show_fit.h"

/* Loss against C, or the variable of a law of one: the runs, and the law on their path as far as the target. Prints
 * nothing without a target. In braille where the locale is UTF-8, in colour where NO_COLOR does not forbid it. */
void ll_show_plot(const ll_fit_told *told);

/* As the environment says of the terminal. */
bool ll_shows_unicode(void);
bool ll_shows_colour(void);

#endif
