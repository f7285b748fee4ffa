/* A law's form or a parameter's name, as the laws write them, in LaTeX's mathematics.
 *
 *     ll_latex_math(out, "E + A/N^alpha");          E + A/N^{\alpha}
 *     ll_latex_math(out, "E + K (X - E0)^kappa, X another loss");
 *                                                   E + K \left(X - E_{0}\right)^{\kappa},\quad X\text{ another
 * loss}
 *
 * Forms are the program's own texts: names of one letter with a digit, two or three letters, Greek letters, powers,
 * brackets, exp, ln, log10, sqrt, prod; behind a comma another equation, or a name and words about it.
 */
#ifndef LL_REPORT_LATEX_H
#define LL_REPORT_LATEX_H

#include <stdio.h>

void ll_latex_math(FILE *out, const char *form);

#endif
