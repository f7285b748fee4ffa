/* A command of the user's trains a run: it is started, its metrics are followed and become the events of our own
 * trainer, its end is judged. What a worker does when the spec has engine.command.
 *
 *     ll_command_job job = { .command = "python3 train.py --width {width} --out {out} {resume}", ... };
 *     LL_TRY(ll_command_run(&job, sink, ctx, &result, &said, err));
 *
 * placeholders.h: what placeholders stand for. template.h: the command and its arguments. expression.h: counts.
 * trainer.h: the process. sweep/metrics: what it writes.
 */
#ifndef LL_SWEEP_COMMAND_COMMAND_H
#define LL_SWEEP_COMMAND_COMMAND_H

#include <signal.h>

#include "sweep/command/placeholders.h"
#include "sweep/metrics/metrics.h"
#include "train/train.h"

typedef struct ll_command_job {
    const char *command;    /* a template */
    bool shell;             /* it is a line for /bin/sh, not an argument vector */
    ll_placeholders places; /* a spliced one among them, "resume", counts only where its state is there */
    const char *out;        /* the run's folder; made where it is not there */
    const char *log;        /* where what it prints goes, or as much of it as 16 MiB */
    const char *metrics;    /* the file or folder; "": what it prints */
    const char *format;
    ll_metric_names names;
    double nats; /* in one unit of its losses */
    int64_t steps, start_step;
    double step_tokens;
    double stall_s, timeout_s, grace_s; /* 0: never; never; at once */
    int64_t retries;
    const volatile sig_atomic_t *stop; /* when it is set, the run is to end for now */
} ll_command_job;

typedef struct ll_command_said {
    double params, params_total; /* by its own account; NaN: it gave none */
    double memory_bytes;         /* of its largest process */
} ll_command_said;

/* Of a run that is done: events are told as they come, about 1000 points at most, and one of them is the last.
 *     LL_ESTOP     the sink or stop said so; the trainer has ended
 *     LL_ENUM      a loss that is no number above 0
 *     LL_EIO       it cannot be started, ended with another code than 0, did not end in time, told nothing in time
 *     LL_EFORMAT   what it wrote are no metrics, or it ended too early or too late by its own account
 *     LL_EINPUT    the templates */
ll_status ll_command_run(const ll_command_job *job, ll_train_sink *sink, void *ctx, ll_train_result *result,
                         ll_command_said *said, ll_error *err);

#endif
