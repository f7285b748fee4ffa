#define _GNU_SOURCE
#include "sweep/workers/worker.h"

#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/document/hash.h"
#include "base/system/clock.h"
#include "base/system/energy.h"
#include "base/system/threads.h"
#include "loglog/units.h"
#include "sweep/command/command.h"
#include "sweep/command/template.h"
#include "sweep/design/rung_places.h"
#include "sweep/guard/guard.h"
#include "sweep/workers/mailbox.h"
#include "tensor/choice/device.h"
#include "tensor/choice/kernel_tables.h"
#include "train/ranks/rank_launch.h"

#define MAIL_S 1.0      /* between two letters about progress, at least, */
#define MAIL_SHARE 0.01 /* and this share of the time that the process has taken */

#define AT(f) offsetof(ll_worker_opts, f)
const ll_option ll_worker_table[] = {
    { "spec", LL_OPT_TEXT, AT(spec), "", "the resolved spec" },
    { "prefix", LL_OPT_TEXT, AT(prefix), "", "of the shards" },
    { "also", LL_OPT_TEXTS, AT(also), "", "of the shards that validate as well" },
    { "folder", LL_OPT_TEXT, AT(folder), "", "of checkpoints and weights" },
    { "rung", LL_OPT_TEXT, AT(rung), "", "name of the rung" },
    { "policy", LL_OPT_TEXT, AT(policy), "", "the policy that is asked while training" },
    { "evidence", LL_OPT_TEXT, AT(evidence), "", "what is known of the model" },
    { "waivers", LL_OPT_TEXT, AT(waivers), "", "signed, with commas" },
    { "ladder", LL_OPT_NAME, AT(ladder), "", "its id" },
    { "ranks", LL_OPT_INT, AT(ranks), "1", "processes that train it together", .min = 1, .max = LL_RANKS_MAX },
    { "tell", LL_OPT_NAME, AT(tell), "pipe", "how messages go", .names = "pipe mailbox" },
    { "fd", LL_OPT_INT, AT(fd), "3", "where they go through a pipe", .min = 0, .max = 65535 },
    { "threads", LL_OPT_INT, AT(threads), "0", "from the start; 0: one, and more when told", .max = 4096 },
};
#undef AT
const int ll_worker_count = sizeof ll_worker_table / sizeof *ll_worker_table;

_Static_assert((int)LL_SPEC_ALSO <= LL_TRAIN_MAX_ALSO, "the trainer takes what a spec may name");
_Static_assert(sizeof ll_worker_table / sizeof *ll_worker_table == LL_WORKER_OPTIONS, "room for each option");

void ll_worker_command(const ll_worker_opts *o, ll_worker_line *out) {
    const char **to = out->argv;
    *to++ = "loglog";
    *to++ = "worker";
    for (int k = 0; k < LL_WORKER_OPTIONS; k++) {
        const ll_option *option = &ll_worker_table[k];
        snprintf(out->flag[k], sizeof out->flag[k], "--%s", option->key);
        *to++ = out->flag[k];
        const void *at = (const char *)o + option->offset;
        if (option->type == LL_OPT_INT)
            snprintf(out->number[k], sizeof out->number[k], "%lld", (long long)*(const int64_t *)at);
        *to++ = option->type == LL_OPT_INT ? out->number[k] : at;
    }
    *to = NULL;
}

static volatile sig_atomic_t asked_to_stop, cores = 1;

static void on_term(int signal) {
    (void)signal;
    asked_to_stop = 1;
}

static void on_cores(int signal, siginfo_t *info, void *context) {
    (void)signal, (void)context;
    cores = info->si_value.sival_int;
}

/* A terminal's Ctrl-C reaches the whole group: only the parent acts on it, and then asks with SIGTERM. */
static void listen_to_parent(void) {
    struct sigaction stop = { .sa_handler = on_term };
    struct sigaction share = { .sa_sigaction = on_cores, .sa_flags = SA_SIGINFO | SA_RESTART };
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, LL_WORKER_CORES);
    sigaction(SIGTERM, &stop, NULL);
    sigaction(SIGUSR1, &stop, NULL); /* as mpirun hands it on */
    sigaction(LL_WORKER_CORES, &share, NULL);
    sigprocmask(SIG_UNBLOCK, &blocked, NULL);
    signal(SIGINT, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
}

