/* Where the processor time of a process that trains goes, by parts.
 *
 *     ll_parts_clock c = { 0 };                     at the process's start
 *     ll_parts_lap(&c, LL_PART_START);              all since the lap before is that part's
 *     c.packing += seconds;                         within steps, by ll_clock_now
 *     ll_parts_lap(&c, LL_PART_STEPS);
 *     ll_parts_read(&c, cpu_s);
 *
 * The clock of a process's time takes a microsecond to read and is read where something else than a step begins or
 * ends. Inside a step the monotonic clock, which takes nothing, tells how the time of all steps divides.
 */
#ifndef LL_TRAIN_TRAIN_PARTS_H
#define LL_TRAIN_TRAIN_PARTS_H

typedef enum ll_train_part {
    LL_PART_START = 0, /* from the start of the process to its first step */
    LL_PART_STEPS,     /* gradients, their sum, the update */
    LL_PART_PACKING,   /* of the matrices as products take them, anew after every update */
    LL_PART_EVALUATION,
    LL_PART_SAVING,  /* checkpoints, states for branches, final weights */
    LL_PART_TELLING, /* what the sink does with points and progress */
    LL_PARTS
} ll_train_part;

typedef struct ll_parts_clock {
    double cpu_s[LL_PARTS]; /* steps with their packing */
    double steps, packing;  /* seconds of steps, and of packing among them */
    double last_cpu, last;  /* when the lap before ended, by both clocks */
} ll_parts_clock;

void ll_parts_lap(ll_parts_clock *c, ll_train_part part);

/* cpu_s [LL_PARTS]: seconds of the processor, all threads; they sum to the process's own up to the last lap. */
void ll_parts_read(const ll_parts_clock *c, double *cpu_s);

/* "start", "steps", ... */
const char *ll_train_part_name(ll_train_part part);

#endif
