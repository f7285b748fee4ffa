#define _GNU_SOURCE
#include "sweep/slurm/slurm_run.h"

#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/system/clock.h"
#include "sweep/slurm/queue.h"
#include "sweep/slurm/slurm_command.h"
#include "sweep/slurm/slurm_paper.h"
#include "sweep/slurm/submit.h"
#include "sweep/workers/mailbox.h"

enum { TICK_MS = 200, MOST_TRIES = 3, COMMAND = 8 * LL_PATH_MAX };
#define MAIL_S 1.0      /* between two looks into the mailboxes */
#define LATE_S 3.0      /* a letter may be seen so much later than the end of its job */
#define CANCELLED_S 120 /* that jobs have for their checkpoints */

typedef struct member {
    bool queued, running;                         /* as the queue said last */
    bool started;                                 /* and told so */
    bool held;                                    /* is not to be submitted again by this call */
    char id[LL_SLURM_TASK], after[LL_SLURM_TASK]; /* its task; the trunk's that it was submitted to wait for */
    int64_t at;                                   /* bytes of its mailbox that are read */
    ll_message *end;    /* how its last process failed or was stopped; NULL: it has not said */
    int64_t step, from; /* that it has reached; that it had when it was submitted last */
    int tries;          /* since it got further */
    double gone;        /* when it was first missing in the queue; 0: it is not */
} member;

typedef struct named {
    const char *name;
    int64_t rung;
} named;

typedef struct engine {
    const ll_slurm_opts *o;
    const ll_local_opts *l;
    const ll_rung *rungs;
    ll_task_state *state;
    int64_t n, queued, cancelled, most_tasks;
    member *of;
    named *names; /* [n], sorted */
    ll_slurm_wish wish;
    char folder[LL_PATH_MAX], command[COMMAND];
    double looked, read, cpu_s; /* when: at the queue, into the mailboxes; of processes that ended */
    bool away, replay, warned;  /* the controller is; letters are of former times; of held jobs */
    ll_status status;           /* of the mailboxes */
    ll_error *err;
} engine;

static void say(const engine *e, const char *line) {
    if (e->o->say) e->o->say(e->l->ctx, line);
}

/* ---- letters ---- */

static void start(engine *e, int64_t i) {
    if (e->of[i].started) return;
    e->of[i].started = true;
    e->l->started(e->l->ctx, i);
}

static void forget_end(member *r) {
    free(r->end);
    r->end = NULL;
}

static void tell(engine *e, int64_t i, const ll_message *m) {
    if (m->kind == LL_MESSAGE_DONE || m->kind == LL_MESSAGE_FAILED) e->of[i].started = false;
    e->l->message(e->l->ctx, i, m);
}

/* That its process was stopped, where it said so itself or was not able to; it goes on later. */
static void tell_stop(engine *e, int64_t i, const char *why) {
    member *r = &e->of[i];
    ll_message m = { .kind = LL_MESSAGE_FAILED };
    if (r->end && ll_message_is_stop(r->end)) m = *r->end;
    else LL_FAIL(&m.error, LL_ESTOP, "%s", why);
    forget_end(r);
    if (r->started) tell(e, i, &m);
}

static void keep_end(engine *e, member *r, const ll_message *m) {
    if (!r->end) r->end = malloc(sizeof *r->end);
    if (r->end) *r->end = *m;
    else e->status = LL_FAIL(e->err, LL_ENOMEM, "out of memory");
}

typedef struct reading {
    engine *e;
    int64_t i;
} reading;

