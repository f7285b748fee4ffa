#define _DEFAULT_SOURCE
#include "sweep/slurm/queue.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sweep/slurm/slurm_ask.h"

enum { MOST_TASKS = 1000, AT_ONCE = 200 };

/* The next field of a line of fields with | between, cut to size; *at moves behind it. */
static void next_field(const char **at, char *out, size_t size) {
    const size_t n = strcspn(*at, "|\n");
    snprintf(out, size, "%.*s", (int)(n < size ? n : size - 1), *at);
    *at += n + ((*at)[n] == '|');
}

/* ---- what is in the queue ---- */

static bool is_waiting(const char *state) {
    static const char *const words[] = { "PENDING",      "REQUEUED",    "REQUEUE_HOLD", "REQUEUE_FED",
                                         "SPECIAL_EXIT", "CONFIGURING", "RESV_DEL_HOLD" };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(state, words[i]) == 0) return true;
    return false;
}

/* "4711|3|loglog-0123456789abcdef-2|RUNNING|None|n1": false where it is none of the ladder's. */
static bool read_task(const char *line, const char *name, ll_slurm_task *out) {
    char job[24], index[24], called[128];
    const size_t n = strlen(name);
    next_field(&line, job, sizeof job);
    next_field(&line, index, sizeof index);
    next_field(&line, called, sizeof called);
    if (strncmp(called, name, n) != 0 || !isdigit((unsigned char)called[n])) return false;
    *out = (ll_slurm_task) { .number = strtoll(called + n, NULL, 10), .index = strtoll(index, NULL, 10) };
    next_field(&line, out->state, sizeof out->state);
    next_field(&line, out->why, sizeof out->why);
    next_field(&line, out->nodes, sizeof out->nodes);
    snprintf(out->id, sizeof out->id, "%.19s_%.19s", job, index);
    out->running = !is_waiting(out->state);
    return true;
}

ll_status ll_slurm_queue_read(ll_slurm_queue *out, const char *ladder, ll_error *err) {
    char user[24], name[64];
    ll_program p;
    *out = (ll_slurm_queue) { 0 };
    snprintf(user, sizeof user, "--user=%lu", (unsigned long)geteuid());
    snprintf(name, sizeof name, "loglog-%.40s-", ladder);
    const char *const argv[] = { "squeue", "--noheader", "--array", user, "--format=%F|%K|%j|%T|%r|%N", NULL };
    LL_TRY(ll_slurm_ask(&p, argv, err));
    int64_t lines = 0;
    for (const char *c = p.out; c && *c; c++) lines += *c == '\n';
    out->at = calloc((size_t)lines + 1, sizeof *out->at);
    for (const char *line = p.out; out->at && line && *line && out->n <= lines;) {
        out->n += read_task(line, name, &out->at[out->n]);
        line += strcspn(line, "\n");
        line += *line == '\n';
    }
    ll_program_clear(&p);
    return out->at ? LL_OK : LL_FAIL(err, LL_ENOMEM, "out of memory");
}

void ll_slurm_queue_free(ll_slurm_queue *q) {
    free(q->at);
    *q = (ll_slurm_queue) { 0 };
}

ll_slurm_tally ll_slurm_tally_of(const ll_slurm_queue *q) {
    ll_slurm_tally t = { 0 };
    for (int64_t i = 0; i < q->n; i++) {
        const ll_slurm_task *task = &q->at[i];
        if (task->running) t.running++;
        else if (t.waiting++ == 0) snprintf(t.why, sizeof t.why, "%s", task->why);
    }
    return t;
}

ll_status ll_slurm_cancel(const ll_slurm_queue *q, ll_error *err) {
    const char *argv[AT_ONCE + 2];
    for (int64_t i = 0; i < q->n;) {
        int n = 0;
        ll_program p;
        argv[n++] = "scancel";
        while (i < q->n && n <= AT_ONCE) argv[n++] = q->at[i++].id;
        argv[n] = NULL;
        LL_TRY(ll_slurm_ask(&p, argv, err));
        ll_program_clear(&p);
    }
    return LL_OK;
}

/* ---- how a task ended ---- */

/* The word behind "KEY=" in a line of scontrol. */
static void take_word(const char *line, const char *key, char *out, size_t size) {
    const char *at = strstr(line, key);
    if (!at) return;
    at += strlen(key);
    snprintf(out, size, "%.*s", (int)strcspn(at, " \n"), at);
}

static ll_status ask_controller(ll_slurm_end *out, const char *id, ll_error *err) {
    const char *const argv[] = { "scontrol", "show", "job", "--oneliner", id, NULL };
    ll_program p;
    ll_status status = ll_slurm_ask(&p, argv, err);
    if (status == LL_EINPUT) return LL_OK; /* it has forgotten the job */
    if (status != LL_OK) return status;
    take_word(p.out, " JobState=", out->state, sizeof out->state);
    take_word(p.out, " ExitCode=", out->exit_code, sizeof out->exit_code);
    take_word(p.out, " NodeList=", out->nodes, sizeof out->nodes);
    ll_program_clear(&p);
    return LL_OK;
}

ll_status ll_slurm_end_read(ll_slurm_end *out, const char *id, ll_error *err) {
    const char *const argv[] = {
        "sacct", "--noheader", "--parsable2", "--allocations", "--jobs", id, "--format=State,ExitCode,NodeList",
        NULL
    };
    ll_program p;
    *out = (ll_slurm_end) { 0 };
    if (ll_slurm_ask(&p, argv, NULL) == LL_OK) {
        const char *at = p.out;
        next_field(&at, out->state, sizeof out->state);
        next_field(&at, out->exit_code, sizeof out->exit_code);
        next_field(&at, out->nodes, sizeof out->nodes);
        ll_program_clear(&p);
    }
    return *out->state ? LL_OK : ask_controller(out, id, err);
}

/* ---- the cluster ---- */

/* "3/5/0/8" of allocated, idle, other and all cores, a line for each kind of node. */
ll_status ll_slurm_cores(const char *partition, int64_t *cores, ll_error *err) {
    const char *const argv[] = { "sinfo",   "--noheader", "--format=%P|%C", partition ? "--partition" : NULL,
                                 partition, NULL };
    ll_program p;
    *cores = 0;
    LL_TRY(ll_slurm_ask(&p, argv, err));
    for (const char *line = p.out; line && *line;) {
        char name[64], counts[64];
        next_field(&line, name, sizeof name);
        next_field(&line, counts, sizeof counts);
        const char *last = strrchr(counts, '/');
        const bool is_preset = *name && name[strlen(name) - 1] == '*';
        if (last && (partition || is_preset)) *cores += strtoll(last + 1, NULL, 10);
        line += *line == '\n';
    }
    ll_program_clear(&p);
    return LL_OK;
}

int64_t ll_slurm_most_tasks(void) {
    static const char *const argv[] = { "scontrol", "show", "config", NULL };
    ll_program p;
    int64_t most = 0;
    if (ll_slurm_ask(&p, argv, NULL) != LL_OK) return MOST_TASKS;
    const char *at = strstr(p.out, "MaxArraySize");
    if (at && (at = strchr(at, '='))) most = strtoll(at + 1, NULL, 10) - 1; /* indices are below it */
    ll_program_clear(&p);
    return most > 0 ? most : MOST_TASKS;
}
