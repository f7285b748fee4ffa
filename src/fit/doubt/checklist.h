/* What a paper on a scaling law has to state for others to repeat and to judge it, filled in with what a fit and
 * its table know. After the omissions that reproductions ran into: Besiroglu et al. 2024, Porian et al. 2024 and
 * the survey of Li et al. 2025 ("(Mis)fitting scaling laws"). */
#ifndef LL_FIT_DOUBT_CHECKLIST_H
#define LL_FIT_DOUBT_CHECKLIST_H

#include "fit/doubt/diagnosis.h"

enum { LL_CHECKLIST_MAX = 32, LL_CHECKLIST_TEXT = 320 };

typedef struct ll_checklist {
    int n;
    struct {
        const char *item;               /* static */
        char answer[LL_CHECKLIST_TEXT]; /* "not stated in the table" where nothing is known */
        bool stated;
    } of[LL_CHECKLIST_MAX];
} ll_checklist;

/* where: the filter that left rows out, "" for none; left: what else was left out and why, "" for nothing; source: the
 * table's name. */
void ll_checklist_fill(ll_checklist *list, const ll_fit *fit, const ll_table *t, const ll_columns *columns,
                       const ll_diagnosis *d, const char *where, const char *left, const char *source);

/* [{"item":..,"answer":..,"stated":..}] */
ll_json *ll_checklist_json(const ll_checklist *list);

#endif
