/* Saved items: what a probe tells of each item, as FOLDER/RUN.PROBE.jsonl, where a '/' of the run's id is a '-'. The
 * first line says whose they are and how they were taken, as {"schema": "loglog.probe-items/1", "run", "probe",
 * "settings"}; then a line an item. Written beside and renamed.
 *
 *     ll_saved_items s;
 *     LL_TRY(ll_saved_items_begin(&s, &whose, err));
 *     ... ll_saved_items_put(&s, item); ...
 *     LL_TRY(ll_saved_items_end(&s, status, err));
 */
#ifndef LL_SWEEP_ASKING_SAVED_ITEMS_H
#define LL_SWEEP_ASKING_SAVED_ITEMS_H

#include <stdbool.h>

#include "base/document/json.h"
#include "base/system/file.h"

typedef struct ll_items_of {
    const char *folder, *run, *probe, *settings;
} ll_items_of;

typedef struct ll_saved_items {
    ll_file file;
    bool starved;
} ll_saved_items;

/* Whether the file is there and was taken so. */
bool ll_saved_items_there(const ll_items_of *whose);

/* Makes the folder where it is not there. */
ll_status ll_saved_items_begin(ll_saved_items *s, const ll_items_of *whose, ll_error *err);
void ll_saved_items_put(void *s, ll_json *item); /* takes the item over */

/* Commits the file where status, of what told the items, is LL_OK; else it is abandoned. Returns that status, or why
 * the file could not be written. */
ll_status ll_saved_items_end(ll_saved_items *s, ll_status status, ll_error *err);

#endif
