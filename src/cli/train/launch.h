/* What 'run' and 'demo' share: the command for the record, and a sweep with its progress shown.
 */
#ifndef LL_CLI_TRAIN_LAUNCH_H
#define LL_CLI_TRAIN_LAUNCH_H

#include "cli/cli.h"
#include "sweep/sweep.h"

/* "loglog run demo.yaml --train.lr 0.01", cut to size. Returns buf. */
const char *ll_launch_command(char *buf, size_t size, const ll_verb *verb, int argc, char **argv);

/* How many rungs are in Slurm's queue, and what brings them in; on standard error. */
void ll_queued_print(const ll_sweep *s, bool quiet);

ll_status ll_launch(ll_sweep *s, bool quiet, ll_error *err);

#endif
