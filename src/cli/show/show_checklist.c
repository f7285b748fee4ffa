#include "cli/show/show_checklist.h"

#include "cli/print.h"

#include <stdio.h>

void ll_show_checklist(const ll_checklist *list) {
    ll_say("what to state beside this law ('?': not known here, yours to fill in)\n");
    for (int k = 0; k < list->n; k++)
        ll_say("  %c %s: %s\n", list->of[k].stated ? ' ' : '?', list->of[k].item, list->of[k].answer);
}