double ll_worker_resident(void) {
    FILE *in = fopen("/proc/self/status", "r");
    char line[256];
    double kib = NAN;
    while (in && fgets(line, sizeof line, in)) sscanf(line, "RssAnon: %lf", &kib);
    if (in) fclose(in);
    return 1024 * kib;
}

ll_status ll_worker_weights(char path[LL_PATH_MAX], const char *folder, const char *rung, ll_error *err) {
    char name[96];
    snprintf(name, sizeof name, "%.63s.safetensors", rung);
    return ll_file_join(path, folder, name, err);
}

static void checkpoint_beside(char path[LL_PATH_MAX + 16], const char *weights) {
    snprintf(path, LL_PATH_MAX + 16, "%s.state", weights);
}

void ll_worker_forget(const char *folder, const char *rung, bool mailbox) {
    char weights[LL_PATH_MAX], path[LL_PATH_MAX + 16];
    if (ll_worker_weights(weights, folder, rung, NULL) != LL_OK) return;
    checkpoint_beside(path, weights);
    unlink(path);
    if (mailbox && ll_worker_mailbox(weights, folder, rung, NULL) == LL_OK) unlink(weights);
}

ll_status ll_worker_branch(char path[LL_PATH_MAX], const char *folder, const char *trunk, int64_t step,
                           ll_error *err) {
    char name[128];
    snprintf(name, sizeof name, "%.63s-%lld.safetensors", trunk, (long long)step);
    return ll_file_join(path, folder, name, err);
}

ll_status ll_worker_mailbox(char path[LL_PATH_MAX], const char *folder, const char *rung, ll_error *err) {
    char name[96];
    snprintf(name, sizeof name, "%.63s.mail", rung);
    return ll_file_join(path, folder, name, err);
}

int64_t ll_worker_vocab(const ll_spec *spec, const ll_shard_info *train, const ll_shard_info *val) {
    if (!ll_spec_has_data(spec)) return spec->data.vocab;
    return train->vocab > val->vocab ? train->vocab : val->vocab;
}

bool ll_message_is_stop(const ll_message *m) {
    ll_status s = m->error.code;
    return m->kind == LL_MESSAGE_FAILED && (s == LL_ESTOP || s == LL_EREFUSED || s == LL_EUNSURE);
}

typedef struct worker {
    const ll_worker_opts *o;
    int fd;                    /* of the parent's pipe; -1: another rank tells */
    const ll_ranks *ranks;     /* NULL: alone */
    char mailbox[LL_PATH_MAX]; /* beside the checkpoint */
    bool retold;
    double told, began;      /* when progress was told last; by ll_clock_now */
    double resident;         /* the most that was seen, bytes */
    double energy, energy_j; /* the machine's when last read, and this rung's share of it so far */
    ll_spec spec;
    ll_rung *rungs;
    int64_t n;
    ll_shard train, val, also[LL_SPEC_ALSO];
    const ll_rung *rung;
    ll_guard *guard;  /* NULL without a policy */
    double ask_again; /* since 1970: when time alone may have changed the gate's answer */
    double loss, se;  /* as last evaluated */
    ll_error refused;
    char weights[LL_PATH_MAX], checkpoint[LL_PATH_MAX + 16], start[LL_PATH_MAX], branches[LL_PATH_MAX];
} worker;

/* ---- telling ---- */

/* A write of less than PIPE_BUF bytes is whole or not at all. Of several ranks the first tells. */
static bool tell_parent(const worker *w, const ll_message *m) {
    _Static_assert(sizeof *m <= 4096, "a message fits a pipe's atomic write");
    if (w->fd < 0) return true;
    return write(w->fd, m, sizeof *m) == (ssize_t)sizeof *m;
}

static bool has_mailbox(const worker *w) {
    return strcmp(w->o->tell, "mailbox") == 0;
}

/* A mailbox keeps what it is given: progress is told less often the longer it goes on. */
static bool is_news(worker *w, const ll_message *m) {
    const double now = ll_clock_now();
    if (m->kind == LL_MESSAGE_PROGRESS && now - w->told < MAIL_S + MAIL_SHARE * (now - w->began)) return false;
    w->told = now;
    return true;
}

