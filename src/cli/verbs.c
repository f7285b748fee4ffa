#include "cli/cli.h"

/* One line a verb: its file defines it, this list puts it in order. */
#define LL_VERBS(X)    \
    X(demo)            \
    X(data_build)      \
    X(data_info)       \
    X(run)             \
    X(collect)         \
    X(ladder_stop)     \
    X(ladder_start)    \
    X(status)          \
    X(top)             \
    X(runs_list)       \
    X(runs_show)       \
    X(runs_curves)     \
    X(runs_export)     \
    X(runs_import)     \
    X(runs_drop)       \
    X(runs_exclude)    \
    X(store_copy)      \
    X(sample)          \
    X(export)          \
    X(import_weights)  \
    X(probe_list)      \
    X(probe_show)      \
    X(probe_run)       \
    X(probe_samples)   \
    X(constitute_show) \
    X(constitute_run)  \
    X(train_judge)     \
    X(serve)           \
    X(programme_list)  \
    X(programme_run)   \
    X(programme_show)  \
    X(theory_list)     \
    X(theory_show)     \
    X(theory_run)      \
    X(laws)            \
    X(paper)           \
    X(units)           \
    X(fit)             \
    X(compare)         \
    X(backtest)        \
    X(plot)            \
    X(report)          \
    X(forecast_at)     \
    X(forecast_end)    \
    X(forecast_seal)   \
    X(forecast_score)  \
    X(forecast_list)   \
    X(forecast_learn)  \
    X(forecast_check)  \
    X(forecast_head)   \
    X(forecast_export) \
    X(forecast_when)   \
    X(plan)            \
    X(next)            \
    X(gate_check)      \
    X(gate_show)       \
    X(gate_sign)       \
    X(gate_keygen)     \
    X(cost)            \
    X(bench)           \
    X(worker)          \
    X(docs)            \
    X(complete)

#define DECLARE(name) extern const ll_verb ll_verb_##name;
#define LIST(name) &ll_verb_##name,
LL_VERBS(DECLARE)

const ll_verb *const ll_verbs[] = { LL_VERBS(LIST) NULL };
