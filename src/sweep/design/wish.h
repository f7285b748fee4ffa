/* What a spec asks of Slurm for each rung: engine.slurm, by sbatch's own long names.
 *
 *     engine: {kind: slurm, slurm: {partition: gpu, account: me, gres: "gpu:1", time: "2:00:00", throttle: 64}}
 *
 *     ll_slurm_wish w;
 *     LL_TRY(ll_slurm_wish_read(&w, "partition=gpu,gres=gpu:1,throttle=64", err));
 *
 * Two keys are the engine's own: throttle, how many tasks of one array may run at a time, and poll, how often the
 * queue is looked at. cpus-per-task is understood and passed on, all others are passed on as they are; true stands for
 * an option without a value. What the engine says itself, such as array and dependency, is refused.
 */
#ifndef LL_SWEEP_DESIGN_WISH_H
#define LL_SWEEP_DESIGN_WISH_H

#include <stdbool.h>
#include <stdint.h>

#include "loglog/error.h"

enum { LL_SLURM_WISHES = 32, LL_SLURM_TEXT = 1024 + 4 * LL_SLURM_WISHES };

typedef struct ll_slurm_wish {
    int n;
    const char *option[LL_SLURM_WISHES]; /* "--partition=gpu"; into text */
    char text[LL_SLURM_TEXT];
    const char *partition; /* its name, into text; NULL: the cluster's default */
    int64_t throttle;      /* 0: none */
    int64_t cpus;          /* of a task */
    double poll_s;
    bool memory; /* is said there: the engine asks for none */
} ll_slurm_wish;

/* Reads "key=value,key=value"; an item without = belongs to the value before it. LL_EINPUT names the key. out points
 * into itself: it is not to be copied. */
ll_status ll_slurm_wish_read(ll_slurm_wish *out, const char *text, ll_error *err);

#endif
