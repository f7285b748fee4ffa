#include "cli/ability/ability_verbs.h"
#include "cli/store_named.h"

ll_status ll_scores_read(const ll_input *in, const char *path, const ll_score_ask *ask, ll_fit_opts *opts,
                         ll_score_study *s, ll_error *err) {
    ll_study_opts given;
    ll_input rows = *in;
    *rows.x = *rows.y = 0; /* they are the ask's */
    LL_TRY(ll_input_opts(&rows, NULL, &given, err));
    if (opts) LL_TRY(ll_fit_opts_resolve(&given.fit, opts, err));
    if (!path) LL_TRY(ll_cli_check_store(in->store, err));
    return ll_score_study_read(s, path, in->store, &given, ask, err);
}
