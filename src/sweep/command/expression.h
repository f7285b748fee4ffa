/* Expressions: + - * / ** and brackets over numbers and {names}, such as "12*{layers}*{width}**2 + 257*{width}".
 *
 *     double n;
 *     LL_TRY(ll_expression_value("12*{layers}*{width}**2", &places, &n, err));
 */
#ifndef LL_SWEEP_COMMAND_EXPRESSION_H
#define LL_SWEEP_COMMAND_EXPRESSION_H

#include "sweep/command/placeholders.h"

/* ** goes from the right and before a sign, as in Python: -2**2 is -4. A fault is LL_EINPUT with its place. */
ll_status ll_expression_value(const char *text, const ll_placeholders *places, double *v, ll_error *err);

#endif
