/* A worker: one process that trains one rung, itself or by the command of the spec, and tells how it goes: its
 * parent over a pipe, or whoever reads it in a mailbox, a file of the rung in the ladder's folder.
 *
 * The messages are plain structs: both ends are the same program. A worker stops with a checkpoint on SIGTERM,
 * when its parent is gone and when the policy's gate does not say yes. It starts on one core; LL_WORKER_CORES with
 * a number tells it how many it has from then on. Such signals queue up, so that the last one counts. Without such a
 * parent it is told once, by its option threads.
 */
#ifndef LL_SWEEP_WORKERS_WORKER_H
#define LL_SWEEP_WORKERS_WORKER_H

#include <signal.h>

#include "base/system/file.h"
#include "sweep/design/design.h"

typedef struct ll_worker_opts {
    char spec[LL_PATH_MAX];   /* the resolved spec */
    char prefix[LL_PATH_MAX]; /* of the shards */
    char also[LL_PATH_MAX];   /* names of the prefixes of data.also, with commas, in the folder above */
    char folder[LL_PATH_MAX]; /* where checkpoints and weights go */
    char rung[LL_PATH_MAX];
    char tell[LL_OPTION_NAME]; /* pipe: fd; mailbox: FOLDER/RUNG.mail */
    int64_t fd;
    int64_t threads; /* room for so many, and that many from the start; 0: as many as it can use, one at first */
    int64_t ranks;   /* processes that train it together */
    char policy[LL_PATH_MAX], evidence[LL_PATH_MAX], waivers[LL_PATH_MAX]; /* of guard.h; "": no policy is asked */
    char ladder[LL_OPTION_NAME];                                           /* id, which waivers name */
} ll_worker_opts;

/* The one table of them: what the parent writes as arguments, and the worker reads. */
extern const ll_option ll_worker_table[];
extern const int ll_worker_count;

/* The command line of a worker, written from the table; points into o and into itself. */
enum { LL_WORKER_OPTIONS = 13 };
typedef struct ll_worker_line {
    const char *argv[2 + 2 * LL_WORKER_OPTIONS + 1]; /* ends with NULL */
    char flag[LL_WORKER_OPTIONS][16], number[LL_WORKER_OPTIONS][24];
} ll_worker_line;
void ll_worker_command(const ll_worker_opts *o, ll_worker_line *out);

#define LL_WORKER_CORES SIGRTMIN

typedef enum ll_message_kind {
    LL_MESSAGE_PROGRESS = 1,
    LL_MESSAGE_POINT,
    LL_MESSAGE_NOTE,
    LL_MESSAGE_DONE,
    LL_MESSAGE_FAILED
} ll_message_kind;

typedef struct ll_message {
    ll_message_kind kind;
    ll_train_event event; /* of PROGRESS and POINT; its readings are the ones below */
    ll_train_reading readings[LL_TRAIN_READINGS];
    ll_train_result result; /* of DONE; of FAILED its cpu_s */
    double memory_bytes;    /* of DONE: the most anonymous resident memory seen while it trained */
    double energy_j; /* of DONE: the machine's while it trained, by its share of the cores; NaN when untold */
    double params, params_total; /* of DONE: N by the account of a command that trained; NaN: it gave none */
    char host[64];               /* of DONE and FAILED: where it ran */
    ll_error error;              /* of FAILED; of NOTE its line, to be shown */
} ll_message;

/* FAILED, but only stopped, by a signal or a gate: it goes on from its checkpoint. */
bool ll_message_is_stop(const ll_message *m);

/* What stands in a mailbox: a message, and who wrote it. */
typedef struct ll_letter {
    char job[24]; /* of SLURM_JOB_ID; "" outside */
    int64_t pid;
    double cpu_s; /* of the process so far */
    ll_message message;
} ll_letter;

/* Where a rung's mailbox is: FOLDER/RUNG.mail. */
ll_status ll_worker_mailbox(char path[LL_PATH_MAX], const char *folder, const char *rung, ll_error *err);

/* Trains the rung. LL_OK also when it failed and the parent at the pipe has been told; with a mailbox the exit code
 * says it, too. A rung whose mailbox says that it is done is left alone. */
ll_status ll_worker_run(const ll_worker_opts *opts, ll_error *err);

/* Where a trunk leaves its state of a step: FOLDER/TRUNK-STEP.safetensors. */
ll_status ll_worker_branch(char path[LL_PATH_MAX], const char *folder, const char *trunk, int64_t step,
                           ll_error *err);

/* Where a rung's weights lie: FOLDER/RUNG.safetensors. */
ll_status ll_worker_weights(char path[LL_PATH_MAX], const char *folder, const char *rung, ll_error *err);

/* Removes what a rung that is done, and recorded so, needs no more: its checkpoint and, where its points came through
 * a pipe, the mailbox that kept them. */
void ll_worker_forget(const char *folder, const char *rung, bool mailbox);

/* The model's vocabulary: the larger of the two, which differ where no sidecar says and a scan found them; data.vocab
 * of a command that has its own data. */
int64_t ll_worker_vocab(const ll_spec *spec, const ll_shard_info *train, const ll_shard_info *val);

/* Anonymous resident memory of this process, bytes; NaN where the system does not tell. */
double ll_worker_resident(void);

#endif
