/* Named values that a template's placeholders and an expression's variables stand for.
 *
 *     const ll_placeholder at[] = { { "width", NULL, 64 }, { "out", "runs/1", NAN } };
 *     const ll_placeholders places = { at, 2, NULL };
 */
#ifndef LL_SWEEP_COMMAND_PLACEHOLDERS_H
#define LL_SWEEP_COMMAND_PLACEHOLDERS_H

#include <stdbool.h>
#include <stddef.h>

#include "loglog/error.h"

typedef struct ll_placeholder {
    const char *name, *text; /* text NULL: the number is meant */
    double v;
    bool spliced; /* text is a template of its own, whose words take the place of the one */
} ll_placeholder;

typedef struct ll_placeholders {
    const ll_placeholder *at;
    int n;
    size_t *fault; /* where a text that is wrong is wrong, in bytes; may be NULL */
} ll_placeholders;

enum { LL_PLACEHOLDER_NAME = 32 };

/* What the braces at text hold: "{name}" is n bytes of it. LL_EINPUT names the nearest name that is known. */
ll_status ll_placeholder_find(const ll_placeholders *places, const char *whole, const char *at,
                              const ll_placeholder **out, size_t *n, ll_error *err);

/* Notes the place at in the whole text, and returns LL_EINPUT with the message. */
ll_status ll_placeholder_fail(const ll_placeholders *places, const char *whole, const char *at, ll_error *err,
                              const char *fmt, ...) LL_PRINTF(5, 6);

#endif
