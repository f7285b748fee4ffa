/* What 'report --programme' writes: the page of a programme's result, its figures, or both. */
#ifndef LL_CLI_LAW_PROGRAMME_REPORT_H
#define LL_CLI_LAW_PROGRAMME_REPORT_H

#include "base/document/json.h"

typedef struct ll_programme_order {
    const char *result;
    const char *out;     /* the page; NULL: none */
    const char *figures; /* a folder; "": none */
} ll_programme_order;

/* Pushes the path of each file written onto files. missing as of ll_report_page. */
ll_status ll_programme_write(const ll_programme_order *order, ll_json *files, char missing[LL_ERROR_MAX],
                             ll_error *err);

#endif
