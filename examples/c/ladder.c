/* Trains a ladder and shows its progress in one's own way.
 *     cc ladder.c -o ladder $(pkg-config --cflags --libs loglog) && ./ladder ladder.yaml ladder.db */
#include <loglog/train.h>
#include <stdio.h>

static void point(void *ctx, const ll_train_progress *p) {
    (void)ctx;
    printf("%s: step %lld of %lld, loss %.4f\n", p->run, (long long)p->step, (long long)p->steps, p->loss);
}

static void done(void *ctx, const ll_train_progress *p) {
    ++*(int *)ctx;
    printf("%s: done, loss %.4f after %.3g tokens\n", p->run, p->loss, p->tokens_seen);
}

int main(int argc, char **argv) {
    ll_error err = { 0 };
    int runs = 0;
    ll_train_watch watch = { .point = point, .done = done, .ctx = &runs };
    if (argc < 2) return fprintf(stderr, "usage: ladder SPEC.yaml [STORE]\n"), 2;
    if (ll_train_ladder(argv[1], argc > 2 ? argv[2] : NULL, &watch, &err) != LL_OK)
        return fprintf(stderr, "%s\n", err.msg), 1;
    printf("%d runs trained\n", runs);
    return 0;
}
