/* The checklist of a fit, as text. */
#ifndef LL_CLI_SHOW_SHOW_CHECKLIST_H
#define LL_CLI_SHOW_SHOW_CHECKLIST_H

#include "fit/doubt/checklist.h"

void ll_show_checklist(const ll_checklist *list);

#endif