/* How a process ended is kept until its job has left the queue: another may take its place. */
static void take(void *ctx, const void *at) {
    const reading *to = ctx;
    engine *e = to->e;
    member *r = &e->of[to->i];
    ll_letter letter;
    memcpy(&letter, at, sizeof letter);
    const ll_message *m = &letter.message;
    if (e->state[to->i] == LL_TASK_DONE) return;
    if (m->kind == LL_MESSAGE_FAILED) {
        keep_end(e, r, m);
        e->cpu_s += e->replay ? 0 : letter.cpu_s;
        return;
    }
    if (r->end && e->replay) forget_end(r);
    else if (r->end) tell_stop(e, to->i, "stopped; it goes on from its checkpoint");
    if (m->kind == LL_MESSAGE_DONE) {
        e->cpu_s += letter.cpu_s;
        e->state[to->i] = LL_TASK_DONE;
        start(e, to->i);
    } else if (!e->replay) start(e, to->i);
    if (m->kind == LL_MESSAGE_PROGRESS || m->kind == LL_MESSAGE_POINT) r->step = m->event.step;
    if (e->replay && m->kind != LL_MESSAGE_POINT && m->kind != LL_MESSAGE_DONE) return;
    ll_message own = *m; /* its readings lay in another process */
    own.event.readings = own.readings;
    tell(e, to->i, &own);
}

static void read_mail(engine *e, int64_t i) {
    char path[LL_PATH_MAX];
    ll_error err;
    reading to = { e, i };
    ll_status s = ll_worker_mailbox(path, e->folder, e->rungs[i].name, &err);
    if (s == LL_OK) s = ll_mailbox_read(path, &e->of[i].at, sizeof(ll_letter), take, &to, &err);
    if (s != LL_OK && e->status == LL_OK) e->status = LL_FAIL(e->err, s, "%s", err.msg);
}

/* ---- the queue ---- */

static int by_name(const void *a, const void *b) {
    return strcmp(((const named *)a)->name, ((const named *)b)->name);
}

static int64_t find(const engine *e, const char *name) {
    const named key = { name, 0 }, *at = bsearch(&key, e->names, (size_t)e->n, sizeof *at, by_name);
    return at ? at->rung : -1;
}

static ll_status slurm_folder(const engine *e, char out[LL_PATH_MAX], ll_error *err) {
    return ll_file_join(out, e->folder, "slurm", err);
}

/* Of a job that waits because somebody has to do something. */
static void warn_of(engine *e, const ll_slurm_task *t) {
    char line[300];
    static const char *const words[] = { "held",           "Held",           "BadConstraints", "PartitionConfig",
                                         "NeverSatisfied", "InvalidAccount", "InvalidQOS" };
    for (size_t k = 0; k < sizeof words / sizeof *words && !e->warned && !t->running; k++) {
        if (!strstr(t->why, words[k])) continue;
        snprintf(line, sizeof line, "job %s does not start: %s; scontrol show job %s", t->id, t->why, t->id);
        say(e, line);
        e->warned = true;
    }
}

/* A task that ran and waits again was preempted, requeued by hand or has lost its node. */
static void see(engine *e, int64_t i, const ll_slurm_task *t) {
    member *r = &e->of[i];
    if (e->state[i] == LL_TASK_DONE || e->state[i] == LL_TASK_SKIPPED) return;
    if (r->started && r->running && !t->running) {
        read_mail(e, i);
        if (e->state[i] == LL_TASK_DONE) return;
        tell_stop(e, i, "its job was taken back into the queue; it goes on from its checkpoint");
    }
    r->queued = true;
    r->running = t->running;
    r->gone = 0;
    snprintf(r->id, sizeof r->id, "%s", t->id);
    e->state[i] = LL_TASK_RUNNING;
    if (t->running) start(e, i);
    warn_of(e, t);
}

/* Tasks of one array stand together, so that its list is read once. */
static ll_status see_all(engine *e, const ll_slurm_queue *q, ll_error *err) {
    char folder[LL_PATH_MAX];
    ll_slurm_submitted list = { 0 };
    int64_t number = -1;
    ll_status status = slurm_folder(e, folder, err);
    for (int64_t k = 0; k < q->n && status == LL_OK; k++) {
        const ll_slurm_task *t = &q->at[k];
        if (t->number != number) {
            ll_slurm_submitted_clear(&list);
            status = ll_slurm_submitted_read(&list, folder, t->number, err);
            number = t->number;
        }
        const int64_t i = status == LL_OK && t->index < list.n ? find(e, list.rungs[t->index]) : -1;
        if (i >= 0) see(e, i, t);
    }
    ll_slurm_submitted_clear(&list);
    return status;
}

