/* A programme from any bytes: it is refused, or every arm has a spec and every quantity is looked up or refused. */
#include <stdlib.h>

#include "sweep/programme/quantity.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    ll_programme *p;
    ll_spec spec;
    ll_programme_paper paper;
    if (ll_programme_parse(&p, (const char *)data, size, "fuzz", NULL) != LL_OK) return 0;
    for (int i = 0; i < p->n_arms; i++)
        if (ll_programme_spec(p, &p->arm[i], &spec, NULL) != LL_OK) abort(); /* it was checked */
    for (int i = 0; i < p->n_experiments; i++)
        for (int k = 0; k < p->experiment[i].n_quantities; k++)
            ll_programme_published(&p->experiment[i].quantity[k], &paper, NULL);
    ll_programme_free(p);
    return 0;
}
