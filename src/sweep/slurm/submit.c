#define _POSIX_C_SOURCE 200809L
#include "sweep/slurm/submit.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/system/file.h"
#include "base/words/text.h"
#include "sweep/slurm/slurm_ask.h"

enum { MOST_LIST = 64 << 20, MARGIN_MIB = 64 };
#define MARGIN 1.25 /* of the memory that is announced: a process has more than its arrays */

static ll_status path_of(char out[LL_PATH_MAX], const char *folder, int64_t number, const char *end,
                         ll_error *err) {
    char name[64];
    snprintf(name, sizeof name, "%lld%s", (long long)number, end);
    return ll_file_join(out, folder, name, err);
}

/* ---- the files of an array ---- */

static ll_status write_list(const ll_slurm_array *a, const char *path, ll_error *err) {
    ll_file f;
    LL_TRY(ll_file_create(&f, path, err));
    for (int64_t i = 0; i < a->n; i++) fprintf(f.out, "%s\n", a->rungs[i]);
    return ll_file_commit(&f, err);
}

static ll_status write_script(const ll_slurm_array *a, int64_t cpus, const char *list, const char *path,
                              ll_error *err) {
    char quoted[2 * LL_PATH_MAX];
    ll_file f;
    LL_TRY(ll_file_create(&f, path, err));
    fprintf(f.out, "#!/bin/sh\n# loglog: ladder %s, array %lld; a line of the list is the rung of a task\n",
            a->ladder, (long long)a->number);
    fprintf(f.out, "rung=$(sed -n \"$((SLURM_ARRAY_TASK_ID + 1))p\" %s)\n",
            ll_text_quoted(list, quoted, sizeof quoted));
    fprintf(f.out, "cpus=${SLURM_CPUS_PER_TASK:-%lld}\n", (long long)cpus);
    fprintf(f.out, "[ -n \"$rung\" ] || exit 2\nexec %s\n", a->worker);
    return ll_file_commit(&f, err);
}

static void note_job(const ll_slurm_array *a, const char *job) {
    char path[LL_PATH_MAX];
    ll_file f;
    if (path_of(path, a->folder, a->number, ".job", NULL) != LL_OK || ll_file_create(&f, path, NULL) != LL_OK)
        return;
    fprintf(f.out, "%s\n", job);
    ll_file_commit(&f, NULL); /* it is only asked how a job ended, where nothing else tells */
}

/* ---- sbatch ---- */

/* sbatch's arguments and what they point into. */
typedef struct line {
    const char *argv[16 + LL_SLURM_WISHES];
    char name[80], tasks[64], output[LL_PATH_MAX + 32], after[LL_SLURM_TASK + 32], memory[32], script[LL_PATH_MAX];
} line;

static ll_status make_line(line *l, const ll_slurm_array *a, const ll_slurm_wish *wish, ll_error *err) {
    int n = 0;
    LL_TRY(path_of(l->script, a->folder, a->number, ".sh", err));
    LL_TRY(path_of(l->output, a->folder, a->number, "-%a.out", err));
    memmove(l->output + 9, l->output, strlen(l->output) + 1);
    memcpy(l->output, "--output=", 9);
    snprintf(l->name, sizeof l->name, "--job-name=loglog-%.40s-%lld", a->ladder, (long long)a->number);
    if (wish->throttle)
        snprintf(l->tasks, sizeof l->tasks, "--array=0-%lld%%%lld", (long long)a->n - 1, (long long)wish->throttle);
    else snprintf(l->tasks, sizeof l->tasks, "--array=0-%lld", (long long)a->n - 1);
    snprintf(l->after, sizeof l->after, "--dependency=afterok:%.40s", a->after);
    snprintf(l->memory, sizeof l->memory, "--mem=%.0fM", ceil(a->memory * MARGIN / (1 << 20)) + MARGIN_MIB);
    l->argv[n++] = "sbatch";
    l->argv[n++] = "--parsable";
    l->argv[n++] = "--requeue";
    l->argv[n++] = "--open-mode=append";
    l->argv[n++] = "--kill-on-invalid-dep=yes";
    l->argv[n++] = l->name;
    l->argv[n++] = l->tasks;
    l->argv[n++] = l->output;
    if (*a->after) l->argv[n++] = l->after;
    if (!wish->memory && a->memory > 0) l->argv[n++] = l->memory;
    for (int k = 0; k < wish->n; k++) l->argv[n++] = wish->option[k];
    l->argv[n++] = l->script;
    l->argv[n] = NULL;
    return LL_OK;
}

ll_status ll_slurm_submit(const ll_slurm_array *a, const ll_slurm_wish *wish, char job[LL_SLURM_JOB],
                          ll_error *err) {
    char list[LL_PATH_MAX];
    line l;
    ll_program p;
    LL_TRY(make_line(&l, a, wish, err));
    LL_TRY(path_of(list, a->folder, a->number, ".rungs", err));
    LL_TRY(write_list(a, list, err));
    LL_TRY(write_script(a, wish->cpus, list, l.script, err));
    LL_TRY(ll_slurm_ask(&p, l.argv, err));
    snprintf(job, LL_SLURM_JOB, "%.*s", (int)strspn(p.out, "0123456789"), p.out); /* "4711" or "4711;cluster" */
    ll_program_clear(&p);
    if (!*job) return LL_FAIL(err, LL_EFORMAT, "sbatch gave no job id");
    note_job(a, job);
    return LL_OK;
}

/* ---- what was submitted ---- */

int64_t ll_slurm_next_number(const char *folder) {
    DIR *dir = opendir(folder);
    int64_t next = 1;
    for (struct dirent *e; dir && (e = readdir(dir));) {
        char *end;
        const long long k = strtoll(e->d_name, &end, 10);
        if (end != e->d_name && *end == '.' && k >= next) next = k + 1;
    }
    if (dir) closedir(dir);
    return next;
}

static int64_t split_lines(char *text, char **rungs) {
    int64_t n = 0;
    for (char *at = text, *end; (end = strchr(at, '\n')); at = end + 1) {
        *end = 0;
        if (rungs) rungs[n] = at;
        else *end = '\n';
        n++;
    }
    return n;
}

static void read_job(char job[LL_SLURM_JOB], const char *folder, int64_t number) {
    char path[LL_PATH_MAX], *text;
    size_t size;
    *job = 0;
    if (path_of(path, folder, number, ".job", NULL) != LL_OK ||
        ll_file_read(path, 256, &text, &size, NULL) != LL_OK)
        return;
    snprintf(job, LL_SLURM_JOB, "%.*s", (int)strspn(text, "0123456789"), text);
    free(text);
}

ll_status ll_slurm_submitted_read(ll_slurm_submitted *out, const char *folder, int64_t number, ll_error *err) {
    char path[LL_PATH_MAX];
    size_t size;
    *out = (ll_slurm_submitted) { 0 };
    LL_TRY(path_of(path, folder, number, ".rungs", err));
    if (access(path, F_OK) != 0) return LL_OK;
    LL_TRY(ll_file_read(path, MOST_LIST, &out->text, &size, err));
    out->rungs = calloc((size_t)split_lines(out->text, NULL) + 1, sizeof *out->rungs);
    if (!out->rungs) {
        ll_slurm_submitted_clear(out);
        return LL_FAIL(err, LL_ENOMEM, "out of memory");
    }
    out->n = split_lines(out->text, out->rungs);
    read_job(out->job, folder, number);
    return LL_OK;
}

void ll_slurm_submitted_clear(ll_slurm_submitted *s) {
    free(s->rungs);
    free(s->text);
    *s = (ll_slurm_submitted) { 0 };
}