static ll_status look(engine *e, ll_error *err) {
    ll_slurm_queue q;
    ll_error why;
    ll_status status = ll_slurm_queue_read(&q, e->o->ladder, &why);
    e->looked = ll_clock_now();
    if (status == LL_ESTATE && !e->away) say(e, why.msg);
    e->away = status == LL_ESTATE;
    if (status != LL_OK) return LL_FAIL(err, status, "%s", why.msg);
    for (int64_t i = 0; i < e->n; i++) e->of[i].queued = false;
    status = see_all(e, &q, err);
    ll_slurm_queue_free(&q);
    e->queued = 0;
    for (int64_t i = 0; i < e->n; i++) e->queued += e->of[i].queued;
    return status;
}

/* ---- a task that has left the queue ---- */

/* Words of Slurm for an end that the rung is not to blame for. */
static bool may_go_on(const char *state) {
    static const char *const words[] = { "NODE_FAIL", "PREEMPTED", "BOOT_FAIL", "TIMEOUT", "REQUEUED", "DEADLINE" };
    for (size_t k = 0; k < sizeof words / sizeof *words; k++)
        if (strncmp(state, words[k], strlen(words[k])) == 0) return true;
    return false;
}

static void fail(engine *e, int64_t i, const ll_message *m) {
    e->state[i] = LL_TASK_FAILED;
    start(e, i);
    tell(e, i, m);
}

/* Its turn comes again, as long as it gets further. */
static void go_on(engine *e, int64_t i, const char *why) {
    member *r = &e->of[i];
    r->tries = r->step > r->from ? 0 : r->tries + 1;
    if (r->tries < MOST_TRIES) {
        tell_stop(e, i, why);
        e->state[i] = LL_TASK_WAITING;
        return;
    }
    ll_message m = { .kind = LL_MESSAGE_FAILED };
    LL_FAIL(&m.error, LL_ENUM, "stopped %d times at step %lld and got no further; last: %s", r->tries,
            (long long)r->step, why);
    fail(e, i, &m);
}

static void hold(engine *e, int64_t i, const char *why) {
    tell_stop(e, i, why);
    e->state[i] = LL_TASK_WAITING;
    e->of[i].held = true;
    e->cancelled++;
}

/* By hand, or by Slurm because the trunk that it waited for has ended: then its turn comes after the trunk's. */
static void settle_cancelled(engine *e, int64_t i, const char *why) {
    const member *r = &e->of[i];
    const int64_t trunk = e->rungs[i].trunk;
    const bool waited = trunk >= 0 && *r->after && !r->started;
    const bool is_same = waited && strcmp(r->after, e->of[trunk].id) == 0;
    if (is_same && e->state[trunk] == LL_TASK_RUNNING && !e->of[trunk].queued)
        return; /* how it ended is not known yet */
    const bool stands = is_same && (e->state[trunk] == LL_TASK_RUNNING || e->state[trunk] == LL_TASK_DONE);
    if (waited && !stands) e->state[i] = LL_TASK_WAITING;
    else hold(e, i, why);
}

static void settle_unsaid(engine *e, int64_t i, const ll_slurm_end *end) {
    ll_message m = { .kind = LL_MESSAGE_FAILED };
    const int64_t trunk = e->rungs[i].trunk;
    if (trunk >= 0 && e->state[trunk] != LL_TASK_DONE) e->state[i] = LL_TASK_WAITING; /* its trunk ended badly */
    else {
        LL_FAIL(&m.error, LL_EIO,
                "job %s left the queue without a result: %s, exit code %s%s%s; its output is in %s", e->of[i].id,
                *end->state ? end->state : "Slurm knows no more of it",
                *end->exit_code ? end->exit_code : "unknown", *end->nodes ? ", on " : "", end->nodes, "slurm/");
        fail(e, i, &m);
    }
}

