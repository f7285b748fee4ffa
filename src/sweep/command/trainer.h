/* A trainer: a program of others as a process in a group of its own, whose output comes through a pipe.
 *
 *     ll_trainer t;
 *     LL_TRY(ll_trainer_start(&t, argv, mark, err));
 *     while (!ll_trainer_has_ended(&t)) n = ll_trainer_read(&t, buf, sizeof buf, 100);
 *     ll_trainer_finish(&t);
 *     ll_trainer_close(&t);
 *
 * Standard input is empty; output and errors are one stream. The process dies with ours. Every process that came of
 * it is known by its mark, a variable of the environment LOGLOG_TRAINER=PID:MARK, even if it left the group and its
 * parents: finish ends them all, and start ends those of whatever PID, which a killed one of ours left behind, so
 * that no two write into one folder. One that ends late, its ladder killed and begun again, leaves those of the
 * next alone.
 */
#ifndef LL_SWEEP_COMMAND_TRAINER_H
#define LL_SWEEP_COMMAND_TRAINER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "loglog/error.h"

typedef struct ll_trainer {
    pid_t pid;           /* and its group */
    int out;             /* our end of the pipe; -1 once it has ended */
    int status;          /* wait's, once it is finished */
    double memory_bytes; /* the most that one of its processes held, once it is finished */
    char mark[1200];
} ll_trainer;

/* LL_EIO when it cannot be started: no such program, no process to be had. */
ll_status ll_trainer_start(ll_trainer *t, char *const argv[], const char *mark, ll_error *err);

/* Waits up to so many milliseconds for output and reads some; 0: there was none. */
size_t ll_trainer_read(ll_trainer *t, char *buf, size_t size, int ms);

/* Whether the process itself has ended; what it started may live on. */
bool ll_trainer_has_ended(ll_trainer *t);

/* Asks the group to end. */
void ll_trainer_ask(const ll_trainer *t);

/* Kills what is left of it, at once, and waits for its end. What it printed can still be read, until close. */
void ll_trainer_finish(ll_trainer *t);
void ll_trainer_close(ll_trainer *t);

/* Kills what came of a trainer of this mark, whoever started it. */
void ll_trainer_end_left(const char *mark);

/* How it ended: "exit code 3", "killed by signal 9 (Killed)". Returns buf. */
const char *ll_trainer_ending(const ll_trainer *t, char *buf, size_t size);

#endif
