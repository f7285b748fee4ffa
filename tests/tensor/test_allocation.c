/* A step asks for no memory: every way to it is counted here, whoever goes it, and a run of many steps goes it
 * exactly as often as one of few. */
#define _GNU_SOURCE
#include "support.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tensor/choice/kernel_tables.h"
#include "train/train.h"

static atomic_long asked;

/* A sanitizer's own allocator has to stay in place. */
#ifndef __SANITIZE_ADDRESS__
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *at, size_t size);
extern void *__libc_memalign(size_t align, size_t size);

void *malloc(size_t size) {
    asked++;
    return __libc_malloc(size);
}

void *calloc(size_t n, size_t size) {
    asked++;
    return __libc_calloc(n, size);
}

void *realloc(void *at, size_t size) {
    asked++;
    return __libc_realloc(at, size);
}

void *aligned_alloc(size_t align, size_t size) {
    asked++;
    return __libc_memalign(align, size);
}

int posix_memalign(void **out, size_t align, size_t size) {
    asked++;
    *out = __libc_memalign(align, size);
    return *out ? 0 : ENOMEM;
}

void *mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset) {
    asked++;
    return (void *)syscall(SYS_mmap, at, size, protection, flags, fd, offset);
}
#endif

enum { TOKENS = 4000 };
static uint16_t tokens[TOKENS];

static ll_verdict go_on(void *ctx, const ll_train_event *e) {
    (void)ctx;
    (void)e;
    return LL_CONTINUE;
}

/* How often a run of so many steps asks. */
static long asked_by(ll_family family, const ll_kernels *kernels, int threads, int64_t steps) {
    const ll_shard shard = { .tokens = tokens, .n = TOKENS, .info = { .vocab = 50 } };
    ll_train_job job = { .model = { family, 2, 32, 2, 96, 24, 50, 32, 16 },
                         .kernels = kernels,
                         .train = &shard,
                         .val = &shard,
                         .steps = steps,
                         .batch = 5,
                         .micro = 3,
                         .lr = 1e-3,
                         .beta1 = 0.9,
                         .beta2 = 0.99,
                         .eps = 1e-8,
                         .clip = 1,
                         .threads = threads,
                         .eval_points = 1,
                         .eval_windows = 2,
                         .final_windows = 2,
                         .schedule = { .kind = LL_SCHEDULE_CONSTANT, .steps = steps } };
    ll_train_result r;
    long before = asked;
    assert_ok(ll_train_run(&job, go_on, NULL, &r, err));
    return asked - before;
}

static void no_step_asks(void **state) {
    (void)state;
#ifdef __SANITIZE_ADDRESS__
    print_message("SKIPPED: allocations are the sanitizer's here\n");
    skip();
#endif
    for (int i = 0; i < TOKENS; i++) tokens[i] = (uint16_t)(i * 7 % 50);
    char list[256];
    snprintf(list, sizeof list, "%s", ll_kernels_list(NULL));
    for (char *name = strtok(list, " "); name; name = strtok(NULL, " "))
        for (int f = 0; f < LL_FAMILY_COUNT; f++)
            for (int threads = 1; threads <= 2; threads++) {
                const ll_kernels *k;
                assert_ok(ll_kernels_named(name, NULL, &k, err));
                asked_by((ll_family)f, k, threads, 1); /* starts the threads */
                long few = asked_by((ll_family)f, k, threads, 1), many = asked_by((ll_family)f, k, threads, 9);
                assert_true(few > 0); /* the run's own block */
                if (few != many) fail_msg("%s: 1 step asks %ld times, 9 steps %ld", name, few, many);
            }
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(no_step_asks) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
