/* Rungs written down for people who start them by hand: as a table with a column for the loss, which comes back with
 * `runs import`, or as a script.
 *
 *     LL_TRY(ll_hand_out_open(&h, "rungs.csv", err));          or .sh
 *     LL_TRY(ll_hand_out_rung(&h, id, command, shell, &places, err));       each of them
 *     LL_TRY(ll_hand_out_close(&h, err));                      or abandon
 */
#ifndef LL_SWEEP_COMMAND_HAND_OUT_H
#define LL_SWEEP_COMMAND_HAND_OUT_H

#include "base/system/file.h"
#include "sweep/command/placeholders.h"

typedef struct ll_hand_out {
    ll_file file;
    bool script;
    int rungs;
} ll_hand_out;

/* LL_EINPUT when the path ends neither with .csv nor with .sh. */
ll_status ll_hand_out_open(ll_hand_out *h, const char *path, ll_error *err);

/* id: of the run, which the table calls it by. command: a template, "" where there is none. In the table every
 * placeholder is a column. */
ll_status ll_hand_out_rung(ll_hand_out *h, const char *id, const char *command, bool shell,
                           const ll_placeholders *places, ll_error *err);

ll_status ll_hand_out_close(ll_hand_out *h, ll_error *err);
void ll_hand_out_abandon(ll_hand_out *h);

#endif
