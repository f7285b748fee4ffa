/* A JSON document whose last member is a long list, printed item by item: the same text that ll_cli_json prints of the
 * whole, and never held whole.
 *
 *     ll_json_list list;
 *     LL_TRY(ll_json_list_open(&list, doc, "runs", err));
 *     LL_TRY(ll_json_list_item(&list, ll_run_json(run), err));      each
 *     ll_json_list_close(&list);
 */
#ifndef LL_CLI_RUNS_JSON_LIST_H
#define LL_CLI_RUNS_JSON_LIST_H

#include "base/document/json.h"

typedef struct ll_json_list {
    int64_t n;
} ll_json_list;

/* Frees the document, to which the list is added under key. */
ll_status ll_json_list_open(ll_json_list *list, ll_json *doc, const char *key, ll_error *err);
ll_status ll_json_list_item(ll_json_list *list, ll_json *item, ll_error *err); /* frees it */
void ll_json_list_close(ll_json_list *list);

#endif
