/* What the program answers, asked as a child of its own: the numbers are those of the command line, and no question can
 * hurt who serves it. Answers are kept while the store has not changed; who asks what is being asked waits for it; so
 * many children run at a time as there are cores, two at least.
 *
 *     LL_TRY(ll_site_answers_new(&a, "loglog.db", 60, err));
 *     LL_TRY(ll_site_answers_ask(a, ask.argv, true, &said, err));
 *     said.text, said.code
 *     ll_site_said_clear(&said);
 */
#ifndef LL_SWEEP_SITE_SITE_ANSWERS_H
#define LL_SWEEP_SITE_SITE_ANSWERS_H

#include <stdbool.h>
#include <stddef.h>

#include "loglog/error.h"

typedef struct ll_site_said {
    int code;   /* of the program */
    char *text; /* its document; NULL where it printed none */
    size_t size;
    char *complaint; /* the last line of its standard error, without "loglog: " */
    bool late;       /* it took longer than the limit */
} ll_site_said;

typedef struct ll_site_answers ll_site_answers;

ll_status ll_site_answers_new(ll_site_answers **out, const char *store, int limit_s, ll_error *err);
void ll_site_answers_free(ll_site_answers *a); /* after the last question; NULL is fine */

/* From several threads. kept: the answer depends on the store and the question alone. */
ll_status ll_site_answers_ask(ll_site_answers *a, const char *const argv[], bool kept, ll_site_said *out,
                              ll_error *err);
void ll_site_said_clear(ll_site_said *said);

#endif
