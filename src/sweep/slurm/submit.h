/* Submission: a job array of rungs, by sbatch.
 *
 *     ll_slurm_array a = { .ladder = id, .folder = folder, .number = ll_slurm_next_number(folder), .rungs = names, ... };
 *     LL_TRY(ll_slurm_submit(&a, &wish, job, err));
 *
 * Files of array K in the folder: K.rungs, the rung of each task, a line each; K.sh, the script; K.job, the id that
 * sbatch gave; K-TASK.out, what a task printed. A number is used once.
 */
#ifndef LL_SWEEP_SLURM_SUBMIT_H
#define LL_SWEEP_SLURM_SUBMIT_H

#include <stdint.h>

#include "sweep/design/wish.h"

enum { LL_SLURM_JOB = 24, LL_SLURM_TASK = 48 };

typedef struct ll_slurm_array {
    const char *ladder, *folder; /* id; absolute */
    int64_t number;
    const char *worker;       /* a command for sh that knows $rung and $cpus */
    const char *const *rungs; /* [n] names */
    int64_t n;
    double memory;     /* bytes of a task; 0: unknown. What engine.slurm says goes over it */
    const char *after; /* id of the task that has to go well before: "4711_3"; "": none */
} ll_slurm_array;

/* The array's id into job. LL_ESTATE: the controller does not answer now, and whether it took the job its queue will
 * tell. LL_EINPUT: it refuses. */
ll_status ll_slurm_submit(const ll_slurm_array *a, const ll_slurm_wish *wish, char job[LL_SLURM_JOB],
                          ll_error *err);

int64_t ll_slurm_next_number(const char *folder);

/* An array that was submitted once: its rungs and its id, "" where it was not noted. n 0: there is none such. */
typedef struct ll_slurm_submitted {
    int64_t n;
    char **rungs; /* [n], into text */
    char *text;
    char job[LL_SLURM_JOB];
} ll_slurm_submitted;
ll_status ll_slurm_submitted_read(ll_slurm_submitted *out, const char *folder, int64_t number, ll_error *err);
void ll_slurm_submitted_clear(ll_slurm_submitted *s);

#endif