static void settle(engine *e, int64_t i) {
    member *r = &e->of[i];
    ll_slurm_end end;
    char why[200];
    if (r->end && !ll_message_is_stop(r->end)) {
        const ll_message m = *r->end;
        forget_end(r);
        return fail(e, i, &m);
    }
    if (r->end && r->end->error.code != LL_ESTOP) return hold(e, i, ""); /* a gate's answer */
    if (ll_slurm_end_read(&end, r->id, NULL) != LL_OK) return;           /* asked again at the next look */
    snprintf(why, sizeof why, "job %s ended: %s%s%s", r->id, end.state, *end.nodes ? ", on " : "", end.nodes);
    if (strncmp(end.state, "CANCELLED", 9) == 0) settle_cancelled(e, i, why);
    else if (r->end || may_go_on(end.state)) go_on(e, i, why);
    else settle_unsaid(e, i, &end);
}

/* Those that were in the queue and are not: what they said last may be on its way. */
static void settle_gone(engine *e) {
    const double now = ll_clock_now();
    for (int64_t i = 0; i < e->n; i++) {
        member *r = &e->of[i];
        if (e->state[i] != LL_TASK_RUNNING || r->queued) continue;
        if (r->gone <= 0) r->gone = now;
        read_mail(e, i);
        if (e->state[i] != LL_TASK_DONE && (r->end || now - r->gone > LATE_S)) settle(e, i);
    }
}

/* ---- submission ---- */

static ll_status submit_group(engine *e, const ll_slurm_plan *p, int64_t k, ll_error *err) {
    const ll_slurm_group *g = &p->at[k];
    char folder[LL_PATH_MAX], job[LL_SLURM_JOB];
    const char **names = calloc((size_t)g->n, sizeof *names);
    if (!names) return LL_FAIL(err, LL_ENOMEM, "out of memory");
    for (int64_t t = 0; t < g->n; t++) names[t] = e->rungs[p->order[g->first + t]].name;
    ll_status status = slurm_folder(e, folder, err);
    ll_slurm_array a = { .ladder = e->o->ladder,
                         .folder = folder,
                         .number = status == LL_OK ? ll_slurm_next_number(folder) : 0,
                         .worker = e->command,
                         .rungs = names,
                         .n = g->n,
                         .memory = g->memory,
                         .after = g->after >= 0 ? e->of[g->after].id : "" };
    if (status == LL_OK) status = ll_slurm_submit(&a, &e->wish, job, err);
    free(names);
    if (status != LL_OK) return status;
    for (int64_t t = 0; t < g->n; t++) {
        const int64_t i = p->order[g->first + t];
        member *r = &e->of[i];
        snprintf(r->id, sizeof r->id, "%s_%lld", job, (long long)t);
        snprintf(r->after, sizeof r->after, "%s", a.after);
        r->queued = true, r->running = false, r->gone = 0, r->from = r->step;
        forget_end(r);
        e->state[i] = LL_TASK_RUNNING;
    }
    e->queued += g->n;
    return LL_OK;
}

/* A branch can be submitted once its trunk has an id. */
static ll_status submit_all(engine *e, ll_error *err) {
    ll_slurm_plan plan;
    ll_slurm_rung *rungs = calloc((size_t)e->n + 1, sizeof *rungs);
    if (!rungs) return LL_FAIL(err, LL_ENOMEM, "out of memory");
    ll_slurm_list(rungs, e->rungs, e->state, e->l->needs, e->n);
    for (int64_t i = 0; i < e->n; i++)
        if (e->of[i].held || (rungs[i].after >= 0 && e->of[rungs[i].after].held)) rungs[i].waits = false;
    ll_status status = ll_slurm_plan_make(&plan, rungs, e->n, e->most_tasks, err);
    free(rungs);
    if (status != LL_OK) return status;
    for (int64_t k = 0; k < plan.n && status == LL_OK; k++) status = submit_group(e, &plan, k, err);
    ll_slurm_plan_free(&plan);
    if (status != LL_ESTATE) return status;
    if (!e->away) say(e, err->msg);
    e->away = true; /* the next look at the queue tells what it took */
    return LL_OK;
}

