#include "base/words/nearest.h"

#include <stdio.h>
#include <string.h>

static int least(int a, int b) {
    return a < b ? a : b;
}

int ll_nearest_distance(const char *a, int na, const char *b, int nb) {
    int rows[3][LL_NEAREST_TEXT];
    for (int j = 0; j <= nb; j++) rows[0][j] = j;
    for (int i = 1; i <= na; i++) {
        int *now = rows[i % 3];
        const int *last = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];
        now[0] = i;
        for (int j = 1; j <= nb; j++) {
            now[j] = least(last[j - 1] + (a[i - 1] != b[j - 1]), least(last[j], now[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = least(now[j], before[j - 2] + 1);
        }
    }
    return rows[na % 3][nb];
}

static void try(ll_nearest *n, const char *known, size_t length) {
    size_t typed = strlen(n->word);
    if (typed >= LL_NEAREST_WORD || length >= LL_NEAREST_WORD) return;
    int d = ll_nearest_distance(n->word, (int)typed, known, (int)length), most = least(3, 1 + (int)typed / 3);
    if (d > most || d >= (int)typed || (*n->best && d >= n->distance)) return;
    n->distance = d;
    memcpy(n->best, known, length);
    n->best[length] = 0;
}

void ll_nearest_try(ll_nearest *n, const char *known) {
    try(n, known, strlen(known));
}

void ll_nearest_try_all(ll_nearest *n, const char *known) {
    for (const char *p = known; p && *p;) {
        size_t length = strcspn(p, " ");
        try(n, p, length);
        p += length + strspn(p + length, " ");
    }
}

const char *ll_nearest_hint(const ll_nearest *n, char buf[LL_NEAREST_HINT]) {
    buf[0] = 0;
    if (*n->best) snprintf(buf, LL_NEAREST_HINT, ", did you mean '%s'?", n->best);
    return buf;
}
