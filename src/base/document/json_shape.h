/* The shape that a JSON document of others has to have: one table says which keys, and what stands under them.
 *
 *     static const ll_json_shape shape[] = {
 *         { "name", LL_SHAPE_TEXT },
 *         { "ci", LL_SHAPE_SPAN, .or_null = true },
 *         { 0 },
 *     };
 *     LL_TRY(ll_json_check(shape, doc, "result.json", err));
 *
 * Every key of a table is there and no other is; the error names the file and the place, such as
 * "result.json: runs.small.ci: expected two numbers, the lower first". What has been checked can be read without
 * asking again.
 */
#ifndef LL_BASE_DOCUMENT_JSON_SHAPE_H
#define LL_BASE_DOCUMENT_JSON_SHAPE_H

#include "base/document/json.h"

typedef enum ll_json_shape_kind {
    LL_SHAPE_TEXT = 1,
    LL_SHAPE_WORD, /* a text, one of words */
    LL_SHAPE_BOOL,
    LL_SHAPE_NUMBER,  /* from lo to hi, where they are not both 0 */
    LL_SHAPE_SPAN,    /* two numbers, the lower first */
    LL_SHAPE_NUMBERS, /* an array; null: there is none at this place */
    LL_SHAPE_TEXTS,   /* an array */
    LL_SHAPE_OBJECT,  /* of this shape */
    LL_SHAPE_LIST,    /* an array of objects of this shape, from lo to hi of them */
    LL_SHAPE_NAMED    /* objects of this shape, by names of letters, digits, '_' and '-' */
} ll_json_shape_kind;

enum { LL_SHAPE_NAME = 64 }; /* letters of a name, at most */

typedef struct ll_json_shape ll_json_shape;
struct ll_json_shape {
    const char *key;
    ll_json_shape_kind kind;
    bool or_null, may_lack;
    double lo, hi;
    const char *words; /* separated by blanks; '_' stands for a blank in a word */
    const ll_json_shape *of;
};

/* shape ends with a key NULL. LL_EFORMAT with one line. */
ll_status ll_json_check(const ll_json_shape *shape, const ll_json *object, const char *where, ll_error *err);

#endif
