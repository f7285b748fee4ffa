/* A spec becomes a sweep that can start: device, data, rungs, precision, memory, names. */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/document/hash.h"
#include "base/system/threads.h"
#include "store/sql/store_url.h"
#include "sweep/command/shapes.h"
#include "sweep/design/wish.h"
#include "sweep/sweep.h"
#include "sweep/sweep_data.h"
#include "tensor/choice/device.h"
#include "tensor/choice/kernel_tables.h"

/* What a worker holds besides the training arena: the program, its libraries, a reader's buffers. */
#define PROGRAM_BYTES (1.05 * 1024 * 1024)
#define FREE_SHARE 0.8
enum { BF16_NARROWEST = 16, BF16_WIDEST = 256 }; /* of bench/precision */

static double free_memory(void) {
    double bytes = (double)sysconf(_SC_AVPHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
    return bytes > 0 ? bytes : 4e9;
}

/* Of a worker: a job of Slurm has as many cores as it asks for. */
static int threads_of(const ll_rung *rung, const ll_spec *spec) {
    ll_slurm_wish wish;
    if (!ll_spec_on_slurm(spec) || ll_slurm_wish_read(&wish, spec->engine.slurm, NULL) != LL_OK)
        return ll_rung_threads(rung, ll_threads_available());
    return ll_rung_threads(rung, (int)wish.cpus);
}

double ll_sweep_needs(const ll_rung *rung, const ll_spec *spec, const ll_kernels *kernels) {
    ll_train_job job = ll_rung_job(rung, spec);
    job.kernels = kernels;
    job.threads = threads_of(rung, spec);
    return PROGRAM_BYTES + ll_train_memory(&job);
}

static ll_status name_ladder(ll_sweep *s, const char *folder, ll_error *err) {
    char hex[LL_HASH_HEX], both[2 * LL_HASH_HEX];
    LL_TRY(ll_spec_hash(&s->spec, s->spec_hash, err));
    if (!s->data_hash[0]) return LL_OK;
    snprintf(both, sizeof both, "%s\n%s", s->spec_hash, s->data_hash);
    snprintf(s->id, sizeof s->id, "%.16s", ll_hash_of(both, strlen(both), hex));
    return ll_file_join(s->folder, folder, s->id, err);
}

ll_status ll_sweep_files(char out[LL_PATH_MAX], const char *store, ll_error *err) {
    if (ll_store_is_url(store)) store = "loglog.db"; /* beside which there is nothing: in the working folder */
    size_t n = strlen(store);
    if (n > 3 && strcmp(store + n - 3, ".db") == 0) n -= 3;
    if (n + 3 > LL_PATH_MAX) return LL_FAIL(err, LL_EINPUT, "%.200s...: path is too long", store);
    snprintf(out, LL_PATH_MAX, "%.*s.d", (int)n, store);
    return LL_OK;
}

/* "auto" becomes what it stands for on this machine before the ladder is named: a ladder has one precision, which
 * its hash holds, and a machine of another kind makes another ladder of it. bf16 is faster at every width, so it is
 * taken where all rungs are of families and widths at which the final losses of both precisions were seen to agree
 * (bench/precision). */
static void settle_precision(ll_sweep *s) {
    const ll_kernels *k;
    char *precision = s->spec.train.precision;
    if (strcmp(precision, "auto") != 0) return;
    bool bf16 = ll_kernels_named(s->spec.train.kernels, "bf16", &k, NULL) == LL_OK;
    for (int64_t i = 0; i < s->n; i++) {
        const ll_model *m = &s->rungs[i].model;
        if (!ll_family_attends(m->family) || m->width < BF16_NARROWEST || m->width > BF16_WIDEST) bf16 = false;
    }
    strcpy(precision, bf16 ? "bf16" : "fp32");
}

/* Of a dry run without data nobody knows yet. */
static ll_status check_unique(const ll_sweep *s, ll_error *err) {
    for (int64_t i = 0; i < s->n && s->data_hash[0]; i++)
        if (s->rungs[i].windows && ll_rung_unique(&s->rungs[i]) >= (double)s->train.tokens)
            return LL_FAIL(err, LL_EINPUT, "%s: data.unique_tokens: %g, expected fewer than the %lld to train on",
                           s->opts.where, ll_rung_unique(&s->rungs[i]), (long long)s->train.tokens);
    return LL_OK;
}

/* The words that are stored and hashed stand for what is here: of the device now, of the precision once there are
 * rungs. */
static ll_status settle_device(ll_sweep *s, ll_error *err) {
    const ll_kernels *k;
    const char *precision = s->spec.train.precision, *device;
    LL_TRY(ll_device_named(s->spec.train.device, &device, err));
    strcpy(s->spec.train.device, device);
    return ll_kernels_named(s->spec.train.kernels, strcmp(precision, "auto") ? precision : NULL, &k, err);
}

/* What a command needs is its own business. */
static ll_status settle_needs(ll_sweep *s, ll_error *err) {
    const bool ours = !ll_spec_has_command(&s->spec);
    s->needs = calloc((size_t)s->n + 1, sizeof *s->needs);
    if (!s->needs) return LL_FAIL(err, LL_ENOMEM, "out of memory");
    for (int64_t i = 0; ours && i < s->n; i++) s->needs[i] = ll_sweep_needs(&s->rungs[i], &s->spec, s->kernels);
    s->workers = s->spec.engine.workers ? (int)s->spec.engine.workers : ours ? ll_threads_available() : 1;
    s->ranks = 1;
    s->memory = s->spec.engine.memory > 0 ? s->spec.engine.memory : FREE_SHARE * free_memory();
    return LL_OK;
}

static ll_status prepare(ll_sweep *s, ll_error *err) {
    char folder[LL_PATH_MAX];
    const bool ours = !ll_spec_has_command(&s->spec);
    LL_TRY(ll_spec_check(&s->spec, s->opts.where, err));
    if (ll_shapes_is_file(s->spec.design.shapes)) LL_TRY(ll_shapes_load(s->spec.design.shapes, err));
    LL_TRY(ll_guard_open(&s->guard, &(ll_guard_opts) { s->opts.policy, s->opts.evidence, s->opts.waivers, "", 0 },
                         err));
    if (ours) LL_TRY(settle_device(s, err));
    LL_TRY(ll_sweep_files(folder, s->opts.store, err));
    LL_TRY(ll_sweep_settle_data(s, folder, err));
    LL_TRY(ll_design_rungs(&s->spec, ll_worker_vocab(&s->spec, &s->train, &s->val), &s->rungs, &s->n, err));
    if (ll_spec_has_data(&s->spec)) LL_TRY(check_unique(s, err));
    if (ours) {
        settle_precision(s);
        LL_TRY(ll_kernels_named(s->spec.train.kernels, s->spec.train.precision, &s->kernels, err));
    }
    LL_TRY(name_ladder(s, folder, err));
    if (s->guard) ll_guard_name(s->guard, s->id, ll_design_most_flops(s->rungs, s->n));
    return settle_needs(s, err);
}

ll_status ll_sweep_prepare(ll_sweep *s, const ll_spec *spec, const ll_sweep_opts *opts, ll_error *err) {
    *s = (ll_sweep) { .spec = *spec, .opts = *opts };
    ll_status status = prepare(s, err);
    if (status != LL_OK) ll_sweep_clear(s);
    return status;
}

void ll_sweep_clear(ll_sweep *s) {
    free(s->rungs);
    free(s->needs);
    ll_guard_close(s->guard);
    s->guard = NULL;
    s->rungs = NULL;
    s->needs = NULL;
}

ll_status ll_sweep_store(char out[LL_PATH_MAX], const char *given, const char *spec, ll_error *err) {
    char folder[LL_PATH_MAX];
    if (*given) return ll_file_join(out, "", given, err);
    ll_file_folder(folder, spec);
    return ll_file_join(out, strcmp(folder, ".") == 0 ? "" : folder, "loglog.db", err);
}

ll_status ll_sweep_ranks(ll_sweep *s, int64_t ranks, ll_error *err) {
    if (ranks == 1) return LL_OK;
    if (ll_spec_has_command(&s->spec) || ll_spec_on_slurm(&s->spec))
        return LL_FAIL(err, LL_EINPUT, "--ranks: expected 1, as runs are trained by %s",
                       ll_spec_has_command(&s->spec) ? "a command" : "Slurm");
    LL_TRY(ll_ranks_available(err));
    s->ranks = (int)ranks;
    s->workers = s->workers > s->ranks ? s->workers / s->ranks : 1;
    for (int64_t i = 0; i < s->n; i++)
        s->needs[i] *= (double)(ranks < s->rungs[i].micro ? ranks : s->rungs[i].micro);
    return LL_OK;
}
