#include "sweep/slurm/arrays.h"

#include <math.h>
#include <stdlib.h>

#include "base/system/starved.h"

#define FACTOR 4.0 /* between the costs of one array */

typedef struct item {
    int64_t rung, after, class;
    double cost;
} item;

static int order_of(int64_t a, int64_t b) {
    return (a > b) - (a < b);
}

/* Those that wait for nothing, class by class from the longest; then the branches of each trunk. */
static int compare(const void *left, const void *right) {
    const item *a = left, *b = right;
    if (a->after != b->after) return order_of(a->after, b->after);
    if (a->class != b->class) return order_of(a->class, b->class);
    if (a->cost != b->cost) return a->cost < b->cost ? 1 : -1;
    return order_of(a->rung, b->rung);
}

static int64_t class_of(double cost, double most) {
    return cost > 0 && most > 0 ? (int64_t)floor(log(most / cost) / log(FACTOR)) : 0;
}

/* Cut where trunk or class changes, or an array is full. */
static void cut(ll_slurm_plan *p, const item *items, const ll_slurm_rung *rungs, int64_t most) {
    for (int64_t k = 0; k < p->rungs; k++) {
        const item *i = &items[k];
        ll_slurm_group *g = p->n ? &p->at[p->n - 1] : NULL;
        if (!g || g->n == most || i->after != items[k - 1].after || i->class != items[k - 1].class) {
            g = &p->at[p->n++];
            *g = (ll_slurm_group) { .first = k, .after = i->after };
        }
        g->n++;
        g->memory = fmax(g->memory, rungs[i->rung].memory);
        p->order[k] = i->rung;
    }
}

ll_status ll_slurm_plan_make(ll_slurm_plan *out, const ll_slurm_rung *rungs, int64_t n, int64_t most,
                             ll_error *err) {
    double longest = 0;
    *out = (ll_slurm_plan) { .at = calloc((size_t)n + 1, sizeof *out->at),
                             .order = calloc((size_t)n + 1, sizeof *out->order) };
    item *items = calloc((size_t)n + 1, sizeof *items);
    if (!out->at || !out->order || !items) {
        ll_slurm_plan_free(out);
        free(items);
        return LL_FAIL(err, LL_ENOMEM, "out of memory");
    }
    for (int64_t i = 0; i < n; i++)
        if (rungs[i].waits) longest = fmax(longest, rungs[i].cost);
    for (int64_t i = 0; i < n; i++)
        if (rungs[i].waits)
            items[out->rungs++] = (item) { i, rungs[i].after, class_of(rungs[i].cost, longest), rungs[i].cost };
    qsort(items, (size_t)out->rungs, sizeof *items, compare);
    cut(out, items, rungs, most);
    free(items);
    return LL_OK;
}

void ll_slurm_plan_free(ll_slurm_plan *p) {
    free(p->at);
    free(p->order);
    *p = (ll_slurm_plan) { 0 };
}

/* ---- on paper ---- */

typedef struct task {
    double ends;
    int64_t rung, group;
} task;

typedef struct paper {
    const ll_slurm_plan *plan;
    const ll_slurm_rung *rungs;
    task *heap; /* [running], the one that ends first on top */
    int64_t running, slots, throttle;
    int64_t *next, *busy; /* [groups]: the task that starts next; how many run */
    bool *done;           /* [n] */
    double now;
} paper;

static void swap(task *a, task *b) {
    const task t = *a;
    *a = *b;
    *b = t;
}

static void push(paper *p, task t) {
    int64_t at = p->running++;
    p->heap[at] = t;
    for (; at > 0 && p->heap[(at - 1) / 2].ends > p->heap[at].ends; at = (at - 1) / 2)
        swap(&p->heap[(at - 1) / 2], &p->heap[at]);
}

static task pop(paper *p) {
    const task top = p->heap[0];
    p->heap[0] = p->heap[--p->running];
    for (int64_t at = 0;;) {
        int64_t least = at;
        for (int64_t c = 2 * at + 1; c <= 2 * at + 2 && c < p->running; c++)
            if (p->heap[c].ends < p->heap[least].ends) least = c;
        if (least == at) return top;
        swap(&p->heap[at], &p->heap[least]);
        at = least;
    }
}

/* Is what it waits for done, or nothing that is submitted here? */
static bool may_start(const paper *p, int64_t k) {
    const ll_slurm_group *g = &p->plan->at[k];
    return p->next[k] < g->n && (p->throttle == 0 || p->busy[k] < p->throttle) &&
           (g->after < 0 || !p->rungs[g->after].waits || p->done[g->after]);
}

static void start_all(paper *p) {
    for (int64_t k = 0; k < p->plan->n; k++)
        while (p->running < p->slots && may_start(p, k)) {
            const int64_t rung = p->plan->order[p->plan->at[k].first + p->next[k]++];
            p->busy[k]++;
            push(p, (task) { p->now + p->rungs[rung].seconds, rung, k });
        }
}

static double run(paper *p) {
    for (start_all(p); p->running > 0; start_all(p)) {
        const task t = pop(p);
        p->now = t.ends;
        p->done[t.rung] = true;
        p->busy[t.group]--;
    }
    return p->now;
}

static double bound_of(const ll_slurm_rung *rungs, int64_t n, int64_t slots) {
    double work = 0, chain = 0;
    for (int64_t i = 0; i < n; i++) {
        if (!rungs[i].waits) continue;
        const int64_t trunk = rungs[i].after;
        work += rungs[i].seconds;
        chain = fmax(chain, rungs[i].seconds + (trunk >= 0 && rungs[trunk].waits ? rungs[trunk].seconds : 0));
    }
    return fmax(chain, work / (double)slots);
}

ll_slurm_paper ll_slurm_on_paper(const ll_slurm_plan *plan, const ll_slurm_rung *rungs, int64_t n, int64_t slots,
                                 int64_t throttle) {
    paper p = { .plan = plan, .rungs = rungs, .slots = slots, .throttle = throttle };
    p.heap = ll_counted(calloc((size_t)plan->rungs + 1, sizeof *p.heap));
    p.next = ll_counted(calloc((size_t)plan->n + 1, sizeof *p.next));
    p.busy = ll_counted(calloc((size_t)plan->n + 1, sizeof *p.busy));
    p.done = ll_counted(calloc((size_t)n + 1, sizeof *p.done));
    const bool room = p.heap && p.next && p.busy && p.done;
    ll_slurm_paper out = { room ? run(&p) : NAN, bound_of(rungs, n, slots) };
    free(p.heap);
    free(p.next);
    free(p.busy);
    free(p.done);
    return out;
}
