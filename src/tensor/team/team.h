/* A team: a kernel table whose kernels are shared out over threads, for one rung that has more cores than
 * micro-batches.
 *
 *     ll_team team = { .under = k, .threads = 2, .room = room, .each = LL_ATTENTION_WORK(T, S) };
 *     ll_kernels shared;
 *     ll_team_join(&team, &shared);        this thread leads it
 *     ll_model_grad(&m, &shared, ...);     the same bits as with k
 *     ll_team_leave();
 *
 * Each thread has whole rows, columns or heads of what a kernel writes, so that the order of every sum is that of
 * the table under it. Kernels that share out the same rows one after the other are one loop of base/system/threads.h, and
 * so are those of the heads, and the gradients of parameters: they are put off until a call is shared out in another
 * way, or until finish(). A thread that comes late finds its part done. What is too small to share stays with the leader,
 * and so do products of a table whose bits depend on their rows (ll_kernels.whole).
 *
 * For families that attend: what they do besides kernels touches nothing that a kernel put off reads or writes.
 */
#ifndef LL_TENSOR_TEAM_TEAM_H
#define LL_TENSOR_TEAM_TEAM_H

#include "tensor/kernels.h"

typedef struct ll_team {
    const ll_kernels *under;
    int threads; /* may change from one kernel to the next, up to those that there is room for */
    ll_real *room;
    int64_t each; /* room of each thread but the leader, reals: LL_ATTENTION_WORK(T, S) */
} ll_team;

/* This thread leads the team, which it keeps, until it leaves; shared is its table, for this thread alone. */
void ll_team_join(const ll_team *team, ll_kernels *shared);
void ll_team_leave(void);

#endif