static ll_status post(const worker *w, const ll_message *m, ll_error *err) {
    const char *job = getenv("SLURM_JOB_ID");
    struct rusage used;
    ll_letter letter;
    memset(&letter, 0, sizeof letter); /* with what lies between the fields: it is written and hashed */
    snprintf(letter.job, sizeof letter.job, "%s", job ? job : "");
    letter.pid = getpid();
    if (getrusage(RUSAGE_SELF, &used) == 0)
        letter.cpu_s = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                       1e-6 * (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
    memcpy(&letter.message, m, sizeof *m);
    return ll_mailbox_put(w->mailbox, &letter, sizeof letter, err);
}

/* A parent that is killed loses what it was told last, and the checkpoint may be past it. So points that go through a
 * pipe lie in the mailbox, too, as long as there is a checkpoint. A command's metrics are read again anyway. */
static bool keeps_points(const worker *w) {
    return !has_mailbox(w) && w->fd >= 0 && !ll_spec_has_command(&w->spec);
}

typedef struct retelling {
    const worker *w;
    int64_t upto;
} retelling;

static void tell_again(void *ctx, const void *letter) {
    const retelling *to = ctx;
    ll_message m;
    memcpy(&m, (const char *)letter + offsetof(ll_letter, message), sizeof m);
    if (m.kind == LL_MESSAGE_POINT && m.event.step <= to->upto) tell_parent(to->w, &m);
}

/* The points of earlier processes, once, before the first event of this one; later ones come again by themselves. */
static void retell(worker *w, int64_t upto) {
    int64_t at = 0;
    if (w->retold || !keeps_points(w)) return;
    w->retold = true;
    if (ll_mailbox_read(w->mailbox, &at, sizeof(ll_letter), tell_again, &(retelling) { w, upto }, NULL) != LL_OK)
        unlink(w->mailbox); /* of another build */
}

/* False when nobody can be told any more. */
static bool tell(worker *w, const ll_message *m) {
    if (m->kind == LL_MESSAGE_POINT && keeps_points(w)) post(w, m, NULL);
    if (!has_mailbox(w)) return tell_parent(w, m);
    return !is_news(w, m) || post(w, m, NULL) == LL_OK;
}

static void see_done(void *ctx, const void *letter) {
    bool *done = ctx;
    *done |= ((const ll_letter *)letter)->message.kind == LL_MESSAGE_DONE;
}

static ll_status open_mailbox(worker *w, bool *done, ll_error *err) {
    int64_t at = 0;
    LL_TRY(ll_worker_mailbox(w->mailbox, w->o->folder, w->o->rung, err));
    if (!has_mailbox(w)) return LL_OK;
    return ll_mailbox_read(w->mailbox, &at, sizeof(ll_letter), see_done, done, err);
}

/* By its share of the cores since the last time. */
static void count_energy(worker *w) {
    double now = ll_energy_now();
    w->energy_j += (now - w->energy) * (double)cores / ll_threads_available();
    w->energy = now;
}

/* What of the rung is done, and how well, is put to the gate. */
static bool may_go_on(worker *w, const ll_train_event *e) {
    double share = (double)e->step / (double)e->steps, now = ll_clock_unix();
    if (e->kind != LL_TRAIN_PROGRESS) w->loss = e->loss, w->se = e->se;
    if (!w->guard || !(e->due || (now >= w->ask_again && !isnan(w->loss)))) return true;
    ll_guard_moment m = { .when = LL_GATE_SINCE,
                          .flops = share * w->rung->flops_exact,
                          .trained_flops = share * w->rung->flops_exact,
                          .loss = w->loss,
                          .se = w->se,
                          .bytes_per_token = w->val.info.bytes_per_token };
    w->ask_again = ll_guard_ask_again(w->guard, now);
    if (ll_guard_ask(w->guard, &m, &w->refused) == LL_OK) return true;
    ll_error_prefix(&w->refused, "step %lld of %lld", (long long)e->step, (long long)e->steps);
    return false;
}

static ll_verdict on_event(void *ctx, const ll_train_event *e) {
    worker *w = ctx;
    if (e->kind == LL_TRAIN_NOTE) {
        ll_message note = { .kind = LL_MESSAGE_NOTE };
        LL_FAIL(&note.error, LL_EFORMAT, "%s", e->note);
        return tell(w, &note) ? LL_CONTINUE : LL_CHECKPOINT_AND_STOP;
    }
    if (e->kind != LL_TRAIN_ASK) retell(w, e->step);
    bool may = may_go_on(w, e);
    if (e->kind == LL_TRAIN_ASK) return may ? LL_CONTINUE : LL_CHECKPOINT_AND_STOP;
    ll_message m = { .kind = e->kind == LL_TRAIN_POINT ? LL_MESSAGE_POINT : LL_MESSAGE_PROGRESS, .event = *e };
    for (int i = 0; i < e->n_readings; i++) m.readings[i] = e->readings[i];
    count_energy(w);
    if (e->kind == LL_TRAIN_POINT) w->resident = fmax(w->resident, ll_worker_resident());
    return tell(w, &m) && may && !asked_to_stop ? LL_CONTINUE : LL_CHECKPOINT_AND_STOP;
}

static const ll_rung *find(const worker *w, const char *name) {
    for (int64_t i = 0; i < w->n; i++)
        if (strcmp(w->rungs[i].name, name) == 0) return &w->rungs[i];
    return NULL;
}

/* Files of one rung: weights, its own checkpoint, the state it starts from, the states it leaves for branches. */
static ll_status set_paths(worker *w, const ll_worker_opts *o, const ll_rung *r, ll_train_job *job, ll_error *err) {
    LL_TRY(ll_worker_weights(w->weights, o->folder, r->name, err));
    checkpoint_beside(w->checkpoint, w->weights);
    job->weights = w->weights;
    job->checkpoint = w->checkpoint;
    if (r->trunk >= 0) {
        LL_TRY(ll_worker_branch(w->start, o->folder, w->rungs[r->trunk].name, r->start_step, err));
        job->start = w->start;
    }
    if (r->role != LL_RUNG_TRUNK) return LL_OK;
    LL_TRY(ll_file_join(w->branches, o->folder, r->name, err));
    job->branch_prefix = w->branches;
    for (int64_t i = 0; i < w->n; i++)
        if (w->rungs[i].trunk == r - w->rungs) job->branch_step[job->n_branches++] = w->rungs[i].start_step;
    return LL_OK;
}

static ll_status open_also(worker *w, const ll_worker_opts *o, ll_train_job *job, ll_error *err) {
    char above[LL_PATH_MAX], prefix[LL_PATH_MAX], path[LL_PATH_MAX], name[64];
    const char *at = o->also;
    ll_spec_also also;
    LL_TRY(ll_spec_list_also(&w->spec, o->spec, &also, err));
    ll_file_folder(above, o->folder);
    for (int i = 0; i < also.n; i++) {
        const size_t n = strcspn(at, ",");
        snprintf(name, sizeof name, "%.*s", (int)n, at);
        at += n + (at[n] == ',');
        LL_TRY(ll_file_join(prefix, above, name, err));
        LL_TRY(ll_shard_path(path, prefix, "val", err));
        LL_TRY(ll_shard_open(&w->also[i], path, err));
        job->also[job->n_also] = (ll_train_also) { .shard = &w->also[i] };
        snprintf(job->also[job->n_also++].name, LL_OPTION_NAME, "%s", also.name[i]);
    }
    return LL_OK;
}

/* A checkpoint belongs to this rung of this spec on these shards, and to no other. */
static ll_status set_identity(const worker *w, const ll_rung *r, ll_train_job *job, ll_error *err) {
    char spec[LL_HASH_HEX], text[512];
    ll_hash h;
    uint8_t digest[LL_HASH_BYTES];
    ll_hash_init(&h);
    LL_TRY(ll_spec_hash(&w->spec, spec, err));
    int n = snprintf(text, sizeof text, "%s\n%s\n%s\n%s\n", spec, r->name, w->train.info.hash, w->val.info.hash);
    ll_hash_update(&h, text, (size_t)n);
    ll_hash_final(&h, digest);
    ll_hash_hex(digest, job->identity);
    return LL_OK;
}

/* ---- a rung of ours ---- */

static ll_status train(worker *w, const ll_worker_opts *o, ll_message *done, ll_error *err) {
    const ll_rung *r = w->rung;
    ll_train_job job = ll_rung_job(r, &w->spec);
    ll_guard_cadence(w->guard, r, &job);
    LL_TRY(ll_device_named(w->spec.train.device, NULL, err));
    LL_TRY(ll_kernels_named(w->spec.train.kernels, w->spec.train.precision, &job.kernels, err));
    LL_TRY(set_paths(w, o, r, &job, err));
    job.train = &w->train;
    job.val = &w->val;
    LL_TRY(open_also(w, o, &job, err));
    job.threads = ll_rung_threads(r, ll_threads_available());
    if (o->threads && o->threads < job.threads) job.threads = (int)o->threads;
    job.active = &cores;
    job.ranks = w->ranks;
    LL_TRY(set_identity(w, r, &job, err));
    LL_TRY(ll_train_run(&job, on_event, w, &done->result, err));
    if (w->fd < 0) return LL_OK;
    retell(w, r->steps);
    done->memory_bytes = w->resident;
    return LL_OK;
}

/* ---- a rung of a command ---- */

static double nats_of(const ll_spec *s) {
    const char *unit = s->engine.metrics.unit;
    if (!strcmp(unit, "bits")) return LL_LN2;
    return strcmp(unit, "nats") ? ll_units_nats_per_token(1, s->engine.metrics.bytes_per_token) : 1;
}

static ll_status train_by_command(worker *w, const ll_worker_opts *o, ll_message *done, ll_error *err) {
    const ll_spec *s = &w->spec;
    const ll_rung *r = w->rung;
    char log[LL_PATH_MAX + 8], metrics[LL_PATH_MAX];
    ll_rung_places p;
    ll_command_said said;
    LL_TRY(ll_rung_places_of(&p, w->rungs, w->n, r - w->rungs, s, o->folder, o->prefix, err));
    LL_TRY(ll_template_fill(metrics, sizeof metrics, s->engine.metrics.file, &p.places, err));
    snprintf(log, sizeof log, "%s.log", p.out);
    ll_command_job job = { .command = s->engine.command,
                           .shell = s->engine.shell,
                           .places = p.places,
                           .out = p.out,
                           .log = log,
                           .metrics = metrics,
                           .format = s->engine.metrics.format,
                           .nats = nats_of(s),
                           .steps = r->steps,
                           .start_step = r->start_step,
                           .step_tokens = (double)(r->batch * r->model.context),
                           .stall_s = s->engine.stall,
                           .timeout_s = s->engine.timeout,
                           .grace_s = s->engine.grace,
                           .retries = s->engine.retries,
                           .stop = &asked_to_stop };
    ll_rung_metric_names(s, &job.names);
    LL_TRY(ll_command_run(&job, on_event, w, &done->result, &said, err));
    done->memory_bytes = said.memory_bytes;
    done->params = said.params;
    done->params_total = said.params_total;
    return LL_OK;
}

/* ---- either ---- */

static ll_status open_rung(worker *w, const ll_worker_opts *o, ll_error *err) {
    LL_TRY(ll_spec_load(&w->spec, o->spec, err));
    if (ll_spec_has_data(&w->spec)) LL_TRY(ll_shard_open_pair(&w->train, &w->val, o->prefix, err));
    else w->val.info.bytes_per_token = w->spec.engine.metrics.bytes_per_token;
    LL_TRY(
        ll_design_rungs(&w->spec, ll_worker_vocab(&w->spec, &w->train.info, &w->val.info), &w->rungs, &w->n, err));
    w->rung = find(w, o->rung);
    if (!w->rung) return LL_FAIL(err, LL_EINPUT, "%s: no rung '%s'", o->spec, o->rung);
    LL_TRY(ll_guard_open(
        &w->guard,
        &(ll_guard_opts) { o->policy, o->evidence, o->waivers, o->ladder, ll_design_most_flops(w->rungs, w->n) },
        err));
    w->ask_again = ll_guard_ask_again(w->guard, 0);
    return LL_OK;
}

static ll_status work(worker *w, const ll_worker_opts *o, ll_message *done, ll_error *err) {
    LL_TRY(open_rung(w, o, err));
    w->energy = ll_energy_now();
    ll_status s = (ll_spec_has_command(&w->spec) ? train_by_command : train)(w, o, done, err);
    if (s == LL_ESTOP && w->refused.code != LL_OK) *err = w->refused;
    if (s != LL_OK) return s;
    count_energy(w);
    done->energy_j = w->energy_j >= 0 ? w->energy_j : NAN;
    return LL_OK;
}

static void clear(worker *w) {
    free(w->rungs);
    ll_guard_close(w->guard);
    ll_shard_close(&w->train);
    ll_shard_close(&w->val);
    for (int i = 0; i < LL_SPEC_ALSO; i++) ll_shard_close(&w->also[i]);
}

/* Whoever reads a mailbox, or mpirun, knows by the exit code. */
static ll_status work_and_tell(worker *w, ll_error *err) {
    ll_message m = { .kind = LL_MESSAGE_DONE, .params = NAN, .params_total = NAN };
    bool done = false;
    LL_TRY(open_mailbox(w, &done, err));
    if (done) return LL_OK;
    if (work(w, w->o, &m, &m.error) != LL_OK) m.kind = LL_MESSAGE_FAILED;
    if (gethostname(m.host, sizeof m.host - 1) != 0) *m.host = 0;
    const bool told = tell(w, &m);
    clear(w);
    if (!told) return LL_FAIL(err, LL_EIO, "%s: there is nobody to tell", w->o->rung);
    const bool by_code = has_mailbox(w) || (w->ranks && !ll_message_is_stop(&m));
    return by_code && m.kind == LL_MESSAGE_FAILED ? LL_FAIL(err, m.error.code, "%s", m.error.msg) : LL_OK;
}

/* ---- one of several ranks ---- */

/* One that fails alone leaves without a word to the others, and mpirun ends them. */
static ll_status work_as_rank(worker *w, ll_error *err) {
    ll_ranks ranks;
    LL_TRY(ll_ranks_join(&ranks, err));
    w->ranks = &ranks;
    w->fd = ranks.rank == 0 ? open(ll_ranks_pipe(), O_WRONLY | O_CLOEXEC) : -1;
    if (ranks.rank == 0 && w->fd < 0) return LL_FAIL(err, LL_EIO, "%s: the launcher is gone", w->o->rung);
    cores = ll_threads_available() > ranks.n ? ll_threads_available() / ranks.n : 1;
    LL_TRY(work_and_tell(w, err));
    ll_ranks_leave();
    return LL_OK;
}

/* ---- the launcher of ranks, which stands for them before the parent ---- */

typedef struct leader {
    worker *worker;
    bool told;
} leader;

/* Memory, energy and time of rank 0 stand for those of all. */
static bool on_heard(void *ctx, const void *message) {
    leader *l = ctx;
    ll_message m;
    memcpy(&m, message, sizeof m);
    l->told |= m.kind == LL_MESSAGE_DONE || m.kind == LL_MESSAGE_FAILED;
    m.memory_bytes *= (double)l->worker->o->ranks;
    m.energy_j *= (double)l->worker->o->ranks;
    for (int p = 0; p < LL_PARTS; p++) m.result.cpu_s[p] *= (double)l->worker->o->ranks;
    return tell_parent(l->worker, &m);
}

static ll_status lead(worker *w, ll_error *err) {
    leader l = { .worker = w };
    ll_worker_line line;
    ll_message m = { .kind = LL_MESSAGE_FAILED, .params = NAN, .params_total = NAN };
    ll_worker_command(w->o, &line);
    const ll_ranks_job job = { .argv = line.argv,
                               .n = (int)w->o->ranks,
                               .message = sizeof m,
                               .heard = on_heard,
                               .ctx = &l,
                               .stop = &asked_to_stop };
    const ll_status s = ll_ranks_launch(&job, &m.error);
    if (s == LL_OK && !l.told) LL_FAIL(&m.error, LL_EIO, "the ranks ended without a result");
    if (l.told || tell_parent(w, &m)) return LL_OK;
    return LL_FAIL(err, LL_EIO, "%s: there is nobody to tell", w->o->rung);
}

ll_status ll_worker_run(const ll_worker_opts *opts, ll_error *err) {
    worker w = { .o = opts, .fd = (int)opts->fd, .began = ll_clock_now(), .resident = NAN, .loss = NAN, .se = NAN };
    if (opts->threads) cores = (int)opts->threads;
    if (!has_mailbox(&w) && !ll_ranks_pipe())
        fcntl(w.fd, F_SETFD, FD_CLOEXEC); /* a program that trains may not write there, nor outlive us with it */
    listen_to_parent();
    if (opts->ranks < 2) return work_and_tell(&w, err);
    return ll_ranks_pipe() ? work_as_rank(&w, err) : lead(&w, err);
}
