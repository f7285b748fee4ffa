/* What 'top' shows: the documents of 'status', 'runs list' and 'runs curves', asked of the program itself, so that its
 * numbers are theirs.
 *
 *     ll_top_data d = { .store = "loglog.db" };
 *     LL_TRY(ll_top_refresh(&d, err));          d.changed: something is another than before
 *     ll_top_clear(&d);
 */
#ifndef LL_CLI_TOP_TOP_DATA_H
#define LL_CLI_TOP_TOP_DATA_H

#include "base/document/json.h"
#include "base/system/file.h"
#include "store/store.h"

enum { LL_TOP_NAME = 224, LL_TOP_AXES = 3 };

typedef struct ll_top_rung {
    char name[LL_TOP_NAME], failure[256];
    int state; /* ll_run_state */
    double params, tokens, loss;
    double step, steps, train_loss, rate, left_s; /* of one that is being trained now; else NaN */
    int64_t n;                                    /* points of its curve */
    double *x[LL_TOP_AXES], *y;                   /* [n] by tokens, steps, FLOPs; the loss */
    int hue;                                      /* by its place in the ladder: it keeps it */
} ll_top_rung;

typedef struct ll_top_data {
    const char *store;
    int64_t ladder; /* which one is shown, of n_ladders */
    int64_t n_ladders;
    ll_json *status;
    char *status_text;
    const ll_json *at;  /* the ladder that is shown, in status; NULL: there is none */
    ll_top_rung *rungs; /* [n] those under way first, then what failed, what is to come, what is done */
    int64_t n;
    char shown[32]; /* id of the ladder whose runs these are */
    double took;    /* s, the last refresh */
    bool changed;
} ll_top_data;

ll_status ll_top_refresh(ll_top_data *d, ll_error *err);
void ll_top_clear(ll_top_data *d);

#endif
