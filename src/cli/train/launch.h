/* What the verbs that train share: the command for the record, how a ladder is worked on, and a sweep with its
 * progress shown. */
#ifndef LL_CLI_TRAIN_LAUNCH_H
#define LL_CLI_TRAIN_LAUNCH_H

#include "cli/cli.h"
#include "sweep/sweep.h"

/* "loglog run demo.yaml --train.lr 0.01", cut to size. Returns buf. */
const char *ll_launch_command(char *buf, size_t size, const ll_verb *verb, int argc, char **argv);

/* How a ladder is worked on, which does not change what it is: beside its spec, so that 'ladder start' goes on as
 * 'run' began, from where relative paths count. */
typedef struct ll_how {
    char folder[LL_OPTION_TEXT];
    char ledger[LL_OPTION_TEXT], policy[LL_OPTION_TEXT], evidence[LL_OPTION_TEXT], waiver[LL_OPTION_TEXT];
    char changed_text[LL_OPTION_NAME];
    int64_t workers, ranks;
    double memory;
} ll_how;

/* The text of how.yaml, in the working folder; the caller's to free. */
ll_status ll_how_text(ll_how *how, char **text, ll_error *err);

/* A ladder's how.yaml; where there is none, the defaults and folder "". */
ll_status ll_how_load(ll_how *how, const char *ladder_folder, ll_error *err);

/* The flags of 'run' that say it; returns how many. */
enum { LL_HOW_FLAGS = 8 };
typedef char ll_how_flag[LL_OPTION_TEXT + LL_OPTION_NAME];
int ll_how_flags(const ll_how *how, ll_how_flag flag[LL_HOW_FLAGS]);

/* How many rungs are in Slurm's queue, and what brings them in; on standard error. */
void ll_queued_print(const ll_sweep *s, bool quiet);

ll_status ll_launch(ll_sweep *s, bool quiet, ll_error *err);

#endif
