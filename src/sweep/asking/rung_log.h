/* The end of what a rung's command printed: of the log that a command's rung leaves in its ladder's folder.
 *
 *     ll_json *lines = ll_rung_log("loglog.db", &run);       ["step 10 loss 3.2", ...]
 */
#ifndef LL_SWEEP_ASKING_RUNG_LOG_H
#define LL_SWEEP_ASKING_RUNG_LOG_H

#include "base/document/json.h"
#include "store/store.h"

enum { LL_RUNG_LOG_LINES = 40 };

/* An array of its last lines, oldest first, each as ll_text_visible shows it; of a line that was written over, what it
 * became. Empty where the run has no log. The file is named by the run as the store has it, and lies in the ladder's
 * folder. */
ll_json *ll_rung_log(const char *store, const ll_run *run);

#endif