/* ---- the run ---- */

static void read_running(engine *e) {
    if (ll_clock_now() - e->read < MAIL_S) return;
    for (int64_t i = 0; i < e->n; i++)
        if (e->state[i] == LL_TASK_RUNNING && e->of[i].running) read_mail(e, i);
    e->read = ll_clock_now();
}

/* WATCH and DETACH try again what has failed. */
static bool stands(const engine *e) {
    return e->o->mode == LL_SLURM_ATTACH || e->o->mode == LL_SLURM_COLLECT;
}

/* What came while nobody read it. */
static void read_former(engine *e) {
    e->replay = true;
    for (int64_t i = 0; i < e->n; i++)
        if (e->state[i] == LL_TASK_WAITING || e->state[i] == LL_TASK_RUNNING) read_mail(e, i);
    e->replay = false;
    for (int64_t i = 0; i < e->n; i++) {
        member *r = &e->of[i];
        r->from = r->step;
        if (e->state[i] != LL_TASK_WAITING || !r->end) continue;
        if (stands(e) && !ll_message_is_stop(r->end)) fail(e, i, r->end);
        forget_end(r);
    }
}

static int64_t count_open(const engine *e) {
    int64_t open = 0;
    for (int64_t i = 0; i < e->n; i++) open += e->state[i] == LL_TASK_RUNNING;
    return open;
}

static ll_status wait_for_end(engine *e, ll_error *err) {
    const double until = ll_clock_now() + CANCELLED_S;
    while (count_open(e) > 0 && ll_clock_now() < until) {
        poll(NULL, 0, 5 * TICK_MS);
        ll_status s = look(e, err);
        if (s == LL_OK) settle_gone(e);
        else if (s != LL_ESTATE) return s;
        e->l->tick(e->l->ctx);
    }
    return LL_OK;
}

static ll_status cancel(engine *e, ll_error *err) {
    ll_slurm_queue q;
    LL_TRY(ll_slurm_queue_read(&q, e->o->ladder, err));
    ll_status s = ll_slurm_cancel(&q, err);
    ll_slurm_queue_free(&q);
    if (s == LL_OK) s = wait_for_end(e, err);
    if (s != LL_OK) return s;
    return LL_FAIL(err, LL_ESTOP, "stopped; the same command goes on from here");
}

static ll_status leave(engine *e, ll_error *err) {
    if (e->o->cancel && e->o->cancel(e->l->ctx)) return cancel(e, err);
    return LL_FAIL(err, LL_ESTOP,
                   "no longer watched: %lld rungs go on in Slurm's queue; 'run --attach' watches them, 'collect' "
                   "takes what they leave",
                   (long long)count_open(e));
}

/* One look at the queue and what follows from it. */
static ll_status go_round(engine *e, ll_error *err) {
    ll_status s = look(e, err);
    if (s == LL_ESTATE) return LL_OK;
    if (s != LL_OK) return s;
    settle_gone(e);
    if (e->o->mode != LL_SLURM_COLLECT) s = submit_all(e, err);
    return s;
}

