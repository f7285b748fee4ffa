#include "cli/show/show_run.h"

#include <math.h>
#include <string.h>

#include "cli/print.h"
#include "loglog/units.h"

ll_status ll_show_ladder_id(ll_store *s, const char *word, char id[17], ll_error *err) {
    ll_ladder l;
    id[0] = 0;
    if (!*word) return LL_OK;
    LL_TRY(ll_store_get_ladder(s, word, &l, err));
    memcpy(id, l.id, sizeof l.id);
    ll_ladder_clear(&l);
    return LL_OK;
}

void ll_show_fixed(double v, int width, int decimals) {
    if (isnan(v)) ll_say(" %*s", width, "-");
    else ll_say(" %*.*f", width, decimals, v);
}
