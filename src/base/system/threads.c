#define _GNU_SOURCE
#include "base/system/threads.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/system/clock.h"
#include "base/system/starved.h"

#ifdef __SSE__
#include <xmmintrin.h>
#endif

/* One pool for the process. Its threads are started when they are first needed, and never end. A thread that waits
 * looks a while for its next task and then sleeps. Nobody waits for a thread that has nothing to do: one that wakes
 * late finds its tasks done by others. */
enum { MAX_THREADS = 256, LOOKS = 1000, LOOKS_A_CLOCK = 16, MOST_RESTS = 256, LINE = 64 };
#define LONG_S 1e-4 /* to wake up takes about as long, where the core has gone to sleep with its thread */

/* The number of the present loop above, how many of its tasks nobody has taken below. The other fields of a loop are
 * written while that is zero and read before a task is taken: who has taken one has read those of its loop. */
typedef unsigned long long ticket;
#define LEFT(t) ((int64_t)((t)&0xffffffff))
#define NEXT_LOOP(t, n) ((((t) >> 32) + 1) << 32 | (ticket)(n))

static struct {
    pthread_mutex_t busy; /* held by the loop that has the pool */
    pthread_mutex_t lock; /* of the two below */
    pthread_cond_t wake, done;
    int size; /* threads that were started; the caller is worker 0 beside them; under busy */
    /* What threads look at while they wait lies on lines of the cache of its own: nothing else that is written takes
     * such a line from them. */
    _Alignas(LINE) _Atomic(ticket) ticket;
    _Alignas(LINE) atomic_int threads; /* of the present loop, as the next four */
    atomic_llong n;
    _Atomic(ll_task *) task;
    _Atomic(void *) ctx;
    atomic_llong starved;                 /* how often memory ran out in its threads */
    _Alignas(LINE) atomic_llong finished; /* tasks */
    _Alignas(LINE) atomic_int asleep;     /* threads that have to be woken */
    atomic_bool waits;                    /* the caller has to be woken */
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

/* Loops follow one another within microseconds, unless another program has the core of whom is waited for: then a
 * long look keeps it from one that could work. So after a long look in vain the next ones are short, twice as many
 * each time, and one fewer after each that was not. */
static _Thread_local struct {
    int rests, left; /* short looks between two long ones, and those still to come */
} patience;

/* Whether what is waited for is there before it is time to sleep. */
static bool look_for(bool (*is_there)(int64_t), int64_t of) {
    for (int i = 0; i < LOOKS; i++, pause_a_moment())
        if (is_there(of)) return true;
    if (patience.left > 0) return patience.left--, false;
    for (const double until = ll_clock_now() + LONG_S; ll_clock_now() < until;)
        for (int i = 0; i < LOOKS_A_CLOCK; i++, pause_a_moment()) {
            if (!is_there(of)) continue;
            patience.left = patience.rests -= patience.rests > 0;
            return true;
        }
    patience.left = patience.rests = patience.rests ? 2 * patience.rests : 1;
    if (patience.rests > MOST_RESTS) patience.left = patience.rests = MOST_RESTS;
    return false;
}

int ll_threads_available(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
    int n = CPU_COUNT(&set);
    return n > 0 ? n : 1;
}

static bool has_task(int64_t worker) {
    return LEFT(atomic_load(&pool.ticket)) > 0 && worker < atomic_load(&pool.threads);
}

/* False where no task is left for this worker. */
static bool take_task(int worker) {
    ticket t = atomic_load(&pool.ticket);
    int64_t n;
    ll_task *task;
    void *ctx;
    do {
        n = atomic_load(&pool.n);
        task = atomic_load(&pool.task);
        ctx = atomic_load(&pool.ctx);
        if (LEFT(t) == 0 || worker >= atomic_load(&pool.threads)) return false;
    } while (!atomic_compare_exchange_weak(&pool.ticket, &t, t - 1));
    const int64_t before = ll_starved();
    in_loop = true;
    task(ctx, n - LEFT(t), worker);
    in_loop = false;
    if (worker) atomic_fetch_add(&pool.starved, ll_starved() - before);
    if (atomic_fetch_add(&pool.finished, 1) + 1 == n && atomic_load(&pool.waits)) {
        pthread_mutex_lock(&pool.lock);
        pthread_cond_signal(&pool.done);
        pthread_mutex_unlock(&pool.lock);
    }
    return true;
}

static void wait_for_task(int worker) {
    if (look_for(has_task, worker)) return;
    pthread_mutex_lock(&pool.lock);
    atomic_fetch_add(&pool.asleep, 1);
    if (!has_task(worker)) pthread_cond_wait(&pool.wake, &pool.lock); /* and looks again */
    atomic_fetch_sub(&pool.asleep, 1);
    pthread_mutex_unlock(&pool.lock);
}

static void *work(void *number) {
    const int worker = (int)(intptr_t)number;
    for (;;)
        if (!take_task(worker)) wait_for_task(worker);
    return NULL;
}

/* A process that forks takes no threads along: its child begins with an empty pool. */
static void empty(void) {
    pthread_mutex_init(&pool.busy, NULL);
    pthread_mutex_init(&pool.lock, NULL);
    pthread_cond_init(&pool.wake, NULL);
    pthread_cond_init(&pool.done, NULL);
    pool.size = 0;
    atomic_store(&pool.ticket, NEXT_LOOP(atomic_load(&pool.ticket), 0));
    atomic_store(&pool.asleep, 0);
    atomic_store(&pool.waits, false);
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

static bool is_finished(int64_t n) {
    return atomic_load(&pool.finished) == n;
}

static void wait_for_others(int64_t n) {
    if (look_for(is_finished, n)) return;
    pthread_mutex_lock(&pool.lock);
    atomic_store(&pool.waits, true);
    while (!is_finished(n)) pthread_cond_wait(&pool.done, &pool.lock);
    atomic_store(&pool.waits, false);
    pthread_mutex_unlock(&pool.lock);
}

static void run_loop(int64_t n, int threads, ll_task *task, void *ctx) {
    atomic_store(&pool.threads, grow(threads));
    atomic_store(&pool.n, n);
    atomic_store(&pool.task, task);
    atomic_store(&pool.ctx, ctx);
    atomic_store(&pool.finished, 0);
    atomic_store(&pool.starved, 0);
    atomic_store(&pool.ticket, NEXT_LOOP(atomic_load(&pool.ticket), n));
    if (atomic_load(&pool.asleep)) {
        pthread_mutex_lock(&pool.lock);
        pthread_cond_broadcast(&pool.wake);
        pthread_mutex_unlock(&pool.lock);
    }
    while (take_task(0)) {
    }
    wait_for_others(n);
    ll_starve(atomic_load(&pool.starved)); /* it is the caller's answer that lacks something */
}

void ll_threads_for(int64_t n, int threads, ll_task *task, void *ctx) {
    if (threads > n) threads = (int)n;
    if (threads > MAX_THREADS) threads = MAX_THREADS;
    if (threads > 1 && n <= INT32_MAX && !in_loop && pthread_mutex_trylock(&pool.busy) == 0) {
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