static ll_status watch(engine *e, ll_error *err) {
    while (count_open(e) > 0 || e->away) {
        if (e->status != LL_OK) return e->status;
        if (e->l->stop(e->l->ctx)) return leave(e, err);
        poll(NULL, 0, TICK_MS);
        read_running(e);
        e->l->tick(e->l->ctx);
        if (ll_clock_now() - e->looked < e->wish.poll_s) continue;
        LL_TRY(go_round(e, err));
    }
    ll_file_tidy(e->folder); /* of tasks that were killed since the beginning */
    if (e->status != LL_OK) return e->status;
    if (e->cancelled == 0) return LL_OK;
    return LL_FAIL(err, LL_ESTOP, "%lld rungs were cancelled; the same command goes on from here",
                   (long long)e->cancelled);
}

/* What other processes left half-written is thrown away only while none is at it, on any machine. */
static ll_status begin(engine *e, ll_error *err) {
    char folder[LL_PATH_MAX];
    LL_TRY(ll_slurm_wish_read(&e->wish, e->o->wish, err));
    snprintf(e->folder, sizeof e->folder, "%s", e->l->worker.folder);
    ll_slurm_absolute(e->folder);
    LL_TRY(slurm_folder(e, folder, err));
    if (stands(e) && access(folder, F_OK) != 0)
        return LL_FAIL(err, LL_EINPUT, "ladder %s: nothing was submitted yet, expected 'loglog run' before",
                       e->o->ladder);
    LL_TRY(ll_file_mkdir(folder, err));
    ll_file_tidy(folder); /* none but this process writes there */
    LL_TRY(ll_slurm_command(e->command, sizeof e->command, e->l->program, &e->l->worker, err));
    ll_status s = look(e, err);
    while (s == LL_ESTATE && e->o->mode < LL_SLURM_DETACH && !e->l->stop(e->l->ctx)) {
        poll(NULL, 0, 10 * TICK_MS);
        s = look(e, err);
    }
    if (s != LL_OK && e->o->mode == LL_SLURM_COLLECT) say(e, err->msg); /* the mailboxes can be read without it */
    else if (s != LL_OK) return s;
    if (s == LL_OK && e->queued == 0) ll_file_tidy(e->folder);
    e->most_tasks = ll_slurm_most_tasks();
    read_former(e);
    return e->status;
}

static bool has_work(const engine *e) {
    for (int64_t i = 0; i < e->n; i++)
        if (e->state[i] == LL_TASK_WAITING) return true;
    return false;
}

static ll_status run(engine *e, ll_error *err) {
    if (!has_work(e)) return LL_OK;
    LL_TRY(begin(e, err));
    if (e->o->mode == LL_SLURM_COLLECT) return LL_OK;
    LL_TRY(submit_all(e, err));
    if (e->o->mode == LL_SLURM_DETACH)
        return e->away ? LL_FAIL(err, LL_ESTATE, "Slurm does not answer now") : LL_OK;
    return watch(e, err);
}

ll_status ll_slurm_run(const ll_slurm_opts *opts, const ll_rung *rungs, ll_task_state *state, int64_t n,
                       ll_local_use *use, ll_error *err) {
    ll_error mail = { 0 };
    engine e = { .o = opts, .l = opts->local, .rungs = rungs, .state = state, .n = n, .err = &mail };
    const double start = ll_clock_now();
    *use = (ll_local_use) { 0 };
    e.of = calloc((size_t)n + 1, sizeof *e.of);
    e.names = calloc((size_t)n + 1, sizeof *e.names);
    for (int64_t i = 0; e.names && i < n; i++) e.names[i] = (named) { rungs[i].name, i };
    if (e.names) qsort(e.names, (size_t)n, sizeof *e.names, by_name);
    ll_status s = e.of && e.names ? run(&e, err) : LL_FAIL(err, LL_ENOMEM, "out of memory");
    if (e.status != LL_OK) s = LL_FAIL(err, e.status, "%s", mail.msg);
    for (int64_t i = 0; e.of && i < n; i++) forget_end(&e.of[i]);
    free(e.of);
    free(e.names);
    *use = (ll_local_use) { ll_clock_now() - start, e.cpu_s };
    return s;
}
