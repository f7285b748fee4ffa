/* A ladder of models, trained as 'loglog run' does it, with progress of one's own.
 *
 *     ll_train_watch watch = { .point = show, .ctx = &mine };
 *     LL_TRY(ll_train_ladder("ladder.yaml", "loglog.db", &watch, err));
 *
 * Each rung is trained by a process of the program 'loglog', which is found in PATH or named by the watch. A ladder
 * that was stopped goes on where it was, a done one has nothing to do.
 */
#ifndef LOGLOG_TRAIN_H
#define LOGLOG_TRAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "loglog/api.h"
#include "loglog/error.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How one rung does. Losses are nats per token; NaN: not measured now. */
typedef struct ll_train_progress {
    const char *run;       /* its name, borrowed for the call */
    double params, tokens; /* of the whole run */
    int64_t step, steps;
    double tokens_seen, loss, train_loss;
    double tokens_per_s;
} ll_train_progress;

/* Called from the thread that trains; every function may be NULL. */
typedef struct ll_train_watch {
    void (*progress)(void *ctx, const ll_train_progress *p); /* several times a second */
    void (*point)(void *ctx, const ll_train_progress *p);    /* a point of its learning curve */
    void (*done)(void *ctx, const ll_train_progress *p);     /* the final loss */
    bool (*stop)(void *ctx);                                 /* true: checkpoints, then LL_ESTOP */
    void *ctx;
    const char *program; /* NULL: "loglog", by PATH */
} ll_train_watch;

/* spec: the YAML file of loglog.spec/1; store NULL: loglog.db beside it. LL_ENUM or LL_EIO name the rungs that
 * failed: the others are done. */
LL_API ll_status ll_train_ladder(const char *spec, const char *store, const ll_train_watch *watch, ll_error *err);

#ifdef __cplusplus
}
#endif
#endif
