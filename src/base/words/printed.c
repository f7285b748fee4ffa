#define _GNU_SOURCE /* fopencookie */
#include "base/words/printed.h"

#include <stdlib.h>
#include <string.h>

static bool make_room(ll_printed *p, size_t n) {
    if (p->room - p->size > n) return true; /* and one for the end */
    const size_t room = 2 * (p->size + n) + 256;
    char *more = realloc(p->text, room);
    if (!more) return false;
    p->text = more;
    p->room = room;
    return true;
}

static ssize_t append(void *printed, const char *bytes, size_t n) {
    ll_printed *p = printed;
    if (p->starved || !make_room(p, n)) {
        p->starved = true;
        return 0;
    }
    memcpy(p->text + p->size, bytes, n);
    p->size += n;
    return (ssize_t)n;
}

FILE *ll_printed_open(ll_printed *p) {
    *p = (ll_printed) { 0 };
    p->out = fopencookie(p, "w", (cookie_io_functions_t) { .write = append });
    return p->out;
}

char *ll_printed_close(ll_printed *p) {
    const bool whole = p->out && fclose(p->out) == 0 && !p->starved && make_room(p, 0);
    p->out = NULL;
    if (whole) {
        p->text[p->size] = 0;
        return p->text;
    }
    free(p->text);
    *p = (ll_printed) { .starved = true };
    return NULL;
}
