/* The loop's first half on a model that is only asked, such as a large one behind an endpoint: it is sampled and
 * judged, what violates is sampled again or revised by the model itself in words, and nothing is trained.
 *
 *     const ll_loop_asked how = { .endpoint = { .url = "http://127.0.0.1:8080/v1" }, .prompts = "prompts.jsonl",
 *                                 .column = "text", .store = "loglog.db" };
 *     LL_TRY(ll_loop_ask(&table, &constitution, &how, err));
 *     ll_loop_print(out, &table, &constitution);
 *     ll_loop_table_clear(&table);
 *
 * The table has one run, named after the model, and the stages before; resampled (from where the violation begins, the
 * best of some tries); written (the model is asked where its answer breaks the principle, then for the answer
 * again, as in section 3.1 of Bai et al. 2022; the best of some tries, as many rounds); and bestof.N. A written
 * answer that is empty is not taken.
 */
#ifndef LL_SWEEP_CONSTITUTION_LOOP_ASKED_H
#define LL_SWEEP_CONSTITUTION_LOOP_ASKED_H

#include "probe/endpoint/endpoint.h"
#include "sweep/constitution/loop.h"

typedef struct ll_loop_asked {
    ll_endpoint_opts endpoint;
    const char *prompts,
        *column;             /* rows (probe/items/rows.h) and their column of prompts; the first prompts.held_out */
    const char *store;       /* of judges that are runs of one */
    bool (*stop)(void *ctx); /* asked between two answers; NULL: never */
    void *ctx;
} ll_loop_asked;

/* LL_EINPUT for a constitution with a learned judge, which has no run to learn from, and a file without prompts;
 * LL_EIO for a server that fails; LL_ESTOP. */
ll_status ll_loop_ask(ll_loop_table *out, const ll_constitution *c, const ll_loop_asked *how, ll_error *err);

#endif
