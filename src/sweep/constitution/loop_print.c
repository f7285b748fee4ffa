#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "store/table/csv.h"
#include "sweep/constitution/loop.h"

/* stage, kind, number */
static void print_stage(FILE *out, const char *stage) {
    const char *dot = strrchr(stage, '.');
    const int n = dot ? (int)(dot - stage) : (int)strlen(stage);
    fprintf(out, ",%.*s,%.*s,", n, stage, dot ? n : 5,
            dot                          ? stage
            : strncmp(stage, "flip_", 5) ? "stage"
                                         : "flip_");
    if (dot) fputs(dot + 1, out);
}

void ll_loop_print(FILE *out, const ll_loop_table *t, const ll_constitution *c) {
    const int all = LL_LOOP_WHAT + c->n;
    fputs("run,params,tokens,seed,labels,stage,kind,number,d,proxy_good,gold_good,cost,cost_lo,cost_hi", out);
    for (int w = 0; w < all; w++) fprintf(out, ",%s,%s_se", ll_loop_what(c, w), ll_loop_what(c, w));
    fputs("\n", out);
    for (int64_t i = 0; i < t->rows; i++) {
        const ll_loop_row *r = &t->row[i];
        const ll_run *run = &t->run[r->run];
        ll_csv_print(out, run->name);
        ll_csv_next_number(out, run->params);
        ll_csv_next_number(out, run->tokens);
        fprintf(out, ",%lld,%lld", (long long)run->seed, (long long)ll_constitution_labels(c));
        print_stage(out, r->stage);
        ll_csv_next_number(out, sqrt(fmax(r->value[LL_LOOP_KL], 0)));
        ll_csv_next_number(out, 1 - r->value[LL_LOOP_ALL]);
        ll_csv_next_number(out, 1 - r->value[LL_LOOP_GOLD]);
        ll_csv_next_number(out, r->cost.value);
        ll_csv_next_number(out, r->cost.lo);
        ll_csv_next_number(out, r->cost.hi);
        for (int w = 0; w < all; w++) {
            ll_csv_next_number(out, r->value[w]);
            ll_csv_next_number(out, r->se[w]);
        }
        fputs("\n", out);
    }
}
