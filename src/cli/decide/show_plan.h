/* A plan in lines of text. */
#ifndef LL_CLI_DECIDE_SHOW_PLAN_H
#define LL_CLI_DECIDE_SHOW_PLAN_H

#include "decide/plan/plan_sheet.h"

void ll_plan_show(const ll_plan_sheet *s); /* on standard output */

#endif
