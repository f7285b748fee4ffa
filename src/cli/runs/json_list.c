#include "cli/runs/json_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/system/starved.h"
#include "cli/print.h"

static const char empty[] = "[]\n}"; /* how a document ends whose last member is an empty list */

ll_status ll_json_list_open(ll_json_list *list, ll_json *doc, const char *key, ll_error *err) {
    char *text;
    *list = (ll_json_list) { 0 };
    ll_json_set(doc, key, ll_json_array());
    LL_TRY(ll_json_answer(doc, ll_starved(), &text, err));
    ll_say_json_part(text, strlen(text) - strlen(empty));
    ll_say_json_part("[", 1);
    free(text);
    return LL_OK;
}

/* Two steps further in; no text of a JSON document holds an end of line. */
static void say_inside(const char *text) {
    enum { INDENT = 4 };
    for (size_t n; *text; text += n) {
        n = strcspn(text, "\n");
        n += text[n] == '\n';
        ll_say_json_part("    ", INDENT);
        ll_say_json_part(text, n);
    }
}

ll_status ll_json_list_item(ll_json_list *list, ll_json *item, ll_error *err) {
    char *text = ll_json_text(item, true);
    ll_json_free(item);
    if (!text) return LL_FAIL(err, LL_ENOMEM, "out of memory");
    if (list->n++) ll_say_json_part(",", 1);
    ll_say_json_part("\n", 1);
    say_inside(text);
    free(text);
    return LL_OK;
}

void ll_json_list_close(ll_json_list *list) {
    ll_say_json(list->n ? "\n  ]\n}" : "]\n}");
}
