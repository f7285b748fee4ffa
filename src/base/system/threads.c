#define _GNU_SOURCE
#include "base/system/threads.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/system/starved.h"

#ifdef __SSE__
#include <xmmintrin.h>
#endif

/* One pool for the process. Its threads are started when they are first needed, and never end. A thread that waits
 * looks a short while for its next loop and then sleeps: on a machine with other work to do, longer spinning makes
 * everything slow. */
enum { MAX_THREADS = 256, LOOKS = 1000 };

static struct {
    pthread_mutex_t busy; /* held by the loop that has the pool */
    pthread_mutex_t lock; /* of everything below but the atomics */
    pthread_cond_t wake, done;
    int size;           /* threads that were started; the caller is worker 0 beside them */
    atomic_ulong loop;  /* number of the present loop */
    atomic_int working; /* pool threads that have not finished with it */
    int threads;
    int64_t n;
    atomic_llong next;
    ll_task *task;
    void *ctx;
    atomic_llong starved; /* how often memory ran out in its threads, of the present loop */
} pool = { .busy = PTHREAD_MUTEX_INITIALIZER,
           .lock = PTHREAD_MUTEX_INITIALIZER,
           .wake = PTHREAD_COND_INITIALIZER,
           .done = PTHREAD_COND_INITIALIZER };

static _Thread_local bool in_loop;

static void pause_a_moment(void) {
#ifdef __SSE__
    _mm_pause();
#endif
}

int ll_threads_available(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
    int n = CPU_COUNT(&set);
    return n > 0 ? n : 1;
}

static void take_turns(int worker) {
    const int64_t before = ll_starved();
    int64_t i;
    in_loop = true;
    while ((i = atomic_fetch_add(&pool.next, 1)) < pool.n) pool.task(pool.ctx, i, worker);
    in_loop = false;
    if (worker) atomic_fetch_add(&pool.starved, ll_starved() - before);
}

/* Waits for a loop other than the last one seen; true when this worker has a part in it. */
static bool wait_for_loop(unsigned long *seen, int worker) {
    for (int i = 0; i < LOOKS && atomic_load(&pool.loop) == *seen; i++) pause_a_moment();
    pthread_mutex_lock(&pool.lock);
    while (atomic_load(&pool.loop) == *seen) pthread_cond_wait(&pool.wake, &pool.lock);
    *seen = atomic_load(&pool.loop);
    bool mine = worker < pool.threads;
    pthread_mutex_unlock(&pool.lock);
    return mine;
}

static void *work(void *number) {
    const int worker = (int)(intptr_t)number;
    unsigned long seen = 0;
    for (;;) {
        if (!wait_for_loop(&seen, worker)) continue;
        take_turns(worker);
        if (atomic_fetch_sub(&pool.working, 1) != 1) continue;
        pthread_mutex_lock(&pool.lock);
        pthread_cond_signal(&pool.done);
        pthread_mutex_unlock(&pool.lock);
    }
    return NULL;
}

/* A process that forks takes no threads along: its child begins with an empty pool. */
static void empty(void) {
    pthread_mutex_init(&pool.busy, NULL);
    pthread_mutex_init(&pool.lock, NULL);
    pthread_cond_init(&pool.wake, NULL);
    pthread_cond_init(&pool.done, NULL);
    pool.size = 0;
    atomic_store(&pool.working, 0);
    in_loop = false;
}

static void mind_forks(void) {
    pthread_atfork(NULL, NULL, empty);
}

/* As many as asked for, or as the system gives. Under busy. */
static int grow(int threads) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, mind_forks);
    for (; pool.size < threads - 1; pool.size++) {
        pthread_t t;
        if (pthread_create(&t, NULL, work, (void *)(intptr_t)(pool.size + 1)) != 0) break;
        pthread_detach(t);
    }
    return pool.size + 1 < threads ? pool.size + 1 : threads;
}

static void run_loop(int64_t n, int threads, ll_task *task, void *ctx) {
    pthread_mutex_lock(&pool.lock);
    pool.threads = grow(threads);
    pool.n = n;
    pool.task = task;
    pool.ctx = ctx;
    atomic_store(&pool.starved, 0);
    atomic_store(&pool.next, 0);
    atomic_store(&pool.working, pool.threads - 1);
    atomic_fetch_add(&pool.loop, 1);
    pthread_cond_broadcast(&pool.wake);
    pthread_mutex_unlock(&pool.lock);
    take_turns(0);
    for (int i = 0; i < LOOKS && atomic_load(&pool.working); i++) pause_a_moment();
    pthread_mutex_lock(&pool.lock);
    while (atomic_load(&pool.working)) pthread_cond_wait(&pool.done, &pool.lock);
    pthread_mutex_unlock(&pool.lock);
    ll_starve(atomic_load(&pool.starved)); /* it is the caller's answer that lacks something */
}

void ll_threads_for(int64_t n, int threads, ll_task *task, void *ctx) {
    if (threads > n) threads = (int)n;
    if (threads > MAX_THREADS) threads = MAX_THREADS;
    if (threads > 1 && !in_loop && pthread_mutex_trylock(&pool.busy) == 0) {
        run_loop(n, threads, task, ctx);
        pthread_mutex_unlock(&pool.busy);
        return;
    }
    for (int64_t i = 0; i < n; i++) task(ctx, i, 0);
}

uint64_t ll_threads_flush_denormals(void) {
#if defined(__SSE__)
    const uint64_t before = _mm_getcsr();
    _mm_setcsr((unsigned)before | 0x8040); /* flush to zero, denormals are zero */
    return before;
#elif defined(__aarch64__)
    uint64_t fpcr;
    __asm__ volatile("mrs %0, fpcr" : "=r"(fpcr));
    __asm__ volatile("msr fpcr, %0" : : "r"(fpcr | (1u << 24)));
    return fpcr;
#else
    return 0;
#endif
}

void ll_threads_restore_denormals(uint64_t before) {
#if defined(__SSE__)
    _mm_setcsr((unsigned)before);
#elif defined(__aarch64__)
    __asm__ volatile("msr fpcr, %0" : : "r"(before));
#else
    (void)before;
#endif
}
