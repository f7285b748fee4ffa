/* Slurm's queue, asked through its own programs: squeue, sacct, scontrol, scancel and sinfo. The queue itself is
 * the record of what was submitted: a job is called loglog-LADDER-NUMBER, so that whoever comes later finds it.
 *
 *     ll_slurm_queue q;
 *     LL_TRY(ll_slurm_queue_read(&q, ladder, err));       LL_ESTATE: the controller does not answer now
 *     for (int64_t i = 0; i < q.n; i++) use(&q.at[i]);
 *     ll_slurm_queue_free(&q);
 *
 * Where Slurm's programs are not there every call is LL_EINPUT.
 */
#ifndef LL_SWEEP_SLURM_QUEUE_H
#define LL_SWEEP_SLURM_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "loglog/error.h"

typedef struct ll_slurm_task {
    char id[40];           /* of the array and its task, "4711_3" */
    int64_t number, index; /* of the array within the ladder; of the task in it */
    bool running;          /* on a node; else it waits */
    char state[24];        /* Slurm's word */
    char why[80];          /* it waits */
    char nodes[64];
} ll_slurm_task;

typedef struct ll_slurm_queue {
    ll_slurm_task *at;
    int64_t n;
} ll_slurm_queue;

ll_status ll_slurm_queue_read(ll_slurm_queue *out, const char *ladder, ll_error *err);
void ll_slurm_queue_free(ll_slurm_queue *q);

/* Of the ladder's tasks that are in the queue. */
typedef struct ll_slurm_tally {
    int64_t running, waiting;
    char why[80]; /* the first of those waits */
} ll_slurm_tally;
ll_slurm_tally ll_slurm_tally_of(const ll_slurm_queue *q);

/* How a task that has left the queue ended, of sacct, or where that has no records of scontrol; state "" where neither
 * knows it. */
typedef struct ll_slurm_end {
    char state[24], exit_code[16], nodes[64];
} ll_slurm_end;
ll_status ll_slurm_end_read(ll_slurm_end *out, const char *id, ll_error *err);

/* Asks every job of the ladder that is in the queue to end. */
ll_status ll_slurm_cancel(const ll_slurm_queue *q, ll_error *err);

/* Cores of the partition (NULL: of the default one), and the most tasks that one array may have. */
ll_status ll_slurm_cores(const char *partition, int64_t *cores, ll_error *err);
int64_t ll_slurm_most_tasks(void);

#endif
