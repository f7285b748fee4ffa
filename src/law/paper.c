#include "law/paper.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

const ll_paper *const ll_papers[] = { ll_papers_kaplan, ll_papers_recipe, ll_papers_later, NULL };

const ll_paper *ll_paper_find(const char *id) {
    for (const ll_paper *const *table = ll_papers; *table; table++)
        for (const ll_paper *p = *table; p->id; p++)
            if (strcmp(p->id, id) == 0) return p;
    return NULL;
}

void ll_paper_blank(double x[LL_IN_COUNT]) {
    for (int i = 0; i < LL_IN_COUNT; i++) x[i] = NAN;
}
