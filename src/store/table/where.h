/* The filter language of tables and of the store: comparison [and comparison]...
 *
 *     kept_in_fit = 1 and "Training compute (FLOP)" >= 1e21 and family != 'gpt 2'
 *
 * A comparison is NAME OP VALUE, OP one of = != < <= > >=; a name or value with blanks stands in quotes. A bare
 * value that reads as a number compares as one. What is missing equals only '' and differs from all else.
 */
#ifndef LL_STORE_TABLE_WHERE_H
#define LL_STORE_TABLE_WHERE_H

#include <stdbool.h>

#include "loglog/error.h"

typedef enum ll_where_op {
    LL_WHERE_EQ = 0,
    LL_WHERE_NE,
    LL_WHERE_LT,
    LL_WHERE_LE,
    LL_WHERE_GT,
    LL_WHERE_GE
} ll_where_op;

enum { LL_WHERE_MAX = 32 };

typedef struct ll_where_term {
    char name[128], text[256];
    ll_where_op op;
    bool is_number; /* then num is the value */
    double num;
    int position; /* of the name in the clause, from 1 */
} ll_where_term;

typedef struct ll_where {
    int n;
    ll_where_term term[LL_WHERE_MAX];
} ll_where;

/* NULL or blank: no terms. Syntax errors are LL_EINPUT and name the position. */
ll_status ll_where_parse(ll_where *w, const char *text, ll_error *err);

/* The value is text, or num where text is NULL; NaN and "" are missing. */
bool ll_where_holds(const ll_where_term *term, const char *text, double num);

/* "", blanks, nan, NA, N/A, null and none in any case: a number that is not there. */
bool ll_is_missing(const char *text);

#endif
